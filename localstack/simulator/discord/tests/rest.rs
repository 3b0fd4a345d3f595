//! serenity's HTTP client, unmodified, and raw requests against the simulator.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod stage;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use serenity::all::{
    ChannelId, CreateMessage, CreateWebhook, EditMessage, EditWebhookMessage, ExecuteWebhook,
    GetMessages, MessageId, Nonce,
};
use serenity::http::{Http, HttpError};
use stage::{ANYWHERE, Scene, Stage, id, text};

/// The status and the code of a request that must fail.
fn refusal(error: &serenity::Error) -> (u16, isize) {
    let serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) = error else {
        panic!("not an answer: {error:?}");
    };
    (response.status_code.as_u16(), response.error.code)
}

async fn refused(response: reqwest::Response) -> (u16, i64) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["code"].as_i64().unwrap_or(-1))
}

fn keyed(content: &str, nonce: &str) -> CreateMessage {
    let nonce = Nonce::String(nonce.to_owned());
    CreateMessage::new()
        .content(content)
        .nonce(nonce)
        .enforce_nonce(true)
}

async fn overwrite(stage: &Stage, scene: &Scene, allow: u64, deny: u64) {
    let path = format!("/channels/{}/overwrites/{}", scene.channel, scene.bot);
    let body = json!({ "kind": "member", "allow": allow, "deny": deny });
    stage.control(Method::PUT, &path, body).await;
}

const VIEW: u64 = 1 << 10;
const SEND: u64 = 1 << 11;
const MANAGE_MESSAGES: u64 = 1 << 13;
const HISTORY: u64 = 1 << 16;
const MANAGE_WEBHOOKS: u64 = 1 << 29;

struct Bot {
    stage: Stage,
    scene: Scene,
    http: Http,
    channel: ChannelId,
}

impl Bot {
    async fn new() -> Self {
        let stage = Stage::start().await;
        let scene = stage.scene().await;
        let (http, channel) = (stage.http(&scene.token), id(&scene.channel));
        Self {
            stage,
            scene,
            http,
            channel,
        }
    }

    async fn send(&self, message: CreateMessage) -> Result<MessageId, serenity::Error> {
        self.channel
            .send_message(&self.http, message)
            .await
            .map(|sent| sent.id)
    }
}

#[tokio::test]
async fn serenity_reads_what_there_is() {
    let Bot {
        stage,
        scene,
        http,
        channel,
    } = Bot::new().await;
    assert_eq!(
        http.get_current_user().await.unwrap().id.to_string(),
        scene.bot
    );
    let application = http.get_current_application_info().await.unwrap();
    assert_eq!(application.id.to_string(), scene.application);
    assert_eq!(http.get_bot_gateway().await.unwrap().shards, 1);
    let guilds = http.get_guilds(None, None).await.unwrap();
    assert_eq!(guilds[0].id.to_string(), scene.guild);
    let guild = http.get_guild_with_counts(guilds[0].id).await.unwrap();
    assert_eq!(guild.approximate_member_count, Some(2));
    assert_eq!(http.get_guild_roles(guild.id).await.unwrap().len(), 2);
    let channels = http.get_channels(guild.id).await.unwrap();
    assert_eq!(channels[0].id, channel);
    let own = http.get_member(guild.id, id(&scene.bot)).await.unwrap();
    assert_eq!(own.roles.len(), 1);
    assert!(
        http.get_guild_active_threads(guild.id)
            .await
            .unwrap()
            .threads
            .is_empty()
    );
    assert_eq!(
        channel
            .to_channel(&http)
            .await
            .unwrap()
            .guild()
            .unwrap()
            .name,
        "general"
    );
    stage.stop().await;
}

