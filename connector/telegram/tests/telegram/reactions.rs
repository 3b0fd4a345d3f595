//! Reactions to what pairs read: those that are pushed, and those that are not.

use std::time::Duration;

use patchbay_app::ports::Sender;
use patchbay_domain::ids::{MessageId, TelegramChatId};
use patchbay_domain::{Change, ChatId, Recovery, Revision, SourceEvent, reaction};
use patchbay_telegram::ReactionPace;
use reqwest::Method;
use serde_json::json;

use crate::changes::{Scene, scene};
use crate::outgoing::{NoFiles, endpoint, saying};
use crate::stage::{Recorder, until};

impl Scene {
    fn want_reactions(&self) {
        for (chat, _) in &self.chats {
            let source = endpoint(&self.account, *chat);
            self.running.inbox.want_reactions(source);
        }
    }

    /// Bob reacts, in place of how he did before.
    async fn react(&self, message: &str, emoji: &[&str]) {
        let reaction = json!({ "from": self.bob, "emoji": emoji });
        let path = format!("{message}/reactions");
        self.stage.control(Method::PUT, &path, reaction).await;
    }

    /// Until the chats are read, nothing is taken for news.
    async fn until_asked(&self) {
        until("the chats were read", async || {
            self.stage.calls("messages.getMessagesReactions").await > 0
        })
        .await;
    }
}

struct Told {
    message: MessageId,
    revision: Revision,
    recovery: Recovery,
    words: String,
}

fn told(inbox: &Recorder, chat: TelegramChatId) -> Vec<Told> {
    let events = inbox.events().into_iter();
    let in_chat = events.filter(|event| event.chat == ChatId::Telegram(chat));
    let told = |event: SourceEvent| match event.change {
        Change::Reacted {
            reactions,
            revision,
        } => Some(Told {
            message: event.message,
            revision,
            recovery: event.recovery,
            words: reaction::told(&reactions).as_str().to_owned(),
        }),
        Change::Posted { .. } | Change::Edited { .. } | Change::Deleted => None,
    };
    // What is found to be without any, is told too.
    let news = in_chat.filter_map(told);
    news.filter(|told| told.recovery == Recovery::Live || !told.words.is_empty())
        .collect()
}

async fn until_told(inbox: &Recorder, chat: TelegramChatId, words: &str, times: usize) {
    until(words, async || {
        let told = told(inbox, chat);
        told.iter().filter(|it| it.words == words).count() >= times
    })
    .await;
}

#[tokio::test]
async fn each_state_of_the_reactions_is_told_whether_telegram_pushes_it_or_not() {
    for is_pushed in [true, false] {
        let scene = scene().await;
        let alone = json!({ "reactions_to_authors_alone": !is_pushed });
        scene.stage.settings(alone).await;
        scene.want_reactions();
        let inbox = &scene.running.inbox;
        for (chat, path) in &scene.chats {
            let text = format!("in {chat}");
            let message = scene.post(path, json!({ "text": text })).await;
            let id = inbox.until_posted(&text).await.message;
            until("the chat is read", async || {
                let is_it =
                    |it: &SourceEvent| it.message == id && it.chat == ChatId::Telegram(*chat);
                scene.stage.calls("messages.getMessagesReactions").await > 0
                    && inbox.events().iter().any(is_it)
            })
            .await;
            for (times, emoji) in [(1, "👍"), (1, "🔥"), (2, "👍")] {
                scene.react(&message, &[emoji]).await;
                until_told(inbox, *chat, &format!("{emoji} 1"), times).await;
            }
            scene.react(&message, &[]).await;
            until_told(inbox, *chat, "", 1).await;
            let told = told(inbox, *chat);
            let messages: Vec<_> = told.iter().map(|it| it.message).collect();
            assert_eq!(messages, [id; 4], "{chat}");
            let revisions: Vec<_> = told.iter().map(|it| it.revision).collect();
            assert!(revisions.is_sorted_by(|one, next| one < next), "{chat}");
            let words: Vec<&str> = told.iter().map(|it| it.words.as_str()).collect();
            assert_eq!(words, ["👍 1", "🔥 1", "👍 1", ""], "{chat}");
        }
        scene.running.stopped().await;
    }
}

#[tokio::test]
async fn nothing_is_told_or_asked_where_nobody_wants_it() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    let (chat, path) = &scene.chats[0];
    let message = scene.post(path, json!({ "text": "one" })).await;
    scene.react(&message, &["👍"]).await;
    scene.post(path, json!({ "text": "two" })).await;
    inbox.until_posted("two").await;
    inbox.want_reactions(endpoint(&scene.account, scene.chats[1].0));
    scene.until_asked_of_nothing().await;
    assert!(told(inbox, *chat).is_empty());
    scene.running.stopped().await;
}

