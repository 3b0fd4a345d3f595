use patchbay_domain::Emoji;

use super::*;

const CHAT: TelegramChatId = TelegramChatId(-5);

fn seen(recovery: Recovery, count: u32) -> Seen {
    Seen {
        place: (CHAT, 7),
        thread: None,
        reactions: reaction::state([Reaction {
            emoji: Emoji::unicode("👍"),
            count,
        }]),
        recovery,
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// At each second, what is told then, by the number of thumbs.
fn told(reactions: &mut Reactions, began: Instant, at: u64) -> Vec<u32> {
    let now = began + seconds(at);
    let ripe = reactions.ripe(|gathered| gathered.due <= now, now);
    let count = |seen: &Seen| seen.reactions.first().map_or(0, |reaction| reaction.count);
    ripe.iter().map(count).collect()
}

#[test]
fn what_changes_often_is_told_as_it_is_in_the_end() {
    let began = Instant::now();
    let mut reactions = Reactions::new(ReactionPace::USUAL);
    for count in 1..=5 {
        reactions.see(seen(Recovery::Live, count), began);
    }
    assert_eq!(told(&mut reactions, began, 2), [0; 0]);
    assert_eq!(told(&mut reactions, began, 3), [5]);
    // The same again is no news, nor is what is taken back at once.
    reactions.see(seen(Recovery::Live, 5), began + seconds(4));
    assert_eq!(reactions.due(), None);
    reactions.see(seen(Recovery::Live, 6), began + seconds(4));
    reactions.see(seen(Recovery::Live, 5), began + seconds(5));
    assert_eq!(told(&mut reactions, began, 9), [0; 0]);
}

#[test]
fn what_changes_all_the_time_is_told_ever_less_often() {
    let began = Instant::now();
    let mut reactions = Reactions::new(ReactionPace::USUAL);
    let mut times = Vec::new();
    for at in 0..600 {
        let count = u32::try_from(at).unwrap() + 1;
        reactions.see(seen(Recovery::Live, count), began + seconds(at));
        if !told(&mut reactions, began, at).is_empty() {
            times.push(at);
        }
    }
    assert_eq!(times[..6], [3, 7, 13, 25, 40, 55]);
    assert!(times[3..].is_sorted_by(|one, next| next - one == 15));
}

#[test]
fn what_was_found_is_told_at_once() {
    let began = Instant::now();
    let mut reactions = Reactions::new(ReactionPace::USUAL);
    reactions.see(seen(Recovery::Recovered, 2), began);
    assert_eq!(told(&mut reactions, began, 0), [2]);
}
