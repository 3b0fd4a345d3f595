use super::*;
use crate::content::{Attachment, Author, Content, MediaKind};
use crate::event::{Newer, Notification, Revision};
use crate::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, MessageId, PartitionId, TelegramChatId,
};
use crate::pair::options::{Draft, Silent};
use crate::pair::{Health, Options};
use crate::reaction::{Emoji, Reaction};
use crate::text::Text;

const ACCOUNT: AccountId = AccountId::from_bits(1);
const CHAT: TelegramChatId = TelegramChatId(-1_000_000_000_005);

fn pair(id: u128, source: Endpoint, state: PairState) -> Pair {
    Pair {
        id: PairId::from_bits(id),
        owner: UserId::from_bits(id),
        partition: PartitionId(0),
        source,
        destination: Endpoint::Discord {
            guild: DiscordGuildId(1),
            channel: DiscordChannelId(9),
            thread: None,
        },
        state,
        created_at: Timestamp(0),
        version: 1,
        options: Options::default(),
        health: Health::default(),
    }
}

fn from_telegram(account: AccountId, topic: Option<TopicId>) -> Endpoint {
    Endpoint::Telegram {
        account,
        chat: CHAT,
        topic,
    }
}

fn post(text: &str) -> Post {
    Post {
        author: Author {
            id: "7".to_owned(),
            name: "Ann".to_owned(),
        },
        content: Content {
            text: Text::plain(text),
            ..Content::default()
        },
        reply_to: None,
        album: None,
        forwarded_from: None,
        notification: Notification::Sound,
        origin: Origin::Person,
    }
}

fn event(change: Change) -> SourceEvent {
    SourceEvent {
        chat: ChatId::Telegram(CHAT),
        seen_by: Some(ACCOUNT),
        message: MessageId(3),
        thread: None,
        at: Timestamp(10),
        recovery: Recovery::Live,
        newer: Newer::default(),
        reader: None,
        change,
    }
}

fn index(pairs: Vec<Pair>) -> PairIndex {
    let mut index = PairIndex::default();
    for pair in pairs {
        index.replace(pair.owner, [pair]);
    }
    index
}

fn forwarded(routed: &[Routed]) -> Vec<PairId> {
    let mut pairs: Vec<_> = routed
        .iter()
        .filter_map(|routed| match routed {
            Routed::Forward(task) => Some(task.pair),
            Routed::Skip(_) => None,
        })
        .collect();
    pairs.sort();
    pairs
}

#[test]
fn each_active_pair_of_the_account_that_saw_it_gets_a_task() {
    let index = index(vec![
        pair(1, from_telegram(ACCOUNT, None), PairState::Active),
        pair(2, from_telegram(ACCOUNT, None), PairState::Active),
        pair(3, from_telegram(ACCOUNT, None), PairState::Paused),
        pair(
            4,
            from_telegram(AccountId::from_bits(2), None),
            PairState::Active,
        ),
        pair(
            5,
            from_telegram(ACCOUNT, Some(TopicId(8))),
            PairState::Active,
        ),
    ]);
    let posted = event(Change::Posted {
        post: post("hello"),
    });
    let routed = route(&posted, &index, Timestamp(20));
    assert_eq!(
        forwarded(&routed),
        [PairId::from_bits(1), PairId::from_bits(2)]
    );

    let in_topic = SourceEvent {
        thread: Some(Thread::Topic(TopicId(8))),
        ..posted
    };
    assert_eq!(forwarded(&route(&in_topic, &index, Timestamp(20))).len(), 3);
}

#[test]
fn what_is_for_one_pair_is_routed_to_no_other() {
    let index = index(vec![
        pair(1, from_telegram(ACCOUNT, None), PairState::Active),
        pair(2, from_telegram(ACCOUNT, None), PairState::Active),
    ]);
    let deleted = SourceEvent {
        reader: Some(PairId::from_bits(2)),
        ..event(Change::Deleted)
    };
    let routed = route(&deleted, &index, Timestamp(20));
    assert_eq!(forwarded(&routed), [PairId::from_bits(2)]);
}

#[test]
fn what_names_no_topic_is_in_the_first_one() {
    let general = from_telegram(ACCOUNT, Some(TopicId::GENERAL));
    let index = index(vec![pair(1, general, PairState::Active)]);
    let posted = event(Change::Posted {
        post: post("hello"),
    });
    assert_eq!(forwarded(&route(&posted, &index, Timestamp(20))).len(), 1);
    let elsewhere = SourceEvent {
        thread: Some(Thread::Topic(TopicId(8))),
        ..posted
    };
    assert_eq!(route(&elsewhere, &index, Timestamp(20)), []);
    // A deletion may be of any topic.
    let deleted = event(Change::Deleted);
    assert_eq!(forwarded(&route(&deleted, &index, Timestamp(20))).len(), 1);
}

