"""Judges the Telegram simulator with Telethon, unmodified.

    python telethon_judge.py HOST:PORT CONTROL_URL

HOST:PORT is where MTProto listens (127.0.0.1:8443), CONTROL_URL is the control API
(http://127.0.0.1:8090/_sim/telegram). Prints one line for each behaviour; exits with 1 when
one of them fails.
"""

import asyncio
import io
import random

from judging import Verdicts, arguments, expect, generated, next_where
from telethon import TelegramClient, errors, events
from telethon.crypto import rsa
from telethon.sessions import MemorySession

HOST, PORT, CONTROL = arguments(__doc__)


def new_client():
    session = MemorySession()
    session.set_dc(2, HOST, PORT)
    return TelegramClient(session, 1, "hash", connection_retries=20, retry_delay=0)


async def sign_in(client, alice):
    sent = await client.send_code_request(alice["phone"])
    try:
        await client.sign_in(alice["phone"], "00x", phone_code_hash=sent.phone_code_hash)
        raise AssertionError("a wrong code was accepted")
    except errors.PhoneCodeInvalidError:
        pass
    code = CONTROL.call("GET", f"/codes/{alice['phone']}")["code"]
    try:
        await client.sign_in(alice["phone"], code, phone_code_hash=sent.phone_code_hash)
        raise AssertionError("no password was asked for")
    except errors.SessionPasswordNeededError:
        pass
    try:
        await client.sign_in(password="hunter3")
        raise AssertionError("a wrong password was accepted")
    except errors.PasswordHashInvalidError:
        pass
    me = await client.sign_in(password=alice["password"])
    expect(me.id == alice["id"], "signed in as somebody else")


async def find_dialog(client, chat):
    dialogs = await client.get_dialogs()
    return next(one.entity for one in dialogs if one.id == chat)


async def send(client, entity, chat):
    sent = await client.send_message(entity, "**bold** and plain", silent=True)
    (message,) = CONTROL.messages(chat)
    expect(message["id"] == sent.id, "another number")
    expect(message["text"] == "bold and plain", message["text"])
    bold = {"offset": 0, "length": 4, "type": "bold"}
    expect(message["entities"] == [bold], message["entities"])
    return sent


async def receive(seen, chat, bob):
    number = CONTROL.say(chat, bob, "from Bob")
    message = await next_where(seen["new"], lambda one: one.raw_text == "from Bob")
    expect(message.id == number, "another number")
    expect(message.sender_id == bob["id"], f"from {message.sender_id}")
    return number


async def receive_private(seen, alice, bob):
    path = f"/private/{bob['id']}/{alice['id']}/messages"
    CONTROL.call("POST", path, {"text": "a word"})
    message = await next_where(seen["new"], lambda one: one.raw_text == "a word")
    expect(message.sender_id == bob["id"] and message.is_private, message)


async def see_edit(seen, chat, number):
    CONTROL.call("PATCH", f"/chats/{chat}/messages/{number}", {"text": "edited"})
    edited = await next_where(seen["edit"], lambda one: one.id == number)
    expect(edited.raw_text == "edited", edited.raw_text)


async def see_delete(seen, chat, number):
    CONTROL.call("DELETE", f"/chats/{chat}/messages/{number}")
    await next_where(seen["delete"], lambda ids: number in ids)


async def edit_and_delete_own(client, entity, sent, chat):
    await client.edit_message(entity, sent.id, "changed")
    (message,) = CONTROL.messages(chat)
    expect(message["text"] == "changed" and message["edit_date"], message)
    await client.delete_messages(entity, [sent.id])
    expect(CONTROL.messages(chat) == [], "still there")


def named(content, name):
    file = io.BytesIO(content)
    file.name = name
    return file


async def send_files(client, entity, chat):
    """A photo, and a document that is uploaded in the parts of a big file."""
    files = [("photo", 90_000, "photo.jpg"), ("document", (10 << 20) + 123, "big.bin")]
    for kind, size, name in files:
        content = generated(size, 5)
        whole = kind == "document"
        sent = await client.send_file(
            entity, named(content, name), caption="look", force_document=whole
        )
        message = CONTROL.messages(chat)[-1]
        expect(message["id"] == sent.id and message["text"] == "look", message)
        expect(message["media"][kind]["size"] == size, message["media"])
        expect(CONTROL.content(message["media"][kind]["file"]) == content, "other bytes")
        expect(await client.download_media(sent, bytes) == content, "downloaded other bytes")


async def receive_files(client, seen, chat, bob):
    kinds = ["photo", "video", "voice", "audio", "sticker", "animation", "document"]
    for seed, kind in enumerate(kinds):
        number = CONTROL.post(chat, bob, {kind: {"bytes": 300_000, "seed": seed, "name": "a.bin"}})
        message = await next_where(seen["new"], lambda one: one.id == number)
        found = message.gif if kind == "animation" else getattr(message, kind)
        expect(found, f"{kind} came as {message.media}")
        content = await client.download_media(message, bytes)
        expect(content == generated(300_000, seed), f"other bytes of {kind}")


