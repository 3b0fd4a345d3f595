//! twilight-gateway, unmodified, against the simulator.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{ChannelId, CreateMessage};
use tokio::sync::oneshot;
use twilight_gateway::queue::Queue;
use twilight_gateway::{ConfigBuilder, Intents, Message, Session, Shard, ShardId};

use crate::stage::{ANYWHERE, Scene, Stage, id, text};

const DEADLINE: Duration = Duration::from_secs(20);
pub(crate) const TALK: Intents = Intents::GUILDS
    .union(Intents::GUILD_MESSAGES)
    .union(Intents::MESSAGE_CONTENT);

/// Lets every IDENTIFY go out at once: the simulator decides what is too soon.
pub(crate) struct NoQueue;

impl Queue for NoQueue {
    fn enqueue(&self, _shard: u32) -> oneshot::Receiver<()> {
        let (go, permission) = oneshot::channel();
        go.send(()).expect("the receiver is here");
        permission
    }
}

/// A bot that reads raw payloads.
pub(crate) struct Bot {
    shard: Shard<NoQueue>,
}

impl Bot {
    pub(crate) fn new(
        stage: &Stage,
        token: &str,
        intents: Intents,
        session: Option<Session>,
    ) -> Self {
        Self::on_shard(ShardId::ONE, stage, token, intents, session)
    }

    fn on_shard(
        shard: ShardId,
        stage: &Stage,
        token: &str,
        intents: Intents,
        session: Option<Session>,
    ) -> Self {
        let address = format!("ws://{}", stage.address());
        let mut config = ConfigBuilder::new(token.to_owned(), intents)
            .proxy_url(address.clone())
            .queue(NoQueue);
        if let Some(session) = session {
            config = config.session(session).resume_url(address);
        }
        Self {
            shard: Shard::with_config(shard, config.build()),
        }
    }

    pub(crate) async fn connect(stage: &Stage, scene: &Scene) -> Self {
        let mut bot = Self::new(stage, &scene.token, TALK, None);
        bot.event("GUILD_CREATE").await;
        bot
    }

    /// The next payload, through errors and reconnections; a close is its code.
    pub(crate) async fn next(&mut self) -> Value {
        let next = async {
            loop {
                match self.shard.next().await {
                    Some(Ok(Message::Text(text))) => break serde_json::from_str(&text).unwrap(),
                    Some(Ok(Message::Close(frame))) => {
                        break json!({ "close": frame.map(|frame| frame.code) });
                    }
                    Some(Err(_)) => {}
                    None => panic!("the shard has stopped for good"),
                }
            }
        };
        tokio::time::timeout(DEADLINE, next)
            .await
            .expect("nothing comes")
    }

    async fn payload(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let payload = self.next().await;
            if wanted(&payload) {
                return payload;
            }
        }
    }

    pub(crate) async fn event(&mut self, name: &str) -> Value {
        self.payload(|payload| payload["t"] == name).await["d"].take()
    }

    pub(crate) async fn reads(&mut self, content: &str) -> Value {
        let message = self.event("MESSAGE_CREATE").await;
        assert_eq!(message["content"], content);
        message
    }
}

