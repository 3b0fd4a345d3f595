use std::time::{Duration, Instant};

use patchbay_app::ports::DiscordPosition;
use patchbay_discord::{Refusal, ShardEnd, ShardState, Sources};
use patchbay_domain::event::Origin;
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Change, Fence, Recovery, Revision, SourceEvent};
use serde_json::json;

use super::bench::{Bench, Listener, eventually, numbers};

#[tokio::test]
async fn a_burst_comes_in_order() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..300).await;
    listener.until_posted(300).await;
    assert_eq!(listener.posted(), numbers(0..300));
    assert!(
        listener
            .events()
            .iter()
            .all(|event| event.recovery == Recovery::Live)
    );
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
}

#[tokio::test]
async fn edits_and_deletions_follow_their_post() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let message = bench.say("first").await;
    let path = format!("/channels/{}/messages/{message}", bench.channel);
    bench
        .change("PATCH", &path, json!({"content": "second"}))
        .await;
    bench.change("DELETE", &path, json!(null)).await;
    listener
        .until("a deletion", |it| it.events().len() >= 3)
        .await;
    let events = listener.events();
    let revisions: Vec<Revision> = events.iter().map(|event| event.change.revision()).collect();
    assert!(events.iter().all(|event| event.message == message));
    assert!(revisions.is_sorted(), "{revisions:?}");
    let Change::Edited { post, .. } = &events[1].change else {
        panic!("{events:?}")
    };
    assert_eq!(post.content.text.as_str(), "second");
    assert_eq!(events[2].change, Change::Deleted);
}

#[tokio::test]
async fn what_is_posted_while_the_line_is_down_comes_when_it_is_up_again() {
    for fault in ["/gateway/drop", "/gateway/reconnect"] {
        let bench = Bench::start().await;
        let listener = bench.listen_settled().await;
        bench.say_numbers(0..5).await;
        bench.post(fault, json!({})).await;
        bench.say_numbers(5..10).await;
        listener.until_posted(10).await;
        assert_eq!(listener.posted(), numbers(0..10), "{fault}");
        assert_eq!(bench.sessions().await, 1, "{fault}: the session goes on");
    }
}

#[tokio::test]
async fn a_new_process_goes_on_with_the_session() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..5).await;
    listener.until_posted(5).await;
    let stopping = Instant::now();
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
    assert!(stopping.elapsed() < Duration::from_secs(2));
    let saved = bench.position().await;
    assert!(saved.session.is_some() && saved.sequence >= 5, "{saved:?}");

    bench.say_numbers(5..10).await;
    let listener = bench.listen(2);
    listener.until_posted(5).await;
    assert_eq!(listener.posted(), numbers(5..10));
    assert!(
        listener
            .events()
            .iter()
            .all(|event| event.recovery == Recovery::Live)
    );
    listener.until_connected().await;
    assert_eq!(bench.sessions().await, 1);
}

#[tokio::test]
async fn a_lost_session_is_made_up_for_from_history() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..5).await;
    listener.until_posted(5).await;
    listener.stop().await;

    bench
        .set(json!({"session_ttl_s": 0, "identify_interval_ms": 10}))
        .await;
    // More than one page.
    bench.say_numbers(5..240).await;
    let listener = bench.listen(2);
    listener.until_posted(235).await;
    bench.say_numbers(240..245).await;
    listener.until_posted(240).await;
    assert_eq!(listener.posted(), numbers(5..245));
    let recovered = listener
        .events()
        .iter()
        .filter(|it| it.recovery == Recovery::Recovered)
        .count();
    assert!(recovered >= 235, "{recovered}");
}

#[tokio::test]
async fn a_session_that_discord_ends_loses_nothing() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..5).await;
    listener.until_posted(5).await;
    bench
        .post("/gateway/invalidate", json!({"resumable": false}))
        .await;
    listener
        .until_state("disconnected", |state| {
            matches!(state.shards.get(&0), Some(ShardState::Connecting { .. }))
        })
        .await;
    bench.say_numbers(5..30).await;
    listener.until_posted(30).await;
    assert_eq!(listener.posted(), numbers(0..30));
    let recovered = |event: &SourceEvent| event.recovery == Recovery::Recovered;
    assert!(listener.events().iter().any(recovered));
}

#[tokio::test]
async fn a_new_source_begins_with_what_comes_next() {
    let bench = Bench::start().await;
    let earlier = bench.say("before").await;
    let listener = Listener::start(bench.discord(), Fence(1), Sources::default());
    listener.until_connected().await;
    listener.sources.send_replace(bench.sources());
    eventually("a position", async || {
        bench.position().await.channels.get(&bench.channel) == Some(&earlier)
    })
    .await;
    listener.sources.send_replace(Sources::default());
    eventually("no position", async || {
        bench.position().await.channels.is_empty()
    })
    .await;
    assert!(listener.posted().is_empty(), "{:?}", listener.posted());
}

