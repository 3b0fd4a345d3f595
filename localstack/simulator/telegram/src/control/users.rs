use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Body, Named, Problem};
use crate::api::normalised_phone;
use crate::connection::Shared;
use crate::mtproto::verifier;
use crate::state::{Command, CreateUser, Dc, UserId};
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    phone: String,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    password: Option<String>,
    /// Forwards of what this person writes don't lead back.
    #[serde(default)]
    hides_forwards: bool,
    #[serde(default)]
    premium: bool,
    /// The data centre where its clients are at home.
    #[serde(default)]
    dc: Dc,
}

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    Body(new): Body<NewUser>,
) -> Result<Json<Value>, Problem> {
    let phone = normalised_phone(&new.phone)?;
    let password = match new.password {
        // Slow on purpose, so not on a thread that others wait for.
        Some(password) => {
            let hashed = shared
                .tasks
                .spawn_blocking(move || verifier(&password, rand::random()));
            let stopped = |_stopped| Problem::NotFound("the simulator is stopping".to_owned());
            Some(hashed.await.map_err(stopped)?)
        }
        None => None,
    };
    let command = Command::CreateUser(CreateUser {
        phone,
        first_name: new.first_name,
        last_name: new.last_name,
        username: new.username,
        password,
        hides_forwards: new.hides_forwards,
        premium: new.premium,
        dc: new.dc,
        access_hash: rand::random(),
    });
    let applied = shared.world().apply(command, None)?;
    Ok(Json(json!({ "id": applied.user })))
}

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let world = shared.world();
    let users = world.state.users.values().map(|user| {
        let sessions = world
            .state
            .keys
            .values()
            .filter(|key| key.user() == Some(user.id))
            .count();
        json!({
            "id": user.id,
            "phone": user.phone,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "username": user.username,
            "has_password": user.password.is_some(),
            "sessions": sessions,
            "connections": world.live.connections_of(|key| world.user_of(key) == Some(user.id)),
            "pts": user.mailbox.pts,
            "muted": world.knobs.muted.contains(&user.id),
        })
    });
    Json(users.collect())
}

pub(super) async fn disconnect(
    State(shared): State<Arc<Shared>>,
    Named(user): Named<UserId>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    let World { state, live, .. } = &mut *world;
    state.user(user)?;
    let signed_in = |key| {
        state
            .key(key)
            .is_ok_and(|record| record.user() == Some(user))
    };
    let closed = live.close_keys(signed_in);
    Ok(Json(json!({ "closed": closed })))
}

pub(super) async fn revoke(
    State(shared): State<Arc<Shared>>,
    Named(user): Named<UserId>,
) -> Result<Json<Value>, Problem> {
    shared
        .world()
        .apply(Command::RevokeSessions { user, except: None }, None)?;
    Ok(Json(json!({})))
}

pub(super) async fn mute(
    State(shared): State<Arc<Shared>>,
    Named(user): Named<UserId>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    world.state.user(user)?;
    world.knobs.muted.insert(user);
    Ok(Json(json!({})))
}

pub(super) async fn unmute(
    State(shared): State<Arc<Shared>>,
    Named(user): Named<UserId>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    world.state.user(user)?;
    world.knobs.muted.remove(&user);
    Ok(Json(json!({})))
}
