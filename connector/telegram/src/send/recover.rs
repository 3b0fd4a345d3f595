//! Finding messages that were sent although no answer came.

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::MessageId;

use super::destination::Destination;
use super::media::Stored;
use super::original::Original;
use super::post::Part;
use crate::connection::InvokeError;
use crate::history::Shelf;
use crate::own::{Carries, OwnPosts};
use crate::translate::message;

const MOST_PAGES: usize = 20;
/// Telegram's clock and ours differ a little, and tell seconds and milliseconds.
const CLOCKS_DIFFER: Duration = Duration::from_mins(2);

/// Which messages are taken for the ones that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Such that say just that, in words or by a file that is as large.
    Certain,
    /// Such that say just that, if possible with files that are as large.
    Same,
    /// The ones that come closest. What was sent may have said something else: the message that a
    /// reply quotes can be edited between two attempts.
    Closest,
}

/// The earliest messages of ours since then that look like these parts in their order, and that
/// no other send explains. The parts of an album are found in one album.
pub(super) async fn find(
    to: &Destination,
    own: &OwnPosts,
    parts: &[Part],
    since: Timestamp,
    likeness: Likeness,
) -> Result<Option<Vec<MessageId>>, InvokeError> {
    let candidates = candidates(to, since).await?;
    let runs = candidates.windows(parts.len().max(1)).filter(|run| {
        let is_together = run
            .windows(2)
            .all(|it| it[0].grouped_id == it[1].grouped_id);
        let mut pairs = run.iter().zip(parts);
        is_together && pairs.all(|(candidate, part)| may_be(candidate, part, to, own))
    });
    let found = match likeness {
        Likeness::Certain => alike(runs, parts).find(|run| {
            let mut pairs = run.iter().zip(parts);
            pairs.all(|(it, part)| match part.bytes {
                Some(_) => part.bytes == bytes_of(it),
                None => !it.message.is_empty(),
            })
        }),
        Likeness::Same => same(runs, parts),
        Likeness::Closest => closest(runs, parts),
    };
    Ok(found.map(|run| run.iter().map(|it| message::id(it.id)).collect()))
}

/// Those that say the same.
fn alike<'a>(
    runs: impl Iterator<Item = &'a [tl::types::Message]>,
    parts: &[Part],
) -> impl Iterator<Item = &'a [tl::types::Message]> {
    runs.filter(move |run| {
        let mut pairs = run.iter().zip(parts);
        pairs.all(|(it, part)| part.look.fits(&it.message, Carries::of(it)))
    })
}

/// Telegram may make another file of one.
fn same<'a>(
    runs: impl Iterator<Item = &'a [tl::types::Message]>,
    parts: &[Part],
) -> Option<&'a [tl::types::Message]> {
    let mut alike = alike(runs, parts);
    let first = alike.next();
    let is_as_large = |run: &&[tl::types::Message]| {
        let mut pairs = run.iter().zip(parts);
        pairs.all(|(it, part)| part.bytes.is_none() || part.bytes == bytes_of(it))
    };
    first.into_iter().chain(alike).find(is_as_large).or(first)
}

fn bytes_of(message: &tl::types::Message) -> Option<u64> {
    match message.media.as_ref().and_then(Stored::of)? {
        Stored::Photo(_) => None,
        Stored::Document(document) => u64::try_from(document.size).ok(),
    }
}

/// The first of those that have most in common with the parts.
fn closest<'a>(
    runs: impl Iterator<Item = &'a [tl::types::Message]>,
    parts: &[Part],
) -> Option<&'a [tl::types::Message]> {
    let mut best = None;
    for run in runs {
        let in_common: Option<usize> = run
            .iter()
            .zip(parts)
            .map(|(it, part)| part.look.in_common(&it.message, Carries::of(it)))
            .sum();
        if let Some(in_common) = in_common
            && best.is_none_or(|(most, _)| in_common > most)
        {
            best = Some((in_common, run));
        }
    }
    best.map(|(_, run)| run)
}

/// What the account wrote there, the earliest first.
async fn candidates(
    to: &Destination,
    since: Timestamp,
) -> Result<Vec<tl::types::Message>, InvokeError> {
    let earliest = since.seconds() - i64::try_from(CLOCKS_DIFFER.as_secs()).unwrap_or(0);
    let connection = to.connection();
    let shelf = Shelf {
        connection: &connection,
        peer: to.peer.clone(),
        topic: None,
    };
    let mut candidates = Vec::new();
    let mut before = None;
    for _ in 0..MOST_PAGES {
        let page = shelf.before(before).await?;
        before = page.messages.last().map(tl::enums::Message::id);
        if before.is_none() {
            break;
        }
        let mut has_older = false;
        for found in page.written() {
            let is_older = i64::from(found.date) < earliest;
            has_older |= is_older;
            if found.out && !is_older {
                candidates.push(found);
            }
        }
        if has_older {
            break;
        }
    }
    candidates.sort_by_key(|found| found.id);
    Ok(candidates)
}

/// Whether no other send explains it, and, of a forward, whether it is one of the same message.
fn may_be(candidate: &tl::types::Message, part: &Part, to: &Destination, own: &OwnPosts) -> bool {
    let send = own.send_of(to.account(), to.chat, message::id(candidate.id));
    let is_original = |original: &Original| original.is_in(candidate);
    part.original.as_ref().is_none_or(is_original) && send.is_none_or(|send| send == part.random_id)
}
