use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::extract::{Bot, Ids, Payload};
use super::form::Form;
use super::{Answer, Done};
use crate::ids::{ChannelId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    ARCHIVE_MINUTES, Actor, ChannelEdit, DeleteChannel, EditChannel, FieldError, OpenDirectChannel,
    Rejection, StartTyping,
};

const LONGEST_NAME: usize = 100;
const LONGEST_TOPIC: usize = 1024;
const SLOWEST_MODE: u64 = 21_600;

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
) -> Answer {
    let rendered = platform.read(|world| {
        let channel = world.require(bot.user, channel, Permissions::VIEW_CHANNEL)?;
        Ok::<_, Rejection>(world.render_channel_for(channel, bot.user))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let name = form.text("name", LONGEST_NAME).map(str::to_owned);
    if name.as_ref().is_some_and(String::is_empty) {
        form.report(FieldError::bad_length(&["name"], 1, LONGEST_NAME));
    }
    let rate_limit_per_user = form.integer("rate_limit_per_user");
    if rate_limit_per_user.is_some_and(|seconds| seconds > SLOWEST_MODE) {
        let message = format!("int value should be less than or equal to {SLOWEST_MODE}.");
        form.report(FieldError::new(
            &["rate_limit_per_user"],
            "NUMBER_TYPE_MAX",
            message,
        ));
    }
    let edit = ChannelEdit {
        name,
        topic: form.text("topic", LONGEST_TOPIC).map(str::to_owned),
        nsfw: form.boolean("nsfw"),
        rate_limit_per_user,
        position: form.integer("position"),
        archived: form.boolean("archived"),
        locked: form.boolean("locked"),
        auto_archive_duration: read_archive_minutes(&mut form),
        invitable: form.boolean("invitable"),
        applied_tags: form
            .has("applied_tags")
            .then(|| form.snowflakes("applied_tags")),
        available_tags: None,
    };
    let edit = form.finish(edit)?;
    platform.execute(EditChannel {
        actor: Actor::Bot(bot.user),
        channel,
        edit,
    })?;
    let rendered = platform.read(|world| {
        world
            .channel(channel)
            .map(|channel| world.render_channel(channel))
    })?;
    Ok(Json(rendered))
}

pub(super) fn read_archive_minutes(form: &mut Form<'_>) -> Option<u64> {
    let field = "auto_archive_duration";
    let minutes = form.integer(field)?;
    if !ARCHIVE_MINUTES.contains(&minutes) {
        let message = format!("Value must be one of {ARCHIVE_MINUTES:?}.");
        form.report(FieldError::new(&[field], "BASE_TYPE_CHOICES", message));
    }
    Some(minutes)
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
) -> Answer {
    Ok(Json(platform.execute(DeleteChannel {
        actor: Actor::Bot(bot.user),
        channel,
    })?))
}

pub(super) async fn open_direct(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let person: Option<UserId> = form.snowflake("recipient_id");
    if person.is_none() {
        form.report(FieldError::required(&["recipient_id"]));
    }
    let person = form.finish(person)?.ok_or(Rejection::UnknownUser)?;
    let channel = platform.execute(OpenDirectChannel {
        bot: bot.user,
        person,
    })?;
    let rendered = platform.read(|world| {
        world
            .channel(channel)
            .map(|channel| world.render_channel(channel))
    })?;
    Ok(Json(rendered))
}

pub(super) async fn typing(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(channel): Ids<ChannelId>,
) -> Done {
    platform.execute(StartTyping {
        user: bot.user,
        channel,
    })?;
    Ok(StatusCode::NO_CONTENT)
}
