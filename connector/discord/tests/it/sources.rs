//! Whether the channels that pairs read can be read.

use std::time::Duration;

use patchbay_discord::Source;
use patchbay_domain::pair::SourceLoss;
use patchbay_domain::{Endpoint, Fence};
use serde_json::{Value, json};

use super::bench::{Bench, Listener, text};

const VIEW_CHANNEL: u64 = 1 << 10;
const READ_MESSAGE_HISTORY: u64 = 1 << 16;
const LOST: Option<SourceLoss> = Some(SourceLoss::Lost);
const UNREADABLE: Option<SourceLoss> = Some(SourceLoss::Unreadable);

/// A channel beside the server's first one.
async fn other_channel(bench: &Bench) -> Endpoint {
    let path = format!("/guilds/{}/channels", bench.guild);
    let made = bench.post(&path, json!({ "name": "other" })).await;
    Endpoint::Discord {
        guild: bench.guild,
        channel: text(&made["id"]).parse().unwrap(),
        thread: None,
    }
}

async fn deny(bench: &Bench, permissions: u64) {
    let path = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let overwrite = json!({ "kind": "member", "deny": permissions.to_string() });
    bench.change("PUT", &path, overwrite).await;
}

fn listen(bench: &Bench, fence: u64, sources: [Endpoint; 2]) -> Listener {
    let sources = sources.map(|source| Source::of(&source).unwrap());
    Listener::start(bench.discord(), Fence(fence), sources.into())
}

#[tokio::test]
async fn a_channel_that_is_closed_to_the_bot_is_told_of_until_it_is_open_again() {
    let bench = Bench::start().await;
    let (here, other) = (bench.here(), other_channel(&bench).await);
    let listener = listen(&bench, 1, [here, other]);
    listener.until_seen(here, None).await;
    listener.until_seen(other, None).await;
    let mut expected = vec![None];
    for denied in [VIEW_CHANNEL, READ_MESSAGE_HISTORY] {
        deny(&bench, denied).await;
        listener.until_seen(here, UNREADABLE).await;
        deny(&bench, 0).await;
        listener.until_seen(here, None).await;
        expected.extend([UNREADABLE, None]);
    }
    // A line that is down for a while changes nothing.
    bench.post("/gateway/drop", json!({})).await;
    bench.say("after").await;
    listener.until_posted(1).await;
    let path = format!("/channels/{}", bench.channel);
    bench.change("DELETE", &path, Value::Null).await;
    listener.until_seen(here, LOST).await;
    expected.push(LOST);
    assert_eq!(listener.seen(here), expected);
    assert_eq!(listener.seen(other), [None]);
}

#[tokio::test]
async fn all_channels_of_a_server_are_lost_with_the_bots_place_in_it() {
    let bench = Bench::start().await;
    let sources = [bench.here(), other_channel(&bench).await];
    let listener = listen(&bench, 1, sources);
    for source in sources {
        listener.until_seen(source, None).await;
    }
    bench.kick().await;
    for source in sources {
        listener.until_seen(source, LOST).await;
    }
    bench.invite().await;
    for source in sources {
        listener.until_seen(source, None).await;
        assert_eq!(listener.seen(source), [None, LOST, None]);
    }
}

#[tokio::test]
async fn what_was_lost_while_nobody_listened_is_found_to_be() {
    let bench = Bench::start().await;
    let (here, other) = (bench.here(), other_channel(&bench).await);
    let listener = listen(&bench, 1, [here, other]);
    listener.until_seen(other, None).await;
    listener.stop().await;
    bench
        .set(json!({"session_ttl_s": 0, "identify_interval_ms": 10}))
        .await;
    deny(&bench, VIEW_CHANNEL).await;
    let listener = listen(&bench, 2, [here, other]);
    listener.until_seen(here, UNREADABLE).await;
    listener.until_seen(other, None).await;
    listener.stop().await;
    bench.kick().await;
    let listener = listen(&bench, 3, [here, other]);
    listener.until_seen(here, LOST).await;
    listener.until_seen(other, LOST).await;
}

/// A thread that sleeps is not told of: what its history says holds.
#[tokio::test]
async fn a_thread_that_was_deleted_is_found_to_be_lost() {
    let bench = Bench::start().await;
    let path = format!("/channels/{}/threads", bench.channel);
    let thread = bench
        .post(&path, json!({ "name": "talk", "author": bench.owner }))
        .await;
    let thread = text(&thread["id"]);
    let source = Endpoint::Discord {
        guild: bench.guild,
        channel: bench.channel,
        thread: Some(thread.parse().unwrap()),
    };
    let discord = bench.reconciling(Duration::from_millis(300));
    let sources = super::ahead::reading(&[source, bench.here()]);
    let listener = Listener::start(discord, Fence(1), sources);
    listener.until_seen(source, None).await;
    let path = format!("/channels/{thread}");
    bench.change("DELETE", &path, Value::Null).await;
    listener.until_seen(source, LOST).await;
    assert_eq!(listener.seen(bench.here()), [None]);
}
