use std::error::Error;

use patchbay_domain::Recovery;
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, MessageId};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::frame::{Frame, Kind};
use super::super::source::Source;
use super::Handler;
use crate::guilds::Place;
use crate::guilds::link::{self, Reply};
use crate::persist::Stopped;
use crate::rest::RestError;
use crate::translate::{self, Received, Scene};

/// Which message an event is about; messages outside of servers are none of our business.
#[derive(Deserialize)]
struct About {
    channel_id: DiscordChannelId,
    #[serde(default)]
    guild_id: Option<DiscordGuildId>,
    #[serde(default)]
    id: Option<MessageId>,
    #[serde(default)]
    ids: Vec<MessageId>,
    #[serde(default)]
    edited_timestamp: Option<String>,
}

impl Handler<'_> {
    pub(super) async fn take_message(&mut self, frame: &Frame) -> Result<(), Stopped> {
        let about: About = match frame.payload() {
            Ok(about) => about,
            Err(error) => {
                let error: &dyn Error = &error;
                let (shard, kind) = (self.shard, frame.kind);
                tracing::error!(
                    shard,
                    ?kind,
                    error,
                    "an event without ids can't be recovered"
                );
                return Ok(());
            }
        };
        let Some(guild) = about.guild_id else {
            return Ok(());
        };
        let from = Source {
            guild,
            channel: about.channel_id,
        };
        match (frame.kind, about.id) {
            (Kind::MessageCreate, Some(id)) => {
                if let Some(message) = self.read(frame, from, id).await? {
                    self.take_post(&message, from, frame.recovery).await?;
                }
            }
            (Kind::MessageUpdate, Some(id)) if about.edited_timestamp.is_some() => {
                if let Some(message) = self.read(frame, from, id).await? {
                    self.take_edit(&message, from, frame.recovery).await?;
                }
            }
            (Kind::MessageDelete, Some(id)) => {
                self.take_deletions(&[id], from, frame.recovery).await?;
            }
            (Kind::MessageDeleteBulk, _) => {
                let mut ids = about.ids;
                ids.sort_unstable();
                self.take_deletions(&ids, from, frame.recovery).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The message of an event, asked for over REST if the event can't be read.
    async fn read(
        &self,
        frame: &Frame,
        from: Source,
        id: MessageId,
    ) -> Result<Option<Received>, Stopped> {
        let Source { guild, channel } = from;
        let failure = match frame.payload::<Value>().and_then(Received::read) {
            Ok(message) => return Ok(Some(message)),
            Err(failure) => failure,
        };
        tracing::error!(
            shard = self.shard, %guild, %channel, message = %id,
            error = &failure as &dyn Error,
            "a message event can't be read; the message is asked for"
        );
        let rest = &self.discord.rest;
        let asked: Option<Box<RawValue>> = self
            .persistence
            .until_done("ask for a message", || async {
                match rest.message(channel, id).await {
                    Err(RestError::Unreadable { .. }) => Ok(None),
                    Err(error) if error.is_no_such_thing() => Ok(None),
                    answer => answer.map(Some),
                }
            })
            .await?;
        let read = asked.map(|raw| serde_json::from_str(raw.get()).and_then(Received::read));
        match read {
            Some(Ok(message)) => Ok(Some(message)),
            Some(Err(error)) => {
                let error: &dyn Error = &error;
                tracing::error!(%channel, message = %id, error, "a message is lost");
                Ok(None)
            }
            None => {
                tracing::error!(%channel, message = %id, "a message is gone unread");
                Ok(None)
            }
        }
    }

    async fn take_post(
        &mut self,
        received: &Received,
        from: Source,
        recovery: Recovery,
    ) -> Result<(), Stopped> {
        let place = self.guilds.place(from.guild, from.channel).await?;
        if let Some(code) = link::command(&received.message) {
            return self.obey(&code, &received.message, from).await;
        }
        if let Some(event) = translate::posted(received, self.scene(from.guild, place, recovery)) {
            let mut events = [event];
            self.count_newer(from, &mut events).await?;
            let [event] = events;
            self.add(from, event);
        }
        Ok(())
    }

    async fn take_edit(
        &mut self,
        received: &Received,
        from: Source,
        recovery: Recovery,
    ) -> Result<(), Stopped> {
        let place = self.guilds.place(from.guild, from.channel).await?;
        if link::command(&received.message).is_some() {
            return Ok(());
        }
        if let Some(event) = translate::edited(received, self.scene(from.guild, place, recovery)) {
            self.add(from, event);
        }
        Ok(())
    }

    async fn take_deletions(
        &mut self,
        messages: &[MessageId],
        from: Source,
        recovery: Recovery,
    ) -> Result<(), Stopped> {
        let place = self.guilds.place(from.guild, from.channel).await?;
        let now = self.discord.ports.clock.now();
        for message in messages {
            self.add(from, translate::deleted(*message, place, recovery, now));
        }
        Ok(())
    }

    async fn obey(
        &mut self,
        code: &patchbay_domain::guild::LinkCode,
        message: &serenity::model::channel::Message,
        Source { guild, channel }: Source,
    ) -> Result<(), Stopped> {
        let Some(picture) = self.guilds.known(guild) else {
            return Ok(());
        };
        let ports = &self.discord.ports;
        let outcome = link::obey(code, message, picture, ports, &self.persistence).await?;
        let reply = Reply {
            channel,
            to: MessageId(message.id.get()),
            outcome,
        };
        if self.replies.try_send(reply).is_err() {
            tracing::warn!(%guild, %channel, "too many link commands at once to answer all");
        }
        Ok(())
    }

    pub(in crate::gateway) fn scene(
        &self,
        guild: DiscordGuildId,
        place: Place,
        recovery: Recovery,
    ) -> Scene<'_> {
        Scene {
            me: self.me,
            guild: self.guilds.known(guild),
            cdn: &self.discord.config.cdn,
            place,
            recovery,
        }
    }
}
