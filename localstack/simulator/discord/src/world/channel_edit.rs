use serde::{Deserialize, Serialize};

use super::{Actor, Change, Channel, ForumTag, Location, Rejection, Sender, Thread, World};
use crate::ids::{ChannelId, TagId, UserId};
use crate::permissions::Permissions;

/// What to change about a channel; what is absent stays, and what the kind of channel does not
/// have is passed over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChannelEdit {
    pub(crate) name: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) nsfw: Option<bool>,
    pub(crate) rate_limit_per_user: Option<u64>,
    pub(crate) position: Option<u64>,
    pub(crate) archived: Option<bool>,
    pub(crate) locked: Option<bool>,
    pub(crate) auto_archive_duration: Option<u64>,
    pub(crate) invitable: Option<bool>,
    pub(crate) applied_tags: Option<Vec<TagId>>,
    pub(crate) available_tags: Option<Vec<ForumTag>>,
}

impl ChannelEdit {
    fn only_brings_back(&self) -> bool {
        self.archived == Some(false)
            && self.name.is_none()
            && self.rate_limit_per_user.is_none()
            && self.locked.is_none()
            && self.auto_archive_duration.is_none()
            && self.invitable.is_none()
            && self.applied_tags.is_none()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditChannel {
    pub(crate) actor: Actor,
    pub(crate) channel: ChannelId,
    pub(crate) edit: ChannelEdit,
}

impl Change for EditChannel {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let channel = world.channel(self.channel)?;
        if let Location::Thread { parent, thread, .. } = &channel.location {
            let parent = world.channel(*parent)?;
            world.may_edit_thread(self.actor, channel, thread, &self.edit)?;
            if let Some(tags) = &self.edit.applied_tags {
                let sender = match self.actor {
                    Actor::Bot(user) => Sender::Bot(user),
                    Actor::Operator => Sender::Person(thread.owner),
                };
                world.check_tags(&sender, parent, tags)?;
            }
        } else {
            world.require_of(self.actor, self.channel, Permissions::MANAGE_CHANNELS)?;
        }
        let now = world.now;
        let channel = world.channel_mut(self.channel)?;
        if let Location::Thread { thread, .. } = &mut channel.location {
            if self.edit.archived.is_some() || self.edit.auto_archive_duration.is_some() {
                thread.archive_changed_at = now;
            }
            edit_thread(thread, &self.edit);
        }
        edit_any(channel, self.edit);
        world.publish_channel("CHANNEL_UPDATE", self.channel)
    }
}

fn edit_thread(thread: &mut Thread, edit: &ChannelEdit) {
    thread.archived = edit.archived.unwrap_or(thread.archived);
    thread.locked = edit.locked.unwrap_or(thread.locked);
    thread.invitable = edit.invitable.unwrap_or(thread.invitable);
    if let Some(minutes) = edit.auto_archive_duration {
        thread.auto_archive_minutes = minutes;
    }
    if let Some(tags) = &edit.applied_tags {
        thread.tags.clone_from(tags);
    }
}

fn edit_any(channel: &mut Channel, edit: ChannelEdit) {
    if let Some(name) = edit.name {
        channel.name = name;
    }
    if let Some(topic) = edit.topic {
        channel.topic = Some(topic).filter(|topic| !topic.is_empty());
    }
    if let Some(nsfw) = edit.nsfw {
        channel.nsfw = nsfw;
    }
    if let Some(seconds) = edit.rate_limit_per_user {
        channel.rate_limit_per_user = seconds;
    }
    if let (Some(to), Location::Guild { position, .. }) = (edit.position, &mut channel.location) {
        *position = to;
    }
    if let Some(tags) = edit.available_tags {
        channel.tags = tags;
    }
}

impl World {
    /// Whoever manages threads may do everything; others may bring a thread back that is not
    /// locked, and change how their own one looks while it is open.
    fn may_edit_thread(
        &self,
        actor: Actor,
        channel: &Channel,
        thread: &Thread,
        edit: &ChannelEdit,
    ) -> Result<(), Rejection> {
        let Actor::Bot(user) = actor else {
            return Ok(());
        };
        self.require(user, channel.id, Permissions::VIEW_CHANNEL)?;
        let moderates = self.moderates(user, channel);
        if thread.archived && edit.archived != Some(false) {
            return Err(Rejection::ThreadArchived);
        }
        if moderates {
            return Ok(());
        }
        if thread.locked {
            return Err(Rejection::ThreadLocked);
        }
        if edit.only_brings_back() {
            return self
                .require(user, channel.id, Permissions::SEND_MESSAGES)
                .map(drop);
        }
        let for_moderators =
            edit.locked.is_some() || edit.rate_limit_per_user.is_some() || edit.invitable.is_some();
        if thread.owner == user && !for_moderators {
            Ok(())
        } else {
            Err(Rejection::MissingPermissions)
        }
    }

    pub(super) fn moderates(&self, user: UserId, thread: &Channel) -> bool {
        self.permissions_in(thread, user)
            .contains(Permissions::MANAGE_THREADS)
    }
}
