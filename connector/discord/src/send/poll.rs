//! Polls as Discord has them. (Poll Resource, "Poll Create Request Object")

use patchbay_app::ports::Piece;
use patchbay_domain::special::{Choice, Poll};
use patchbay_domain::{Attachment, Special, Text};
use serde::Serialize;

const QUESTION: usize = 300;
const ANSWER: usize = 55;
const ANSWERS: usize = 10;
/// As long as a poll can be open: on the other side it has no end.
const HOURS: u32 = 32 * 24;

#[derive(Serialize)]
pub(super) struct NewPoll<'a> {
    question: Media<'a>,
    answers: Vec<Answer<'a>>,
    duration: u32,
    allow_multiselect: bool,
}

#[derive(Serialize)]
struct Media<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Answer<'a> {
    poll_media: Media<'a>,
}

impl<'a> NewPoll<'a> {
    /// Nothing, if it is no poll, or none that Discord takes.
    pub(super) fn of(attachment: &'a Attachment) -> Option<Self> {
        let poll = poll_in(attachment)?;
        let answer = |text| Answer {
            poll_media: Media { text },
        };
        fits(poll).then(|| Self {
            question: Media {
                text: &poll.question,
            },
            answers: poll.options.iter().map(|text| answer(text)).collect(),
            duration: HOURS,
            allow_multiselect: poll.choice == Choice::Several,
        })
    }
}

fn fits(poll: &Poll) -> bool {
    let is_said = |text: &str, most| !text.trim().is_empty() && text.chars().count() <= most;
    let mut answers = poll.options.iter();
    (1..=ANSWERS).contains(&poll.options.len())
        && is_said(&poll.question, QUESTION)
        && answers.all(|answer| is_said(answer, ANSWER))
}

/// What is asked, if the piece is a poll.
pub(super) fn question(piece: &Piece) -> Option<&str> {
    let poll = piece.attachments.iter().find_map(poll_in)?;
    Some(&poll.question)
}

/// The same in words.
pub(super) fn told(piece: &Piece) -> Piece {
    let specials = piece.attachments.iter();
    let specials = specials.filter_map(|attachment| attachment.special.as_ref());
    let words: Vec<Text> = specials.map(Special::to_text).collect();
    Piece {
        text: Text::lines(std::iter::once(&piece.text).chain(&words)),
        attachments: Vec::new(),
    }
}

fn poll_in(attachment: &Attachment) -> Option<&Poll> {
    match &attachment.special {
        Some(Special::Poll(poll)) => Some(poll),
        Some(
            Special::Location(_)
            | Special::Contact(_)
            | Special::Dice { .. }
            | Special::Told { .. },
        )
        | None => None,
    }
}
