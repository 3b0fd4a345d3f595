//! Replies, edits and deletions.

use patchbay_app::ports::{Outgoing, Piece, Rewrite, SendError, Sender, Standing};
use patchbay_domain::ids::{FileId, MessageId, TelegramChatId, TopicId};
use patchbay_domain::text::{Span, Style};
use patchbay_domain::{Endpoint, FailReason, LinkPreview, MediaKind, Text};
use reqwest::Method;
use serde_json::{Value, json};

use super::scene::{Scene, insist, scene};
use super::shelf::{Shelf, sha256};
use crate::outgoing::{NoFiles, endpoint, outgoing, saying};

fn rewrite(destination: Endpoint, message: MessageId, text: impl Into<Text>) -> Rewrite {
    Rewrite {
        destination,
        message,
        text: text.into(),
        attachments: None,
        preview: LinkPreview::Shown,
        persona: None,
    }
}

fn standing(destination: Endpoint, messages: Vec<MessageId>) -> Standing {
    Standing {
        destination,
        messages,
        persona: None,
    }
}

impl Scene {
    async fn said(&self, number: u64, text: &str) -> MessageId {
        self.send(&saying(self.channel(), number, text), &NoFiles)
            .await[0]
    }

    async fn rewrite(&self, rewrite: &Rewrite) -> Result<(), SendError> {
        let sender = self.stage.telegram.sender();
        sender.rewrite(rewrite, &NoFiles).await
    }
}

