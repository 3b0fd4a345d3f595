use patchbay_domain::event::Origin;
use patchbay_domain::{Change, Recovery, SourceEvent};
use reqwest::Method;
use serde_json::json;

use crate::stage::{OWNER, Stage, edited_text, until};

const PHONE: &str = "+15550001";

fn texts(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{prefix} {number}"))
        .collect()
}

#[tokio::test]
async fn what_happened_while_disconnected_is_made_up_for() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let running = stage.run(&account).await;
    let edited = stage.say(channel, bob, "to be edited").await;
    let deleted = stage.say(channel, bob, "to be deleted").await;
    running.inbox.until_posted("to be deleted").await;

    stage.post(&format!("/users/{ann}/mute"), json!({})).await;
    let message = |id| format!("/chats/{channel}/messages/{id}");
    stage
        .control(Method::PATCH, &message(edited), json!({ "text": "edited" }))
        .await;
    stage
        .control(Method::DELETE, &message(deleted), json!({}))
        .await;
    let new_id = stage.say(channel, bob, "new at first").await;
    stage
        .control(Method::PATCH, &message(new_id), json!({ "text": "new" }))
        .await;
    stage.post(&format!("/users/{ann}/unmute"), json!({})).await;
    stage
        .post(&format!("/users/{ann}/disconnect"), json!({}))
        .await;

    let new = running.inbox.until_posted("new").await;
    assert_eq!(new.recovery, Recovery::Recovered);
    running
        .inbox
        .until("the edit", |event| edited_text(event) == Some("edited"))
        .await;
    running
        .inbox
        .until("its edit", |event| edited_text(event) == Some("new"))
        .await;
    let of_new = |event: &SourceEvent| event.message == new.message;
    let events = running.inbox.events();
    let first = events.iter().find(|event| of_new(event)).unwrap();
    assert!(
        matches!(first.change, Change::Posted { .. }),
        "posted, then edited"
    );
    let id = u64::try_from(deleted).unwrap();
    running
        .inbox
        .until("the deletion", |event| {
            event.message.0 == id && event.change == Change::Deleted
        })
        .await;
    running.stopped().await;
}

#[tokio::test]
async fn what_happened_between_two_processes_is_made_up_for() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let running = stage.run(&account).await;
    stage.say(channel, bob, "before").await;
    running.inbox.until_posted("before").await;
    running.stopped().await;

    let (in_channel, in_group) = (texts("channel", 250), texts("group", 120));
    for text in &in_channel {
        stage.say(channel, bob, text).await;
    }
    for text in &in_group {
        stage.say(group, bob, text).await;
    }
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("channel 249").await;
    running.inbox.until_posted("group 119").await;
    assert_eq!(running.inbox.posts(channel), in_channel);
    assert_eq!(running.inbox.posts(group), in_group);
    running.stopped().await;
}

#[tokio::test]
async fn channels_that_no_pair_reads_yet_are_not_lost_either() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.settings(json!({ "tell_channel_pts": true })).await;
    stage.run(&account).await.stopped().await;
    stage.say(channel, bob, "while away").await;
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("while away").await;
    running.stopped().await;
}

#[tokio::test]
async fn a_channel_that_is_too_far_behind_is_read_from_its_history() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let running = stage.run(&account).await;
    stage.say(channel, bob, "before").await;
    running.inbox.until_posted("before").await;

    stage
        .settings(json!({ "channel_too_long_after": 20 }))
        .await;
    stage.post(&format!("/users/{ann}/mute"), json!({})).await;
    let missed = texts("missed", 230);
    for text in &missed {
        stage.say(channel, bob, text).await;
    }
    stage.post(&format!("/users/{ann}/unmute"), json!({})).await;
    stage
        .post(&format!("/users/{ann}/disconnect"), json!({}))
        .await;
    running.inbox.until_posted("missed 229").await;
    stage.say(channel, bob, "after").await;
    running.inbox.until_posted("after").await;
    let mut expected = vec!["before".to_owned()];
    expected.extend(missed.clone());
    expected.push("after".to_owned());
    assert_eq!(running.inbox.posts(channel), expected);
    running.stopped().await;

    // Another process knows no message, but when it was last up to date.
    let more = texts("more", 130);
    for text in &more {
        stage.say(channel, bob, text).await;
    }
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("more 129").await;
    let posts = running.inbox.posts(channel);
    assert!(posts.ends_with(&more), "{posts:?}");
    running.stopped().await;
}

