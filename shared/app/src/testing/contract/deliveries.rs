use std::ops::Range;
use std::time::Duration;

use patchbay_domain::ids::{MessageId, PairId, PartitionId, TelegramChatId};
use patchbay_domain::pair::Rule;
use patchbay_domain::{
    ChatId, Delivery, DeliveryKey, DeliveryState, FailReason, Fence, ForwardTask, Revision,
    SkipReason, Timestamp,
};

use super::Subject;
use crate::ports::{Claim, Earlier, Order, Page, PortResult, Removed};

fn delivered(parts: &[u64]) -> DeliveryState {
    DeliveryState::delivered(parts.iter().copied().map(MessageId).collect())
}

fn skipped(subject: &Subject, task: &ForwardTask) -> Delivery {
    let state = DeliveryState::Skipped {
        reason: SkipReason::Empty,
    };
    Delivery::of(task, state, subject.now())
}

pub(super) async fn a_claim_is_first_once(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    assert_eq!(deliveries.get(task.delivery()).await?, None);
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::First);
    for attempts in [2, 3] {
        let later = now.plus(Duration::from_secs(attempts));
        let attempts = u32::try_from(attempts).unwrap_or_default();
        let again = Claim::Again {
            since: now,
            attempts,
            parts: vec![],
        };
        assert_eq!(deliveries.claim(&task, Fence(2), later).await?, again);
    }
    let found = deliveries.get(task.delivery()).await?;
    let state = DeliveryState::Claimed {
        fence: Fence(2),
        parts: vec![],
    };
    assert_eq!(
        found,
        Some(Delivery {
            claimed_at: Some(now),
            attempts: 3,
            ..Delivery::of(&task, state, now)
        })
    );
    Ok(())
}

pub(super) async fn an_older_owner_is_fenced(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::First);
    assert_eq!(deliveries.claim(&task, Fence(1), now).await?, Claim::Fenced);
    let again = Claim::Again {
        since: now,
        attempts: 2,
        parts: vec![],
    };
    assert_eq!(deliveries.claim(&task, Fence(3), now).await?, again);
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::Fenced);
    deliveries
        .progress(task.delivery(), Fence(2), &[MessageId(1)])
        .await?;
    let again = Claim::Again {
        since: now,
        attempts: 3,
        parts: vec![],
    };
    assert_eq!(deliveries.claim(&task, Fence(3), now).await?, again);
    Ok(())
}

pub(super) async fn progress_is_found_by_the_next_claim(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    deliveries
        .progress(task.delivery(), Fence(1), &[MessageId(1)])
        .await?;
    assert_eq!(
        deliveries.get(task.delivery()).await?,
        None,
        "nothing was claimed"
    );
    deliveries.claim(&task, Fence(1), now).await?;
    let parts = vec![MessageId(u64::MAX), MessageId(2)];
    for sent in 1..=2 {
        deliveries
            .progress(task.delivery(), Fence(1), &parts[..sent])
            .await?;
    }
    let again = Claim::Again {
        since: now,
        attempts: 2,
        parts,
    };
    assert_eq!(deliveries.claim(&task, Fence(1), now).await?, again);
    Ok(())
}

pub(super) async fn a_final_state_stands(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let now = subject.now();
    let failed = DeliveryState::Failed {
        reason: FailReason::GaveUp {
            attempts: 3,
            last: "busy".to_owned(),
        },
        parts: vec![MessageId(4)],
    };
    let pair_deleted = DeliveryState::Skipped {
        reason: SkipReason::PairDeleted,
    };
    let states = [delivered(&[4, 5]), failed.clone(), pair_deleted];
    for state in states {
        let task = subject.lone_task();
        deliveries.claim(&task, Fence(1), now).await?;
        deliveries
            .finish(&task, &state, now.plus(Duration::from_secs(1)))
            .await?;
        for _ in 0..2 {
            deliveries.finish(&task, &delivered(&[9]), now).await?;
            deliveries.finish(&task, &failed, now).await?;
        }
        deliveries
            .progress(task.delivery(), Fence(1), &[MessageId(9)])
            .await?;
        let claim = deliveries.claim(&task, Fence(2), now).await?;
        assert_eq!(claim, Claim::Finished(state.clone()));
        let found = deliveries.get(task.delivery()).await?;
        let finished_at = now.plus(Duration::from_secs(1));
        assert_eq!(
            found,
            Some(Delivery {
                claimed_at: Some(now),
                attempts: 1,
                ..Delivery::of(&task, state, finished_at)
            })
        );
    }
    Ok(())
}

