//! What is said in the demo: each line as Telegram and as Discord have it.

use serde_json::{Value, json};

use super::tally::Shown;

/// A line in the words of both platforms. The two say the same, so each is what the other becomes.
pub(super) struct Line {
    pub(super) telegram: Shown,
    pub(super) discord: Shown,
}

/// The `number`-th message of a pair. Numbers make every message unique, so that losses and
/// duplicates show.
pub(super) fn line(pair: usize, number: usize) -> Line {
    let head = format!("{pair}/{number} ");
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
    Line {
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
