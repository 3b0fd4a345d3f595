//! One file for each thing that the API is about.

mod accounts;
mod admin;
mod analytics;
mod api_keys;
mod auth;
mod bot_link;
mod channels;
mod chats;
mod discord_account;
mod guilds;
mod health;
mod logins;
mod me;
mod messages;
mod pairs;
mod passwords;
mod queues;
mod sessions;

use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;

pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .merge(health::all())
        .merge(auth::all())
        .merge(passwords::all())
        .merge(me::all())
        .merge(admin::all())
        .merge(sessions::all())
        .merge(logins::all())
        .merge(accounts::all())
        .merge(chats::all())
        .merge(bot_link::all())
        .merge(discord_account::all())
        .merge(guilds::all())
        .merge(channels::all())
        .merge(pairs::all())
        .merge(api_keys::all())
        .merge(messages::all())
        .merge(analytics::all())
        .merge(queues::all())
}
