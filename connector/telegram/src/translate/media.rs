//! What a message carries beside its text.

mod file;
mod special;
#[cfg(test)]
mod tests;
mod told;

use grammers_tl_types as tl;
use patchbay_domain::ids::{AccountId, MessageId, TelegramChatId};
use patchbay_domain::{Attachment, Special};
use tl::enums::MessageMedia;

/// The message that media are in, and as whom it is read.
#[derive(Clone, Copy)]
pub(crate) struct Carrier<'a> {
    pub(crate) account: AccountId,
    pub(crate) chat: TelegramChatId,
    pub(crate) message: MessageId,
    pub(crate) name_of: &'a dyn Fn(&tl::enums::Peer) -> Option<String>,
}

pub(crate) fn attachments(message: &tl::types::Message, carrier: &Carrier<'_>) -> Vec<Attachment> {
    let media = message.media.iter();
    let mut attachments: Vec<Attachment> =
        media.flat_map(|media| of_media(media, carrier)).collect();
    if message.rich_message.is_some() {
        attachments.push(told::page());
    }
    attachments
}

fn of_media(media: &MessageMedia, carrier: &Carrier<'_>) -> Vec<Attachment> {
    let one = match media {
        // A link's preview is made anew by the destination.
        MessageMedia::Empty | MessageMedia::WebPage(_) => return Vec::new(),
        MessageMedia::Poll(poll) => {
            let mut parts = vec![Attachment::special(Special::Poll(special::poll(
                &poll.poll,
            )))];
            parts.extend(
                poll.attached_media
                    .iter()
                    .flat_map(|media| of_media(media, carrier)),
            );
            return parts;
        }
        MessageMedia::Photo(photo) => file::photo(photo, carrier),
        MessageMedia::Document(document) => file::document(document, carrier),
        MessageMedia::Geo(place) => special::location(&place.geo),
        // It moves by edits that Telegram marks as hidden, so that where it was sent is what stays.
        MessageMedia::GeoLive(place) => special::location(&place.geo),
        MessageMedia::Venue(venue) => special::venue(venue),
        MessageMedia::Contact(contact) => special::contact(contact),
        MessageMedia::Dice(dice) => Attachment::special(Special::Dice {
            emoji: dice.emoticon.clone(),
            value: dice.value,
        }),
        MessageMedia::Game(game) => told::game(&game.game),
        MessageMedia::Invoice(invoice) => told::invoice(invoice),
        MessageMedia::Story(story) => told::story(story, carrier.name_of),
        MessageMedia::Giveaway(giveaway) => told::giveaway(giveaway),
        MessageMedia::GiveawayResults(results) => told::giveaway_results(results),
        MessageMedia::PaidMedia(paid) => told::paid(paid),
        MessageMedia::ToDo(list) => told::to_do(list),
        MessageMedia::VideoStream(_) => told::live_stream(),
        MessageMedia::Unsupported => told::unsupported(),
    };
    vec![one]
}
