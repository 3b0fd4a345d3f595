//! Forums: their topics, posts in them, and who may manage them.

use grammers_client::update::Update;
use grammers_tl_types as tl;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Device, Stage, rpc_error, send, until};

const ALICE: &str = "15550001";
const BOB: &str = "15550002";

struct Forum {
    stage: Stage,
    chat: i64,
    bob: i64,
}

/// A forum of Alice with Bob in it.
async fn forum() -> Forum {
    let stage = Stage::start().await;
    let alice = stage.user(ALICE, "Alice").await;
    let bob = stage.user(BOB, "Bob").await;
    let new = json!({
        "kind": "supergroup", "title": "Forum", "creator": alice, "members": [bob], "forum": true,
    });
    let chat = stage.post("/chats", new).await["id"].as_i64().unwrap();
    Forum { stage, chat, bob }
}

impl Forum {
    async fn topic(&self, title: &str) -> i32 {
        let path = format!("/chats/{}/topics", self.chat);
        let made = self.stage.post(&path, json!({ "title": title })).await;
        i32::try_from(made["id"].as_i64().unwrap()).unwrap()
    }

    async fn change(&self, topic: i32, change: Value) {
        let path = format!("/chats/{}/topics/{topic}", self.chat);
        self.stage.ok(Method::PATCH, &path, change).await;
    }

    async fn delete(&self, topic: i32) {
        let path = format!("/chats/{}/topics/{topic}", self.chat);
        self.stage.ok(Method::DELETE, &path, json!({})).await;
    }
}

async fn topics(
    device: &Device,
    chat: i64,
    limit: i32,
    offset: Option<&tl::types::ForumTopic>,
) -> (i32, Vec<tl::types::ForumTopic>) {
    let request = tl::functions::messages::GetForumTopics {
        peer: device.dialog(chat).await.into(),
        q: None,
        offset_date: offset.map_or(0, |last| last.date + 1),
        offset_id: offset.map_or(0, |last| last.top_message),
        offset_topic: offset.map_or(0, |last| last.id),
        limit,
    };
    let answer = device.client.invoke(&request).await.unwrap();
    let tl::enums::messages::ForumTopics::Topics(page) = answer;
    let topics = page.topics.into_iter().map(|topic| match topic {
        tl::enums::ForumTopic::Topic(topic) => topic,
        tl::enums::ForumTopic::Deleted(gone) => panic!("{gone:?}"),
    });
    (page.count, topics.collect())
}

fn in_topic(
    random_id: i64,
    topic: i32,
    peer: tl::enums::InputPeer,
) -> tl::functions::messages::SendMessage {
    let reply = tl::types::InputReplyToMessage {
        reply_to_msg_id: topic,
        top_msg_id: None,
        reply_to_peer_id: None,
        quote_text: None,
        quote_entities: None,
        quote_offset: None,
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    };
    tl::functions::messages::SendMessage {
        reply_to: Some(reply.into()),
        ..send(peer, "in a topic", random_id)
    }
}

#[tokio::test]
async fn topics_are_listed_and_change() {
    let forum = forum().await;
    let device = forum.stage.signed_in(BOB).await;
    let (news, talk) = (forum.topic("News").await, forum.topic("Talk").await);
    let (count, listed) = topics(&device, forum.chat, 100, None).await;
    let titles: Vec<&str> = listed.iter().map(|topic| &*topic.title).collect();
    // Those with the newest messages come first.
    assert_eq!((count, titles), (3, vec!["Talk", "News", "General"]));
    assert_eq!((listed[0].id, listed[1].id, listed[2].id), (talk, news, 1));

    forum
        .change(news, json!({ "title": "Old news", "closed": true }))
        .await;
    forum.change(1, json!({ "hidden": true })).await;
    forum.delete(talk).await;
    let (count, listed) = topics(&device, forum.chat, 100, None).await;
    let shown: Vec<_> = listed
        .iter()
        .map(|topic| (&*topic.title, topic.closed, topic.hidden))
        .collect();
    assert_eq!(count, 2);
    assert!(shown.contains(&("Old news", true, false)), "{shown:?}");
    assert!(shown.contains(&("General", false, true)), "{shown:?}");

    let by_id = tl::functions::messages::GetForumTopicsById {
        peer: device.dialog(forum.chat).await.into(),
        topics: vec![news, talk],
    };
    let tl::enums::messages::ForumTopics::Topics(page) =
        device.client.invoke(&by_id).await.unwrap();
    let gone = page
        .topics
        .iter()
        .any(|topic| matches!(topic, tl::enums::ForumTopic::Deleted(gone) if gone.id == talk));
    assert!(gone, "{:?}", page.topics);
}