/// Waits until what the control API shows at `path` is as wanted.
async fn until(stage: &Stage, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let shown = stage.look(path).await;
        if wanted(&shown) {
            return shown;
        }
        assert!(started.elapsed() < DEADLINE, "{path} stays {shown}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_bot_connects_receives_and_sends() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::new(&stage, &scene.token, TALK, None);
    let ready = bot.event("READY").await;
    assert_eq!(ready["user"]["id"], json!(scene.bot));
    assert_eq!(
        ready["guilds"],
        json!([{ "id": scene.guild, "unavailable": true }])
    );
    assert_eq!(
        ready["resume_gateway_url"],
        json!(format!("ws://{}", stage.address()))
    );
    let guild = bot.event("GUILD_CREATE").await;
    assert_eq!(guild["channels"][0]["id"], json!(scene.channel));

    stage.say(&scene, "hello").await;
    let message = bot.reads("hello").await;
    assert_eq!(message["author"]["username"], "alice");
    assert_eq!(message["guild_id"], json!(scene.guild));

    let http = stage.http(&scene.token);
    let channel: ChannelId = id(&scene.channel);
    let sent = channel
        .send_message(&http, CreateMessage::new().content("hi, alice"))
        .await
        .unwrap();
    let echo = bot.reads("hi, alice").await;
    assert_eq!(echo["id"], json!(sent.id.to_string()));
    stage.stop().await;
}

#[tokio::test]
async fn what_was_missed_is_replayed_after_the_line_was_cut() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    stage.ask("/gateway/refuse", json!({ "on": true })).await;
    assert_eq!(
        stage.ask("/gateway/drop", json!({})).await,
        json!({ "connections": 1 })
    );
    until(&stage, "/sessions", |sessions| {
        sessions[0]["connected"] == false
    })
    .await;
    for content in ["one", "two", "three"] {
        stage.say(&scene, content).await;
    }
    stage.ask("/gateway/refuse", json!({ "on": false })).await;
    for content in ["one", "two", "three"] {
        bot.reads(content).await;
    }
    bot.event("RESUMED").await;
    stage.say(&scene, "four").await;
    bot.reads("four").await;
    assert_eq!(stage.look("/sessions").await.as_array().unwrap().len(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn a_session_outlives_the_simulator_and_the_bot() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let stage = Stage::start_with(ANYWHERE, Some(journal.clone())).await;
    let scene = stage.scene().await;
    let bot = Bot::connect(&stage, &scene).await;
    let session = bot.shard.session().unwrap().clone();
    drop(bot);
    until(&stage, "/sessions", |sessions| {
        sessions[0]["connected"] == false
    })
    .await;
    stage.say(&scene, "before the stop").await;
    stage.stop().await;

    let stage = Stage::start_with(ANYWHERE, Some(journal)).await;
    stage.say(&scene, "after the start").await;
    let mut bot = Bot::new(&stage, &scene.token, TALK, Some(session));
    bot.reads("before the stop").await;
    bot.reads("after the start").await;
    bot.event("RESUMED").await;
    assert_eq!(stage.said(&scene.channel).await.len(), 2);
    stage.stop().await;
}

/// A copy of the journal, taken in the middle, is what a killed process leaves behind.
#[tokio::test]
async fn a_killed_simulator_comes_back_with_its_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, left) = (folder.path().join("journal"), folder.path().join("left"));
    let stage = Stage::start_with(ANYWHERE, Some(journal.clone())).await;
    let scene = stage.scene().await;
    let bot = Bot::connect(&stage, &scene).await;
    let session = bot.shard.session().unwrap().clone();
    stage.say(&scene, "not yet seen").await;
    std::fs::copy(&journal, &left).unwrap();
    stage.stop().await;

    let stage = Stage::start_with(ANYWHERE, Some(left)).await;
    assert_eq!(stage.look("/sessions").await[0]["connected"], false);
    let mut bot = Bot::new(&stage, &scene.token, TALK, Some(session));
    bot.reads("not yet seen").await;
    bot.event("RESUMED").await;
    stage.stop().await;
}

