use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::extract::{Answer, ControlError, Done, Input};
use crate::platform::Platform;
use crate::traffic::{Fault, FaultRule};
use crate::world::{ChangeSettings, ExpireLinks, Settings};

pub(super) async fn faults(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(json!(platform.traffic().faults()))
}

pub(super) async fn add_fault(
    State(platform): State<Arc<Platform>>,
    Input(rule): Input<FaultRule>,
) -> Done {
    if rule.times == Some(0) {
        return Err(ControlError::Invalid(
            "`times` must be at least 1".to_owned(),
        ));
    }
    if matches!(rule.fault, Fault::Status(status) if !(400..=599).contains(&status)) {
        return Err(ControlError::Invalid(
            "`status` must be from 400 to 599".to_owned(),
        ));
    }
    if rule.fault == (Fault::Trickle { bytes_per_s: 0 }) {
        return Err(ControlError::Invalid(
            "`bytes_per_s` must be at least 1".to_owned(),
        ));
    }
    platform.traffic().add_fault(rule);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear_faults(State(platform): State<Arc<Platform>>) -> StatusCode {
    platform.traffic().clear_faults();
    StatusCode::NO_CONTENT
}

/// Ends every link to a file that was handed out so far.
pub(super) async fn expire_links(State(platform): State<Arc<Platform>>) -> Done {
    platform.execute(ExpireLinks {})?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn settings(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(json!(*platform.settings()))
}

/// Changes the settings that are named; of the rate limits, those of the routes that are named.
pub(super) async fn change_settings(
    State(platform): State<Arc<Platform>>,
    Input(changes): Input<serde_json::Map<String, Value>>,
) -> Answer {
    let mut merged = json!(*platform.settings());
    for (name, value) in changes {
        match (name.as_str(), &value) {
            ("rate_limits", Value::Object(routes)) => {
                for (route, limit) in routes {
                    merged["rate_limits"][route] = limit.clone();
                }
            }
            _ => merged[name] = value,
        }
    }
    let settings: Settings = serde_json::from_value(merged)
        .map_err(|error| ControlError::Invalid(format!("a setting cannot be used: {error}")))?;
    if settings.heartbeat_interval_ms == 0 {
        let message = "`heartbeat_interval_ms` must be at least 1".to_owned();
        return Err(ControlError::Invalid(message));
    }
    let rendered = json!(settings);
    platform.execute(ChangeSettings {
        settings: Arc::new(settings),
    })?;
    platform.traffic().forget_limits();
    Ok(Json(rendered))
}
