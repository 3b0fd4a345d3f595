use serde_json::{Value, json};

use super::{Message, Rejection, Session, SessionId, World};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;

/// For whom a message is shown: without the intent, the text of others is withheld.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer {
    pub(crate) bot: UserId,
    pub(crate) reads_content: bool,
}

impl World {
    /// Tells every session of the guild's bots that asked for such events.
    pub(super) fn publish_to_guild(
        &mut self,
        name: &'static str,
        guild: GuildId,
        intents: Intents,
        payload: &Value,
    ) {
        let Some(members) = self.guilds.get(&guild).map(|guild| &guild.members) else {
            return;
        };
        let most = self.settings.replay_limit;
        for session in self.sessions.values_mut() {
            if session.intents.contains(intents)
                && session.shard.holds(Some(guild))
                && members.contains_key(&session.bot())
            {
                session.push(name, payload, most);
            }
        }
    }

    /// Tells those who listen for members, and a bot of what happens to itself even if it
    /// does not. A bot that has just come in hears of its guild instead.
    pub(super) fn publish_member(
        &mut self,
        name: &'static str,
        guild: GuildId,
        user: UserId,
        payload: &Value,
    ) {
        self.publish_to_guild(name, guild, Intents::GUILD_MEMBERS, payload);
        if name != "GUILD_MEMBER_UPDATE" {
            return;
        }
        let most = self.settings.replay_limit;
        for session in self.sessions.values_mut() {
            if session.bot() == user
                && session.shard.holds(Some(guild))
                && !session.intents.contains(Intents::GUILD_MEMBERS)
            {
                session.push(name, payload, most);
            }
        }
    }

    /// Tells one bot that it came into a guild or left it.
    pub(super) fn publish_to_bot(
        &mut self,
        name: &'static str,
        guild: GuildId,
        bot: UserId,
        payload: &Value,
    ) {
        let most = self.settings.replay_limit;
        for session in self.sessions.values_mut() {
            if session.bot() == bot
                && session.intents.contains(Intents::GUILDS)
                && session.shard.holds(Some(guild))
            {
                session.push(name, payload, most);
            }
        }
    }

    pub(super) fn publish_message(&mut self, name: &'static str, message: &Message) {
        let payloads: Vec<(SessionId, Value)> = self
            .listeners(
                message.channel,
                Intents::GUILD_MESSAGES,
                Intents::DIRECT_MESSAGES,
            )
            .map(|session| {
                let reads_content = session.intents.contains(Intents::MESSAGE_CONTENT);
                let viewer = Viewer {
                    bot: session.bot(),
                    reads_content,
                };
                (
                    session.id.clone(),
                    self.render_message_event(message, viewer),
                )
            })
            .collect();
        self.push_each(name, payloads);
    }

    pub(super) fn publish_deletion(
        &mut self,
        name: &'static str,
        channel: ChannelId,
        payload: &Value,
    ) {
        let intents = (Intents::GUILD_MESSAGES, Intents::DIRECT_MESSAGES);
        self.publish_in_channel(name, channel, intents, payload);
    }

    /// Tells everybody the same who sees the channel and asked for such events; the first of
    /// the intents is for channels of guilds, the second for direct ones.
    pub(super) fn publish_in_channel(
        &mut self,
        name: &'static str,
        channel: ChannelId,
        (in_guilds, in_direct): (Intents, Intents),
        payload: &Value,
    ) {
        let payloads: Vec<_> = self
            .listeners(channel, in_guilds, in_direct)
            .map(|session| (session.id.clone(), payload.clone()))
            .collect();
        self.push_each(name, payloads);
    }

    pub(super) fn publish_typing(
        &mut self,
        channel: ChannelId,
        user: UserId,
    ) -> Result<(), Rejection> {
        let guild = self.channel(channel)?.guild();
        let seconds = self.now().millis() / 1000;
        let mut payload = json!({ "channel_id": channel, "user_id": user, "timestamp": seconds });
        if let Some(guild) = guild {
            payload["guild_id"] = json!(guild);
            payload["member"] = self.render_member(guild, user)?;
        }
        let intents = (
            Intents::GUILD_MESSAGE_TYPING,
            Intents::DIRECT_MESSAGE_TYPING,
        );
        self.publish_in_channel("TYPING_START", channel, intents, &payload);
        Ok(())
    }

    /// The sessions that see a channel and asked for such events of channels like it.
    fn listeners(
        &self,
        channel: ChannelId,
        in_guilds: Intents,
        in_direct: Intents,
    ) -> impl Iterator<Item = &Session> {
        let channel = self.channels.get(&channel);
        self.sessions.values().filter(move |session| {
            let Some(channel) = channel else { return false };
            let guild = channel.guild();
            let intents = if guild.is_some() {
                in_guilds
            } else {
                in_direct
            };
            session.intents.contains(intents)
                && session.shard.holds(guild)
                && self
                    .permissions_in(channel, session.bot())
                    .contains(Permissions::VIEW_CHANNEL)
        })
    }

    pub(super) fn push_each(&mut self, name: &'static str, payloads: Vec<(SessionId, Value)>) {
        let most = self.settings.replay_limit;
        for (id, payload) in payloads {
            if let Some(session) = self.sessions.get_mut(&id) {
                session.push(name, &payload, most);
            }
        }
    }
}
