//! Messages that Telegram is asked for: pages of a chat's history, and single ones.

use grammers_tl_types as tl;
use patchbay_domain::ids::TopicId;

use crate::connection::{Connection, InvokeError};

/// core.telegram.org/api/offsets: at most 100 come at once.
pub(crate) const PAGE: i32 = 100;

#[derive(Default)]
pub(crate) struct Page {
    pub(crate) messages: Vec<tl::enums::Message>,
    pub(crate) users: Vec<tl::enums::User>,
    pub(crate) chats: Vec<tl::enums::Chat>,
}

impl Page {
    fn of(answer: tl::enums::messages::Messages) -> Self {
        let (messages, users, chats) = match answer {
            tl::enums::messages::Messages::Messages(all) => (all.messages, all.users, all.chats),
            tl::enums::messages::Messages::Slice(part) => (part.messages, part.users, part.chats),
            tl::enums::messages::Messages::ChannelMessages(part) => {
                (part.messages, part.users, part.chats)
            }
            tl::enums::messages::Messages::NotModified(_) => return Self::default(),
        };
        Self {
            messages,
            users,
            chats,
        }
    }

    /// What somebody wrote.
    pub(crate) fn written(self) -> impl Iterator<Item = tl::types::Message> {
        self.messages
            .into_iter()
            .filter_map(|message| match message {
                tl::enums::Message::Message(message) => Some(message),
                tl::enums::Message::Service(_) | tl::enums::Message::Empty(_) => None,
            })
    }
}

/// The messages with these numbers, as far as they are there. In private chats and basic groups an
/// account numbers them through all of its chats.
pub(crate) async fn numbered(
    connection: &Connection,
    channel: Option<tl::enums::InputChannel>,
    numbers: &[i32],
) -> Result<Page, InvokeError> {
    let ids = numbers.iter();
    let id = ids.map(|id| tl::types::InputMessageId { id: *id }.into());
    let id = id.collect();
    let answer = if let Some(channel) = channel {
        let request = tl::functions::channels::GetMessages { channel, id };
        connection.invoke(&request).await?
    } else {
        let request = tl::functions::messages::GetMessages { id };
        connection.invoke(&request).await?
    };
    Ok(Page::of(answer))
}

/// Whose history: a chat's, or that of one topic in it.
pub(crate) struct Shelf<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) peer: tl::enums::InputPeer,
    pub(crate) topic: Option<TopicId>,
}

/// core.telegram.org/api/offsets
#[derive(Clone, Copy, Default)]
struct Offset {
    id: i32,
    date: i32,
    add: i32,
}

impl Shelf<'_> {
    /// The id of the last message before that date, or 0.
    pub(crate) async fn last_before(&self, date: i32) -> Result<i32, InvokeError> {
        let offset = Offset {
            date: date.max(1),
            ..Offset::default()
        };
        let page = self.page(offset, 1).await?;
        Ok(page.messages.last().map_or(0, tl::enums::Message::id))
    }

    /// Those after this message, oldest first. The window is laid so that it ends right before the
    /// message that is known already.
    pub(crate) async fn after(&self, after: i32, limit: i32) -> Result<Page, InvokeError> {
        let offset = Offset {
            id: after.saturating_add(1),
            add: -limit,
            ..Offset::default()
        };
        let mut page = self.page(offset, limit).await?;
        page.messages.retain(|message| message.id() > after);
        page.messages.sort_by_key(tl::enums::Message::id);
        Ok(page)
    }

    /// Those before this message, or the last ones of all, newest first.
    pub(crate) async fn before(&self, before: Option<i32>) -> Result<Page, InvokeError> {
        let offset = Offset {
            id: before.unwrap_or(0),
            ..Offset::default()
        };
        let mut page = self.page(offset, PAGE).await?;
        page.messages
            .retain(|message| before.is_none_or(|before| message.id() < before));
        page.messages
            .sort_by_key(|message| std::cmp::Reverse(message.id()));
        Ok(page)
    }

    async fn page(&self, offset: Offset, limit: i32) -> Result<Page, InvokeError> {
        let answer = match self.topic {
            None => {
                let request = tl::functions::messages::GetHistory {
                    peer: self.peer.clone(),
                    offset_id: offset.id,
                    offset_date: offset.date,
                    add_offset: offset.add,
                    limit,
                    max_id: 0,
                    min_id: 0,
                    hash: 0,
                };
                self.connection.invoke(&request).await?
            }
            // core.telegram.org/api/forum: a topic is read as the thread of its first message.
            Some(topic) => {
                let request = tl::functions::messages::GetReplies {
                    peer: self.peer.clone(),
                    msg_id: topic.0,
                    offset_id: offset.id,
                    offset_date: offset.date,
                    add_offset: offset.add,
                    limit,
                    max_id: 0,
                    min_id: 0,
                    hash: 0,
                };
                self.connection.invoke(&request).await?
            }
        };
        Ok(Page::of(answer))
    }
}
