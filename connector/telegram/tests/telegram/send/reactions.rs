//! Reacting to messages.

use patchbay_app::ports::{Reacting, SendError, Sender};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Emoji, Reaction, reaction};
use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{Scene, scene, scene_of};
use crate::outgoing::{NoFiles, saying};

fn state(counts: &[(&str, u32)]) -> Vec<Reaction> {
    reaction::state(counts.iter().map(|(emoji, count)| Reaction {
        emoji: if emoji.is_ascii() {
            Emoji::Custom {
                name: (*emoji).to_owned(),
            }
        } else {
            Emoji::unicode(emoji)
        },
        count: *count,
    }))
}

impl Scene {
    async fn text(&self) -> MessageId {
        let saying = saying(self.channel(), 1, "hello");
        self.send(&saying, &NoFiles).await[0]
    }

    /// What is left over, in words.
    async fn react(&self, message: MessageId, counts: &[(&str, u32)]) -> Result<String, SendError> {
        let reacting = Reacting {
            destination: self.channel(),
            message,
            reactions: state(counts),
        };
        let left = self.stage.telegram.sender().react(&reacting).await?;
        Ok(reaction::told(&left).as_str().to_owned())
    }

    /// Ours.
    async fn stands(&self, message: MessageId) -> Value {
        let listed = self.message(message).await;
        let all = listed["reactions"].as_array().unwrap().clone();
        let mut ours = all.into_iter().filter(|it| it["from"] == self.ann);
        ours.next().map_or(json!([]), |it| it["emoji"].clone())
    }

    async fn take_alone(&self, emoji: &[&str]) {
        let path = format!("/chats/{}", self.channel);
        let taken = json!({ "reactions": emoji });
        self.stage.control(Method::PATCH, &path, taken).await;
    }
}

#[tokio::test]
async fn the_most_frequent_one_that_is_taken_there_stands_in_place_of_the_one_before() {
    let scene = scene().await;
    let message = scene.text().await;
    for _ in 0..2 {
        let left = scene.react(message, &[("👍", 3), ("🔥", 2), ("party", 9)]);
        assert_eq!(left.await.unwrap(), ":party: 9 · 🔥 2");
        assert_eq!(scene.stands(message).await, json!(["👍"]));
    }
    let left = scene.react(message, &[("👍", 3), ("🔥", 4)]).await;
    assert_eq!(left.unwrap(), "👍 3");
    assert_eq!(scene.stands(message).await, json!(["🔥"]));
    assert_eq!(scene.react(message, &[]).await.unwrap(), "");
    assert_eq!(scene.stands(message).await, json!([]));

    scene.take_alone(&["🎉"]).await;
    let left = scene.react(message, &[("👍", 3), ("🔥", 2), ("🎉", 1)]);
    assert_eq!(left.await.unwrap(), "👍 3 · 🔥 2");
    assert_eq!(scene.stands(message).await, json!(["🎉"]));
    // What stands there goes, though nothing comes in its place.
    let left = scene.react(message, &[("👍", 3)]).await;
    assert_eq!(left.unwrap(), "👍 3");
    assert_eq!(scene.stands(message).await, json!([]));
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_premium_account_puts_three() {
    let scene = scene_of(json!({ "premium": true })).await;
    let message = scene.text().await;
    scene.take_alone(&["👍", "🎉", "❤", "👏"]).await;
    let counts = [("👍", 9), ("🔥", 8), ("🎉", 7), ("❤\u{fe0f}", 6), ("👏", 5)];
    let left = scene.react(message, &counts).await;
    assert_eq!(left.unwrap(), "🔥 8 · 👏 5");
    assert_eq!(scene.stands(message).await, json!(["👍", "🎉", "❤"]));
    scene.running.stopped().await;
}

#[tokio::test]
async fn where_none_may_be_put_all_are_left_over() {
    let scene = scene().await;
    let message = scene.text().await;
    let refusal = |message: &str| json!({ "error": { "code": 400, "message": message } });
    for fault in [
        refusal("ANONYMOUS_REACTIONS_DISABLED"),
        refusal("CHAT_WRITE_FORBIDDEN"),
        json!({ "flood_wait": 600 }),
    ] {
        let stage = &scene.stage;
        stage.fault("messages.sendReaction", 2, fault.clone()).await;
        let left = scene.react(message, &[("👍", 3)]).await;
        assert_eq!(left.unwrap(), "👍 3", "{fault}");
    }
    // Messages don't wait for it.
    scene
        .send(&saying(scene.channel(), 2, "next"), &NoFiles)
        .await;
    let gone = scene.react(MessageId(999), &[("👍", 1)]).await;
    assert_eq!(gone, Err(SendError::MessageGone));
    scene.running.stopped().await;
}
