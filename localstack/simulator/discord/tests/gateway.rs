//! twilight-gateway, unmodified, against the simulator.

mod stage;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{ChannelId, CreateMessage};
use stage::{DEADLINE, Scene, Stage, id};
use twilight_gateway::{ConfigBuilder, Intents, Message, Session, Shard, ShardId};

const TALK: Intents = Intents::GUILDS
    .union(Intents::GUILD_MESSAGES)
    .union(Intents::MESSAGE_CONTENT);

/// A bot that reads raw payloads.
struct Bot {
    shard: Shard,
}

impl Bot {
    fn new(stage: &Stage, token: &str, intents: Intents, session: Option<Session>) -> Self {
        let address = format!("ws://{}", stage.address());
        let mut config = ConfigBuilder::new(token.to_owned(), intents).proxy_url(address.clone());
        if let Some(session) = session {
            config = config.session(session).resume_url(address);
        }
        Self {
            shard: Shard::with_config(ShardId::ONE, config.build()),
        }
    }

    async fn connect(stage: &Stage, scene: &Scene) -> Self {
        let mut bot = Self::new(stage, &scene.token, TALK, None);
        bot.event("GUILD_CREATE").await;
        bot
    }

    /// The next payload, through errors and reconnections; a close is its code.
    async fn next(&mut self) -> Value {
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

    async fn event(&mut self, name: &str) -> Value {
        self.payload(|payload| payload["t"] == name).await["d"].take()
    }

    async fn reads(&mut self, content: &str) -> Value {
        let message = self.event("MESSAGE_CREATE").await;
        assert_eq!(message["content"], content);
        message
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
