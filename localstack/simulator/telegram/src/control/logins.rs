use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::{Body, Named, Problem};
use crate::api::normalised_phone;
use crate::clock::now_ms;
use crate::connection::Shared;
use crate::hex;
use crate::mtproto::PUBLIC_KEY_PEM;
use crate::protocol::add_key;
use crate::state::{Command, Dc, HexBytes, UserId};

pub(super) async fn code(
    State(shared): State<Arc<Shared>>,
    Named(phone): Named<String>,
) -> Result<Json<Value>, Problem> {
    let phone = normalised_phone(&phone)?;
    let world = shared.world();
    let code = world
        .state
        .codes
        .get(&phone)
        .filter(|code| code.is_live(now_ms()));
    let none = || Problem::NotFound(format!("no code is pending for {phone}"));
    Ok(Json(json!({ "code": code.ok_or_else(none)?.code })))
}

pub(super) async fn expire_code(
    State(shared): State<Arc<Shared>>,
    Named(phone): Named<String>,
) -> Result<Json<Value>, Problem> {
    let phone = normalised_phone(&phone)?;
    shared.world().apply(Command::ExpireCode { phone }, None)?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scan {
    user: UserId,
    /// The token of a `tg://login?token=…` link; without it, the latest that is shown.
    token: Option<String>,
}

pub(super) async fn accept_qr(
    State(shared): State<Arc<Shared>>,
    Body(scan): Body<Scan>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    let token = if let Some(token) = scan.token {
        URL_SAFE_NO_PAD
            .decode(token.trim_end_matches('='))
            .map_err(|_not_base64| Problem::Malformed("token is not base64url".to_owned()))?
    } else {
        let shown = world
            .state
            .keys
            .values()
            .filter_map(|record| record.qr.as_ref());
        let waiting = shown.filter(|qr| qr.accepted_by.is_none());
        let latest = waiting.max_by_key(|qr| qr.expires_at);
        let none = || Problem::NotFound("no QR code is shown".to_owned());
        latest.ok_or_else(none)?.token.clone()
    };
    let (user, token) = (scan.user, HexBytes(token));
    world.apply(Command::AcceptLoginToken { user, token }, None)?;
    Ok(Json(json!({})))
}

pub(super) async fn seed_key(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, Problem> {
    let mut home = seeded(&shared, Dc::Home)?;
    home["others"] = json!([seeded(&shared, Dc::Other)?]);
    Ok(Json(home))
}

fn seeded(shared: &Shared, dc: Dc) -> Result<Value, Problem> {
    let random = rand::random::<[[u8; 32]; 8]>();
    let mut key = [0; 256];
    key.copy_from_slice(random.as_flattened());
    add_key(&mut shared.world(), &key, rand::random(), dc)?;
    Ok(json!({ "auth_key": hex::encode(&key), "dc": dc }))
}

pub(super) async fn public_key() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/x-pem-file")], PUBLIC_KEY_PEM)
}