#[tokio::test]
async fn an_account_that_is_too_far_behind_reads_its_groups() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, group).await;
    stage.run(&account).await.stopped().await;
    stage
        .settings(json!({ "difference_too_long_after": 20 }))
        .await;
    let missed = texts("missed", 150);
    for text in &missed {
        stage.say(group, bob, text).await;
    }
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("missed 149").await;
    assert_eq!(running.inbox.posts(group), missed);
    stage.say(group, bob, "after").await;
    running.inbox.until_posted("after").await;
    running.stopped().await;
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_is_reached_again() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let running = stage.run(&account).await;
    stage.settings(json!({ "refuse_connections": true })).await;
    stage
        .post(&format!("/users/{ann}/disconnect"), json!({}))
        .await;
    until("it is seen to reconnect", async || {
        let state = stage.stored(&account).await.state;
        matches!(
            state,
            patchbay_domain::account::AccountState::Reconnecting { .. }
        )
    })
    .await;
    stage.say(channel, bob, "meanwhile").await;
    stage
        .fault(
            "updates.getChannelDifference",
            2,
            json!({ "error": { "code": 500, "message": "INTERNAL" } }),
        )
        .await;
    stage
        .post(
            "/faults",
            json!({ "method": "updates.getDifference", "fault": "drop_connection" }),
        )
        .await;
    stage.settings(json!({ "refuse_connections": false })).await;
    stage.until_connected(account.id).await;
    stage.control(Method::DELETE, "/faults", json!({})).await;
    // A channel in trouble is asked again later, or when its next message shows the gap.
    stage.say(channel, bob, "later").await;
    running.inbox.until_posted("later").await;
    assert_eq!(running.inbox.posts(channel), ["meanwhile", "later"]);
    running.stopped().await;
}

#[tokio::test]
async fn after_a_restart_an_outgoing_message_in_a_destination_is_not_forwarded_again() {
    let mut stage = Stage::start().await;
    let ann = stage.user(PHONE, "Ann").await;
    let destination = stage.chat("channel", ann, &[]).await;
    let source = stage.chat("supergroup", ann, &[]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_to(&account, destination).await;
    stage.pair_from(&account, source).await;
    stage.run(&account).await.stopped().await;
    stage.say(destination, ann, "who sent this?").await;
    stage.say(source, ann, "certainly Ann").await;
    stage.restart_process();
    let running = stage.run(&account).await;
    let origin = async |text: &str| match running.inbox.until_posted(text).await.change {
        Change::Posted { post } => post.origin,
        other => panic!("{other:?}"),
    };
    assert_eq!(origin("who sent this?").await, Origin::Patchbay);
    assert_eq!(origin("certainly Ann").await, Origin::Person);
    stage.say(destination, ann, "live").await;
    assert_eq!(origin("live").await, Origin::Person);
    running.stopped().await;
}

#[tokio::test]
async fn a_position_that_telegram_refuses_is_made_up_for_from_the_history() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, group).await;
    stage.run(&account).await.stopped().await;
    stage.say(group, bob, "while away").await;
    let refused = json!({ "error": { "code": 400, "message": "PERSISTENT_TIMESTAMP_INVALID" } });
    stage.fault("updates.getDifference", 1, refused).await;
    stage.restart_process();
    let running = stage.run(&account).await;
    running.inbox.until_posted("while away").await;
    stage.say(group, bob, "after").await;
    running.inbox.until_posted("after").await;
    running.stopped().await;
}

#[tokio::test]
async fn a_channel_in_trouble_holds_up_no_other_chat() {
    let mut stage = Stage::start().await;
    let (ann, bob) = stage.ann_and_bob(PHONE).await;
    let channel = stage.chat("supergroup", bob, &[ann]).await;
    let group = stage.chat("group", bob, &[ann]).await;
    let account = stage.link(OWNER, PHONE).await;
    stage.pair_from(&account, channel).await;
    let trouble = json!({ "error": { "code": 400, "message": "NOBODY_KNOWS" } });
    stage
        .fault("updates.getChannelDifference", 1000, trouble)
        .await;
    let running = stage.run(&account).await;
    stage.say(group, bob, "in the group").await;
    running.inbox.until_posted("in the group").await;
    stage.say(channel, bob, "in the channel").await;
    running.inbox.until_posted("in the channel").await;
    running.stopped().await;
}
