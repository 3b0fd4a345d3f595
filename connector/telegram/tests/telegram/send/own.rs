//! What Patchbay sends is never taken for somebody's post.

use patchbay_app::ports::{Attempt, Forwarding, Sender};
use patchbay_domain::event::Origin;
use patchbay_domain::ids::UserId;
use patchbay_domain::{Author, Change, ChatId, Content, MediaKind, Notification, Post};
use serde_json::json;

use super::changes::piece;
use super::scene::{PHONE, ids};
use super::shelf::Shelf;
use crate::outgoing::{NoFiles, endpoint, key, outgoing, saying};
use crate::stage::{OWNER, Running, Stage};

/// What the next post says, by whom it was caused, and how many files it has.
async fn next(reading: &Running, seen: &mut usize) -> (Origin, Content) {
    let at = *seen;
    *seen += 1;
    let posts = |events: &[patchbay_domain::SourceEvent]| -> Vec<Change> {
        let posted = |it: &&patchbay_domain::SourceEvent| {
            matches!(it.chat, ChatId::Telegram(chat) if chat.0 < 0)
                && matches!(it.change, Change::Posted { .. })
        };
        let changes = events.iter().filter(posted);
        changes.map(|it| it.change.clone()).collect()
    };
    crate::stage::until("a post is seen", async || {
        posts(&reading.inbox.events()).len() > at
    })
    .await;
    let Change::Posted { post } = posts(&reading.inbox.events()).swap_remove(at) else {
        panic!("not posted")
    };
    (post.origin, post.content)
}

/// The other account in a basic group has numbers of its own for the messages, so that nothing
/// but their look tells.
#[tokio::test]
async fn files_albums_and_forwards_are_ours_to_every_account_in_the_chat() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let other = UserId::from_bits(2);
    stage.add_owner(other).await;
    let notes = stage.chat("channel", ann, &[]).await;
    let group = stage.chat("group", ann, &[bob]).await;
    let anns = stage.link(OWNER, PHONE).await;
    let bobs = stage.link(other, "+15550002").await;
    stage.pair_from(&bobs, group).await;
    let (sending, reading) = (stage.run(&anns).await, stage.run(&bobs).await);
    let shelf = Shelf::default();
    let sender = stage.telegram.sender();
    let mut seen = 0;

    let to = endpoint(&anns, group);
    let photos = vec![
        shelf.put(MediaKind::Photo, 1000),
        shelf.put(MediaKind::Photo, 2000),
    ];
    let document = vec![shelf.put(MediaKind::Document, 1000)];
    let sends = [
        saying(to, 1, "a text"),
        outgoing(to, 2, piece("a file", document)),
        outgoing(to, 3, piece("", photos)),
    ];
    for (outgoing, files) in sends.iter().zip([0, 1, 2]) {
        sender.send(outgoing, &shelf, Attempt::First).await.unwrap();
        let (origin, content) = next(&reading, &mut seen).await;
        assert_eq!(
            (origin, content.attachments.len()),
            (Origin::Patchbay, files)
        );
    }

    let note = saying(endpoint(&anns, notes), 4, "a note");
    let note = sender.send(&note, &NoFiles, Attempt::First).await.unwrap();
    let author = Author {
        id: ann.to_string(),
        name: "Ann".to_owned(),
    };
    let forwarding = Forwarding {
        source: endpoint(&anns, notes),
        destination: to,
        messages: ids(&note),
        notification: Notification::Sound,
        post: Post::new(author, Content::default()),
        at: stage.ports.clock.now(),
        key: key(5),
    };
    let sent = sender.forward(&forwarding, Attempt::First).await;
    assert_eq!(sent.unwrap().len(), 1);
    let (origin, content) = next(&reading, &mut seen).await;
    assert_eq!(
        (origin, content.text.as_str()),
        (Origin::Patchbay, "a note")
    );

    // What Ann posts by hand is hers, though it looks like something that was sent.
    let by_hand = [
        json!({ "from": ann, "media": { "photo": { "bytes": 1000 } } }),
        json!({ "from": ann, "text": "a note" }),
    ];
    for post in by_hand {
        stage.post(&format!("/chats/{group}/messages"), post).await;
        assert_eq!(next(&reading, &mut seen).await.0, Origin::Person);
    }
    sending.stopped().await;
    reading.stopped().await;
}
