//! Reactions, of people and our own.

use std::time::Duration;

use patchbay_app::ports::{Reacting, SendError, Sender};
use patchbay_discord::{ShardEnd, Sources};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Change, Emoji, FailReason, Fence, Reaction, SourceEvent, reaction};
use serde_json::{Value, json};

use super::bench::{Bench, Listener, text};

const FIRE: &str = "%F0%9F%94%A5";
const HEART: &str = "%E2%9D%A4%EF%B8%8F";
const ADD: &str = "PUT /channels/{}/messages/{}/reactions/{}/@me";
const READ: &str = "GET /channels/{}/messages/{}";
const ADD_REACTIONS: u64 = 1 << 6;

impl Bench {
    fn reactions(&self, message: MessageId) -> String {
        format!("/channels/{}/messages/{message}/reactions", self.channel)
    }

    async fn react(&self, message: MessageId, emoji: &str, user: &str) {
        let path = format!("{}/{emoji}/{user}", self.reactions(message));
        self.change("PUT", &path, json!({})).await;
    }

    async fn listen_to_reactions(&self, every: Duration) -> Listener {
        let sources = Sources {
            with_reactions: [self.source()].into(),
            ..self.sources()
        };
        let listener = Listener::start(self.gathering(every), Fence(1), sources);
        self.settled(listener).await
    }

    /// What stands under a message, by how many, and whether the bot is one of them.
    async fn shown(&self, message: MessageId) -> Vec<(String, u64)> {
        let messages = self.messages().await;
        let id = json!(message.to_string());
        let found = messages.iter().find(|it| it["id"] == id).unwrap();
        let reactions = found["reactions"].as_array().unwrap().iter();
        let shown = reactions.map(|one| {
            let name = text(&one["emoji"]["name"]);
            (name, one["users"].as_array().unwrap().len() as u64)
        });
        shown.collect()
    }

    /// Lets the bot react as fast as it can.
    async fn react_fast(&self) {
        let limit = json!({"limit": 100, "per_ms": 1000});
        self.set(json!({"rate_limits": {ADD: limit}})).await;
    }
}

/// The states that were told, in words, with the message they are of.
fn told(listener: &Listener) -> Vec<(MessageId, String)> {
    let events = listener.events();
    let reacted = events.iter().filter_map(|event| match &event.change {
        Change::Reacted { reactions, .. } => {
            let told = reaction::told(reactions).as_str().to_owned();
            Some((event.message, told))
        }
        Change::Posted { .. } | Change::Edited { .. } | Change::Deleted => None,
    });
    reacted.collect()
}

#[tokio::test]
async fn reactions_are_gathered_and_told_as_a_state() {
    let bench = Bench::start().await;
    let listener = bench.listen_to_reactions(Duration::from_millis(300)).await;
    let emoji = json!({"name": "party"});
    let emoji = bench
        .post(&format!("/guilds/{}/emojis", bench.guild), emoji)
        .await;
    let party = format!("party:{}", text(&emoji["id"]));
    let (vote, other) = (bench.say("vote").await, bench.say("other").await);
    let other_bot = bench.other_bot().await;
    for user in [&bench.owner, &other_bot] {
        bench.react(vote, FIRE, user).await;
    }
    bench.react(vote, &party, &bench.owner).await;
    // Our own don't count.
    bench.react(vote, HEART, &bench.bot()).await;
    bench.react(other, HEART, &bench.owner).await;
    listener.until("reactions", |it| told(it).len() == 2).await;
    let mut first = told(&listener);
    first.sort();
    let fire = (vote, "🔥 2 · :party: 1".to_owned());
    assert_eq!(first, [fire, (other, "❤ 1".to_owned())]);

    bench.memory.clock().advance(Duration::from_secs(1));
    let path = format!("{}/{FIRE}", bench.reactions(vote));
    bench.change("DELETE", &path, Value::Null).await;
    listener.until("fewer", |it| told(it).len() == 3).await;
    assert_eq!(told(&listener)[2], (vote, ":party: 1".to_owned()));
    bench.memory.clock().advance(Duration::from_secs(1));
    let all = bench.reactions(vote);
    bench.change("DELETE", &all, Value::Null).await;
    listener.until("none", |it| told(it).len() == 4).await;
    assert_eq!(told(&listener)[3], (vote, String::new()));
    let revisions = listener.events().into_iter();
    let revisions = revisions.filter(|it| it.message == vote);
    let revisions: Vec<_> = revisions.map(|it| it.change.revision()).collect();
    assert!(
        revisions.is_sorted_by(|one, next| one < next),
        "{revisions:?}"
    );
}

