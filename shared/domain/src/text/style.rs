use serde::{Deserialize, Serialize};

use crate::ids::{DiscordChannelId, DiscordUserId, TelegramUserId};

/// How a part of a text is shown, or what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    Quote,
    /// A quote that is folded until it is opened; Discord knows only the plain one.
    ExpandableQuote,
    /// A line set large, 1 the largest.
    Heading {
        level: u8,
    },
    /// A line set small and pale.
    Subtext,
    Pre {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    Spoiler,
    Bold,
    Italic,
    Underline,
    Strikethrough,
    Code,
    Link {
        url: String,
    },
    /// The text is the name as it is shown, with its sign.
    Mention(Mentioned),
    /// The text is what is shown where the emoji is not available.
    CustomEmoji(CustomEmoji),
    /// The text is the time in UTC or in the author's words. Without a format it is shown so;
    /// with one the reader's client shows the time in its own zone.
    Timestamp {
        unix: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        format: Option<TimestampFormat>,
    },
}

impl Style {
    /// Whether two spans of this style that touch look like one.
    pub(super) fn joins(&self) -> bool {
        match self {
            Self::Spoiler
            | Self::Bold
            | Self::Italic
            | Self::Underline
            | Self::Strikethrough
            | Self::Code
            | Self::Link { .. } => true,
            Self::Quote
            | Self::ExpandableQuote
            | Self::Heading { .. }
            | Self::Subtext
            | Self::Pre { .. }
            | Self::Mention(_)
            | Self::CustomEmoji(_)
            | Self::Timestamp { .. } => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mentioned {
    TelegramUser(TelegramUserId),
    DiscordUser(DiscordUserId),
    DiscordRole(u64),
    DiscordChannel(DiscordChannelId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomEmoji {
    /// The id of the document that holds the emoji.
    Telegram(i64),
    Discord {
        id: u64,
        animated: bool,
    },
}

/// Discord's timestamp styles (API reference, "Message Formatting").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimestampFormat {
    ShortTime,
    MediumTime,
    ShortDate,
    LongDate,
    LongDateShortTime,
    FullDateShortTime,
    ShortDateShortTime,
    ShortDateMediumTime,
    Relative,
}

impl TimestampFormat {
    /// The letter that Discord writes it with.
    pub const fn letter(self) -> char {
        match self {
            Self::ShortTime => 't',
            Self::MediumTime => 'T',
            Self::ShortDate => 'd',
            Self::LongDate => 'D',
            Self::LongDateShortTime => 'f',
            Self::FullDateShortTime => 'F',
            Self::ShortDateShortTime => 's',
            Self::ShortDateMediumTime => 'S',
            Self::Relative => 'R',
        }
    }

    pub const fn from_letter(letter: char) -> Option<Self> {
        Some(match letter {
            't' => Self::ShortTime,
            'T' => Self::MediumTime,
            'd' => Self::ShortDate,
            'D' => Self::LongDate,
            'f' => Self::LongDateShortTime,
            'F' => Self::FullDateShortTime,
            's' => Self::ShortDateShortTime,
            'S' => Self::ShortDateMediumTime,
            'R' => Self::Relative,
            _ => return None,
        })
    }
}
