//! From text to markdown: the tree of marks, written out.

use std::ops::Range;

use super::blocks::Blocks;
use super::escape::{Position, escape};
use super::layout::{Kind, Mark, marks};
use super::link::{self, LinkForm};
use super::ranges::inside;
use super::{SEPARATOR, delimiter};
use crate::text::Text;

/// Writes markdown that Discord shows as `text`.
///
/// Everything that is not a style of the text is escaped, so it mentions nobody by id; `@everyone`
/// and `@here` are for `allowed_mentions` to silence. A mention is written as the name that it
/// shows. Where Discord has no such form, the nearest one is taken: an expandable quote is a
/// quote, a link that cannot be masked has its address behind the label.
pub fn render(text: &Text) -> String {
    let whole = text.as_str();
    let blocks = Blocks::of(text);
    let edges = blocks.edges();
    let marks = marks(text, &blocks, &edges);
    let tokens = tokens(whole, &marks, &edges);
    let italics = italic_markers(whole, &marks, &tokens);
    let mut writer = Writer {
        whole,
        blocks: &blocks,
        out: String::with_capacity(whole.len() * 5 / 4),
        at_line_start: true,
        quote: None,
        heading: "",
    };
    let mut in_label = false;
    for (index, token) in tokens.iter().enumerate() {
        writer.enter(token, &marks);
        let previous = index.checked_sub(1).and_then(|index| tokens.get(index));
        match token {
            Token::Open(mark) => {
                let marker = opening(whole, &marks[*mark], italics[*mark]);
                if matches!(previous, Some(Token::Close(_))) {
                    writer.separate(marker);
                }
                writer.put(marker);
                in_label |= marker == "[";
            }
            Token::Close(mark) => {
                writer.put(&closing(whole, &marks[*mark], italics[*mark]));
                in_label &= !matches!(marks[*mark].kind, Kind::Link { .. });
            }
            Token::Atom(mark) => {
                if matches!(previous, Some(Token::Atom(_))) && marks[*mark].kind.is_code() {
                    writer.separate("`");
                }
                let edge = address_edge(whole, &tokens[index + 1..]);
                writer.atom(&marks[*mark], edge);
            }
            Token::Text(range) => {
                let position = match previous {
                    Some(Token::Open(_)) => Position::AfterMarker,
                    _ => Position::Elsewhere,
                };
                writer.put(&escape(whole, range.clone(), position, in_label));
            }
        }
    }
    writer.out
}

#[derive(Debug)]
enum Token {
    Open(usize),
    Close(usize),
    Atom(usize),
    Text(Range<usize>),
}

fn tokens(whole: &str, marks: &[Mark], edges: &[usize]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut here = 0;
    let text_until = |tokens: &mut Vec<Token>, here: &mut usize, end: usize| {
        for edge in inside(edges, &(*here..end)).iter().copied().chain([end]) {
            if *here < edge {
                tokens.push(Token::Text(*here..edge));
            }
            *here = (*here).max(edge);
        }
    };
    for (index, mark) in marks.iter().enumerate() {
        while let Some(last) = open.pop_if(|last| marks[*last].range.end <= mark.range.start) {
            text_until(&mut tokens, &mut here, marks[last].range.end);
            tokens.push(Token::Close(last));
        }
        text_until(&mut tokens, &mut here, mark.range.start);
        if mark.kind.is_atom() {
            tokens.push(Token::Atom(index));
            here = mark.range.end;
        } else {
            tokens.push(Token::Open(index));
            open.push(index);
        }
    }
    while let Some(last) = open.pop() {
        text_until(&mut tokens, &mut here, marks[last].range.end);
        tokens.push(Token::Close(last));
    }
    text_until(&mut tokens, &mut here, whole.len());
    tokens
}

/// For each mark the marker that it takes if it is italic: an underscore, or a star where the
/// underscore would run into a word or another underscore.
fn italic_markers(whole: &str, marks: &[Mark], tokens: &[Token]) -> Vec<&'static str> {
    let mut markers = vec!["_"; marks.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(mark) => open.push((*mark, index)),
            Token::Close(mark) => {
                let Some((_, start)) = open.pop() else {
                    continue;
                };
                if marks[*mark].kind != Kind::Italic {
                    continue;
                }
                let before = start.checked_sub(1).and_then(|before| tokens.get(before));
                let disturbed = touches(whole, marks, before, Side::Before)
                    || touches(whole, marks, tokens.get(start + 1), Side::Inside)
                    || touches(whole, marks, tokens.get(index - 1), Side::Inside)
                    || touches(whole, marks, tokens.get(index + 1), Side::After)
                    || tokens[start..index]
                        .iter()
                        .any(|token| holds_underscore(whole, marks, token));
                if disturbed {
                    markers[*mark] = "*";
                }
            }
            Token::Atom(_) | Token::Text(_) => {}
        }
    }
    markers
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    Inside,
    After,
}

fn touches(whole: &str, marks: &[Mark], token: Option<&Token>, side: Side) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| delimiter::is_word(*byte));
    match token {
        None => false,
        Some(Token::Open(mark) | Token::Close(mark)) => {
            marks[*mark].kind == Kind::Underline
                || (marks[*mark].kind == Kind::Strikethrough && side == Side::Before)
        }
        Some(Token::Text(range)) => {
            let bytes = &whole.as_bytes()[range.clone()];
            (side == Side::Before && is_word(bytes.last()))
                || (side == Side::After && is_word(bytes.first()))
        }
        Some(Token::Atom(mark)) => side != Side::Inside && marks[*mark].kind == Kind::Address,
    }
}

