//! What is said in the demo: each message as Telegram and as Discord have it.

use serde_json::{Value, json};

use super::files::{File, Kind};
use super::found::Shown;
use super::world::DemoPair;

/// What a conversation consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Texts with formatting, and nothing more.
    Texts,
    /// Also files, albums and replies; and of what was said, some is edited and some deleted.
    Everything,
}

/// After so many messages of a pair, all kinds have been said.
const CYCLE: usize = 20;
/// The pairs of a direction begin at different places of it, so that few messages have most kinds.
const AHEAD: usize = 4;

/// One scripted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) number: usize,
    pub(super) words: Words,
    pub(super) files: Vec<File>,
    /// The number of the message that it answers.
    pub(super) answers: Option<usize>,
    pub(super) fate: Fate,
}

/// What becomes of a message after it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    Edited(Words),
    Deleted,
}

/// The same in the words of both platforms, so each is what the other becomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) telegram: Shown,
    pub(super) discord: Shown,
}

impl Step {
    /// A text that is not of the script.
    pub(super) fn plain(text: &str) -> Self {
        let shown = Shown {
            text: text.to_owned(),
            entities: vec![],
        };
        Self {
            number: 0,
            words: Words {
                telegram: shown.clone(),
                discord: shown,
            },
            files: Vec::new(),
            answers: None,
            fate: Fate::Stays,
        }
    }
}

impl Words {
    /// With more at its end, which no markup reaches.
    fn and(&self, more: &str) -> Self {
        let add = |shown: &Shown| Shown {
            text: format!("{}{more}", shown.text),
            entities: shown.entities.clone(),
        };
        Self {
            telegram: add(&self.telegram),
            discord: add(&self.discord),
        }
    }
}

impl Script {
    /// The first `share` messages of a pair.
    pub(super) fn steps(self, pair: &DemoPair, share: usize) -> Vec<Step> {
        let steps = (0..share).map(|number| self.step(pair, number));
        let mut steps: Vec<Step> = steps.collect();
        // That a message was there before it was deleted shows by those that came after it.
        if let Some(last) = steps.last_mut()
            && last.fate == Fate::Deleted
        {
            last.fate = Fate::Stays;
        }
        steps
    }

    fn step(self, pair: &DemoPair, number: usize) -> Step {
        let mut step = Step {
            number,
            words: words(pair.number, number),
            files: Vec::new(),
            answers: None,
            fate: Fate::Stays,
        };
        if self == Self::Everything {
            vary(&mut step, pair);
        }
        step
    }
}

fn slot(pair: &DemoPair, number: usize) -> usize {
    (pair.place * AHEAD + number) % CYCLE
}

fn is_deleted(slot: usize) -> bool {
    matches!(slot, 5 | 14 | 18)
}

/// Makes of a text what stands at its place in the cycle.
fn vary(step: &mut Step, pair: &DemoPair) {
    let slot = slot(pair, step.number);
    let kinds: &[Kind] = match slot {
        2 | 16 | 18 => &[Kind::Photo],
        4 => &[Kind::Photo, Kind::Video, Kind::Photo],
        6 => &[Kind::Document],
        8 => &[Kind::Video],
        10 => &[Kind::Document, Kind::Document],
        12 => &[Kind::Voice],
        15 => &[Kind::Audio],
        _ => &[],
    };
    let parts = kinds.iter().enumerate();
    step.files = parts
        .map(|(part, kind)| File::new(*kind, pair.number, step.number, part))
        .collect();
    if kinds == [Kind::Voice] {
        step.words = Words::default();
    }
    // The messages that they answer stay.
    let back = match slot {
        3 | 13 | 16 => Some(1),
        19 => Some(2),
        7 => Some(3),
        _ => None,
    };
    step.answers = back.and_then(|back| step.number.checked_sub(back));
    if matches!(slot, 1 | 4 | 8 | 11 | 19) {
        step.fate = Fate::Edited(step.words.and(" (edited)"));
    }
    if is_deleted(slot) {
        step.fate = Fate::Deleted;
    }
}

/// Numbers make every text unique, so that losses and duplicates show.
fn head(pair: usize, number: usize) -> String {
    format!("{pair}/{number} ")
}

/// The number of a message of this pair, as its text tells it.
pub(super) fn number_in(text: &str, pair: usize) -> Option<usize> {
    let (head, _) = text.split_once(' ')?;
    let (of, number) = head.split_once('/')?;
    let number = number.parse().ok()?;
    (of.parse() == Ok(pair)).then_some(number)
}

