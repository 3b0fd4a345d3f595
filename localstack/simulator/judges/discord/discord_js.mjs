// Judges the Discord simulator with discord.js, unmodified.
//
//   node discord_js.mjs BASE_URL CONTROL_URL TOKEN
//
// BASE_URL is where REST and the gateway listen (http://127.0.0.1:8091), CONTROL_URL is the
// control API (http://127.0.0.1:8090/_sim/discord), TOKEN is that of an application made there.
// Prints one line for each behaviour; exits with 1 when one of them fails.

import assert from "node:assert/strict";
import { once } from "node:events";
import { Client, Events, GatewayIntentBits } from "discord.js";

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
  return { person: person.id, channelId: guild.channels[0].id };
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

const { person, channelId } = await stage();
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
