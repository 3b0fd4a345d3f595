use serde_json::{Value, json};

use super::{Channel, Location, Session, SessionId, World};
use crate::ids::{ChannelId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

impl World {
    /// Tells those who see the thread, each with its own membership.
    pub(super) fn publish_thread(&mut self, name: &'static str, id: ChannelId) {
        self.publish_thread_with(name, id, |_, payload| payload);
    }

    pub(super) fn publish_new_thread(&mut self, id: ChannelId) {
        self.publish_thread_with("THREAD_CREATE", id, |_, mut payload| {
            payload["newly_created"] = json!(true);
            payload
        });
    }

    pub(super) fn publish_thread_deletion(&mut self, id: ChannelId) {
        self.publish_thread_with("THREAD_DELETE", id, |_, payload| {
            json!({
                "id": payload["id"],
                "guild_id": payload["guild_id"],
                "parent_id": payload["parent_id"],
                "type": payload["type"],
            })
        });
    }

    /// Tells one bot of a thread that it is in now.
    pub(super) fn publish_thread_to(&mut self, id: ChannelId, user: UserId) {
        let payloads = self.thread_payloads(id, |session, payload| {
            (session.bot() == user).then_some(payload)
        });
        self.push_each("THREAD_CREATE", payloads);
    }

    fn publish_thread_with(
        &mut self,
        name: &'static str,
        id: ChannelId,
        shape: impl Fn(&Session, Value) -> Value,
    ) {
        let payloads = self.thread_payloads(id, |session, payload| Some(shape(session, payload)));
        self.push_each(name, payloads);
    }

    fn thread_payloads(
        &self,
        id: ChannelId,
        shape: impl Fn(&Session, Value) -> Option<Value>,
    ) -> Vec<(SessionId, Value)> {
        let Ok(channel) = self.channel(id) else {
            return Vec::new();
        };
        let listening = self
            .sessions
            .values()
            .filter(|session| self.hears_of(session, channel));
        listening
            .filter_map(|session| {
                let payload = self.render_channel_for(channel, session.bot());
                Some((session.id.clone(), shape(session, payload)?))
            })
            .collect()
    }

    fn hears_of(&self, session: &Session, channel: &Channel) -> bool {
        session.intents.contains(Intents::GUILDS)
            && session.shard.holds(channel.guild())
            && self
                .permissions_in(channel, session.bot())
                .contains(Permissions::VIEW_CHANNEL)
    }

    /// Tells the one who came or left, and those who listen for members.
    pub(super) fn publish_thread_members(
        &mut self,
        id: ChannelId,
        user: UserId,
        mut payload: Value,
        change: i64,
    ) {
        let Ok(channel) = self.channel(id) else {
            return;
        };
        let Location::Thread { guild, thread, .. } = &channel.location else {
            return;
        };
        let count = i64::try_from(thread.members.len()).unwrap_or(i64::MAX);
        payload["id"] = json!(id);
        payload["guild_id"] = json!(guild);
        payload["member_count"] = json!(count.saturating_add(change));
        let payloads: Vec<_> = self
            .sessions
            .values()
            .filter(|session| self.hears_of(session, channel))
            .filter(|session| {
                session.bot() == user || session.intents.contains(Intents::GUILD_MEMBERS)
            })
            .map(|session| (session.id.clone(), payload.clone()))
            .collect();
        self.push_each("THREAD_MEMBERS_UPDATE", payloads);
    }
}