#[tokio::test]
async fn posts_lie_in_topics_and_closed_ones_take_none_from_members() {
    let forum = forum().await;
    let news = forum.topic("News").await;
    let device = forum.stage.signed_in(BOB).await;
    let peer = device.dialog(forum.chat).await;
    device
        .client
        .invoke(&in_topic(1, news, peer.into()))
        .await
        .unwrap();
    device
        .client
        .invoke(&send(peer.into(), "in none", 2))
        .await
        .unwrap();
    let path = format!("/chats/{}/messages", forum.chat);
    let listed = forum.stage.get(&path).await;
    let of_posts = |field: &str| -> Vec<Value> {
        let posts = listed.as_array().unwrap().iter();
        posts.map(|post| post[field].clone()).collect()
    };
    assert_eq!(of_posts("topic"), [json!(news), Value::Null]);
    // A post that answers one in a topic is in it too.
    let first = of_posts("id")[0].as_i64().unwrap();
    let answer = json!({ "from": forum.bob, "text": "an answer", "reply_to": first });
    forum.stage.post(&path, answer).await;
    let listed = forum.stage.get(&path).await;
    assert_eq!(listed[2]["topic"], news);
    assert_eq!(listed[2]["reply_to"], first);

    forum.change(news, json!({ "closed": true })).await;
    let refused = device.client.invoke(&in_topic(3, news, peer.into())).await;
    assert_eq!(rpc_error(refused).1, "TOPIC_CLOSED");
    let admin = forum.stage.signed_in(ALICE).await;
    let admins = admin.dialog(forum.chat).await;
    admin
        .client
        .invoke(&in_topic(4, news, admins.into()))
        .await
        .unwrap();
    forum.delete(news).await;
    let refused = device.client.invoke(&in_topic(5, news, peer.into())).await;
    assert_eq!(rpc_error(refused).1, "TOPIC_DELETED");
    assert_eq!(forum.stage.get(&path).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_admin_manages_topics_and_members_hear_of_it() {
    let forum = forum().await;
    let mut device = forum.stage.signed_in(BOB).await;
    let mut updates = device.stream().await;
    let admin = forum.stage.signed_in(ALICE).await;
    let peer: tl::enums::InputPeer = admin.dialog(forum.chat).await.into();
    let create = tl::functions::messages::CreateForumTopic {
        title_missing: false,
        peer: peer.clone(),
        title: "News".to_owned(),
        icon_color: Some(0xff_d6_7e),
        icon_emoji_id: None,
        random_id: 7,
        send_as: None,
    };
    admin.client.invoke(&create).await.unwrap();
    let again = admin.client.invoke(&create).await;
    assert_eq!(rpc_error(again).1, "RANDOM_ID_DUPLICATE");
    let heard = until(&mut updates, |update| match update {
        Update::NewMessage(message) => match message.action() {
            Some(tl::enums::MessageAction::TopicCreate(made)) => {
                Some((message.id(), made.title.clone()))
            }
            _ => None,
        },
        _ => None,
    })
    .await;
    assert_eq!(heard.1, "News");
    let (_, listed) = topics(&device, forum.chat, 1, None).await;
    assert_eq!((listed[0].id, listed[0].icon_color), (heard.0, 0xff_d6_7e));

    let members = device.dialog(forum.chat).await;
    let not_allowed = tl::functions::messages::CreateForumTopic {
        peer: members.into(),
        random_id: 8,
        ..create
    };
    let refused = device.client.invoke(&not_allowed).await;
    assert_eq!(rpc_error(refused).1, "CHAT_ADMIN_REQUIRED");
}
