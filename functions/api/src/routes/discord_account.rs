//! Who a user is on Discord, and the servers that they may manage there.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::discord_account::{
    self, AvailableGuild, AvailableGuilds, Begun, DiscordAccountError, Freshness,
};
use patchbay_app::ports::BotWish;
use patchbay_domain::discord_person::DiscordLink;
use patchbay_domain::ids::{DiscordGuildId, DiscordUserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Parameters};
use crate::moment::Moment;
use crate::problem::{FieldError, Kind, Problem};

const CODE_LENGTH: usize = 512;
const STATE_LENGTH: usize = 32;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(authorize))
        .routes(routes!(callback))
        .routes(routes!(get, unlink))
        .routes(routes!(available))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizeDiscord {
    /// Whether to add the bot to a server on the way.
    #[serde(default)]
    #[schema(default = false)]
    add_bot: bool,
    /// The server to add it to; without it the user chooses one at Discord.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "613425648685547541")]
    guild_id: Option<DiscordGuildId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordAuthorization)]
pub(crate) struct AuthorizationView {
    /// Send the user's browser there. It comes back to the redirect URI of this installation with
    /// `code` and `state`, or with `error` where the user declines.
    url: String,
    /// Until when the user may come back.
    #[schema(value_type = String, format = DateTime)]
    state_expires_at: Moment,
}

impl From<Begun> for AuthorizationView {
    fn from(begun: Begun) -> Self {
        Self {
            url: begun.url,
            state_expires_at: Moment(begun.expires_at),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiscordCallback {
    /// As the browser brought it.
    #[schema(value_type = String, min_length = 1, max_length = 512, pattern = "^[!-~]+$")]
    code: SecretString,
    /// As the browser brought it.
    #[schema(value_type = String, min_length = 32, max_length = 32, pattern = "^[0-9a-f]{32}$")]
    state: SecretString,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordLink)]
pub(crate) struct LinkView {
    #[schema(value_type = String, example = "80351110224678912")]
    discord_user_id: DiscordUserId,
    name: String,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Moment,
}

impl From<DiscordLink> for LinkView {
    fn from(link: DiscordLink) -> Self {
        Self {
            discord_user_id: link.person.id,
            name: link.person.name,
            linked_at: Moment(link.linked_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = AvailableDiscordGuilds)]
pub(crate) struct AvailableView {
    /// In the order of their ids.
    #[schema(max_items = 200)]
    items: Vec<AvailableGuildView>,
    /// When Discord told of them.
    #[schema(value_type = String, format = DateTime)]
    read_at: Moment,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AvailableDiscordGuild)]
pub(crate) struct AvailableGuildView {
    #[schema(value_type = String, example = "613425648685547541")]
    id: DiscordGuildId,
    name: String,
    /// Whether the user owns it; otherwise they may manage it.
    is_owner: bool,
    /// Whether the bot is in it. Without it, nothing is forwarded.
    has_bot: bool,
    /// Whether it is linked; otherwise POST /v1/discord/guilds links it.
    is_linked: bool,
    /// Where the user adds the bot to it.
    invite_url: String,
}

impl From<AvailableGuild> for AvailableGuildView {
    fn from(available: AvailableGuild) -> Self {
        Self {
            id: available.guild.id,
            name: available.guild.name,
            is_owner: available.guild.is_owner,
            has_bot: available.has_bot,
            is_linked: available.is_linked,
            invite_url: available.invite_url,
        }
    }
}

impl From<AvailableGuilds> for AvailableView {
    fn from(available: AvailableGuilds) -> Self {
        let items = available.guilds.into_iter();
        Self {
            items: items.map(AvailableGuildView::from).collect(),
            read_at: Moment(available.read_at),
        }
    }
}

/// Begin to link the user's Discord account
///
/// The answer's address asks the user at Discord for consent. Asking again spoils the address that
/// was given before.
#[utoipa::path(
    post, path = "/v1/discord/oauth2/authorize", tag = "discord", operation_id = "authorize_discord",
    request_body = AuthorizeDiscord,
    responses(
        (status = 200, body = AuthorizationView),
        (status = 501, description = "There is no OAuth2 application"),
    )
)]
pub(crate) async fn authorize(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<AuthorizeDiscord>,
) -> Result<Json<AuthorizationView>, Problem> {
    let bot = match (body.add_bot, body.guild_id) {
        (false, None) => BotWish::No,
        (true, None) => BotWish::ToAnyServer,
        (true, Some(guild)) => BotWish::ToServer(guild),
        (false, Some(_)) => {
            let error = FieldError::at("/guild_id", "has a place only where `add_bot` is true");
            return Err(Problem::invalid_body(vec![error]));
        }
    };
    let begun = discord_account::begin(api.ports(), &caller.user, bot).await?;
    Ok(Json(begun.into()))
}

/// Finish linking the user's Discord account
///
/// For the page to which Discord sends the browser back: it passes on the `code` and the `state`
/// that it was called with. It does so with the user's own access token, and a state is good once
/// and for the user alone who asked for it: nobody can be made to finish what somebody else began.
#[utoipa::path(
    post, path = "/v1/discord/oauth2/callback", tag = "discord", operation_id = "finish_discord_authorization",
    request_body = DiscordCallback,
    responses(
        (status = 200, body = LinkView),
        (status = 409, description = "The consent is lost"),
        (status = 501, description = "There is no OAuth2 application"),
        (status = 422, description = "The state or the code is not good any more"),
        (status = 502, description = "Discord does not answer as it should"),
    )
)]
pub(crate) async fn callback(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<DiscordCallback>,
) -> Result<Json<LinkView>, Problem> {
    let mut errors = Vec::new();
    let code = body.code.expose_secret();
    if !(1..=CODE_LENGTH).contains(&code.len()) || !code.bytes().all(|it| it.is_ascii_graphic()) {
        let detail = "has to be the code that Discord gave";
        errors.push(FieldError::at("/code", detail));
    }
    let state = body.state.expose_secret();
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if state.len() != STATE_LENGTH || !state.bytes().all(is_digit) {
        let detail = "has to be the state that Discord gave back";
        errors.push(FieldError::at("/state", detail));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid_body(errors));
    }
    let (ports, user) = (api.ports(), &caller.user);
    let link = discord_account::finish(ports, user, &body.code, &body.state).await?;
    Ok(Json(link.into()))
}

