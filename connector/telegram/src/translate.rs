//! Telegram's updates as events of the domain.

pub(crate) mod entities;
pub(crate) mod media;
pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod reactions;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use grammers_tl_types::{self as tl, Serializable};
use patchbay_domain::event::{Newer, Origin};
use patchbay_domain::ids::{AccountId, TelegramChatId, TelegramUserId};
use patchbay_domain::{Change, ChatId, Recovery, SourceEvent, Timestamp};
use tl::enums::Update;

use self::media::Carrier;
use crate::own::{Carries, OwnPosts, Seen};
use crate::peer;
use crate::recent::Recent;

const REMEMBERED_NAMES: usize = 5_000;
/// A deletion in a private chat or basic group doesn't say in which.
const REMEMBERED_MESSAGES: usize = 20_000;

/// How updates reached us, which decides what is made of a message that the account itself sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    Live,
    /// Found in a difference or in the history.
    Recovered,
    /// Found before this session knew anything: another process may have sent it just before it
    /// ended.
    AfterRestart,
    /// Read because somebody asked for what was said before.
    Requested,
}

impl Arrival {
    fn recovery(self) -> Recovery {
        match self {
            Self::Live => Recovery::Live,
            Self::Recovered | Self::AfterRestart => Recovery::Recovered,
            Self::Requested => Recovery::Requested,
        }
    }
}

pub(crate) struct Translator {
    account: AccountId,
    me: TelegramUserId,
    own: Arc<OwnPosts>,
    names: Recent<TelegramChatId, String>,
    chats_of_messages: Recent<i32, TelegramChatId>,
    unplaced: Vec<i32>,
    destinations: HashSet<TelegramChatId>,
}

impl Translator {
    pub(crate) fn new(account: AccountId, me: TelegramUserId, own: Arc<OwnPosts>) -> Self {
        Self {
            account,
            me,
            own,
            names: Recent::new(REMEMBERED_NAMES),
            chats_of_messages: Recent::new(REMEMBERED_MESSAGES),
            unplaced: Vec::new(),
            destinations: HashSet::new(),
        }
    }

    /// The chats into which this account delivers.
    pub(crate) fn set_destinations(&mut self, destinations: HashSet<TelegramChatId>) {
        self.destinations = destinations;
    }

    /// Whether it is known to be one that Patchbay has sent.
    pub(crate) fn is_delivery(&self, chat: TelegramChatId, id: i32) -> bool {
        self.own.is_known(self.account, chat, message::id(id))
    }

    pub(crate) fn delivers_to(&self, chat: TelegramChatId) -> bool {
        self.destinations.contains(&chat)
    }

    pub(crate) fn learn_names(&mut self, users: &[tl::enums::User], chats: &[tl::enums::Chat]) {
        for (id, name) in names::of(users, chats) {
            self.names.put(id, name);
        }
    }

    /// The events in the order of the updates.
    pub(crate) fn events(
        &mut self,
        updates: &[Update],
        arrival: Arrival,
        now: Timestamp,
    ) -> Vec<SourceEvent> {
        self.note_own(updates);
        updates
            .iter()
            .flat_map(|update| self.update(update, arrival, now))
            .collect()
    }

    /// A message found in the history: as it is now, and its last edit, since nobody can tell
    /// whether that was made before or after the message was missed.
    pub(crate) fn history(
        &mut self,
        message: &tl::types::Message,
        arrival: Arrival,
        now: Timestamp,
    ) -> Vec<SourceEvent> {
        let mut events = vec![self.posted(message, arrival, now)];
        events.extend(self.edited(message, None, arrival, now));
        events
    }

    /// A message that was said before, as it is now.
    pub(crate) fn requested(
        &mut self,
        message: &tl::types::Message,
        now: Timestamp,
    ) -> SourceEvent {
        self.posted(message, Arrival::Requested, now)
    }

