//! Polls as Discord has them. (Poll Resource, "Poll Create Request Object")

use patchbay_domain::special::{Choice, Poll};
use patchbay_domain::{Attachment, Special};
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
        let Some(Special::Poll(poll)) = &attachment.special else {
            return None;
        };
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

impl NewPoll<'_> {
    pub(super) fn question(&self) -> &str {
        self.question.text
    }
}

fn fits(poll: &Poll) -> bool {
    let is_said = |text: &str, most| !text.trim().is_empty() && text.chars().count() <= most;
    let mut answers = poll.options.iter();
    (1..=ANSWERS).contains(&poll.options.len())
        && is_said(&poll.question, QUESTION)
        && answers.all(|answer| is_said(answer, ANSWER))
}
