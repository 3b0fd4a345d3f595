use std::time::Duration;

use patchbay_domain::ids::{PairId, PartitionId, UserId};
use patchbay_domain::user::{PasswordHash, Profile, Role};
use patchbay_domain::{Delivery, DeliveryState, ForwardTask, Plan, Recovery, SkipReason};

use super::*;
use crate::ports::Clock;
use crate::testing::Memory;
use crate::testing::contract::Subject;

/// More than one request reads, spread over this many hours.
const DELIVERIES: u64 = 31_000;
const HOURS: u64 = 31;

#[tokio::test]
async fn what_is_too_much_for_one_request_is_counted_in_steps() {
    let memory = Memory::new();
    let subject = Subject {
        ports: memory.ports(),
        clock: memory.clock().clone(),
    };
    let ports = &subject.ports;
    let start = memory.clock().now();
    let pair = PairId::from_bits(1);
    let user = User {
        id: UserId::from_bits(9),
        email: "ann@example.com".parse().unwrap(),
        password_hash: PasswordHash::default(),
        partition: PartitionId(0),
        role: Role::default(),
        plan: Plan::default(),
        profile: Profile::default(),
        created_at: start,
        leaving_since: None,
    };
    let state = DeliveryState::Skipped {
        reason: SkipReason::Empty,
    };
    let deliveries: Vec<_> = (0..DELIVERIES)
        .map(|message| {
            let task = subject.task(pair, PartitionId(0), message);
            let at = start.plus(Duration::from_hours(message * HOURS / DELIVERIES));
            Delivery::of(&task, state.clone(), at)
        })
        .collect();
    ports.deliveries.record(&deliveries).await.unwrap();
    let destination = deliveries[0].destination;
    let known = Pair {
        id: pair,
        owner: user.id,
        partition: PartitionId(0),
        source: destination,
        destination,
        state: patchbay_domain::PairState::Active,
        created_at: start,
        version: 1,
        options: patchbay_domain::pair::Options::default(),
        health: patchbay_domain::pair::Health::default(),
    };
    assert!(ports.pairs.create(&known, 0).await.unwrap());
    memory.clock().advance(Duration::from_hours(HOURS + 1));

    let hours = Hour::of(start)..Hour::of(memory.clock().now()).next();
    let first = by_hour(ports, &user, Of::Everything, hours.clone()).await;
    assert!(matches!(first, Err(AnalyticsError::Counting)), "{first:?}");
    let second = by_hour(ports, &user, Of::Everything, hours).await.unwrap();
    assert_eq!(sum(second.values()).volume(), DELIVERIES);
    let busiest = second.values().map(Tally::volume).max();
    assert_eq!(busiest, Some(DELIVERIES / HOURS));
}

/// They wait for each other, and were said long ago.
#[test]
fn what_was_brought_on_request_is_no_latency() {
    let memory = Memory::new();
    let subject = Subject {
        ports: memory.ports(),
        clock: memory.clock().clone(),
    };
    let now = memory.clock().now();
    let mut tally = Tally::default();
    for (recovery, took) in [
        (Recovery::Live, Duration::from_millis(5)),
        (Recovery::Requested, Duration::from_mins(3)),
    ] {
        let task = subject.task(PairId::from_bits(1), PartitionId(0), 7);
        let task = ForwardTask { recovery, ..task };
        let state = DeliveryState::delivered(Vec::new());
        tally.count(&Delivery::of(&task, state, now.plus(took)));
    }
    let counted = (tally.delivered, tally.recovered, tally.backfilled);
    assert_eq!(counted, (2, 0, 1));
    assert_eq!(tally.latencies.percentile(100), Some(5));
}
