use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Answer;
use super::extract::Bearer;
use crate::platform::Platform;

pub(super) async fn own(State(platform): State<Arc<Platform>>, bearer: Bearer) -> Answer {
    let rendered = platform.read(|world| {
        let grant = world.grant(bearer.0)?;
        world.render_authorization(grant)
    })?;
    Ok(Json(rendered))
}
