//! Where a marker that stands open is closed.

use std::ops::Range;

/// A container found at a position: what lies between its markers, and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) content: Range<usize>,
    pub(super) end: usize,
}

/// A text that is read by one pass of the rules.
///
/// A search that came to the end in vain is not made again from further on, so that a text full of
/// markers which nothing closes is read in linear time.
pub(super) struct Fragment<'a> {
    pub(super) source: &'a str,
    /// Bytes looked at since the last [`Fragment::take_steps`].
    steps: usize,
    exhausted: Exhausted,
    brackets: Option<Vec<usize>>,
}

#[derive(Default)]
struct Exhausted {
    pairs: [bool; 4],
    code: [bool; 3],
}

/// Markers of two equal characters.
#[derive(Clone, Copy)]
pub(super) enum Pair {
    Stars,
    Underscores,
    Tildes,
    Pipes,
}

impl Pair {
    const fn byte(self) -> u8 {
        match self {
            Self::Stars => b'*',
            Self::Underscores => b'_',
            Self::Tildes => b'~',
            Self::Pipes => b'|',
        }
    }

    /// Whether a backslash guards the next character, and a third marker moves the end on.
    const fn minds_neighbours(self) -> bool {
        match self {
            Self::Stars | Self::Underscores => true,
            Self::Tildes | Self::Pipes => false,
        }
    }
}

