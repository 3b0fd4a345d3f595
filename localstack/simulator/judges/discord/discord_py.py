"""Judges the Discord simulator with discord.py, unmodified.

    python discord_py.py BASE_URL CONTROL_URL TOKEN

BASE_URL is where REST and the gateway listen (http://127.0.0.1:8091), CONTROL_URL is the
control API (http://127.0.0.1:8090/_sim/discord), TOKEN is that of an application made there.
Prints one line for each behaviour; exits with 1 when one of them fails.
"""

import asyncio
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
        intents.message_content = True
        super().__init__(intents=intents)
        self.seen = {
            name: asyncio.Queue()
            for name in ("ready", "message", "edit", "delete", "resumed", "thread", "archived")
        }

    async def on_ready(self):
        self.seen["ready"].put_nowait(self.user.id)

    async def on_message(self, message):
        self.seen["message"].put_nowait(message)

    async def on_raw_message_edit(self, payload):
        self.seen["edit"].put_nowait(payload)

    async def on_raw_message_delete(self, payload):
        self.seen["delete"].put_nowait(payload.message_id)

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
