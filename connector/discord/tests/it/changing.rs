//! Replies, edits and deletions.

use patchbay_app::ports::{
    Attempt, Outgoing, Piece, Reacting, Replacement, Rewrite, SendError, Sender, Sent, Standing,
};
use patchbay_domain::ids::{FileId, MessageId};
use patchbay_domain::{
    Emoji, Endpoint, FailReason, LinkPreview, MediaKind, Persona, Reaction, Text,
};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::files::{Made, NoFiles, attachment, bytes_of, sha256};
use super::sending::outgoing;

const DELETE: &str = "DELETE /channels/{}/messages/{}";
const EDIT: &str = "PATCH /channels/{}/messages/{}";

fn rewrite(bench: &Bench, message: MessageId, said: &str) -> Rewrite {
    Rewrite {
        destination: bench.here(),
        message,
        text: Text::plain(said),
        attachments: None,
        preview: LinkPreview::Shown,
        persona: None,
    }
}

fn standing(bench: &Bench, messages: &[MessageId]) -> Standing {
    Standing {
        destination: bench.here(),
        messages: messages.to_vec(),
        persona: None,
    }
}

fn anna() -> Persona {
    Persona {
        name: "Anna".to_owned(),
        avatar_url: None,
    }
}

/// Sends a text as the bot.
async fn send(bench: &Bench, number: u64, said: &str) -> MessageId {
    let sender = bench.discord().sender();
    let message = outgoing(bench, number, said);
    let sent = sender.send(&message, &NoFiles, Attempt::First);
    sent.await.unwrap()[0].message
}

/// Sends two files as the bot.
async fn send_files(bench: &Bench, said: &str) -> Vec<Sent> {
    send_files_as(bench, said, None).await
}

async fn send_files_as(bench: &Bench, said: &str, persona: Option<Persona>) -> Vec<Sent> {
    let files = ["a.png", "b.png"];
    let files = files.map(|name| attachment(20, MediaKind::Photo, name));
    let message = Outgoing {
        piece: Piece {
            text: Text::plain(said),
            attachments: files.into(),
        },
        persona,
        ..outgoing(bench, 1, said)
    };
    let sender = bench.discord().sender();
    let files = Made::default();
    let sent = sender.send(&message, &files, Attempt::First);
    sent.await.unwrap()
}

#[tokio::test]
async fn a_reply_answers_its_message_as_long_as_there_is_one() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let first = bench.say("first").await;
    for (number, reply_to) in [(1, first), (2, MessageId(5))] {
        let reply = Outgoing {
            reply_to: Some(reply_to),
            ..outgoing(&bench, number, "reply")
        };
        sender.send(&reply, &NoFiles, Attempt::First).await.unwrap();
    }
    let messages = bench.messages().await;
    let reference = &messages[1]["message_reference"];
    assert_eq!(reference["message_id"], first.to_string(), "{reference}");
    assert_eq!(messages[2]["content"], "reply");
}

#[tokio::test]
async fn a_text_is_rewritten_however_often_it_is_asked() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let message = send(&bench, 1, "https://a.example").await;
    let changed = Rewrite {
        preview: LinkPreview::Hidden,
        ..rewrite(&bench, message, "*https://b.example* @everyone")
    };
    bench.fault(EDIT, json!("lose_response")).await;
    let lost = sender.rewrite(&changed, &NoFiles).await;
    assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
    for _ in 0..2 {
        assert_eq!(sender.rewrite(&changed, &NoFiles).await, Ok(()));
    }
    let stands = &bench.messages().await[0];
    assert!(text(&stands["content"]).contains("b.example"), "{stands}");
    assert_eq!(stands["flags"].as_u64().unwrap() & 1 << 2, 1 << 2);
    let shown = rewrite(&bench, message, "shown");
    assert_eq!(sender.rewrite(&shown, &NoFiles).await, Ok(()));
    assert_eq!(bench.messages().await[0]["flags"], 0);
    let gone = rewrite(&bench, MessageId(5), "nobody");
    let gone = sender.rewrite(&gone, &NoFiles).await;
    assert_eq!(gone, Err(SendError::MessageGone));
}

