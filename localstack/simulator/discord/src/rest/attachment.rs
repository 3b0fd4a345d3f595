use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Answer;
use super::extract::{Bot, Payload};
use super::form::Form;
use crate::cdn::refresh;
use crate::platform::Platform;
use crate::world::FieldError;

const MOST_LINKS: usize = 50;

pub(super) async fn refresh_urls(
    State(platform): State<Arc<Platform>>,
    _bot: Bot,
    Payload(payload): Payload,
) -> Answer {
    let mut form = Form::of(&payload);
    let links = form.list("attachment_urls").cloned();
    match &links {
        None => form.report(FieldError::required(&["attachment_urls"])),
        Some(links) if links.len() > MOST_LINKS => {
            form.report(FieldError::too_long(&["attachment_urls"], MOST_LINKS));
        }
        Some(_) => {}
    }
    let links = form.finish(links)?.unwrap_or_default();
    let refreshed: Vec<Value> = platform.read(|world| {
        let links = links.iter().filter_map(Value::as_str);
        links
            .map(|link| json!({ "original": link, "refreshed": refresh(world, link) }))
            .collect()
    });
    Ok(Json(json!({ "refreshed_urls": refreshed })))
}
