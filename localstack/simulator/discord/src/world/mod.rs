//! The state of the platform: who and what exists, what was said, which sessions listen.
//!
//! Nothing here reads a clock, draws a random number or does I/O. A [`Change`] is applied at a
//! given moment; the same changes in the same order give the same state.

mod access;
mod application;
mod attachment;
mod bot;
mod channel;
mod channel_edit;
mod command;
mod crosspost;
mod embed;
mod expression;
mod grant;
mod guild;
mod identify;
mod link;
mod mention;
mod message;
mod nonces;
mod outgoing;
mod poll;
mod post;
mod preview;
mod publish;
mod publish_thread;
mod reaction;
mod rejection;
mod revise;
mod session;
mod settings;
mod slow_mode;
mod thread;
mod thread_member;
mod user;
mod webhook;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub(crate) use application::{Application, CreateApplication, EditApplication};
pub(crate) use attachment::{Attachment, File, KeptAttachment, Voice};
pub(crate) use bot::{AddBot, RemoveBot};
pub(crate) use channel::{
    Channel, ChannelKind, CreateChannel, DeleteChannel, Location, NewTag, OpenDirectChannel,
    Overwrite, OverwriteKind, SetOverwrite,
};
pub(crate) use channel_edit::{ChannelEdit, EditChannel};
pub(crate) use command::{Change, Command};
pub(crate) use crosspost::Crosspost;
pub(crate) use embed::check_embeds;
pub(crate) use expression::{CreateEmoji, CreateSticker, Emoji, Sticker, StickerFormat};
pub(crate) use grant::{
    BotInvitation, Grant, GrantAccess, GrantStage, IssueTokens, Offer, RevokeGrants, Scope, Tokens,
};
pub(crate) use guild::{CreateGuild, CreateRole, EditRole, Guild, Role, SetMember};
pub(crate) use identify::{Identify, IdentifyBudget, IdentifyRefusal};
pub(crate) use link::{ExpireLinks, LinkClaim, Links};
pub(crate) use mention::AllowedMentions;
pub(crate) use message::{Author, Message, MessageKind, Nonce, Reference, ReferenceKind};
pub(crate) use outgoing::{Draft, ReferenceRequest, Revision};
pub(crate) use poll::{NewPoll, Poll, PollAnswer};
pub(crate) use post::{CreateMessage, Posted, Sender, StartTyping};
pub(crate) use preview::PreviewLinks;
pub(crate) use publish::Viewer;
pub(crate) use reaction::{AddReaction, ClearReactions, Reaction, ReactionEmoji, RemoveReaction};
pub(crate) use rejection::{FieldError, Rejection};
pub(crate) use revise::{DeleteMessage, DeleteMessages, EditMessage, Reviser};
pub(crate) use session::{
    AttachSession, ConnectionId, DetachSession, EndSession, Holder, RequestMembers, Restart,
    ResumeRefusal, Session, SessionId, Shard,
};
pub(crate) use settings::{ChangeSettings, RateLimit, Settings};
pub(crate) use thread::{ARCHIVE_MINUTES, ForumTag, StartThread, Thread, ThreadOrigin};
pub(crate) use thread_member::{JoinThread, LeaveThread};
pub(crate) use user::{CreateUser, User};
pub(crate) use webhook::{AvatarEdit, CreateWebhook, DeleteWebhook, EditWebhook, Webhook};

use crate::ids::{
    ApplicationId, AttachmentId, ChannelId, GrantId, GuildId, MessageId, UserId, WebhookId,
    snowflake,
};
use crate::permissions::Permissions;
use crate::time::Timestamp;

/// Who asks for a change: a bot is held to its permissions, an operator is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Actor {
    Bot(UserId),
    Operator,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    now: Timestamp,
    counter: u32,
    settings: Arc<Settings>,
    applications: BTreeMap<ApplicationId, Application>,
    users: BTreeMap<UserId, User>,
    guilds: BTreeMap<GuildId, Guild>,
    channels: BTreeMap<ChannelId, Channel>,
    messages: HashMap<ChannelId, BTreeMap<MessageId, Message>>,
    attachments: BTreeMap<AttachmentId, attachment::Held>,
    links: Links,
    /// Links from earlier generations have ended.
    link_generation: u64,
    nonces: nonces::Nonces,
    webhooks: BTreeMap<WebhookId, Webhook>,
    sessions: BTreeMap<SessionId, Session>,
    budgets: BTreeMap<ApplicationId, IdentifyBudget>,
    grants: BTreeMap<GrantId, Grant>,
}

