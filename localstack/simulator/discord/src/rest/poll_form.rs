use serde_json::Value;

use super::form::Form;
use crate::world::{FieldError, NewPoll, PollAnswer};

const LONGEST_QUESTION: usize = 300;
const LONGEST_ANSWER: usize = 55;
const MOST_ANSWERS: usize = 10;
const USUAL_HOURS: u64 = 24;
const MOST_HOURS: u64 = 32 * 24;

/// The poll of a new message, if it has one.
pub(crate) fn read_poll(form: &mut Form<'_>) -> Option<NewPoll> {
    let value = form.value("poll")?;
    let mut inner = Form::of(value);
    let question = text_of(&mut inner, inner_value(value, "question"), LONGEST_QUESTION);
    let answers = inner.list("answers").cloned().unwrap_or_default();
    if !(1..=MOST_ANSWERS).contains(&answers.len()) {
        inner.report(FieldError::bad_length(&["answers"], 1, MOST_ANSWERS));
    }
    let answers = answers.iter().map(|answer| {
        let media = inner_value(answer, "poll_media");
        PollAnswer {
            emoji: media.and_then(|media| media.get("emoji")).cloned(),
            text: text_of(&mut inner, media, LONGEST_ANSWER),
        }
    });
    let answers = answers.collect();
    let hours = inner.integer("duration").unwrap_or(USUAL_HOURS);
    if !(1..=MOST_HOURS).contains(&hours) {
        let message = format!("Must be between 1 and {MOST_HOURS}.");
        inner.report(FieldError::new(&["duration"], "NUMBER_TYPE_MAX", message));
    }
    let allow_multiselect = inner.boolean("allow_multiselect").unwrap_or_default();
    if let Err(rejection) = inner.finish(()) {
        form.adopt(&["poll"], rejection);
    }
    Some(NewPoll {
        question,
        answers,
        hours,
        allow_multiselect,
    })
}

fn inner_value<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|inner| inner.is_object())
}

/// The text of a question or an answer.
fn text_of(form: &mut Form<'_>, media: Option<&Value>, most: usize) -> String {
    let text = media.and_then(|media| media.get("text"));
    let text = text.and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() {
        form.report(FieldError::required(&["text"]));
    }
    if text.chars().count() > most {
        form.report(FieldError::too_long(&["text"], most));
    }
    text.to_owned()
}
