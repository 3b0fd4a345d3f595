use axum::http::{Method, StatusCode};
use patchbay_app::ports::Control;
use patchbay_domain::account::{AccountState, LimitReason};
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
      "chats_read_at": null,
      "default": true,
      "id": "acc_00000000000000000000000000000005",
      "label": null,
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
        "can_read": true,
        "id": "1",
        "is_forum": false,
        "is_protected": false,
        "kind": "supergroup",
        "members": null,
        "title": "First news",
        "topics_read_at": null,
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
        ("news&can_post=true", vec!["1", "3"]),
        ("talk&can_post=false", vec!["4"]),
        ("&kind=supergroup&can_post=false", vec!["4"]),
        ("&kind=channel", vec![]),
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
        (Method::GET, "/chats/1"),
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

#[tokio::test]
async fn accounts_come_in_pages_and_by_state() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let mut accounts = Vec::new();
    for _ in 0..3 {
        accounts.push(world.account(&ann).await);
    }
    world.account(&bob).await;
    let now = world.ports.clock.now();
    let limited = AccountState::Limited {
        since: now,
        until: now.plus(std::time::Duration::from_hours(6)),
        reason: LimitReason::Spam,
    };
    let set = world
        .ports
        .accounts
        .set_state(ann.user.id, accounts[1], &limited);
    set.await.unwrap();
    log_out(&world, &ann, accounts[2]).await;

    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        let ids = items.iter().map(|account| account["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    let first = world.get(&ann, &format!("{ACCOUNTS}?limit=2")).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world
        .get(&ann, &format!("{ACCOUNTS}?limit=2&cursor={cursor}"))
        .await;
    assert_eq!(second.body["next_cursor"], Value::Null);
    let all = accounts
        .iter()
        .map(AccountId::to_string)
        .collect::<Vec<_>>();
    assert_eq!([ids(&first), ids(&second.body)].concat(), all);

    for (state, expected) in [
        ("connected", &all[..1]),
        ("limited", &all[1..2]),
        ("logged_out", &all[2..]),
        ("connecting", &[]),
        ("reconnecting", &[]),
        ("flood_waiting", &[]),
    ] {
        let page = world.get(&ann, &format!("{ACCOUNTS}?state={state}")).await;
        assert_eq!(ids(&page.body), expected, "{state}");
    }
    let shown = world
        .get(&ann, &format!("{ACCOUNTS}/{}", accounts[1]))
        .await;
    assert_eq!(
        (
            shown.text("state"),
            shown.text("since"),
            shown.text("until"),
            shown.text("reason")
        ),
        (
            "limited",
            "2026-09-21T14:13:20Z",
            "2026-09-21T20:13:20Z",
            "spam"
        )
    );
    let wrong = world.get(&ann, &format!("{ACCOUNTS}?state=gone")).await;
    assert_eq!(wrong.kind(), "invalid-query");
    assert_eq!(wrong.body["errors"][0]["parameter"], "state");
    let wrong = world
        .get(&ann, &format!("{ACCOUNTS}?cursor=bm9uc2Vuc2U"))
        .await;
    assert_eq!(wrong.body["errors"][0]["parameter"], "cursor");
}

#[tokio::test]
async fn an_account_is_named_and_made_the_default_one() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let [first, second] = [world.account(&ann).await, world.account(&ann).await]
        .map(|account| format!("{ACCOUNTS}/{account}"));
    let patch = async |tenant, path: &str, body| {
        let answer = world.as_tenant(tenant, Method::PATCH, path, body);
        answer.await
    };
    let named = patch(&ann, &second, json!({ "label": " News desk " })).await;
    assert_eq!(
        (named.status, named.text("label")),
        (StatusCode::OK, "News desk")
    );
    assert_eq!(named.body["default"], false);

    let chosen = patch(&ann, &second, json!({ "default": true })).await;
    assert_eq!(
        (&chosen.body["default"], chosen.text("label")),
        (&json!(true), "News desk")
    );
    assert_eq!(world.get(&ann, &first).await.body["default"], false);
    let refused = patch(&ann, &second, json!({ "default": false, "label": "x" })).await;
    insta::assert_snapshot!(refused.problem(), @r#"
    409 /problems/telegram-default-needed: PATCH another account with `default: true`; it takes the place of this one.
      /default: can't be false on the default account
    "#);
    let bare = patch(&ann, &second, json!({ "label": null, "default": null })).await;
    assert_eq!(
        (&bare.body["label"], &bare.body["default"]),
        (&Value::Null, &json!(true))
    );
    for same in [json!({}), json!({ "default": true })] {
        assert_eq!(patch(&ann, &second, same).await.body, bare.body);
    }

    let nothing = format!("{ACCOUNTS}/{}", AccountId::from_bits(u128::MAX));
    let body = json!({ "label": "Mine", "default": true });
    let theirs = patch(&bob, &first, body.clone()).await;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    assert_eq!(
        theirs.problem(),
        patch(&bob, &nothing, body).await.problem()
    );
    assert_eq!(world.get(&ann, &second).await.body, bare.body);

    let long = "x".repeat(65);
    for wrong in [
        json!({ "label": "" }),
        json!({ "label": long }),
        json!({ "label": "a\nb" }),
    ] {
        let refused = patch(&ann, &first, wrong).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.problem(), @r#"
            422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
              /label: has to be 1 to 64 characters, none of them a control character
            "#);
        }
    }
}