/// A group became a supergroup, which numbers its messages anew.
pub(super) async fn a_number_that_came_again_in_another_chat_is_another_message(
    subject: &Subject,
) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (now, fence) = (subject.now(), Fence(1));
    let former = subject.lone_task();
    deliveries.claim(&former, fence, now).await?;
    deliveries.finish(&former, &delivered(&[7]), now).await?;
    let task = ForwardTask {
        chat: ChatId::Telegram(TelegramChatId(-1_000_000_000_077)),
        ..former.clone()
    };
    assert_eq!(deliveries.claim(&task, fence, now).await?, Claim::First);
    deliveries.finish(&task, &delivered(&[8]), now).await?;
    let found = deliveries.get(task.delivery()).await?;
    let found = found.map(|found| (found.chat, found.state, found.attempts));
    assert_eq!(found, Some((task.chat, delivered(&[8]), 1)));
    let finished = Claim::Finished(delivered(&[8]));
    assert_eq!(deliveries.claim(&task, fence, now).await?, finished);
    let again = skipped(subject, &former);
    deliveries.record(std::slice::from_ref(&again)).await?;
    assert_eq!(deliveries.get(task.delivery()).await?, Some(again));
    Ok(())
}

pub(super) async fn what_is_skipped_replaces_nothing(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let now = subject.now();
    let [new, claimed, finished] = [(); 3].map(|()| subject.lone_task());
    deliveries.claim(&claimed, Fence(1), now).await?;
    deliveries.claim(&finished, Fence(1), now).await?;
    deliveries.finish(&finished, &delivered(&[1]), now).await?;
    let skips = [&new, &claimed, &finished].map(|task| skipped(subject, task));
    for _ in 0..2 {
        deliveries.record(&skips).await?;
    }
    deliveries.record(&[]).await?;
    assert_eq!(
        deliveries.get(new.delivery()).await?.as_ref(),
        Some(&skips[0])
    );
    let states = [
        deliveries.get(claimed.delivery()).await?,
        deliveries.get(finished.delivery()).await?,
    ];
    let states = states.map(|found| found.map(|delivery| delivery.state));
    let claim = DeliveryState::Claimed {
        fence: Fence(1),
        parts: vec![],
    };
    assert_eq!(states, [Some(claim), Some(delivered(&[1]))]);
    Ok(())
}

pub(super) async fn deliveries_come_in_pages_by_message_and_revision(
    subject: &Subject,
) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    let places = [
        (1, 0),
        (2, 0),
        (2, 1_790_000_000),
        (2, u64::MAX),
        (10, 0),
        (u64::MAX, 0),
    ];
    let key = |(message, revision)| DeliveryKey {
        pair,
        message: MessageId(message),
        revision: Revision(revision),
    };
    let template = skipped(subject, &subject.lone_task());
    let expected = places.map(|place| Delivery {
        key: key(place),
        ..template.clone()
    });
    let mut written = expected.to_vec();
    written.reverse();
    written.push(Delivery {
        key: DeliveryKey {
            pair: other,
            ..key((3, 0))
        },
        ..template
    });
    deliveries.record(&written).await?;

    for limit in [1, 4, 6, 100] {
        let found = pages(subject, &Listing::OfPair(pair), limit).await?;
        assert_eq!(found, expected, "pages of {limit}");
        let changes = Listing::OfMessage(pair, MessageId(2));
        let found = pages(subject, &changes, limit).await?;
        assert_eq!(found, expected[1..4], "pages of {limit}");
    }
    Ok(())
}

enum Listing {
    OfPair(PairId),
    OfMessage(PairId, MessageId),
    ByTime(PairId, Range<Timestamp>, Order),
}

