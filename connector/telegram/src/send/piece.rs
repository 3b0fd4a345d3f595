//! Sending one piece: a text, a file, or several as an album.

use grammers_tl_types as tl;
use patchbay_app::ports::{Attempt, Files, Outgoing, SendError};
use patchbay_domain::ids::MessageId;
use patchbay_domain::{Attachment, LinkPreview, Notification, Text, Timestamp};
use tl::enums::{InputMedia, InputReplyTo};
use tl::functions::messages;

use super::TelegramSender;
use super::cargo::{Cargo, Turned};
use super::destination::{Destination, number};
use super::form::Form;
use super::post::{Part, Request, Unsent, not_found};
use super::recover::Likeness;
use crate::own::{Carries, Look};

/// Part 0 of a piece's key names the notice that stands in the place of files which are gone.
const FIRST_OF_ALBUM: usize = 1;

/// Whether the message that a piece answers is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Named,
    /// It is not there any more, and the piece stands for itself.
    Dropped,
}

impl TelegramSender {
    pub(super) async fn send_piece(
        &self,
        outgoing: &Outgoing,
        files: &dyn Files,
        attempt: Attempt,
    ) -> Result<Vec<MessageId>, SendError> {
        let to = self.destination(&outgoing.destination).await?;
        let parts = parts(outgoing);
        // No byte has to move for what is there.
        if let Some(known) = self.known(&parts) {
            return Ok(known);
        }
        let attachments = &outgoing.piece.attachments;
        let mut cargo = Box::pin(Cargo::load(self, &to, files, attachments)).await?;
        let mut answer = Answer::Named;
        loop {
            let media: Vec<InputMedia> = cargo.media().cloned().collect();
            let request = request(outgoing, &to, media, &parts, answer);
            let error = match self.post(&to, &request, &parts, attempt).await {
                Ok(messages) => {
                    let all: Option<Vec<MessageId>> = messages.into_iter().collect();
                    return all.ok_or_else(not_found);
                }
                Err(Unsent::Failed(failed)) => return Err(failed),
                Err(Unsent::Reply(_)) if answer == Answer::Named => {
                    answer = Answer::Dropped;
                    continue;
                }
                Err(Unsent::Reference(error)) => match cargo.turn().await? {
                    Turned::Another => continue,
                    Turned::None => error,
                },
                Err(Unsent::Reply(error) | Unsent::Other(error)) => error,
            };
            let ids: Vec<i64> = parts.iter().map(|part| part.random_id).collect();
            return Err(self.failed(&to.live, &ids, &error));
        }
    }

    pub(super) async fn find_piece(
        &self,
        outgoing: &Outgoing,
        since: Timestamp,
    ) -> Result<Option<Vec<MessageId>>, SendError> {
        let to = self.destination(&outgoing.destination).await?;
        let parts = parts(outgoing);
        match self.known(&parts) {
            Some(known) => Ok(Some(known)),
            None => self.look_for(&to, &parts, since, Likeness::Certain).await,
        }
    }
}

fn parts(outgoing: &Outgoing) -> Vec<Part> {
    let (key, piece) = (outgoing.key, &outgoing.piece);
    let part = |random_id, text: &Text, attachment: Option<&Attachment>| {
        let carries = attachment.map_or(Carries::Nothing, carries);
        let is_kept = carries == Carries::Document;
        Part {
            random_id,
            look: Look {
                text: Some(text.as_str().to_owned()),
                carries,
            },
            original: None,
            bytes: attachment.and_then(|it| it.bytes).filter(|_| is_kept),
        }
    };
    match piece.attachments.as_slice() {
        [] => vec![part(key.random_id(), &piece.text, None)],
        [only] => vec![part(key.random_id(), &piece.text, Some(only))],
        album => {
            let of_album = album.iter().enumerate().map(|(place, attachment)| {
                let random_id = key.part(FIRST_OF_ALBUM + place).random_id();
                part(random_id, caption(outgoing, place), Some(attachment))
            });
            of_album.collect()
        }
    }
}

