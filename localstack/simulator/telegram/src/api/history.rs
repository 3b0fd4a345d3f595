//! Reading messages that are already there.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::input::message_ids;
use crate::present;
use crate::state::{Mailbox, Message, Peer, Refusal, UserId, topic_of};

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
    /// The page's messages, newest first.
    fn page<'a>(
        &self,
        mailbox: &'a Mailbox,
        peer: Peer,
        wanted: impl Fn(&Message) -> bool,
    ) -> Vec<&'a Message> {
        // Clients name the last message by its number and its date; the number decides.
        let start = match (self.offset_id, self.offset_date) {
            (0, 0) => i32::MAX,
            (0, date) => {
                let older = |message: &&Message| message.date < i64::from(date);
                mailbox
                    .of_peer(peer)
                    .find(older)
                    .map_or(0, |message| message.id + 1)
            }
            (id, _) => id,
        };
        let end = if self.max_id == 0 {
            i32::MAX
        } else {
            self.max_id
        };
        let first = self.min_id.saturating_add(1);
        let limit = usize::try_from(self.limit).unwrap_or(0).min(MOST_MESSAGES);
        let skipped = usize::try_from(self.add_offset).unwrap_or(0);
        // A negative offset asks for messages that are newer than the start, too.
        let ahead = usize::try_from(self.add_offset.saturating_neg()).unwrap_or(0);
        let newer = mailbox.between(peer, start.max(first), end).rev();
        let mut page: Vec<&Message> = newer.filter(|it| wanted(it)).take(ahead).collect();
        page.reverse();
        page.truncate(limit);
        let older = mailbox
            .between(peer, first, end.min(start))
            .filter(|it| wanted(it));
        page.extend(older.skip(skipped).take(limit.saturating_sub(ahead)));
        page
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
    let page = window.page(mailbox, peer, |_| true);
    shown(call, peer, &page, mailbox.count(peer))
}

/// The messages of a topic, which is named by its first one.
pub(super) fn replies(
    call: &mut Call<'_>,
    request: functions::messages::GetReplies,
) -> Result<enums::messages::Messages, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let channel = call.state().forum(peer)?;
    if !channel.topics.contains_key(&request.msg_id) {
        return Err(Refusal::bad("MSG_ID_INVALID"));
    }
    let window = Window {
        offset_id: request.offset_id,
        offset_date: request.offset_date,
        add_offset: request.add_offset,
        limit: request.limit,
        max_id: request.max_id,
        min_id: request.min_id,
    };
    let is_in_topic = |message: &Message| topic_of(channel, message) == request.msg_id;
    let total = channel.mailbox.of_peer(peer).filter(|it| is_in_topic(it));
    let total = total.count();
    let page = window.page(&channel.mailbox, peer, is_in_topic);
    shown(call, peer, &page, total)
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
    let matches = |message: &Message| found(message, &wanted, author, dates);
    let total = mailbox.of_peer(peer).filter(|it| matches(it)).count();
    shown(call, peer, &window.page(mailbox, peer, matches), total)
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
    let ids = message_ids(&me.mailbox, &request.id);
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
    let ids = message_ids(mailbox, &request.id);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{ChatKind, Command, CreateChat, CreateUser, Dc, Draft, Post, State};

    fn room() -> (State, Peer) {
        let mut state = State::default();
        let user = CreateUser {
            phone: "15550001".to_owned(),
            first_name: "Alice".to_owned(),
            last_name: None,
            username: None,
            password: None,
            hides_forwards: false,
            premium: false,
            dc: Dc::Home,
            access_hash: 1,
        };
        let from = state
            .apply(0, &Command::CreateUser(user))
            .unwrap()
            .user
            .unwrap();
        let chat = CreateChat {
            kind: ChatKind::Channel,
            title: "channel".to_owned(),
            username: None,
            creator: from,
            members: Vec::new(),
            protected: false,
            forum: false,
            access_hash: 1,
        };
        let to = state
            .apply(1000, &Command::CreateChat(chat))
            .unwrap()
            .chat
            .unwrap();
        for number in 2..=10 {
            let draft = Draft {
                text: number.to_string(),
                ..Draft::default()
            };
            let post = Post {
                from,
                to,
                silent: false,
                drafts: vec![draft],
            };
            state.apply(number * 1000, &Command::Post(post)).unwrap();
        }
        (state, to)
    }

    #[test]
    fn offsets_and_bounds_cut_the_page_out_of_ten_messages() {
        let (state, peer) = room();
        let viewer = *state.users.keys().next().unwrap();
        let mailbox = state.mailbox(viewer, peer).unwrap();
        // offset_id, offset_date, add_offset, limit, max_id, min_id
        let rows: [([i32; 6], &[i32]); 9] = [
            ([0, 0, 0, 3, 0, 0], &[10, 9, 8]),
            ([8, 0, 0, 3, 0, 0], &[7, 6, 5]),
            ([8, 10, 0, 3, 0, 0], &[7, 6, 5]),
            ([0, 5, 0, 2, 0, 0], &[4, 3]),
            ([8, 0, 2, 3, 0, 0], &[5, 4, 3]),
            ([8, 0, -2, 4, 0, 0], &[9, 8, 7, 6]),
            ([1, 0, -4, 4, 0, 0], &[4, 3, 2, 1]),
            ([0, 0, 0, 100, 6, 3], &[5, 4]),
            ([2, 0, 0, 100, 0, 5], &[]),
        ];
        for (row, expected) in rows {
            let [offset_id, offset_date, add_offset, limit, max_id, min_id] = row;
            let window = Window {
                offset_id,
                offset_date,
                add_offset,
                limit,
                max_id,
                min_id,
            };
            let page = window.page(mailbox, peer, |_| true);
            assert_eq!(
                page.iter().map(|it| it.id).collect::<Vec<_>>(),
                expected,
                "{row:?}"
            );
        }
    }
}