/// Look at the user's Discord account
#[utoipa::path(
    get, path = "/v1/discord/link", tag = "discord", operation_id = "get_discord_link",
    responses(
        (status = 200, body = LinkView),
        (status = 404, description = "No Discord account is linked"),
    )
)]
pub(crate) async fn get(State(api): State<Api>, caller: Caller) -> Result<Json<LinkView>, Problem> {
    let link = discord_account::get(api.ports(), &caller.user).await;
    Ok(Json(link.map_err(none_is_not_found)?.into()))
}

/// Unlink the user's Discord account
///
/// Ends Patchbay's grant at Discord and forgets its tokens. Linked servers and their pairs stay:
/// that the user may manage them was proven when they were linked.
#[utoipa::path(
    delete, path = "/v1/discord/link", tag = "discord", operation_id = "unlink_discord",
    responses(
        (status = 204),
        (status = 404, description = "No Discord account is linked"),
        (status = 501, description = "There is no OAuth2 application"),
        (status = 502, description = "Discord does not answer as it should"),
    )
)]
pub(crate) async fn unlink(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Problem> {
    let unlinked = discord_account::unlink(api.ports(), &caller.user).await;
    unlinked.map_err(none_is_not_found)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where the account itself is asked about.
fn none_is_not_found(error: DiscordAccountError) -> Problem {
    match error {
        DiscordAccountError::NotLinked => {
            let detail = "POST /v1/discord/oauth2/authorize begins to link a Discord account.";
            Problem::new(Kind::NotFound, detail)
        }
        DiscordAccountError::UnknownState
        | DiscordAccountError::CodeRefused
        | DiscordAccountError::GrantLost
        | DiscordAccountError::Discord(_)
        | DiscordAccountError::Port(_) => error.into(),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AvailableParameters {
    /// Whether to ask Discord again. Otherwise, what it said in the last minute will do; what it
    /// said in the last five seconds always does.
    #[serde(default)]
    #[param(default = false)]
    refresh: bool,
}

/// List the Discord servers that the user may manage
///
/// By Discord's own word: they own them, or have the permission Manage Server or Administrator.
#[utoipa::path(
    get, path = "/v1/discord/guilds/available", tag = "discord", operation_id = "list_available_discord_guilds",
    params(AvailableParameters),
    responses(
        (status = 200, body = AvailableView),
        (status = 409, description = "No Discord account is linked, or the consent is lost"),
        (status = 501, description = "There is no OAuth2 application"),
        (status = 502, description = "Discord does not answer as it should"),
    )
)]
pub(crate) async fn available(
    State(api): State<Api>,
    caller: Caller,
    Parameters(parameters): Parameters<AvailableParameters>,
) -> Result<Json<AvailableView>, Problem> {
    let freshness = if parameters.refresh {
        Freshness::Fresh
    } else {
        Freshness::Recent
    };
    let available = discord_account::available(api.ports(), &caller.user, freshness).await?;
    Ok(Json(available.into()))
}
