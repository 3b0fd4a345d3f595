//! Text that is too long for one message of the destination.

#![allow(clippy::unwrap_used, reason = "a test ends that way")]

use std::time::{Duration, Instant};

use patchbay::demo::{Direction, World};
use patchbay::{Options, Stack};

/// As long as Telegram allows, twice as long as Discord does, with characters of every width.
fn long_text() -> String {
    let sentence = "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich. 🇺🇳 👩‍👩‍👧 שלום! ";
    let mut text = String::new();
    while text.encode_utf16().count() + sentence.encode_utf16().count() <= 4096 {
        text.push_str(sentence);
    }
    text.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_arrives_whole_and_in_order_in_as_many_messages_as_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options::in_folder(folder.path().to_owned()))
        .await
        .unwrap();
    let world = World::set_up(stack.endpoints(), 1).await.unwrap();
    let text = long_text();
    world
        .say(Direction::TelegramToDiscord, &text)
        .await
        .unwrap();
    world
        .say(Direction::TelegramToDiscord, "the end")
        .await
        .unwrap();

    let deadline = Instant::now() + Duration::from_mins(1);
    let heard = loop {
        let heard = world.heard(Direction::TelegramToDiscord).await.unwrap();
        if heard.last().is_some_and(|last| last == "the end") {
            break heard;
        }
        assert!(Instant::now() < deadline, "{heard:?}");
        tokio::task::yield_now().await;
    };
    let parts = &heard[..heard.len() - 1];
    assert!(parts.len() > 1, "{parts:?}");
    assert!(parts.iter().all(|part| part.chars().count() <= 2000));
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&parts.join(" ")), words(&text));
    stack.stop().await;
}
