use std::time::Duration;

use axum::http::StatusCode;
use patchbay_domain::figures::Hour;
use patchbay_domain::ids::{MessageId, UserId};
use patchbay_domain::user::{Role, User};
use patchbay_domain::{DeliveryState, Fence};
use serde_json::{Value, json};

use super::traffic::Traffic;
use super::world::{Answer, Tenant, World};

const SUMMARY: &str = "/v1/analytics/summary";
const HOUR: Duration = Duration::from_hours(1);

/// Of each hour: three delivered, one failed, two skipped.
async fn an_hour(traffic: &Traffic<'_>, first: u64) {
    for message in first..first + 3 {
        traffic.delivered(message).await;
    }
    traffic.failed(first + 3).await;
    traffic.skipped(first + 4).await;
    traffic.skipped(first + 5).await;
}

async fn counts(world: &World, tenant: &Tenant, query: &str) -> [u64; 4] {
    let answer = world.get(tenant, &format!("{SUMMARY}{query}")).await;
    of(&answer.body)
}

fn of(figures: &Value) -> [u64; 4] {
    ["volume", "delivered", "failed", "skipped"].map(|name| {
        figures[name]
            .as_u64()
            .unwrap_or_else(|| panic!("{figures}"))
    })
}

#[tokio::test]
async fn a_summary_counts_what_became_of_messages() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let traffic = Traffic::of(&world, &ann, account).await;
    let nothing = world.get(&ann, SUMMARY).await;
    insta::assert_json_snapshot!(nothing.body, @r#"
    {
      "backfilled": 0,
      "bytes": 0,
      "delivered": 0,
      "failed": 0,
      "failed_by_kind": {},
      "filtered": 0,
      "from": "2026-09-20T15:00:00Z",
      "latency_ms": {
        "p50": null,
        "p95": null,
        "p99": null
      },
      "recovered": 0,
      "skipped": 0,
      "skipped_by_reason": {},
      "success_rate": null,
      "to": "2026-09-21T15:00:00Z",
      "volume": 0
    }
    "#);
    an_hour(&traffic, 1).await;
    let summary = world.get(&ann, SUMMARY).await;
    insta::assert_json_snapshot!(summary.body, @r#"
    {
      "backfilled": 0,
      "bytes": 30,
      "delivered": 3,
      "failed": 1,
      "failed_by_kind": {
        "not_allowed": 1
      },
      "filtered": 0,
      "from": "2026-09-20T15:00:00Z",
      "latency_ms": {
        "p50": 103,
        "p95": 103,
        "p99": 103
      },
      "recovered": 0,
      "skipped": 2,
      "skipped_by_reason": {
        "empty": 2
      },
      "success_rate": 0.75,
      "to": "2026-09-21T15:00:00Z",
      "volume": 6
    }
    "#);
}

#[tokio::test]
async fn figures_by_pair_account_and_user_and_nobody_elses() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let [one, other] = [world.account(&ann).await, world.account(&ann).await];
    let traffic = [
        Traffic::of(&world, &ann, one).await,
        Traffic::of(&world, &ann, one).await,
        Traffic::of(&world, &ann, other).await,
    ];
    an_hour(&traffic[0], 1).await;
    an_hour(&traffic[1], 1).await;
    traffic[2].delivered(1).await;
    let pair = traffic[0].pair.id;
    let queries = [
        (String::new(), [13, 7, 2, 4]),
        (format!("?pair={pair}"), [6, 3, 1, 2]),
        (format!("?account={one}"), [12, 6, 2, 4]),
        (format!("?account={other}"), [1, 1, 0, 0]),
    ];
    for (query, expected) in &queries {
        assert_eq!(counts(&world, &ann, query).await, *expected, "{query}");
    }
    assert_eq!(counts(&world, &bob, "").await, [0; 4]);
    for (query, _) in &queries[1..] {
        let refused = world.get(&bob, &format!("{SUMMARY}{query}")).await;
        assert_eq!(refused.kind(), "not-found", "{query}");
    }

    // What is deleted still counts, for its user and by its name.
    let deleted = world.delete(&ann, &format!("/v1/pairs/{pair}")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    for (query, expected) in &queries {
        assert_eq!(counts(&world, &ann, query).await, *expected, "{query}");
    }
}

#[tokio::test]
async fn hours_that_are_over_are_counted_once_and_a_retry_moves_a_message() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let traffic = Traffic::of(&world, &ann, account).await;
    let (ports, clock) = (&world.ports, world.memory.clock());
    let start = Hour::of(ports.clock.now());
    for hour in 0..3 {
        an_hour(&traffic, 1 + hour * 6).await;
        clock.advance(HOUR);
    }
    let ann = world.logged_in(ann.user.clone()).await;
    assert_eq!(counts(&world, &ann, "").await, [18, 9, 3, 6]);
    let days = start.day()..Hour(start.0 + 3).day().next();
    let kept = async || {
        let kept = ports.rollups.of_pair(traffic.pair.id, days.clone());
        let kept = kept.await.unwrap();
        kept.iter().map(|day| day.hours.len()).sum::<usize>()
    };
    // The hour before the pair was made is looked at too.
    assert_eq!(kept().await, 4);
    assert_eq!(counts(&world, &ann, "").await, [18, 9, 3, 6]);

    // Message 4 failed in the first hour; its retry is under way, then it is delivered.
    let path = format!("{}/4/retry", traffic.path());
    let retried = world.post(&ann, &path, Value::Null).await;
    assert_eq!(retried.status, StatusCode::ACCEPTED);
    assert_eq!(counts(&world, &ann, "").await, [17, 9, 2, 6]);
    assert_eq!(kept().await, 0, "nothing is kept while it may change");
    clock.advance(Duration::from_mins(6));
    let ann = world.logged_in(ann.user.clone()).await;
    assert_eq!(counts(&world, &ann, "").await, [17, 9, 2, 6]);
    assert_eq!(kept().await, 4);
    let (task, now) = (traffic.task(4), ports.clock.now());
    ports.deliveries.claim(&task, Fence(1), now).await.unwrap();
    let parts = vec![MessageId(7)];
    let delivered = DeliveryState::delivered(parts);
    ports
        .deliveries
        .finish(&task, &delivered, now)
        .await
        .unwrap();
    assert_eq!(counts(&world, &ann, "").await, [18, 10, 2, 6]);
    clock.advance(HOUR + HOUR);
    let ann = world.logged_in(ann.user.clone()).await;
    assert_eq!(counts(&world, &ann, "").await, [18, 10, 2, 6]);
}

