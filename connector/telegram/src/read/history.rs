//! The posts of a pair's source, read from its history.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_app::ports::{HistoryError, HistoryPage, HistoryStart, PortError};
use patchbay_domain::event::Thread;
use patchbay_domain::ids::{AccountId, TelegramChatId, TopicId};
use patchbay_domain::{Endpoint, SourceEvent, Timestamp};

use super::{Unread, session};
use crate::account::{LiveAccount, assembled};
use crate::connection::Connection;
use crate::history::Shelf;
use crate::telegram::Shared;
use crate::translate::{Translator, message};

/// core.telegram.org/api/files#albums-grouped-media: no more than ten.
const MOST_PARTS: usize = 10;
/// Parts of an album come at once. One that is so young may not be whole yet.
const ALBUM_SETTLES: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_secs(1);

/// Which messages of a Telegram chat are meant.
#[derive(Clone, Copy)]
pub(super) struct Source {
    pub(super) account: AccountId,
    pub(super) chat: TelegramChatId,
    pub(super) topic: Option<TopicId>,
}

/// Messages that belong together: one, or the parts of an album.
struct Group {
    album: Option<i64>,
    messages: Vec<tl::types::Message>,
}

pub(super) async fn page(
    shared: &Shared,
    source: Source,
    start: HistoryStart,
    limit: usize,
) -> Result<HistoryPage, HistoryError> {
    let (live, connection) = session(shared, source.account).await.map_err(failed)?;
    let shelf = shelf(&live, &connection, source).await.map_err(failed)?;
    let after = match start {
        HistoryStart::After(message) => i32::try_from(message.0).unwrap_or(i32::MAX),
        HistoryStart::Since(at) => {
            let date = i32::try_from(at.seconds()).unwrap_or(i32::MAX);
            let found = shelf.last_before(date).await;
            found.map_err(|error| failed(Unread::of(&error)))?
        }
        HistoryStart::Last(count) => before_last(&shelf, source, count.get()).await?,
    };
    let asked = i32::try_from(limit + MOST_PARTS).unwrap_or(i32::MAX);
    let page = shelf.after(after, asked).await;
    let page = page.map_err(|error| failed(Unread::of(&error)))?;
    let now = shared.ports.clock.now();
    let cut = cut(&page.messages, source, limit, now);
    let mut translator = translator(shared, &live).await.map_err(not_answered)?;
    translator.learn_names(&page.users, &page.chats);
    let next = cut.next(after);
    let posts = posts(&mut translator, cut.groups, now);
    Ok(HistoryPage { posts, next })
}

async fn shelf<'a>(
    live: &LiveAccount,
    connection: &'a Connection,
    source: Source,
) -> Result<Shelf<'a>, Unread> {
    let me = live.account.telegram_user;
    let mut peer = live.directory.input_peer(source.chat, me);
    if peer.is_none() {
        if !live.look_for_chats().await {
            return Err(Unread::Later("the list of chats can't be read".to_owned()));
        }
        peer = live.directory.input_peer(source.chat, me);
    }
    Ok(Shelf {
        connection,
        peer: peer.ok_or(Unread::Gone)?,
        // What is in the first topic names none, and answers no message.
        topic: source.topic.filter(|topic| *topic != TopicId::GENERAL),
    })
}

/// The message before the last so many posts, or 0. An album counts as one, and is not cut.
async fn before_last(shelf: &Shelf<'_>, source: Source, count: u16) -> Result<i32, HistoryError> {
    let (mut left, mut album, mut before) = (count, None, None);
    loop {
        let page = shelf.before(before).await;
        let page = page.map_err(|error| failed(Unread::of(&error)))?;
        let Some(oldest) = page.messages.last() else {
            return Ok(0);
        };
        before = Some(oldest.id());
        for message in &page.messages {
            let post = post_of(message, source);
            let of = post.and_then(|post| post.grouped_id);
            if of.is_some() && of == album {
                continue;
            }
            if left == 0 {
                return Ok(message.id());
            }
            if post.is_some() {
                (left, album) = (left - 1, of);
            }
        }
    }
}

