use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::problem::{Body, Named, Problem};
use crate::connection::Shared;
use crate::knobs::{ArmedFault, FaultOrder, Settings, SettingsChange};
use crate::state::Peer;

pub(super) async fn arm(
    State(shared): State<Arc<Shared>>,
    Body(order): Body<FaultOrder>,
) -> Result<Json<Value>, Problem> {
    if order.times == 0 {
        return Err(Problem::Malformed("times has to be at least 1".to_owned()));
    }
    Ok(Json(json!({ "id": shared.world().knobs.arm(order) })))
}

pub(super) async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<ArmedFault>> {
    Json(shared.world().knobs.faults.clone())
}

pub(super) async fn disarm_all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    shared.world().knobs.faults.clear();
    Json(json!({}))
}

pub(super) async fn disarm(
    State(shared): State<Arc<Shared>>,
    Named(id): Named<u64>,
) -> Result<Json<Value>, Problem> {
    let mut world = shared.world();
    let before = world.knobs.faults.len();
    world.knobs.faults.retain(|armed| armed.id != id);
    if world.knobs.faults.len() == before {
        return Err(Problem::NotFound(format!("no fault {id} is armed")));
    }
    Ok(Json(json!({})))
}

pub(super) async fn settings(State(shared): State<Arc<Shared>>) -> Json<Settings> {
    Json(shared.world().knobs.settings.clone())
}

pub(super) async fn change_settings(
    State(shared): State<Arc<Shared>>,
    Body(change): Body<SettingsChange>,
) -> Json<Settings> {
    let mut world = shared.world();
    world.knobs.settings.change(&change);
    Json(world.knobs.settings.clone())
}

/// The messages whose latest edit or deletion nobody was told of, since a difference was too long.
pub(super) async fn skipped(State(shared): State<Arc<Shared>>) -> Json<Vec<Value>> {
    let world = shared.world();
    let skipped = &world.knobs.skipped;
    let channels = world.state.channels.values().filter_map(|channel| {
        let own = skipped.iter().filter(|it| it.channel == channel.id);
        let own: Vec<_> = own.collect();
        let was_left_out = |pts: i32| own.iter().any(|it| it.after < pts && pts <= it.until);
        let changes = channel.mailbox.latest_changes().into_iter();
        let messages = changes.filter(|(_, pts)| was_left_out(*pts));
        let messages: Vec<i32> = messages.map(|(message, _)| message).collect();
        let chat = Peer::Channel(channel.id);
        (!messages.is_empty()).then(|| json!({ "chat": chat, "messages": messages }))
    });
    Json(channels.collect())
}

pub(super) async fn calls(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let world = shared.world();
    Json(json!({ "calls": world.calls.handled, "unhandled": world.calls.unhandled }))
}

pub(super) async fn state(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let world = shared.world();
    let state = &world.state;
    let signed_in = state
        .keys
        .values()
        .filter(|key| key.user().is_some())
        .count();
    Json(json!({
        "users": state.users.len(),
        "groups": state.groups.len(),
        "channels": state.channels.len(),
        "auth_keys": state.keys.len(),
        "signed_in": signed_in,
        "connections": world.live.connection_count(),
        "faults": world.knobs.faults.len(),
        "address": world.addresses.home.to_string(),
        "other_address": world.addresses.other.to_string(),
    }))
}
