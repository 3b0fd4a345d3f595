// Judges the Discord simulator with discord.js, unmodified.
//
//   node discord_js.mjs BASE_URL CONTROL_URL TOKEN
//
// BASE_URL is where REST and the gateway listen (http://127.0.0.1:8091), CONTROL_URL is the
// control API (http://127.0.0.1:8090/_sim/discord), TOKEN is that of an application made there.
// Prints one line for each behaviour; exits with 1 when one of them fails.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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
    GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.MessageContent,
  ],
  rest: { api: `${base}/api` },
});
client.on(Events.Error, (error) => console.error(error));
const ready = eventsOf(client, Events.ClientReady);
const created = eventsOf(client, Events.MessageCreate);
const updated = eventsOf(client, Events.MessageUpdate);
const deleted = eventsOf(client, Events.MessageDelete);
const bulk = eventsOf(client, Events.MessageBulkDelete);
const reacted = eventsOf(client, Events.MessageReactionAdd);
const unreacted = eventsOf(client, Events.MessageReactionRemove);
const opened = eventsOf(client, Events.ThreadCreate);
const resumed = eventsOf(client, Events.ShardResume);
const path = `/channels/${channelId}/messages`;
const say = (content) => control("POST", path, { author: person, content });
const download = async (attachment) =>
  Buffer.from(await (await fetch(attachment.url)).arrayBuffer());
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

await judge("send, edit and download a file", async () => {
  const content = Buffer.alloc(256_000, "all bytes \u0000\u00ff");
  const file = { attachment: content, name: "SPOILER_a.bin", description: "all bytes" };
  const sent = await channel.send({ content: "a file", files: [file] });
  const attachment = (await created.next())[0].attachments.first();
  assert.deepEqual([attachment.size, attachment.description], [content.length, "all bytes"]);
  assert.ok(attachment.spoiler);
  assert.deepEqual(await download(attachment), content);
  const more = { attachment: Buffer.from("more"), name: "b.txt" };
  const both = await sent.edit({ attachments: [...sent.attachments.values()], files: [more] });
  await updated.next();
  assert.deepEqual(both.attachments.map((one) => one.name), ["SPOILER_a.bin", "b.txt"]);
  const one = await both.edit({ attachments: [both.attachments.last()] });
  await updated.next();
  assert.deepEqual(one.attachments.map((left) => left.name), ["b.txt"]);
  assert.equal((await download(one.attachments.first())).toString(), "more");
});

await judge("receive a file, after its link has ended too", async () => {
  const files = [{ name: "a.bin", bytes: 300_000, seed: 7 }];
  const said = await control("POST", path, { author: person, attachments: files });
  const attachment = (await created.next())[0].attachments.first();
  const hash = createHash("sha256").update(await download(attachment)).digest("hex");
  assert.equal(hash, said.attachments[0].sha256);
  await control("POST", "/cdn/expire");
  assert.equal((await fetch(attachment.url)).status, 404);
  const again = await channel.messages.fetch({ message: said.id, force: true });
  assert.equal((await download(again.attachments.first())).length, 300_000);
});

await judge("bulk delete", async () => {
  const me = await channel.guild.members.fetchMe();
  const allow = PermissionFlagsBits.ManageMessages.toString();
  await control("PUT", `/channels/${channelId}/overwrites/${me.id}`, { kind: "member", allow });
  const sent = [];
  for (let number = 0; number < 3; number += 1) {
    sent.push((await channel.send(`${number}`)).id);
    await created.next();
  }
  await channel.bulkDelete(sent);
  assert.deepEqual([...(await bulk.next())[0].keys()].sort(), sent);
});

await judge("webhooks", async () => {
  const hook = await channel.createWebhook({ name: "bridge" });
  const file = { attachment: Buffer.from("bytes"), name: "a.txt" };
  const sent = await hook.send({ content: "over", username: "Zoë", files: [file] });
  const [message] = await created.next();
  assert.deepEqual([message.webhookId, message.author.username], [hook.id, "Zoë"]);
  assert.equal((await download(message.attachments.first())).toString(), "bytes");
  await hook.editMessage(sent.id, { content: "again" });
  assert.equal((await updated.next())[1].content, "again");
  await hook.deleteMessage(sent.id);
  assert.equal((await deleted.next())[0].id, sent.id);
  await hook.delete();
  assert.equal((await channel.fetchWebhooks()).size, 0);
});

await judge("reactions", async () => {
  const sent = await channel.send("vote");
  await created.next();
  await sent.react("🔥");
  const [reaction, user] = await reacted.next();
  assert.deepEqual([reaction.emoji.name, user.id], ["🔥", client.user.id]);
  await control("PUT", `${path}/${sent.id}/reactions/🔥/${person}`);
  assert.equal((await reacted.next())[1].id, person);
  const found = await channel.messages.fetch({ message: sent.id, force: true });
  assert.equal(found.reactions.cache.first().count, 2);
  await found.reactions.cache.first().users.remove(client.user);
  assert.equal((await unreacted.next())[1].id, client.user.id);
});

await judge("stickers and polls", async () => {
  const wave = { name: "wave", format: "png" };
  const { id } = await control("POST", `/guilds/${guildId}/stickers`, wave);
  await control("POST", path, { author: person, stickers: [id] });
  assert.equal((await created.next())[0].stickers.first().name, "wave");
  const poll = { question: { text: "Tea?" }, answers: [{ poll_media: { text: "yes" } }] };
  await control("POST", path, { author: person, poll });
  assert.equal((await created.next())[0].poll.question.text, "Tea?");
});

await judge("forward", async () => {
  await say("news");
  const [message] = await created.next();
  await message.forward(channel);
  const [forwarded] = await created.next();
  assert.equal(forwarded.messageSnapshots.first().content, "news");
});

await judge("link preview", async () => {
  await say("see https://a.example/x");
  assert.equal((await created.next())[0].embeds.length, 0);
  assert.equal((await updated.next())[1].embeds[0].url, "https://a.example/x");
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
