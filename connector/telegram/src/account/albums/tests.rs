use std::time::Duration;

use grammers_session::types::{ChannelState, UpdatesState};
use patchbay_app::ports::TelegramPosition;
use patchbay_domain::event::{Newer, Origin};
use patchbay_domain::ids::{AlbumId, MessageId, TelegramChatId};
use patchbay_domain::{
    Attachment, Author, Change, ChatId, Content, MediaKind, Post, Recovery, Revision, SourceEvent,
    Timestamp,
};
use tokio::time::Instant;

use super::{Albums, last_message};

const QUIET: Duration = Duration::from_millis(700);
const GROUP: TelegramChatId = TelegramChatId(-77);
const CHANNEL: TelegramChatId = TelegramChatId(-1_000_000_000_077);

fn event(chat: TelegramChatId, message: u64, change: Change) -> SourceEvent {
    SourceEvent {
        chat: ChatId::Telegram(chat),
        seen_by: None,
        message: MessageId(message),
        thread: None,
        at: Timestamp(0),
        recovery: Recovery::Live,
        newer: Newer::default(),
        reader: None,
        change,
    }
}

fn post(text: &str) -> Post {
    let author = Author {
        id: "1".to_owned(),
        name: "Ann".to_owned(),
    };
    let content = Content {
        text: text.into(),
        ..Content::default()
    };
    Post::new(author, content)
}

fn said(chat: TelegramChatId, message: u64, text: &str) -> SourceEvent {
    event(chat, message, Change::Posted { post: post(text) })
}

fn part(chat: TelegramChatId, message: u64, album: i64, text: &str) -> SourceEvent {
    let mut post = post(text);
    post.album = Some(AlbumId(album));
    post.content.attachments = vec![Attachment::new(MediaKind::Photo)];
    event(chat, message, Change::Posted { post })
}

fn edited(chat: TelegramChatId, message: u64) -> SourceEvent {
    let change = Change::Edited {
        post: post("edited"),
        revision: Revision(1),
    };
    event(chat, message, change)
}

fn position(pts: i32, channel_pts: i32) -> TelegramPosition {
    TelegramPosition {
        pts,
        qts: 0,
        date: pts,
        seq: 1,
        channels: [(77, channel_pts)].into(),
    }
}

fn state(pts: i32, channel_pts: i32) -> UpdatesState {
    let channels = vec![ChannelState {
        id: 77,
        pts: channel_pts,
    }];
    UpdatesState {
        pts,
        qts: 0,
        date: pts,
        seq: 1,
        channels,
    }
}

fn albums() -> Albums {
    Albums::new(QUIET, position(10, 100))
}

/// Each event in short: what happened to which message, and the parts of an album.
fn short(events: &[SourceEvent]) -> Vec<String> {
    events
        .iter()
        .map(|event| match &event.change {
            Change::Posted { post } => {
                let parts = post.content.attachments.iter();
                let parts: Vec<String> = parts
                    .filter_map(|part| {
                        Some(format!("{}{}", part.message?.0, part.caption.as_str()))
                    })
                    .collect();
                let text = post.content.text.as_str();
                format!("{} {text}[{}]", event.message.0, parts.join(" "))
            }
            Change::Edited { .. } => format!("{} edited", event.message.0),
            Change::Reacted { .. } => format!("{} reacted", event.message.0),
            Change::Deleted => format!("{} deleted", event.message.0),
        })
        .collect()
}

fn never(_: TelegramChatId) -> bool {
    false
}

#[test]
fn an_album_is_one_event_once_it_was_quiet_for_a_while() {
    let mut albums = albums();
    let start = Instant::now();
    // The network may bring them in any order.
    let parts = [
        part(GROUP, 6, 1, ""),
        part(GROUP, 5, 1, "all"),
        part(GROUP, 7, 1, "c"),
    ];
    for (late, part) in parts.into_iter().enumerate() {
        let at = start + QUIET / 2 * u32::try_from(late).unwrap();
        assert_eq!(albums.quiet(at, never), []);
        assert_eq!(albums.pass(vec![part], at), []);
    }
    let quiet = start + QUIET * 2;
    assert_eq!(albums.due(never), Some(quiet));
    assert_eq!(albums.quiet(quiet - Duration::from_millis(1), never), []);
    let events = albums.quiet(quiet, never);
    assert_eq!(short(&events), ["5 all[5 6 7c]"]);
    assert_eq!(last_message(&events[0]), MessageId(7));
    assert_eq!(
        (albums.due(never), albums.quiet(quiet, never)),
        (None, vec![])
    );
}

