use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::guilds::render_guild;
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::world::{Holder, Session, World};

/// How often each route was called, by status; and the invalid requests that count for a ban.
pub(super) async fn calls(State(platform): State<Arc<Platform>>) -> Json<Value> {
    let limit = platform.settings().invalid_request_limit;
    let mut traffic = platform.traffic();
    let invalid = traffic.invalid_requests(limit, Timestamp::now());
    Json(json!({
        "routes": traffic.calls(),
        "invalid_requests": invalid,
        "banned": invalid >= limit.limit as usize,
    }))
}

fn render_session(session: &Session) -> Value {
    let (connected, since) = match session.holder {
        Holder::Connection(_) => (true, None),
        Holder::Nobody { since } => (false, Some(since.iso8601())),
    };
    json!({
        "id": session.id,
        "application_id": session.application,
        "intents": session.intents,
        "shard": session.shard,
        "seq": session.seq,
        "kept_events": session.kept_events(),
        "connected": connected,
        "disconnected_at": since,
    })
}

pub(super) async fn sessions(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(platform.read(|world| world.sessions().map(render_session).collect()))
}

fn render_webhooks(world: &World) -> Value {
    world
        .webhooks()
        .map(|webhook| {
            json!({
                "id": webhook.id,
                "channel_id": webhook.channel,
                "guild_id": webhook.guild,
                "name": webhook.name,
                "token": webhook.token,
            })
        })
        .collect()
}

pub(super) async fn state(State(platform): State<Arc<Platform>>) -> Json<Value> {
    let connections = platform.open_connections();
    Json(platform.read(|world| {
        let messages: serde_json::Map<String, Value> = world
            .guilds()
            .flat_map(|guild| {
                world
                    .channels_of(guild.id)
                    .chain(world.threads_of(guild.id))
            })
            .map(|channel| {
                (
                    channel.id.to_string(),
                    json!(world.messages_in(channel.id).len()),
                )
            })
            .collect();
        json!({
            "guilds": world.guilds().map(|guild| render_guild(world, guild)).collect::<Vec<_>>(),
            "users": world.users().count(),
            "applications": world.applications().count(),
            "webhooks": render_webhooks(world),
            "messages": messages,
            "sessions": world.sessions().map(render_session).collect::<Vec<_>>(),
            "connections": connections,
        })
    }))
}
