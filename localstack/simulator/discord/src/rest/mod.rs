//! REST v10 as bots see it, and applications that act for a person.

mod answer;
mod application;
mod attachment;
mod attachment_form;
mod authorization;
mod channel;
mod edge;
mod extract;
mod form;
mod guild;
mod message;
mod message_form;
mod poll_form;
mod reaction;
mod submission;
mod thread;
mod token_webhook;
mod webhook;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};

pub(crate) use answer::Failure;
pub(crate) use attachment_form::plain_name;
pub(crate) use form::Form;
pub(crate) use poll_form::read_poll;

use crate::cdn;
use crate::gateway;
use crate::oauth2;
use crate::platform::Platform;

/// REST, the CDN and, at the root, the gateway.
pub(crate) fn router(platform: &Arc<Platform>) -> Router {
    let api = Router::new()
        .route("/gateway", get(application::gateway))
        .route("/gateway/bot", get(application::gateway_for_bot))
        .route("/applications/@me", get(application::own_application))
        .route(
            "/oauth2/applications/@me",
            get(application::own_application),
        )
        .route("/oauth2/@me", get(authorization::own))
        .route("/attachments/refresh-urls", post(attachment::refresh_urls))
        .merge(oauth2::endpoints())
        .route("/users/@me", get(application::own_user))
        .route("/users/@me/guilds", get(guild::own_guilds))
        .route("/users/@me/guilds/{guild}", delete(guild::leave))
        .route("/users/@me/channels", post(channel::open_direct))
        .route("/users/{user}", get(application::user))
        .route("/guilds/{guild}", get(guild::get))
        .route("/guilds/{guild}/channels", get(guild::channels))
        .route("/guilds/{guild}/roles", get(guild::roles))
        .route("/guilds/{guild}/members/{user}", get(guild::member))
        .route("/guilds/{guild}/threads/active", get(guild::active_threads))
        .route("/guilds/{guild}/webhooks", get(webhook::of_guild))
        .route(
            "/channels/{channel}",
            get(channel::get)
                .patch(channel::edit)
                .delete(channel::delete),
        )
        .route("/channels/{channel}/threads", post(thread::start))
        .route(
            "/channels/{channel}/messages/{message}/threads",
            post(thread::start_from_message),
        )
        .route(
            "/channels/{channel}/threads/archived/public",
            get(thread::archived_public),
        )
        .route(
            "/channels/{channel}/threads/archived/private",
            get(thread::archived_private),
        )
        .route(
            "/channels/{channel}/thread-members/@me",
            put(thread::join).delete(thread::leave),
        )
        .route("/channels/{channel}/typing", post(channel::typing))
        .route(
            "/channels/{channel}/messages",
            get(message::list).post(message::create),
        )
        .route(
            "/channels/{channel}/messages/bulk-delete",
            post(message::delete_many),
        )
        .route(
            "/channels/{channel}/messages/{message}",
            get(message::get)
                .patch(message::edit)
                .delete(message::delete),
        )
        .route(
            "/channels/{channel}/messages/{message}/crosspost",
            post(message::crosspost),
        )
        .merge(reactions())
        .merge(webhooks())
        .fallback(async || Failure::NoSuchRoute)
        .method_not_allowed_fallback(async || Failure::NoSuchMethod)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(platform), edge::guard))
        .with_state(Arc::clone(platform));
    let unversioned = oauth2::endpoints()
        .method_not_allowed_fallback(async || Failure::NoSuchMethod)
        .layer(from_fn_with_state(Arc::clone(platform), edge::guard));
    let cdn = cdn::routes().layer(from_fn_with_state(Arc::clone(platform), edge::guard_cdn));
    Router::new()
        .merge(cdn)
        .nest("/api/v10", api)
        .nest("/api", unversioned)
        .merge(oauth2::pages())
        .route("/", get(gateway::upgrade))
        .fallback(async || Failure::NoSuchVersion)
        .with_state(Arc::clone(platform))
}

fn webhooks() -> Router<Arc<Platform>> {
    Router::new()
        .route(
            "/channels/{channel}/webhooks",
            get(webhook::of_channel).post(webhook::create),
        )
        .route(
            "/webhooks/{webhook}",
            get(webhook::get)
                .patch(webhook::edit)
                .delete(webhook::delete),
        )
        .route(
            "/webhooks/{webhook}/{token}",
            get(token_webhook::get)
                .patch(token_webhook::edit)
                .delete(token_webhook::delete)
                .post(token_webhook::execute),
        )
        .route(
            "/webhooks/{webhook}/{token}/messages/{message}",
            get(token_webhook::get_message)
                .patch(token_webhook::edit_message)
                .delete(token_webhook::delete_message),
        )
}

fn reactions() -> Router<Arc<Platform>> {
    const ALL: &str = "/channels/{channel}/messages/{message}/reactions";
    Router::new()
        .route(ALL, delete(reaction::clear))
        .route(
            &format!("{ALL}/{{emoji}}"),
            get(reaction::users).delete(reaction::clear_emoji),
        )
        .route(
            &format!("{ALL}/{{emoji}}/@me"),
            put(reaction::add).delete(reaction::remove_own),
        )
        .route(
            &format!("{ALL}/{{emoji}}/{{user}}"),
            delete(reaction::remove_of_user),
        )
}

/// What a handler answers with.
type Answer = Result<Json<serde_json::Value>, Failure>;
/// What a handler answers with when there is nothing to say.
type Done = Result<axum::http::StatusCode, Failure>;