#[tokio::test]
async fn files_are_put_in_the_place_of_others() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let message = send_files(&bench, "old").await[0].message;
    let changed = Rewrite {
        attachments: Some(vec![attachment(30, MediaKind::Photo, "c.png")]),
        ..rewrite(&bench, message, "new")
    };
    bench.fault(EDIT, json!("lose_response")).await;
    assert!(sender.rewrite(&changed, &Made::default()).await.is_err());
    let again = sender.rewrite(&changed, &Made::default()).await;
    assert_eq!(again, Ok(()));
    let messages = bench.messages().await;
    let files = messages[0]["attachments"].as_array().unwrap();
    let hashes: Vec<_> = files.iter().map(|file| text(&file["sha256"])).collect();
    assert_eq!(hashes, [sha256(&bytes_of(30))]);
    assert_eq!(
        (messages.len(), &messages[0]["content"]),
        (1, &json!("new"))
    );
    // Without a word of files they stay.
    let said = rewrite(&bench, message, "newer");
    assert_eq!(sender.rewrite(&said, &NoFiles).await, Ok(()));
    assert_eq!(bench.messages().await[0]["attachments"][0], files[0]);
}

#[tokio::test]
async fn messages_are_deleted_however_often_it_is_asked() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let kept = bench.say("stays").await;
    let one = standing(&bench, &[send(&bench, 1, "one").await]);
    bench.fault(DELETE, json!("lose_response")).await;
    let lost = sender.delete(&one).await;
    assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
    assert_eq!(sender.delete(&one).await, Ok(()));
    // One by one, since the bot may not delete what others wrote; then at once.
    for permissions in [None, Some(1_u64 << 13)] {
        if let Some(more) = permissions {
            bench.allow(more).await;
        }
        let sender = bench.discord().sender();
        let mut messages = one.messages.clone();
        for number in 2..5 {
            messages.push(send(&bench, number, "many").await);
            bench.set(json!({"nonce_window_s": 0})).await;
        }
        let many = standing(&bench, &messages);
        assert_eq!(sender.delete(&many).await, Ok(()));
        assert_eq!(bench.contents().await, ["stays"]);
        assert_eq!(sender.delete(&many).await, Ok(()));
    }
    let calls = bench.get("/calls").await;
    let bulk = &calls["routes"]["POST /channels/{}/messages/bulk-delete"];
    assert_eq!(
        (&bulk["403"], &bulk["204"]),
        (&json!(1), &json!(2)),
        "{bulk}"
    );
    assert_eq!(sender.delete(&standing(&bench, &[kept])).await, Ok(()));
}

#[tokio::test]
async fn one_file_is_taken_out_and_the_last_one_takes_the_message_along() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let files =
        |sent: &[Sent]| -> Vec<FileId> { sent.iter().map(|sent| sent.file.unwrap()).collect() };
    let left = async || -> Vec<Value> {
        let messages = bench.messages().await;
        let files = messages.iter().map(|it| it["attachments"].clone());
        files.collect()
    };
    for said in ["", "words"] {
        bench.set(json!({"nonce_window_s": 0})).await;
        let sent = send_files(&bench, said).await;
        let (ids, message) = (files(&sent), standing(&bench, &[sent[0].message]));
        for _ in 0..2 {
            assert_eq!(sender.remove_file(&message, ids[0]).await, Ok(()));
        }
        assert_eq!(left().await[0].as_array().unwrap().len(), 1);
        for _ in 0..2 {
            assert_eq!(sender.remove_file(&message, ids[1]).await, Ok(()));
        }
        match said {
            "" => assert!(left().await.is_empty()),
            _ => assert_eq!(left().await, [json!([])]),
        }
    }
}

