use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::extract::{Done, Ids};
use crate::ids::{ChannelId, MessageId, UserId};
use crate::platform::Platform;
use crate::world::{Actor, AddReaction, ClearReactions, ReactionEmoji, RemoveReaction};

pub(super) async fn add(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message, emoji, user)): Ids<(ChannelId, MessageId, String, UserId)>,
) -> Done {
    platform.execute(AddReaction {
        actor: Actor::Operator,
        user,
        channel,
        message,
        emoji: ReactionEmoji::parse(&emoji)?,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message, emoji, user)): Ids<(ChannelId, MessageId, String, UserId)>,
) -> Done {
    platform.execute(RemoveReaction {
        actor: Actor::Operator,
        user,
        channel,
        message,
        emoji: ReactionEmoji::parse(&emoji)?,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message)): Ids<(ChannelId, MessageId)>,
) -> Done {
    platform.execute(ClearReactions {
        actor: Actor::Operator,
        channel,
        message,
        emoji: None,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear_emoji(
    State(platform): State<Arc<Platform>>,
    Ids((channel, message, emoji)): Ids<(ChannelId, MessageId, String)>,
) -> Done {
    platform.execute(ClearReactions {
        actor: Actor::Operator,
        channel,
        message,
        emoji: Some(ReactionEmoji::parse(&emoji)?),
    })?;
    Ok(StatusCode::NO_CONTENT)
}
