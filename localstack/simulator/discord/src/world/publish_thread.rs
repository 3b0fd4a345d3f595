use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Channel, Location, Session, SessionId, World};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

impl World {
    /// Which channels each bot that listens sees, before something about that changes.
    pub(super) fn seen_by_bots(&self, guild: GuildId) -> BTreeSet<(UserId, ChannelId)> {
        let bots: BTreeSet<UserId> = self.sessions.values().map(Session::bot).collect();
        let channels: Vec<&Channel> = self.channels_of(guild).collect();
        bots.into_iter()
            .flat_map(|bot| channels.iter().map(move |channel| (bot, *channel)))
            .filter(|(bot, channel)| {
                self.permissions_in(channel, *bot)
                    .contains(Permissions::VIEW_CHANNEL)
            })
            .map(|(bot, channel)| (bot, channel.id))
            .collect()
    }

    /// Whoever sees more channels than before is told of the open threads in them.
    pub(super) fn sync_threads(&mut self, guild: GuildId, before: &BTreeSet<(UserId, ChannelId)>) {
        let now = self.seen_by_bots(guild);
        let gained = |bot: UserId| -> Vec<ChannelId> {
            let new = now.difference(before).filter(|(who, _)| *who == bot);
            new.map(|(_, channel)| *channel).collect()
        };
        let payloads: Vec<_> = self
            .sessions
            .values()
            .filter(|session| {
                session.intents.contains(Intents::GUILDS) && session.shard.holds(Some(guild))
            })
            .filter_map(|session| {
                let channels = gained(session.bot());
                let threads: Vec<&Channel> = self
                    .active_threads(guild, session.bot())
                    .filter(|thread| {
                        let parent = thread.parent();
                        parent.is_some_and(|parent| channels.contains(&parent))
                    })
                    .collect();
                if threads.is_empty() {
                    return None;
                }
                let mut payload = self.render_threads(&threads, session.bot());
                payload["guild_id"] = json!(guild);
                payload["channel_ids"] = json!(channels);
                Some((session.id.clone(), payload))
            })
            .collect();
        self.push_each("THREAD_LIST_SYNC", payloads);
    }

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
