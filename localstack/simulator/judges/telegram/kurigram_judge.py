"""Judges the Telegram simulator with Kurigram, unmodified.

    python kurigram_judge.py HOST:PORT CONTROL_URL

HOST:PORT is where MTProto listens (127.0.0.1:8443), CONTROL_URL is the control API
(http://127.0.0.1:8090/_sim/telegram). Prints one line for each behaviour; exits with 1 when
one of them fails.
"""

import asyncio
import base64
import hashlib
import random
import struct

from judging import Verdicts, arguments, expect, next_where
from pyrogram import Client, errors
from pyrogram.connection import Connection
from pyrogram.crypto import rsa
from pyrogram.handlers import DeletedMessagesHandler, EditedMessageHandler, MessageHandler

HOST, PORT, CONTROL = arguments(__doc__)


class ToSimulator(Connection):
    """The library's own connection, to another address."""

    def __init__(self, *, server_address, port, **rest):
        super().__init__(server_address=HOST, port=PORT, **rest)


def numbers_of(pem):
    """The modulus and the exponent of a PKCS#1 public key."""
    der = base64.b64decode("".join(pem.strip().splitlines()[1:-1]))

    def read(at):
        length, at = der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        return at, at + length

    start, _ = read(0)
    first, last = read(start)
    exponent_first, exponent_last = read(last)
    modulus = int.from_bytes(der[first:last], "big")
    return modulus, int.from_bytes(der[exponent_first:exponent_last], "big")


def trust(pem):
    modulus, exponent = numbers_of(pem)

    def as_bytes(number):
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        head = bytes([len(raw)]) if len(raw) < 254 else b"\xfe" + struct.pack("<I", len(raw))[:3]
        whole = head + raw
        return whole + bytes(-len(whole) % 4)

    digest = hashlib.sha1(as_bytes(modulus) + as_bytes(exponent)).digest()
    (fingerprint,) = struct.unpack("<q", digest[-8:])
    rsa.server_public_keys[fingerprint] = rsa.PublicKey(modulus, exponent)


async def sign_in(client, alice):
    sent = await client.send_code(alice["phone"])
    try:
        await client.sign_in(alice["phone"], sent.phone_code_hash, "00x")
        raise AssertionError("a wrong code was accepted")
    except errors.PhoneCodeInvalid:
        pass
    code = CONTROL.call("GET", f"/codes/{alice['phone']}")["code"]
    try:
        await client.sign_in(alice["phone"], sent.phone_code_hash, code)
        raise AssertionError("no password was asked for")
    except errors.SessionPasswordNeeded:
        pass
    try:
        await client.check_password("hunter3")
        raise AssertionError("a wrong password was accepted")
    except errors.PasswordHashInvalid:
        pass
    me = await client.check_password(alice["password"])
    expect(me.id == alice["id"], "signed in as somebody else")
    client.me = await client.get_me()
    await client.initialize()


async def find_dialog(client, chat):
    found = [one.chat.id async for one in client.get_dialogs()]
    expect(chat in found, found)


async def send(client, chat):
    sent = await client.send_message(chat, "**bold** and plain", disable_notification=True)
    (message,) = CONTROL.messages(chat)
    expect(message["id"] == sent.id, "another number")
    bold = {"offset": 0, "length": 4, "type": "bold"}
    expect(message["entities"] == [bold] and message["silent"], message)
    return sent


async def edit_and_delete_own(client, sent, chat):
    await client.edit_message_text(chat, sent.id, "changed")
    (message,) = CONTROL.messages(chat)
    expect(message["text"] == "changed" and message["edit_date"], message)
    await client.delete_messages(chat, [sent.id])
    expect(CONTROL.messages(chat) == [], "still there")


async def receive(seen, chat, bob):
    number = CONTROL.say(chat, bob, "from Bob")
    message = await next_where(seen["new"], lambda one: one.text == "from Bob")
    expect(message.id == number and message.from_user.id == bob["id"], message)
    return number


async def receive_private(seen, alice, bob):
    path = f"/private/{bob['id']}/{alice['id']}/messages"
    CONTROL.call("POST", path, {"text": "a word"})
    message = await next_where(seen["new"], lambda one: one.text == "a word")
    expect(message.from_user.id == bob["id"], message)


async def see_edit(seen, chat, number):
    CONTROL.call("PATCH", f"/chats/{chat}/messages/{number}", {"text": "edited"})
    edited = await next_where(seen["edit"], lambda one: one.id == number)
    expect(edited.text == "edited", edited.text)


async def see_delete(seen, chat, number):
    CONTROL.call("DELETE", f"/chats/{chat}/messages/{number}")
    await next_where(seen["delete"], lambda ids: number in ids)


async def catch_up(seen, chat, alice, bob):
    CONTROL.call("POST", f"/users/{alice['id']}/disconnect")
    missed = [f"away {number}" for number in range(5)]
    for text in missed:
        CONTROL.say(chat, bob, text)
    texts = []
    while len(texts) < len(missed):
        texts.append((await seen["new"].get()).text)
    expect(sorted(texts) == missed, texts)


async def page_history(client, chat, bob):
    for number in range(130):
        CONTROL.say(chat, bob, f"page {number}")
    found = [one.text async for one in client.get_chat_history(chat) if one.text]
    pages = [text for text in found if text.startswith("page")]
    expect(pages == [f"page {number}" for number in reversed(range(130))], pages)


async def end_session(client, alice):
    CONTROL.call("POST", f"/users/{alice['id']}/revoke")
    try:
        await client.get_me()
        raise AssertionError("a revoked session is served")
    except errors.AuthKeyUnregistered:
        pass


async def main():
    trust(CONTROL.call("GET", "/public_key"))
    alice, bob, chat = CONTROL.stage(random.randrange(10**9, 10**10))
    seen = {name: asyncio.Queue() for name in ("new", "edit", "delete")}
    verdicts = Verdicts()
    client = Client(
        "judge", 1, "hash", in_memory=True, connection_factory=ToSimulator, skip_updates=False
    )

    async def on_new(_, message):
        seen["new"].put_nowait(message)

    async def on_edit(_, message):
        seen["edit"].put_nowait(message)

    async def on_delete(_, messages):
        seen["delete"].put_nowait([message.id for message in messages])

    client.add_handler(MessageHandler(on_new))
    client.add_handler(EditedMessageHandler(on_edit))
    client.add_handler(DeletedMessagesHandler(on_delete))
    await verdicts.judge("exchanges an auth key", client.connect())
    await verdicts.judge("signs in by code and password", sign_in(client, alice))
    await verdicts.judge("lists the chats", find_dialog(client, chat))
    sent = await verdicts.judge("sends formatted text", send(client, chat))
    own = edit_and_delete_own(client, sent, chat)
    await verdicts.judge("edits and deletes what it sent", own)
    number = await verdicts.judge("receives from others", receive(seen, chat, bob))
    await verdicts.judge("receives in private", receive_private(seen, alice, bob))
    await verdicts.judge("sees an edit", see_edit(seen, chat, number))
    await verdicts.judge("sees a deletion", see_delete(seen, chat, number))
    await verdicts.judge("catches up after a break", catch_up(seen, chat, alice, bob))
    await verdicts.judge("pages through a history", page_history(client, chat, bob))
    await verdicts.judge("notices that its session ended", end_session(client, alice))
    verdicts.exit()


asyncio.run(main())
