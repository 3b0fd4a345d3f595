//! Whether the chats that pairs read can be read.

use patchbay_domain::ids::{TelegramChatId, UserId};
use patchbay_domain::pair::SourceLoss;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{OWNER, Stage};

const PHONE: &str = "+15550001";
const OTHER_PHONE: &str = "+15550003";
const OTHER_OWNER: UserId = UserId::from_bits(2);
const LOST: Option<SourceLoss> = Some(SourceLoss::Lost);

async fn member(stage: &Stage, method: Method, chat: TelegramChatId, user: i64) -> Value {
    let path = format!("/chats/{chat}/members/{user}");
    stage
        .control(method, &path, json!({ "role": "member" }))
        .await
}

/// Ann's and Cleo's accounts read what Bob says; Ann is thrown out, and let in again.
#[tokio::test]
async fn a_source_is_lost_to_the_account_that_is_thrown_out_until_it_is_let_in_again() {
    let mut stage = Stage::start().await;
    stage.add_owner(OTHER_OWNER).await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let cleo = stage.user(OTHER_PHONE, "Cleo").await;
    let chats = [
        stage.chat("supergroup", bob, &[ann, cleo]).await,
        stage.chat("channel", bob, &[ann, cleo]).await,
        stage.chat("group", bob, &[ann, cleo]).await,
    ];
    let account = stage.link(OWNER, PHONE).await;
    let other = stage.link(OTHER_OWNER, OTHER_PHONE).await;
    for chat in chats {
        stage.pair_from(&account, chat).await;
        stage.pair_from(&other, chat).await;
    }
    let running = stage.run(&account).await;
    let running_other = stage.run(&other).await;
    for chat in chats {
        running.inbox.until_seen(chat, None).await;
        member(&stage, Method::DELETE, chat, ann).await;
        running.inbox.until_seen(chat, LOST).await;
        running_other.inbox.until_seen(chat, None).await;
    }
    // Who has no connection knows nothing new.
    let path = format!("/users/{ann}/disconnect");
    stage.post(&path, json!({})).await;
    for chat in chats {
        member(&stage, Method::PUT, chat, ann).await;
        running.inbox.until_seen(chat, None).await;
        stage.say(chat, bob, &format!("again in {chat}")).await;
        running
            .inbox
            .until_posted(&format!("again in {chat}"))
            .await;
    }
    running.stopped().await;
    running_other.stopped().await;
}

#[tokio::test]
async fn a_source_that_was_lost_while_nobody_listened_is_found_to_be() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let deleted = stage.chat("supergroup", bob, &[ann]).await;
    let closed = stage.chat("channel", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, deleted).await;
    stage.pair_from(&account, closed).await;
    stage.run(&account).await.stopped().await;
    let path = format!("/chats/{deleted}");
    stage.control(Method::DELETE, &path, json!({})).await;
    member(&stage, Method::DELETE, closed, ann).await;
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_seen(deleted, LOST).await;
    running.inbox.until_seen(closed, LOST).await;
    running.stopped().await;
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_is_not_lost() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let bob = stage.user("+15550002", "Bob").await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, group).await;
    let running = stage.run(&account).await;
    let path = format!("/chats/{group}/migrate");
    let migrated = stage.post(&path, json!({})).await;
    let supergroup = TelegramChatId(migrated["id"].as_i64().unwrap());
    running.inbox.until_seen(supergroup, None).await;
    assert!(!running.inbox.was_ever_lost());
    running.stopped().await;
}