#[tokio::test]
async fn a_bot_asked_to_reconnect_or_cut_off_with_4000_resumes() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    for (knob, body) in [
        ("/gateway/reconnect", json!({})),
        ("/gateway/close", json!({ "code": 4000 })),
        ("/gateway/invalidate", json!({ "resumable": true })),
    ] {
        until(&stage, "/sessions", |sessions| {
            sessions[0]["connected"] == true
        })
        .await;
        assert_eq!(
            stage.ask(knob, body).await,
            json!({ "connections": 1 }),
            "{knob}"
        );
        bot.event("RESUMED").await;
        stage.say(&scene, knob).await;
        bot.reads(knob).await;
    }
    assert_eq!(stage.look("/sessions").await.as_array().unwrap().len(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn a_session_that_was_ended_cannot_be_resumed() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    stage.set(json!({ "identify_interval_ms": 0 })).await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let first = bot.shard.session().unwrap().id().to_owned();
    stage
        .ask("/gateway/invalidate", json!({ "resumable": false }))
        .await;
    bot.payload(|payload| payload["op"] == 9 && payload["d"] == false)
        .await;
    let ready = bot.event("READY").await;
    assert_ne!(ready["session_id"], json!(first));
    assert_eq!(stage.look("/sessions").await.as_array().unwrap().len(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn a_session_waits_only_so_long() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    stage
        .set(json!({ "identify_interval_ms": 0, "session_ttl_s": 0 }))
        .await;
    let mut bot = Bot::connect(&stage, &scene).await;
    stage.ask("/gateway/drop", json!({})).await;
    bot.payload(|payload| payload["op"] == 9 && payload["d"] == false)
        .await;
    bot.event("READY").await;
    stage.stop().await;
}

#[tokio::test]
async fn a_connection_without_heartbeats_times_out() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    stage.set(json!({ "heartbeat_interval_ms": 40 })).await;
    let bot = Bot::connect(&stage, &scene).await;
    // Nobody reads from the shard any more, and only reading makes it send.
    until(&stage, "/sessions", |sessions| sessions == &json!([])).await;
    drop(bot);
    stage.stop().await;
}

#[tokio::test]
async fn a_bot_that_may_not_come_in_is_told_why() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let off = json!({ "name": "deaf", "intents": { "message_content": false } });
    let deaf = text(&stage.ask("/applications", off).await["token"]);
    for (token, intents, code) in [
        ("nobody.sim.nothing", TALK, 4004),
        (scene.token.as_str(), TALK | Intents::GUILD_MEMBERS, 4014),
        (deaf.as_str(), TALK, 4014),
        (
            scene.token.as_str(),
            Intents::from_bits_retain(1 << 40),
            4013,
        ),
    ] {
        let mut bot = Bot::new(&stage, token, intents, None);
        let closed = bot.payload(|payload| payload.get("close").is_some()).await;
        assert_eq!(closed, json!({ "close": code }));
    }
    stage.stop().await;
}

#[tokio::test]
async fn the_budget_of_identifies_is_shown_and_spent() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    stage
        .set(json!({ "identify_limit": 1, "identify_interval_ms": 0 }))
        .await;
    let start_limit = async || {
        let shown = stage
            .rest(&scene, Method::GET, "/gateway/bot", json!({}))
            .await;
        shown.json::<Value>().await.unwrap()["session_start_limit"].take()
    };
    assert_eq!(start_limit().await["remaining"], 1);
    let bot = Bot::connect(&stage, &scene).await;
    assert_eq!(start_limit().await["remaining"], 0);
    let mut second = Bot::new(&stage, &scene.token, TALK, None);
    let closed = second
        .payload(|payload| payload.get("close").is_some())
        .await;
    assert_eq!(closed, json!({ "close": 4004 }));
    until(&stage, "/sessions", |sessions| sessions == &json!([])).await;
    drop(bot);
    stage.stop().await;
}

#[tokio::test]
async fn an_identify_too_soon_after_another_is_refused_for_now() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let first = Bot::connect(&stage, &scene).await;
    let mut second = Bot::new(&stage, &scene.token, TALK, None);
    second
        .payload(|payload| payload["op"] == 9 && payload["d"] == false)
        .await;
    drop(first);
    stage.stop().await;
}

#[tokio::test]
async fn without_the_intent_only_what_concerns_the_bot_can_be_read() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let intents = Intents::GUILDS | Intents::GUILD_MESSAGES;
    let mut bot = Bot::new(&stage, &scene.token, intents, None);
    bot.event("GUILD_CREATE").await;
    stage.say(&scene, "private").await;
    bot.reads("").await;
    let mention = format!("<@{}> hello", scene.bot);
    stage.say(&scene, &mention).await;
    let message = bot.reads(&mention).await;
    assert_eq!(message["mentions"][0]["id"], json!(scene.bot));
    stage.stop().await;
}

