use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Answer, Ids, Input};
use crate::entropy::random_hex;
use crate::ids::{ApplicationId, UserId};
use crate::intents::PrivilegedIntents;
use crate::platform::Platform;
use crate::world::{Application, CreateApplication, CreateUser, OpenDirectChannel, User};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    name: String,
    #[serde(default)]
    intents: PrivilegedIntents,
}

fn render_application(application: &Application) -> Value {
    json!({
        "application_id": application.id,
        "bot_user_id": application.id.bot(),
        "name": application.name,
        "token": application.token,
        "public_key": application.public_key,
        "intents": application.intents,
    })
}

fn render_user(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "global_name": user.global_name,
        "bot": user.bot,
    })
}

pub(super) async fn create_application(
    State(platform): State<Arc<Platform>>,
    Input(new): Input<NewApplication>,
) -> Answer {
    let application = platform.execute(CreateApplication {
        name: new.name,
        intents: new.intents,
        secret: random_hex::<20>()?,
        public_key: random_hex::<32>()?,
    })?;
    Ok(Json(platform.read(|world| {
        world.application(application).map(render_application)
    })?))
}

pub(super) async fn applications(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(platform.read(|world| world.applications().map(render_application).collect()))
}

pub(super) async fn create_user(
    State(platform): State<Arc<Platform>>,
    Input(new): Input<CreateUser>,
) -> Answer {
    let user = platform.execute(new)?;
    Ok(Json(
        platform.read(|world| world.user(user).map(render_user))?,
    ))
}

pub(super) async fn users(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(platform.read(|world| world.users().map(render_user).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectChannel {
    application_id: ApplicationId,
}

pub(super) async fn open_direct(
    State(platform): State<Arc<Platform>>,
    Ids(person): Ids<UserId>,
    Input(with): Input<DirectChannel>,
) -> Answer {
    let bot = with.application_id.bot();
    let channel = platform.execute(OpenDirectChannel { bot, person })?;
    Ok(Json(json!({ "id": channel })))
}
