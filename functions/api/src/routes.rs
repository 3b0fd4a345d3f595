//! One file for each thing that the API is about.

mod accounts;
mod auth;
mod guilds;
mod health;
mod logins;
mod pairs;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;

pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(health::healthz))
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
        .routes(routes!(logins::start))
        .routes(routes!(logins::get, logins::cancel))
        .routes(routes!(logins::answer_code))
        .routes(routes!(logins::answer_password))
        .routes(routes!(accounts::list))
        .routes(routes!(accounts::get, accounts::unlink))
        .routes(routes!(accounts::reconnect))
        .routes(routes!(accounts::chats))
        .routes(routes!(accounts::refresh_chats))
        .routes(routes!(guilds::request, guilds::list))
        .routes(routes!(guilds::get, guilds::unlink))
        .routes(routes!(guilds::channels))
        .routes(routes!(pairs::create, pairs::list))
        .routes(routes!(pairs::get, pairs::delete))
        .routes(routes!(pairs::pause))
        .routes(routes!(pairs::resume))
}