impl World {
    /// Moves time on. What has expired by then goes away.
    pub(crate) fn advance(&mut self, at: Timestamp) {
        if at > self.now {
            self.now = at;
            self.counter = 0;
        }
        self.expire_sessions();
        self.expire_nonces();
        self.expire_offers();
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    fn next_id(&mut self) -> u64 {
        self.counter += 1;
        snowflake(self.now, self.counter)
    }

    pub(crate) fn application(&self, id: ApplicationId) -> Result<&Application, Rejection> {
        self.applications
            .get(&id)
            .ok_or(Rejection::UnknownApplication)
    }

    pub(crate) fn applications(&self) -> impl Iterator<Item = &Application> {
        self.applications.values()
    }

    pub(crate) fn application_with_token(&self, token: &str) -> Option<&Application> {
        self.applications
            .values()
            .find(|application| application.token == token)
    }

    pub(crate) fn user(&self, id: UserId) -> Result<&User, Rejection> {
        self.users.get(&id).ok_or(Rejection::UnknownUser)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub(crate) fn guild(&self, id: GuildId) -> Result<&Guild, Rejection> {
        self.guilds.get(&id).ok_or(Rejection::UnknownGuild)
    }

    fn guild_mut(&mut self, id: GuildId) -> Result<&mut Guild, Rejection> {
        self.guilds.get_mut(&id).ok_or(Rejection::UnknownGuild)
    }

    pub(crate) fn guilds(&self) -> impl Iterator<Item = &Guild> {
        self.guilds.values()
    }

    pub(crate) fn guilds_of(&self, user: UserId) -> impl Iterator<Item = &Guild> {
        self.guilds
            .values()
            .filter(move |guild| guild.members.contains_key(&user))
    }

    /// The guild as one of its members sees it: for everybody else it does not exist.
    pub(crate) fn guild_for(&self, id: GuildId, user: UserId) -> Result<&Guild, Rejection> {
        let guild = self.guild(id)?;
        if guild.members.contains_key(&user) {
            Ok(guild)
        } else {
            Err(Rejection::UnknownGuild)
        }
    }

    pub(crate) fn channel(&self, id: ChannelId) -> Result<&Channel, Rejection> {
        self.channels.get(&id).ok_or(Rejection::UnknownChannel)
    }

    fn channel_mut(&mut self, id: ChannelId) -> Result<&mut Channel, Rejection> {
        self.channels.get_mut(&id).ok_or(Rejection::UnknownChannel)
    }

    pub(crate) fn channels_of(&self, guild: GuildId) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |channel| channel.guild() == Some(guild) && !channel.kind.is_thread())
    }

    pub(crate) fn threads_of(&self, guild: GuildId) -> impl Iterator<Item = &Channel> {
        self.channels
            .values()
            .filter(move |channel| channel.guild() == Some(guild) && channel.kind.is_thread())
    }

    /// The open threads of a guild that the user sees.
    pub(crate) fn active_threads(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> impl Iterator<Item = &Channel> {
        self.threads_of(guild).filter(move |thread| {
            thread.thread().is_some_and(|thread| !thread.archived)
                && self
                    .permissions_in(thread, user)
                    .contains(Permissions::VIEW_CHANNEL)
        })
    }

    pub(crate) fn message(&self, channel: ChannelId, id: MessageId) -> Result<&Message, Rejection> {
        self.messages
            .get(&channel)
            .and_then(|all| all.get(&id))
            .ok_or(Rejection::UnknownMessage)
    }

    /// The messages of a channel by id, which is also by time.
    pub(crate) fn messages_in(&self, channel: ChannelId) -> &BTreeMap<MessageId, Message> {
        static NONE: BTreeMap<MessageId, Message> = BTreeMap::new();
        self.messages.get(&channel).unwrap_or(&NONE)
    }

    pub(crate) fn webhook(&self, id: WebhookId) -> Result<&Webhook, Rejection> {
        self.webhooks.get(&id).ok_or(Rejection::UnknownWebhook)
    }

    pub(crate) fn webhooks(&self) -> impl Iterator<Item = &Webhook> {
        self.webhooks.values()
    }

    pub(crate) fn session(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }

    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }
}
