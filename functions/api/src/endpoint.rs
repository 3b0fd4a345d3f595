//! The two ends of a pair, as the API reads and shows them.

use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};
use patchbay_domain::{Endpoint, Platform};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::FieldError;

/// An end of a pair: a chat, and through whom it is read or written.
#[derive(Serialize, ToSchema)]
#[serde(tag = "platform", rename_all = "snake_case")]
#[schema(as = Endpoint)]
pub(crate) enum EndpointView {
    Telegram {
        #[schema(value_type = String, example = "acc_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
        account: AccountId,
        #[schema(value_type = String, example = "-1001234567890")]
        chat: TelegramChatId,
        /// One topic of a forum, and nothing else of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>, example = "7")]
        topic: Option<TopicId>,
    },
    Discord {
        #[schema(value_type = String, example = "613425648685547541")]
        guild: DiscordGuildId,
        #[schema(value_type = String, example = "613425648685547545")]
        channel: DiscordChannelId,
        /// One thread of the channel, and nothing else of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<String>)]
        thread: Option<DiscordChannelId>,
    },
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Telegram {
                account,
                chat,
                topic,
            } => Self::Telegram {
                account,
                chat,
                topic,
            },
            Endpoint::Discord {
                guild,
                channel,
                thread,
            } => Self::Discord {
                guild,
                channel,
                thread,
            },
        }
    }
}

/// An end as it is sent. An enum would be read in one piece, and then nobody could say which of
/// its fields is wrong.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointBody {
    platform: Platform,
    account: Option<AccountId>,
    chat: Option<TelegramChatId>,
    topic: Option<TopicId>,
    guild: Option<DiscordGuildId>,
    channel: Option<DiscordChannelId>,
    thread: Option<DiscordChannelId>,
}

impl EndpointBody {
    /// The end that stands at `pointer` in the body, or what is wrong with it.
    pub(crate) fn endpoint(&self, pointer: &str, errors: &mut Vec<FieldError>) -> Option<Endpoint> {
        let before = errors.len();
        self.check_fields(pointer, errors);
        if errors.len() > before {
            return None;
        }
        match self.platform {
            Platform::Telegram => Some(Endpoint::Telegram {
                account: self.account?,
                chat: self.chat?,
                topic: self.topic,
            }),
            Platform::Discord => Some(Endpoint::Discord {
                guild: self.guild?,
                channel: self.channel?,
                thread: self.thread,
            }),
        }
    }

    fn check_fields(&self, pointer: &str, errors: &mut Vec<FieldError>) {
        let telegram = [
            ("account", self.account.is_some(), true),
            ("chat", self.chat.is_some(), true),
            ("topic", self.topic.is_some(), false),
        ];
        let discord = [
            ("guild", self.guild.is_some(), true),
            ("channel", self.channel.is_some(), true),
            ("thread", self.thread.is_some(), false),
        ];
        let (own, others, platform) = match self.platform {
            Platform::Telegram => (telegram, discord, "telegram"),
            Platform::Discord => (discord, telegram, "discord"),
        };
        for (field, is_there, is_needed) in own {
            if is_needed && !is_there {
                errors.push(FieldError::at(format!("{pointer}/{field}"), "is missing"));
            }
        }
        for (field, is_there, _) in others {
            if is_there {
                let detail = format!("has no place on the platform {platform}");
                errors.push(FieldError::at(format!("{pointer}/{field}"), detail));
            }
        }
    }
}
