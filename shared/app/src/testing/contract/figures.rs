use std::collections::BTreeMap;
use std::time::Duration;

use patchbay_domain::figures::{Day, Tally};
use patchbay_domain::ids::{MessageId, PairId, PartitionId};
use patchbay_domain::{
    Change, Delivery, DeliveryState, FailReason, ForwardTask, Revision, SkipReason,
};

use super::Subject;
use crate::ports::{Arrival, Backlog, DayRollup, PortResult, Removed};

fn tally(subject: &Subject) -> Tally {
    let mut tally = Tally::default();
    let task = subject.lone_task();
    let later = subject.now().plus(Duration::from_millis(1234));
    for state in [
        DeliveryState::delivered(vec![]),
        DeliveryState::Failed {
            reason: FailReason::NotAllowed,
            parts: vec![],
        },
        DeliveryState::Skipped {
            reason: SkipReason::Empty,
        },
    ] {
        tally.count(&Delivery::of(&task, state, later));
    }
    assert_eq!(tally.volume(), 3);
    tally
}

pub(super) async fn a_days_figures_are_replaced_at_their_version_alone(
    subject: &Subject,
) -> PortResult<()> {
    let rollups = &subject.ports.rollups;
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    let [day, next] = [Day(20_000), Day(20_001)];
    assert_eq!(rollups.of_pair(pair, day..next).await?, []);
    let counted = DayRollup {
        hours: BTreeMap::from([(0, Tally::default()), (23, tally(subject))]),
        ..DayRollup::empty(day)
    };
    assert!(rollups.put(pair, &counted).await?);
    assert!(!rollups.put(pair, &counted).await?);
    assert!(rollups.put(pair, &DayRollup::empty(next)).await?);
    assert!(rollups.put(other, &counted).await?);

    let found = rollups.of_pair(pair, day..next).await?;
    let stored = DayRollup {
        version: found.first().map_or(0, |found| found.version),
        ..counted.clone()
    };
    assert_eq!(found, std::slice::from_ref(&stored));
    let days: Vec<Day> = rollups
        .of_pair(pair, Day(0)..Day(30_000))
        .await?
        .iter()
        .map(|rollup| rollup.day)
        .collect();
    assert_eq!(days, [day, next]);
    assert_eq!(rollups.of_pair(pair, Day(0)..day).await?, []);

    // A day that is forgotten, between being read and being stored, stays so.
    let settles_at = subject.now().plus(Duration::from_mins(5));
    rollups.reset(pair, day, settles_at).await?;
    assert!(!rollups.put(pair, &stored).await?);
    let forgotten = rollups.of_pair(pair, day..next).await?;
    assert_eq!(forgotten[0].hours, BTreeMap::new());
    assert_eq!(forgotten[0].settles_at, settles_at);
    let again = DayRollup {
        hours: counted.hours.clone(),
        ..forgotten[0].clone()
    };
    assert!(rollups.put(pair, &again).await?);
    // So does one that was never stored.
    rollups.reset(pair, Day(5), settles_at).await?;
    assert!(!rollups.put(pair, &DayRollup::empty(Day(5))).await?);
    Ok(())
}

pub(super) async fn a_pairs_figures_are_removed_in_batches(subject: &Subject) -> PortResult<()> {
    let rollups = &subject.ports.rollups;
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    for day in 1..=3 {
        rollups.put(pair, &DayRollup::empty(Day(day))).await?;
    }
    rollups.put(other, &DayRollup::empty(Day(1))).await?;
    assert_eq!(rollups.remove_some(pair, 2).await?, Removed::Some);
    assert_eq!(rollups.remove_some(pair, 2).await?, Removed::All);
    assert_eq!(rollups.of_pair(pair, Day(0)..Day(9)).await?, []);
    assert_eq!(rollups.of_pair(other, Day(0)..Day(9)).await?.len(), 1);
    Ok(())
}

