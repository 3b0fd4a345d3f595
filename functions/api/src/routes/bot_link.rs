//! Who a user is to the Telegram bot.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::link_bot;
use patchbay_domain::bot_link::BotLink;
use patchbay_domain::ids::TelegramUserId;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::moment::Moment;
use crate::problem::{Kind, Problem};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default().routes(routes!(request, get, unlink))
}

/// A deep link to the bot.
#[derive(Serialize, ToSchema)]
pub(crate) struct TelegramBotDeepLink {
    /// Whoever opens it and presses Start is the user, to the bot. It is shown here alone.
    #[schema(example = "https://t.me/PatchbayBot?start=0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    url: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TelegramBotLink {
    /// The person who is the user, to the bot; null if there is none.
    linked: Option<TelegramBotPerson>,
    /// Until when a deep link waits to be opened; null if none does.
    #[schema(value_type = Option<String>, format = DateTime)]
    waits_until: Option<Moment>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TelegramBotPerson {
    #[schema(value_type = String, example = "777000")]
    telegram_user: TelegramUserId,
    name: String,
    username: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    since: Moment,
}

impl From<BotLink> for TelegramBotPerson {
    fn from(link: BotLink) -> Self {
        Self {
            telegram_user: link.person.telegram_user,
            name: link.person.name,
            username: link.person.username,
            since: Moment(link.linked_at),
        }
    }
}

/// Ask for a deep link to the Telegram bot
///
/// It is good once, for ten minutes. A new one spoils the one before. Linking takes the place of
/// an earlier link.
#[utoipa::path(
    post, path = "/v1/telegram/bot-link", tag = "telegram", operation_id = "request_telegram_bot_link",
    responses((status = 201, body = TelegramBotDeepLink))
)]
pub(crate) async fn request(
    State(api): State<Api>,
    caller: Caller,
) -> Result<(StatusCode, Json<TelegramBotDeepLink>), Problem> {
    let Some(bot) = &api.settings().telegram_bot else {
        return Err(no_bot());
    };
    let link = link_bot::request(api.ports(), &caller.user, bot).await?;
    let shown = TelegramBotDeepLink {
        url: link.url.expose_secret().to_owned(),
        expires_at: Moment(link.expires_at),
    };
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Look whether the Telegram bot knows the user
#[utoipa::path(
    get, path = "/v1/telegram/bot-link", tag = "telegram", operation_id = "get_telegram_bot_link",
    responses((status = 200, body = TelegramBotLink))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<TelegramBotLink>, Problem> {
    let status = link_bot::status(api.ports(), &caller.user).await?;
    Ok(Json(TelegramBotLink {
        linked: status.link.map(TelegramBotPerson::from),
        waits_until: status.waits_until.map(Moment),
    }))
}

/// Have the Telegram bot forget the user
///
/// It also spoils a deep link that nobody has opened. Where there is nothing, nothing happens.
#[utoipa::path(
    delete, path = "/v1/telegram/bot-link", tag = "telegram", operation_id = "delete_telegram_bot_link",
    responses((status = 204))
)]
pub(crate) async fn unlink(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Problem> {
    link_bot::unlink(api.ports(), &caller.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_bot() -> Problem {
    Problem::new(
        Kind::TelegramBotUnavailable,
        "Whoever runs this has set up no Telegram bot (TELEGRAM_BOT_USERNAME).",
    )
}