#[tokio::test]
async fn an_answer_names_its_message_and_does_without_one_that_is_gone() {
    let scene = scene().await;
    let first = scene.said(1, "question").await;
    let answer = |number, to| Outgoing {
        reply_to: Some(to),
        ..saying(scene.channel(), number, "answer")
    };
    let sent = scene.send(&answer(2, first), &NoFiles).await;
    assert_eq!(scene.message(sent[0]).await["reply_to"], first.0);
    let sent = scene.send(&answer(3, MessageId(999)), &NoFiles).await;
    assert_eq!(scene.message(sent[0]).await["reply_to"], Value::Null);
    assert_eq!(scene.message(sent[0]).await["text"], "answer");
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_answer_in_a_topic_stays_in_it() {
    let scene = scene().await;
    let forum = scene.stage.chat("supergroup", scene.ann, &[]).await;
    let path = format!("/chats/{forum}");
    let change = json!({ "forum": true });
    scene.stage.control(Method::PATCH, &path, change).await;
    let new = json!({ "title": "News" });
    let topic = scene.stage.post(&format!("{path}/topics"), new).await;
    let topic = i32::try_from(topic["id"].as_i64().unwrap()).unwrap();
    let news = Endpoint::Telegram {
        account: scene.account.id,
        chat: forum,
        topic: Some(TopicId(topic)),
    };
    let first = scene.send(&saying(news, 1, "one"), &NoFiles).await[0];
    let shelf = Shelf::default();
    let photo = shelf.put(MediaKind::Photo, 1000);
    let answers = [
        Outgoing {
            reply_to: Some(first),
            ..saying(news, 2, "two")
        },
        Outgoing {
            reply_to: Some(first),
            ..outgoing(news, 3, piece("three", vec![photo]))
        },
        // What it answered is gone.
        Outgoing {
            reply_to: Some(MessageId(999)),
            ..saying(news, 4, "four")
        },
    ];
    for (answer, expected) in answers
        .iter()
        .zip([json!(first.0), json!(first.0), json!(topic)])
    {
        let sent = scene.send(answer, &shelf).await[0];
        let listed = scene.message_in(forum, sent).await;
        assert_eq!(
            (&listed["topic"], &listed["reply_to"]),
            (&json!(topic), &expected)
        );
    }
    scene.running.stopped().await;
}

pub(crate) fn piece(text: &str, attachments: Vec<patchbay_domain::Attachment>) -> Piece {
    Piece {
        text: text.into(),
        attachments,
    }
}

#[tokio::test]
async fn a_link_is_previewed_unless_that_is_hidden() {
    let scene = scene().await;
    let shown = saying(scene.channel(), 1, "see https://example.com/a");
    let hidden = Outgoing {
        preview: LinkPreview::Hidden,
        ..saying(scene.channel(), 2, "see https://example.com/b")
    };
    for (outgoing, expected) in [(shown, true), (hidden, false)] {
        let sent = scene.send(&outgoing, &NoFiles).await[0];
        assert_eq!(scene.message(sent).await["preview"], expected);
        let again = Rewrite {
            preview: LinkPreview::Hidden,
            ..rewrite(scene.channel(), sent, "now https://example.com/c")
        };
        scene.rewrite(&again).await.unwrap();
        assert_eq!(scene.message(sent).await["preview"], false);
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn an_edit_has_one_effect_however_often_it_is_made() {
    let scene = scene().await;
    let message = scene.said(1, "before").await;
    let bold = Span {
        range: 0..5,
        style: Style::Bold,
    };
    let text = Text::new("after".to_owned(), vec![bold]);
    let edit = rewrite(scene.channel(), message, text);
    let lost = json!("lose_response");
    scene.stage.fault("messages.editMessage", 1, lost).await;
    let first = scene.rewrite(&edit).await;
    assert!(matches!(first, Err(SendError::Retry { .. })), "{first:?}");
    insist(async || scene.rewrite(&edit).await).await;
    scene.rewrite(&edit).await.unwrap();
    let listed = scene.message(message).await;
    assert_eq!(listed["text"], "after");
    assert_eq!(listed["entities"][0]["type"], "bold");
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_caption_is_edited_like_a_text_and_its_file_stays() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let photo = shelf.put(MediaKind::Photo, 5000);
    let photo = outgoing(scene.channel(), 1, piece("before", vec![photo]));
    let message = scene.send(&photo, &shelf).await[0];
    for text in ["after", ""] {
        let edit = rewrite(scene.channel(), message, text);
        scene.rewrite(&edit).await.unwrap();
        let listed = scene.message(message).await;
        assert_eq!(listed["text"], text);
        assert_eq!(listed["media"]["photo"]["sha256"], sha256(5000));
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_file_takes_the_place_of_another() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let photo = shelf.put(MediaKind::Photo, 5000);
    let photo = outgoing(scene.channel(), 1, piece("one", vec![photo]));
    let message = scene.send(&photo, &shelf).await[0];
    let video = shelf.put(MediaKind::Video, 7000);
    let edit = Rewrite {
        attachments: Some(vec![video]),
        ..rewrite(scene.channel(), message, "two")
    };
    let sender = scene.stage.telegram.sender();
    let lost = json!("lose_response");
    scene.stage.fault("messages.editMessage", 1, lost).await;
    sender.rewrite(&edit, &shelf).await.unwrap_err();
    insist(async || sender.rewrite(&edit, &shelf).await).await;
    let listed = scene.message(message).await;
    assert_eq!(listed["text"], "two");
    assert_eq!(listed["media"]["video"]["sha256"], sha256(7000));
    scene.running.stopped().await;
}

#[tokio::test]
async fn a_text_gets_its_first_file() {
    let scene = scene().await;
    let shelf = Shelf::default();
    let message = scene.said(1, "before").await;
    let edit = Rewrite {
        attachments: Some(vec![shelf.put(MediaKind::Photo, 5000)]),
        ..rewrite(scene.channel(), message, "after")
    };
    let sender = scene.stage.telegram.sender();
    sender.rewrite(&edit, &shelf).await.unwrap();
    let listed = scene.message(message).await;
    assert_eq!(listed["text"], "after");
    assert_eq!(listed["media"]["photo"]["sha256"], sha256(5000));
    scene.running.stopped().await;
}

#[tokio::test]
async fn what_can_not_be_edited_says_why() {
    let scene = scene().await;
    let gone = rewrite(scene.channel(), MessageId(999), "x");
    assert_eq!(scene.rewrite(&gone).await, Err(SendError::MessageGone));
    let message = scene.said(1, "x").await;
    for (code, name, expected) in [
        (400, "MESSAGE_EDIT_TIME_EXPIRED", None),
        (403, "MESSAGE_AUTHOR_REQUIRED", None),
        (400, "CHAT_ADMIN_REQUIRED", Some(FailReason::NotAllowed)),
    ] {
        let error = json!({ "error": { "code": code, "message": name } });
        scene.stage.fault("messages.editMessage", 1, error).await;
        let edit = rewrite(scene.channel(), message, "y");
        let reason = expected.unwrap_or(FailReason::Refused { code: name.into() });
        assert_eq!(scene.rewrite(&edit).await, Err(SendError::Fail(reason)));
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn messages_are_deleted_for_everybody_a_hundred_at_a_time() {
    let scene = scene().await;
    let bob = scene.stage.user("+15550002", "Bob").await;
    let group = scene.stage.chat("group", scene.ann, &[bob]).await;
    let sender = scene.stage.telegram.sender();
    for (chat, method) in [
        (scene.channel, "channels.deleteMessages"),
        (group, "messages.deleteMessages"),
    ] {
        let destination = endpoint(&scene.account, chat);
        for number in 0..130 {
            scene
                .stage
                .say(chat, scene.ann, &format!("number {number}"))
                .await;
        }
        let listed = scene.stage.messages(chat).await;
        let ids = listed
            .iter()
            .map(|it| MessageId(it["id"].as_u64().unwrap()));
        let before = scene.stage.calls(method).await;
        let all = standing(destination, ids.collect());
        let lost = json!("lose_response");
        scene.stage.fault(method, 1, lost).await;
        let first = sender.delete(&all).await;
        assert!(matches!(first, Err(SendError::Retry { .. })), "{first:?}");
        insist(async || sender.delete(&all).await).await;
        assert_eq!(scene.stage.calls(method).await, before + 3);
        assert_eq!(scene.stage.messages(chat).await, Vec::<Value>::new());
        // Gone is gone.
        sender.delete(&all).await.unwrap();
        sender.remove_file(&all, FileId(1)).await.unwrap();
    }
    scene.running.stopped().await;
}

#[tokio::test]
async fn another_process_edits_and_deletes_what_the_former_one_sent() {
    let mut scene = scene().await;
    let message = scene.said(1, "before").await;
    scene.running.stopped().await;
    scene.stage.restart_process();
    scene.running = scene.stage.run(&scene.account).await;
    let edit = rewrite(scene.channel(), message, "after");
    scene.rewrite(&edit).await.unwrap();
    assert_eq!(scene.message(message).await["text"], "after");
    let sender = scene.stage.telegram.sender();
    let all = standing(scene.channel(), vec![message]);
    sender.delete(&all).await.unwrap();
    assert_eq!(
        scene.stage.messages(scene.channel).await,
        Vec::<Value>::new()
    );
    let nowhere = TelegramChatId(-1_009_999_999_999);
    let elsewhere = standing(endpoint(&scene.account, nowhere), vec![message]);
    let lost = SendError::Fail(FailReason::DestinationLost);
    assert_eq!(sender.delete(&elsewhere).await, Err(lost));
    scene.running.stopped().await;
}