#[tokio::test]
async fn a_series_has_every_bucket_and_sums_up_to_the_summary() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let traffic = Traffic::of(&world, &ann, account).await;
    an_hour(&traffic, 1).await;
    world.memory.clock().advance(HOUR * 30);
    an_hour(&traffic, 7).await;
    let ann = world.logged_in(ann.user.clone()).await;
    let series = async |query: &str| -> Answer {
        let answer = world
            .get(&ann, &format!("/v1/analytics/series?{query}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer
    };
    let hourly = series("interval=hour&from=2026-09-21T12:10:00Z").await;
    let buckets = hourly.body["buckets"].as_array().unwrap();
    assert_eq!(buckets.len(), 33);
    assert_eq!(buckets[0]["at"], "2026-09-21T12:00:00Z");
    assert_eq!(of(&buckets[2]), [6, 3, 1, 2]);
    assert_eq!(of(&buckets[3]), [0; 4]);
    assert_eq!(buckets[3]["latency_ms"]["p50"], Value::Null);
    assert_eq!(of(&buckets[32]), [6, 3, 1, 2]);
    let all: u64 = buckets.iter().map(|bucket| of(bucket)[0]).sum();
    assert_eq!(all, 12);
    assert_eq!(
        counts(&world, &ann, "?from=2026-09-21T12:00:00Z").await[0],
        all
    );

    let daily = series("interval=day&from=2026-09-20T12:00:00Z").await;
    let days: Vec<_> = daily.body["buckets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bucket| (bucket["at"].as_str().unwrap().to_owned(), of(bucket)[0]))
        .collect();
    let expected = [
        ("2026-09-20T00:00:00Z", 0),
        ("2026-09-21T00:00:00Z", 6),
        ("2026-09-22T00:00:00Z", 6),
    ];
    assert_eq!(days, expected.map(|(at, count)| (at.to_owned(), count)));
    let usual = series("interval=hour").await;
    assert_eq!(usual.body["buckets"].as_array().unwrap().len(), 24);
    let usual = series("interval=day").await;
    assert_eq!(usual.body["buckets"].as_array().unwrap().len(), 30);
}

#[tokio::test]
async fn times_that_make_no_sense_are_named() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let mut shown = Vec::new();
    for query in [
        "summary?from=today",
        "summary?from=2027-01-01T00:00:00Z",
        "summary?from=2020-01-01T00:00:00Z",
        "summary?from=-009999-01-01T00:00:00Z",
        "summary?to=0001-01-01T00:00:00Z&from=0001-01-01T00:00:00Z",
        "summary?pair=1",
        "summary?account=1",
        "summary?pair=pair_00000000000000000000000000000001&account=acc_00000000000000000000000000000001",
        "series",
        "series?interval=week",
        "series?interval=hour&from=2026-08-01T00:00:00Z",
    ] {
        let answer = world.get(&ann, &format!("/v1/analytics/{query}")).await;
        shown.push(format!("{query}\n{}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r"
    summary?from=today
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z; `+` is written `%2B` in a query
    summary?from=2027-01-01T00:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be before `to`, and in the past
    summary?from=2020-01-01T00:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be at most 400 days before `to`
    summary?from=-009999-01-01T00:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z; `+` is written `%2B` in a query
    summary?to=0001-01-01T00:00:00Z&from=0001-01-01T00:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be before `to`, and in the past
    summary?pair=1
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      pair: is not the id of a pair
    summary?account=1
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      account: is not the id of a Telegram account
    summary?pair=pair_00000000000000000000000000000001&account=acc_00000000000000000000000000000001
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      account: has no place beside `pair`
    series
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      interval: is missing: `hour` or `day`
    series?interval=week
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      interval: unknown variant `week`, expected `hour` or `day`
    series?interval=hour&from=2026-08-01T00:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be at most 31 days before `to`
    ");
    let old =
        "/v1/analytics/series?interval=hour&from=1970-01-01T00:00:00Z&to=1970-01-02T00:00:00Z";
    let old = world.get(&ann, old).await;
    assert_eq!(old.body["buckets"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn what_is_connected_is_listed() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    let path = "/v1/analytics/sessions";
    let sessions = world.get(&ann, path).await;
    assert_eq!(sessions.body["telegram"][0]["id"], account.to_string());
    assert_eq!(sessions.body["telegram"][0]["state"], "connected");
    assert_eq!(sessions.body["discord"][0]["bot_present"], true);
    let none = world.get(&bob, path).await;
    assert_eq!(none.body, json!({ "telegram": [], "discord": [] }));
}

#[tokio::test]
async fn a_user_sees_the_queue_and_only_an_admin_all_of_them() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let traffic = Traffic::of(&world, &ann, account).await;
    traffic.failed(1).await;
    let tasks = [traffic.task(2), traffic.task(3)];
    world.ports.tasks.enqueue(&tasks).await.unwrap();
    let queue = world.get(&ann, "/v1/queue").await;
    assert_eq!(queue.body["queue"]["depth"], 2);
    assert_eq!(queue.body["queue"]["oldest_at"], Value::Null);
    assert_eq!(queue.body["failed"], 1);

    let refused = world.get(&ann, "/v1/admin/queues").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let admin = User {
        id: UserId::from_bits(world.ports.ids.next()),
        email: "admin@example.com".parse().unwrap(),
        role: Role::Admin,
        ..ann.user.clone()
    };
    world.ports.users.create(&admin).await.unwrap();
    let admin = world.logged_in(admin).await;
    let all = world.get(&admin, "/v1/admin/queues").await;
    let depths: u64 = all.body["queues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|queue| queue["depth"].as_u64().unwrap())
        .sum();
    assert_eq!(
        (all.body["queues"].as_array().unwrap().len(), depths),
        (4, 2)
    );
    assert_eq!(all.body["dead_letters"], 0);
}