/// All that comes in pages of this size.
async fn pages(subject: &Subject, listing: &Listing, limit: usize) -> PortResult<Vec<Delivery>> {
    let deliveries = &subject.ports.deliveries;
    let mut found: Vec<Delivery> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let last = found.last();
        let page = match listing {
            Listing::OfPair(pair) => deliveries.of_pair(*pair, next.as_deref(), limit).await?,
            Listing::OfMessage(pair, message) => {
                let after = last.map(|last| last.key.revision);
                deliveries.of_message(*pair, *message, after, limit).await?
            }
            Listing::ByTime(pair, time, order) => {
                let (time, after) = (time.clone(), last.map(Delivery::place));
                deliveries
                    .by_time(*pair, time, *order, after, limit)
                    .await?
            }
        };
        assert!(page.items.len() == limit || page.next.is_none());
        found.extend(page.items);
        next = page.next;
        if next.is_none() {
            return Ok(found);
        }
    }
}

pub(super) async fn outcomes_come_by_their_time(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let now = subject.now();
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    let at = |seconds: u64| now.plus(Duration::from_secs(seconds));
    let task = |message| subject.task(pair, PartitionId(0), message);
    // Message 1 gets its outcome last, 4 gets none; 2 and 3 get theirs at the same time.
    for (message, second) in [(1, 9), (2, 3), (3, 3), (4, 0), (5, 1)] {
        let task = task(message);
        deliveries.claim(&task, Fence(1), at(message)).await?;
        if second > 0 {
            deliveries
                .finish(&task, &delivered(&[message]), at(second))
                .await?;
        }
    }
    let skip = Delivery::of(&task(6), skipped(subject, &task(6)).state, at(5));
    let elsewhere = Delivery::of(
        &subject.task(other, PartitionId(0), 7),
        delivered(&[1]),
        now,
    );
    deliveries.record(&[skip, elsewhere]).await?;

    let whole = || deliveries.by_time(pair, at(0)..at(100), Order::OldestFirst, None, 100);
    super::eventually(whole, |page| page.items.len() == 5).await?;
    for limit in [1, 2, 100] {
        for (from, to, mut expected) in [
            (0, 100, vec![5, 2, 3, 6, 1]),
            (1, 9, vec![5, 2, 3, 6]),
            (3, 4, vec![2, 3]),
            (4, 5, vec![]),
            (9, 3, vec![]),
        ] {
            for order in [Order::OldestFirst, Order::NewestFirst] {
                let listing = Listing::ByTime(pair, at(from)..at(to), order);
                let found = pages(subject, &listing, limit).await?;
                let found: Vec<u64> = found.iter().map(|found| found.key.message.0).collect();
                assert_eq!(found, expected, "{from} to {to}, pages of {limit}");
                expected.reverse();
            }
        }
    }
    Ok(())
}

const UNCLEAR: Earlier = Earlier::Unclear;

pub(super) async fn after_a_failure_that_sent_nothing_a_claim_is_first(
    subject: &Subject,
) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    let failed = DeliveryState::Failed {
        reason: FailReason::NotAllowed,
        parts: vec![],
    };
    for _ in 0..2 {
        deliveries.claim(&task, Fence(1), now).await?;
    }
    deliveries.finish(&task, &failed, now).await?;
    let queued = deliveries
        .requeue(task.delivery(), 0, Earlier::Nothing)
        .await?;
    let queued = queued.map(|queued| (queued.claimed_at, queued.attempts, queued.retries));
    assert_eq!(queued, Some((None, 0, 1)));
    let later = now.plus(Duration::from_hours(1));
    assert_eq!(
        deliveries.claim(&task, Fence(1), later).await?,
        Claim::First
    );
    let again = Claim::Again {
        since: later,
        attempts: 2,
        parts: vec![],
    };
    let claim = deliveries.claim(&task, Fence(1), later.plus(Duration::from_secs(1)));
    assert_eq!(claim.await?, again);
    Ok(())
}