fn caption(outgoing: &Outgoing, place: usize) -> &Text {
    let piece = &outgoing.piece;
    match piece.attachments.get(place) {
        Some(attachment) if place > 0 => &attachment.caption,
        Some(_) | None => &piece.text,
    }
}

fn carries(attachment: &Attachment) -> Carries {
    match (&attachment.file, Form::of(attachment)) {
        (None, _) => Carries::Other,
        (Some(_), Form::Photo) => Carries::Photo,
        (Some(_), _) => Carries::Document,
    }
}

fn request(
    outgoing: &Outgoing,
    to: &Destination,
    mut media: Vec<InputMedia>,
    parts: &[Part],
    answer: Answer,
) -> Request {
    let reply_to = reply_to(outgoing, to, answer);
    let random_id = outgoing.key.random_id();
    let silent = outgoing.notification == Notification::Silent;
    match media.pop() {
        None => Request::Text(Box::new(text(outgoing, to, reply_to))),
        Some(only) if media.is_empty() => Request::Media(Box::new(messages::SendMedia {
            silent,
            background: false,
            clear_draft: false,
            noforwards: false,
            update_stickersets_order: false,
            invert_media: false,
            allow_paid_floodskip: false,
            peer: to.peer.clone(),
            reply_to,
            media: only,
            message: outgoing.piece.text.as_str().to_owned(),
            random_id,
            reply_markup: None,
            entities: to.entities(&outgoing.piece.text),
            schedule_date: None,
            schedule_repeat_period: None,
            send_as: None,
            quick_reply_shortcut: None,
            effect: None,
            allow_paid_stars: None,
            suggested_post: None,
        })),
        Some(last) => {
            media.push(last);
            let singles = media.into_iter().zip(parts).enumerate();
            let singles = singles.map(|(place, (media, part))| {
                let caption = caption(outgoing, place);
                let single = tl::types::InputSingleMedia {
                    media,
                    random_id: part.random_id,
                    message: caption.as_str().to_owned(),
                    entities: to.entities(caption),
                };
                single.into()
            });
            Request::Album(Box::new(messages::SendMultiMedia {
                silent,
                background: false,
                clear_draft: false,
                noforwards: false,
                update_stickersets_order: false,
                invert_media: false,
                allow_paid_floodskip: false,
                peer: to.peer.clone(),
                reply_to,
                multi_media: singles.collect(),
                schedule_date: None,
                send_as: None,
                quick_reply_shortcut: None,
                effect: None,
                allow_paid_stars: None,
            }))
        }
    }
}

fn text(
    outgoing: &Outgoing,
    to: &Destination,
    reply_to: Option<InputReplyTo>,
) -> messages::SendMessage {
    messages::SendMessage {
        no_webpage: outgoing.preview == LinkPreview::Hidden,
        silent: outgoing.notification == Notification::Silent,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: to.peer.clone(),
        reply_to,
        message: outgoing.piece.text.as_str().to_owned(),
        random_id: outgoing.key.random_id(),
        reply_markup: None,
        entities: to.entities(&outgoing.piece.text),
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}

/// A message in a topic that answers nothing answers the topic's first message
/// (core.telegram.org/api/forum).
fn reply_to(outgoing: &Outgoing, to: &Destination, answer: Answer) -> Option<InputReplyTo> {
    let answered = outgoing.reply_to.filter(|_| answer == Answer::Named);
    let topic = to.topic.map(|topic| topic.0);
    let (message, topic) = match (answered.and_then(number), topic) {
        (Some(message), topic) => (message, topic),
        (None, Some(topic)) => (topic, None),
        (None, None) => return None,
    };
    let reply = tl::types::InputReplyToMessage {
        reply_to_msg_id: message,
        top_msg_id: topic,
        reply_to_peer_id: None,
        quote_text: None,
        quote_entities: None,
        quote_offset: None,
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    };
    Some(reply.into())
}