fn holds_underscore(whole: &str, marks: &[Mark], token: &Token) -> bool {
    let (Token::Open(mark) | Token::Atom(mark)) = token else {
        return false;
    };
    let Mark { range, kind } = &marks[*mark];
    if let Kind::Link { url: literal } | Kind::Literal(literal) = kind {
        literal.contains('_')
    } else {
        kind.is_atom() && whole[range.clone()].contains('_')
    }
}

fn opening(whole: &str, mark: &Mark, italic: &'static str) -> &'static str {
    if let Kind::Link { url } = &mark.kind {
        match link::form(&whole[mark.range.clone()], url) {
            LinkForm::Masked(_) => "[",
            LinkForm::Noted(_) => "",
        }
    } else {
        marker(&mark.kind, italic)
    }
}

fn closing(whole: &str, mark: &Mark, italic: &'static str) -> String {
    if let Kind::Link { url } = &mark.kind {
        match link::form(&whole[mark.range.clone()], url) {
            LinkForm::Masked(url) => format!("]({url})"),
            LinkForm::Noted(note) => format!(" ({note})"),
        }
    } else {
        marker(&mark.kind, italic).to_owned()
    }
}

fn marker(kind: &Kind, italic: &'static str) -> &'static str {
    match kind {
        Kind::Spoiler => "||",
        Kind::Strikethrough => "~~",
        Kind::Underline => "__",
        Kind::Bold => "**",
        Kind::Italic => italic,
        Kind::Link { .. } | Kind::Code | Kind::Literal(_) | Kind::Address | Kind::Pre(_) => "",
    }
}

/// Whether what follows a web address would be read as a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AddressEdge {
    Clear,
    /// The address has to stand in angle brackets, at the price of its preview.
    Blurred,
}

fn address_edge(whole: &str, following: &[Token]) -> AddressEdge {
    let clear = match following {
        [] | [Token::Close(_), ..] => true,
        [Token::Open(_) | Token::Atom(_), ..] => false,
        [Token::Text(range), after @ ..] => {
            let text = &whole[range.clone()];
            let run = text.split(char::is_whitespace).next().unwrap_or_default();
            let ends = run.len() < text.len() || matches!(after, [] | [Token::Close(_), ..]);
            ends && !run.contains(['<', ':'])
        }
    };
    if clear {
        AddressEdge::Clear
    } else {
        AddressEdge::Blurred
    }
}

struct Writer<'a> {
    whole: &'a str,
    blocks: &'a Blocks,
    out: String,
    at_line_start: bool,
    /// Where the quote that is being written starts.
    quote: Option<usize>,
    heading: &'static str,
}

impl Writer<'_> {
    /// Comes to the block in which `token` stands; a quote has its lines to itself.
    fn enter(&mut self, token: &Token, marks: &[Mark]) {
        let at = match token {
            Token::Open(mark) | Token::Atom(mark) => marks[*mark].range.start,
            Token::Text(range) => range.start,
            Token::Close(_) => return,
        };
        let quotes = &self.blocks.quotes;
        let quote = quotes
            .get(quotes.partition_point(|quote| quote.end <= at))
            .filter(|quote| quote.start <= at)
            .map(|quote| quote.start);
        if quote != self.quote {
            self.quote = None;
            if !self.at_line_start && !self.whole[at..].starts_with('\n') {
                self.put("\n");
            }
            self.quote = quote;
        }
        let headings = &self.blocks.headings;
        self.heading = headings
            .get(headings.partition_point(|(heading, _)| heading.end <= at))
            .filter(|(heading, _)| heading.start <= at)
            .map_or("", |(_, prefix)| prefix);
    }

    fn put(&mut self, text: &str) {
        for char in text.chars() {
            if self.at_line_start && self.quote.is_some() {
                self.out.push_str("> ");
            }
            if self.at_line_start && char != '\n' {
                self.out.push_str(self.heading);
            }
            self.out.push(char);
            self.at_line_start = char == '\n';
        }
    }

    /// Keeps the marker before from being read together with `marker`.
    fn separate(&mut self, marker: &str) {
        let joins = match marker {
            "*" | "**" => self.out.ends_with('*'),
            "_" | "__" => self.out.ends_with(['_', '~']),
            "~~" => self.out.ends_with('~'),
            "`" => self.out.ends_with('`'),
            _ => false,
        };
        if joins {
            self.out.push(SEPARATOR);
        }
    }

    fn atom(&mut self, mark: &Mark, edge: AddressEdge) {
        let content = &self.whole[mark.range.clone()];
        if let Kind::Literal(literal) = &mark.kind {
            self.put(literal);
        } else if let Kind::Pre(index) = &mark.kind {
            let language = self.blocks.pres[*index]
                .language
                .as_deref()
                .unwrap_or_default();
            self.put(&format!("```{language}\n{}\n```", guarded(content, 2)));
        } else if mark.kind == Kind::Code {
            self.put(&inline_code(content));
        } else if edge == AddressEdge::Blurred {
            self.put(&format!("<{content}>"));
        } else {
            self.put(content);
        }
    }
}

fn inline_code(content: &str) -> String {
    if !content.contains('`') {
        return format!("`{content}`");
    }
    let pad = |needed: bool| if needed { " " } else { "" };
    let before = pad(content.starts_with('`'));
    let after = pad(content.ends_with('`'));
    format!("``{before}{}{after}``", guarded(content, 1))
}

/// Puts separators into runs of more than `run` backticks, so that none of them ends the code.
fn guarded(content: &str, run: usize) -> String {
    let mut guarded = String::with_capacity(content.len());
    let mut ticks = 0;
    for char in content.chars() {
        if char != '`' {
            ticks = 0;
        } else if ticks == run {
            guarded.push(SEPARATOR);
            ticks = 1;
        } else {
            ticks += 1;
        }
        guarded.push(char);
    }
    guarded
}
