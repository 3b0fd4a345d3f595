//! What was said before, read for whoever asks for it.

use std::time::Duration;

use patchbay_app::ports::{HistoryError, HistoryPage, HistoryStart, Reader};
use patchbay_discord::DiscordReader;
use patchbay_domain::backfill::PostCount;
use patchbay_domain::event::{Origin, Thread};
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use patchbay_domain::{Change, Endpoint, Recovery, SourceEvent, Timestamp};
use serde_json::{Value, json};

use super::bench::{Bench, text};

/// (Permissions, "Bitwise Permission Flags")
const READ_MESSAGE_HISTORY: &str = "65536";
const HISTORY: &str = "GET /channels/{}/messages";
const ALL: HistoryStart = HistoryStart::After(MessageId(0));

fn said(event: &SourceEvent) -> String {
    assert_eq!(event.recovery, Recovery::Requested);
    let Change::Posted { post } = &event.change else {
        panic!("{event:?}");
    };
    post.content.text.as_str().to_owned()
}

fn shown(page: &HistoryPage) -> Vec<String> {
    page.posts.iter().map(said).collect()
}

/// Page by page to the end; what each page says.
async fn pages(
    reader: &DiscordReader,
    source: &Endpoint,
    start: HistoryStart,
    limit: usize,
) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut start = start;
    loop {
        let page = reader.history(source, start, limit).await.unwrap();
        pages.push(shown(&page));
        match page.next {
            Some(next) => start = HistoryStart::After(next),
            None => return pages,
        }
    }
}

fn last(count: u16) -> HistoryStart {
    HistoryStart::Last(PostCount::try_from(count).unwrap())
}

/// A place where history may be read as often as one likes.
async fn bench() -> Bench {
    let bench = Bench::start().await;
    let plenty = json!({"limit": 1000, "per_ms": 1000});
    bench.set(json!({"rate_limits": {HISTORY: plenty}})).await;
    bench
}

#[tokio::test]
async fn posts_come_page_by_page_oldest_first() {
    let bench = bench().await;
    bench.say_numbers(1..8).await;
    let gone = bench.say("gone").await;
    let path = format!("/channels/{}/messages/{gone}", bench.channel);
    bench.change("DELETE", &path, Value::Null).await;
    bench.say("patchbay link ABCDEFGHJKLM").await;
    let reader = bench.discord().reader();
    let here = bench.here();
    let all = pages(&reader, &here, ALL, 3).await;
    let all: Vec<_> = all.iter().map(|page| page.join(" ")).collect();
    assert!(
        all.starts_with(&["1 2 3".to_owned(), "4 5 6".to_owned()]),
        "{all:?}"
    );
    let whole = pages(&reader, &here, ALL, 100).await.concat();
    let expected: Vec<_> = (1..8).map(|number| number.to_string()).collect();
    assert_eq!(whole, expected, "no command, and nothing that is gone");
    for count in [1, 5, 500] {
        let found = pages(&reader, &here, last(count), 100).await.concat();
        let expected = whole.len().saturating_sub(count.into());
        assert_eq!(found, whole[expected..], "{count}");
    }
    let page = reader.history(&here, ALL, 100).await.unwrap();
    let at = page.posts[4].at;
    // Some may be of the very same moment.
    let expected: Vec<_> = page
        .posts
        .iter()
        .filter(|post| post.at >= at)
        .map(said)
        .collect();
    let since = reader.history(&here, HistoryStart::Since(at), 100).await;
    assert_eq!(shown(&since.unwrap()), expected);
}

#[tokio::test]
async fn a_long_history_is_looked_through_from_its_end() {
    let bench = bench().await;
    bench.say_numbers(0..230).await;
    let reader = bench.discord().reader();
    let found = pages(&reader, &bench.here(), last(215), 100).await.concat();
    let expected: Vec<_> = (15..230).map(|number| number.to_string()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_thread_is_read_alone_and_replies_stay_replies() {
    let bench = Bench::start().await;
    let first = bench.say("in the channel").await;
    let path = format!("/channels/{}/threads", bench.channel);
    let thread = bench
        .post(&path, json!({"name": "thread", "author": bench.owner}))
        .await;
    let thread: DiscordChannelId = text(&thread["id"]).parse().unwrap();
    let path = format!("/channels/{thread}/messages");
    let inside = json!({"author": bench.owner, "content": "in the thread"});
    bench.post(&path, inside).await;
    let path = format!("/channels/{}/messages", bench.channel);
    let reply = json!({"author": bench.owner, "content": "a reply", "reply_to": first.to_string()});
    bench.post(&path, reply).await;
    let reader = bench.discord().reader();
    let page = reader.history(&bench.here(), ALL, 100).await.unwrap();
    assert_eq!(shown(&page), ["in the channel", "a reply"]);
    let answered = page.posts[1].change.post().unwrap().reply_to;
    assert_eq!(answered, Some(first));
    let here = Endpoint::Discord {
        guild: bench.guild,
        channel: bench.channel,
        thread: Some(thread),
    };
    let page = reader.history(&here, ALL, 100).await.unwrap();
    assert_eq!(shown(&page), ["in the thread"]);
    assert_eq!(page.posts[0].thread, Some(Thread::Thread(thread)));
}

#[tokio::test]
async fn names_are_read_and_own_posts_are_known() {
    let bench = Bench::start().await;
    bench.say(&format!("see <#{}>", bench.channel)).await;
    bench.say_as(&bench.bot(), "by the bot").await;
    let reader = bench.discord().reader();
    let page = reader.history(&bench.here(), ALL, 100).await.unwrap();
    assert_eq!(shown(&page), ["see #general", "by the bot"]);
    let posts = page.posts.iter().filter_map(|event| event.change.post());
    let origins: Vec<_> = posts.map(|post| post.origin).collect();
    assert_eq!(origins, [Origin::Person, Origin::Patchbay]);
}

#[tokio::test]
async fn why_nothing_is_read_is_told() {
    let bench = Bench::start().await;
    bench.say("hello").await;
    let reader = bench.discord().reader();
    let read = async || reader.history(&bench.here(), ALL, 10).await;
    assert!(read().await.is_ok());
    let limit = json!({"rate_limit": {"retry_after": 300}});
    bench.fault(HISTORY, limit).await;
    let limited = read().await;
    let Err(HistoryError::Limited { after }) = limited else {
        panic!("{limited:?}");
    };
    assert!(after > Duration::from_secs(200), "{after:?}");
    let fresh = bench.discord().reader();
    bench.fault(HISTORY, json!({"status": 503})).await;
    let failed = fresh.history(&bench.here(), ALL, 10).await;
    assert!(
        matches!(failed, Err(HistoryError::Retry { .. })),
        "{failed:?}"
    );
    let right = |allowed: bool| if allowed { READ_MESSAGE_HISTORY } else { "0" };
    for allowed in [false, true] {
        let path = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
        let (allow, deny) = (right(allowed), right(!allowed));
        let overwrite = json!({"kind": "member", "allow": allow, "deny": deny});
        bench.change("PUT", &path, overwrite).await;
        let start = HistoryStart::Since(Timestamp(0));
        let found = fresh.history(&bench.here(), start, 10).await;
        let said = found.map(|page| page.posts.len());
        assert_eq!(
            said,
            if allowed {
                Ok(1)
            } else {
                Err(HistoryError::Closed)
            }
        );
    }
    bench.kick().await;
    let closed = fresh.history(&bench.here(), ALL, 10).await;
    assert_eq!(closed, Err(HistoryError::Closed));
}
