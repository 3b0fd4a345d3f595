use std::collections::HashSet;
use std::sync::Arc;

use grammers_tl_types as tl;
use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{
    AccountId, AlbumId, MessageId, TelegramChatId, TelegramUserId, TopicId,
};
use patchbay_domain::{Change, ChatId, LinkPreview, Recovery, SourceEvent, Timestamp};
use tl::Deserializable;
use tl::enums::{MessageEntity, Update};

use super::{Arrival, Translator};
use crate::own::OwnPosts;
use crate::peer;

const ME: TelegramUserId = TelegramUserId(11);
const NOW: Timestamp = Timestamp(9_000_000);

/// A message with everything left out: all flags and fields zero.
fn message(id: i32, peer_id: &tl::enums::Peer, text: &str) -> tl::types::Message {
    let mut bytes = vec![0; 12];
    // A peer, then a date and the empty text.
    bytes.extend(tl::Serializable::to_bytes(peer_id));
    bytes.extend([0; 8]);
    let mut message = tl::types::Message::from_bytes(&bytes).unwrap();
    (message.id, message.message, message.date) = (id, text.to_owned(), 1000);
    message
}

fn channel() -> tl::enums::Peer {
    tl::types::PeerChannel { channel_id: 77 }.into()
}

fn user(user_id: i64) -> tl::enums::Peer {
    tl::types::PeerUser { user_id }.into()
}

fn posted(message: tl::types::Message) -> Update {
    tl::types::UpdateNewChannelMessage {
        message: message.into(),
        pts: 0,
        pts_count: 0,
    }
    .into()
}

fn edited(message: tl::types::Message) -> Update {
    edited_as(0, message)
}

fn edited_as(pts: i32, message: tl::types::Message) -> Update {
    tl::types::UpdateEditChannelMessage {
        message: message.into(),
        pts,
        pts_count: 1,
    }
    .into()
}

fn translator() -> Translator {
    Translator::new(AccountId::from_bits(1), ME, Arc::new(OwnPosts::new()))
}

fn live(updates: &[Update]) -> Vec<SourceEvent> {
    translator().events(updates, Arrival::Live, NOW)
}

fn post(event: &SourceEvent) -> &patchbay_domain::Post {
    match &event.change {
        Change::Posted { post } | Change::Edited { post, .. } => post,
        Change::Reacted { .. } | Change::Deleted => panic!("no post"),
    }
}