/// The `number`-th text of a pair.
fn words(pair: usize, number: usize) -> Words {
    let head = head(pair, number);
    let offset = head.encode_utf16().count();
    let entity = |kind: &str, start: usize, length: usize| json!({"type": kind, "offset": offset + start, "length": length});
    let (telegram, entities, discord): (String, Vec<Value>, String) = match number % 10 {
        0 => ("Good morning!".into(), vec![], "Good morning!".into()),
        1 => (
            "This is important and urgent".into(),
            vec![entity("bold", 8, 9), entity("italic", 22, 6)],
            "This is **important** and _urgent_".into(),
        ),
        2 => (
            "Emoji keep their places: 👩‍👩‍👧‍👦 🇺🇳 then bold".into(),
            vec![entity(
                "bold",
                "Emoji keep their places: 👩‍👩‍👧‍👦 🇺🇳 then "
                    .encode_utf16()
                    .count(),
                4,
            )],
            "Emoji keep their places: 👩‍👩‍👧‍👦 🇺🇳 then **bold**".into(),
        ),
        3 => (
            "Run cargo test first".into(),
            vec![entity("code", 4, 10)],
            "Run `cargo test` first".into(),
        ),
        4 => (
            "The ending is a surprise".into(),
            vec![entity("spoiler", 14, 10)],
            "The ending is ||a surprise||".into(),
        ),
        5 => {
            let mut link = entity("text_link", 8, 8);
            link["url"] = json!("https://example.com/handbook");
            (
                "See the handbook".into(),
                vec![link],
                "See the [handbook](https://example.com/handbook)".into(),
            )
        }
        6 => (
            "שלום, how are you? مرحبا".into(),
            vec![],
            "שלום, how are you? مرحبا".into(),
        ),
        7 => (
            "Old price, new price".into(),
            vec![entity("strikethrough", 0, 9), entity("underline", 11, 9)],
            "~~Old price~~, __new price__".into(),
        ),
        8 => (
            "2 * 3 * 4 is not italic and snake_case_name is not either".into(),
            vec![],
            r"2 \* 3 \* 4 is not italic and snake\_case\_name is not either".into(),
        ),
        _ => (
            "bold and bold italic".into(),
            vec![entity("bold", 0, 20), entity("italic", 14, 6)],
            "**bold and bold _italic_**".into(),
        ),
    };
    Words {
        telegram: Shown {
            text: format!("{head}{telegram}"),
            entities,
        },
        discord: Shown {
            text: format!("{head}{discord}"),
            entities: vec![],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::{Chat, Direction};
    use super::*;

    fn pair(place: usize) -> DemoPair {
        DemoPair {
            number: place * Direction::ALL.len(),
            place,
            direction: Direction::TelegramToDiscord,
            source: Chat::Telegram("-1001".to_owned()),
            destination: Chat::Discord("1".to_owned()),
        }
    }

    #[test]
    fn a_cycle_has_its_share_of_every_kind() {
        let steps = Script::Everything.steps(&pair(0), CYCLE);
        let count = |is_it: fn(&Step) -> bool| steps.iter().filter(|step| is_it(step)).count();
        let counts = [
            count(|step| step.files.len() == 1),
            count(|step| step.files.len() > 1),
            count(|step| step.answers.is_some()),
            count(|step| matches!(step.fate, Fate::Edited(_))),
            count(|step| step.fate == Fate::Deleted),
        ];
        assert_eq!(counts, [7, 2, 5, 5, 3]);
    }

    #[test]
    fn nothing_answers_what_is_deleted_or_comes_later() {
        for place in 0..5 {
            let steps = Script::Everything.steps(&pair(place), 3 * CYCLE);
            for step in &steps {
                let Some(answered) = step.answers else {
                    continue;
                };
                assert!(answered < step.number);
                assert_ne!(steps[answered].fate, Fate::Deleted, "{step:?}");
            }
        }
    }

    #[test]
    fn the_last_message_stays() {
        let steps = Script::Everything.steps(&pair(0), 6);
        assert_eq!(steps[5].fate, Fate::Stays);
        let steps = Script::Everything.steps(&pair(0), 7);
        assert_eq!(steps[5].fate, Fate::Deleted);
    }

    #[test]
    fn a_text_tells_its_number() {
        let rows = [
            ("3/14 Good morning!", Some(14)),
            ("4/14 Good morning!", None),
            ("Good morning!", None),
            ("3/14", None),
            ("", None),
        ];
        for (text, number) in rows {
            assert_eq!(number_in(text, 3), number, "{text}");
        }
        let pair = pair(1);
        let step = &Script::Texts.steps(&pair, 8)[7];
        assert_eq!(number_in(&step.words.discord.text, pair.number), Some(7));
    }
}