#[tokio::test]
async fn a_bot_hears_only_of_channels_it_sees() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let path = format!("/channels/{}/overwrites/{}", scene.channel, scene.bot);
    let view = 1 << 10;
    let hidden = json!({ "kind": "member", "deny": view });
    stage.control(Method::PUT, &path, hidden).await;
    bot.event("CHANNEL_UPDATE").await;
    stage.say(&scene, "hidden").await;
    let shown = json!({ "kind": "member", "allow": view });
    stage.control(Method::PUT, &path, shown).await;
    stage.say(&scene, "seen").await;
    bot.reads("seen").await;
    stage.stop().await;
}

#[tokio::test]
async fn edits_and_deletions_are_announced() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let message = stage.say(&scene, "draft").await;
    let path = format!("/channels/{}/messages/{message}", scene.channel);
    stage
        .control(Method::PATCH, &path, json!({ "content": "final" }))
        .await;
    let update = bot.event("MESSAGE_UPDATE").await;
    assert_eq!(update["content"], "final");
    assert!(update["edited_timestamp"].is_string());
    stage.control(Method::DELETE, &path, json!({})).await;
    let deletion = bot.event("MESSAGE_DELETE").await;
    let expected = json!({ "id": message, "channel_id": scene.channel, "guild_id": scene.guild });
    assert_eq!(deletion, expected);
    stage.stop().await;
}

#[tokio::test]
async fn edits_deletions_and_replies_that_were_missed_are_replayed() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let messages = format!("/channels/{}/messages", scene.channel);
    let mut said = Vec::new();
    for content in ["edited", "deleted", "one", "two"] {
        said.push(stage.say(&scene, content).await);
        bot.reads(content).await;
    }
    stage.ask("/gateway/refuse", json!({ "on": true })).await;
    stage.ask("/gateway/drop", json!({})).await;
    let files = json!([{ "name": "a.bin", "bytes": 10, "seed": 1 }]);
    let edit = json!({ "content": "new", "attachments": files });
    let path = format!("{messages}/{}", said[0]);
    stage.control(Method::PATCH, &path, edit).await;
    let reply = json!({ "content": "yes", "reply_to": said[1] });
    stage.post(&scene, reply).await;
    let path = format!("{messages}/{}", said[1]);
    stage.control(Method::DELETE, &path, json!({})).await;
    let many = json!({ "messages": said[2..] });
    stage.ask(&format!("{messages}/bulk-delete"), many).await;
    stage.ask("/gateway/refuse", json!({ "on": false })).await;

    let update = bot.event("MESSAGE_UPDATE").await;
    assert_eq!(
        (&update["id"], &update["content"]),
        (&json!(said[0]), &json!("new"))
    );
    assert_eq!(update["attachments"][0]["size"], 10);
    assert!(update["author"]["id"].is_string() && update["timestamp"].is_string());
    let reply = bot.reads("yes").await;
    assert_eq!(
        (&reply["type"], &reply["message_reference"]["message_id"]),
        (&json!(19), &json!(said[1]))
    );
    assert_eq!(reply["referenced_message"]["content"], "deleted");
    assert_eq!(bot.event("MESSAGE_DELETE").await["id"], said[1]);
    let bulk = bot.event("MESSAGE_DELETE_BULK").await;
    assert_eq!(bulk["ids"], json!(said[2..]));
    bot.event("RESUMED").await;
    // A reply to what is gone says so.
    let path = format!("{messages}/{}", text(&reply["id"]));
    let found = stage.rest(&scene, Method::GET, &path, json!({})).await;
    let found: Value = found.json().await.unwrap();
    assert!(found.get("referenced_message").is_some_and(Value::is_null));
    stage.stop().await;
}

#[tokio::test]
async fn events_come_twice_when_asked_to() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    stage.set(json!({ "duplicate_events": true })).await;
    stage.say(&scene, "echo").await;
    let first = bot.reads("echo").await;
    assert_eq!(bot.reads("echo").await, first);
    stage.stop().await;
}

