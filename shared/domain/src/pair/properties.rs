//! What holds of every text, whatever the options.

use proptest::collection::vec;
use proptest::prelude::*;

use super::options::{Draft, Mode};
use super::{Case, Find, Options, Outcome, Replacement};
use crate::content::{Author, Content};
use crate::event::Post;
use crate::text::{Span, Style, Text};

fn styles() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Bold),
        Just(Style::Italic),
        Just(Style::Quote),
        Just(Style::Pre { language: None }),
        Just(Style::Link {
            url: "https://example.com/a".to_owned()
        }),
    ]
}

fn texts() -> impl Strategy<Value = Text> {
    let spans = vec((0..40_usize, 0..40_usize, styles()), 0..5);
    ("[abé😀 \n]{1,24}", spans).prop_map(|(text, spans)| {
        let spans = spans.into_iter().map(|(start, end, style)| Span {
            range: start..end,
            style,
        });
        Text::new(text, spans.collect())
    })
}

fn replacements() -> impl Strategy<Value = Replacement> {
    let kind = prop_oneof![
        ("[abé😀]{1,2}", Just(Find::Literal)),
        (
            prop_oneof![Just("(a)(b)?"), Just("é+"), Just("[ab😀]"), Just("a.")]
                .prop_map(str::to_owned),
            Just(Find::Pattern)
        ),
    ];
    (kind, "[xyé $1]{0,3}").prop_map(|((find, kind), with)| Replacement {
        find,
        with,
        kind,
        case: Case::Insensitive,
    })
}

fn post(text: Text) -> Post {
    let author = Author {
        id: "7".to_owned(),
        name: "Ann\n Lee".to_owned(),
    };
    let content = Content {
        text,
        ..Content::default()
    };
    Post::new(author, content)
}

fn applied(draft: Draft, text: &Text) -> Option<Text> {
    match Options::parse(draft).unwrap().apply(&post(text.clone())) {
        Outcome::Passed(post) => Some(post.content.text),
        Outcome::Filtered { .. } => None,
    }
}

/// Spans are what `Text` promises: nothing is left for it to mend.
fn is_valid(text: &Text) -> bool {
    let within = text.spans().iter().all(|span| {
        !span.range.is_empty()
            && span.range.end <= text.as_str().len()
            && text.as_str().is_char_boundary(span.range.start)
            && text.as_str().is_char_boundary(span.range.end)
    });
    within && Text::new(text.as_str().to_owned(), text.spans().to_vec()) == *text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn header_and_footer_leave_the_text_between_them_as_it_is(
        text in texts(), forward in any::<bool>(),
    ) {
        let draft = Draft {
            header: Some("**é** [here](https://example.com)".to_owned()),
            footer: Some("*end*".to_owned()),
            mode: if forward { Mode::Forward } else { Mode::Copy },
            ..Draft::default()
        };
        let before = if forward { "é here\nAnn Lee\n" } else { "é here\n" };
        match applied(draft, &text) {
            Some(framed) => {
                prop_assert!(is_valid(&framed));
                let (from, to) = (before.len(), before.len() + text.as_str().len());
                prop_assert_eq!(framed.slice(from..to), text);
                let top = framed.slice(0..from);
                prop_assert_eq!(top.as_str(), before);
                let bottom = framed.slice(to..framed.as_str().len());
                prop_assert_eq!(bottom.as_str(), "\nend");
            }
            None => prop_assert!(text.as_str().trim().is_empty()),
        }
    }

    #[test]
    fn replacements_leave_valid_spans_and_what_they_do_not_find(
        text in texts(), replacements in vec(replacements(), 1..3),
    ) {
        let one = replacements.len() == 1;
        let replacement = replacements[0].clone();
        let draft = Draft { replacements, ..Draft::default() };
        if let Some(replaced) = applied(draft, &text) {
            prop_assert!(is_valid(&replaced));
            if one && replacement.kind == Find::Literal {
                let expected = text.as_str().replace(&replacement.find, &replacement.with);
                // Of the letters here, only é has another case, and that never occurs.
                prop_assert_eq!(replaced.as_str(), expected);
            }
        }
    }

    #[test]
    fn what_is_replaced_by_itself_stays_as_it_is(text in texts()) {
        let replacements = vec![Replacement {
            find: "[aé😀]".to_owned(),
            with: "$0".to_owned(),
            kind: Find::Pattern,
            case: Case::Sensitive,
        }];
        let draft = Draft { replacements, ..Draft::default() };
        if let Some(replaced) = applied(draft, &text) {
            prop_assert_eq!(replaced, text);
        }
    }
}
