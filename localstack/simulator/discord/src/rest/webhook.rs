use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::extract::{Bot, Ids, Payload};
use super::form::Form;
use super::message_form::{avatar_hash, check_webhook_name};
use super::{Answer, Done, Failure};
use crate::entropy::random_hex;
use crate::ids::{ChannelId, GuildId, WebhookId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    Actor, AvatarEdit, CreateWebhook, DeleteWebhook, EditWebhook, FieldError, Rejection, Webhook,
};

pub(super) async fn create(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let name = form.string("name");
    match name {
        Some(name) => check_webhook_name(&mut form, "name", name),
        None => form.report(FieldError::required(&["name"])),
    }
    let avatar = match read_avatar(&mut form) {
        AvatarEdit::Set(hash) => Some(hash),
        AvatarEdit::Keep | AvatarEdit::Remove => None,
    };
    let name = form.finish(name.unwrap_or_default().trim().to_owned())?;
    let token = random_hex::<34>()?;
    let webhook = platform.execute(CreateWebhook {
        bot: bot.user,
        channel,
        name,
        token,
        avatar,
    })?;
    show(&platform, bot, webhook)
}

pub(super) async fn of_channel(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
) -> Answer {
    platform.read(|world| {
        world
            .require(bot.user, channel, Permissions::MANAGE_WEBHOOKS)
            .map(drop)
    })?;
    Ok(list(&platform, bot, |webhook| webhook.channel == channel))
}

pub(super) async fn of_guild(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
) -> Answer {
    let held = platform.read(|world| {
        world
            .guild_for(guild, bot.user)
            .map(|it| it.permissions_of(bot.user))
    })?;
    if !held.contains(Permissions::MANAGE_WEBHOOKS) {
        return Err(Rejection::MissingPermissions.into());
    }
    Ok(list(&platform, bot, |webhook| webhook.guild == guild))
}

fn list(platform: &Platform, bot: Bot, wanted: impl Fn(&Webhook) -> bool) -> Json<Value> {
    let webhooks: Vec<Value> = platform.read(|world| {
        let webhooks = world.webhooks().filter(|webhook| wanted(webhook));
        webhooks
            .map(|webhook| world.render_webhook_for(webhook, bot.user))
            .collect()
    });
    Json(json!(webhooks))
}

fn show(platform: &Platform, bot: Bot, webhook: WebhookId) -> Answer {
    let rendered = platform.read(|world| {
        let webhook = world.webhook(webhook)?;
        world.require(bot.user, webhook.channel, Permissions::MANAGE_WEBHOOKS)?;
        Ok::<_, Rejection>(world.render_webhook_for(webhook, bot.user))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(webhook): Ids<WebhookId>,
) -> Answer {
    show(&platform, bot, webhook)
}

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(webhook): Ids<WebhookId>,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let name = read_new_name(&mut form);
    let channel = form.snowflake("channel_id");
    let edit = EditWebhook {
        actor: Actor::Bot(bot.user),
        webhook,
        name,
        channel,
        avatar: read_avatar(&mut form),
    };
    platform.execute(form.finish(edit)?)?;
    show(&platform, bot, webhook)
}

/// A picture comes as a `data:` address; a null takes it away.
pub(super) fn read_avatar(form: &mut Form<'_>) -> AvatarEdit {
    match form.string("avatar") {
        Some(picture) if picture.starts_with("data:image/") => {
            AvatarEdit::Set(avatar_hash(picture))
        }
        Some(_) => {
            let message = "Invalid image data";
            form.report(FieldError::new(&["avatar"], "IMAGE_INVALID", message));
            AvatarEdit::Keep
        }
        None if form.has("avatar") => AvatarEdit::Remove,
        None => AvatarEdit::Keep,
    }
}

pub(super) fn read_new_name(form: &mut Form<'_>) -> Option<String> {
    let name = form.string("name")?;
    check_webhook_name(form, "name", name);
    Some(name.trim().to_owned())
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(webhook): Ids<WebhookId>,
) -> Done {
    platform.execute(DeleteWebhook {
        actor: Actor::Bot(bot.user),
        webhook,
    })?;
    Ok::<_, Failure>(StatusCode::NO_CONTENT)
}