#[test]
fn history_from_before_a_pair_is_not_forwarded() {
    let young = Pair {
        created_at: Timestamp::from_seconds(60),
        ..pair(1, from_telegram(ACCOUNT, None), PairState::Active)
    };
    let index = index(vec![young]);
    let posted = event(Change::Posted {
        post: post("hello"),
    });
    for (at, recovery, expected) in [
        (30, Recovery::Recovered, 0),
        (59, Recovery::Recovered, 1),
        (90, Recovery::Recovered, 1),
        (30, Recovery::Live, 1),
    ] {
        let event = SourceEvent {
            at: Timestamp::from_seconds(at),
            recovery,
            ..posted.clone()
        };
        let routed = route(&event, &index, Timestamp::from_seconds(100));
        assert_eq!(routed.len(), expected, "{at} {recovery:?}");
    }
}

/// Its owner asked for it: no policy about what was missed holds it back, and it has waited long
/// enough.
#[test]
fn history_that_is_asked_for_is_forwarded() {
    let draft = Draft {
        gap_policy: GapPolicy::Skip,
        delay: 60,
        ..Draft::default()
    };
    let young = Pair {
        created_at: Timestamp::from_seconds(500),
        options: Options::parse(draft).unwrap(),
        ..pair(1, from_telegram(ACCOUNT, None), PairState::Active)
    };
    let index = index(vec![young]);
    let now = Timestamp::from_seconds(1000);
    for (at, due) in [(30, 1000), (930, 1000), (970, 1030)] {
        let event = SourceEvent {
            at: Timestamp::from_seconds(at),
            recovery: Recovery::Requested,
            ..event(Change::Posted {
                post: post("hello"),
            })
        };
        let routed = route(&event, &index, now);
        let [Routed::Forward(task)] = routed.as_slice() else {
            panic!("{routed:?}");
        };
        let due = Timestamp::from_seconds(due);
        assert_eq!((task.due_at, task.recovery), (due, Recovery::Requested));
    }
}

#[test]
fn what_is_left_out_says_why() {
    let mut draft = Draft::default();
    (draft.events.edits, draft.events.deletions) = (false, false);
    let index = with_options(draft);
    let own = Post {
        origin: Origin::Patchbay,
        ..post("x")
    };
    let cases = [
        (Change::Posted { post: own }, SkipReason::OwnPost),
        (Change::Posted { post: post("") }, SkipReason::Empty),
        (edited("x"), SkipReason::Edits),
        (Change::Deleted, SkipReason::Deletions),
    ];
    for (change, expected) in cases {
        let routed = route(&event(change), &index, Timestamp(20));
        let [Routed::Skip(delivery)] = routed.as_slice() else {
            panic!("{routed:?}")
        };
        assert_eq!(delivery.state, DeliveryState::Skipped { reason: expected });
    }
}

#[test]
fn each_message_of_an_album_that_is_left_out_is_told_of() {
    let mut draft = Draft::default();
    draft.filters.block_words = vec!["spam".to_owned()];
    let index = with_options(draft);
    let mut album = post("spam");
    album.content.attachments = [3, 4, 5]
        .map(|message| Attachment {
            message: Some(MessageId(message)),
            ..Attachment::new(MediaKind::Photo)
        })
        .into();
    let event = event(Change::Posted { post: album });
    let routed = route(&event, &index, Timestamp(20));
    let mut messages: Vec<_> = routed
        .iter()
        .map(|routed| match routed {
            Routed::Skip(delivery) => delivery.key.message.0,
            Routed::Forward(task) => panic!("{task:?}"),
        })
        .collect();
    messages.sort_unstable();
    assert_eq!(messages, [3, 4, 5]);
}