#[tokio::test]
async fn what_was_gathered_is_told_at_the_end() {
    let bench = Bench::start().await;
    let listener = bench.listen_to_reactions(Duration::from_mins(5)).await;
    let message = bench.say("vote").await;
    bench.react(message, FIRE, &bench.owner).await;
    // What comes after it has been heard of.
    bench.say("after").await;
    listener.until_posted(2).await;
    assert_eq!(told(&listener), []);
    let recorder = listener.recorder();
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
    let last = recorder.events().pop().unwrap();
    let Change::Reacted { reactions, .. } = last.change else {
        panic!("{last:?}")
    };
    assert_eq!(reaction::told(&reactions).as_str(), "🔥 1");
}

#[tokio::test]
async fn nobody_asks_for_reactions_that_nobody_wants() {
    let bench = Bench::start().await;
    let message = bench.say("vote").await;
    let listener = bench.listen_settled().await;
    bench.react(message, FIRE, &bench.owner).await;
    bench.say("after").await;
    listener
        .until("a post", |it| it.posted().contains(&"after".to_owned()))
        .await;
    let recorder = listener.recorder();
    listener.stop().await;
    let calls = bench.get("/calls").await;
    assert!(calls["routes"][READ].is_null(), "{calls}");
    let is_reacted = |event: &SourceEvent| matches!(event.change, Change::Reacted { .. });
    assert!(!recorder.events().iter().any(is_reacted));
}

fn reaction(emoji: &str, count: u32) -> Reaction {
    let emoji = match emoji.strip_prefix(':') {
        Some(name) => Emoji::Custom {
            name: name.to_owned(),
        },
        None => Emoji::unicode(emoji),
    };
    Reaction { emoji, count }
}

fn reacting(bench: &Bench, message: MessageId, emoji: &[&str]) -> Reacting {
    Reacting {
        destination: bench.here(),
        message,
        reactions: emoji.iter().map(|emoji| reaction(emoji, 2)).collect(),
    }
}

#[tokio::test]
async fn the_bot_reacts_with_just_what_is_asked_for() {
    let bench = Bench::start().await;
    bench.allow(ADD_REACTIONS).await;
    let sender = bench.discord().sender();
    let message = bench.say("vote").await;
    bench.react(message, HEART, &bench.owner).await;
    let first = reacting(&bench, message, &["🔥", ":party", "❤", "#\u{fe0f}\u{20e3}"]);
    let left = sender.react(&first).await;
    assert_eq!(left, Ok(vec![reaction(":party", 2)]));
    let shown = |all: &[(&str, u64)]| -> Vec<(String, u64)> {
        all.iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    let keycap = "#\u{fe0f}\u{20e3}";
    let all = [("❤\u{fe0f}", 2), ("🔥", 1), (keycap, 1)];
    assert_eq!(bench.shown(message).await, shown(&all));
    // Again, and then less.
    assert_eq!(sender.react(&first).await, Ok(vec![reaction(":party", 2)]));
    assert_eq!(bench.shown(message).await, shown(&all));
    let less = reacting(&bench, message, &["👍"]);
    bench.fault(ADD, json!("lose_response")).await;
    assert!(matches!(
        sender.react(&less).await,
        Err(SendError::Retry { .. })
    ));
    assert_eq!(sender.react(&less).await, Ok(vec![]));
    let all = [("❤\u{fe0f}", 1), ("👍", 1)];
    assert_eq!(bench.shown(message).await, shown(&all));
    let gone = reacting(&bench, MessageId(5), &["👍"]);
    assert_eq!(sender.react(&gone).await, Err(SendError::MessageGone));
}

#[tokio::test]
async fn what_discord_does_not_take_is_left_over() {
    let bench = Bench::start().await;
    bench.react_fast().await;
    let sender = bench.discord().sender();
    let message = bench.say("vote").await;
    bench.react(message, FIRE, &bench.owner).await;
    // Without the right to react one can join others only.
    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let mute = json!({"kind": "member", "deny": ADD_REACTIONS.to_string()});
    bench.change("PUT", &overwrite, mute).await;
    let asked = reacting(&bench, message, &["👍", "🔥", "👎"]);
    let left = Ok(vec![reaction("👍", 2), reaction("👎", 2)]);
    assert_eq!(sender.react(&asked).await, left);
    assert_eq!(bench.shown(message).await, [("🔥".to_owned(), 2)]);
    let open = json!({"kind": "member", "allow": ADD_REACTIONS.to_string()});
    bench.change("PUT", &overwrite, open).await;
    // Twenty at most, of which others have some.
    let many: Vec<String> = ('😀'..).take(25).map(String::from).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let left = sender
        .react(&reacting(&bench, message, &many))
        .await
        .unwrap();
    let beyond: Vec<_> = many[19..].iter().map(|emoji| reaction(emoji, 2)).collect();
    assert_eq!(left, beyond);
    assert_eq!(bench.shown(message).await.len(), 20);
    let closed = json!({"kind": "member", "deny": (1 << 10).to_string()});
    bench.change("PUT", &overwrite, closed).await;
    let refused = Err(SendError::Fail(FailReason::NotAllowed));
    assert_eq!(sender.react(&asked).await, refused);
}