async def send_album(client, entity, chat):
    photos = [named(generated(1000, seed), "photo.jpg") for seed in range(3)]
    sent = await client.send_file(entity, photos, caption=["one", "two", "three"])
    messages = CONTROL.messages(chat)[-3:]
    expect([one["text"] for one in messages] == ["one", "two", "three"], messages)
    expect(len({one["grouped_id"] for one in messages}) == 1, messages)
    expect(messages[0]["grouped_id"] == str(sent[0].grouped_id), messages[0])
    await client.edit_message(entity, sent[1].id, "changed", file=named(b"new", "new.jpg"))
    changed = CONTROL.messages(chat)[-2]
    expect(changed["text"] == "changed" and changed["media"]["photo"]["size"] == 3, changed)
    await client.delete_messages(entity, [one.id for one in sent[1:]])
    expect(CONTROL.messages(chat)[-1]["id"] == sent[0].id, "still there")


async def receive_album(seen, chat, bob):
    parts = [{"media": {"photo": {"bytes": 99}}}, {"media": {"video": {"bytes": 99}}}]
    album = {"from": bob["id"], "messages": parts}
    posted = CONTROL.call("POST", f"/chats/{chat}/albums", album)
    for number in posted["ids"]:
        message = await next_where(seen["new"], lambda one: one.id == number)
        expect(str(message.grouped_id) == posted["grouped_id"], message)


async def reply_and_forward(client, entity, chat, bob):
    number = CONTROL.post(chat, bob, {"photo": {"bytes": 99}}, text="a picture")
    sent = await client.send_message(entity, "seen", reply_to=number)
    expect(sent.reply_to_msg_id == number, sent)
    expect(CONTROL.messages(chat)[-1]["reply_to"] == number, "no reply")
    forwarded = await client.forward_messages(entity, number, entity)
    expect(forwarded.fwd_from.from_id.user_id == bob["id"], forwarded)
    message = CONTROL.messages(chat)[-1]
    expect(message["forward"]["from"] == bob["id"] and "photo" in message["media"], message)


async def page_history(client, entity, chat, bob):
    for number in range(130):
        CONTROL.say(chat, bob, f"page {number}")
    found = [one.raw_text async for one in client.iter_messages(entity) if one.raw_text]
    expect(found == [f"page {number}" for number in reversed(range(130))], found)


async def catch_up(seen, chat, alice, bob):
    account = f"/users/{alice['id']}"
    CONTROL.call("POST", f"{account}/mute")
    CONTROL.call("POST", f"{account}/disconnect")
    missed = [f"away {number}" for number in range(5)]
    for text in missed:
        CONTROL.say(chat, bob, text)
    CONTROL.call("POST", f"{account}/unmute")
    while CONTROL.call("GET", "/users")[alice["at"]]["connections"] == 0:
        await asyncio.sleep(0.05)
    CONTROL.say(chat, bob, "back")
    texts = []
    while "back" not in texts or len(texts) < 6:
        texts.append((await seen["new"].get()).raw_text)
    expect(sorted(texts) == sorted([*missed, "back"]), texts)


async def end_session(client, alice):
    CONTROL.call("POST", f"/users/{alice['id']}/revoke")
    try:
        await client.get_dialogs()
        raise AssertionError("a revoked session is served")
    except errors.AuthKeyUnregisteredError:
        pass


async def main():
    rsa.add_key(CONTROL.call("GET", "/public_key"), old=False)
    alice, bob, chat = CONTROL.stage(random.randrange(10**9, 10**10))
    users = [user["id"] for user in CONTROL.call("GET", "/users")]
    alice["at"] = users.index(alice["id"])
    seen = {name: asyncio.Queue() for name in ("new", "edit", "delete")}
    verdicts = Verdicts()
    client = new_client()

    @client.on(events.NewMessage(incoming=True))
    async def on_new(event):
        seen["new"].put_nowait(event.message)

    @client.on(events.MessageEdited)
    async def on_edit(event):
        seen["edit"].put_nowait(event.message)

    @client.on(events.MessageDeleted)
    async def on_delete(event):
        seen["delete"].put_nowait(event.deleted_ids)

    await verdicts.judge("exchanges an auth key", client.connect())
    await verdicts.judge("signs in by code and password", sign_in(client, alice))
    entity = await verdicts.judge("lists the chats", find_dialog(client, chat))
    sent = await verdicts.judge("sends formatted text", send(client, entity, chat))
    own = edit_and_delete_own(client, entity, sent, chat)
    await verdicts.judge("edits and deletes what it sent", own)
    number = await verdicts.judge("receives from others", receive(seen, chat, bob))
    await verdicts.judge("receives in private", receive_private(seen, alice, bob))
    await verdicts.judge("sees an edit", see_edit(seen, chat, number))
    await verdicts.judge("sees a deletion", see_delete(seen, chat, number))
    await verdicts.judge("sends files", send_files(client, entity, chat))
    await verdicts.judge("receives files", receive_files(client, seen, chat, bob))
    await verdicts.judge("sends an album", send_album(client, entity, chat))
    await verdicts.judge("receives an album", receive_album(seen, chat, bob))
    forward = reply_and_forward(client, entity, chat, bob)
    await verdicts.judge("replies and forwards", forward)
    chat = CONTROL.hall(alice, bob)
    entity = await verdicts.judge("finds another chat", find_dialog(client, chat))
    await verdicts.judge("pages through a history", page_history(client, entity, chat, bob))
    await next_where(seen["new"], lambda one: one.raw_text == "page 129")
    await verdicts.judge("catches up after a break", catch_up(seen, chat, alice, bob))
    await verdicts.judge("notices that its session ended", end_session(client, alice))
    await client.disconnect()
    verdicts.exit()


asyncio.run(main())
