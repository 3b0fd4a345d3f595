use std::collections::BTreeMap;

use super::super::files::{File, Held, Kind};
use super::super::world::{Chat, Direction};
use super::*;

fn pair() -> DemoPair {
    DemoPair {
        number: 0,
        place: 0,
        direction: Direction::TelegramToTelegram,
        source: Chat::Telegram("-1001".to_owned()),
        destination: Chat::Telegram("-1002".to_owned()),
    }
}

/// Two texts, an album, a reply to the first, one that is edited, and one that is deleted.
fn steps() -> Vec<Step> {
    let step = |number: usize| Step {
        number,
        ..Step::plain(&format!("0/{number} text"))
    };
    let album = [0, 1].map(|part| File::new(Kind::Photo, 0, 2, part));
    vec![
        step(0),
        step(1),
        Step {
            files: album.to_vec(),
            ..step(2)
        },
        Step {
            answers: Some(0),
            ..step(3)
        },
        Step {
            fate: Fate::Edited(Step::plain("0/4 new").words),
            ..step(4)
        },
        Step {
            fate: Fate::Deleted,
            ..step(5)
        },
        step(6),
    ]
}

fn message(step: &Step) -> Found {
    let words = match &step.fate {
        Fate::Edited(words) => words,
        Fate::Stays | Fate::Deleted => &step.words,
    };
    Found {
        ids: vec![(100 + step.number).to_string()],
        shown: words.telegram.clone(),
        files: step.files.iter().map(Held::of).collect(),
        answers: step.answers.map(|number| (100 + number).to_string()),
        at_ms: 130,
        ..Found::default()
    }
}

/// Everything as it should be, but for what is done to it.
fn tally(change: impl FnOnce(&mut Vec<Found>)) -> Tally {
    let steps = steps();
    let stay = steps.iter().filter(|step| step.fate != Fate::Deleted);
    let mut found: Vec<Found> = stay.map(message).collect();
    let posted: BTreeMap<usize, Found> = found
        .iter()
        .zip([0, 1, 2, 3, 4, 6])
        .map(|(message, number)| {
            let posted = Found {
                at_ms: 100,
                ..message.clone()
            };
            (number, posted)
        })
        .collect();
    change(&mut found);
    let mut tally = Tally::default();
    tally.add(&pair(), &steps, &Source::holding(posted), &found);
    tally
}

#[test]
fn every_kind_of_failure_is_counted() {
    type Change = fn(&mut Vec<Found>);
    // Delivered, lost, duplicated, out of order, unexpected; and which kind is amiss.
    let cases: [(&str, Change, [usize; 5], &str); 12] = [
        ("nothing", |_| {}, [7, 0, 0, 0, 0], ""),
        ("lost", |it| drop(it.remove(1)), [6, 1, 0, 0, 0], ""),
        (
            "twice",
            |it| it.insert(1, it[1].clone()),
            [7, 0, 1, 0, 0],
            "",
        ),
        ("swapped", |it| it.swap(0, 1), [7, 0, 0, 1, 0], ""),
        (
            "foreign",
            |it| it[1].shown.text = "z".to_owned(),
            [6, 1, 0, 0, 1],
            "",
        ),
        (
            "other bytes",
            |it| it[2].files[0].sha256 = "0".to_owned(),
            [7, 0, 0, 0, 0],
            "albums",
        ),
        (
            "as something else",
            |it| it[2].files[0].kind = Some("document".to_owned()),
            [7, 0, 0, 0, 0],
            "albums",
        ),
        (
            "in another order",
            |it| it[2].files.swap(0, 1),
            [7, 0, 0, 0, 0],
            "albums",
        ),
        (
            "not whole",
            |it| it[2].files.truncate(1),
            [7, 0, 0, 0, 0],
            "albums",
        ),
        (
            "another one answered",
            |it| it[3].answers = Some("101".to_owned()),
            [7, 0, 0, 0, 0],
            "replies",
        ),
        (
            "the old text",
            |it| it[4].shown.text = "0/4 text".to_owned(),
            [7, 0, 0, 0, 0],
            "edits",
        ),
        (
            "still there",
            |it| it.insert(5, message(&steps()[5])),
            [7, 0, 0, 0, 0],
            "deletions",
        ),
    ];
    for (what, change, expected, amiss) in cases {
        let t = tally(change);
        let counts = [
            t.delivered,
            t.lost,
            t.duplicated,
            t.out_of_order,
            t.unexpected,
        ];
        let kinds = t.kinds();
        let wrong = kinds.iter().filter(|(_, count)| !count.is_right());
        let wrong: Vec<&str> = wrong.map(|(name, _)| *name).collect();
        assert_eq!(
            (t.sent, counts, &*wrong.concat()),
            (7, expected, amiss),
            "{what}"
        );
        assert_eq!(t.is_right(), what == "nothing", "{what}");
    }
}

#[test]
fn what_was_never_deleted_at_its_source_is_no_deletion() {
    let steps = steps();
    let found: Vec<Found> = steps.iter().map(message).collect();
    let posted = found.iter().cloned().enumerate().collect();
    let mut tally = Tally::default();
    tally.add(&pair(), &steps, &Source::holding(posted), &found[..5]);
    assert_eq!((tally.delivered, tally.lost), (5, 2));
    assert_eq!((tally.deletions.sent, tally.deletions.delivered), (1, 0));
}

#[test]
fn latency_is_from_post_to_arrival() {
    assert_eq!(tally(|_| {}).latency_ms, Latency { p50: 30, p99: 30 });
}
