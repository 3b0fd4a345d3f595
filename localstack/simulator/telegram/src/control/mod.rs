//! The control API: acting as other people, reading chats, and turning knobs.

mod chats;
mod files;
mod knobs;
mod logins;
mod media;
mod messages;
mod ordered;
mod posting;
mod problem;
mod reactions;
mod topics;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use crate::connection::Shared;

pub(crate) use posting::Held;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/users", get(users::list).post(users::create))
        .route("/users/{user}/disconnect", post(users::disconnect))
        .route("/users/{user}/revoke", post(users::revoke))
        .route("/users/{user}/mute", post(users::mute))
        .route("/users/{user}/unmute", post(users::unmute))
        .route("/users/{user}/expire_files", post(files::expire_all))
        .route("/files/{file}", get(files::content))
        .route("/files/{file}/expire", post(files::expire))
        .route("/chats", get(chats::list).post(chats::create))
        .route("/chats/{chat}", patch(chats::change).delete(chats::delete))
        .route("/chats/{chat}/migrate", post(chats::migrate))
        .route(
            "/chats/{chat}/members/{user}",
            put(chats::set_member).delete(chats::remove_member),
        )
        .route(
            "/chats/{chat}/topics",
            get(topics::list).post(topics::create),
        )
        .route(
            "/chats/{chat}/topics/{topic}",
            patch(topics::change).delete(topics::delete),
        )
        .route(
            "/chats/{chat}/messages",
            get(messages::of_chat).post(posting::in_chat),
        )
        .route(
            "/chats/{chat}/messages/{message}",
            patch(messages::edit_in_chat).delete(messages::delete_in_chat),
        )
        .route(
            "/chats/{chat}/messages/{message}/expire_files",
            post(files::expire_in_chat),
        )
        .route(
            "/chats/{chat}/messages/{message}/reactions",
            put(reactions::in_chat),
        )
        .route(
            "/private/{user}/{peer}/messages/{message}/reactions",
            put(reactions::in_private),
        )
        .route("/chats/{chat}/albums", post(posting::album_in_chat))
        .route("/albums/{album}/release", post(posting::release))
        .route(
            "/private/{user}/{peer}/albums",
            post(posting::album_in_private),
        )
        .route(
            "/private/{user}/{peer}/messages",
            get(messages::of_private).post(posting::in_private),
        )
        .route(
            "/private/{user}/{peer}/messages/{message}",
            patch(messages::edit_private).delete(messages::delete_private),
        )
        .route("/codes/{phone}", get(logins::code))
        .route("/codes/{phone}/expire", post(logins::expire_code))
        .route("/qr", post(logins::accept_qr))
        .route("/auth_keys", post(logins::seed_key))
        .route("/public_key", get(logins::public_key))
        .route(
            "/faults",
            get(knobs::faults)
                .post(knobs::arm)
                .delete(knobs::disarm_all),
        )
        .route("/faults/{fault}", delete(knobs::disarm))
        .route(
            "/settings",
            get(knobs::settings).put(knobs::change_settings),
        )
        .route("/skipped", get(knobs::skipped))
        .route("/calls", get(knobs::calls))
        .route("/state", get(knobs::state))
        .fallback(problem::no_such_route)
        .with_state(shared)
}
