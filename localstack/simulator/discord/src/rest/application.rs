use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Answer;
use super::extract::{Account, Bot, Ids};
use crate::ids::UserId;
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::world::World;

pub(super) async fn gateway(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(json!({ "url": platform.gateway_url() }))
}

pub(super) async fn gateway_for_bot(State(platform): State<Arc<Platform>>, bot: Bot) -> Answer {
    let start_limit =
        platform.read(|world| world.render_start_limit(bot.application, Timestamp::now()));
    Ok(Json(json!({
        "url": platform.gateway_url(),
        "shards": 1,
        "session_start_limit": start_limit,
    })))
}

pub(super) async fn own_application(State(platform): State<Arc<Platform>>, bot: Bot) -> Answer {
    Ok(Json(
        platform.read(|world| world.render_application(bot.application))?,
    ))
}

pub(super) async fn own_user(State(platform): State<Arc<Platform>>, account: Account) -> Answer {
    let rendered = platform.read(|world| match account {
        Account::Bot(bot) => world.render_self(bot.user),
        Account::Person(bearer) => {
            let grant = world.grant(bearer.0)?;
            world.render_authorizing_user(grant)
        }
    })?;
    Ok(Json(rendered))
}

pub(super) async fn user(
    State(platform): State<Arc<Platform>>,
    _bot: Bot,
    Ids(user): Ids<UserId>,
) -> Answer {
    Ok(Json(
        platform.read(|world| world.user(user).map(World::render_user))?,
    ))
}
