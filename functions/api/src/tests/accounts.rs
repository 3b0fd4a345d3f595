use axum::http::{Method, StatusCode};
use patchbay_app::ports::Control;
use patchbay_domain::account::AccountState;
use patchbay_domain::ids::AccountId;
use serde_json::{Value, json};

use super::world::{Tenant, World, discord, telegram};

const ACCOUNTS: &str = "/v1/telegram/accounts";

async fn log_out(world: &World, tenant: &Tenant, account: AccountId) {
    let at = world.ports.clock.now();
    let state = AccountState::LoggedOut {
        at,
        reason: "ended on another device".to_owned(),
    };
    world
        .ports
        .accounts
        .set_state(tenant.user.id, account, &state)
        .await
        .unwrap();
}

#[tokio::test]
async fn accounts_are_listed_and_shown() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    assert_eq!(
        world.get(&ann, ACCOUNTS).await.body,
        json!({ "items": [], "next_cursor": null })
    );
    let account = world.account(&ann).await;
    let shown = world.get(&ann, &format!("{ACCOUNTS}/{account}")).await;
    insta::assert_json_snapshot!(shown.body, @r#"
    {
      "id": "acc_00000000000000000000000000000005",
      "linked_at": "2026-09-21T14:13:20Z",
      "name": "Ann",
      "since": "2026-09-21T14:13:20Z",
      "state": "connected",
      "telegram_user": "5",
      "username": null
    }
    "#);
    assert_eq!(
        world.get(&ann, ACCOUNTS).await.body["items"],
        json!([shown.body])
    );
}

#[tokio::test]
async fn chats_come_in_pages_and_can_be_searched() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let chats = format!("{ACCOUNTS}/{}/chats", world.account(&ann).await);
    let first = world.get(&ann, &format!("{chats}?limit=1")).await;
    insta::assert_json_snapshot!(first.body["items"], @r#"
    [
      {
        "can_post": true,
        "id": "1",
        "is_protected": false,
        "kind": "supergroup",
        "title": "First news",
        "username": null
      }
    ]
    "#);

    let mut titles = Vec::new();
    let mut path = format!("{chats}?limit=3");
    loop {
        let page = world.get(&ann, &path).await.body;
        let items = page["items"].as_array().unwrap();
        titles.extend(
            items
                .iter()
                .map(|chat| chat["title"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{chats}?limit=3&cursor={cursor}");
    }
    assert_eq!(
        titles,
        ["First news", "Second talk", "Third news", "Fourth talk"]
    );

    for (query, expected) in [
        ("TALK", vec!["2", "4"]),
        ("third", vec!["3"]),
        ("none", vec![]),
    ] {
        let found = world
            .get(&ann, &format!("{chats}?query={query}"))
            .await
            .body;
        let ids: Vec<&str> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|chat| chat["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            (ids, &found["next_cursor"]),
            (expected, &Value::Null),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_search_for_what_is_rare_goes_on_where_it_stopped() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let chat = world
        .ports
        .chats
        .telegram(account, patchbay_domain::ids::TelegramChatId(1))
        .await
        .unwrap()
        .unwrap();
    let others: Vec<_> = (100..140)
        .map(|id| patchbay_domain::account::TelegramChat {
            id: patchbay_domain::ids::TelegramChatId(id),
            title: if id == 139 {
                "Needle".to_owned()
            } else {
                "Hay".to_owned()
            },
            ..chat.clone()
        })
        .collect();
    world
        .ports
        .chats
        .put_telegram(account, &others)
        .await
        .unwrap();
    let path = format!("{ACCOUNTS}/{account}/chats?limit=1&query=needle");
    let (mut found, mut calls, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        calls += 1;
        let page = world.get(&ann, &format!("{path}{cursor}")).await.body;
        found.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|chat| chat["id"].clone()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, ["139"]);
    assert!((2..=4).contains(&calls), "{calls}");
}

#[tokio::test]
async fn the_connector_is_told_to_reconnect_and_to_read_the_chats() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let path = format!("{ACCOUNTS}/{account}");
    let reconnected = world
        .post(&ann, &format!("{path}/reconnect"), Value::Null)
        .await;
    assert_eq!(reconnected.status, StatusCode::ACCEPTED);
    let refreshed = world
        .post(&ann, &format!("{path}/chats/refresh"), Value::Null)
        .await;
    assert_eq!(refreshed.status, StatusCode::ACCEPTED);
    let owner = ann.user.id;
    let expected = [
        Control::RestartSession { owner, account },
        Control::RefreshChats { owner, account },
    ];
    assert_eq!(world.told(ann.connector()).await, expected);

    log_out(&world, &ann, account).await;
    let refused = world
        .post(&ann, &format!("{path}/reconnect"), Value::Null)
        .await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/telegram-account-logged-out: Link the account again with POST /v1/telegram/logins.");
    assert_eq!(world.get(&ann, &path).await.text("state"), "logged_out");
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_gone_once_the_connector_has_logged_it_out() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    let path = format!("{ACCOUNTS}/{account}");
    let slow = world.delete(&ann, &path).await;
    assert_eq!(slow.status, StatusCode::ACCEPTED);
    let control = Control::RemoveAccount {
        owner: ann.user.id,
        account,
    };
    assert_eq!(world.told(ann.connector()).await, [control]);

    let connector = async {
        let wait = std::time::Duration::from_secs(5);
        let received = world
            .ports
            .controls
            .receive(ann.connector(), wait)
            .await
            .unwrap();
        assert_eq!(received.len(), 1);
        world
            .ports
            .accounts
            .remove(ann.user.id, account)
            .await
            .unwrap();
    };
    let (quick, ()) = tokio::join!(world.delete(&ann, &path), connector);
    assert_eq!(quick.status, StatusCode::NO_CONTENT);
    assert_eq!(world.delete(&ann, &path).await.kind(), "not-found");
}

#[tokio::test]
async fn an_account_that_pairs_use_stays() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    let body = json!({ "source": telegram(account, 1), "destination": discord(7, 11) });
    let pair = world.post(&ann, "/v1/pairs", body).await;
    world.told(ann.connector()).await;
    let refused = world.delete(&ann, &format!("{ACCOUNTS}/{account}")).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/telegram-account-in-use: Delete the pairs named in `pairs` first, each with DELETE /v1/pairs/{id}.");
    assert_eq!(refused.body["pairs"], json!([pair.text("id")]));
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test]
async fn an_account_is_nothing_to_others() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let account = world.account(&ann).await;
    let nobodys = AccountId::from_bits(u128::MAX);
    let routes = [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::GET, "/chats"),
        (Method::GET, "/chats?query=news"),
        (Method::POST, "/chats/refresh"),
        (Method::POST, "/reconnect"),
    ];
    for (method, action) in routes {
        let path = |account: AccountId| format!("{ACCOUNTS}/{account}{action}");
        let theirs = world
            .as_tenant(&bob, method.clone(), &path(account), Value::Null)
            .await;
        let none = world
            .as_tenant(&bob, method.clone(), &path(nobodys), Value::Null)
            .await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{method} {action}");
        assert_eq!(theirs.problem(), none.problem());
    }
    assert_eq!(world.get(&bob, ACCOUNTS).await.body["items"], json!([]));
    for tenant in [&ann, &bob] {
        assert_eq!(world.told(tenant.connector()).await, []);
    }
}