#[tokio::test]
async fn guilds_come_and_go_while_a_bot_is_connected() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let path = format!("/guilds/{}/bots", scene.guild);
    let removal = json!({ "application_id": scene.application });
    stage.control(Method::DELETE, &path, removal.clone()).await;
    assert_eq!(
        bot.event("GUILD_DELETE").await,
        json!({ "id": scene.guild })
    );
    let (status, _) = stage.try_control(Method::DELETE, &path, removal).await;
    assert_eq!(status, 404);
    stage.say(&scene, "not for you").await;
    stage.add_bot(&scene, json!({})).await;
    let next = bot.payload(|payload| payload["t"].is_string()).await;
    assert_eq!(next["t"], "GUILD_CREATE");
    stage.say(&scene, "welcome back").await;
    bot.reads("welcome back").await;
    stage.stop().await;
}

#[tokio::test]
async fn direct_messages_arrive_with_their_intent() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::new(&stage, &scene.token, Intents::DIRECT_MESSAGES, None);
    bot.event("READY").await;
    let with = json!({ "application_id": scene.application });
    let direct = stage
        .ask(&format!("/users/{}/direct", scene.person), with)
        .await;
    stage.say(&scene, "in the guild").await;
    let path = format!("/channels/{}/messages", text(&direct["id"]));
    stage
        .ask(
            &path,
            json!({ "author": scene.person, "content": "in private" }),
        )
        .await;
    let message = bot.reads("in private").await;
    assert_eq!(message.get("guild_id"), None);
    stage.stop().await;
}

#[tokio::test]
async fn what_a_client_may_not_send_closes_the_connection() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    let identify = json!({ "op": 2, "d": { "token": scene.token, "intents": 1 } });
    for (sent, code) in [
        ("{".to_owned(), 4002),
        (json!({ "op": 99 }).to_string(), 4001),
        (json!({ "op": 3, "d": "x".repeat(4096) }).to_string(), 4002),
        (identify.to_string(), 4005),
    ] {
        bot.shard.send(sent.clone());
        let closed = bot.payload(|payload| payload.get("close").is_some()).await;
        assert_eq!(closed, json!({ "close": code }), "{sent}");
        bot.event("RESUMED").await;
    }
    stage.set(json!({ "gateway_commands_per_minute": 0 })).await;
    bot.shard.send(json!({ "op": 3, "d": {} }).to_string());
    let closed = bot.payload(|payload| payload.get("close").is_some()).await;
    assert_eq!(closed, json!({ "close": 4008 }));
    stage.stop().await;
}

#[tokio::test]
async fn members_are_listed_on_request() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let mut bot = Bot::connect(&stage, &scene).await;
    for (asked, names) in [
        (
            json!({ "query": "", "limit": 0 }),
            json!(["alice", "bridge"]),
        ),
        (json!({ "query": "al", "limit": 5 }), json!(["alice"])),
        (json!({ "user_ids": [scene.bot, "5"] }), json!(["bridge"])),
    ] {
        let mut data = asked;
        data["guild_id"] = json!(scene.guild);
        data["nonce"] = json!("n");
        bot.shard.send(json!({ "op": 8, "d": data }).to_string());
        let chunk = bot.event("GUILD_MEMBERS_CHUNK").await;
        let members = chunk["members"].as_array().unwrap().iter();
        let mut found: Vec<Value> = members
            .map(|member| member["user"]["username"].clone())
            .collect();
        found.sort_by_key(ToString::to_string);
        assert_eq!(json!(found), names);
        assert_eq!(chunk["nonce"], "n");
    }
    stage.stop().await;
}

#[tokio::test]
async fn a_guild_is_served_by_one_of_two_shards() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    stage.set(json!({ "max_concurrency": 2 })).await;
    let mut guilds = Vec::new();
    for number in [0, 1] {
        let shard = ShardId::new(number, 2);
        let mut bot = Bot::on_shard(shard, &stage, &scene.token, TALK, None);
        let ready = bot.event("READY").await;
        assert_eq!(ready["shard"], json!([number, 2]));
        let found = ready["guilds"].as_array().unwrap().iter();
        guilds.extend(found.map(|guild| text(&guild["id"])));
    }
    assert_eq!(guilds, [scene.guild]);
    stage.stop().await;
}
