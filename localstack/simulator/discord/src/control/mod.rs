//! The control API: speaks for users, looks inside, turns knobs.

mod attachments;
mod channels;
mod expressions;
mod extract;
mod gateway;
mod guilds;
mod inspect;
mod knobs;
mod messages;
mod oauth2;
mod people;
mod reactions;
mod threads;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, patch, post, put};

use crate::platform::Platform;

pub(crate) fn router(platform: &Arc<Platform>) -> Router {
    Router::new()
        .route(
            "/applications",
            get(people::applications).post(people::create_application),
        )
        .route(
            "/applications/{application}",
            patch(people::edit_application),
        )
        .route("/oauth2/consent", post(oauth2::consent))
        .route("/oauth2/grants", get(oauth2::grants))
        .route("/users", get(people::users).post(people::create_user))
        .route("/users/{user}/direct", post(people::open_direct))
        .route("/guilds", get(guilds::list).post(guilds::create))
        .route(
            "/guilds/{guild}/bots",
            post(guilds::add_bot).delete(guilds::remove_bot),
        )
        .route("/guilds/{guild}/members/{user}", put(guilds::set_member))
        .route("/guilds/{guild}/roles", post(guilds::create_role))
        .route("/guilds/{guild}/roles/{role}", patch(guilds::edit_role))
        .route("/guilds/{guild}/channels", post(guilds::create_channel))
        .route(
            "/channels/{channel}",
            patch(channels::edit).delete(channels::delete),
        )
        .route("/channels/{channel}/threads", post(threads::start))
        .route(
            "/channels/{channel}/members/{user}",
            put(threads::join).delete(threads::leave),
        )
        .route(
            "/channels/{channel}/overwrites/{holder}",
            put(channels::set_overwrite),
        )
        .route(
            "/channels/{channel}/messages",
            get(messages::list).post(messages::post),
        )
        .route(
            "/channels/{channel}/messages/{message}",
            get(messages::get)
                .patch(messages::edit)
                .delete(messages::delete),
        )
        .route(
            "/channels/{channel}/messages/bulk-delete",
            post(messages::delete_many),
        )
        .route(
            "/channels/{channel}/messages/{message}/attachments/{attachment}",
            get(attachments::bytes),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions",
            delete(reactions::clear),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions/{emoji}",
            delete(reactions::clear_emoji),
        )
        .route(
            "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}",
            put(reactions::add).delete(reactions::remove),
        )
        .route("/guilds/{guild}/emojis", post(expressions::create_emoji))
        .route(
            "/guilds/{guild}/stickers",
            post(expressions::create_sticker),
        )
        .route("/cdn/expire", post(knobs::expire_links))
        .route(
            "/faults",
            get(knobs::faults)
                .post(knobs::add_fault)
                .delete(knobs::clear_faults),
        )
        .route(
            "/settings",
            get(knobs::settings).put(knobs::change_settings),
        )
        .route("/gateway/reconnect", post(gateway::reconnect))
        .route("/gateway/invalidate", post(gateway::invalidate))
        .route("/gateway/close", post(gateway::close))
        .route("/gateway/drop", post(gateway::drop_connections))
        .route("/gateway/refuse", post(gateway::refuse))
        .route("/calls", get(inspect::calls))
        .route("/sessions", get(inspect::sessions))
        .route("/state", get(inspect::state))
        .with_state(Arc::clone(platform))
}