#[test]
fn ten_parts_or_another_message_of_the_chat_make_it_whole() {
    let mut albums = albums();
    let now = Instant::now();
    let ten: Vec<SourceEvent> = (1..=10).map(|id| part(GROUP, id, 1, "")).collect();
    let events = albums.pass(ten, now);
    assert_eq!(short(&events), ["1 [1 2 3 4 5 6 7 8 9 10]"]);

    let events = albums.pass(
        vec![
            part(GROUP, 11, 2, ""),
            part(CHANNEL, 1, 9, ""),
            part(GROUP, 12, 2, ""),
            part(GROUP, 13, 3, "next"),
            part(GROUP, 14, 3, ""),
            said(GROUP, 15, "x"),
        ],
        now,
    );
    assert_eq!(short(&events), ["11 [11 12]", "13 next[13 14]", "15 x[]"]);
    let events = albums.pass(vec![said(CHANNEL, 2, "y")], now);
    assert_eq!(short(&events), ["1 []", "2 y[]"], "an album of one");
}

#[test]
fn what_happens_to_a_part_comes_after_the_album_and_other_changes_pass() {
    let mut albums = albums();
    let now = Instant::now();
    let deleted = |message| event(GROUP, message, Change::Deleted);
    let events = albums.pass(
        vec![
            part(GROUP, 5, 1, ""),
            edited(GROUP, 5),
            edited(GROUP, 3),
            deleted(4),
            part(GROUP, 6, 1, ""),
            deleted(6),
            part(GROUP, 5, 1, "read twice"),
        ],
        now,
    );
    assert_eq!(short(&events), ["3 edited", "4 deleted"]);
    let events = albums.quiet(now + QUIET, never);
    assert_eq!(short(&events), ["5 [5 6]", "5 edited", "6 deleted"]);
}

#[test]
fn an_album_is_ours_or_recovered_if_one_of_its_parts_is() {
    let mut albums = albums();
    let now = Instant::now();
    let mut second = part(GROUP, 6, 1, "");
    second.recovery = Recovery::Recovered;
    if let Change::Posted { post } = &mut second.change {
        post.origin = Origin::Patchbay;
    }
    albums.pass(vec![part(GROUP, 5, 1, ""), second], now);
    let events = albums.quiet(now + QUIET, never);
    let Change::Posted { post } = &events[0].change else {
        panic!("{events:?}")
    };
    assert_eq!(post.origin, Origin::Patchbay);
    assert_eq!(events[0].recovery, Recovery::Recovered);
}

#[test]
fn an_album_waits_while_its_channel_may_have_more() {
    let mut albums = albums();
    let now = Instant::now();
    albums.pass(vec![part(CHANNEL, 5, 1, ""), part(GROUP, 5, 1, "")], now);
    let misses = |chat| chat == CHANNEL;
    let later = now + QUIET * 3;
    assert_eq!(short(&albums.quiet(later, misses)), ["5 []"]);
    assert_eq!(albums.due(misses), None);
    assert_eq!(short(&albums.quiet(later, never)), ["5 []"]);
}

#[test]
fn the_position_stays_before_what_is_held() {
    let mut albums = albums();
    let now = Instant::now();
    albums.pass(vec![part(CHANNEL, 5, 1, "")], now);
    let reached = albums.reach(&state(20, 105));
    let held = TelegramPosition {
        date: 10,
        ..position(20, 100)
    };
    assert_eq!(reached, held, "the account's own box goes on");

    // Another album begins later, in the account's own box.
    albums.pass(vec![part(GROUP, 5, 1, "")], now);
    let reached = albums.reach(&state(30, 110));
    assert_eq!(
        reached,
        TelegramPosition {
            date: 10,
            ..position(20, 100)
        }
    );

    albums.pass(vec![said(CHANNEL, 6, "x")], now);
    assert_eq!(albums.reach(&state(40, 120)), position(20, 120));
    albums.quiet(now + QUIET, never);
    assert_eq!(albums.reach(&state(50, 120)), position(50, 120));
}

#[test]
fn going_back_forgets_what_will_come_again() {
    let mut albums = albums();
    let now = Instant::now();
    albums.pass(vec![part(GROUP, 5, 1, "")], now);
    albums.rewind(&position(10, 100));
    assert_eq!(albums.quiet(now + QUIET, never), []);
    let parts = vec![part(GROUP, 5, 1, ""), part(GROUP, 6, 1, "")];
    albums.pass(parts, now);
    assert_eq!(short(&albums.quiet(now + QUIET, never)), ["5 [5 6]"]);
}
