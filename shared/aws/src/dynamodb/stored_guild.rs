//! A server in one item: its channels change together, and an item of 500 channels takes some 100
//! write units where 500 items would take 500.

use std::collections::BTreeMap;

use patchbay_app::ports::PortResult;
use patchbay_domain::guild::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordPermissions, Guild,
};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use serde::{Deserialize, Serialize};

use super::item::read;
use super::key;
use super::table::Table;

const READ: &str = "reading a server";

#[derive(Serialize, Deserialize)]
pub(super) struct StoredGuild {
    name: String,
    #[serde(default)]
    premium_tier: u8,
    /// Once each, whatever stands in them.
    #[serde(default)]
    categories: BTreeMap<DiscordChannelId, String>,
    channels: Vec<StoredChannel>,
}

#[derive(Serialize, Deserialize)]
struct StoredChannel {
    id: DiscordChannelId,
    name: String,
    #[serde(default)]
    kind: DiscordChannelKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<DiscordChannelId>,
    #[serde(default)]
    position: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_nsfw: bool,
    #[serde(default)]
    permissions: DiscordPermissions,
}

impl Table {
    pub(super) async fn stored_guild(
        &self,
        guild: DiscordGuildId,
    ) -> PortResult<Option<StoredGuild>> {
        let item = self.get_item(READ, &key::guild(guild)).await?;
        item.map(|item| read(READ, item)).transpose()
    }
}

impl StoredGuild {
    pub(super) fn of(guild: &Guild, channels: &[DiscordChannel]) -> Self {
        let categories = channels.iter().filter_map(|it| it.category.as_ref());
        Self {
            name: guild.name.clone(),
            premium_tier: guild.premium_tier,
            categories: categories.map(|it| (it.id, it.name.clone())).collect(),
            channels: channels.iter().map(StoredChannel::of).collect(),
        }
    }

    pub(super) fn guild(self, id: DiscordGuildId) -> Guild {
        Guild {
            id,
            name: self.name,
            premium_tier: self.premium_tier,
        }
    }

    pub(super) fn into_channels(self, guild: DiscordGuildId) -> Vec<DiscordChannel> {
        let Self {
            name: _,
            premium_tier: _,
            categories,
            channels,
        } = self;
        channels
            .into_iter()
            .map(|channel| channel.into_channel(guild, &categories))
            .collect()
    }
}

impl StoredChannel {
    fn of(channel: &DiscordChannel) -> Self {
        let DiscordChannel {
            id,
            guild: _,
            name,
            kind,
            category,
            position,
            topic,
            is_nsfw,
            permissions,
        } = channel;
        Self {
            id: *id,
            name: name.clone(),
            kind: *kind,
            category: category.as_ref().map(|category| category.id),
            position: *position,
            topic: topic.clone(),
            is_nsfw: *is_nsfw,
            permissions: *permissions,
        }
    }

    fn into_channel(
        self,
        guild: DiscordGuildId,
        categories: &BTreeMap<DiscordChannelId, String>,
    ) -> DiscordChannel {
        let Self {
            id,
            name,
            kind,
            category,
            position,
            topic,
            is_nsfw,
            permissions,
        } = self;
        let category = category.map(|id| DiscordCategory {
            id,
            name: categories.get(&id).cloned().unwrap_or_default(),
        });
        DiscordChannel {
            id,
            guild,
            name,
            kind,
            category,
            position,
            topic,
            is_nsfw,
            permissions,
        }
    }
}
