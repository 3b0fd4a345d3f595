//! Telegram's own forwards.

use patchbay_app::ports::{Attempt, Forwarding, SendError, Sender};
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId, TopicId};
use patchbay_domain::{Author, Change, ChatId, Content, Endpoint, FailReason, Notification, Post};
use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{Scene, ids, insist, scene};
use crate::outgoing::{endpoint, key};

struct Way {
    scene: Scene,
    source: TelegramChatId,
    bob: i64,
}

/// From a group in which Bob writes to Ann's channel.
async fn way() -> Way {
    let scene = scene().await;
    let bob = scene.stage.user("+15550002", "Bob").await;
    let source = scene.stage.chat("supergroup", bob, &[scene.ann]).await;
    Way { scene, source, bob }
}

impl Way {
    async fn album(&self) -> Vec<MessageId> {
        let photo = json!({ "media": { "photo": { "bytes": 1000 } }, "text": "one" });
        let video = json!({ "media": { "video": { "bytes": 2000 } } });
        let album = json!({ "from": self.bob, "messages": [photo, video] });
        let path = format!("/chats/{}/albums", self.source);
        let posted = self.scene.stage.post(&path, album).await;
        let ids = posted["ids"].as_array().unwrap();
        ids.iter()
            .map(|id| MessageId(id.as_u64().unwrap()))
            .collect()
    }

    fn forwarding(&self, number: u64, messages: Vec<MessageId>) -> Forwarding {
        let author = Author {
            id: self.bob.to_string(),
            name: "Bob".to_owned(),
        };
        Forwarding {
            source: endpoint(&self.scene.account, self.source),
            destination: self.scene.channel(),
            messages,
            notification: Notification::Silent,
            post: Post::new(author, Content::default()),
            at: self.scene.stage.ports.clock.now(),
            key: key(number),
        }
    }

    /// As the session saw what is to be forwarded.
    async fn forwarding_seen(&self, number: u64, messages: Vec<MessageId>) -> Forwarding {
        let (chat, first) = (ChatId::Telegram(self.source), messages[0]);
        let inbox = &self.scene.running.inbox;
        let event = inbox
            .until("it is seen", |it| it.chat == chat && it.message == first)
            .await;
        let Change::Posted { post } = event.change else {
            panic!("{event:?}")
        };
        Forwarding {
            post,
            at: event.at,
            ..self.forwarding(number, messages)
        }
    }

    async fn say(&self, text: &str) -> MessageId {
        let id = self.scene.stage.say(self.source, self.bob, text).await;
        MessageId(id.unsigned_abs())
    }

    async fn photo(&self, seed: u64) -> MessageId {
        let photo = json!({ "photo": { "bytes": 1000, "seed": seed } });
        let photo = json!({ "from": self.bob, "media": photo });
        let path = format!("/chats/{}/messages", self.source);
        let posted = self.scene.stage.post(&path, photo).await;
        MessageId(posted["id"].as_u64().unwrap())
    }

    async fn delete(&self, messages: &[MessageId]) {
        for message in messages {
            let path = format!("/chats/{}/messages/{message}", self.source);
            let stage = &self.scene.stage;
            stage.control(Method::DELETE, &path, json!({})).await;
        }
    }

    async fn forward(
        &self,
        forwarding: &Forwarding,
        attempt: Attempt,
    ) -> Result<Vec<MessageId>, SendError> {
        let sender = self.scene.stage.telegram.sender();
        let sent = sender.forward(forwarding, attempt).await?;
        Ok(ids(&sent.into_iter().flatten().collect::<Vec<_>>()))
    }
}