impl Scene {
    /// Another chat is asked about by now.
    async fn until_asked_of_nothing(&self) {
        let (chat, path) = &self.chats[1];
        let message = self.post(path, json!({ "text": "elsewhere" })).await;
        self.react(&message, &["🎉"]).await;
        until_told(&self.running.inbox, *chat, "🎉 1", 1).await;
    }
}

/// Whoever starts does not know what the former process has told.
#[tokio::test]
async fn what_stands_there_at_first_is_told_as_found() {
    let scene = scene().await;
    let inbox = &scene.running.inbox;
    let mut messages = Vec::new();
    for (chat, path) in &scene.chats {
        let message = scene.post(path, json!({ "text": "old" })).await;
        scene.react(&message, &["👍"]).await;
        messages.push((*chat, message));
    }
    scene.want_reactions();
    for (chat, message) in &messages {
        until_told(inbox, *chat, "👍 1", 1).await;
        scene.react(message, &["🔥"]).await;
        until_told(inbox, *chat, "🔥 1", 1).await;
        let recovery: Vec<_> = told(inbox, *chat).iter().map(|it| it.recovery).collect();
        assert_eq!(recovery, [Recovery::Recovered, Recovery::Live], "{chat}");
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_flood_holds_back_the_asking_alone() {
    let scene = scene().await;
    let alone = json!({ "reactions_to_authors_alone": true });
    scene.stage.settings(alone).await;
    scene.want_reactions();
    let inbox = &scene.running.inbox;
    let (chat, path) = &scene.chats[0];
    scene.post(path, json!({ "text": "zero" })).await;
    scene.until_asked().await;
    for method in ["messages.getMessagesReactions", "messages.getHistory"] {
        let wait = json!({ "flood_wait": 1 });
        scene.stage.fault(method, 1, wait).await;
    }
    let message = scene.post(path, json!({ "text": "one" })).await;
    inbox.until_posted("one").await;
    scene.react(&message, &["👍"]).await;
    until_told(inbox, *chat, "👍 1", 1).await;
    let connected = scene.stage.telegram.sessions();
    let is_connected = |state: &_| {
        matches!(
            state,
            patchbay_domain::account::AccountState::Connected { .. }
        )
    };
    assert!(connected.iter().all(|(_, state)| is_connected(state)));
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_patchbay_sent_is_told_of_by_nobody() {
    let scene = scene().await;
    scene.want_reactions();
    let inbox = &scene.running.inbox;
    let (chat, path) = &scene.chats[0];
    let ours = saying(endpoint(&scene.account, *chat), 1, "ours");
    let sender = scene.stage.telegram.sender();
    let sent = sender
        .send(&ours, &NoFiles, patchbay_app::ports::Attempt::First)
        .await
        .unwrap();
    let ours = format!("{path}/{}", sent[0].message);
    scene.react(&ours, &["🎉"]).await;
    let message = scene.post(path, json!({ "text": "theirs" })).await;
    scene.react(&message, &["👍"]).await;
    until_told(inbox, *chat, "👍 1", 1).await;
    let words: Vec<_> = told(inbox, *chat).into_iter().map(|it| it.words).collect();
    assert_eq!(words, ["👍 1"]);
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_is_gathered_is_told_at_the_end() {
    let mut scene = scene().await;
    scene.running.stopped().await;
    let hour = Duration::from_hours(1);
    scene
        .stage
        .restart_process_gathering_reactions(ReactionPace {
            gathered_for: hour,
            polled_every: Duration::from_millis(50),
        });
    scene.running = scene.stage.run(&scene.account).await;
    scene.want_reactions();
    let (chat, path) = scene.chats[0].clone();
    let message = scene.post(&path, json!({ "text": "one" })).await;
    scene.running.inbox.until_posted("one").await;
    scene.until_asked().await;
    scene.react(&message, &["👍"]).await;
    scene.post(&path, json!({ "text": "two" })).await;
    let inbox = std::sync::Arc::clone(&scene.running.inbox);
    inbox.until_posted("two").await;
    assert!(told(&inbox, chat).is_empty());
    scene.running.stopped().await;
    let words: Vec<_> = told(&inbox, chat).into_iter().map(|it| it.words).collect();
    assert_eq!(words, ["👍 1"]);
}