pub(super) async fn a_task_is_kept_for_its_owner_for_a_while(subject: &Subject) -> PortResult<()> {
    let kept = &subject.ports.kept_tasks;
    let (task, now) = (subject.lone_task(), subject.now());
    let until = now.plus(Duration::from_hours(1));
    let [key, other] = [task.delivery(), subject.lone_task().delivery()];
    assert_eq!(kept.get(task.owner, key).await?, None);
    kept.put(&task, until).await?;
    kept.put(&task, until).await?;
    assert_eq!(kept.get(task.owner, key).await?, Some(task.clone()));
    assert_eq!(kept.get(subject.owner(), key).await?, None);
    assert_eq!(kept.get(task.owner, other).await?, None);
    kept.remove(key).await?;
    assert_eq!(kept.get(task.owner, key).await?, None);

    let of_pair: Vec<_> = (1..=3)
        .map(|message| subject.task(key.pair, PartitionId(0), message))
        .collect();
    for task in &of_pair {
        kept.put(task, until).await?;
    }
    assert_eq!(kept.remove_some(key.pair, 2).await?, Removed::Some);
    assert_eq!(kept.remove_some(key.pair, 2).await?, Removed::All);
    for task in &of_pair {
        assert_eq!(kept.get(task.owner, task.delivery()).await?, None);
    }
    kept.put(&task, now).await?;
    assert_eq!(kept.get(task.owner, key).await?, None, "its time is over");
    Ok(())
}

pub(super) async fn the_latest_change_of_a_message_is_found(subject: &Subject) -> PortResult<()> {
    let kept = &subject.ports.kept_tasks;
    let posted = subject.lone_task();
    let (owner, pair, message) = (posted.owner, posted.pair, posted.message);
    let until = subject.now().plus(Duration::from_hours(1));
    let seen = posted.received_at;
    let latest = async || kept.latest_change(owner, pair, message, seen).await;
    assert_eq!(latest().await?, None);
    kept.put(&posted, until).await?;
    assert_eq!(latest().await?, None, "a post is no change of it");
    let Some(post) = posted.change.post().cloned() else {
        return Ok(());
    };
    let edited = |revision| ForwardTask {
        change: Change::Edited {
            post: post.clone(),
            revision: Revision(revision),
        },
        ..posted.clone()
    };
    for revision in [900, 20] {
        kept.put(&edited(revision), until).await?;
    }
    assert_eq!(latest().await?, Some(edited(900)));
    let reacted = ForwardTask {
        change: Change::Reacted {
            reactions: Vec::new(),
            revision: Revision::reacted(seen),
        },
        ..posted.clone()
    };
    kept.put(&reacted, until).await?;
    assert_eq!(latest().await?, Some(edited(900)), "reactions are no edit");
    let later = ForwardTask {
        received_at: seen.plus(Duration::from_millis(1)),
        ..edited(950)
    };
    kept.put(&later, until).await?;
    assert_eq!(latest().await?, Some(edited(900)), "nobody knew of it then");
    let deleted = ForwardTask {
        change: Change::Deleted,
        ..posted.clone()
    };
    kept.put(&deleted, until).await?;
    assert_eq!(latest().await?, Some(deleted));
    let of_another = kept
        .latest_change(subject.owner(), pair, message, seen)
        .await?;
    assert_eq!(of_another, None);
    let of_next = kept
        .latest_change(owner, pair, MessageId(message.0 + 1), seen)
        .await?;
    assert_eq!(of_next, None);
    Ok(())
}

pub(super) async fn the_first_pair_brings_a_message(subject: &Subject) -> PortResult<()> {
    let doubles = &subject.ports.doubles;
    let task = subject.lone_task();
    let arrival = Arrival {
        owner: subject.owner(),
        chat: task.chat,
        message: task.message,
        destination: task.destination,
    };
    let other = PairId::from_bits(subject.id());
    let until = subject.now().plus(Duration::from_hours(1));
    for pair in [task.pair, other, task.pair] {
        let first = doubles.first(&arrival, pair, until).await?;
        assert_eq!(first, task.pair);
    }
    let elsewhere = [
        Arrival {
            owner: subject.owner(),
            ..arrival
        },
        Arrival {
            message: MessageId(task.message.0 + 1),
            ..arrival
        },
        Arrival {
            destination: task.source,
            ..arrival
        },
    ];
    for arrival in elsewhere {
        assert_eq!(doubles.first(&arrival, other, until).await?, other);
    }
    subject.clock.set(until);
    let later = until.plus(Duration::from_hours(1));
    assert_eq!(doubles.first(&arrival, other, later).await?, other);
    Ok(())
}

pub(super) async fn what_waits_is_noted_by_partition(subject: &Subject) -> PortResult<()> {
    let backlogs = &subject.ports.backlogs;
    // No other check notes anything.
    let [one, other] = [PartitionId(1000), PartitionId(1001)];
    assert_eq!(backlogs.get(one).await?, None);
    let at = subject.now();
    for oldest in [None, Some(at)] {
        let backlog = Backlog { oldest, at };
        backlogs.put(one, &backlog).await?;
        assert_eq!(backlogs.get(one).await?, Some(backlog));
    }
    assert_eq!(backlogs.get(other).await?, None);
    Ok(())
}