#[tokio::test]
async fn a_forward_names_its_author_and_an_album_stays_one() {
    let way = way().await;
    let text = way.scene.stage.say(way.source, way.bob, "hello").await;
    let text = vec![MessageId(text.unsigned_abs())];
    let mut calls = 0;
    for (number, messages) in (1..).zip([text, way.album().await]) {
        let forwarding = way.forwarding(number, messages.clone());
        let sent = way.forward(&forwarding, Attempt::First).await.unwrap();
        assert_eq!(sent.len(), messages.len());
        let mut groups = Vec::new();
        for (id, message) in sent.iter().zip(&messages) {
            let listed = way.scene.message(*id).await;
            let original = way.scene.message_in(way.source, *message).await;
            assert_eq!(listed["forward"]["from"], way.bob);
            assert_eq!(listed["silent"], true);
            assert_eq!(listed["text"], original["text"]);
            groups.push(listed["grouped_id"].clone());
        }
        way.scene.is_ours(way.scene.channel, sent[0]).await;
        assert!(groups.iter().all(|group| *group == groups[0]));
        assert_eq!(groups[0].is_null(), messages.len() == 1);
        // Asked again, it answers without a call.
        calls += 1;
        assert_eq!(way.forward(&forwarding, Attempt::First).await, Ok(sent));
        let made = way.scene.stage.calls("messages.forwardMessages").await;
        assert_eq!(made, calls);
    }
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn a_lost_answer_makes_one_forward() {
    let way = way().await;
    let messages = way.album().await;
    let earlier = way.forwarding(1, messages.clone());
    let earlier = way.forward(&earlier, Attempt::First).await.unwrap();
    let lost = json!("lose_response");
    let method = "messages.forwardMessages";
    way.scene.stage.fault(method, 1, lost).await;
    let since = way.scene.stage.ports.clock.now();
    let forwarding = way.forwarding(2, messages);
    let first = way.forward(&forwarding, Attempt::First).await;
    assert!(matches!(first, Err(SendError::Retry { .. })), "{first:?}");
    let again = Attempt::Again { since };
    let sent = insist(async || way.forward(&forwarding, again).await).await;
    assert!(sent.len() == 2 && sent.iter().all(|id| !earlier.contains(id)));
    assert_eq!(way.scene.stage.messages(way.scene.channel).await.len(), 4);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn another_process_finds_what_the_former_one_forwarded() {
    let mut way = way().await;
    let since = way.scene.stage.ports.clock.now();
    let forwarding = way.forwarding(1, way.album().await);
    let sent = way.forward(&forwarding, Attempt::First).await.unwrap();
    way.scene.running.stopped().await;
    way.scene.stage.restart_process();
    way.scene.running = way.scene.stage.run(&way.scene.account).await;
    let again = Attempt::Again { since };
    assert_eq!(way.forward(&forwarding, again).await, Ok(sent));
    assert_eq!(way.scene.stage.messages(way.scene.channel).await.len(), 2);
    way.scene.running.stopped().await;
}

/// What the former process forwarded stands, though its source is gone and nobody heard of it.
#[tokio::test]
async fn another_process_finds_a_forward_whose_source_is_gone() {
    let mut way = way().await;
    let since = way.scene.stage.ports.clock.now();
    let of_text = vec![way.say("one").await];
    let of_photo = vec![way.photo(1).await];
    let of_album = way.album().await;
    let mut made = Vec::new();
    for (number, messages) in (1..).zip([of_text, of_photo, of_album]) {
        let forwarding = way.forwarding_seen(number, messages).await;
        let sent = way.forward(&forwarding, Attempt::First).await.unwrap();
        made.push((forwarding, sent));
    }
    // These look like others that were forwarded, and were not.
    let mut others = Vec::new();
    for (number, message) in [(11, way.say("two").await), (12, way.photo(2).await)] {
        others.push(way.forwarding_seen(number, vec![message]).await);
    }
    way.scene.running.stopped().await;
    way.scene.stage.restart_process();
    way.scene.running = way.scene.stage.run(&way.scene.account).await;
    let forwardings = made.iter().map(|(forwarding, _)| forwarding);
    for forwarding in forwardings.chain(&others) {
        way.delete(&forwarding.messages).await;
    }
    let again = Attempt::Again { since };
    for forwarding in &others {
        let forwarded = way.forward(forwarding, again).await;
        assert_eq!(forwarded, Err(SendError::MessageGone));
    }
    let first = way.forward(&made[0].0, Attempt::First).await;
    assert_eq!(first, Err(SendError::MessageGone));
    for (forwarding, sent) in made {
        assert_eq!(way.forward(&forwarding, again).await, Ok(sent));
    }
    let standing = way.scene.stage.messages(way.scene.channel).await;
    assert_eq!(standing.len(), 4);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn of_an_album_those_that_are_still_there_are_forwarded() {
    let way = way().await;
    let messages = way.album().await;
    let forwarding = way.forwarding_seen(1, messages.clone()).await;
    way.delete(&messages[..1]).await;
    let since = way.scene.stage.ports.clock.now();
    let sender = way.scene.stage.telegram.sender();
    for attempt in [Attempt::First, Attempt::Again { since }] {
        let sent = sender.forward(&forwarding, attempt).await.unwrap();
        assert_eq!((sent.len(), sent[0]), (2, None));
        let listed = way.scene.message(sent[1].unwrap().message).await;
        assert_eq!(listed["media"]["video"]["size"], 2000);
    }
    let standing = way.scene.stage.messages(way.scene.channel).await;
    assert_eq!(standing.len(), 1);
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn a_topic_gets_its_forwards() {
    let way = way().await;
    let stage = &way.scene.stage;
    let forum = stage.chat("supergroup", way.scene.ann, &[]).await;
    let path = format!("/chats/{forum}");
    let change = json!({ "forum": true });
    stage.control(Method::PATCH, &path, change).await;
    let new = json!({ "title": "News" });
    let topic = stage.post(&format!("{path}/topics"), new).await;
    let topic = i32::try_from(topic["id"].as_i64().unwrap()).unwrap();
    let text = stage.say(way.source, way.bob, "hello").await;
    for (number, topic) in [(1, topic), (2, 1)] {
        let forwarding = Forwarding {
            destination: Endpoint::Telegram {
                account: way.scene.account.id,
                chat: forum,
                topic: Some(TopicId(topic)),
            },
            ..way.forwarding(number, vec![MessageId(text.unsigned_abs())])
        };
        let sent = way.forward(&forwarding, Attempt::First).await.unwrap();
        let listed = way.scene.message_in(forum, sent[0]).await;
        let expected = if topic == 1 {
            Value::Null
        } else {
            json!(topic)
        };
        assert!(
            listed["topic"] == expected || listed["topic"] == topic,
            "{listed}"
        );
    }
    way.scene.running.stopped().await;
}

#[tokio::test]
async fn what_can_not_be_forwarded_says_why() {
    let way = way().await;
    let gone = way.forwarding(1, vec![MessageId(999)]);
    let forwarded = way.forward(&gone, Attempt::First).await;
    assert_eq!(forwarded, Err(SendError::MessageGone));

    let text = way.scene.stage.say(way.source, way.bob, "hello").await;
    let text = MessageId(text.unsigned_abs());
    let others = Forwarding {
        source: Endpoint::Telegram {
            account: AccountId::from_bits(77),
            chat: way.source,
            topic: None,
        },
        ..way.forwarding(2, vec![text])
    };
    let refused = |code: &str| {
        Err(SendError::Fail(FailReason::Refused {
            code: code.to_owned(),
        }))
    };
    let forwarded = way.forward(&others, Attempt::First).await;
    assert_eq!(forwarded, refused("ANOTHER_ACCOUNT"));

    let path = format!("/chats/{}", way.source);
    let change = json!({ "protected": true });
    way.scene.stage.control(Method::PATCH, &path, change).await;
    let protected = way.forwarding(3, vec![text]);
    let forwarded = way.forward(&protected, Attempt::First).await;
    assert_eq!(forwarded, refused("CHAT_FORWARDS_RESTRICTED"));
    assert_eq!(
        way.scene.stage.messages(way.scene.channel).await,
        Vec::<Value>::new()
    );
    way.scene.running.stopped().await;
}
