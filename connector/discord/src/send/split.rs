use patchbay_domain::Text;
use patchbay_domain::text::discord::render;
use patchbay_domain::text::{LengthUnit, split as cut};

/// Discord counts code points. (Create Message, `content`)
const MOST: usize = 2000;

/// The parts of a text, each of which Discord takes as one message. Markers and escapes count
/// too, so a part is cut again while what is written for it is too long.
pub(super) fn split(text: &Text) -> Vec<Text> {
    let mut parts = fit(text, MOST);
    // Discord refuses a message of white space alone; together with others it says nothing.
    if parts.iter().any(|part| !is_blank(part)) {
        parts.retain(|part| !is_blank(part));
    }
    parts
}

fn fit(text: &Text, limit: usize) -> Vec<Text> {
    cut(text, limit, LengthUnit::CodePoints)
        .into_iter()
        .flat_map(fit_part)
        .collect()
}

fn fit_part(part: Text) -> Vec<Text> {
    let written = length(&render(&part));
    if written <= MOST {
        return vec![part];
    }
    let plain = Text::plain(part.as_str());
    if length(&render(&plain)) <= MOST / 2 {
        // Not its length is the trouble but its styles, such as a link that fits nowhere.
        return vec![plain];
    }
    // In proportion, and by one at least so that it comes to an end.
    let length = length(part.as_str());
    fit(&part, (length * MOST / written).min(length - 1))
}

fn is_blank(part: &Text) -> bool {
    render(part).trim().is_empty()
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use patchbay_domain::text::{Span, Style};
    use proptest::prelude::*;

    use super::*;

    fn parts_of(text: &Text) -> Vec<usize> {
        split(text)
            .iter()
            .map(|part| length(&render(part)))
            .collect()
    }

    #[test]
    fn a_short_text_stays_whole_and_a_long_one_is_cut() {
        assert_eq!(split(&Text::plain("hello")), [Text::plain("hello")]);
        assert_eq!(split(&Text::plain("x".repeat(4500))).len(), 3);
    }

    #[test]
    fn escapes_and_markers_count() {
        let stars = Text::plain("*".repeat(1500));
        assert!(parts_of(&stars).len() > 1);
        assert!(parts_of(&stars).iter().all(|written| *written <= MOST));
    }

    #[test]
    fn a_link_that_fits_nowhere_leaves_its_text() {
        let url = format!("https://example.org/{}", "x".repeat(MOST));
        let span = Span {
            range: 0..4,
            style: Style::Link { url },
        };
        let text = Text::new("here".to_owned(), vec![span]);
        let said: String = split(&text).iter().map(render).collect();
        assert_eq!(said, "here");
    }

    #[test]
    fn white_space_is_not_sent_alone() {
        let text = Text::plain(format!("{}{}end", "x".repeat(1999), "\n".repeat(3000)));
        assert!(split(&text).iter().all(|part| !is_blank(part)));
        assert_eq!(split(&Text::plain(" ")), [Text::plain(" ")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_part_fits_and_nothing_but_white_space_is_left_out(
            words in proptest::collection::vec("[a-z*_`~|>#\\\\😀 \n-]{1,40}", 1..150),
            start in 0_usize..500, length_of_bold in 1_usize..4000,
        ) {
            let whole = words.concat();
            let span = Span { range: start..start + length_of_bold, style: Style::Bold };
            let text = Text::new(whole.clone(), vec![span]);
            let parts = split(&text);
            prop_assert!(parts.iter().all(|part| length(&render(part)) <= MOST));
            prop_assert_eq!(&parts, &split(&text));
            let visible = |text: &str| text.split_whitespace().collect::<String>();
            let said: String = parts.iter().map(Text::as_str).collect();
            prop_assert_eq!(visible(&said), visible(&whole));
        }
    }
}
