use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, DiscordChannelId, MessageId, TelegramChatId};

/// Where the bytes of a file are, and as whom they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "platform", rename_all = "snake_case")]
pub enum FileRef {
    Telegram(TelegramFile),
    Discord(DiscordFile),
}

/// A file as one account of Telegram may read it. (core.telegram.org/api, `file_reference`)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramFile {
    pub account: AccountId,
    /// The message that it is in: reading that again renews the reference.
    pub chat: TelegramChatId,
    pub message: MessageId,
    pub class: TelegramFileClass,
    pub id: i64,
    pub access_hash: i64,
    /// Good for some hours.
    pub reference: Vec<u8>,
    pub dc: i32,
    /// How many bytes it has, by which a transfer that ends early is noticed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TelegramFileClass {
    Document,
    /// With the letter of the size that is meant.
    Photo {
        size: String,
    },
}

/// A file on Discord's CDN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordFile {
    /// Expires after a day, if it is an attachment's.
    pub url: String,
    /// The attachment, by which the address is renewed; stickers have none and stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<DiscordAttachment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscordAttachment {
    /// The channel or thread of the message.
    pub channel: DiscordChannelId,
    pub message: MessageId,
    pub id: u64,
}

impl FileRef {
    /// The same for the same file, however often its reference or address was renewed.
    pub fn identity(&self) -> String {
        match self {
            Self::Telegram(file) => format!("telegram:{}", file.id),
            Self::Discord(DiscordFile {
                attachment: Some(attachment),
                ..
            }) => format!("discord:{}", attachment.id),
            Self::Discord(DiscordFile {
                url,
                attachment: None,
            }) => url.clone(),
        }
    }
}