impl<'a> Fragment<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            steps: 0,
            exhausted: Exhausted::default(),
            brackets: None,
        }
    }

    pub(super) fn take_steps(&mut self) -> usize {
        std::mem::take(&mut self.steps)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    /// `**…**`, `__…__`, `~~…~~` or `||…||` opened at `at`.
    pub(super) fn pair(&mut self, at: usize, pair: Pair) -> Option<Found> {
        let byte = pair.byte();
        if self.exhausted.pairs[pair as usize]
            || self.byte(at) != Some(byte)
            || self.byte(at + 1) != Some(byte)
        {
            return None;
        }
        let start = at + 2;
        let mut here = start;
        while let Some(found) = self.byte(here) {
            if found == b'\\' && pair.minds_neighbours() {
                here += 2;
                continue;
            }
            let closes = here > start
                && found == byte
                && self.byte(here + 1) == Some(byte)
                && !(pair.minds_neighbours() && self.byte(here + 2) == Some(byte));
            if closes {
                self.steps += here - at;
                return Some(Found {
                    content: start..here,
                    end: here + 2,
                });
            }
            here += 1;
        }
        self.steps += here - at;
        self.exhausted.pairs[pair as usize] = true;
        None
    }

    /// `*…*` opened at `at`: it hugs its content, and a star after white space ends the hope.
    pub(super) fn star(&mut self, at: usize) -> Option<Found> {
        if !self.source[at + 1..].starts_with(|char: char| !char.is_whitespace()) {
            return None;
        }
        let found = self.single(at, b'*', |source, here| {
            let spaced = source[..here].ends_with(char::is_whitespace);
            !spaced && source.as_bytes().get(here + 1) != Some(&b'*')
        })?;
        Some(found)
    }

    /// `_…_` opened at `at`: it does not end inside a word.
    pub(super) fn underscore(&mut self, at: usize) -> Option<Found> {
        self.single(at, b'_', |source, here| {
            !source
                .as_bytes()
                .get(here + 1)
                .is_some_and(|next| is_word(*next))
        })
    }

    /// The first marker that may close ends it, two in a row are content, and any other one that
    /// stands alone means that nothing was opened.
    fn single(
        &mut self,
        at: usize,
        byte: u8,
        closes: impl Fn(&str, usize) -> bool,
    ) -> Option<Found> {
        let start = at + 1;
        let mut here = start;
        let mut found = None;
        while let Some(next) = self.byte(here) {
            if next == b'\\' {
                here += 2;
            } else if next != byte {
                here += 1;
            } else if here > start && closes(self.source, here) {
                found = Some(Found {
                    content: start..here,
                    end: here + 1,
                });
                break;
            } else if self.byte(here + 1) == Some(byte) {
                here += 2;
            } else {
                break;
            }
        }
        self.steps += here - at;
        found
    }

    /// A code block opened by three backticks at `at`.
    pub(super) fn fence(&mut self, at: usize) -> Option<Found> {
        if self.exhausted.code[2] || !self.source[at..].starts_with("```") {
            return None;
        }
        let start = at + 3;
        let after_first = start + self.source[start..].chars().next()?.len_utf8();
        let Some(offset) = self.source[after_first..].find("```") else {
            self.steps += self.source.len() - at;
            self.exhausted.code[2] = true;
            return None;
        };
        let end = after_first + offset;
        self.steps += end - at;
        let blank = self.source[start..end].bytes().all(|byte| byte == b'\n');
        (!blank).then_some(Found {
            content: start..end,
            end: end + 3,
        })
    }

    /// Inline code in one or two backticks at `at`: it ends at as many, neither more nor fewer.
    pub(super) fn code(&mut self, at: usize) -> Option<Found> {
        let opening = self.backticks(at);
        if opening >= 2
            && let Some(found) = self.code_in(at, 2, opening)
        {
            return Some(found);
        }
        self.code_in(at, 1, opening)
    }

    fn code_in(&mut self, at: usize, ticks: usize, opening: usize) -> Option<Found> {
        if self.exhausted.code[ticks - 1] {
            return None;
        }
        let mut here = at + opening;
        while here < self.source.len() {
            let run = self.backticks(here);
            if run == ticks {
                self.steps += here - at;
                return Some(Found {
                    content: at + ticks..here,
                    end: here + ticks,
                });
            }
            here += run.max(1);
        }
        self.steps += here - at;
        self.exhausted.code[ticks - 1] = true;
        None
    }

    fn backticks(&self, at: usize) -> usize {
        self.source.as_bytes()[at..]
            .iter()
            .take_while(|byte| **byte == b'`')
            .count()
    }

    /// `[label](url)` opened at `at`; the label's brackets are balanced. Gives the label and the
    /// url as it is written.
    pub(super) fn link(&mut self, at: usize) -> Option<(Found, Range<usize>)> {
        if self.brackets.is_none() {
            self.brackets = Some(matching_brackets(self.source));
            self.steps += self.source.len();
        }
        let close = *self.brackets.as_ref()?.get(at)?;
        if close <= at + 1 || self.byte(close + 1) != Some(b'(') {
            return None;
        }
        let (url, end) = self.target(close + 2)?;
        Some((
            Found {
                content: at + 1..close,
                end,
            },
            url,
        ))
    }

    /// What stands in the parentheses of a link: its url and the end of the parenthesis.
    fn target(&mut self, from: usize) -> Option<(Range<usize>, usize)> {
        let bytes = self.source.as_bytes();
        let skip_space = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
                at += 1;
            }
            at
        };
        let mut start = skip_space(from);
        if bytes.get(start) == Some(&b'<') {
            start += 1;
        }
        let mut here = start;
        let mut open = 0_usize;
        while let Some(byte) = bytes.get(here) {
            match byte {
                b'\\' => here += 1,
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' | b'<' | b'>' => break,
                // Another link begins; to look further would cost a walk to the end for each.
                b']' if bytes.get(here + 1) == Some(&b'(') => break,
                byte if byte.is_ascii_whitespace() => break,
                _ => {}
            }
            here += 1;
        }
        let here = here.min(bytes.len());
        self.steps += here - from;
        let mut close = here;
        if bytes.get(close) == Some(&b'>') {
            close += 1;
        }
        close = skip_space(close);
        (bytes.get(close) == Some(&b')') && self.source.is_char_boundary(here))
            .then_some((start..here, close + 1))
    }
}

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// For each `[` the place of its `]`, 0 where there is none.
fn matching_brackets(source: &str) -> Vec<usize> {
    let mut closes = vec![0; source.len()];
    let mut open = Vec::new();
    for (at, byte) in source.bytes().enumerate() {
        match byte {
            b'[' => open.push(at),
            b']' => {
                if let Some(start) = open.pop() {
                    closes[start] = at;
                }
            }
            _ => {}
        }
    }
    closes
}
