//! What holds for every text.

use proptest::prelude::*;

use super::{NoNames, parse, render, render_split};
use crate::text::{CustomEmoji, Span, Style, Text};

/// The styles of each character that shows ink: white space has none that could be seen, what may
/// be a bullet is left out of styles, and where a style is cut is not visible.
fn inked(text: &Text) -> Vec<(char, Vec<Style>)> {
    text.as_str()
        .char_indices()
        .filter(|(_, char)| !char.is_whitespace() && !matches!(char, '-' | '+'))
        .map(|(at, char)| {
            let mut styles: Vec<Style> = text
                .spans()
                .iter()
                .filter(|span| span.range.contains(&at))
                .map(|span| span.style.clone())
                .collect();
            styles.sort();
            (char, styles)
        })
        .collect()
}

/// One style of each kind that both sides have and that may overlap with any other.
fn free_styles() -> [Style; 5] {
    [
        Style::Bold,
        Style::Italic,
        Style::Underline,
        Style::Strikethrough,
        Style::Spoiler,
    ]
}

/// Words without the characters that the end markers of spoiler and strikethrough are made of,
/// which cannot be styled where they end it.
fn words() -> impl Strategy<Value = String> {
    r"[a-c0-9é😀*_`#>\\\[\]()<@:.\n -]{0,24}"
}

fn spans(styles: Vec<Style>) -> impl Strategy<Value = Vec<Span>> {
    let span = (0usize..40, 1usize..20, 0..styles.len());
    prop::collection::vec(span, 0..5).prop_map(move |spans| {
        let span = |(start, length, style): (usize, usize, usize)| Span {
            range: start..start + length,
            style: styles[style].clone(),
        };
        spans.into_iter().map(span).collect()
    })
}

fn markup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "*",
        "**",
        "_",
        "__",
        "~~",
        "||",
        "|",
        "~",
        "`",
        "``",
        "```",
        "\\",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "> ",
        ">>> ",
        "# ",
        "-# ",
        "- ",
        "1. ",
        "\n",
        " ",
        "a",
        "b",
        "é",
        "😀",
        "<@1>",
        "<:ab:1>",
        "<t:1>",
        "https://a.b",
        "](https://a.b)",
        "\u{200b}",
        ":",
        "¯\\_(ツ)_/¯",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

