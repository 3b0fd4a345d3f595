//! A bot with serenity's HTTP client, unmodified, on a stage of its own.

use serde_json::Value;
use serenity::all::{ChannelId, CreateMessage, MessageId, Nonce};
use serenity::http::{Http, HttpError};

use crate::stage::{Scene, Stage, id};

pub(crate) struct Bot {
    pub(crate) stage: Stage,
    pub(crate) scene: Scene,
    pub(crate) http: Http,
    pub(crate) channel: ChannelId,
}

impl Bot {
    pub(crate) async fn new() -> Self {
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

    pub(crate) async fn send(&self, message: CreateMessage) -> Result<MessageId, serenity::Error> {
        self.channel
            .send_message(&self.http, message)
            .await
            .map(|sent| sent.id)
    }
}

pub(crate) fn keyed(content: &str, nonce: &str) -> CreateMessage {
    let nonce = Nonce::String(nonce.to_owned());
    CreateMessage::new()
        .content(content)
        .nonce(nonce)
        .enforce_nonce(true)
}

/// The status and the code of a request that must fail.
pub(crate) fn refusal(error: &serenity::Error) -> (u16, isize) {
    let serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) = error else {
        panic!("not an answer: {error:?}");
    };
    (response.status_code.as_u16(), response.error.code)
}

/// The same of a raw answer.
pub(crate) async fn refused(response: reqwest::Response) -> (u16, i64) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["code"].as_i64().unwrap_or(-1))
}