#[tokio::test]
async fn a_thread_that_sleeps_is_woken_up_by_changes() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let thread = json!({"author": bench.owner, "name": "talk", "type": "public_thread"});
    let path = format!("/channels/{}/threads", bench.channel);
    let thread = text(&bench.post(&path, thread).await["id"]);
    let destination = Endpoint::Discord {
        guild: bench.guild,
        channel: bench.channel,
        thread: Some(thread.parse().unwrap()),
    };
    let message = Outgoing {
        destination,
        ..outgoing(&bench, 1, "first")
    };
    let sent = sender.send(&message, &NoFiles, Attempt::First).await;
    let message = sent.unwrap()[0].message;
    let thread = format!("/channels/{thread}");
    let archived = async |locked: bool| {
        let body = json!({"archived": true, "locked": locked});
        bench.change("PATCH", &thread, body).await;
    };
    let stands = async || {
        let messages = bench.get(&format!("{thread}/messages")).await;
        let mut messages = messages.as_array().unwrap().iter();
        let sent = messages.find(|it| it["id"] == message.to_string());
        text(&sent.unwrap()["content"])
    };
    let changed = Rewrite {
        destination,
        ..rewrite(&bench, message, "second")
    };
    archived(false).await;
    assert_eq!(sender.rewrite(&changed, &NoFiles).await, Ok(()));
    assert_eq!(stands().await, "second");
    let reacting = Reacting {
        destination,
        message,
        reactions: vec![Reaction {
            emoji: Emoji::unicode("🔥"),
            count: 1,
        }],
    };
    archived(false).await;
    assert_eq!(sender.react(&reacting).await, Ok(vec![]));
    // One that is locked sleeps on.
    archived(true).await;
    let refused = sender.rewrite(&changed, &NoFiles).await;
    assert_eq!(refused, Err(SendError::Fail(FailReason::NotAllowed)));
}

#[tokio::test]
async fn a_file_among_others_is_replaced_in_its_place() {
    let bench = Bench::start().await;
    bench.allow(1 << 29).await;
    let sender = bench.discord().sender();
    for persona in [None, Some(anna())] {
        bench.set(json!({"nonce_window_s": 0})).await;
        let sent = send_files_as(&bench, "words", persona.clone()).await;
        let replacement = Replacement {
            destination: bench.here(),
            message: sent[0].message,
            file: sent[0].file.unwrap(),
            by: attachment(30, MediaKind::Photo, "c.png"),
            others: vec![sent[1].file.unwrap()],
            persona: persona.clone(),
        };
        let lost = persona.is_none();
        if lost {
            bench.fault(EDIT, json!("lose_response")).await;
            let lost = sender.replace_file(&replacement, &Made::default()).await;
            assert!(matches!(lost, Err(SendError::Retry { .. })), "{lost:?}");
        }
        let replaced = sender.replace_file(&replacement, &Made::default()).await;
        let again = sender.replace_file(&replacement, &NoFiles).await;
        assert_eq!(replaced, again);
        let messages = bench.messages().await;
        let message = messages.last().unwrap();
        let files = message["attachments"].as_array().unwrap();
        let names: Vec<_> = files.iter().map(|file| text(&file["filename"])).collect();
        assert_eq!(names, ["c.png", "b.png"]);
        assert_eq!(text(&files[0]["id"]), replaced.unwrap().to_string());
        assert_eq!(message["content"], "words");
        let gone = Replacement {
            message: MessageId(5),
            ..replacement
        };
        let gone = sender.replace_file(&gone, &NoFiles).await;
        assert_eq!(gone, Err(SendError::MessageGone));
    }
}

#[tokio::test]
async fn lost_rights_are_told_whatever_is_asked() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let sent = send_files(&bench, "files").await;
    let message = standing(&bench, &[sent[0].message]);
    let changed = rewrite(&bench, sent[0].message, "new");
    let file = sent[0].file.unwrap();
    let all = async || {
        [
            sender.rewrite(&changed, &NoFiles).await,
            sender.remove_file(&message, file).await,
            sender.delete(&message).await,
        ]
    };
    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let blind = json!({"kind": "member", "deny": (1 << 10).to_string()});
    bench.change("PUT", &overwrite, blind).await;
    let closed = Err(SendError::Fail(FailReason::NotAllowed));
    assert_eq!(all().await, [closed.clone(), closed.clone(), closed]);
    let open = json!({"kind": "member", "deny": "0"});
    bench.change("PUT", &overwrite, open).await;
    bench.kick().await;
    for done in all().await {
        assert!(matches!(done, Err(SendError::Fail(_))), "{done:?}");
    }
    bench.allow(0).await;
    let channel = format!("/channels/{}", bench.channel);
    bench.change("DELETE", &channel, Value::Null).await;
    let lost = Err(SendError::Fail(FailReason::DestinationLost));
    assert_eq!(all().await, [lost.clone(), lost.clone(), lost]);
}
