//! Finding whole words, in upper or lower case.
//!
//! Every step is a search for plain text, so that a hundred words take no longer than a hundred
//! passes over the message.

/// A word or a phrase as it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As its owner wrote it.
    pub(super) written: String,
    folded: String,
}

/// A text in which words are looked for.
#[derive(Debug)]
pub(super) struct Folded(String);

impl Word {
    pub(super) fn new(written: &str) -> Self {
        Self {
            written: written.to_owned(),
            folded: fold(written).trim().to_owned(),
        }
    }

    pub(super) fn is_in(&self, text: &Folded) -> bool {
        let text = &text.0;
        let (Some(first), Some(last)) = (self.folded.chars().next(), self.folded.chars().last())
        else {
            return false;
        };
        let mut from = 0;
        while let Some(place) = text[from..].find(&self.folded) {
            let begin = from + place;
            let end = begin + self.folded.len();
            let before = text[..begin].chars().next_back();
            let after = text[end..].chars().next();
            if is_apart(first, before) && is_apart(last, after) {
                return true;
            }
            from = begin + first.len_utf8();
        }
        false
    }
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        Self(fold(text))
    }
}

/// One form for what looks alike: lower case, single spaces, and nothing that can't be seen.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_whitespace() {
            if !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else if !is_invisible(char) {
            folded.extend(char.to_lowercase().map(|lower| match lower {
                'ς' => 'σ',
                other => other,
            }));
        }
    }
    folded
}

const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

/// Whether a word that has `edge` at its end ends there, beside `neighbour`.
fn is_apart(edge: char, neighbour: Option<char>) -> bool {
    let Some(neighbour) = neighbour else {
        return true;
    };
    !is_of_word(edge) || !is_of_word(neighbour) || is_unspaced(edge) || is_unspaced(neighbour)
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || matches!(char, '\u{300}'..='\u{36f}')
}

/// Whether it is of a script that writes no spaces between words: Thai, Lao, Burmese, Khmer, and
/// what Chinese and Japanese are written in.
const fn is_unspaced(char: char) -> bool {
    matches!(char,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole_and_in_any_case() {
        for (word, text, expected) in [
            ("sale", "Big SALE today", true),
            ("sale", "sale", true),
            ("sale", "wholesale, sales", false),
            ("sale", "wholesale and sale", true),
            ("sale", "pre-sale!", true),
            ("sale", "sa\u{200b}le", true),
            ("buy  now", "Buy\n now", true),
            ("buy now", "buy nowhere", false),
            ("x x", "ax x x", true),
            ("c++", "I like C++.", true),
            ("c++", "c+", false),
            ("$btc", "buy $BTC", true),
            ("$btc", "buy $btcx", false),
            ("ÜBER", "alles über alles", true),
            ("über", "überall", false),
            ("ΟΔΟΣ", "η οδός, οδος", true),
            ("caf", "cafe\u{301}", false),
            ("cafe", "cafe\u{301}", false),
            ("реклама", "РЕКЛАМА!", true),
            ("реклама", "рекламация", false),
            ("広告", "これは広告です", true),
            ("btc", "btcを買う", true),
            ("😀", "a😀b", true),
            ("a", "", false),
        ] {
            let found = Word::new(word).is_in(&Folded::new(text));
            assert_eq!(found, expected, "{word} in {text}");
        }
    }
}
