"""Judges the Discord simulator with discord.py, unmodified.

    python discord_py.py BASE_URL CONTROL_URL TOKEN

BASE_URL is where REST and the gateway listen (http://127.0.0.1:8091), CONTROL_URL is the
control API (http://127.0.0.1:8090/_sim/discord), TOKEN is that of an application made there.
Prints one line for each behaviour; exits with 1 when one of them fails.
"""

import asyncio
import hashlib
import io
import sys

import aiohttp
import discord
import yarl

DEADLINE_S = 30


class Control:
    """The simulator's control API."""

    def __init__(self, session, url):
        self.session = session
        self.url = url

    async def call(self, method, path, body=None):
        async with self.session.request(method, self.url + path, json=body or {}) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise RuntimeError(f"{method} {path}: {answer.status} {text}")
            return await answer.json() if text else None

    async def stage(self, token):
        """A new guild with a person in it and the bot of the token."""
        applications = await self.call("GET", "/applications")
        application = next(one for one in applications if one["token"] == token)
        person = await self.call("POST", "/users", {"name": "alice"})
        guild = await self.call("POST", "/guilds", {"name": "hall", "owner": person["id"]})
        bot = {"application_id": application["application_id"]}
        await self.call("POST", f"/guilds/{guild['id']}/bots", bot)
        return person["id"], guild["id"], guild["channels"][0]["id"]


class Judged(discord.Client):
    """Puts what happens into queues, by the kind of event."""

    def __init__(self):
        intents = discord.Intents.none()
        intents.guilds = True
        intents.guild_messages = True
        intents.guild_reactions = True
        intents.message_content = True
        super().__init__(intents=intents)
        self.seen = {
            name: asyncio.Queue()
            for name in (
                "ready",
                "message",
                "edit",
                "delete",
                "bulk delete",
                "reaction",
                "unreaction",
                "resumed",
                "thread",
                "archived",
            )
        }

    async def on_ready(self):
        self.seen["ready"].put_nowait(self.user.id)

    async def on_message(self, message):
        self.seen["message"].put_nowait(message)

    async def on_raw_message_edit(self, payload):
        self.seen["edit"].put_nowait(payload)

    async def on_raw_message_delete(self, payload):
        self.seen["delete"].put_nowait(payload.message_id)

    async def on_raw_bulk_message_delete(self, payload):
        self.seen["bulk delete"].put_nowait(payload.message_ids)

    async def on_raw_reaction_add(self, payload):
        self.seen["reaction"].put_nowait((str(payload.emoji), payload.user_id))

    async def on_raw_reaction_remove(self, payload):
        self.seen["unreaction"].put_nowait((str(payload.emoji), payload.user_id))

    async def on_thread_create(self, thread):
        self.seen["thread"].put_nowait(thread)

    async def on_thread_update(self, before, after):
        self.seen["archived"].put_nowait((before.archived, after.archived))

    async def on_resumed(self):
        self.seen["resumed"].put_nowait(True)

    async def next(self, name):
        return await asyncio.wait_for(self.seen[name].get(), DEADLINE_S)


class Verdicts:
    def __init__(self):
        self.failed = False

    async def judge(self, behaviour, trial):
        try:
            await trial
            print(f"ok      {behaviour}", flush=True)
        except Exception as error:  # Whatever goes wrong is the verdict.
            self.failed = True
            print(f"FAILED  {behaviour}: {error!r}", flush=True)


def equal(found, expected):
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


