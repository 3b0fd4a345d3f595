//! Linked Discord servers.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_app::link_discord::{self, Added, LinkedGuild};
use patchbay_domain::guild::GuildLinkRequest;
use patchbay_domain::ids::DiscordGuildId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Named, PathId};
use crate::moment::Moment;
use crate::paging::Page;
use crate::problem::Problem;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(add, list))
        .routes(routes!(get, unlink))
        .routes(routes!(refresh))
}

impl Named for DiscordGuildId {
    const NAME: &str = "Discord server";
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkGuild {
    /// In Discord: Server Settings, Widget, Server ID.
    #[schema(value_type = String, example = "613425648685547541")]
    guild_id: DiscordGuildId,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordGuildLinkRequest)]
pub(crate) struct RequestView {
    #[schema(value_type = String, example = "613425648685547541")]
    guild_id: DiscordGuildId,
    #[schema(example = "ABCDEFGHJKLM")]
    code: String,
    /// What somebody who may manage the server has to write in it.
    #[schema(example = "patchbay link ABCDEFGHJKLM")]
    post: String,
    /// What to do next.
    next: &'static str,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
}

impl From<GuildLinkRequest> for RequestView {
    fn from(request: GuildLinkRequest) -> Self {
        Self {
            guild_id: request.guild,
            code: request.code.as_str().to_owned(),
            post: format!("patchbay link {}", request.code.as_str()),
            next: "Have somebody with the permission Manage Server write the text in `post` in a \
                   channel that the bot sees, before the code expires. The bot has to be in the \
                   server.",
            expires_at: Moment(request.expires_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordGuild)]
pub(crate) struct GuildView {
    #[schema(value_type = String, example = "613425648685547541")]
    id: DiscordGuildId,
    /// Null while the bot is not in the server.
    name: Option<String>,
    /// Whether the bot is in the server. Without it, nothing is forwarded.
    has_bot: bool,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Moment,
}

impl From<LinkedGuild> for GuildView {
    fn from(linked: LinkedGuild) -> Self {
        Self {
            id: linked.link.guild,
            has_bot: linked.guild.is_some(),
            name: linked.guild.map(|guild| guild.name),
            linked_at: Moment(linked.link.linked_at),
        }
    }
}

/// Link a Discord server
///
/// At once, if the user's linked Discord account may manage it. Otherwise somebody who may has to
/// write a code in it; asking again for the same server makes a new code and spoils the old one.
#[utoipa::path(
    post, path = "/v1/discord/guilds", tag = "discord", operation_id = "link_discord_guild", request_body = LinkGuild,
    responses(
        (
            status = 201, body = GuildView, description = "Linked",
            headers(("location" = String, description = "The server")),
        ),
        (
            status = 202, body = RequestView, description = "Waiting for the code",
            headers(("location" = String, description = "Where the server is once it is linked")),
        ),
        (status = 409, description = "The server is linked already"),
    )
)]
pub(crate) async fn add(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<LinkGuild>,
) -> Result<Response, Problem> {
    let guild = body.guild_id;
    let location = [(header::LOCATION, format!("/v1/discord/guilds/{guild}"))];
    Ok(
        match link_discord::add(api.ports(), &caller.user, guild).await? {
            Added::Linked(linked) => {
                let view = Json(GuildView::from(linked));
                (StatusCode::CREATED, location, view).into_response()
            }
            Added::Waiting(request) => {
                let view = Json(RequestView::from(request));
                (StatusCode::ACCEPTED, location, view).into_response()
            }
        },
    )
}

/// List the linked Discord servers
#[utoipa::path(
    get, path = "/v1/discord/guilds", tag = "discord", operation_id = "list_discord_guilds",
    responses((status = 200, body = Page<GuildView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<Page<GuildView>>, Problem> {
    let guilds = link_discord::list(api.ports(), &caller.user).await?;
    Ok(Json(Page::whole(
        guilds.into_iter().map(GuildView::from).collect(),
    )))
}

/// Look at a Discord server
#[utoipa::path(
    get, path = "/v1/discord/guilds/{id}", tag = "discord", operation_id = "get_discord_guild",
    params(("id" = String, Path)), responses((status = 200, body = GuildView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<DiscordGuildId>,
) -> Result<Json<GuildView>, Problem> {
    Ok(Json(
        link_discord::get(api.ports(), &caller.user, id)
            .await?
            .into(),
    ))
}

/// Read a Discord server from Discord again
///
/// With its channels, its active threads, and what the bot may do in them. Discord tells of
/// changes by itself; this is for when something seems to be missing. A server that was read in the
/// last seconds is not read again.
#[utoipa::path(
    post, path = "/v1/discord/guilds/{id}/refresh", tag = "discord", operation_id = "refresh_discord_guild",
    params(("id" = String, Path)),
    responses((status = 202, description = "The connector is told"))
)]
pub(crate) async fn refresh(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<DiscordGuildId>,
) -> Result<StatusCode, Problem> {
    link_discord::refresh(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Unlink a Discord server
///
/// Refused while pairs use it. The bot stays in the server until somebody removes it there.
#[utoipa::path(
    delete, path = "/v1/discord/guilds/{id}", tag = "discord", operation_id = "unlink_discord_guild",
    params(("id" = String, Path)),
    responses((status = 204), (status = 409, description = "Pairs use the server"))
)]
pub(crate) async fn unlink(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<DiscordGuildId>,
) -> Result<StatusCode, Problem> {
    link_discord::unlink(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