#[test]
fn a_pair_leaves_out_what_has_as_many_after_it_as_it_wants() {
    let topic = Thread::Topic(TopicId(8));
    let counted = |in_chat, in_thread| Newer { in_chat, in_thread };
    let (chat, thread) = (None, Some(TopicId(8)));
    let (live, missed) = (Recovery::Live, Recovery::Recovered);
    for (source, recovery, newer, is_forwarded) in [
        (chat, missed, counted(Some(0), None), true),
        (chat, missed, counted(Some(1), None), true),
        (chat, missed, counted(Some(2), None), false),
        (chat, missed, counted(Some(9), Some(0)), false),
        (thread, missed, counted(Some(9), Some(1)), true),
        (thread, missed, counted(Some(9), Some(2)), false),
        // Where nobody could count, nothing is lost.
        (chat, missed, Newer::default(), true),
        (chat, live, counted(Some(9), None), true),
    ] {
        let options = Options::parse(Draft {
            gap_policy: GapPolicy::Last(2),
            ..Draft::default()
        });
        let index = index(vec![Pair {
            options: options.unwrap(),
            ..pair(1, from_telegram(ACCOUNT, source), PairState::Active)
        }]);
        let event = SourceEvent {
            thread: Some(topic),
            recovery,
            newer,
            ..event(Change::Posted { post: post("x") })
        };
        let routed = route(&event, &index, Timestamp(20));
        let is_gap = |routed: &Routed| {
            let reason = SkipReason::Gap;
            matches!(routed, Routed::Skip(delivery)
                if delivery.state == DeliveryState::Skipped { reason })
        };
        assert_eq!(routed.len(), 1);
        assert_eq!(
            is_gap(&routed[0]),
            !is_forwarded,
            "{source:?} {recovery:?} {newer:?}"
        );
    }
}

fn edited(text: &str) -> Change {
    Change::Edited {
        post: post(text),
        revision: Revision(4),
    }
}

#[test]
fn edits_and_deletions_go_the_way_of_their_post() {
    let index = with_options(Draft {
        header: Some("News".to_owned()),
        ..Draft::default()
    });
    let [Routed::Forward(task)] = &route(&event(edited("x")), &index, Timestamp(20))[..] else {
        panic!("not forwarded")
    };
    assert_eq!(task.change.revision(), Revision(4));
    let text = &task.change.post().unwrap().content.text;
    assert_eq!(text.as_str(), "News\nx");
    let deleted = route(&event(Change::Deleted), &index, Timestamp(20));
    assert_eq!(forwarded(&deleted), [PairId::from_bits(1)]);
}

#[test]
fn reactions_go_only_where_they_are_wanted_and_leave_no_trace_elsewhere() {
    let reactions = vec![Reaction {
        emoji: Emoji::unicode("👍"),
        count: 2,
    }];
    let revision = Revision::reacted(Timestamp(15));
    let reacted = event(Change::Reacted {
        reactions,
        revision,
    });
    let mut draft = Draft::default();
    for wanted in [false, true] {
        draft.events.reactions = wanted;
        let index = with_options(draft.clone());
        match &route(&reacted, &index, Timestamp(20))[..] {
            [Routed::Forward(task)] if wanted => {
                assert_eq!(task.change, reacted.change);
                assert_eq!(task.delivery().revision, revision);
            }
            [] if !wanted => {}
            routed => panic!("{wanted}: {routed:?}"),
        }
    }
    // Not always is it told in which topic they are; its pair knows by the message.
    let in_topic = Pair {
        options: Options::parse(draft).unwrap(),
        ..pair(
            1,
            from_telegram(ACCOUNT, Some(TopicId(8))),
            PairState::Active,
        )
    };
    let routed = route(&reacted, &index(vec![in_topic]), Timestamp(20));
    assert_eq!(forwarded(&routed), [PairId::from_bits(1)]);
}

#[test]
fn a_forward_is_native_where_one_account_sees_both_ends_and_nothing_is_changed() {
    let to = |account: AccountId, draft: &Draft| {
        let index = index(vec![Pair {
            destination: from_telegram(account, None),
            options: Options::parse(draft.clone()).unwrap(),
            ..pair(1, from_telegram(ACCOUNT, None), PairState::Active)
        }]);
        let posted = event(Change::Posted {
            post: post("hello"),
        });
        match &route(&posted, &index, Timestamp(20))[..] {
            [Routed::Forward(task)] => (
                task.manner,
                task.change.post().unwrap().content.text.as_str().to_owned(),
            ),
            routed => panic!("{routed:?}"),
        }
    };
    let forward = Draft {
        mode: Mode::Forward,
        ..Draft::default()
    };
    let framed = Draft {
        footer: Some("end".to_owned()),
        ..forward.clone()
    };
    let other = AccountId::from_bits(2);
    let said = |manner, text: &str| (manner, text.to_owned());
    assert_eq!(to(ACCOUNT, &forward), said(Manner::Forwarded, "hello"));
    assert_eq!(to(other, &forward), said(Manner::Attributed, "Ann\nhello"));
    assert_eq!(
        to(ACCOUNT, &framed),
        said(Manner::Attributed, "Ann\nhello\nend")
    );
    assert_eq!(
        to(ACCOUNT, &Draft::default()),
        said(Manner::Copied, "hello")
    );
}

