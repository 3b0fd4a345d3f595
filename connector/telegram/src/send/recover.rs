//! Finding messages that were sent although no answer came.

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::MessageId;

use super::destination::Destination;
use super::post::Part;
use crate::account::history;
use crate::connection::InvokeError;
use crate::own::{Carries, OwnPosts};
use crate::translate::message;

const PAGE: i32 = 100;
const MOST_PAGES: usize = 20;
/// Telegram's clock and ours differ a little, and tell seconds and milliseconds.
const CLOCKS_DIFFER: Duration = Duration::from_mins(2);

/// The earliest messages of ours since then that look like these parts in their order, and that
/// no other send explains: if there are some, those whose files are as large. (Telegram may make
/// another file of one.) The parts of an album are found in one album.
pub(super) async fn find(
    to: &Destination,
    own: &OwnPosts,
    parts: &[Part],
    since: Timestamp,
) -> Result<Option<Vec<MessageId>>, InvokeError> {
    let candidates = candidates(to, since).await?;
    let fits = |run: &&[tl::types::Message]| {
        let is_together = run
            .windows(2)
            .all(|it| it[0].grouped_id == it[1].grouped_id);
        let mut pairs = run.iter().zip(parts);
        is_together && pairs.all(|(candidate, part)| explains(candidate, part, to, own))
    };
    let mut runs = candidates.windows(parts.len().max(1)).filter(fits);
    let first = runs.next();
    let is_as_large = |run: &&[tl::types::Message]| {
        let mut pairs = run.iter().zip(parts);
        pairs.all(|(candidate, part)| part.bytes.is_none() || part.bytes == bytes_of(candidate))
    };
    let found = first.into_iter().chain(runs).find(is_as_large).or(first);
    Ok(found.map(|run| run.iter().map(|it| message::id(it.id)).collect()))
}

/// What the account wrote there, the earliest first.
async fn candidates(
    to: &Destination,
    since: Timestamp,
) -> Result<Vec<tl::types::Message>, InvokeError> {
    let earliest = since.seconds() - i64::try_from(CLOCKS_DIFFER.as_secs()).unwrap_or(0);
    let mut request = history(&to.peer, PAGE);
    let mut candidates = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = messages(to.invoke(&request).await?);
        let Some(oldest) = page.iter().map(tl::enums::Message::id).min() else {
            break;
        };
        let mut has_older = false;
        for found in page {
            let tl::enums::Message::Message(found) = found else {
                continue;
            };
            let is_older = i64::from(found.date) < earliest;
            has_older |= is_older;
            if found.out && !is_older {
                candidates.push(found);
            }
        }
        if has_older {
            break;
        }
        request.offset_id = oldest;
    }
    candidates.sort_by_key(|found| found.id);
    Ok(candidates)
}

pub(super) fn messages(answer: tl::enums::messages::Messages) -> Vec<tl::enums::Message> {
    match answer {
        tl::enums::messages::Messages::Messages(all) => all.messages,
        tl::enums::messages::Messages::Slice(part) => part.messages,
        tl::enums::messages::Messages::ChannelMessages(part) => part.messages,
        tl::enums::messages::Messages::NotModified(_) => Vec::new(),
    }
}

fn bytes_of(message: &tl::types::Message) -> Option<u64> {
    let Some(tl::enums::MessageMedia::Document(media)) = &message.media else {
        return None;
    };
    let Some(tl::enums::Document::Document(document)) = &media.document else {
        return None;
    };
    u64::try_from(document.size).ok()
}

fn explains(candidate: &tl::types::Message, part: &Part, to: &Destination, own: &OwnPosts) -> bool {
    let send = own.send_of(to.account(), to.chat, message::id(candidate.id));
    part.look.fits(&candidate.message, Carries::of(candidate))
        && send.is_none_or(|send| send == part.random_id)
}
