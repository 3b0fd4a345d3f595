//! Posting, editing, deleting and reading.

use super::apply::{Applied, Notice};
use super::command::{Draft, Place, Post};
use super::ids::{ChannelId, Peer, SharedId, UserId};
use super::message::{Content, Message, Ordinary, Service};
use super::refusal::{
    CHANNEL_INVALID, PEER_ID_INVALID, RANDOM_ID_DUPLICATE, Refusal, USER_ID_INVALID,
};
use super::text::{TextRole, link, normalised};
use super::{Mailbox, State};

/// A message on its way into the boxes.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    content: Content,
    silent: bool,
    random_id: Option<i64>,
}

impl Envelope {
    pub(super) fn service(service: Service) -> Self {
        Self {
            content: service.into(),
            silent: false,
            random_id: None,
        }
    }

    pub(super) fn sent_as(self, random_id: Option<i64>) -> Self {
        Self { random_id, ..self }
    }
}

impl State {
    pub(super) fn post(&mut self, at: i64, post: &Post) -> Result<Applied, Refusal> {
        self.check_post(at, post)?;
        let mut envelopes = Vec::with_capacity(post.drafts.len());
        for draft in &post.drafts {
            self.check_reply(post.from, post.to, draft)?;
            self.check_media(draft)?;
            let mut ordinary = ordinary(draft)?;
            ordinary.reply = self.threaded(post.from, post.to, draft)?;
            let content = Content::Ordinary(Box::new(ordinary));
            envelopes.push(Envelope {
                content,
                silent: post.silent,
                random_id: draft.random_id,
            });
        }
        let random_ids: Vec<i64> = post.drafts.iter().filter_map(|it| it.random_id).collect();
        let sender = self.users.get_mut(&post.from).ok_or(USER_ID_INVALID)?;
        let distinct: std::collections::BTreeSet<_> = random_ids.iter().collect();
        let reused = random_ids.iter().any(|id| sender.random_ids.contains(id));
        if reused || distinct.len() < random_ids.len() {
            return Err(RANDOM_ID_DUPLICATE);
        }
        sender.random_ids.extend(random_ids);
        let mut applied = Applied::default();
        for envelope in envelopes {
            let (id, notices) = self.deliver(at, post.from, post.to, envelope)?;
            applied.messages.push(id);
            applied.notices.extend(notices);
        }
        self.note_pace(at, post);
        self.invalidate_leaked_code(post);
        Ok(applied)
    }

    fn check_post(&self, at: i64, post: &Post) -> Result<(), Refusal> {
        self.user(post.from)?;
        match post.to {
            Peer::User(to) => self
                .user(to)
                .map(|_| ())
                .map_err(|_unknown| PEER_ID_INVALID),
            Peer::Group(group) => self.group(group)?.check_post(post.from),
            Peer::Channel(id) => {
                let channel = self.channel(id)?;
                channel.check_post(post.from)?;
                if post.drafts.iter().any(|draft| draft.random_id.is_some()) {
                    channel.check_slow_mode(post.from, at)?;
                }
                Ok(())
            }
        }
    }

    fn check_reply(&self, from: UserId, to: Peer, draft: &Draft) -> Result<(), Refusal> {
        let Some(reply) = &draft.reply else {
            return Ok(());
        };
        self.check_topic_is_there(to, reply)?;
        let target = self.mailbox(from, to)?.get(reply.message);
        let target = target.filter(|target| target.peer == to);
        let target = target.ok_or(Refusal::bad("REPLY_MESSAGE_ID_INVALID"))?;
        match (&reply.quote, target.ordinary()) {
            (Some(quote), Some(quoted)) if quoted.text.contains(quote.as_str()) => Ok(()),
            (Some(_), _) => Err(Refusal::bad("QUOTE_TEXT_INVALID")),
            (None, _) => Ok(()),
        }
    }

    /// Puts a message into every box that it belongs to; answers the sender's number for it.
    pub(super) fn deliver(
        &mut self,
        at: i64,
        author: UserId,
        chat: Peer,
        envelope: Envelope,
    ) -> Result<(i32, Vec<Notice>), Refusal> {
        self.last_shared += 1;
        let message = Message {
            id: 0,
            shared: SharedId(self.last_shared),
            peer: chat,
            author,
            date: at / 1000,
            at_ms: at,
            edit_date: None,
            silent: envelope.silent,
            random_id: envelope.random_id,
            content: envelope.content,
            reactions: super::reactions::Reactions::new(),
        };
        let boxes: Vec<(UserId, Peer)> = match chat {
            Peer::Channel(channel) => return self.deliver_to_channel(at, channel, message),
            Peer::User(to) if to == author => vec![(author, chat)],
            Peer::User(to) => vec![(author, chat), (to, Peer::User(author))],
            Peer::Group(group) => self
                .group(group)?
                .roster
                .members()
                .map(|(user, _)| (user, chat))
                .collect(),
        };
        self.deliver_copies(at, &message, &boxes)
    }