fn with_options(draft: Draft) -> PairIndex {
    index(vec![Pair {
        options: Options::parse(draft).unwrap(),
        ..pair(1, from_telegram(ACCOUNT, None), PairState::Active)
    }])
}

#[test]
fn what_a_pair_filters_is_recorded_with_the_rule() {
    let mut draft = Draft::default();
    draft.filters.block_words = vec!["spam".to_owned()];
    let index = with_options(draft);
    let routed = |text: &str| {
        let change = Change::Posted { post: post(text) };
        route(&event(change), &index, Timestamp(20))
    };
    let [Routed::Skip(delivery)] = &routed("no SPAM, please")[..] else {
        panic!("not filtered")
    };
    let rule = Rule::BlockWord("spam".to_owned());
    assert_eq!(rule.to_string(), r#"block_word "spam""#);
    assert_eq!(delivery.state, DeliveryState::Filtered { rule });
    assert_eq!(
        (delivery.key.message, delivery.key.revision),
        (MessageId(3), Revision::POSTED)
    );
    assert!(delivery.state.is_final());
    assert_eq!(forwarded(&routed("hello")), [PairId::from_bits(1)]);
    // What Patchbay posted is told apart before anything is looked for in it.
    let own = Post {
        origin: Origin::Patchbay,
        ..post("spam")
    };
    let [Routed::Skip(delivery)] =
        &route(&event(Change::Posted { post: own }), &index, Timestamp(20))[..]
    else {
        panic!("not skipped")
    };
    let reason = SkipReason::OwnPost;
    assert_eq!(delivery.state, DeliveryState::Skipped { reason });
}

#[test]
fn options_change_the_task() {
    let index = with_options(Draft {
        mode: Mode::Forward,
        silent: Silent::Always,
        delay: 90,
        header: Some("**News**".to_owned()),
        ..Draft::default()
    });
    let posted = event(Change::Posted {
        post: post("hello"),
    });
    let [Routed::Forward(task)] = &route(&posted, &index, Timestamp(20))[..] else {
        panic!("not forwarded")
    };
    let Change::Posted { post } = &task.change else {
        panic!("{task:?}")
    };
    assert_eq!(task.due_at, Timestamp(90_020));
    assert_eq!(task.received_at, Timestamp(20));
    assert_eq!(post.notification, Notification::Silent);
    assert_eq!(post.content.text.as_str(), "News\nAnn\nhello");
}

#[test]
fn users_whose_pairs_differ_are_found() {
    let (ann, bob, cleo) = (
        pair(1, from_telegram(ACCOUNT, None), PairState::Active),
        pair(2, from_telegram(ACCOUNT, None), PairState::Active),
        pair(3, from_telegram(ACCOUNT, None), PairState::Active),
    );
    let index = index(vec![ann.clone(), bob.clone()]);
    let paused = Pair {
        state: PairState::Paused,
        ..bob.clone()
    };
    let changed = Pair {
        version: 2,
        ..bob.clone()
    };
    let differing = |pairs: &[Pair]| -> Vec<u128> {
        index
            .owners_differing(pairs)
            .into_iter()
            .map(UserId::bits)
            .collect()
    };
    assert_eq!(differing(&[ann.clone(), bob.clone()]), []);
    assert_eq!(differing(std::slice::from_ref(&ann)), [2]);
    assert_eq!(differing(&[ann.clone(), paused]), [2]);
    assert_eq!(differing(&[ann.clone(), changed]), [2]);
    assert_eq!(differing(&[ann, bob, cleo]), [3]);
}

#[test]
fn replacing_a_users_pairs_leaves_those_of_others() {
    let mut index = index(vec![
        pair(1, from_telegram(ACCOUNT, None), PairState::Active),
        pair(2, from_telegram(ACCOUNT, None), PairState::Active),
    ]);
    index.replace(UserId::from_bits(1), []);
    let known = |pair| index.get(ChatId::Telegram(CHAT), PairId::from_bits(pair));
    assert!(known(1).is_none());
    assert!(known(2).is_some());
}