    /// `updateMessageID` names no chat, but comes together with the message.
    fn note_own(&mut self, updates: &[Update]) {
        let sent: BTreeMap<i32, i64> = updates
            .iter()
            .filter_map(|update| match update_kind(update) {
                Kind::Sent(sent) => Some((sent.id, sent.random_id)),
                Kind::Posted(_)
                | Kind::Edited(..)
                | Kind::Deleted(_)
                | Kind::DeletedInChannel(_)
                | Kind::Unread
                | Kind::Other => None,
            })
            .collect();
        for (id, random_id) in &sent {
            self.own.became(self.account, *random_id, message::id(*id));
        }
        for update in updates {
            if let Kind::Posted(tl::enums::Message::Message(posted)) = update_kind(update)
                && posted.out
                && sent.contains_key(&posted.id)
            {
                let chat = peer::of_peer(&posted.peer_id);
                self.own.note(self.account, chat, message::id(posted.id));
            }
        }
    }

    fn update(&mut self, update: &Update, arrival: Arrival, now: Timestamp) -> Vec<SourceEvent> {
        match update_kind(update) {
            Kind::Posted(tl::enums::Message::Message(message)) => {
                vec![self.posted(message, arrival, now)]
            }
            Kind::Edited(tl::enums::Message::Message(message), pts) => {
                let edited = self.edited(message, Some(pts), arrival, now);
                edited.into_iter().collect()
            }
            // What Telegram notes in a chat by itself is no post.
            Kind::Posted(_) | Kind::Edited(..) | Kind::Sent(_) => Vec::new(),
            Kind::Deleted(ids) => self.deleted(ids, arrival, now),
            Kind::DeletedInChannel(deleted) => {
                let chat = peer::of_channel(deleted.channel_id);
                deleted
                    .messages
                    .iter()
                    .map(|id| self.deletion(chat, *id, arrival, now))
                    .collect()
            }
            Kind::Unread => {
                tracing::debug!(
                    update = name(update),
                    "messages of a kind that is not forwarded"
                );
                Vec::new()
            }
            Kind::Other => {
                tracing::trace!(update = name(update), "no message");
                Vec::new()
            }
        }
    }

    fn posted(
        &mut self,
        message: &tl::types::Message,
        arrival: Arrival,
        now: Timestamp,
    ) -> SourceEvent {
        let change = Change::Posted {
            post: self.post(message, arrival, now),
        };
        self.event(message, seconds(message.date), arrival, change)
    }

    fn edited(
        &mut self,
        message: &tl::types::Message,
        pts: Option<i32>,
        arrival: Arrival,
        now: Timestamp,
    ) -> Option<SourceEvent> {
        let edited_at = message::edited_at(message)?;
        let post = self.post(message, arrival, now);
        let revision = message::revision(edited_at, pts);
        let change = Change::Edited { post, revision };
        Some(self.event(message, seconds(edited_at), arrival, change))
    }

    fn post(
        &mut self,
        message: &tl::types::Message,
        arrival: Arrival,
        now: Timestamp,
    ) -> patchbay_domain::Post {
        let name_of = |peer: &tl::enums::Peer| self.names.get(&peer::of_peer(peer)).cloned();
        let carrier = Carrier {
            account: self.account,
            chat: peer::of_peer(&message.peer_id),
            message: message::id(message.id),
            name_of: &name_of,
        };
        let author = message::author(message, self.me, name_of);
        let origin = self.origin(message, arrival, now);
        message::post(message, &carrier, author, origin)
    }

    /// After a restart nothing is known of what the former process sent last, and never of what was
    /// sent long ago. A message that the account itself put into a chat into which Patchbay delivers
    /// is then taken for a delivery: to leave one out, visibly, is less harm than to send messages
    /// round in circles.
    fn origin(&self, message: &tl::types::Message, arrival: Arrival, now: Timestamp) -> Origin {
        let chat = peer::of_peer(&message.peer_id);
        let seen = Seen {
            by: self.account,
            as_user: self.me,
            chat,
            message: message::id(message.id),
            author: message::sender_user(message, self.me),
            text: &message.message,
            carries: Carries::of(message),
            now,
        };
        let (is_own, is_known) = match arrival {
            Arrival::Live | Arrival::Recovered => (self.own.is_own(seen), true),
            Arrival::AfterRestart => (self.own.is_own(seen), false),
            // A send that is under way must not be taken for one of long ago that says the same.
            Arrival::Requested => (self.own.is_known(self.account, chat, seen.message), false),
        };
        let is_doubtful = !is_known && message.out && self.destinations.contains(&chat);
        if is_own || is_doubtful {
            Origin::Patchbay
        } else {
            Origin::Person
        }
    }

