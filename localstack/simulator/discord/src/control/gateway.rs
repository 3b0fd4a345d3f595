use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Answer, ControlError, Input};
use crate::platform::{Platform, Resumption, Signal};
use crate::world::{ChangeSettings, SessionId, Settings};

/// Which connections are meant: that of one session, or all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    session: Option<SessionId>,
}

fn signal(platform: &Platform, session: Option<&SessionId>, signal: Signal) -> Json<Value> {
    Json(json!({ "connections": platform.signal(session, signal) }))
}

/// Op 7.
pub(super) async fn reconnect(
    State(platform): State<Arc<Platform>>,
    Input(target): Input<Target>,
) -> Json<Value> {
    signal(&platform, target.session.as_ref(), Signal::Reconnect)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invalidate {
    session: Option<SessionId>,
    resumable: bool,
}

/// Op 9.
pub(super) async fn invalidate(
    State(platform): State<Arc<Platform>>,
    Input(asked): Input<Invalidate>,
) -> Json<Value> {
    let resumption = if asked.resumable {
        Resumption::Possible
    } else {
        Resumption::Impossible
    };
    signal(
        &platform,
        asked.session.as_ref(),
        Signal::Invalidate(resumption),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Close {
    session: Option<SessionId>,
    code: u16,
}

pub(super) async fn close(
    State(platform): State<Arc<Platform>>,
    Input(asked): Input<Close>,
) -> Answer {
    if !(1000..=4999).contains(&asked.code) || matches!(asked.code, 1004..=1006 | 1015) {
        let message = "`code` must be a close code that can be sent, as 1000 or 4000";
        return Err(ControlError::Invalid(message.to_owned()));
    }
    Ok(signal(
        &platform,
        asked.session.as_ref(),
        Signal::Close { code: asked.code },
    ))
}

pub(super) async fn drop_connections(
    State(platform): State<Arc<Platform>>,
    Input(target): Input<Target>,
) -> Json<Value> {
    signal(&platform, target.session.as_ref(), Signal::Drop)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refuse {
    on: bool,
}

pub(super) async fn refuse(
    State(platform): State<Arc<Platform>>,
    Input(asked): Input<Refuse>,
) -> Answer {
    let mut settings = Settings::clone(&platform.settings());
    settings.refuse_gateway = asked.on;
    platform.execute(ChangeSettings {
        settings: Arc::new(settings),
    })?;
    Ok(Json(json!({ "refuse_gateway": asked.on })))
}
