"""Judges the Telegram simulator with Kurigram, unmodified.

    python kurigram_judge.py HOST:PORT CONTROL_URL

HOST:PORT is where MTProto listens (127.0.0.1:8443), CONTROL_URL is the control API
(http://127.0.0.1:8090/_sim/telegram). Prints one line for each behaviour; exits with 1 when
one of them fails.
"""

import asyncio
import base64
import hashlib
import io
import random
import struct

from judging import Verdicts, arguments, expect, generated, next_where
from pyrogram import Client, errors
from pyrogram.connection import Connection
from pyrogram.crypto import rsa
from pyrogram.handlers import DeletedMessagesHandler, EditedMessageHandler, MessageHandler
from pyrogram.types import InputMediaPhoto, ReplyParameters

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


def named(content, name):
    file = io.BytesIO(content)
    file.name = name
    return file


async def send_files(client, chat):
    # Larger ones take too long in a library that encrypts in Python.
    photo, document = generated(90_000, 5), generated((1 << 20) + 123, 6)
    sends = [
        ("photo", photo, client.send_photo(chat, named(photo, "photo.jpg"), caption="look")),
        ("document", document, client.send_document(chat, named(document, "big.bin"))),
    ]
    for kind, content, send in sends:
        sent = await send
        message = CONTROL.messages(chat)[-1]
        expect(message["id"] == sent.id, "another number")
        expect(CONTROL.content(message["media"][kind]["file"]) == content, "other bytes")
        loaded = await client.download_media(sent, in_memory=True)
        expect(bytes(loaded.getbuffer()) == content, "downloaded other bytes")


async def receive_files(client, seen, chat, bob):
    kinds = ["photo", "video", "voice", "audio", "sticker", "animation", "document"]
    kinds.append("round_video")
    for seed, kind in enumerate(kinds):
        number = CONTROL.post(chat, bob, {kind: {"bytes": 300_000, "seed": seed, "name": "a.bin"}})
        message = await next_where(seen["new"], lambda one: one.id == number)
        attribute = "video_note" if kind == "round_video" else kind
        expect(getattr(message, attribute), f"{kind} came as {message.media}")
        loaded = await client.download_media(message, in_memory=True)
        expect(bytes(loaded.getbuffer()) == generated(300_000, seed), f"other bytes of {kind}")


async def send_album(client, chat):
    texts = ["one", "two", "three"]
    photos = [
        InputMediaPhoto(named(generated(1000, seed), "photo.jpg"), caption=text)
        for seed, text in enumerate(texts)
    ]
    sent = await client.send_media_group(chat, photos)
    messages = CONTROL.messages(chat)[-3:]
    expect([one["text"] for one in messages] == texts, messages)
    expect(len({one["grouped_id"] for one in messages}) == 1, messages)
    expect(messages[0]["grouped_id"] == str(sent[0].media_group_id), messages[0])
    forwarded = await client.forward_messages(chat, chat, [one.id for one in sent])
    albums = {one.media_group_id for one in forwarded}
    expect(len(albums) == 1 and albums != {sent[0].media_group_id}, albums)
    await client.delete_messages(chat, [one.id for one in [*sent, *forwarded]])


async def receive_album(seen, chat, bob):
    parts = [{"media": {"photo": {"bytes": 99}}}, {"media": {"video": {"bytes": 99}}}]
    album = {"from": bob["id"], "messages": parts}
    posted = CONTROL.call("POST", f"/chats/{chat}/albums", album)
    for number in posted["ids"]:
        message = await next_where(seen["new"], lambda one: one.id == number)
        expect(str(message.media_group_id) == posted["grouped_id"], message)


async def reply_and_forward(client, chat, bob):
    number = CONTROL.post(chat, bob, {"photo": {"bytes": 99}}, text="a picture")
    answered = ReplyParameters(message_id=number, quote="picture")
    sent = await client.send_message(chat, "seen", reply_parameters=answered)
    expect(sent.reply_to_message_id == number, sent)
    message = CONTROL.messages(chat)[-1]
    expect(message["reply_to"] == number and message["quote"] == "picture", message)
    forwarded = await client.forward_messages(chat, chat, number)
    expect(forwarded.forward_origin.sender_user.id == bob["id"], forwarded)
    await client.edit_message_caption(chat, forwarded.id, "changed")
    expect(CONTROL.messages(chat)[-1]["text"] == "changed", "not changed")
    await client.send_reaction(chat, number, "👍")
    reacted = next(one for one in CONTROL.messages(chat) if one["id"] == number)
    expect(reacted["reactions"][0]["emoji"] == ["👍"], reacted)


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
    await verdicts.judge("sends files", send_files(client, chat))
    await verdicts.judge("receives files", receive_files(client, seen, chat, bob))
    await verdicts.judge("sends and forwards an album", send_album(client, chat))
    await verdicts.judge("receives an album", receive_album(seen, chat, bob))
    await verdicts.judge("replies, forwards and reacts", reply_and_forward(client, chat, bob))
    await verdicts.judge("pages through a history", page_history(client, chat, bob))
    await verdicts.judge("notices that its session ended", end_session(client, alice))
    verdicts.exit()


asyncio.run(main())