    /// Whether it would be handed on as written by somebody else than Patchbay.
    pub(crate) fn is_by_person(
        &self,
        message: &tl::types::Message,
        arrival: Arrival,
        now: Timestamp,
    ) -> bool {
        self.origin(message, arrival, now) == Origin::Person
    }

    fn event(
        &mut self,
        message: &tl::types::Message,
        at: Timestamp,
        arrival: Arrival,
        change: Change,
    ) -> SourceEvent {
        let chat = peer::of_peer(&message.peer_id);
        if peer::channel_id(chat).is_none() {
            self.chats_of_messages.put(message.id, chat);
        }
        SourceEvent {
            chat: ChatId::Telegram(chat),
            seen_by: Some(self.account),
            message: message::id(message.id),
            thread: message::thread(message),
            at,
            recovery: arrival.recovery(),
            newer: Newer::default(),
            reader: None,
            change,
        }
    }

    fn deleted(&mut self, ids: &[i32], arrival: Arrival, now: Timestamp) -> Vec<SourceEvent> {
        let mut events = Vec::with_capacity(ids.len());
        for id in ids {
            match self.chats_of_messages.get(id).copied() {
                Some(chat) => events.push(self.deletion(chat, *id, arrival, now)),
                None => self.unplaced.push(*id),
            }
        }
        events
    }

    /// Whatever is deleted in a group that went on as a supergroup is looked up: its pairs name the
    /// supergroup.
    pub(crate) fn forget_messages_of(&mut self, chat: TelegramChatId) {
        self.chats_of_messages.forget(|of| *of == chat);
    }

    /// The messages that were deleted in some private chat or basic group, of which this process
    /// has not seen in which.
    pub(crate) fn take_unplaced(&mut self) -> Vec<i32> {
        std::mem::take(&mut self.unplaced)
    }

    pub(crate) fn deletion(
        &self,
        chat: TelegramChatId,
        id: i32,
        arrival: Arrival,
        now: Timestamp,
    ) -> SourceEvent {
        SourceEvent {
            chat: ChatId::Telegram(chat),
            seen_by: Some(self.account),
            message: message::id(id),
            thread: None,
            at: now,
            recovery: arrival.recovery(),
            newer: Newer::default(),
            reader: None,
            change: Change::Deleted,
        }
    }
}

fn seconds(date: i32) -> Timestamp {
    Timestamp::from_seconds(i64::from(date))
}

enum Kind<'a> {
    Posted(&'a tl::enums::Message),
    /// With the number of the update.
    Edited(&'a tl::enums::Message, i32),
    Deleted(&'a [i32]),
    DeletedInChannel(&'a tl::types::UpdateDeleteChannelMessages),
    /// One of our own messages has got its id.
    Sent(&'a tl::types::UpdateMessageId),
    /// Messages that are left out: secret chats, scheduled ones, drafts for later, stories.
    Unread,
    Other,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of Telegram's kinds of update have nothing to do with messages"
)]
fn update_kind(update: &Update) -> Kind<'_> {
    match update {
        Update::NewMessage(new) => Kind::Posted(&new.message),
        Update::NewChannelMessage(new) => Kind::Posted(&new.message),
        Update::EditMessage(edit) => Kind::Edited(&edit.message, edit.pts),
        Update::EditChannelMessage(edit) => Kind::Edited(&edit.message, edit.pts),
        Update::DeleteMessages(deleted) => Kind::Deleted(&deleted.messages),
        Update::DeleteChannelMessages(deleted) => Kind::DeletedInChannel(deleted),
        Update::MessageId(sent) => Kind::Sent(sent),
        Update::NewEncryptedMessage(_)
        | Update::NewScheduledMessage(_)
        | Update::NewEphemeralMessage(_)
        | Update::EditEphemeralMessage(_)
        | Update::QuickReplyMessage(_)
        | Update::BotNewBusinessMessage(_)
        | Update::BotEditBusinessMessage(_)
        | Update::ServiceNotification(_)
        | Update::MessageExtendedMedia(_)
        | Update::GroupCallMessage(_)
        | Update::Story(_) => Kind::Unread,
        _ => Kind::Other,
    }
}

fn name(update: &Update) -> &'static str {
    let bytes = update.to_bytes();
    let constructor = bytes
        .first_chunk::<4>()
        .map(|bytes| u32::from_le_bytes(*bytes));
    constructor.map_or("unknown", tl::name_for_id)
}
