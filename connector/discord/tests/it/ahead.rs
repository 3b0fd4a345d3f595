//! How many messages came after one that was missed.

use patchbay_discord::Sources;
use patchbay_domain::pair::options::{Draft, GapPolicy};
use patchbay_domain::{Change, Endpoint, Fence};
use serde_json::json;

use super::bench::{Bench, Listener, sources_of};

const WANTED: u16 = 2;

/// Sources of which no more than the last messages are wanted.
pub(crate) fn reading(sources: &[Endpoint]) -> Sources {
    let options = Draft {
        gap_policy: GapPolicy::Last(WANTED),
        ..Draft::default()
    };
    sources_of(sources, &options)
}

/// What each post has after it, as far as the pair wants to know. The bot's own message counts for
/// nothing.
#[tokio::test]
async fn the_last_messages_of_a_gap_are_told_apart() {
    // Discord tells what was missed when the session goes on, and else the history does.
    for (missed, settings) in [
        (5, json!({})),
        (5, json!({"session_ttl_s": 0, "identify_interval_ms": 10})),
        (250, json!({"session_ttl_s": 0, "identify_interval_ms": 10})),
    ] {
        let bench = Bench::start().await;
        let listener = bench.listen_settled().await;
        bench.say("before").await;
        listener.until_posted(1).await;
        listener.stop().await;
        bench.set(settings).await;
        bench.say_numbers(0..missed).await;
        bench.say_as(&bench.bot(), "ours").await;

        let listener = Listener::start(bench.discord(), Fence(2), reading(&[bench.here()]));
        listener.until_posted(missed + 1).await;
        let counted: Vec<(String, Option<u32>)> = listener
            .events()
            .into_iter()
            .filter_map(|event| match event.change {
                Change::Posted { post } => {
                    let newer = event
                        .newer
                        .in_chat
                        .map(|newer| newer.min(u32::from(WANTED)));
                    Some((post.content.text.as_str().to_owned(), newer))
                }
                Change::Edited { .. } | Change::Reacted { .. } | Change::Deleted => None,
            })
            .collect();
        let mut expected: Vec<_> = (0..missed)
            .map(|number| (number.to_string(), Some(2)))
            .collect();
        expected[missed - 2].1 = Some(1);
        expected[missed - 1].1 = Some(0);
        expected.push(("ours".to_owned(), Some(0)));
        assert_eq!(counted, expected);
        bench.say("live").await;
        listener.until_posted(missed + 2).await;
        assert_eq!(listener.events().last().unwrap().newer.in_chat, None);
        listener.stop().await;
    }
}
