// Judges the Discord simulator with discord.js, unmodified.
//
//   node discord_js.mjs BASE_URL CONTROL_URL TOKEN
//
// BASE_URL is where REST and the gateway listen (http://127.0.0.1:8091), CONTROL_URL is the
// control API (http://127.0.0.1:8090/_sim/discord), TOKEN is that of an application made there.
// Prints one line for each behaviour; exits with 1 when one of them fails.

import assert from "node:assert/strict";
import { once } from "node:events";
import {
  ChannelType,
  Client,
  Events,
  GatewayIntentBits,
  MessageType,
  PermissionFlagsBits,
} from "discord.js";

const DEADLINE_MS = 30_000;
const [base, controlUrl, token] = process.argv.slice(2);
if (!token) {
  console.error("usage: node discord_js.mjs BASE_URL CONTROL_URL TOKEN");
  process.exit(2);
}

async function control(method, path, body = {}) {
  const answer = await fetch(controlUrl + path, {
    method,
    headers: { "content-type": "application/json" },
    body: method === "GET" ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** A new guild with a person in it and the bot of the token. */
async function stage() {
  const applications = await control("GET", "/applications");
  const application = applications.find((one) => one.token === token);
  const person = await control("POST", "/users", { name: "alice" });
  const guild = await control("POST", "/guilds", { name: "hall", owner: person.id });
  await control("POST", `/guilds/${guild.id}/bots`, {
    application_id: application.application_id,
  });
  return { person: person.id, guildId: guild.id, channelId: guild.channels[0].id };
}

/** Everything of one kind that happens, in order, from now on. */
function eventsOf(client, name) {
  const waiting = [];
  client.on(name, (...event) => {
    waiting.push(event);
    client.emit(`queued:${name}`);
  });
  return {
    async next() {
      if (waiting.length === 0) {
        await once(client, `queued:${name}`, { signal: AbortSignal.timeout(DEADLINE_MS) });
      }
      return waiting.shift();
    },
  };
}

let failed = false;
async function judge(behaviour, trial) {
  try {
    await trial();
    console.log(`ok      ${behaviour}`);
  } catch (error) {
    failed = true;
    console.log(`FAILED  ${behaviour}: ${error}`);
  }
}

const { person, guildId, channelId } = await stage();
const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.MessageContent,
  ],
  rest: { api: `${base}/api` },
});
client.on(Events.Error, (error) => console.error(error));
const ready = eventsOf(client, Events.ClientReady);
const created = eventsOf(client, Events.MessageCreate);
const updated = eventsOf(client, Events.MessageUpdate);
const deleted = eventsOf(client, Events.MessageDelete);
const opened = eventsOf(client, Events.ThreadCreate);
const resumed = eventsOf(client, Events.ShardResume);
const path = `/channels/${channelId}/messages`;
const say = (content) => control("POST", path, { author: person, content });
let channel;

await judge("connect", async () => {
  await client.login(token);
  await ready.next();
  channel = await client.channels.fetch(channelId);
});

await judge("receive", async () => {
  await say("hello");
  const [message] = await created.next();
  assert.deepEqual([message.content, message.author.username], ["hello", "alice"]);
});

await judge("send", async () => {
  const sent = await channel.send("hi");
  assert.equal((await created.next())[0].id, sent.id);
  assert.equal((await control("GET", path)).at(-1).content, "hi");
  await sent.reply("and a reply");
  assert.equal((await created.next())[0].reference.messageId, sent.id);
});

await judge("edit", async () => {
  const sent = await channel.send("draft");
  await created.next();
  await sent.edit("final");
  assert.equal((await updated.next())[1].content, "final");
  const fetched = await channel.messages.fetch({ message: sent.id, force: true });
  assert.equal(fetched.content, "final");
});

await judge("delete", async () => {
  const sent = await channel.send("gone soon");
  await created.next();
  await sent.delete();
  assert.equal((await deleted.next())[0].id, sent.id);
  assert.ok(!(await channel.messages.fetch({ limit: 100 })).has(sent.id));
});

await judge("kinds of channels", async () => {
  const path = `/guilds/${guildId}/channels`;
  for (const kind of ["announcement", "voice", "category"]) {
    await control("POST", path, { name: kind, type: kind });
  }
  await control("POST", path, { name: "forum", type: "forum", tags: [{ name: "idea" }] });
  const channels = await channel.guild.channels.fetch();
  const found = channels.map((one) => one.type).sort((one, other) => one - other);
  assert.deepEqual(found, [0, 2, 4, 5, 15]);
});

await judge("threads", async () => {
  const sent = await channel.send("question");
  await created.next();
  const thread = await sent.startThread({ name: "answers" });
  assert.deepEqual([thread.id, thread.parentId], [sent.id, channelId]);
  assert.equal((await opened.next())[0].id, thread.id);
  assert.equal((await created.next())[0].type, MessageType.ThreadStarterMessage);
  const answer = { author: person, content: "answer" };
  await control("POST", `/channels/${thread.id}/messages`, answer);
  const [message] = await created.next();
  assert.deepEqual([message.content, message.channelId], ["answer", thread.id]);
  await thread.setArchived(true);
  const archived = await channel.threads.fetchArchived();
  assert.deepEqual([...archived.threads.keys()], [thread.id]);
  await control("POST", `/channels/${thread.id}/messages`, answer);
  assert.equal((await created.next())[0].content, "answer");
  const active = await channel.guild.channels.fetchActiveThreads();
  assert.ok(active.threads.has(thread.id));
});

await judge("forum", async () => {
  const forum = channel.guild.channels.cache.find((one) => one.type === ChannelType.GuildForum);
  const tags = forum.availableTags.map((tag) => tag.id);
  const post = await forum.threads.create({
    name: "post",
    message: { content: "first" },
    appliedTags: tags,
  });
  assert.deepEqual(post.appliedTags, tags);
  assert.equal((await opened.next())[0].id, post.id);
  const [first] = await created.next();
  assert.deepEqual([first.id, first.content], [post.id, "first"]);
});

await judge("rights", async () => {
  const path = `/channels/${channelId}/overwrites/${guildId}`;
  const deny = PermissionFlagsBits.SendMessages.toString();
  const changed = eventsOf(client, Events.ChannelUpdate);
  await control("PUT", path, { kind: "role", deny });
  await changed.next();
  const me = await channel.guild.members.fetchMe();
  const bot = { kind: "member", allow: deny };
  assert.ok(!channel.permissionsFor(me).has(PermissionFlagsBits.SendMessages));
  await assert.rejects(channel.send("no"), (refusal) => refusal.code === 50013);
  await control("PUT", `/channels/${channelId}/overwrites/${me.id}`, bot);
  await changed.next();
  assert.ok(channel.permissionsFor(me).has(PermissionFlagsBits.SendMessages));
  await channel.send("yes");
  assert.equal((await created.next())[0].content, "yes");
});

await judge("resume after a drop", async () => {
  await control("POST", "/gateway/drop");
  for (let number = 0; number < 3; number += 1) await say(`while away ${number}`);
  for (let number = 0; number < 3; number += 1) {
    assert.equal((await created.next())[0].content, `while away ${number}`);
  }
  const [, replayed] = await resumed.next();
  assert.ok(replayed >= 1, `${replayed} events replayed`);
});

await client.destroy();
process.exit(failed ? 1 : 0);
