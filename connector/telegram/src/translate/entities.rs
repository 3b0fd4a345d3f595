//! The styles of a text, both ways.

#[cfg(test)]
mod tests;

use grammers_tl_types as tl;
use patchbay_domain::Text;
use patchbay_domain::ids::TelegramUserId;
use patchbay_domain::text::{CustomEmoji, Mentioned, Style, TimestampFormat};
use tl::enums::MessageEntity;

pub(crate) fn text(message: &str, entities: Option<&[MessageEntity]>) -> Text {
    let styles = entities.unwrap_or_default().iter().filter_map(style);
    Text::from_utf16(message.to_owned(), styles)
}

/// Names, links and the like that a reader's client recognises in the text by itself have no
/// style of their own.
fn style(entity: &MessageEntity) -> Option<(i32, i32, Style)> {
    let style = match entity {
        MessageEntity::Bold(_) => Style::Bold,
        MessageEntity::Italic(_) => Style::Italic,
        MessageEntity::Underline(_) | MessageEntity::DiffInsert(_) => Style::Underline,
        MessageEntity::Strike(_) | MessageEntity::DiffDelete(_) => Style::Strikethrough,
        MessageEntity::Spoiler(_) => Style::Spoiler,
        MessageEntity::Code(_) => Style::Code,
        MessageEntity::Pre(pre) => Style::Pre {
            language: Some(pre.language.clone()).filter(|language| !language.is_empty()),
        },
        MessageEntity::TextUrl(link) => Style::Link {
            url: link.url.clone(),
        },
        MessageEntity::Blockquote(quote) if quote.collapsed => Style::ExpandableQuote,
        MessageEntity::Blockquote(_) => Style::Quote,
        MessageEntity::CustomEmoji(emoji) => {
            Style::CustomEmoji(CustomEmoji::Telegram(emoji.document_id))
        }
        MessageEntity::MentionName(mention) => {
            Style::Mention(Mentioned::TelegramUser(TelegramUserId(mention.user_id)))
        }
        MessageEntity::InputMessageEntityMentionName(mention) => match &mention.user_id {
            tl::enums::InputUser::User(user) => {
                Style::Mention(Mentioned::TelegramUser(TelegramUserId(user.user_id)))
            }
            tl::enums::InputUser::Empty
            | tl::enums::InputUser::UserSelf
            | tl::enums::InputUser::FromMessage(_) => return None,
        },
        MessageEntity::FormattedDate(date) => Style::Timestamp {
            unix: i64::from(date.date),
            format: timestamp_format(date),
        },
        MessageEntity::Unknown(_)
        | MessageEntity::Mention(_)
        | MessageEntity::Hashtag(_)
        | MessageEntity::BotCommand(_)
        | MessageEntity::Url(_)
        | MessageEntity::Email(_)
        | MessageEntity::Phone(_)
        | MessageEntity::Cashtag(_)
        | MessageEntity::BankCard(_)
        | MessageEntity::DiffReplace(_)
        | MessageEntity::TonAddress(_) => return None,
    };
    Some((entity.offset(), entity.length(), style))
}

fn timestamp_format(date: &tl::types::MessageEntityFormattedDate) -> Option<TimestampFormat> {
    let day = date.long_date || date.short_date;
    let time = date.long_time || date.short_time;
    Some(if date.relative {
        TimestampFormat::Relative
    } else if date.long_date && date.day_of_week && time {
        TimestampFormat::FullDateShortTime
    } else if date.long_date && time {
        TimestampFormat::LongDateShortTime
    } else if day && date.long_time {
        TimestampFormat::ShortDateMediumTime
    } else if day && time {
        TimestampFormat::ShortDateShortTime
    } else if date.long_date {
        TimestampFormat::LongDate
    } else if date.short_date {
        TimestampFormat::ShortDate
    } else if date.long_time {
        TimestampFormat::MediumTime
    } else if date.short_time {
        TimestampFormat::ShortTime
    } else {
        return None;
    })
}