#[tokio::test]
async fn the_position_follows_what_was_handed_in() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let message: MessageId = bench.say("hello").await;
    eventually("the position", async || {
        bench.position().await.channels.get(&bench.channel) == Some(&message)
    })
    .await;
    assert_eq!(listener.posted(), ["hello"]);
}

#[tokio::test]
async fn our_own_messages_are_known_as_ours() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_as(&bench.bot(), "from the bot").await;
    listener.until_posted(1).await;
    let Change::Posted { post } = &listener.events()[0].change else {
        panic!("not posted")
    };
    assert_eq!(post.origin, Origin::Patchbay);
}

#[tokio::test]
async fn a_former_owner_stops() {
    let bench = Bench::start().await;
    let mut listener = bench.listen_settled().await;
    let positions = bench.memory.ports().positions;
    positions
        .save_discord(0, &DiscordPosition::default(), Fence(2))
        .await
        .unwrap()
        .unwrap();
    bench.say("hello").await;
    assert_eq!(listener.ended().await, ShardEnd::FencedOut);
    assert_eq!(bench.position().await, DiscordPosition::default());
    assert!(listener.discord.state().shards.is_empty());
}

#[tokio::test]
async fn a_bot_without_its_intent_says_what_to_do() {
    let off = json!({"message_content": false, "guild_members": false, "presences": false});
    let bench = Bench::with_intents(off).await;
    let listener = bench.listen(1);
    listener
        .until_state("refused", |state| {
            matches!(
                state.shards.get(&0),
                Some(ShardState::Refused {
                    reason: Refusal::DisallowedIntents,
                    ..
                })
            )
        })
        .await;
    assert!(
        Refusal::DisallowedIntents
            .advice()
            .contains("Message Content")
    );
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
}

#[tokio::test]
async fn an_unknown_token_is_refused_and_says_so() {
    let bench = Bench::start().await;
    let discord = bench.discord_with("nobody's");
    let listener = Listener::start(discord, Fence(1), bench.sources());
    listener
        .until_state("refused", |state| {
            matches!(
                state.shards.get(&0),
                Some(ShardState::Refused {
                    reason: Refusal::Token,
                    ..
                })
            )
        })
        .await;
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
}

#[tokio::test]
async fn a_gateway_that_is_away_for_a_while_loses_nothing() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..5).await;
    bench.set(json!({"refuse_gateway": true})).await;
    bench.post("/gateway/drop", json!({})).await;
    bench.say_numbers(5..10).await;
    listener
        .until_state("disconnected", |state| {
            matches!(state.shards.get(&0), Some(ShardState::Connecting { .. }))
        })
        .await;
    bench.set(json!({"refuse_gateway": false})).await;
    listener.until_posted(10).await;
    assert_eq!(listener.posted(), numbers(0..10));
    assert_eq!(bench.sessions().await, 1);
}

#[tokio::test]
async fn what_could_not_be_handed_in_is_handed_in_again() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    listener.fail(2);
    bench.say_numbers(0..10).await;
    listener.until_posted(10).await;
    assert_eq!(listener.posted(), numbers(0..10));

    // Stopped before it was taken, it is left for the next.
    listener.fail(u32::MAX);
    bench.say_numbers(10..15).await;
    assert_eq!(listener.stop().await, ShardEnd::Stopped);
    let listener = bench.listen(2);
    listener
        .until("the rest", |it| {
            it.posted().last().is_some_and(|last| last == "14")
        })
        .await;
    let posted = listener.posted();
    assert!(posted.ends_with(&numbers(10..15)), "{posted:?}");
}

#[tokio::test]
async fn an_event_that_comes_twice_moves_nothing_back() {
    let bench = Bench::start().await;
    bench.set(json!({"duplicate_events": true})).await;
    let listener = bench.listen_settled().await;
    bench.say_numbers(0..20).await;
    listener.until_posted(20).await;
    assert_eq!(listener.posted(), numbers(0..20));
    listener.stop().await;
    let newest = bench.position().await.channels[&bench.channel];
    let last = bench
        .get(&format!("/channels/{}/messages", bench.channel))
        .await;
    assert_eq!(last[19]["id"], newest.to_string());
}

#[tokio::test]
async fn what_the_gateway_never_told_is_found_in_the_history() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    listener.stop().await;
    let discord = bench.reconciling(Duration::from_millis(300));
    let listener = Listener::start(discord, Fence(2), bench.sources());
    bench.say_numbers(0..3).await;
    listener.until_posted(3).await;
    bench.set(json!({"lose_events": true})).await;
    bench.say_numbers(3..6).await;
    listener
        .until("the rest", |it| {
            it.posted().last().is_some_and(|last| last == "5")
        })
        .await;
    assert_eq!(listener.posted(), numbers(0..6));
}
