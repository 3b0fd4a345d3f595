use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Actor, Change, Location, Rejection, Thread, World};
use crate::ids::{ChannelId, UserId};
use crate::permissions::Permissions;

/// Brings somebody into a thread; a bot brings in itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JoinThread {
    pub(crate) actor: Actor,
    pub(crate) thread: ChannelId,
    pub(crate) user: UserId,
}

impl Change for JoinThread {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.require_of(self.actor, self.thread, Permissions::VIEW_CHANNEL)?;
        world.user(self.user)?;
        let thread = world.open_thread(self.thread)?;
        if !thread.members.contains_key(&self.user) {
            world.join(self.thread, self.user);
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LeaveThread {
    pub(crate) actor: Actor,
    pub(crate) thread: ChannelId,
    pub(crate) user: UserId,
}

impl Change for LeaveThread {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.require_of(self.actor, self.thread, Permissions::VIEW_CHANNEL)?;
        world.open_thread(self.thread)?;
        let payload = json!({ "removed_member_ids": [self.user] });
        // Told while the bot still sees a private thread.
        world.publish_thread_members(self.thread, self.user, payload, -1);
        if let Location::Thread { thread, .. } = &mut world.channel_mut(self.thread)?.location {
            thread.members.remove(&self.user);
        }
        Ok(())
    }
}

impl World {
    /// A thread whose members can be changed.
    fn open_thread(&self, id: ChannelId) -> Result<&Thread, Rejection> {
        match &self.channel(id)?.location {
            Location::Thread { thread, .. } if thread.archived => Err(Rejection::ThreadArchived),
            Location::Thread { thread, .. } => Ok(thread),
            Location::Guild { .. } | Location::Direct { .. } => Err(Rejection::WrongChannelType),
        }
    }

    /// Whoever comes into a thread is told of the thread first.
    pub(super) fn join(&mut self, id: ChannelId, user: UserId) {
        let now = self.now;
        if let Ok(Location::Thread { thread, .. }) =
            self.channel_mut(id).map(|channel| &mut channel.location)
        {
            thread.members.insert(user, now);
        }
        self.publish_thread_to(id, user);
        let member = json!({
            "id": id,
            "user_id": user,
            "join_timestamp": now.iso8601(),
            "flags": 0,
        });
        self.publish_thread_members(id, user, json!({ "added_members": [member] }), 0);
    }
}