#[test]
fn a_block_of_code_behind_a_bullet_stays_within_its_spoiler() {
    let code = Span {
        range: 3..10,
        style: Style::Pre { language: None },
    };
    let secret = Span {
        range: 0..12,
        style: Style::Spoiler,
    };
    let rendered = render(&Text::new("\n- *-| -\n-~a".to_owned(), vec![code, secret]));
    assert_eq!(rendered, "\n- ||```\n*-| -\n-\n```||||\\~a||");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn plain_text_comes_back_as_it_was(text in r"[a-c*_~|`#>\\\[\]()<@:!&/.+1é😀\n -]{0,40}") {
        let text = Text::plain(text);
        prop_assert_eq!(parse(&render(&text), &NoNames), text);
    }

    #[test]
    fn styled_text_comes_back_with_its_styles(
        text in words(),
        spans in spans(free_styles().to_vec()),
    ) {
        let text = Text::new(text, spans);
        let rendered = render(&text);
        let back = parse(&rendered, &NoNames);
        prop_assert_eq!(back.as_str(), text.as_str(), "{:?}", rendered);
        prop_assert_eq!(inked(&back), inked(&text), "{:?}", rendered);
    }

    #[test]
    fn the_text_survives_any_styles(
        text in words(),
        free in spans(free_styles().to_vec()),
        more in spans(vec![
            Style::Code,
            Style::Pre { language: Some("c".into()) },
            Style::Mention(crate::text::Mentioned::DiscordRole(1)),
            Style::CustomEmoji(CustomEmoji::Telegram(1)),
        ]),
    ) {
        let text = Text::new(text, [free, more].concat());
        let rendered = render(&text);
        let back = parse(&rendered, &NoNames);
        prop_assert_eq!(back.as_str(), text.as_str(), "{:?}", rendered);
    }

    #[test]
    fn lines_come_back_with_their_blocks(lines in prop::collection::vec((0usize..7, "[a-c*_`>#.1-]{1,6}"), 1..8)) {
        let styles = [
            None,
            Some(Style::Quote),
            Some(Style::Heading { level: 1 }),
            Some(Style::Heading { level: 3 }),
            Some(Style::Subtext),
            Some(Style::Pre { language: None }),
            Some(Style::Link { url: "https://a.b/c_d".into() }),
        ];
        let mut whole = String::new();
        let mut spans = Vec::new();
        for (style, line) in lines {
            let start = whole.len();
            whole.push_str(&line);
            let range = start..whole.len();
            spans.extend(styles[style].clone().map(|style| Span { range, style }));
            whole.push_str("\n-\n");
        }
        whole.push('.');
        let text = Text::new(whole, spans);
        let rendered = render(&text);
        prop_assert_eq!(parse(&rendered, &NoNames), text, "{:?}", rendered);
    }

    #[test]
    fn code_comes_back_whole(code in "[a-c*_`|~<>\\n ]{1,12}", before in "[ab`]{0,3}", after in "[ab`]{0,3}") {
        let whole = format!("{before}{code}{after}");
        let range = before.len()..before.len() + code.len();
        for style in [Style::Code, Style::Pre { language: Some("rs".into()) }] {
            let text = Text::new(whole.clone(), vec![Span { range: range.clone(), style }]);
            let rendered = render(&text);
            let back = parse(&rendered, &NoNames);
            prop_assert_eq!(back.as_str(), text.as_str(), "{:?}", rendered);
            prop_assert_eq!(inked(&back), inked(&text), "{:?}", rendered);
        }
    }

    #[test]
    fn a_secret_stays_under_its_spoiler(
        text in "[ab|~*`\n -]{1,20}",
        secret in (0usize..20, 1usize..20),
        spans in spans(vec![
            Style::Bold,
            Style::Italic,
            Style::Strikethrough,
            Style::Code,
            Style::Pre { language: None },
            Style::Link { url: "https://a.b".into() },
        ]),
    ) {
        let secret = Span { range: secret.0..secret.0 + secret.1, style: Style::Spoiler };
        let text = Text::new(text, [spans, vec![secret]].concat());
        let rendered = render(&text);
        let letters = |text: &Text| -> String {
            let hidden = inked(text).into_iter().filter(|(_, styles)| styles.contains(&Style::Spoiler));
            hidden.map(|(char, _)| char).filter(|char| char.is_alphabetic()).collect()
        };
        let back = parse(&rendered, &NoNames);
        prop_assert!(letters(&back).len() >= letters(&text).len(), "{:?}", rendered);
    }

    #[test]
    fn whatever_is_read_can_be_written_and_read_again(source in markup()) {
        let text = parse(&source, &NoNames);
        let rendered = render(&text);
        render_split(&text, 20);
        prop_assert!(rendered.len() <= 40 * source.len() + 40);
    }

    #[test]
    fn every_rendered_part_fits_and_shows_the_text(
        text in "[a-c*_.é😀\u{301} \n]{0,80}",
        spans in spans(free_styles().to_vec()),
        limit in 8usize..40,
    ) {
        let text = Text::new(text, spans);
        let parts = render_split(&text, limit);
        let mut shown = String::new();
        for part in &parts {
            prop_assert!(part.chars().count() <= limit, "{:?}", part);
            shown.push_str(parse(part, &NoNames).as_str());
        }
        let ink = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(ink(&shown), ink(text.as_str()), "{:?}", parts);
    }

    #[test]
    fn reading_takes_linear_time(source in markup(), times in 1usize..40) {
        let source = source.repeat(times);
        let (_, steps) = super::parse::read(&source, &NoNames);
        prop_assert!(steps <= 64 * source.len() + 1024, "{} for {}", steps, source.len());
    }
}

/// The budget bounds the work on anything; on these, what was searched in vain must not even come
/// near it, because a message that spends it loses the rest of its styles.
#[test]
fn unclosed_markers_are_searched_for_once() {
    for marker in [
        "*",
        "**",
        "***",
        "_",
        "__",
        "_a",
        "*a",
        "*a ",
        "~~",
        "||",
        "`",
        "``",
        "```",
        "[",
        "[a](",
        "[a](https://",
        "<",
        "<@",
        "<https://a.b",
        "> ",
        ">>> ",
        "# ",
        "\\",
        "**a",
        "__a ",
        "~~a",
        "||a",
        "`a``",
        "**_",
        "[](",
        "<t:",
        "\u{200b}*",
        "h",
        "http://",
    ] {
        let source = marker.repeat(2000) + " **end**";
        let (_, steps) = super::parse::read(&source, &NoNames);
        assert!(
            steps <= 40 * source.len(),
            "{marker:?}: {steps} for {}",
            source.len()
        );
    }
}
