use axum::http::{Method, StatusCode};
use patchbay_app::ports::Control;
use patchbay_domain::account::{TelegramChat, TelegramTopic};
use patchbay_domain::ids::{AccountId, TelegramChatId, TopicId};
use serde_json::{Value, json};

use super::world::{Tenant, World, discord, telegram};

const ACCOUNTS: &str = "/v1/telegram/accounts";
const FORUM: i64 = 2;

/// An account whose chat 2 is a forum with the topics 1, 7 and 9, of which 9 is closed.
async fn forum(world: &World, tenant: &Tenant) -> AccountId {
    let account = world.account(tenant).await;
    let (chats, chat) = (&world.ports.chats, TelegramChatId(FORUM));
    let known = chats.telegram(account, chat).await.unwrap().unwrap();
    let forum = TelegramChat {
        is_forum: true,
        members: Some(12),
        topics_read_at: Some(world.ports.clock.now()),
        ..known
    };
    chats.put_telegram(account, &[forum]).await.unwrap();
    let topics = [(1, "General"), (7, "News of the day"), (9, "Old news")];
    let topics = topics.map(|(id, title)| TelegramTopic {
        id: TopicId(id),
        title: title.to_owned(),
        is_closed: id == 9,
        is_hidden: false,
        icon_color: 0x6f_b9_f0,
    });
    chats.put_topics(account, chat, &topics).await.unwrap();
    account
}

#[tokio::test]
async fn a_chat_is_shown_with_what_is_known_of_it() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let chat = format!("{ACCOUNTS}/{}/chats/{FORUM}", forum(&world, &ann).await);
    insta::assert_json_snapshot!(world.get(&ann, &chat).await.body, @r#"
    {
      "can_post": true,
      "can_read": true,
      "id": "2",
      "is_forum": true,
      "is_protected": false,
      "kind": "supergroup",
      "members": 12,
      "title": "Second talk",
      "topics_read_at": "2026-09-21T14:13:20Z",
      "username": null
    }
    "#);
}

#[tokio::test]
async fn topics_come_in_pages_and_can_be_searched() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let topics = format!(
        "{ACCOUNTS}/{}/chats/{FORUM}/topics",
        forum(&world, &ann).await
    );
    let first = world.get(&ann, &format!("{topics}?limit=2")).await.body;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = world
        .get(&ann, &format!("{topics}?limit=2&cursor={cursor}"))
        .await
        .body;
    assert_eq!(second["next_cursor"], Value::Null);
    insta::assert_json_snapshot!([&first["items"][1], &second["items"]], @r##"
    [
      {
        "closed": false,
        "hidden": false,
        "icon_color": "#6fb9f0",
        "id": "7",
        "title": "News of the day"
      },
      [
        {
          "closed": true,
          "hidden": false,
          "icon_color": "#6fb9f0",
          "id": "9",
          "title": "Old news"
        }
      ]
    ]
    "##);
    for (query, expected) in [("NEWS", vec!["7", "9"]), ("gen", vec!["1"]), ("no", vec![])] {
        let found = world
            .get(&ann, &format!("{topics}?query={query}"))
            .await
            .body;
        let ids: Vec<&str> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|topic| topic["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
    }
    let long = "x".repeat(129);
    let refused = world.get(&ann, &format!("{topics}?query={long}")).await;
    insta::assert_snapshot!(refused.problem(), @r#"
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      query: has to be at most 128 bytes long
    "#);
}

#[tokio::test]
async fn the_connector_is_told_to_read_the_topics() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = forum(&world, &ann).await;
    let refresh = |chat: i64| format!("{ACCOUNTS}/{account}/chats/{chat}/topics/refresh");
    let told = world.post(&ann, &refresh(FORUM), Value::Null).await;
    assert_eq!(told.status, StatusCode::ACCEPTED);
    let expected = Control::RefreshTopics {
        owner: ann.user.id,
        account,
        chat: TelegramChatId(FORUM),
    };
    assert_eq!(world.told(ann.connector()).await, [expected]);
    let refused = world.post(&ann, &refresh(1), Value::Null).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/telegram-no-forum: Only a chat whose `is_forum` is true has topics.");
    let none = world.post(&ann, &refresh(55), Value::Null).await;
    assert_eq!(none.kind(), "not-found");
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test]
async fn a_pair_names_a_topic_that_is_there() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = forum(&world, &ann).await;
    world.guild(&ann, 7).await;
    let end = |topic: &str| {
        let mut end = telegram(account, FORUM);
        end["topic"] = json!(topic);
        end
    };
    let unknown = json!({ "source": end("8"), "destination": discord(7, 11) });
    let refused = world.post(&ann, "/v1/pairs", unknown).await.problem();
    let refused = refused.replace(&account.to_string(), "ACCOUNT");
    insta::assert_snapshot!(refused, @r#"
    422 /problems/telegram-topic-unknown: GET /v1/telegram/accounts/ACCOUNT/chats/2/topics lists them. If it was made just now, POST /v1/telegram/accounts/ACCOUNT/chats/2/topics/refresh, then try again.
      /source/topic: is no topic of the chat
    "#);
    let closed = json!({ "source": discord(7, 11), "destination": end("9") });
    insta::assert_snapshot!(world.post(&ann, "/v1/pairs", closed).await.problem(), @r#"
    422 /problems/telegram-topic-closed: Choose another topic, or have it opened in Telegram.
      /destination/topic: is closed
    "#);
    for (source, destination) in [(end("9"), discord(7, 11)), (discord(7, 12), end("7"))] {
        let body = json!({ "source": source, "destination": destination });
        let made = world.post(&ann, "/v1/pairs", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
    }
}

#[tokio::test]
async fn a_forum_is_nothing_to_others() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let account = forum(&world, &ann).await;
    let nobodys = AccountId::from_bits(u128::MAX);
    for (method, action) in [
        (Method::GET, ""),
        (Method::GET, "/topics"),
        (Method::GET, "/topics?query=news"),
        (Method::POST, "/topics/refresh"),
    ] {
        let path = |account: AccountId| format!("{ACCOUNTS}/{account}/chats/{FORUM}{action}");
        let theirs = world
            .as_tenant(&bob, method.clone(), &path(account), Value::Null)
            .await;
        let none = world
            .as_tenant(&bob, method.clone(), &path(nobodys), Value::Null)
            .await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{method} {action}");
        assert_eq!(theirs.problem(), none.problem());
    }
    for tenant in [&ann, &bob] {
        assert_eq!(world.told(tenant.connector()).await, []);
    }
}
