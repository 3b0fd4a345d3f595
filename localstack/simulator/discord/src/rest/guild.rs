use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Account, Bot, Ids};
use super::{Answer, Done};
use crate::ids::{GuildId, UserId};
use crate::platform::Platform;
use crate::world::{FieldError, Rejection, RemoveBot, Scope, World};

const MOST_GUILDS: u64 = 200;

#[derive(Deserialize)]
pub(super) struct GuildsQuery {
    before: Option<GuildId>,
    after: Option<GuildId>,
    limit: Option<u64>,
}

pub(super) async fn own_guilds(
    State(platform): State<Arc<Platform>>,
    account: Account,
    Query(query): Query<GuildsQuery>,
) -> Answer {
    let most = query.limit.unwrap_or(MOST_GUILDS);
    if !(1..=MOST_GUILDS).contains(&most) {
        let message = format!("int value should be from 1 to {MOST_GUILDS}.");
        let error = FieldError::new(&["limit"], "NUMBER_TYPE_MAX", message);
        return Err(Rejection::from(error).into());
    }
    let guilds: Vec<Value> = platform.read(|world| {
        let user = match account {
            Account::Bot(bot) => bot.user,
            Account::Person(bearer) => world.grant(bearer.0)?.user_for(Scope::Guilds)?,
        };
        let guilds = world
            .guilds_of(user)
            .filter(|guild| query.after.is_none_or(|after| guild.id > after))
            .filter(|guild| query.before.is_none_or(|before| guild.id < before))
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .map(|guild| World::render_own_guild(guild, user));
        Ok::<_, Rejection>(guilds.collect())
    })?;
    Ok(Json(json!(guilds)))
}

pub(super) async fn leave(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
) -> Done {
    platform.execute(RemoveBot {
        guild,
        application: bot.application,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct GuildQuery {
    with_counts: Option<String>,
}

pub(super) async fn get(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
    Query(query): Query<GuildQuery>,
) -> Answer {
    let rendered = platform.read(|world| {
        let guild = world.guild_for(guild, bot.user)?;
        let mut rendered = World::render_guild(guild);
        if matches!(query.with_counts.as_deref(), Some("true" | "True" | "1")) {
            rendered["approximate_member_count"] = json!(guild.members.len());
            rendered["approximate_presence_count"] = json!(guild.members.len());
        }
        Ok::<_, Rejection>(rendered)
    })?;
    Ok(Json(rendered))
}

/// All channels, also those the bot does not see: a client computes that from the overwrites.
pub(super) async fn channels(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
) -> Answer {
    let channels: Vec<Value> = platform.read(|world| {
        world.guild_for(guild, bot.user).map(|guild| {
            world
                .channels_of(guild.id)
                .map(|channel| world.render_channel(channel))
                .collect()
        })
    })?;
    Ok(Json(json!(channels)))
}

pub(super) async fn roles(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
) -> Answer {
    let roles: Vec<Value> = platform.read(|world| {
        let guild = world.guild_for(guild, bot.user)?;
        Ok::<_, Rejection>(guild.roles.values().map(World::render_role).collect())
    })?;
    Ok(Json(json!(roles)))
}

pub(super) async fn member(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((guild, user)): Ids<(GuildId, UserId)>,
) -> Answer {
    let member = platform.read(|world| {
        world.guild_for(guild, bot.user)?;
        world.user(user)?;
        world.render_full_member(guild, user)
    })?;
    Ok(Json(member))
}

pub(super) async fn active_threads(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids(guild): Ids<GuildId>,
) -> Answer {
    let rendered = platform.read(|world| {
        let guild = world.guild_for(guild, bot.user)?;
        let mut threads: Vec<_> = world.active_threads(guild.id, bot.user).collect();
        threads.reverse();
        Ok::<_, Rejection>(world.render_threads(&threads, bot.user))
    })?;
    Ok(Json(rendered))
}