#[tokio::test]
async fn a_nonce_makes_one_message_within_its_window() {
    let bot = Bot::new().await;
    let first = bot.send(keyed("once", "key-1")).await.unwrap();
    assert_eq!(bot.send(keyed("once", "key-1")).await.unwrap(), first);
    assert_ne!(bot.send(keyed("other", "key-2")).await.unwrap(), first);
    assert_eq!(bot.stage.said(&bot.scene.channel).await.len(), 2);

    bot.stage.set(json!({ "nonce_window_s": 0 })).await;
    assert_ne!(bot.send(keyed("again", "key-1")).await.unwrap(), first);
    assert_eq!(bot.stage.said(&bot.scene.channel).await.len(), 3);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_nonce_comes_back_only_when_the_message_is_made() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let body = json!({ "content": "x", "nonce": 7 });
    let made = bot.stage.rest(&bot.scene, Method::POST, &path, body).await;
    let made: Value = made.json().await.unwrap();
    assert_eq!(made["nonce"], 7);
    let path = format!("{path}/{}", text(&made["id"]));
    let found = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(found.json::<Value>().await.unwrap().get("nonce"), None);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_reply_names_the_message_it_answers() {
    let bot = Bot::new().await;
    let asked: MessageId = id(&bot.stage.say(&bot.scene, "question").await);
    let reply = CreateMessage::new()
        .content("answer")
        .reference_message((bot.channel, asked));
    let sent = bot.channel.send_message(&bot.http, reply).await.unwrap();
    assert_eq!(sent.message_reference.unwrap().message_id, Some(asked));
    assert_eq!(sent.referenced_message.unwrap().content, "question");
    assert_eq!(sent.mentions[0].id.to_string(), bot.scene.person);

    let unknown = json!({
        "content": "answer",
        "message_reference": { "message_id": "1", "fail_if_not_exists": true },
    });
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, unknown.clone())
        .await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    let error = &body["errors"]["message_reference"]["_errors"][0]["code"];
    assert_eq!(error, "REPLIES_UNKNOWN_MESSAGE");

    let mut tolerant = unknown;
    tolerant["message_reference"]["fail_if_not_exists"] = json!(false);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::POST, &path, tolerant)
        .await;
    assert_eq!(
        answer
            .json::<Value>()
            .await
            .unwrap()
            .get("message_reference"),
        None
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn content_is_limited_and_needed() {
    let bot = Bot::new().await;
    let path = format!("/channels/{}/messages", bot.scene.channel);
    let long = json!({ "content": "x".repeat(2001) });
    let answer = bot.stage.rest(&bot.scene, Method::POST, &path, long).await;
    let expected = json!({
        "message": "Invalid Form Body",
        "code": 50035,
        "errors": { "content": { "_errors": [
            { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." },
        ] } },
    });
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    let empty = bot
        .send(CreateMessage::new().content(""))
        .await
        .unwrap_err();
    assert_eq!(refusal(&empty), (400, 50006));
    bot.stage.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    let there = &scene.channel;
    for (path, code) in [
        ("/channels/5".to_owned(), 10003),
        ("/channels/5/messages".to_owned(), 10003),
        (format!("/channels/{there}/messages/5"), 10008),
        ("/guilds/5".to_owned(), 10004),
        (format!("/guilds/{}/members/5", scene.guild), 10013),
        ("/webhooks/5".to_owned(), 10015),
        ("/webhooks/5/token".to_owned(), 10015),
        ("/users/5".to_owned(), 10013),
        ("/nothing".to_owned(), 0),
    ] {
        let answer = stage.rest(scene, Method::GET, &path, json!({})).await;
        assert_eq!(refused(answer).await, (404, code), "{path}");
    }
    let answer = stage
        .rest(scene, Method::GET, "/channels/letters", json!({}))
        .await;
    assert_eq!(refused(answer).await, (400, 50035));
    let answer = stage
        .rest(scene, Method::PUT, "/users/@me", json!({}))
        .await;
    assert_eq!(refused(answer).await, (405, 0));
    bot.stage.stop().await;
}

#[tokio::test]
async fn nobody_comes_in_without_a_token() {
    let stage = Stage::start().await;
    let scene = stage.scene().await;
    let impostor = Scene {
        token: "nobody.sim.nothing".to_owned(),
        ..scene
    };
    let answer = stage
        .rest(&impostor, Method::GET, "/users/@me", json!({}))
        .await;
    assert_eq!(refused(answer).await, (401, 0));
    let url = format!("http://{}/api/v10", stage.address());
    let answer = reqwest::get(format!("{url}/users/@me")).await.unwrap();
    assert_eq!(refused(answer).await, (401, 0));
    assert_eq!(
        reqwest::get(format!("{url}/gateway"))
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(stage.look("/calls").await["invalid_requests"], 2);
    stage.stop().await;
}

#[tokio::test]
async fn permissions_decide_what_a_bot_may_do() {
    let bot = Bot::new().await;
    let hers: MessageId = id(&bot.stage.say(&bot.scene, "hers").await);
    let own = bot
        .send(CreateMessage::new().content("mine"))
        .await
        .unwrap();
    let edit = |message: MessageId| {
        bot.channel
            .edit_message(&bot.http, message, EditMessage::new().content("new"))
    };
    assert_eq!(refusal(&edit(hers).await.unwrap_err()), (403, 50005));
    assert_eq!(edit(own).await.unwrap().content, "new");
    let delete = async |message: MessageId| bot.channel.delete_message(&bot.http, message).await;
    assert_eq!(refusal(&delete(hers).await.unwrap_err()), (403, 50013));

    overwrite(&bot.stage, &bot.scene, 0, SEND).await;
    let post = async || bot.send(CreateMessage::new().content("x")).await;
    assert_eq!(refusal(&post().await.unwrap_err()), (403, 50013));
    overwrite(&bot.stage, &bot.scene, 0, VIEW).await;
    assert_eq!(refusal(&post().await.unwrap_err()), (403, 50001));
    let read = async || bot.channel.messages(&bot.http, GetMessages::new()).await;
    assert_eq!(refusal(&read().await.unwrap_err()), (403, 50001));
    overwrite(&bot.stage, &bot.scene, 0, HISTORY).await;
    assert!(read().await.unwrap().is_empty());
    assert_eq!(
        refusal(&bot.channel.message(&bot.http, own).await.unwrap_err()),
        (403, 50013)
    );
    overwrite(&bot.stage, &bot.scene, 0, MANAGE_WEBHOOKS).await;
    let hook = bot
        .channel
        .create_webhook(&bot.http, CreateWebhook::new("hook"))
        .await;
    assert_eq!(refusal(&hook.unwrap_err()), (403, 50013));
    overwrite(&bot.stage, &bot.scene, MANAGE_MESSAGES, 0).await;
    delete(hers).await.unwrap();
    bot.stage.stop().await;
}

#[tokio::test]
async fn messages_are_listed_newest_first_around_a_place() {
    let bot = Bot::new().await;
    let mut sent: Vec<MessageId> = Vec::new();
    for number in 0..5 {
        sent.push(id(&bot.stage.say(&bot.scene, &number.to_string()).await));
    }
    let list = async |wanted: GetMessages| -> Vec<String> {
        let messages = bot.channel.messages(&bot.http, wanted).await.unwrap();
        messages
            .into_iter()
            .map(|message| message.content)
            .collect()
    };
    assert_eq!(list(GetMessages::new()).await, ["4", "3", "2", "1", "0"]);
    assert_eq!(list(GetMessages::new().limit(2)).await, ["4", "3"]);
    assert_eq!(
        list(GetMessages::new().after(sent[0]).limit(2)).await,
        ["2", "1"]
    );
    assert_eq!(list(GetMessages::new().before(sent[2])).await, ["1", "0"]);
    assert_eq!(
        list(GetMessages::new().around(sent[2]).limit(3)).await,
        ["3", "2", "1"]
    );
    let path = format!("/channels/{}/messages?limit=101", bot.scene.channel);
    let answer = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(refused(answer).await, (400, 50035));
    bot.stage.stop().await;
}

#[tokio::test]
async fn many_messages_are_deleted_at_once() {
    let bot = Bot::new().await;
    let mut sent: Vec<MessageId> = Vec::new();
    for number in 0..3 {
        sent.push(id(&bot.stage.say(&bot.scene, &number.to_string()).await));
    }
    let refused = bot
        .channel
        .delete_messages(&bot.http, &sent[..2])
        .await
        .unwrap_err();
    assert_eq!(refusal(&refused), (403, 50013));
    overwrite(&bot.stage, &bot.scene, MANAGE_MESSAGES, 0).await;
    bot.channel
        .delete_messages(&bot.http, &sent[..2])
        .await
        .unwrap();
    let left = bot.stage.said(&bot.scene.channel).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["content"], "2");
    let path = format!("/channels/{}/messages/bulk-delete", bot.scene.channel);
    let old = json!({ "messages": ["1", "2"] });
    let answer = bot.stage.rest(&bot.scene, Method::POST, &path, old).await;
    assert_eq!(self::refused(answer).await, (400, 50034));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_writes_edits_and_deletes_its_own() {
    let bot = Bot::new().await;
    let Bot {
        stage,
        scene,
        http,
        channel,
    } = &bot;
    let hook = channel
        .create_webhook(http, CreateWebhook::new("bridge"))
        .await
        .unwrap();
    let nobody = stage.http("");
    let message = ExecuteWebhook::new().content("over").username("Zoë");
    let sent = hook.execute(&nobody, true, message).await.unwrap().unwrap();
    assert_eq!(
        (sent.author.name.as_str(), sent.webhook_id),
        ("Zoë", Some(hook.id))
    );
    let edit = EditWebhookMessage::new().content("edited");
    hook.edit_message(&nobody, sent.id, edit).await.unwrap();
    assert_eq!(
        hook.get_message(&nobody, None, sent.id)
            .await
            .unwrap()
            .content,
        "edited"
    );
    assert_eq!(stage.said(&scene.channel).await[0]["webhook_name"], "Zoë");
    hook.delete_message(&nobody, None, sent.id).await.unwrap();
    assert!(stage.said(&scene.channel).await.is_empty());
    let hers = id(&stage.say(scene, "hers").await);
    let other = hook.delete_message(&nobody, None, hers).await.unwrap_err();
    assert_eq!(refusal(&other), (404, 10008));

    let listed = &channel.webhooks(http).await.unwrap()[0];
    assert_eq!(listed.url().unwrap(), hook.url().unwrap());
    assert_eq!(
        http.get_guild_webhooks(id(&scene.guild))
            .await
            .unwrap()
            .len(),
        1
    );
    hook.delete(&nobody).await.unwrap();
    let gone = hook
        .execute(&nobody, true, ExecuteWebhook::new().content("x"))
        .await
        .unwrap_err();
    assert_eq!(refusal(&gone), (404, 10015));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_channel_has_fifteen_webhooks() {
    let bot = Bot::new().await;
    let unlimited = json!({ "limit": 100, "per_ms": 1000 });
    bot.stage
        .set(json!({ "default_rate_limit": unlimited }))
        .await;
    let create = async || {
        bot.channel
            .create_webhook(&bot.http, CreateWebhook::new("hook"))
            .await
    };
    for _ in 0..15 {
        create().await.unwrap();
    }
    assert_eq!(refusal(&create().await.unwrap_err()), (400, 30007));
    bot.stage.stop().await;
}

fn header(response: &reqwest::Response, name: &str) -> String {
    response.headers()[name].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_route_of_each_channel_has_a_bucket_of_its_own() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    stage
        .set(json!({ "rate_limits": {
            "POST /channels/{}/messages": { "limit": 2, "per_ms": 600_000 },
        } }))
        .await;
    let path = format!("/channels/{}/messages", scene.channel);
    let post = async || {
        stage
            .rest(scene, Method::POST, &path, json!({ "content": "x" }))
            .await
    };
    let first = post().await;
    assert_eq!(header(&first, "x-ratelimit-limit"), "2");
    assert_eq!(header(&first, "x-ratelimit-remaining"), "1");
    let second = post().await;
    assert_eq!(header(&second, "x-ratelimit-remaining"), "0");
    assert_eq!(
        header(&second, "x-ratelimit-bucket"),
        header(&first, "x-ratelimit-bucket")
    );
    let third = post().await;
    assert_eq!(third.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(header(&third, "x-ratelimit-scope"), "user");
    assert_eq!(header(&third, "retry-after"), "600");
    let reset_after: f64 = header(&third, "x-ratelimit-reset-after").parse().unwrap();
    let body: Value = third.json().await.unwrap();
    assert_eq!(body["global"], false);
    assert!((body["retry_after"].as_f64().unwrap() - reset_after).abs() < 0.001);

    let read = stage.rest(scene, Method::GET, &path, json!({})).await;
    assert_eq!(read.status(), StatusCode::OK);
    let room = format!("/guilds/{}/channels", scene.guild);
    let other = text(&stage.ask(&room, json!({ "name": "other" })).await["id"]);
    let path = format!("/channels/{other}/messages");
    let answer = stage
        .rest(scene, Method::POST, &path, json!({ "content": "x" }))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        stage.look("/calls").await["routes"]["POST /channels/{}/messages"]["429"],
        1
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn all_requests_of_a_bot_together_are_limited() {
    let bot = Bot::new().await;
    bot.stage
        .set(json!({ "global_limit": { "limit": 1, "per_ms": 600_000 } }))
        .await;
    let get = async || {
        bot.stage
            .rest(&bot.scene, Method::GET, "/users/@me", json!({}))
            .await
    };
    assert_eq!(get().await.status(), StatusCode::OK);
    let refused = get().await;
    assert_eq!(header(&refused, "x-ratelimit-global"), "true");
    assert_eq!(header(&refused, "x-ratelimit-scope"), "global");
    assert_eq!(refused.json::<Value>().await.unwrap()["global"], true);
    bot.stage.stop().await;
}

#[tokio::test]
async fn too_many_invalid_requests_are_answered_with_a_ban() {
    let bot = Bot::new().await;
    bot.stage
        .set(json!({ "invalid_request_limit": { "limit": 2, "per_ms": 600_000 } }))
        .await;
    let impostor = Scene {
        token: "nobody".to_owned(),
        ..bot.stage.scene().await
    };
    for _ in 0..2 {
        let answer = bot
            .stage
            .rest(&impostor, Method::GET, "/users/@me", json!({}))
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    }
    let answer = bot
        .stage
        .rest(&bot.scene, Method::GET, "/users/@me", json!({}))
        .await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!answer.headers().contains_key("x-ratelimit-bucket"));
    assert_eq!(bot.stage.look("/calls").await["banned"], true);
    bot.stage.stop().await;
}

#[tokio::test]
async fn faults_hit_before_or_after_the_effect() {
    let bot = Bot::new().await;
    let Bot { stage, scene, .. } = &bot;
    let route = "POST /channels/{}/messages";
    let path = format!("/channels/{}/messages", scene.channel);
    let fault = async |fault: Value| {
        stage
            .ask(
                "/faults",
                json!({ "route": route, "times": 1, "fault": fault }),
            )
            .await
    };
    let post = async |content: &str| {
        stage
            .try_rest(scene, Method::POST, &path, json!({ "content": content }))
            .await
    };
    fault(json!({ "status": 503 })).await;
    assert_eq!(
        post("a").await.unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    fault(json!("drop_connection")).await;
    assert!(post("b").await.is_err());
    fault(json!("lose_response")).await;
    assert!(post("c").await.is_err());
    fault(json!({ "rate_limit": { "retry_after": 1.5, "global": true } })).await;
    let limited = post("d").await.unwrap();
    assert_eq!(header(&limited, "retry-after"), "2");
    fault(json!({ "delay_ms": 1 })).await;
    assert_eq!(post("e").await.unwrap().status(), StatusCode::OK);
    assert_eq!(stage.look("/faults").await, json!([]));

    let said: Vec<Value> = stage.said(&scene.channel).await;
    let contents: Vec<_> = said
        .iter()
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(contents, ["c", "e"]);
    let counted = stage.look("/calls").await["routes"][route].take();
    assert_eq!(counted, json!({ "0": 2, "200": 1, "429": 1, "503": 1 }));
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_simulator_that_refuses_connections_answers_nobody() {
    let bot = Bot::new().await;
    let get = async || {
        bot.stage
            .try_rest(&bot.scene, Method::GET, "/users/@me", json!({}))
            .await
    };
    bot.stage.set(json!({ "refuse_connections": true })).await;
    assert!(get().await.is_err());
    bot.stage.set(json!({ "refuse_connections": false })).await;
    assert_eq!(get().await.unwrap().status(), StatusCode::OK);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_message_may_come_in_parts() {
    let bot = Bot::new().await;
    let post = async |parts: reqwest::multipart::Form| {
        let path = format!("/api/v10/channels/{}/messages", bot.scene.channel);
        reqwest::Client::new()
            .post(format!("http://{}{path}", bot.stage.address()))
            .header("authorization", format!("Bot {}", bot.scene.token))
            .multipart(parts)
            .send()
            .await
            .unwrap()
    };
    let payload = json!({ "content": "in parts" }).to_string();
    let parts = reqwest::multipart::Form::new().text("payload_json", payload);
    assert_eq!(post(parts).await.status(), StatusCode::OK);
    assert_eq!(
        bot.stage.said(&bot.scene.channel).await[0]["content"],
        "in parts"
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn everything_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let stage = Stage::start_with(ANYWHERE, Some(journal.clone())).await;
    let scene = stage.scene().await;
    let channel: ChannelId = id(&scene.channel);
    let http = stage.http(&scene.token);
    let sent = channel
        .send_message(&http, keyed("kept", "key"))
        .await
        .unwrap()
        .id;
    channel
        .create_webhook(&http, CreateWebhook::new("hook"))
        .await
        .unwrap();
    stage.set(json!({ "nonce_window_s": 600 })).await;
    let before = stage.look("/state").await;
    let address = stage.address();
    stage.stop().await;

    let stage = Stage::start_with(address, Some(journal)).await;
    assert_eq!(stage.look("/state").await, before);
    assert_eq!(stage.look("/settings").await["nonce_window_s"], 600);
    let http = stage.http(&scene.token);
    let again = channel
        .send_message(&http, keyed("kept", "key"))
        .await
        .unwrap()
        .id;
    assert_eq!(again, sent);
    assert_eq!(stage.said(&scene.channel).await.len(), 1);
    stage.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let stage = Stage::start().await;
    let config = patchbay_sim_discord::Config {
        listen: stage.address(),
        journal: None,
    };
    let error = patchbay_sim_discord::DiscordSimulator::start(config)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&stage.address().to_string()), "{text}");
    assert!(text.contains("choose another port"), "{text}");
    stage.stop().await;
}

#[tokio::test]
async fn a_control_request_that_cannot_be_used_is_told_why() {
    let stage = Stage::start().await;
    for (path, body, status, said) in [
        (
            "/users",
            json!({ "nickname": "x" }),
            400,
            "unknown field `nickname`",
        ),
        (
            "/guilds",
            json!({ "name": "x", "owner": "5" }),
            404,
            "Unknown User",
        ),
        (
            "/faults",
            json!({ "fault": "explode" }),
            400,
            "unknown variant `explode`",
        ),
        (
            "/faults",
            json!({ "fault": { "status": 200 } }),
            400,
            "from 400 to 599",
        ),
        ("/gateway/close", json!({ "code": 1006 }), 400, "close code"),
        (
            "/guilds/x/roles",
            json!({ "name": "x" }),
            400,
            "Cannot parse",
        ),
    ] {
        let (found, answer) = stage.try_control(Method::POST, path, body).await;
        assert_eq!(found, status, "{path} {answer}");
        assert!(text(&answer["message"]).contains(said), "{path} {answer}");
    }
    let wrong = json!({ "nonce_window": 5 });
    let (status, answer) = stage.try_control(Method::PUT, "/settings", wrong).await;
    assert_eq!(status, 400);
    assert!(
        text(&answer["message"]).contains("nonce_window"),
        "{answer}"
    );
    stage.stop().await;
}