/// The part of what came that becomes a page.
struct Cut {
    groups: Vec<Group>,
    /// The last message that was looked at.
    last: Option<i32>,
    /// An album after that may not be whole yet.
    is_held_up: bool,
}

impl Cut {
    fn next(&self, after: i32) -> Option<patchbay_domain::ids::MessageId> {
        let held_up = self.is_held_up.then_some(after);
        self.last.or(held_up).map(message::id)
    }
}

/// The first so many of these messages, oldest first, and the rest of the last one's album. What
/// isn't a post goes along.
fn cut(messages: &[tl::enums::Message], source: Source, limit: usize, now: Timestamp) -> Cut {
    let mut cut = Cut {
        groups: Vec::new(),
        last: None,
        is_held_up: false,
    };
    let mut before_album = None;
    for message in messages {
        let post = post_of(message, source);
        let of = post.and_then(|post| post.grouped_id);
        let is_full = cut.groups.len() == limit;
        let album = cut.groups.last_mut().filter(|group| group.album == of);
        match (post, album) {
            (Some(post), Some(group)) if of.is_some() => group.messages.push(post.clone()),
            (Some(_), _) if is_full => return cut,
            (Some(post), _) => {
                before_album = cut.last;
                cut.groups.push(Group {
                    album: of,
                    messages: vec![post.clone()],
                });
            }
            (None, _) => {}
        }
        cut.last = Some(message.id());
    }
    let is_young = |group: &Group| {
        let youngest = group.messages.iter().map(|part| part.date).max();
        let at = Timestamp::from_seconds(youngest.unwrap_or_default().into());
        group.album.is_some() && now.since(at) < ALBUM_SETTLES
    };
    if cut.groups.last().is_some_and(is_young) {
        cut.groups.pop();
        (cut.last, cut.is_held_up) = (before_album, true);
    }
    cut
}

/// What the pair would read, were it posted now.
fn post_of(message: &tl::enums::Message, source: Source) -> Option<&tl::types::Message> {
    let tl::enums::Message::Message(post) = message else {
        return None;
    };
    let is_meant = match (source.topic, message::thread(post)) {
        (None, _) => true,
        (Some(topic), None) => topic == TopicId::GENERAL,
        (Some(topic), Some(Thread::Topic(of))) => topic == of,
        (Some(_), Some(Thread::Thread(_))) => false,
    };
    is_meant.then_some(post)
}

async fn translator(shared: &Shared, live: &LiveAccount) -> Result<Translator, PortError> {
    let account = &live.account;
    let pairs = shared.ports.pairs.of_user(account.owner).await?.pairs;
    let destinations: HashSet<_> = pairs
        .iter()
        .filter_map(|pair| match pair.destination {
            Endpoint::Telegram {
                account: of, chat, ..
            } => (of == account.id).then_some(chat),
            Endpoint::Discord { .. } => None,
        })
        .collect();
    let own = Arc::clone(&shared.own);
    let mut translator = Translator::new(account.id, account.telegram_user, own);
    translator.set_destinations(destinations);
    Ok(translator)
}

fn posts(translator: &mut Translator, groups: Vec<Group>, now: Timestamp) -> Vec<SourceEvent> {
    let posts = groups.into_iter().filter_map(|group| {
        let parts = group.messages.iter();
        assembled(parts.map(|part| translator.requested(part, now)).collect())
    });
    posts.collect()
}

fn failed(unread: Unread) -> HistoryError {
    match unread {
        Unread::Gone => HistoryError::Closed,
        Unread::LoggedOut => HistoryError::LoggedOut,
        Unread::Limited(after) => HistoryError::Limited { after },
        Unread::Later(why) => HistoryError::Retry { after: LATER, why },
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn not_answered(error: PortError) -> HistoryError {
    HistoryError::Retry {
        after: LATER,
        why: error.to_string(),
    }
}
