use std::time::Duration;

use axum::http::StatusCode;
use patchbay_domain::account::TelegramChat;
use patchbay_domain::ids::{AccountId, TelegramChatId};
use patchbay_domain::{DeliveryState, Endpoint, Pair};
use serde_json::Value;

use super::traffic::Traffic;
use super::world::{Answer, Tenant, World};

async fn seeded<'a>(world: &'a World, tenant: &Tenant) -> Traffic<'a> {
    let account = world.account(tenant).await;
    let traffic = Traffic::of(world, tenant, account).await;
    for message in 1..=6 {
        world.memory.clock().advance(Duration::from_mins(1));
        match message {
            2 => traffic.failed(message).await,
            3 => traffic.skipped(message).await,
            _ => traffic.delivered(message).await,
        }
    }
    traffic
}

fn messages(answer: &Answer) -> Vec<&str> {
    let items = answer.body["items"]
        .as_array()
        .unwrap_or_else(|| panic!("{:?}", answer.body));
    items
        .iter()
        .map(|item| item["message"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn messages_are_listed_the_newest_first_and_by_state_and_time() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let path = seeded(&world, &ann).await.path();
    for (query, expected) in [
        ("", vec!["6", "5", "4", "3", "2", "1"]),
        ("?state=failed", vec!["2"]),
        ("?state=skipped", vec!["3"]),
        ("?state=delivered&limit=2", vec!["6", "5"]),
        ("?state=pending", vec![]),
        (
            "?from=2026-09-21T14:15:20Z&to=2026-09-21T14:17:20.100Z",
            vec!["3", "2"],
        ),
        ("?to=2026-09-21T16%3A15%3A20%2B02:00", vec!["1"]),
    ] {
        let answer = world.get(&ann, &format!("{path}{query}")).await;
        assert_eq!(messages(&answer), expected, "{query}");
    }
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = world
            .get(&ann, &format!("{path}?state=delivered&limit=1{cursor}"))
            .await;
        found.extend(messages(&page).into_iter().map(str::to_owned));
        match page.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, ["6", "5", "4", "1"]);
}

#[tokio::test]
async fn a_message_says_what_became_of_it() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let path = seeded(&world, &ann).await.path();
    let delivered = world.get(&ann, &format!("{path}/1")).await;
    insta::assert_json_snapshot!(delivered.body["items"][0], @r#"
    {
      "advice": null,
      "attempts": 1,
      "backfilled": false,
      "bytes": 10,
      "change": "posted",
      "destination": {
        "channel": "11",
        "guild": "7",
        "platform": "discord"
      },
      "finished_at": "2026-09-21T14:14:20.1Z",
      "first_attempt_at": "2026-09-21T14:14:20Z",
      "message": "1",
      "reason": null,
      "reason_code": null,
      "received_at": "2026-09-21T14:14:20Z",
      "recovered": false,
      "retriable_until": null,
      "retries": 0,
      "revision": "0",
      "sent": [
        {
          "link": "https://discord.com/channels/7/11/1001",
          "message": "1001"
        }
      ],
      "source_at": "2026-09-21T14:14:20Z",
      "state": "delivered"
    }
    "#);
    let failed = world.get(&ann, &format!("{path}/2")).await;
    insta::assert_json_snapshot!(failed.body["items"][0], @r#"
    {
      "advice": "give the account or bot the right to post there, then retry",
      "attempts": 1,
      "backfilled": false,
      "bytes": 10,
      "change": "posted",
      "destination": {
        "channel": "11",
        "guild": "7",
        "platform": "discord"
      },
      "finished_at": "2026-09-21T14:15:20.1Z",
      "first_attempt_at": "2026-09-21T14:15:20Z",
      "message": "2",
      "reason": "the account or bot may not post there",
      "reason_code": "not_allowed",
      "received_at": "2026-09-21T14:15:20Z",
      "recovered": false,
      "retriable_until": "2026-10-05T14:15:20.1Z",
      "retries": 0,
      "revision": "0",
      "sent": [],
      "source_at": "2026-09-21T14:15:20Z",
      "state": "failed"
    }
    "#);
    let skipped = world.get(&ann, &format!("{path}/3")).await;
    let skipped = &skipped.body["items"][0];
    assert_eq!(skipped["reason_code"], "empty");
    assert_eq!(skipped["retriable_until"], Value::Null);
    for unknown in ["7", "x", "-1", "99999999999999999999999"] {
        let answer = world.get(&ann, &format!("{path}/{unknown}")).await;
        assert_eq!(answer.kind(), "not-found", "{unknown}");
    }
}

#[tokio::test]
async fn what_a_deleted_pair_did_can_still_be_seen_and_is_not_retried() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let traffic = seeded(&world, &ann).await;
    let path = traffic.path();
    let pair = format!("/v1/pairs/{}", traffic.pair.id);
    let deleted = world.delete(&ann, &pair).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(messages(&world.get(&ann, &path).await).len(), 6);
    assert_eq!(
        world.get(&ann, &format!("{path}/2")).await.status,
        StatusCode::OK
    );
    let retried = world
        .post(&ann, &format!("{path}/2/retry"), Value::Null)
        .await;
    assert_eq!(retried.kind(), "not-found");
}

#[tokio::test]
async fn links_to_telegram_follow_the_chat() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account: AccountId = world.account(&ann).await;
    let chat = TelegramChatId(-1_001_234_567_890);
    let chats = &world.ports.chats;
    let some = chats.telegram(account, TelegramChatId(1)).await.unwrap();
    let known = TelegramChat {
        id: chat,
        username: Some("the_news".to_owned()),
        ..some.unwrap()
    };
    world
        .ports
        .chats
        .put_telegram(account, &[known])
        .await
        .unwrap();
    let traffic = Traffic::of(&world, &ann, account).await;
    let public = Traffic {
        world: &world,
        pair: Pair {
            destination: Endpoint::Telegram {
                account,
                chat,
                topic: None,
            },
            ..traffic.pair.clone()
        },
    };
    let private = Traffic {
        world: &world,
        pair: Pair {
            destination: Endpoint::Telegram {
                account,
                chat: TelegramChatId(1),
                topic: None,
            },
            ..traffic.pair.clone()
        },
    };
    public.delivered(1).await;
    private.delivered(2).await;
    let link = async |message: u64| {
        let answer = world
            .get(&ann, &format!("{}/{message}", traffic.path()))
            .await;
        answer.body["items"][0]["sent"][0]["link"].clone()
    };
    assert_eq!(link(1).await, "https://t.me/the_news/1001");
    assert_eq!(link(2).await, Value::Null);
}

