use grammers_tl_types::{enums, types};

use crate::state::{Entity, EntityKind, MentionedUser, Refusal, UserId};

pub(crate) fn shown_entities(entities: &[Entity]) -> Option<Vec<enums::MessageEntity>> {
    let shown: Vec<_> = entities.iter().map(shown).collect();
    (!shown.is_empty()).then_some(shown)
}

fn shown(entity: &Entity) -> enums::MessageEntity {
    let offset = i32::try_from(entity.offset).unwrap_or(i32::MAX);
    let length = i32::try_from(entity.length).unwrap_or(i32::MAX);
    match &entity.kind {
        EntityKind::Mention => types::MessageEntityMention { offset, length }.into(),
        EntityKind::Hashtag => types::MessageEntityHashtag { offset, length }.into(),
        EntityKind::Cashtag => types::MessageEntityCashtag { offset, length }.into(),
        EntityKind::BotCommand => types::MessageEntityBotCommand { offset, length }.into(),
        EntityKind::Url => types::MessageEntityUrl { offset, length }.into(),
        EntityKind::Email => types::MessageEntityEmail { offset, length }.into(),
        EntityKind::PhoneNumber => types::MessageEntityPhone { offset, length }.into(),
        EntityKind::BankCard => types::MessageEntityBankCard { offset, length }.into(),
        EntityKind::Bold => types::MessageEntityBold { offset, length }.into(),
        EntityKind::Italic => types::MessageEntityItalic { offset, length }.into(),
        EntityKind::Underline => types::MessageEntityUnderline { offset, length }.into(),
        EntityKind::Strikethrough => types::MessageEntityStrike { offset, length }.into(),
        EntityKind::Spoiler => types::MessageEntitySpoiler { offset, length }.into(),
        EntityKind::Blockquote => types::MessageEntityBlockquote {
            collapsed: false,
            offset,
            length,
        }
        .into(),
        EntityKind::ExpandableBlockquote => types::MessageEntityBlockquote {
            collapsed: true,
            offset,
            length,
        }
        .into(),
        EntityKind::Code => types::MessageEntityCode { offset, length }.into(),
        EntityKind::Pre { language } => types::MessageEntityPre {
            offset,
            length,
            language: language.clone(),
        }
        .into(),
        EntityKind::TextLink { url } => types::MessageEntityTextUrl {
            offset,
            length,
            url: url.clone(),
        }
        .into(),
        EntityKind::TextMention { user } => types::MessageEntityMentionName {
            offset,
            length,
            user_id: user.id.0,
        }
        .into(),
        EntityKind::CustomEmoji { custom_emoji_id } => types::MessageEntityCustomEmoji {
            offset,
            length,
            document_id: custom_emoji_id.parse().unwrap_or(0),
        }
        .into(),
    }
}

/// Reads what a client sent. Kinds that no client may set are left out, as the platform does.
pub(crate) fn read_entities(
    entities: Option<Vec<enums::MessageEntity>>,
    sender: UserId,
) -> Result<Vec<Entity>, Refusal> {
    let mut read = Vec::new();
    for entity in entities.into_iter().flatten() {
        if let Some((offset, length, kind)) = read_one(entity, sender) {
            let bounds = u32::try_from(offset).ok().zip(u32::try_from(length).ok());
            let (offset, length) = bounds.ok_or(Refusal::bad("ENTITY_BOUNDS_INVALID"))?;
            read.push(Entity {
                offset,
                length,
                kind,
            });
        }
    }
    Ok(read)
}

fn read_one(entity: enums::MessageEntity, sender: UserId) -> Option<(i32, i32, EntityKind)> {
    use enums::MessageEntity as Wire;
    let mention = |id: i64| EntityKind::TextMention {
        user: MentionedUser { id: UserId(id) },
    };
    Some(match entity {
        Wire::Mention(it) => (it.offset, it.length, EntityKind::Mention),
        Wire::Hashtag(it) => (it.offset, it.length, EntityKind::Hashtag),
        Wire::Cashtag(it) => (it.offset, it.length, EntityKind::Cashtag),
        Wire::BotCommand(it) => (it.offset, it.length, EntityKind::BotCommand),
        Wire::Url(it) => (it.offset, it.length, EntityKind::Url),
        Wire::Email(it) => (it.offset, it.length, EntityKind::Email),
        Wire::Phone(it) => (it.offset, it.length, EntityKind::PhoneNumber),
        Wire::BankCard(it) => (it.offset, it.length, EntityKind::BankCard),
        Wire::Bold(it) => (it.offset, it.length, EntityKind::Bold),
        Wire::Italic(it) => (it.offset, it.length, EntityKind::Italic),
        Wire::Underline(it) => (it.offset, it.length, EntityKind::Underline),
        Wire::Strike(it) => (it.offset, it.length, EntityKind::Strikethrough),
        Wire::Spoiler(it) => (it.offset, it.length, EntityKind::Spoiler),
        Wire::Blockquote(it) if it.collapsed => {
            (it.offset, it.length, EntityKind::ExpandableBlockquote)
        }
        Wire::Blockquote(it) => (it.offset, it.length, EntityKind::Blockquote),
        Wire::Code(it) => (it.offset, it.length, EntityKind::Code),
        Wire::Pre(it) => (
            it.offset,
            it.length,
            EntityKind::Pre {
                language: it.language,
            },
        ),
        Wire::TextUrl(it) => (it.offset, it.length, EntityKind::TextLink { url: it.url }),
        Wire::MentionName(it) => (it.offset, it.length, mention(it.user_id)),
        Wire::InputMessageEntityMentionName(it) => {
            let id = match it.user_id {
                enums::InputUser::UserSelf => sender.0,
                enums::InputUser::User(user) => user.user_id,
                enums::InputUser::FromMessage(user) => user.user_id,
                enums::InputUser::Empty => return None,
            };
            (it.offset, it.length, mention(id))
        }
        Wire::CustomEmoji(it) => {
            let custom_emoji_id = it.document_id.to_string();
            (
                it.offset,
                it.length,
                EntityKind::CustomEmoji { custom_emoji_id },
            )
        }
        Wire::Unknown(_)
        | Wire::FormattedDate(_)
        | Wire::DiffInsert(_)
        | Wire::DiffReplace(_)
        | Wire::DiffDelete(_)
        | Wire::TonAddress(_) => return None,
    })
}
