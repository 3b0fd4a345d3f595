use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Change, ReactionEmoji, Rejection, World};
use crate::ids::{EmojiId, GuildId, StickerId};
use crate::intents::Intents;

/// An emoji of a guild.
#[derive(Debug, Clone)]
pub(crate) struct Emoji {
    pub(crate) id: EmojiId,
    pub(crate) name: String,
    pub(crate) animated: bool,
    /// The picture, if somebody gave one.
    pub(crate) sha256: Option<String>,
}

/// How a sticker is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StickerFormat {
    Png,
    Apng,
    Lottie,
    Gif,
}

impl StickerFormat {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Png => 1,
            Self::Apng => 2,
            Self::Lottie => 3,
            Self::Gif => 4,
        }
    }

    /// The end of the name under which the CDN has it.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Png | Self::Apng => "png",
            Self::Lottie => "json",
            Self::Gif => "gif",
        }
    }
}

/// A sticker of a guild.
#[derive(Debug, Clone)]
pub(crate) struct Sticker {
    pub(crate) id: StickerId,
    pub(crate) name: String,
    pub(crate) format: StickerFormat,
    pub(crate) sha256: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateEmoji {
    pub(crate) guild: GuildId,
    pub(crate) name: String,
    pub(crate) animated: bool,
    pub(crate) sha256: Option<String>,
}

impl Change for CreateEmoji {
    type Output = EmojiId;

    fn apply(self, world: &mut World) -> Result<EmojiId, Rejection> {
        let id = EmojiId(world.next_id());
        let guild = world.guild_mut(self.guild)?;
        let emoji = Emoji {
            id,
            name: self.name,
            animated: self.animated,
            sha256: self.sha256,
        };
        guild.emojis.insert(id, emoji);
        let payload = json!({ "guild_id": self.guild, "emojis": World::render_emojis(guild) });
        let intents = Intents::GUILD_EXPRESSIONS;
        world.publish_to_guild("GUILD_EMOJIS_UPDATE", self.guild, intents, &payload);
        Ok(id)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateSticker {
    pub(crate) guild: GuildId,
    pub(crate) name: String,
    pub(crate) format: StickerFormat,
    pub(crate) sha256: Option<String>,
}

impl Change for CreateSticker {
    type Output = StickerId;

    fn apply(self, world: &mut World) -> Result<StickerId, Rejection> {
        let id = StickerId(world.next_id());
        let guild = world.guild_mut(self.guild)?;
        let sticker = Sticker {
            id,
            name: self.name,
            format: self.format,
            sha256: self.sha256,
        };
        guild.stickers.insert(id, sticker);
        let payload = json!({ "guild_id": self.guild, "stickers": World::render_stickers(guild) });
        let intents = Intents::GUILD_EXPRESSIONS;
        world.publish_to_guild("GUILD_STICKERS_UPDATE", self.guild, intents, &payload);
        Ok(id)
    }
}

impl World {
    pub(crate) fn emoji(&self, id: EmojiId) -> Option<&Emoji> {
        self.guilds.values().find_map(|guild| guild.emojis.get(&id))
    }

    pub(crate) fn sticker(&self, id: StickerId) -> Option<&Sticker> {
        self.guilds
            .values()
            .find_map(|guild| guild.stickers.get(&id))
    }

    /// The emoji as its guild knows it, whatever a path called it.
    pub(super) fn named(&self, emoji: ReactionEmoji) -> ReactionEmoji {
        match emoji.id.and_then(|id| self.emoji(id)) {
            Some(known) => ReactionEmoji {
                id: Some(known.id),
                name: known.name.clone(),
                animated: known.animated,
            },
            None => emoji,
        }
    }

    pub(super) fn stickers(&self, ids: &[StickerId]) -> Result<Vec<Sticker>, Rejection> {
        let found = |id: &StickerId| self.sticker(*id).cloned().ok_or(Rejection::InvalidSticker);
        ids.iter().map(found).collect()
    }
}
