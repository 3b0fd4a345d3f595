use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Answer, ControlError, Ids, Input};
use crate::entropy::random_hex;
use crate::ids::{ApplicationId, UserId};
use crate::intents::PrivilegedIntents;
use crate::oauth2::check_redirect_uri;
use crate::platform::Platform;
use crate::world::{
    Application, CreateApplication, CreateUser, EditApplication, OpenDirectChannel, User,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    name: String,
    #[serde(default)]
    intents: PrivilegedIntents,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

fn render_application(application: &Application) -> Value {
    json!({
        "application_id": application.id,
        "bot_user_id": application.id.bot(),
        "name": application.name,
        "token": application.token,
        "client_secret": application.client_secret,
        "redirect_uris": application.redirect_uris,
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
        "email": user.email,
        "avatar": user.avatar,
    })
}

pub(super) async fn create_application(
    State(platform): State<Arc<Platform>>,
    Input(new): Input<NewApplication>,
) -> Answer {
    check_redirect_uris(&new.redirect_uris)?;
    let application = platform.execute(CreateApplication {
        name: new.name,
        intents: new.intents,
        secret: random_hex::<20>()?,
        client_secret: Some(random_hex::<16>()?),
        redirect_uris: new.redirect_uris,
        public_key: random_hex::<32>()?,
    })?;
    Ok(Json(platform.read(|world| {
        world.application(application).map(render_application)
    })?))
}

fn check_redirect_uris(uris: &[String]) -> Result<(), ControlError> {
    uris.iter()
        .try_for_each(|uri| check_redirect_uri(uri).map_err(ControlError::Invalid))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplicationEdit {
    redirect_uris: Vec<String>,
}

pub(super) async fn edit_application(
    State(platform): State<Arc<Platform>>,
    Ids(application): Ids<ApplicationId>,
    Input(edit): Input<ApplicationEdit>,
) -> Answer {
    check_redirect_uris(&edit.redirect_uris)?;
    platform.execute(EditApplication {
        application,
        redirect_uris: edit.redirect_uris,
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
