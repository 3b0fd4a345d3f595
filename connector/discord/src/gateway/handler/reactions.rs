use std::error::Error;

use patchbay_domain::SourceEvent;
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, MessageId};
use serde::Deserialize;

use super::super::frame::Frame;
use super::super::source::Source;
use super::Handler;
use crate::persist::Stopped;

/// Under which message something was put or taken away, and by whom, where one person did.
#[derive(Deserialize)]
struct About {
    #[serde(rename = "channel_id")]
    channel: DiscordChannelId,
    #[serde(rename = "message_id")]
    message: MessageId,
    #[serde(default, rename = "guild_id")]
    guild: Option<DiscordGuildId>,
    #[serde(default, rename = "user_id")]
    user: Option<DiscordUserId>,
}

impl Handler<'_> {
    /// One event tells of one emoji and one person. What stands there is read a while later.
    pub(super) async fn note_reaction(&mut self, frame: &Frame) -> Result<(), Stopped> {
        let about: About = match frame.payload() {
            Ok(about) => about,
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::error!(shard = self.shard, error, "a reaction can't be read");
                return Ok(());
            }
        };
        let Some(guild) = about.guild.filter(|_| about.user != Some(self.me.user)) else {
            return Ok(());
        };
        let channel = about.channel;
        let is_wanted = {
            let sources = self.sources.borrow();
            sources.with_reactions.contains(&Source { guild, channel })
        };
        if is_wanted {
            let place = self.guilds.place(guild, channel).await?;
            self.gathering.note(place, about.message);
        }
        Ok(())
    }

    pub(super) async fn take_reactions(&mut self, event: SourceEvent) -> Result<(), Stopped> {
        let message = event.message;
        self.unstored.events.push(event);
        self.store().await?;
        self.gathering.done(message);
        Ok(())
    }
}
