//! Messages under names of their own, by a webhook.

use std::time::Duration;

use patchbay_app::ports::{Attempt, Clock, Outgoing, Piece, Rewrite, SendError, Sender, Standing};
use patchbay_domain::ids::DiscordChannelId;
use patchbay_domain::special::{Ballot, Choice, Poll};
use patchbay_domain::{
    Attachment, Endpoint, FailReason, LinkPreview, MediaKind, Persona, Special, Text,
};
use serde_json::{Value, json};

use super::bench::{Bench, text};
use super::files::{Made, NoFiles, attachment, bytes_of, sha256};
use super::sending::outgoing;

const EXECUTE: &str = "POST /webhooks/{}/{}";

fn persona(name: &str) -> Persona {
    Persona {
        name: name.to_owned(),
        avatar_url: Some("https://example.org/a.png".to_owned()),
    }
}

fn by(bench: &Bench, number: u64, name: &str, said: &str) -> Outgoing {
    Outgoing {
        persona: Some(persona(name)),
        ..outgoing(bench, number, said)
    }
}

async fn webhooks(bench: &Bench) -> Vec<Value> {
    let state = bench.get("/state").await;
    state["webhooks"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_persona_speaks_by_one_webhook_of_ours() {
    let bench = Bench::start().await;
    bench
        .fault("POST /channels/{}/webhooks", json!("lose_response"))
        .await;
    let sender = bench.discord().sender();
    let first = by(&bench, 1, "Ann", "hello @everyone");
    let lost = sender.send(&first, &NoFiles, Attempt::First).await;
    let Err(SendError::Retry { why, .. }) = lost else {
        panic!("{lost:?}")
    };
    sender.send(&first, &NoFiles, Attempt::First).await.unwrap();
    let second = by(&bench, 2, "Bob", "hi");
    // Another process finds the same one.
    let sender = bench.discord().sender();
    sender
        .send(&second, &NoFiles, Attempt::First)
        .await
        .unwrap();
    let webhooks = webhooks(&bench).await;
    assert_eq!(
        (webhooks.len(), &webhooks[0]["name"]),
        (1, &json!("Patchbay"))
    );
    assert!(!why.contains("webhooks/"), "{why}");
    let messages = bench.messages().await;
    let names = messages.iter().map(|it| text(&it["webhook_name"]));
    assert_eq!(names.collect::<Vec<_>>(), ["Ann", "Bob"]);
    assert_eq!(messages[0]["mention_everyone"], false);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message_of_a_persona() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let files = vec![attachment(300, MediaKind::Photo, "my cat.png")];
    let piece = Piece {
        text: Text::plain("look"),
        attachments: files,
    };
    let with_file = Outgoing {
        piece,
        ..by(&bench, 1, "Ann", "look")
    };
    for (number, message) in [(1, with_file), (2, by(&bench, 2, "Ann", "said"))] {
        let since = bench.memory.clock().now();
        bench.fault(EXECUTE, json!("lose_response")).await;
        let lost = sender
            .send(&message, &Made::default(), Attempt::First)
            .await;
        let Err(SendError::Retry { why, .. }) = lost else {
            panic!("{lost:?}")
        };
        let token = text(&webhooks(&bench).await[0]["token"]);
        assert!(!why.contains(&token), "{why}");
        bench.memory.clock().advance(Duration::from_secs(1));
        let again = Attempt::Again { since };
        let sent = sender.send(&message, &Made::default(), again).await;
        let messages = bench.messages().await;
        assert_eq!(messages.len(), number);
        let last = messages.last().unwrap();
        assert_eq!(sent.unwrap()[0].message.to_string(), text(&last["id"]));
    }
    let hash = sha256(&bytes_of(300));
    assert_eq!(bench.messages().await[0]["attachments"][0]["sha256"], hash);
    // What another send says is not taken for it, nor what another persona says.
    let since = bench.memory.clock().now();
    let again = Attempt::Again { since };
    let same = by(&bench, 3, "Ann", "said");
    sender.send(&same, &NoFiles, again).await.unwrap();
    let other = by(&bench, 4, "Bob", "said");
    bench
        .discord()
        .sender()
        .send(&other, &NoFiles, again)
        .await
        .unwrap();
    assert_eq!(bench.messages().await.len(), 4);
}

#[tokio::test]
async fn what_a_persona_said_is_changed_and_removed_by_its_webhook() {
    let bench = Bench::start().await;
    let author = &bench.owner;
    let thread = format!("/channels/{}/threads", bench.channel);
    let thread = bench.post(&thread, json!({"author": author, "name": "talk"}));
    let thread: DiscordChannelId = text(&thread.await["id"]).parse().unwrap();
    let Endpoint::Discord { guild, channel, .. } = bench.here() else {
        panic!("not on Discord")
    };
    let in_thread = Endpoint::Discord {
        guild,
        channel,
        thread: Some(thread),
    };
    for (destination, holder) in [(bench.here(), channel), (in_thread, thread)] {
        let message = Outgoing {
            destination,
            piece: Piece {
                text: Text::plain("old"),
                attachments: vec![attachment(5, MediaKind::Photo, "a.png")],
            },
            ..by(&bench, 1, "Ann", "")
        };
        let sender = bench.discord().sender();
        let made = Made::default();
        let sent = sender.send(&message, &made, Attempt::First).await.unwrap();
        let id = sent[0].message;
        let path = format!("/channels/{holder}/messages/{id}");
        // By a process that knows nothing of it, and by one that does.
        for sender in [bench.discord().sender(), sender] {
            let rewrite = Rewrite {
                destination,
                message: id,
                text: Text::plain("new"),
                attachments: Some(vec![attachment(6, MediaKind::Photo, "b.png")]),
                preview: LinkPreview::Shown,
                persona: Some(persona("Ann")),
            };
            assert_eq!(sender.rewrite(&rewrite, &made).await, Ok(()));
            let stands = bench.get(&path).await;
            assert_eq!(stands["content"], "new");
            assert_eq!(stands["attachments"][0]["sha256"], sha256(&bytes_of(6)));
        }
        let stands = bench.get(&path).await;
        let file = text(&stands["attachments"][0]["id"]).parse().unwrap();
        let sender = bench.discord().sender();
        let standing = Standing {
            destination,
            messages: vec![id],
            persona: Some(persona("Ann")),
        };
        assert_eq!(sender.remove_file(&standing, file).await, Ok(()));
        assert_eq!(bench.get(&path).await["attachments"], json!([]));
        for sender in [&sender, &bench.discord().sender()] {
            assert_eq!(sender.delete(&standing).await, Ok(()));
        }
        assert!(
            bench
                .messages()
                .await
                .iter()
                .all(|it| it["id"] != id.to_string())
        );
        let gone = Rewrite {
            destination,
            message: id,
            text: Text::plain("newer"),
            attachments: None,
            preview: LinkPreview::Shown,
            persona: Some(persona("Ann")),
        };
        let gone = sender.rewrite(&gone, &made).await;
        assert_eq!(gone, Err(SendError::MessageGone));
    }
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_made_anew() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let first = by(&bench, 1, "Ann", "first");
    let first = sender.send(&first, &NoFiles, Attempt::First).await.unwrap();
    let webhook = webhooks(&bench).await.remove(0);
    bench
        .remove_webhook(&text(&webhook["id"]), &text(&webhook["token"]))
        .await;
    let second = by(&bench, 2, "Ann", "second");
    sender
        .send(&second, &NoFiles, Attempt::First)
        .await
        .unwrap();
    assert_eq!(bench.contents().await, ["first", "second"]);
    assert_ne!(webhooks(&bench).await[0]["id"], webhook["id"]);
    // Nobody can edit what the former one said; deleting it takes a right.
    let rewrite = Rewrite {
        destination: bench.here(),
        message: first[0].message,
        text: Text::plain("new"),
        attachments: None,
        preview: LinkPreview::Shown,
        persona: Some(persona("Ann")),
    };
    let code = "10015".to_owned();
    let orphaned = Err(SendError::Fail(FailReason::Refused { code }));
    assert_eq!(sender.rewrite(&rewrite, &NoFiles).await, orphaned);
    let standing = Standing {
        destination: bench.here(),
        messages: vec![first[0].message],
        persona: Some(persona("Ann")),
    };
    let closed = Err(SendError::Fail(FailReason::NotAllowed));
    assert_eq!(sender.delete(&standing).await, closed);
    bench.allow(1 << 13).await;
    assert_eq!(sender.delete(&standing).await, Ok(()));
}

#[tokio::test]
async fn a_channel_without_room_or_right_for_a_webhook_says_so() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let message = by(&bench, 1, "Ann", "hello");
    let limits = json!({"POST /channels/{}/webhooks": {"limit": 100, "per_ms": 1000}});
    bench.set(json!({"rate_limits": limits})).await;
    bench.fill_with_webhooks().await;
    let full = sender.send(&message, &NoFiles, Attempt::First).await;
    let code = "30007".to_owned();
    let refused = SendError::Fail(FailReason::Refused { code });
    assert_eq!(full, Err(refused));
    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let no_webhooks = json!({"kind": "member", "deny": (1 << 29).to_string()});
    bench.change("PUT", &overwrite, no_webhooks).await;
    let closed = sender.send(&message, &NoFiles, Attempt::First).await;
    assert_eq!(closed, Err(SendError::Fail(FailReason::NotAllowed)));
    assert_eq!(bench.messages().await, Vec::<Value>::new());
}

#[tokio::test]
async fn the_limits_of_a_webhook_are_kept_before_discord_says_so() {
    let bench = Bench::start().await;
    bench
        .set(json!({"rate_limits": {EXECUTE: {"limit": 3, "per_ms": 300}}}))
        .await;
    let sender = bench.discord().sender();
    let messages: Vec<Outgoing> = (0..8)
        .map(|number| by(&bench, number, "Ann", &number.to_string()))
        .collect();
    let sends = messages.iter();
    let sends = sends.map(|message| sender.send(message, &NoFiles, Attempt::First));
    let sent = futures_util::future::join_all(sends).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(webhooks(&bench).await.len(), 1);
    let calls = bench.get("/calls").await.to_string();
    assert!(!calls.contains("429"), "{calls}");
}

#[tokio::test]
async fn a_persona_asks_questions_too() {
    let bench = Bench::start().await;
    let poll = Attachment::special(Special::Poll(Poll {
        question: "Tea?".to_owned(),
        options: vec!["Yes".to_owned()],
        choice: Choice::One,
        ballot: Ballot::Open,
    }));
    let piece = Piece {
        text: Text::default(),
        attachments: vec![poll],
    };
    let asked = Outgoing {
        piece,
        ..by(&bench, 1, "Ann", "")
    };
    let sender = bench.discord().sender();
    let since = bench.memory.clock().now();
    bench.fault(EXECUTE, json!("lose_response")).await;
    assert!(sender.send(&asked, &NoFiles, Attempt::First).await.is_err());
    let again = sender
        .send(&asked, &NoFiles, Attempt::Again { since })
        .await;
    assert!(again.is_ok(), "{again:?}");
    let messages = bench.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["poll"]["question"], "Tea?");
}

#[tokio::test]
async fn what_was_sent_under_another_name_or_none_is_changed_all_the_same() {
    let bench = Bench::start().await;
    let sender = bench.discord().sender();
    let (named, plain) = (by(&bench, 1, "Ann", "named"), outgoing(&bench, 2, "plain"));
    for (number, message) in [named, plain].into_iter().enumerate() {
        let sent = sender.send(&message, &NoFiles, Attempt::First).await;
        let id = sent.unwrap()[0].message;
        // The pair's persona is another one by now.
        let now = match message.persona {
            Some(_) => None,
            None => Some(persona("Bob")),
        };
        let text = format!("new {number}");
        let rewrite = Rewrite {
            destination: bench.here(),
            message: id,
            text: Text::plain(text.as_str()),
            attachments: None,
            preview: LinkPreview::Shown,
            persona: now.clone(),
        };
        assert_eq!(sender.rewrite(&rewrite, &NoFiles).await, Ok(()));
        assert_eq!(bench.contents().await, [text]);
        let standing = Standing {
            destination: bench.here(),
            messages: vec![id],
            persona: now,
        };
        assert_eq!(sender.delete(&standing).await, Ok(()));
        assert!(bench.contents().await.is_empty());
    }
}