async def trials(client, control, person, guild_id, channel_id, verdicts):
    path = f"/channels/{channel_id}/messages"

    async def say(content):
        return await control.call("POST", path, {"author": person, "content": content})

    async def connect():
        await client.next("ready")

    await verdicts.judge("connect", connect())
    channel = client.get_channel(int(channel_id))

    async def receive():
        await say("hello")
        message = await client.next("message")
        equal((message.content, message.author.name), ("hello", "alice"))

    async def send():
        sent = await channel.send("hi")
        equal((await client.next("message")).id, sent.id)
        said = await control.call("GET", path)
        equal(said[-1]["content"], "hi")
        reply = await sent.reply("and a reply")
        equal((await client.next("message")).reference.message_id, sent.id)
        equal(reply.reference.message_id, sent.id)

    async def edit():
        sent = await channel.send("draft")
        await client.next("message")
        await sent.edit(content="final")
        equal((await client.next("edit")).data["content"], "final")
        equal((await channel.fetch_message(sent.id)).content, "final")

    async def delete():
        sent = await channel.send("gone soon")
        await client.next("message")
        await sent.delete()
        equal(await client.next("delete"), sent.id)
        history = [message.id async for message in channel.history(limit=100)]
        equal(sent.id in history, False)

    async def send_file():
        content = bytes(range(256)) * 1000
        sent = await channel.send(
            "a file", file=discord.File(io.BytesIO(content), "SPOILER_a.bin", description="all bytes")
        )
        message = await client.next("message")
        attachment = message.attachments[0]
        equal((attachment.size, attachment.description), (len(content), "all bytes"))
        equal((attachment.is_spoiler(), await attachment.read()), (True, content))
        more = [discord.File(io.BytesIO(b"more"), "b.txt")]
        edited = await sent.edit(attachments=[*sent.attachments, *more])
        await client.next("edit")
        equal([one.filename for one in edited.attachments], ["SPOILER_a.bin", "b.txt"])
        equal(await edited.attachments[1].read(), b"more")
        edited = await sent.edit(attachments=[edited.attachments[1]])
        await client.next("edit")
        equal([one.filename for one in edited.attachments], ["b.txt"])

    async def receive_file():
        files = [{"name": "a.bin", "bytes": 300_000, "seed": 7}]
        said = await control.call("POST", path, {"author": person, "attachments": files})
        attachment = (await client.next("message")).attachments[0]
        content = await attachment.read()
        equal(hashlib.sha256(content).hexdigest(), said["attachments"][0]["sha256"])
        await control.call("POST", "/cdn/expire")
        try:
            await attachment.read()
        except discord.NotFound:
            pass
        else:
            raise AssertionError("the link is still good")
        again = await channel.fetch_message(int(said["id"]))
        equal(await again.attachments[0].read(), content)

    async def bulk_delete():
        role = client.get_guild(int(guild_id)).me.id
        manage = {"kind": "member", "allow": str(1 << 13)}
        await control.call("PUT", f"/channels/{channel_id}/overwrites/{role}", manage)
        sent = [await channel.send(str(number)) for number in range(3)]
        for _ in sent:
            await client.next("message")
        await channel.delete_messages(sent)
        equal(await client.next("bulk delete"), {one.id for one in sent})

    async def webhooks():
        hook = await channel.create_webhook(name="bridge")
        sent = await hook.send(
            "over", username="Zoë", file=discord.File(io.BytesIO(b"bytes"), "a.txt"), wait=True
        )
        message = await client.next("message")
        equal((message.webhook_id, message.author.name), (hook.id, "Zoë"))
        equal(await message.attachments[0].read(), b"bytes")
        edited = await hook.edit_message(sent.id, content="again")
        equal((await client.next("edit")).data["content"], "again")
        equal((edited.content, edited.attachments[0].filename), ("again", "a.txt"))
        await hook.delete_message(sent.id)
        equal(await client.next("delete"), sent.id)
        await hook.delete()
        equal(await channel.webhooks(), [])

    async def reactions():
        sent = await channel.send("vote")
        await client.next("message")
        await sent.add_reaction("🔥")
        equal(await client.next("reaction"), ("🔥", client.user.id))
        hers = f"{path}/{sent.id}/reactions/🔥/{person}"
        await control.call("PUT", hers)
        equal(await client.next("reaction"), ("🔥", int(person)))
        found = await channel.fetch_message(sent.id)
        equal([(one.count, one.me) for one in found.reactions], [(2, True)])
        await sent.remove_reaction("🔥", client.user)
        equal(await client.next("unreaction"), ("🔥", client.user.id))
        equal([user.id async for user in found.reactions[0].users()], [int(person)])

    async def stickers_and_polls():
        wave = {"name": "wave", "format": "png"}
        made = await control.call("POST", f"/guilds/{guild_id}/stickers", wave)
        posted = {"author": person, "stickers": [made["id"]]}
        await control.call("POST", path, posted)
        sticker = (await client.next("message")).stickers[0]
        equal((sticker.name, sticker.format), ("wave", discord.StickerFormatType.png))
        poll = {"question": {"text": "Tea?"}, "answers": [{"poll_media": {"text": "yes"}}]}
        await control.call("POST", path, {"author": person, "poll": poll})
        poll = (await client.next("message")).poll
        equal((poll.question, [one.text for one in poll.answers]), ("Tea?", ["yes"]))

    async def forward():
        said = await say("news")
        message = await client.next("message")
        await message.forward(channel)
        forwarded = await client.next("message")
        equal(forwarded.message_snapshots[0].content, said["content"])

    async def link_preview():
        await say("see https://a.example/x")
        equal((await client.next("message")).embeds, [])
        equal((await client.next("edit")).data["embeds"][0]["url"], "https://a.example/x")

    async def resume():
        await control.call("POST", "/gateway/refuse", {"on": True})
        await control.call("POST", "/gateway/drop")
        for number in range(3):
            await say(f"while away {number}")
        await control.call("POST", "/gateway/refuse", {"on": False})
        for number in range(3):
            equal((await client.next("message")).content, f"while away {number}")
        await client.next("resumed")
        equal(client.seen["ready"].empty(), True)

    async def kinds():
        path = f"/guilds/{guild_id}/channels"
        for kind in ("announcement", "voice", "category"):
            await control.call("POST", path, {"name": kind, "type": kind})
        forum = {"name": "forum", "type": "forum", "tags": [{"name": "idea"}]}
        await control.call("POST", path, forum)
        channels = await client.get_guild(int(guild_id)).fetch_channels()
        found = sorted(str(channel.type) for channel in channels)
        equal(found, ["category", "forum", "news", "text", "voice"])

    async def threads():
        sent = await channel.send("question")
        await client.next("message")
        thread = await sent.create_thread(name="answers")
        equal((thread.id, thread.parent_id), (sent.id, channel.id))
        equal((await client.next("thread")).id, thread.id)
        starter = await client.next("message")
        equal(starter.type, discord.MessageType.thread_starter_message)
        answer = {"author": person, "content": "answer"}
        await control.call("POST", f"/channels/{thread.id}/messages", answer)
        message = await client.next("message")
        equal((message.content, message.channel.id), ("answer", thread.id))
        await thread.edit(archived=True)
        equal(await client.next("archived"), (False, True))
        equal([one.id async for one in channel.archived_threads()], [thread.id])
        await thread.send("back again")
        equal((await client.next("message")).content, "back again")

    async def forum():
        channels = await client.get_guild(int(guild_id)).fetch_channels()
        forum = next(one for one in channels if one.type == discord.ChannelType.forum)
        idea = forum.available_tags[0]
        post = await forum.create_thread(name="post", content="first", applied_tags=[idea])
        equal((post.message.id, post.message.content), (post.thread.id, "first"))
        equal(post.thread.applied_tags, [idea])
        equal((await client.next("thread")).id, post.thread.id)
        equal((await client.next("message")).channel.id, post.thread.id)
        active = await client.get_guild(int(guild_id)).active_threads()
        equal(post.thread.id in [thread.id for thread in active], True)

    async def rights():
        guild = client.get_guild(int(guild_id))
        deny = str(1 << 38)
        path = f"/channels/{channel_id}/overwrites/{guild_id}"
        held = channel.permissions_for(guild.me)
        equal((held.view_channel, held.send_messages_in_threads), (True, True))
        await control.call("PUT", path, {"kind": "role", "deny": deny})
        thread = {"author": person, "name": "quiet"}
        made = await control.call("POST", f"/channels/{channel_id}/threads", thread)
        thread = await client.next("thread")
        equal(str(thread.id), made["id"])
        equal(thread.permissions_for(guild.me).send_messages_in_threads, False)
        try:
            await thread.send("no")
        except discord.Forbidden as refusal:
            equal(refusal.code, 50013)
        else:
            raise AssertionError("accepted")
        await control.call("PUT", path, {"kind": "role"})

    await verdicts.judge("receive", receive())
    await verdicts.judge("send", send())
    await verdicts.judge("edit", edit())
    await verdicts.judge("delete", delete())
    await verdicts.judge("send, edit and download a file", send_file())
    await verdicts.judge("receive a file, after its link has ended too", receive_file())
    await verdicts.judge("bulk delete", bulk_delete())
    await verdicts.judge("webhooks", webhooks())
    await verdicts.judge("reactions", reactions())
    await verdicts.judge("stickers and polls", stickers_and_polls())
    await verdicts.judge("forward", forward())
    await verdicts.judge("link preview", link_preview())
    await verdicts.judge("kinds of channels", kinds())
    await verdicts.judge("threads", threads())
    await verdicts.judge("forum", forum())
    await verdicts.judge("rights", rights())
    await verdicts.judge("resume after a drop", resume())


async def main(base, control_url, token):
    discord.http.Route.BASE = f"{base}/api/v10"
    gateway = yarl.URL(base.replace("http", "ws", 1) + "/")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway
    verdicts = Verdicts()
    async with aiohttp.ClientSession() as session:
        control = Control(session, control_url)
        person, guild, channel = await control.stage(token)
        async with Judged() as client:
            running = asyncio.create_task(client.start(token))
            await trials(client, control, person, guild, channel, verdicts)
            await client.close()
            await asyncio.wait([running])
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(asyncio.run(main(*sys.argv[1:])))