pub(super) async fn what_failed_is_queued_again_once(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    let key = task.delivery();
    let parts = vec![MessageId(4)];
    let failed = DeliveryState::Failed {
        reason: FailReason::NotAllowed,
        parts: parts.clone(),
    };
    assert_eq!(deliveries.requeue(key, 0, UNCLEAR).await?, None);
    deliveries.claim(&task, Fence(1), now).await?;
    assert_eq!(deliveries.requeue(key, 0, UNCLEAR).await?, None);
    for retries in 0..2 {
        let later = now.plus(Duration::from_secs(u64::from(retries) + 1));
        deliveries.finish(&task, &failed, later).await?;
        assert_eq!(deliveries.requeue(key, retries + 1, UNCLEAR).await?, None);
        let queued = deliveries.requeue(key, retries, UNCLEAR).await?;
        let state = DeliveryState::Queued {
            parts: parts.clone(),
        };
        let expected = Delivery {
            claimed_at: Some(now),
            attempts: retries + 1,
            retries: retries + 1,
            ..Delivery::of(&task, state, later)
        };
        assert_eq!(queued.as_ref(), Some(&expected));
        assert_eq!(deliveries.requeue(key, retries, UNCLEAR).await?, None);
        assert_eq!(deliveries.get(key).await?, Some(expected));
        let again = Claim::Again {
            since: now,
            attempts: retries + 2,
            parts: parts.clone(),
        };
        // Whoever failed may have had a higher fence than who tries again: that was long ago.
        assert_eq!(deliveries.claim(&task, Fence(1), later).await?, again);
    }
    let all = delivered(&[4, 5]);
    deliveries.finish(&task, &all, now).await?;
    assert_eq!(deliveries.requeue(key, 2, UNCLEAR).await?, None);
    let listed = || {
        let time = now..now.plus(Duration::from_secs(9));
        deliveries.by_time(key.pair, time, Order::OldestFirst, None, 9)
    };
    let is_there_once = |page: &Page<Delivery>| {
        page.items.len() == 1 && page.items[0].state == all && page.items[0].updated_at == now
    };
    let page = super::eventually(listed, is_there_once).await?;
    assert!(is_there_once(&page), "{page:?}");
    Ok(())
}

pub(super) async fn a_pairs_deliveries_are_removed_in_batches(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    let of = |pair, message| skipped(subject, &subject.task(pair, PartitionId(0), message));
    let mut written: Vec<_> = (1..=5).map(|message| of(pair, message)).collect();
    written.push(of(other, 1));
    deliveries.record(&written).await?;
    assert_eq!(deliveries.remove_some(pair, 3).await?, Removed::Some);
    assert_eq!(deliveries.of_pair(pair, None, 9).await?.items.len(), 2);
    assert_eq!(deliveries.remove_some(pair, 3).await?, Removed::All);
    assert_eq!(deliveries.of_pair(pair, None, 9).await?.items, []);
    assert_eq!(deliveries.remove_some(pair, 3).await?, Removed::All);
    assert_eq!(deliveries.of_pair(other, None, 9).await?.items.len(), 1);
    Ok(())
}

pub(super) async fn what_was_left_out_for_now_can_be_claimed_after_all(
    subject: &Subject,
) -> PortResult<()> {
    let (deliveries, now) = (&subject.ports.deliveries, subject.now());
    let skipped = |reason| DeliveryState::Skipped { reason };
    for (state, is_left_out_for_now) in [
        (skipped(SkipReason::Gap), true),
        (skipped(SkipReason::PairPaused), true),
        (
            DeliveryState::Filtered {
                rule: Rule::AllowText,
            },
            true,
        ),
        (skipped(SkipReason::Empty), false),
        (DeliveryState::delivered(vec![MessageId(8)]), false),
    ] {
        let task = subject.lone_task();
        let left_out = Delivery::of(&task, state.clone(), now);
        deliveries.record(&[left_out]).await?;
        deliveries.readmit(task.delivery()).await?;
        deliveries.readmit(task.delivery()).await?;
        let claim = deliveries.claim(&task, Fence(1), now).await?;
        let expected = if is_left_out_for_now {
            Claim::First
        } else {
            Claim::Finished(state)
        };
        assert_eq!(claim, expected);
        deliveries.readmit(task.delivery()).await?;
        assert!(deliveries.get(task.delivery()).await?.is_some());
    }
    Ok(())
}
