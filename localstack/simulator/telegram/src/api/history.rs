//! Reading messages that are already there.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::input::message_ids;
use crate::present;
use crate::state::{Message, Peer, Refusal, UserId};

const MOST_MESSAGES: usize = 100;

/// Where in a chat a page starts, how long it is and which messages count.
struct Window {
    offset_id: i32,
    offset_date: i32,
    add_offset: i32,
    limit: i32,
    max_id: i32,
    min_id: i32,
}

impl Window {
    fn allows(&self, message: &Message) -> bool {
        (self.max_id == 0 || message.id < self.max_id) && message.id > self.min_id
    }

    /// Cuts the page out of messages that are sorted from new to old.
    fn page<'a>(&self, newest_first: &'a [&'a Message]) -> &'a [&'a Message] {
        // Clients name the last message by its number and its date; the number decides.
        let newer = |message: &Message| match (self.offset_id, self.offset_date) {
            (0, 0) => false,
            (0, date) => message.date >= i64::from(date),
            (id, _) => message.id >= id,
        };
        let at = newest_first.iter().position(|message| !newer(message));
        let at = i64::try_from(at.unwrap_or(newest_first.len())).unwrap_or(i64::MAX);
        let (start, limit) = (at + i64::from(self.add_offset), i64::from(self.limit));
        let clamp = |index: i64| usize::try_from(index).unwrap_or(0).min(newest_first.len());
        let limit = limit.clamp(0, i64::try_from(MOST_MESSAGES).unwrap_or(i64::MAX));
        &newest_first[clamp(start)..clamp(start + limit)]
    }
}

pub(super) fn history(
    call: &mut Call<'_>,
    request: functions::messages::GetHistory,
) -> Result<enums::messages::Messages, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let window = Window {
        offset_id: request.offset_id,
        offset_date: request.offset_date,
        add_offset: request.add_offset,
        limit: request.limit,
        max_id: request.max_id,
        min_id: request.min_id,
    };
    let mailbox = call.state().mailbox(call.me()?, peer)?;
    let all: Vec<&Message> = mailbox
        .of_peer(peer)
        .filter(|message| window.allows(message))
        .collect();
    shown(call, peer, window.page(&all), all.len())
}

pub(super) fn search(
    call: &mut Call<'_>,
    request: functions::messages::Search,
) -> Result<enums::messages::Messages, Refusal> {
    if !matches!(
        request.filter,
        enums::MessagesFilter::InputMessagesFilterEmpty
    ) {
        return Err(Refusal::bad("INPUT_FILTER_INVALID"));
    }
    let peer = call.readable_peer(&request.peer)?;
    let author = match request
        .from_id
        .as_ref()
        .map(|from| call.peer(from))
        .transpose()?
    {
        Some(Peer::User(author)) => Some(author),
        Some(Peer::Group(_) | Peer::Channel(_)) => return Err(Refusal::bad("FROM_PEER_INVALID")),
        None => None,
    };
    let window = Window {
        offset_id: request.offset_id,
        offset_date: 0,
        add_offset: request.add_offset,
        limit: request.limit,
        max_id: request.max_id,
        min_id: request.min_id,
    };
    let wanted = request.q.to_lowercase();
    let dates = (i64::from(request.min_date), i64::from(request.max_date));
    let mailbox = call.state().mailbox(call.me()?, peer)?;
    let all: Vec<&Message> = mailbox
        .of_peer(peer)
        .filter(|message| window.allows(message) && found(message, &wanted, author, dates))
        .collect();
    shown(call, peer, window.page(&all), all.len())
}

fn found(
    message: &Message,
    wanted: &str,
    author: Option<UserId>,
    (min_date, max_date): (i64, i64),
) -> bool {
    let Some(ordinary) = message.ordinary() else {
        return false;
    };
    ordinary.text.to_lowercase().contains(wanted)
        && author.is_none_or(|author| author == message.author)
        && message.date >= min_date
        && (max_date == 0 || message.date <= max_date)
}

pub(super) fn messages(
    call: &mut Call<'_>,
    request: functions::messages::GetMessages,
) -> Result<enums::messages::Messages, Refusal> {
    let me = call.my_self()?;
    let ids = message_ids(&request.id);
    let mut cast = call.cast()?;
    let messages = ids.iter().map(|id| match me.mailbox.get(*id) {
        Some(message) => {
            cast.add_message(message);
            present::message(call.state(), me.id, message)
        }
        None => types::MessageEmpty {
            id: *id,
            peer_id: None,
        }
        .into(),
    });
    let messages = messages.collect();
    let (chats, users) = (cast.chats(), cast.users());
    Ok(types::messages::Messages {
        messages,
        topics: Vec::new(),
        chats,
        users,
    }
    .into())
}

pub(super) fn channel_messages(
    call: &mut Call<'_>,
    request: functions::channels::GetMessages,
) -> Result<enums::messages::Messages, Refusal> {
    let channel = call.channel(&request.channel)?;
    let me = call.me()?;
    let mailbox = &call.state().channel(channel)?.mailbox;
    let mut cast = call.cast()?.with(Peer::Channel(channel));
    let ids = message_ids(&request.id);
    let messages: Vec<enums::Message> = ids
        .iter()
        .map(|id| match mailbox.get(*id) {
            Some(message) => {
                cast.add_message(message);
                present::message(call.state(), me, message)
            }
            None => types::MessageEmpty {
                id: *id,
                peer_id: Some(present::peer(Peer::Channel(channel))),
            }
            .into(),
        })
        .collect();
    Ok(types::messages::ChannelMessages {
        inexact: false,
        pts: mailbox.pts,
        count: i32::try_from(messages.len()).unwrap_or(i32::MAX),
        offset_id_offset: None,
        messages,
        topics: Vec::new(),
        chats: cast.chats(),
        users: cast.users(),
    }
    .into())
}

fn shown(
    call: &Call<'_>,
    peer: Peer,
    page: &[&Message],
    total: usize,
) -> Result<enums::messages::Messages, Refusal> {
    let me = call.me()?;
    let mut cast = call.cast()?.with(peer);
    for message in page {
        cast.add_message(message);
    }
    let messages = page
        .iter()
        .map(|it| present::message(call.state(), me, it))
        .collect();
    let (chats, users) = (cast.chats(), cast.users());
    let count = i32::try_from(total).unwrap_or(i32::MAX);
    let topics = Vec::new();
    if let Peer::Channel(_) = peer {
        let pts = call.state().mailbox(me, peer)?.pts;
        return Ok(types::messages::ChannelMessages {
            inexact: false,
            pts,
            count,
            offset_id_offset: None,
            messages,
            topics,
            chats,
            users,
        }
        .into());
    }
    if page.len() == total {
        return Ok(types::messages::Messages {
            messages,
            topics,
            chats,
            users,
        }
        .into());
    }
    Ok(types::messages::MessagesSlice {
        inexact: false,
        count,
        next_rate: None,
        offset_id_offset: None,
        search_flood: None,
        messages,
        topics,
        chats,
        users,
    }
    .into())
}
