//! What Telegram can show that is no file.

use grammers_tl_types as tl;
use patchbay_domain::special::{Ballot, Choice, Contact, Location, Poll};
use patchbay_domain::{Endpoint, Special};

use super::destination::Destination;
use crate::peer;
use patchbay_domain::account::TelegramChatKind;

/// core.telegram.org/api/poll, which names no limits; these are of the Bot API's sendPoll as it
/// has been for longest.
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=10;
const LONGEST_QUESTION: usize = 255;
const LONGEST_OPTION: usize = 100;

pub(super) fn can_be_sent(special: &Special, destination: &Endpoint) -> bool {
    let is_private = match destination {
        Endpoint::Telegram { chat, .. } => peer::is_user(*chat),
        Endpoint::Discord { .. } => return false,
    };
    match special {
        Special::Poll(poll) => !is_private && fits(poll),
        Special::Location(_) | Special::Contact(_) => true,
        // Nobody can choose how a die falls.
        Special::Dice { .. } | Special::Told { .. } => false,
    }
}

fn fits(poll: &Poll) -> bool {
    let is_within = |text: &String, limit| !text.is_empty() && text.chars().count() <= limit;
    OPTIONS.contains(&poll.options.len())
        && is_within(&poll.question, LONGEST_QUESTION)
        && poll.options.iter().all(|it| is_within(it, LONGEST_OPTION))
}

/// Nothing for what [`can_be_sent`] refuses.
pub(super) fn input(special: &Special, to: &Destination) -> Option<tl::enums::InputMedia> {
    match special {
        Special::Poll(poll) => Some(input_poll(poll, to)),
        Special::Location(location) => Some(input_location(location)),
        Special::Contact(contact) => Some(input_contact(contact)),
        Special::Dice { .. } | Special::Told { .. } => None,
    }
}

fn input_poll(poll: &Poll, to: &Destination) -> tl::enums::InputMedia {
    let chat = to.live.directory.get(to.chat);
    // In channels nobody may see who voted.
    let may_be_open = chat.is_none_or(|chat| chat.kind != TelegramChatKind::Channel);
    let answers = (0u8..).zip(&poll.options).map(|(place, option)| {
        let answer = tl::types::PollAnswer {
            text: plain(option),
            option: vec![place],
            media: None,
            added_by: None,
            date: None,
        };
        answer.into()
    });
    let asked = tl::types::Poll {
        id: 0,
        closed: false,
        public_voters: may_be_open && poll.ballot == Ballot::Open,
        multiple_choice: poll.choice == Choice::Several,
        quiz: false,
        open_answers: false,
        revoting_disabled: false,
        shuffle_answers: false,
        hide_results_until_close: false,
        creator: false,
        subscribers_only: false,
        question: plain(&poll.question),
        answers: answers.collect(),
        close_period: None,
        close_date: None,
        countries_iso2: None,
        hash: 0,
    };
    let media = tl::types::InputMediaPoll {
        poll: asked.into(),
        correct_answers: None,
        attached_media: None,
        solution: None,
        solution_entities: None,
        solution_media: None,
    };
    media.into()
}

fn input_location(location: &Location) -> tl::enums::InputMedia {
    let (lat, long) = location.degrees();
    let accuracy_radius = None;
    let geo_point = tl::types::InputGeoPoint {
        lat,
        long,
        accuracy_radius,
    }
    .into();
    if location.title.is_none() && location.address.is_none() {
        return tl::types::InputMediaGeoPoint { geo_point }.into();
    }
    let venue = tl::types::InputMediaVenue {
        geo_point,
        title: location.title.clone().unwrap_or_default(),
        address: location.address.clone().unwrap_or_default(),
        provider: String::new(),
        venue_id: String::new(),
        venue_type: String::new(),
    };
    venue.into()
}

fn input_contact(contact: &Contact) -> tl::enums::InputMedia {
    let contact = tl::types::InputMediaContact {
        phone_number: contact.phone.clone(),
        first_name: contact.first_name.clone(),
        last_name: contact.last_name.clone(),
        vcard: String::new(),
    };
    contact.into()
}

fn plain(text: &str) -> tl::enums::TextWithEntities {
    let text = tl::types::TextWithEntities {
        text: text.to_owned(),
        entities: Vec::new(),
    };
    text.into()
}
