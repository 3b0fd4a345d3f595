use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Bot, Ids};
use super::{Answer, Done};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    Actor, AddReaction, ClearReactions, ReactionEmoji, Rejection, RemoveReaction, World,
};

const MOST_USERS: usize = 100;
const USUAL_USERS: usize = 25;

pub(super) async fn add(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message, emoji)): Ids<(ChannelId, MessageId, String)>,
) -> Done {
    platform.execute(AddReaction {
        actor: Actor::Bot(bot.user),
        user: bot.user,
        channel,
        message,
        emoji: ReactionEmoji::parse(&emoji)?,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove_own(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message, emoji)): Ids<(ChannelId, MessageId, String)>,
) -> Done {
    remove(&platform, bot, channel, message, &emoji, bot.user)
}

pub(super) async fn remove_of_user(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message, emoji, user)): Ids<(ChannelId, MessageId, String, UserId)>,
) -> Done {
    remove(&platform, bot, channel, message, &emoji, user)
}

fn remove(
    platform: &Platform,
    bot: Bot,
    channel: ChannelId,
    message: MessageId,
    emoji: &str,
    user: UserId,
) -> Done {
    platform.execute(RemoveReaction {
        actor: Actor::Bot(bot.user),
        user,
        channel,
        message,
        emoji: ReactionEmoji::parse(emoji)?,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Done {
    platform.execute(ClearReactions {
        actor: Actor::Bot(bot.user),
        channel,
        message,
        emoji: None,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear_emoji(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message, emoji)): Ids<(ChannelId, MessageId, String)>,
) -> Done {
    platform.execute(ClearReactions {
        actor: Actor::Bot(bot.user),
        channel,
        message,
        emoji: Some(ReactionEmoji::parse(&emoji)?),
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct UsersQuery {
    after: Option<UserId>,
    limit: Option<usize>,
}

/// Who reacted with an emoji, in the order of their ids.
pub(super) async fn users(
    State(platform): State<Arc<Platform>>,
    bot: Bot,
    Ids((channel, message, emoji)): Ids<(ChannelId, MessageId, String)>,
    Query(query): Query<UsersQuery>,
) -> Answer {
    let emoji = ReactionEmoji::parse(&emoji)?;
    let most = query.limit.unwrap_or(USUAL_USERS).clamp(1, MOST_USERS);
    let users: Vec<Value> = platform.read(|world| {
        world.require(bot.user, channel, Permissions::READ_MESSAGE_HISTORY)?;
        let reaction = world.message(channel, message)?.reaction(&emoji);
        let mut users = reaction.map_or_else(Vec::new, |one| one.users.clone());
        users.sort_unstable();
        let after = users.into_iter().filter(|&user| Some(user) > query.after);
        let known = after.take(most).filter_map(|user| world.user(user).ok());
        Ok::<_, Rejection>(known.map(World::render_user).collect())
    })?;
    Ok(Json(json!(users)))
}