#[test]
fn a_post_in_a_channel() {
    let mut message = message(5, &channel(), "hello");
    (message.silent, message.grouped_id) = (true, Some(99));
    message.post_author = Some("The editor".to_owned());
    let events = live(&[posted(message)]);
    assert_eq!(events.len(), 1);
    assert_eq!(
        events[0].chat,
        ChatId::Telegram(TelegramChatId(-1_000_000_000_077))
    );
    assert_eq!(
        (events[0].at, events[0].recovery),
        (Timestamp(1_000_000), Recovery::Live)
    );
    insta::assert_json_snapshot!(events[0].change, @r#"
    {
      "kind": "posted",
      "post": {
        "author": {
          "id": "-1000000000077",
          "name": "The editor"
        },
        "content": {
          "text": {
            "text": "hello"
          }
        },
        "album": "99",
        "notification": "silent",
        "origin": "person"
      }
    }
    "#);
    assert_eq!(post(&events[0]).album, Some(AlbumId(99)));
}

#[test]
fn replies_and_topics() {
    let header = |to: Option<i32>, top: Option<i32>, forum_topic: bool, elsewhere: bool| {
        let mut header = tl::types::MessageReplyHeader::from_bytes(&[0; 4]).unwrap();
        (header.reply_to_msg_id, header.reply_to_top_id) = (to, top);
        header.forum_topic = forum_topic;
        header.reply_to_peer_id = elsewhere.then(channel);
        header
    };
    let reply = |id| Some(MessageId(id));
    let topic = |id| Some(Thread::Topic(TopicId(id)));
    let cases = [
        (header(Some(3), None, false, false), reply(3), None),
        (header(Some(3), Some(2), false, false), reply(3), None),
        (header(Some(3), None, false, true), None, None),
        (header(Some(7), None, true, false), None, topic(7)),
        (header(Some(9), Some(7), true, false), reply(9), topic(7)),
        (header(None, None, false, false), None, None),
    ];
    for (header, expected_reply, expected_thread) in cases {
        let mut message = message(10, &channel(), "x");
        message.reply_to = Some(header.clone().into());
        let events = live(&[posted(message)]);
        let found = (post(&events[0]).reply_to, events[0].thread);
        assert_eq!(found, (expected_reply, expected_thread), "{header:?}");
    }
}

#[test]
fn an_edit_counts_when_the_text_may_have_changed() {
    let edit = |pts: i32, text: &str, at: Option<i32>, hidden: bool| {
        let mut message = message(5, &channel(), text);
        (message.edit_date, message.edit_hide) = (at, hidden);
        live(&[edited_as(pts, message)])
            .first()
            .map(|event| event.change.revision())
    };
    assert_eq!(edit(7, "a", None, false), None);
    assert_eq!(edit(7, "a", Some(2000), true), None, "a reaction");
    let in_order = [
        edit(7, "a", Some(2000), false),
        edit(8, "b", Some(2000), false),
        edit(9, "a", Some(2000), false),
        edit(10, "a", Some(2001), false),
    ];
    assert!(in_order.is_sorted_by(|a, b| a < b), "{in_order:?}");
    let again = edit(7, "a", Some(2000), false);
    assert_eq!(in_order[0], again, "the same edit, seen again");
}

#[test]
fn what_telegram_notes_by_itself_is_no_post() {
    let empty = tl::types::MessageEmpty {
        id: 5,
        peer_id: Some(channel()),
    };
    let update = tl::types::UpdateNewChannelMessage {
        message: empty.into(),
        pts: 0,
        pts_count: 0,
    };
    assert_eq!(live(&[update.into(), Update::RecentStickers]), []);
}

#[test]
fn a_deletion_finds_its_chat() {
    let mut translator = translator();
    let private = message(5, &user(22), "hi");
    let new = tl::types::UpdateNewMessage {
        message: private.into(),
        pts: 0,
        pts_count: 0,
    };
    translator.events(&[new.into()], Arrival::Live, NOW);
    let deleted = tl::types::UpdateDeleteMessages {
        messages: vec![4, 5],
        pts: 0,
        pts_count: 0,
    };
    let events = translator.events(&[deleted.into()], Arrival::Recovered, NOW);
    let places: Vec<_> = events
        .iter()
        .map(|event| (event.chat, event.message))
        .collect();
    assert_eq!(
        places,
        [(ChatId::Telegram(TelegramChatId(22)), MessageId(5))]
    );
    assert_eq!(events[0].recovery, Recovery::Recovered);
}

#[test]
fn an_edit_in_the_history_is_the_one_that_was_seen_as_it_happened() {
    let mut message = message(5, &channel(), "edited");
    message.edit_date = Some(2000);
    let seen = live(&[edited(message.clone())]);
    let found = translator().history(&message, Arrival::Recovered, NOW);
    let revisions: Vec<_> = found.iter().map(|event| event.change.revision()).collect();
    let edit = seen[0].change.revision();
    assert_eq!(revisions, [patchbay_domain::Revision::POSTED, edit]);
    assert_eq!(found[1].recovery, Recovery::Recovered);
}

#[test]
fn a_private_chats_author_is_whoever_wrote() {
    let author = |out| {
        let mut message = message(5, &user(22), "hi");
        message.out = out;
        let update = tl::types::UpdateNewMessage {
            message: message.into(),
            pts: 0,
            pts_count: 0,
        };
        post(&live(&[update.into()])[0]).author.id.clone()
    };
    assert_eq!(
        (author(true), author(false)),
        ("11".to_owned(), "22".to_owned())
    );
}

#[test]
fn who_caused_an_outgoing_message() {
    let outgoing = |id| {
        let mut message = message(id, &channel(), "x");
        message.out = true;
        posted(message)
    };
    let origin = |events: &[SourceEvent]| post(events.last().unwrap()).origin;
    let sent = tl::types::UpdateMessageId {
        id: 5,
        random_id: 1,
    }
    .into();
    assert_eq!(origin(&live(&[sent, outgoing(5)])), Origin::Patchbay);
    assert_eq!(origin(&live(&[outgoing(5)])), Origin::Person);

    let mut translator = translator();
    let mut after_restart =
        || origin(&translator.events(&[outgoing(5)], Arrival::AfterRestart, NOW));
    assert_eq!(after_restart(), Origin::Person);
    translator.set_destinations(HashSet::from([TelegramChatId(-1_000_000_000_077)]));
    let events = translator.events(&[outgoing(5)], Arrival::AfterRestart, NOW);
    assert_eq!(origin(&events), Origin::Patchbay);
    let events = translator.events(&[outgoing(6)], Arrival::Recovered, NOW);
    assert_eq!(origin(&events), Origin::Person);
}

#[test]
fn links_without_a_preview_keep_none() {
    let (offset, length) = (0, 4);
    let url = || MessageEntity::from(tl::types::MessageEntityUrl { offset, length });
    let bold = || MessageEntity::from(tl::types::MessageEntityBold { offset, length });
    let page = || {
        let page = tl::types::WebPagePending {
            id: 1,
            url: None,
            date: 0,
        };
        tl::types::MessageMediaWebPage {
            force_large_media: false,
            force_small_media: false,
            manual: false,
            safe: false,
            webpage: page.into(),
        }
        .into()
    };
    let cases = [
        (vec![], None, LinkPreview::Shown),
        (vec![bold()], None, LinkPreview::Shown),
        (vec![bold(), url()], None, LinkPreview::Hidden),
        (vec![url()], Some(page()), LinkPreview::Shown),
        (
            vec![url()],
            Some(tl::enums::MessageMedia::Unsupported),
            LinkPreview::Shown,
        ),
    ];
    for (entities, media, expected) in cases {
        let mut message = message(5, &channel(), "a.bc");
        (message.entities, message.media) = (Some(entities), media.clone());
        let events = live(&[posted(message)]);
        let found = post(&events[0]).content.preview;
        assert_eq!(found, expected, "{media:?}");
    }
}

#[test]
fn a_forward_names_who_wrote_it_first() {
    let header = |from_id: Option<tl::enums::Peer>, from_name: Option<&str>| {
        let mut header = tl::types::MessageFwdHeader::from_bytes(&[0; 8]).unwrap();
        (header.from_id, header.from_name) = (from_id, from_name.map(str::to_owned));
        header
    };
    let cases = [
        (header(Some(channel()), None), "News"),
        (header(None, Some("Somebody hidden")), "Somebody hidden"),
        (header(Some(user(33)), None), "33"),
    ];
    for (header, expected) in cases {
        let mut translator = translator();
        translator
            .names
            .put(peer::of_channel(77), "News".to_owned());
        let mut message = message(5, &user(22), "x");
        message.fwd_from = Some(header.into());
        let events = translator.events(&[posted(message)], Arrival::Live, NOW);
        assert_eq!(post(&events[0]).forwarded_from.as_deref(), Some(expected));
    }
}