#[tokio::test]
async fn a_failed_message_is_queued_once_however_often_it_is_asked_for() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let traffic = seeded(&world, &ann).await;
    let path = traffic.path();
    let retry = format!("{path}/2/retry");
    for _ in 0..3 {
        let answer = world.post(&ann, &retry, Value::Null).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
        assert_eq!(answer.text("state"), "pending");
        assert_eq!(answer.body["retries"], 1);
    }
    let listed = world.get(&ann, &format!("{path}?state=pending")).await;
    assert_eq!(messages(&listed), ["2"]);
    let tasks = &world.ports.tasks;
    let queued = tasks
        .receive(ann.user.partition, Duration::ZERO)
        .await
        .unwrap();
    let queued: Vec<_> = queued.into_iter().map(|task| task.body).collect();
    assert_eq!(queued.len(), 1, "{queued:?}");
    assert_eq!(queued[0].send_key(), traffic.task(2).send_key());
    assert_eq!(queued[0].change, traffic.task(2).change);

    for (message, expected) in [(1, "message-not-failed"), (9, "not-found")] {
        let answer = world
            .post(&ann, &format!("{path}/{message}/retry"), Value::Null)
            .await;
        assert_eq!(answer.kind(), expected);
    }
    let other = world
        .post(&ann, &format!("{retry}?revision=5"), Value::Null)
        .await;
    assert_eq!(other.kind(), "not-found");
    let wrong = world
        .post(&ann, &format!("{retry}?revision=x"), Value::Null)
        .await;
    assert_eq!(wrong.kind(), "invalid-query");
}

#[tokio::test]
async fn what_failed_too_long_ago_is_not_retried() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let traffic = seeded(&world, &ann).await;
    let retry = format!("{}/2/retry", traffic.path());
    world
        .memory
        .clock()
        .advance(Duration::from_hours(14 * 24 + 1));
    let ann = world.logged_in(ann.user.clone()).await;
    let answer = world.post(&ann, &retry, Value::Null).await;
    assert_eq!(answer.kind(), "retry-too-late");
    let key = traffic.task(2).delivery();
    let found = world.ports.deliveries.get(key).await.unwrap().unwrap();
    assert!(matches!(found.state, DeliveryState::Failed { .. }));
}

#[tokio::test]
async fn nobody_sees_or_retries_what_is_anothers() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let traffic = seeded(&world, &ann).await;
    let path = traffic.path();
    for path in [path.clone(), format!("{path}/2"), format!("{path}/9")] {
        assert_eq!(world.get(&bob, &path).await.kind(), "not-found", "{path}");
    }
    let retry = format!("{path}/2/retry");
    let answer = world.post(&bob, &retry, Value::Null).await;
    assert_eq!(answer.kind(), "not-found");
    // A pair of one's own opens no message of another.
    let account = world.account(&bob).await;
    let own = Traffic::of(&world, &bob, account).await.path();
    for path in [format!("{own}/2"), format!("{own}/2/retry")] {
        let answer = if path.ends_with("retry") {
            world.post(&bob, &path, Value::Null).await
        } else {
            world.get(&bob, &path).await
        };
        assert_eq!(answer.kind(), "not-found", "{path}");
    }
    let tasks = &world.ports.tasks;
    for tenant in [&ann, &bob] {
        let partition = tenant.user.partition;
        let queued = tasks.receive(partition, Duration::ZERO).await.unwrap();
        assert!(queued.is_empty(), "{queued:?}");
    }
}

#[tokio::test]
async fn filters_that_make_no_sense_are_named() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let path = seeded(&world, &ann).await.path();
    let mut shown = Vec::new();
    for query in [
        "state=lost",
        "from=yesterday",
        "to=2026-09-21",
        "from=2026-09-21T14:00:00Z&to=2026-09-21T14:00:00Z",
        "cursor=abc",
        "limit=0",
        "color=red",
    ] {
        let answer = world.get(&ann, &format!("{path}?{query}")).await;
        shown.push(format!("{query}\n{}", answer.problem()));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    state=lost
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      state: unknown variant `lost`, expected one of `pending`, `delivered`, `filtered`, `skipped`, `failed`
    from=yesterday
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      from: has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z; `+` is written `%2B` in a query
    to=2026-09-21
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      to: has to be a time by RFC 3339, such as 2026-09-21T14:13:20Z; `+` is written `%2B` in a query
    from=2026-09-21T14:00:00Z&to=2026-09-21T14:00:00Z
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      to: has to be later than `from`, and than 1970
    cursor=abc
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    limit=0
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      limit: has to be a number from 1 to 100
    color=red
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      color: is not known; there are `cursor`, `from`, `limit`, `state`, `to`
    "#);
}
