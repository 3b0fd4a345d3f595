//! An account that sends into its own channel.

use std::time::Duration;

use patchbay_app::ports::{Attempt, Files, Outgoing, SendError, Sender, Sent};
use patchbay_domain::account::Account;
use patchbay_domain::event::Origin;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{Change, ChatId, Endpoint, Post};
use serde_json::{Value, json};

use crate::outgoing::endpoint;
use crate::stage::{OWNER, Running, Stage, within};

pub(crate) const PHONE: &str = "+15550001";

pub(crate) struct Scene {
    pub(crate) stage: Stage,
    pub(crate) account: Account,
    pub(crate) running: Running,
    pub(crate) channel: TelegramChatId,
    pub(crate) ann: i64,
}

/// Ann's own channel, and her account connected.
pub(crate) async fn scene() -> Scene {
    scene_of(json!({})).await
}

/// The same, with something special about Ann.
pub(crate) async fn scene_of(mut ann: Value) -> Scene {
    let mut stage = Stage::start().await;
    (ann["phone"], ann["first_name"]) = (json!(PHONE), json!("Ann"));
    let ann = stage.post("/users", ann).await["id"].as_i64().unwrap();
    let channel = stage.chat("channel", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    let running = stage.run(&account).await;
    Scene {
        stage,
        account,
        running,
        channel,
        ann,
    }
}

impl Scene {
    pub(crate) fn channel(&self) -> Endpoint {
        endpoint(&self.account, self.channel)
    }

    pub(crate) async fn try_send(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<MessageId>, SendError> {
        let sender = self.stage.telegram.sender();
        let sent = sender.send(outgoing, files, attempt).await?;
        Ok(ids(&sent))
    }

    pub(crate) async fn send(&self, outgoing: &Outgoing, files: &dyn Files) -> Vec<MessageId> {
        let sent = self.try_send(outgoing, files, Attempt::First).await;
        sent.unwrap()
    }

    /// What is sent although its first answer is lost: tried until it is known.
    pub(crate) async fn send_again(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
    ) -> Vec<MessageId> {
        let since = self.stage.ports.clock.now();
        let first = self.try_send(outgoing, files, Attempt::First).await;
        assert!(matches!(first, Err(SendError::Retry { .. })), "{first:?}");
        let again = Attempt::Again { since };
        insist(async || self.try_send(outgoing, files, again).await).await
    }

    /// The channel's message with this number, as the simulator lists it.
    pub(crate) async fn message(&self, id: MessageId) -> Value {
        self.message_in(self.channel, id).await
    }

    pub(crate) async fn message_in(&self, chat: TelegramChatId, id: MessageId) -> Value {
        let messages = self.stage.messages(chat).await;
        let found = messages.into_iter().find(|it| it["id"] == id.0);
        found.unwrap_or_else(|| panic!("no message {id}"))
    }

    /// The session sees it and takes it for ours.
    pub(crate) async fn is_ours(&self, chat: TelegramChatId, id: MessageId) -> Post {
        let chat = ChatId::Telegram(chat);
        let inbox = &self.running.inbox;
        let event = inbox
            .until("it is seen", |it| it.chat == chat && it.message == id)
            .await;
        let Change::Posted { post } = event.change else {
            panic!("{event:?}")
        };
        assert_eq!(post.origin, Origin::Patchbay);
        post
    }
}

pub(crate) fn ids(sent: &[Sent]) -> Vec<MessageId> {
    assert!(sent.iter().all(|it| it.file.is_none()));
    sent.iter().map(|it| it.message).collect()
}

/// Tries as long as it is told to.
pub(crate) async fn insist<T>(send: impl AsyncFn() -> Result<T, SendError>) -> T {
    within("it succeeds", async {
        loop {
            match send().await {
                Ok(sent) => break sent,
                Err(SendError::Retry { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error) => panic!("{error}"),
            }
        }
    })
    .await
}