    fn deliver_to_channel(
        &mut self,
        at: i64,
        channel: ChannelId,
        mut message: Message,
    ) -> Result<(i32, Vec<Notice>), Refusal> {
        let mailbox = &mut self
            .channels
            .get_mut(&channel)
            .ok_or(CHANNEL_INVALID)?
            .mailbox;
        message.id = mailbox.next_id();
        let id = message.id;
        let entry = mailbox.add(message, at);
        Ok((id, vec![Notice::Channel { channel, entry }]))
    }

    fn deliver_copies(
        &mut self,
        at: i64,
        message: &Message,
        boxes: &[(UserId, Peer)],
    ) -> Result<(i32, Vec<Notice>), Refusal> {
        let answered = message
            .ordinary()
            .and_then(|it| it.reply.as_ref())
            .and_then(|reply| {
                let mailbox = &self.users.get(&message.author)?.mailbox;
                mailbox.get(reply.message).map(|target| target.shared)
            });
        let (mut notices, mut copies, mut senders) = (Vec::new(), Vec::new(), None);
        for (owner, peer) in boxes {
            let mut copy = message.clone();
            copy.peer = *peer;
            if let Content::Ordinary(ordinary) = &mut copy.content {
                let known = answered.and_then(|shared| self.copy_for(shared, *owner));
                ordinary.reply = ordinary.reply.take().zip(known).map(|(mut reply, id)| {
                    reply.message = id;
                    reply
                });
            }
            let mailbox = &mut self.users.get_mut(owner).ok_or(USER_ID_INVALID)?.mailbox;
            copy.id = mailbox.next_id();
            copies.push((*owner, copy.id));
            if *owner == message.author {
                senders = Some(copy.id);
            }
            let entry = mailbox.add(copy, at);
            notices.push(Notice::Account {
                user: *owner,
                entry,
            });
        }
        let first = copies.first().map_or(0, |(_, id)| *id);
        self.copies.insert(message.shared, copies);
        Ok((senders.unwrap_or(first), notices))
    }

    fn note_pace(&mut self, at: i64, post: &Post) {
        if let Peer::Channel(id) = post.to
            && let Some(channel) = self.channels.get_mut(&id)
        {
            channel.last_post.insert(post.from, at);
        }
    }

    /// The platform invalidates a login code that its owner writes into a chat.
    fn invalidate_leaked_code(&mut self, post: &Post) {
        let phone = self.users.get(&post.from).map(|user| &user.phone);
        if let Some(code) = phone.and_then(|phone| self.codes.get_mut(phone))
            && post
                .drafts
                .iter()
                .any(|draft| draft.text.contains(&code.code))
        {
            code.expired = true;
        }
    }

    pub(super) fn read(
        &mut self,
        user: UserId,
        peer: Peer,
        up_to: i32,
    ) -> Result<Applied, Refusal> {
        let newest = self.mailbox(user, peer)?.next_id() - 1;
        let user = self.users.get_mut(&user).ok_or(USER_ID_INVALID)?;
        let read = user.read.entry(peer).or_default();
        *read = (*read).max(up_to.min(newest));
        Ok(Applied::default())
    }

    pub(super) fn places_of(&self, place: Place, id: i32, shared: SharedId) -> Vec<(Place, i32)> {
        match place {
            Place::Channel(_) => vec![(place, id)],
            Place::Account(_) => self
                .copies
                .get(&shared)
                .into_iter()
                .flatten()
                .map(|(owner, id)| (Place::Account(*owner), *id))
                .collect(),
        }
    }

    pub(super) fn place_mut(&mut self, place: Place) -> Result<&mut Mailbox, Refusal> {
        match place {
            Place::Account(user) => self.users.get_mut(&user).map(|user| &mut user.mailbox),
            Place::Channel(id) => self.channels.get_mut(&id).map(|it| &mut it.mailbox),
        }
        .ok_or(PEER_ID_INVALID)
    }
}

pub(super) fn notice(place: Place, entry: super::mailbox::Logged) -> Notice {
    match place {
        Place::Account(user) => Notice::Account { user, entry },
        Place::Channel(channel) => Notice::Channel { channel, entry },
    }
}

fn ordinary(draft: &Draft) -> Result<Ordinary, Refusal> {
    let role = TextRole::beside(draft.media.as_ref());
    let (text, entities) = normalised(&draft.text, &draft.entities, role)?;
    let previewed = draft.media.is_none() && !draft.no_webpage;
    Ok(Ordinary {
        preview: link(&text, &entities).filter(|_| previewed),
        text,
        entities,
        media: draft.media.clone(),
        reply: draft.reply.clone(),
        forward: draft.forward.clone(),
        grouped_id: draft.grouped_id,
    })
}
