//! What is no file and yet known on other platforms, or to Telegram when it is sent again.

use grammers_tl_types as tl;
use patchbay_domain::special::{Ballot, Choice, Contact, Location, Poll};
use patchbay_domain::{Attachment, Special};
use tl::enums::{GeoPoint, PollAnswer, TextWithEntities};

use super::told;

pub(super) fn poll(poll: &tl::enums::Poll) -> Poll {
    let tl::enums::Poll::Poll(poll) = poll;
    let TextWithEntities::Entities(question) = &poll.question;
    Poll {
        question: question.text.clone(),
        options: poll.answers.iter().map(answer).collect(),
        choice: if poll.multiple_choice {
            Choice::Several
        } else {
            Choice::One
        },
        ballot: if poll.public_voters {
            Ballot::Open
        } else {
            Ballot::Secret
        },
    }
}

fn answer(answer: &PollAnswer) -> String {
    let TextWithEntities::Entities(text) = match answer {
        PollAnswer::Answer(answer) => &answer.text,
        PollAnswer::InputPollAnswer(answer) => &answer.text,
    };
    text.text.clone()
}

pub(super) fn location(place: &GeoPoint) -> Attachment {
    match degrees(place) {
        Some((latitude, longitude)) => {
            let place = Location::from_degrees(latitude, longitude);
            Attachment::special(Special::Location(place))
        }
        None => told::hidden_location(),
    }
}

pub(super) fn venue(venue: &tl::types::MessageMediaVenue) -> Attachment {
    match degrees(&venue.geo) {
        Some((latitude, longitude)) => Attachment::special(Special::Location(Location {
            title: Some(venue.title.clone()).filter(|title| !title.is_empty()),
            address: Some(venue.address.clone()).filter(|address| !address.is_empty()),
            ..Location::from_degrees(latitude, longitude)
        })),
        None => told::hidden_location(),
    }
}

pub(super) fn contact(contact: &tl::types::MessageMediaContact) -> Attachment {
    Attachment::special(Special::Contact(Contact {
        phone: contact.phone_number.clone(),
        first_name: contact.first_name.clone(),
        last_name: contact.last_name.clone(),
    }))
}

fn degrees(place: &GeoPoint) -> Option<(f64, f64)> {
    match place {
        GeoPoint::Point(point) => Some((point.lat, point.long)),
        GeoPoint::Empty => None,
    }
}
