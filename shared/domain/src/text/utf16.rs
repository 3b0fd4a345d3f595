//! Telegram counts text in UTF-16 code units (Bot API, `MessageEntity`).

use super::{Span, Style, Text};

pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

impl Text {
    /// Takes entities as (offset, length, style). What reaches out of the text is clamped, and an
    /// end inside a surrogate pair takes in the whole character.
    pub fn from_utf16(text: String, entities: impl IntoIterator<Item = (i32, i32, Style)>) -> Self {
        let starts = char_start_of_each_unit(&text);
        let last = starts.len() - 1;
        let clamp = |unit: i64| usize::try_from(unit.max(0)).map_or(last, |unit| unit.min(last));
        let spans = entities
            .into_iter()
            .map(|(offset, length, style)| {
                let start = clamp(i64::from(offset));
                let mut end = clamp(i64::from(offset) + i64::from(length));
                if end > 0 && end < last && starts[end] == starts[end - 1] {
                    end += 1;
                }
                Span {
                    range: starts[start]..starts[end],
                    style,
                }
            })
            .collect();
        Self::new(text, spans)
    }

    /// The spans as (offset, length, style), in the order of [`Text::spans`].
    pub fn to_utf16_spans(&self) -> Vec<(usize, usize, &Style)> {
        let mut edges: Vec<usize> = self
            .spans
            .iter()
            .flat_map(|span| [span.range.start, span.range.end])
            .collect();
        edges.sort_unstable();
        edges.dedup();
        let units: Vec<usize> = edges
            .iter()
            .scan((0, 0), |(byte, unit), edge| {
                *unit += utf16_len(&self.text[*byte..*edge]);
                *byte = *edge;
                Some(*unit)
            })
            .collect();
        let unit_at = |byte: usize| edges.binary_search(&byte).map_or(0, |index| units[index]);
        self.spans
            .iter()
            .map(|span| {
                let start = unit_at(span.range.start);
                (start, unit_at(span.range.end) - start, &span.style)
            })
            .collect()
    }
}

/// For every UTF-16 unit and the end, the byte at which its character starts.
fn char_start_of_each_unit(text: &str) -> Vec<usize> {
    let mut starts = Vec::with_capacity(text.len() + 1);
    for (byte, char) in text.char_indices() {
        starts.extend(std::iter::repeat_n(byte, char.len_utf16()));
    }
    starts.push(text.len());
    starts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offsets_count_utf16_units() {
        let text = Text::from_utf16(
            "a😀é b".to_owned(),
            [(1, 2, Style::Bold), (3, 1, Style::Code)],
        );
        assert_eq!(text.spans()[0].range, 1..5);
        assert_eq!(text.spans()[1].range, 5..7);
        assert_eq!(
            text.to_utf16_spans(),
            [(1, 2, &Style::Bold), (3, 1, &Style::Code)]
        );
        assert_eq!(utf16_len(text.as_str()), 6);
    }

    #[test]
    fn broken_offsets_are_widened_or_clamped() {
        for (offset, length, expected) in [
            (2, 1, Some((1, 2))),
            (0, 2, Some((0, 3))),
            (2, 2, Some((1, 3))),
            (-3, 5, Some((0, 3))),
            (3, i32::MAX, Some((3, 2))),
            (i32::MIN, 5, None),
            (9, 4, None),
            (1, -1, None),
            (1, 0, None),
        ] {
            let text = Text::from_utf16("a😀é!".to_owned(), [(offset, length, Style::Bold)]);
            let found = text
                .to_utf16_spans()
                .first()
                .map(|(offset, length, _)| (*offset, *length));
            assert_eq!(found, expected, "{offset} {length}");
        }
    }

    proptest! {
        #[test]
        fn entities_survive_the_round_trip(
            text in "[a😀é\u{301} ]{0,20}",
            edges in prop::collection::vec((0usize..40, 1usize..40), 0..4),
        ) {
            let styles = [Style::Bold, Style::Italic, Style::Spoiler, Style::Code];
            let spans = edges
                .into_iter()
                .zip(styles)
                .map(|((start, length), style)| Span { range: start..start + length, style })
                .collect();
            let text = Text::new(text, spans);
            let entities: Vec<(i32, i32, Style)> = text
                .to_utf16_spans()
                .into_iter()
                .map(|(offset, length, style)| {
                    (i32::try_from(offset).unwrap(), i32::try_from(length).unwrap(), style.clone())
                })
                .collect();
            prop_assert_eq!(Text::from_utf16(text.as_str().to_owned(), entities), text);
        }

        #[test]
        fn any_offset_gives_a_valid_text(text in ".{0,12}", offset: i32, length: i32) {
            let text = Text::from_utf16(text, [(offset, length, Style::Bold)]);
            for span in text.spans() {
                prop_assert!(!text.as_str()[span.range.clone()].is_empty());
            }
        }
    }
}
