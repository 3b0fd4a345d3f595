//! Gateway v10: the stream of events.
//!
//! A connection owns no events. It remembers the number of the last one it sent and reads
//! what comes after from its session, so a replay and the live stream are the same thing.

mod authenticate;
mod close;
mod connection;
mod encoding;
mod payload;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use self::connection::Connection;
use self::encoding::{Encoder, Transport};
use crate::listener::HangUp;
use crate::platform::Platform;

/// Larger than any payload a client may send, so that this is answered and not cut off.
const LARGEST_FRAME: usize = 1 << 20;

#[derive(Deserialize)]
pub(crate) struct GatewayQuery {
    v: Option<String>,
    encoding: Option<String>,
    compress: Option<String>,
}

pub(crate) async fn upgrade(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(line): ConnectInfo<HangUp>,
    Query(query): Query<GatewayQuery>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let settings = platform.settings();
    if settings.refuse_gateway || settings.refuse_connections {
        line.hang_up();
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let transport = match query.compress.as_deref() {
        None | Some("") => Transport::Plain,
        Some("zlib-stream") => Transport::ZlibStream,
        Some(_) => {
            let answer = "this simulator compresses with zlib-stream only";
            return (StatusCode::BAD_REQUEST, answer).into_response();
        }
    };
    if query
        .encoding
        .as_deref()
        .is_some_and(|encoding| encoding != "json")
    {
        return (StatusCode::BAD_REQUEST, "this simulator speaks JSON only").into_response();
    }
    let version_is_known = query.v.as_deref().is_none_or(|version| version == "10");
    upgrade
        .max_message_size(LARGEST_FRAME)
        .on_upgrade(async move |socket| {
            let _running = platform.tasks.token();
            let connection =
                Connection::open(Arc::clone(&platform), socket, Encoder::new(transport));
            if version_is_known {
                connection.serve().await;
            } else {
                connection.refuse(close::INVALID_API_VERSION).await;
            }
        })
}
