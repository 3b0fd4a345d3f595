use serde::{Deserialize, Serialize};

use super::{
    Author, Change, Channel, Draft, Message, MessageKind, Poll, Reference, ReferenceKind,
    ReferenceRequest, Rejection, Viewer, World,
};
use crate::ids::{ApplicationId, ChannelId, MessageId, UserId, WebhookId};
use crate::permissions::Permissions;

/// Flags that a sender may set; the others say what the platform found out by itself.
const SENDABLE_FLAGS: u64 = Message::SUPPRESS_EMBEDS
    | Message::SUPPRESS_NOTIFICATIONS
    | Message::IS_VOICE_MESSAGE
    | Message::IS_COMPONENTS_V2;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sender {
    Bot(UserId),
    /// A person, whom the operator speaks for.
    Person(UserId),
    Webhook {
        webhook: WebhookId,
        name: Option<String>,
        avatar: Option<String>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateMessage {
    pub(crate) sender: Sender,
    pub(crate) channel: ChannelId,
    pub(crate) draft: Draft,
}

/// The message that now stands for the request; an earlier one when its nonce is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) channel: ChannelId,
    pub(crate) message: MessageId,
}

impl Change for CreateMessage {
    type Output = Posted;

    fn apply(self, world: &mut World) -> Result<Posted, Rejection> {
        let channel = world
            .may_post(&self.sender, self.channel, &self.draft)?
            .clone();
        if let Some(earlier) = world.claimed(&self.sender, &self.draft) {
            return Ok(earlier);
        }
        world.check_slow_mode(&self.sender, &channel)?;
        let reference = match &self.draft.reference {
            Some(request) => world.refer(&self.sender, &channel, request)?,
            None => None,
        };
        world.post(&self.sender, &channel, self.draft, reference, None)
    }
}

impl World {
    /// Posts what has been found to be allowed, under a new id if none is given.
    pub(super) fn post(
        &mut self,
        sender: &Sender,
        channel: &Channel,
        draft: Draft,
        reference: Option<Reference>,
        id: Option<MessageId>,
    ) -> Result<Posted, Rejection> {
        let author = self.author(sender)?;
        let mut message = self.compose(sender, author, channel, &draft)?;
        if reference
            .as_ref()
            .is_some_and(|reference| reference.snapshot.is_some())
        {
            message.flags |= Message::HAS_SNAPSHOT;
        }
        message.reference = reference;
        if message.is_empty() && draft.attachments.is_empty() {
            return Err(Rejection::EmptyMessage);
        }
        Self::check_voice(&message, &draft.attachments)?;
        self.mention_replied_author(&mut message, draft.allowed_mentions.replied_user);
        message.id = id.unwrap_or_else(|| MessageId(self.next_id()));
        message.attachments = self.attach(channel.id, draft.attachments);
        let posted = Posted {
            channel: channel.id,
            message: message.id,
        };
        if let (Author::User(user), Some(nonce)) = (&message.author, &message.nonce) {
            self.nonces.claim(*user, nonce.clone(), posted, self.now);
        }
        if id.is_none() {
            self.note_post(channel.id, &message.author);
        }
        self.channel_mut(channel.id)?.last_message = Some(message.id);
        self.publish_message("MESSAGE_CREATE", &message);
        self.keep(message);
        Ok(posted)
    }

    fn may_post(
        &self,
        sender: &Sender,
        channel: ChannelId,
        draft: &Draft,
    ) -> Result<&Channel, Rejection> {
        let channel = self.channel(channel)?;
        self.check_rights(sender, channel, draft)?;
        if !channel.kind.holds_messages() {
            return Err(Rejection::NotATextChannel);
        }
        let moderates = match sender {
            Sender::Bot(user) => self.moderates(*user, channel),
            Sender::Person(_) => true,
            Sender::Webhook { .. } => false,
        };
        if channel.thread().is_some_and(|thread| thread.locked) && !moderates {
            return Err(Rejection::ThreadLocked);
        }
        Ok(channel)
    }

    fn check_rights(
        &self,
        sender: &Sender,
        channel: &Channel,
        draft: &Draft,
    ) -> Result<(), Rejection> {
        let most = self.settings.attachment_limit;
        if draft.attachments.len() > most {
            return Err(Rejection::TooManyAttachments(most));
        }
        match sender {
            Sender::Bot(user) => {
                let mut needed = Permissions::SEND_MESSAGES;
                if !draft.embeds.is_empty() {
                    needed = needed | Permissions::EMBED_LINKS;
                }
                if !draft.attachments.is_empty() {
                    needed = needed | Permissions::ATTACH_FILES;
                }
                if draft.poll.is_some() {
                    needed = needed | Permissions::SEND_POLLS;
                }
                if draft.tts {
                    needed = needed | Permissions::SEND_TTS_MESSAGES;
                }
                let held = self.require(*user, channel.id, needed)?;
                let is_voice = draft.flags & Message::IS_VOICE_MESSAGE != 0;
                let may_speak = self.permissions_in(held, *user);
                if is_voice && !may_speak.contains(Permissions::SEND_VOICE_MESSAGES) {
                    return Err(Rejection::NoVoiceMessagesHere);
                }
                Ok(())
            }
            Sender::Person(user) => self.user(*user).map(drop),
            Sender::Webhook { .. } => Ok(()),
        }
    }

    /// Whether this can be the first message of a post in the forum.
    pub(super) fn check_draft(
        &self,
        sender: &Sender,
        forum: &Channel,
        draft: &Draft,
    ) -> Result<(), Rejection> {
        self.check_rights(sender, forum, draft)?;
        let author = self.author(sender)?;
        let message = self.compose(sender, author, forum, draft)?;
        if message.is_empty() && draft.attachments.is_empty() {
            return Err(Rejection::EmptyMessage);
        }
        Self::check_voice(&message, &draft.attachments)
    }

    /// The message that this nonce made within the window, if it is still there.
    fn claimed(&self, sender: &Sender, draft: &Draft) -> Option<Posted> {
        let (Sender::Bot(user), Some(nonce), true) = (sender, &draft.nonce, draft.enforce_nonce)
        else {
            return None;
        };
        let posted = self.nonces.claimed(*user, nonce)?;
        self.message(posted.channel, posted.message)
            .is_ok()
            .then_some(posted)
    }

    pub(super) fn expire_nonces(&mut self) {
        let (now, window) = (self.now, self.settings.nonce_window_s.saturating_mul(1000));
        self.nonces.expire(now, window);
    }

    fn refer(
        &self,
        sender: &Sender,
        here: &Channel,
        request: &ReferenceRequest,
    ) -> Result<Option<Reference>, Rejection> {
        let unknown = || {
            let code = "REPLIES_UNKNOWN_MESSAGE";
            super::FieldError::new(&["message_reference"], code, "Unknown message")
        };
        let source = request.channel.unwrap_or(here.id);
        if request.kind == ReferenceKind::Reply && source != here.id {
            return Err(unknown().into());
        }
        if let Sender::Bot(user) = sender {
            let history = self.require(*user, source, Permissions::READ_MESSAGE_HISTORY);
            history.map_err(|_missing| Rejection::ReplyNeedsHistory)?;
        }
        let found = match self.message(source, request.message) {
            Ok(found) => found,
            Err(_) if request.kind == ReferenceKind::Reply && !request.fail_if_not_exists => {
                return Ok(None);
            }
            Err(_) => return Err(unknown().into()),
        };
        let is_bound = found.poll.is_some() || found.kind != MessageKind::Written;
        if request.kind == ReferenceKind::Forward && is_bound {
            return Err(Rejection::WrongMessageType);
        }
        if request.kind == ReferenceKind::Forward && !self.may_forward(sender, found) {
            return Err(Rejection::CannotForwardUnread);
        }
        let snapshot = (request.kind == ReferenceKind::Forward).then(|| {
            // What is forwarded on is what the forward carries.
            let carried = found
                .reference
                .as_ref()
                .and_then(|one| one.snapshot.clone());
            carried.unwrap_or_else(|| Box::new(found.clone()))
        });
        Ok(Some(Reference {
            kind: request.kind,
            guild: found.guild,
            channel: found.channel,
            message: found.id,
            snapshot,
        }))
    }

    /// What a bot cannot read it cannot pass on.
    fn may_forward(&self, sender: &Sender, message: &Message) -> bool {
        let Sender::Bot(user) = sender else {
            return true;
        };
        let application = self.application(ApplicationId(user.0));
        let viewer = Viewer {
            bot: *user,
            reads_content: application.is_ok_and(|one| one.intents.message_content),
        };
        Self::shows_content(message, viewer)
    }

    pub(super) fn author(&self, sender: &Sender) -> Result<Author, Rejection> {
        match sender {
            Sender::Bot(user) | Sender::Person(user) => Ok(Author::User(*user)),
            Sender::Webhook {
                webhook,
                name,
                avatar,
            } => {
                let webhook = self.webhook(*webhook)?;
                Ok(Author::Webhook {
                    webhook: webhook.id,
                    application: webhook.application,
                    name: name.clone().unwrap_or_else(|| webhook.name.clone()),
                    avatar: avatar.clone().or_else(|| webhook.avatar.clone()),
                })
            }
        }
    }

    /// The message without what is only known once it is accepted.
    fn compose(
        &self,
        sender: &Sender,
        author: Author,
        channel: &Channel,
        draft: &Draft,
    ) -> Result<Message, Rejection> {
        let may_mention_everyone = match sender {
            Sender::Bot(user) | Sender::Person(user) => self
                .permissions_in(channel, *user)
                .contains(Permissions::MENTION_EVERYONE),
            Sender::Webhook { .. } => true,
        };
        let allowed = &draft.allowed_mentions;
        let mentions = self.mentions(channel.id, &draft.content, allowed, may_mention_everyone);
        let flags = match sender {
            // The operator also makes what the platform finds out by itself.
            Sender::Person(_) => draft.flags,
            Sender::Bot(_) | Sender::Webhook { .. } => draft.flags & SENDABLE_FLAGS,
        };
        Ok(Message {
            id: MessageId(0),
            kind: draft
                .system
                .map_or(MessageKind::Written, MessageKind::System),
            channel: channel.id,
            guild: channel.guild(),
            author,
            content: draft.content.clone(),
            sent_at: self.now(),
            edited_at: None,
            tts: draft.tts,
            mentions_everyone: mentions.everyone,
            mentioned_users: mentions.users,
            mentioned_roles: mentions.roles,
            attachments: Vec::new(),
            embeds: draft.embeds.clone(),
            components: draft.components.clone(),
            previews: Vec::new(),
            stickers: self.stickers(&draft.stickers)?,
            poll: draft.poll.clone().map(|poll| Poll::begun(poll, self.now())),
            reactions: Vec::new(),
            flags,
            nonce: draft.nonce.clone(),
            reference: None,
        })
    }

    fn mention_replied_author(&self, message: &mut Message, wanted: bool) {
        let Some(reference) = message
            .reference
            .as_ref()
            .filter(|_| message.is_reply() && wanted)
        else {
            return;
        };
        let replied = self.message(reference.channel, reference.message);
        if let Ok(Author::User(user)) = replied.map(|replied| &replied.author)
            && !message.mentioned_users.contains(user)
        {
            message.mentioned_users.push(*user);
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StartTyping {
    pub(crate) user: UserId,
    pub(crate) channel: ChannelId,
}

impl Change for StartTyping {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.require(self.user, self.channel, Permissions::SEND_MESSAGES)?;
        world.publish_typing(self.channel, self.user)
    }
}
