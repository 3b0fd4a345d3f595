use std::error::Error;

use patchbay_domain::ids::DiscordGuildId;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::super::frame::{Frame, Kind};
use super::Handler;
use crate::guilds::payload::{
    ChannelObject, GuildGone, GuildObject, MemberEvent, RoleEvent, RoleGone, ThreadList,
};
use crate::persist::Stopped;

/// Which server an event is about: GUILD_* say it by `id`, all others by `guild_id`.
#[derive(Deserialize)]
struct About {
    #[serde(default)]
    guild_id: Option<DiscordGuildId>,
    #[serde(default)]
    id: Option<DiscordGuildId>,
}

impl About {
    fn guild(self) -> Option<DiscordGuildId> {
        self.guild_id.or(self.id)
    }
}

impl Handler<'_> {
    pub(super) async fn take_guild_event(&mut self, frame: &Frame) -> Result<(), Stopped> {
        match frame.kind {
            Kind::GuildCreate => {
                if let Some(object) = self.payload::<GuildObject>(frame) {
                    self.guilds.put(object).await?;
                }
            }
            Kind::GuildUpdate => {
                if let Some(object) = self.payload::<GuildObject>(frame) {
                    let guild = object.id;
                    self.guilds
                        .change(guild, |picture| picture.update(object))
                        .await?;
                }
            }
            Kind::GuildDelete => {
                // While Discord can't reach the server, it is still there.
                if let Some(gone) = self
                    .payload::<GuildGone>(frame)
                    .filter(|it| !it.unavailable)
                {
                    self.guilds.remove(gone.id).await?;
                }
            }
            Kind::ChannelPut | Kind::ThreadPut | Kind::ChannelDelete | Kind::ThreadDelete => {
                self.take_channel(frame).await?;
            }
            Kind::ThreadList => {
                if let Some(list) = self.payload::<ThreadList>(frame) {
                    self.guilds
                        .change(list.guild_id, |picture| picture.put_threads(list))
                        .await?;
                }
            }
            Kind::RolePut => {
                if let Some(event) = self.payload::<RoleEvent>(frame) {
                    self.guilds
                        .change(event.guild_id, |picture| picture.put_role(event.role))
                        .await?;
                }
            }
            Kind::RoleDelete => {
                if let Some(event) = self.payload::<RoleGone>(frame) {
                    self.guilds
                        .change(event.guild_id, |picture| picture.remove_role(event.role_id))
                        .await?;
                }
            }
            Kind::MemberUpdate => {
                if let Some(event) = self.payload::<MemberEvent>(frame) {
                    self.guilds.put_member(event.guild_id, event.member).await?;
                }
            }
            Kind::Ready
            | Kind::Resumed
            | Kind::MessageCreate
            | Kind::MessageUpdate
            | Kind::MessageDelete
            | Kind::MessageDeleteBulk
            | Kind::Reaction
            | Kind::Other => {}
        }
        let about = frame.payload::<About>().ok();
        if let Some(guild) = about.and_then(About::guild) {
            self.heard_of(guild).await;
        }
        Ok(())
    }

    async fn take_channel(&mut self, frame: &Frame) -> Result<(), Stopped> {
        let Some(channel) = self.payload::<ChannelObject>(frame) else {
            return Ok(());
        };
        let Some(guild) = channel.guild_id else {
            return Ok(());
        };
        let is_gone = matches!(frame.kind, Kind::ChannelDelete | Kind::ThreadDelete);
        self.guilds
            .change(guild, |picture| {
                if is_gone {
                    picture.remove_channel(channel.id);
                } else {
                    picture.put_channel(channel);
                }
            })
            .await
    }

    /// The payload. If it can't be read the picture of that server can't be trusted any more.
    fn payload<T: DeserializeOwned>(&mut self, frame: &Frame) -> Option<T> {
        let error = match frame.payload() {
            Ok(payload) => return Some(payload),
            Err(error) => error,
        };
        let about = frame.payload::<About>().ok();
        let guild = about.and_then(About::guild);
        tracing::error!(
            shard = self.shard, kind = ?frame.kind, guild = guild.map(|guild| guild.0),
            error = &error as &dyn Error,
            "an event about a server can't be read"
        );
        if let Some(guild) = guild {
            self.guilds.forget(guild);
        }
        None
    }
}