/// What is sent beside the text. `access_hash` knows what Telegram wants for mentioning a user;
/// where it doesn't, the name stays plain, since Telegram would refuse the whole message.
pub(crate) fn entities(
    text: &Text,
    access_hash: impl Fn(TelegramUserId) -> Option<i64>,
) -> Option<Vec<MessageEntity>> {
    let entities: Vec<MessageEntity> = text
        .to_utf16_spans()
        .into_iter()
        .filter_map(|(offset, length, style)| {
            entity(
                i32::try_from(offset).ok()?,
                i32::try_from(length).ok()?,
                style,
                &access_hash,
            )
        })
        .collect();
    Some(entities).filter(|entities| !entities.is_empty())
}

fn entity(
    offset: i32,
    length: i32,
    style: &Style,
    access_hash: impl Fn(TelegramUserId) -> Option<i64>,
) -> Option<MessageEntity> {
    Some(match style {
        // Telegram sets no text large; what is small and pale on Discord is just text here.
        Style::Bold | Style::Heading { .. } => {
            tl::types::MessageEntityBold { offset, length }.into()
        }
        Style::Italic => tl::types::MessageEntityItalic { offset, length }.into(),
        Style::Underline => tl::types::MessageEntityUnderline { offset, length }.into(),
        Style::Strikethrough => tl::types::MessageEntityStrike { offset, length }.into(),
        Style::Spoiler => tl::types::MessageEntitySpoiler { offset, length }.into(),
        Style::Code => tl::types::MessageEntityCode { offset, length }.into(),
        Style::Pre { language } => {
            let language = language.clone().unwrap_or_default();
            tl::types::MessageEntityPre {
                offset,
                length,
                language,
            }
            .into()
        }
        Style::Link { url } => tl::types::MessageEntityTextUrl {
            offset,
            length,
            url: url.clone(),
        }
        .into(),
        Style::Quote => tl::types::MessageEntityBlockquote {
            collapsed: false,
            offset,
            length,
        }
        .into(),
        Style::ExpandableQuote => tl::types::MessageEntityBlockquote {
            collapsed: true,
            offset,
            length,
        }
        .into(),
        Style::CustomEmoji(CustomEmoji::Telegram(document_id)) => {
            let document_id = *document_id;
            tl::types::MessageEntityCustomEmoji {
                offset,
                length,
                document_id,
            }
            .into()
        }
        Style::Mention(Mentioned::TelegramUser(user)) => {
            let access_hash = access_hash(*user)?;
            let user_id = tl::types::InputUser {
                user_id: user.0,
                access_hash,
            }
            .into();
            tl::types::InputMessageEntityMentionName {
                offset,
                length,
                user_id,
            }
            .into()
        }
        Style::Timestamp {
            unix,
            format: Some(format),
        } => formatted_date(offset, length, i32::try_from(*unix).ok()?, *format).into(),
        Style::Subtext
        | Style::Timestamp { format: None, .. }
        | Style::CustomEmoji(CustomEmoji::Discord { .. })
        | Style::Mention(
            Mentioned::DiscordUser(_) | Mentioned::DiscordRole(_) | Mentioned::DiscordChannel(_),
        ) => return None,
    })
}

fn formatted_date(
    offset: i32,
    length: i32,
    date: i32,
    format: TimestampFormat,
) -> tl::types::MessageEntityFormattedDate {
    let mut entity = tl::types::MessageEntityFormattedDate {
        relative: false,
        short_time: false,
        long_time: false,
        short_date: false,
        long_date: false,
        day_of_week: false,
        offset,
        length,
        date,
    };
    match format {
        TimestampFormat::Relative => entity.relative = true,
        TimestampFormat::ShortTime => entity.short_time = true,
        TimestampFormat::MediumTime => entity.long_time = true,
        TimestampFormat::ShortDate => entity.short_date = true,
        TimestampFormat::LongDate => entity.long_date = true,
        TimestampFormat::LongDateShortTime => {
            (entity.long_date, entity.short_time) = (true, true);
        }
        TimestampFormat::FullDateShortTime => {
            (entity.long_date, entity.day_of_week, entity.short_time) = (true, true, true);
        }
        TimestampFormat::ShortDateShortTime => {
            (entity.short_date, entity.short_time) = (true, true);
        }
        TimestampFormat::ShortDateMediumTime => {
            (entity.short_date, entity.long_time) = (true, true);
        }
    }
    entity
}
