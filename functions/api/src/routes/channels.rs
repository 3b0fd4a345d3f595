//! The channels and threads of linked Discord servers.

use axum::Json;
use axum::extract::State;
use patchbay_app::discord_directory::{self, ChannelFilter};
use patchbay_domain::guild::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordPermission, DiscordThread,
    DiscordThreadKind, MissingPermissions,
};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{Named, PathId, PathIds};
use crate::paging::{Listing, Page, Paging};
use crate::problem::{FieldError, Problem};

/// The longest part of a name that is looked for, which is the longest name.
const QUERY_LENGTH: usize = 100;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(channels))
        .routes(routes!(threads))
}

impl Named for DiscordChannelId {
    const NAME: &str = "Discord channel";
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordChannel)]
pub(crate) struct ChannelView {
    #[schema(value_type = String, example = "613425648685547545")]
    id: DiscordChannelId,
    name: String,
    kind: ChannelKindView,
    /// Null if it stands in none.
    category: Option<CategoryView>,
    /// Among the channels of its category.
    position: u32,
    /// Its first 200 bytes.
    topic: Option<String>,
    is_nsfw: bool,
    #[serde(flatten)]
    rights: RightsView,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DiscordChannelKind)]
pub(crate) enum ChannelKindView {
    Text,
    Announcement,
    Voice,
    Stage,
    /// Its posts are ends of pairs, the forum itself is none.
    Forum,
    /// As a forum.
    Media,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordCategory)]
pub(crate) struct CategoryView {
    #[schema(value_type = String, example = "613425648685547540")]
    id: DiscordChannelId,
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordThread)]
pub(crate) struct ThreadView {
    #[schema(value_type = String, example = "613425648685547550")]
    id: DiscordChannelId,
    /// The channel or forum in which it is.
    #[schema(value_type = String, example = "613425648685547545")]
    channel_id: DiscordChannelId,
    name: String,
    kind: ThreadKindView,
    is_locked: bool,
    #[serde(flatten)]
    rights: RightsView,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DiscordThreadKind)]
#[expect(clippy::enum_variant_names, reason = "so they are named to callers")]
pub(crate) enum ThreadKindView {
    AnnouncementThread,
    /// Also a post of a forum.
    PublicThread,
    PrivateThread,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DiscordRights)]
pub(crate) struct RightsView {
    /// Whether it can be the source of a pair.
    can_read: bool,
    /// Whether it can be the destination of a pair.
    can_post: bool,
    missing: MissingView,
}

/// Permissions that the bot lacks there. Give them to its role, in the server or the channel.
#[derive(Serialize, ToSchema)]
#[schema(as = DiscordMissingPermissions)]
#[expect(clippy::struct_field_names, reason = "so they are named to callers")]
pub(crate) struct MissingView {
    /// To be the source of a pair. Of a forum: for its posts to be one.
    for_reading: Vec<PermissionView>,
    /// To be the destination of a pair. Of a forum: for its posts to be one.
    for_posting: Vec<PermissionView>,
    /// For what is left out otherwise: files, previews, replies, reactions, voice messages and polls
    /// as such, authors' names and pictures.
    for_everything: Vec<PermissionView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DiscordPermission)]
pub(crate) enum PermissionView {
    ViewChannel,
    ReadMessageHistory,
    SendMessages,
    SendMessagesInThreads,
    EmbedLinks,
    AttachFiles,
    AddReactions,
    SendVoiceMessages,
    SendPolls,
    ManageWebhooks,
    ManageThreads,
    Connect,
}

impl From<DiscordPermission> for PermissionView {
    fn from(permission: DiscordPermission) -> Self {
        match permission {
            DiscordPermission::ViewChannel => Self::ViewChannel,
            DiscordPermission::ReadMessageHistory => Self::ReadMessageHistory,
            DiscordPermission::SendMessages => Self::SendMessages,
            DiscordPermission::SendMessagesInThreads => Self::SendMessagesInThreads,
            DiscordPermission::EmbedLinks => Self::EmbedLinks,
            DiscordPermission::AttachFiles => Self::AttachFiles,
            DiscordPermission::AddReactions => Self::AddReactions,
            DiscordPermission::SendVoiceMessages => Self::SendVoiceMessages,
            DiscordPermission::SendPolls => Self::SendPolls,
            DiscordPermission::ManageWebhooks => Self::ManageWebhooks,
            DiscordPermission::ManageThreads => Self::ManageThreads,
            DiscordPermission::Connect => Self::Connect,
        }
    }
}

impl From<MissingPermissions> for MissingView {
    fn from(missing: MissingPermissions) -> Self {
        let view = |missing: Vec<_>| missing.into_iter().map(PermissionView::from).collect();
        Self {
            for_reading: view(missing.for_reading),
            for_posting: view(missing.for_posting),
            for_everything: view(missing.for_everything),
        }
    }
}

impl From<DiscordChannelKind> for ChannelKindView {
    fn from(kind: DiscordChannelKind) -> Self {
        match kind {
            DiscordChannelKind::Text => Self::Text,
            DiscordChannelKind::Announcement => Self::Announcement,
            DiscordChannelKind::Voice => Self::Voice,
            DiscordChannelKind::Stage => Self::Stage,
            DiscordChannelKind::Forum => Self::Forum,
            DiscordChannelKind::Media => Self::Media,
        }
    }
}

impl From<ChannelKindView> for DiscordChannelKind {
    fn from(kind: ChannelKindView) -> Self {
        match kind {
            ChannelKindView::Text => Self::Text,
            ChannelKindView::Announcement => Self::Announcement,
            ChannelKindView::Voice => Self::Voice,
            ChannelKindView::Stage => Self::Stage,
            ChannelKindView::Forum => Self::Forum,
            ChannelKindView::Media => Self::Media,
        }
    }
}

impl From<DiscordCategory> for CategoryView {
    fn from(category: DiscordCategory) -> Self {
        Self {
            id: category.id,
            name: category.name,
        }
    }
}

impl From<DiscordChannel> for ChannelView {
    fn from(channel: DiscordChannel) -> Self {
        Self {
            rights: RightsView {
                can_read: channel.can_read(),
                can_post: channel.can_post(),
                missing: channel.missing().into(),
            },
            id: channel.id,
            name: channel.name,
            kind: channel.kind.into(),
            category: channel.category.map(CategoryView::from),
            position: channel.position,
            topic: channel.topic,
            is_nsfw: channel.is_nsfw,
        }
    }
}

impl From<DiscordThread> for ThreadView {
    fn from(thread: DiscordThread) -> Self {
        Self {
            rights: RightsView {
                can_read: thread.can_read(),
                can_post: thread.can_post(),
                missing: thread.missing().into(),
            },
            id: thread.id,
            channel_id: thread.channel,
            name: thread.name,
            kind: match thread.kind {
                DiscordThreadKind::AnnouncementThread => ThreadKindView::AnnouncementThread,
                DiscordThreadKind::PublicThread => ThreadKindView::PublicThread,
                DiscordThreadKind::PrivateThread => ThreadKindView::PrivateThread,
            },
            is_locked: thread.is_locked,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChannelFilters {
    /// Only channels of this kind.
    kind: Option<ChannelKindView>,
    /// A part of the name, in upper or lower case.
    #[param(max_length = 100)]
    query: Option<String>,
}

/// List the channels of a Discord server
///
/// Without categories, which hold no messages.
#[utoipa::path(
    get, path = "/v1/discord/guilds/{id}/channels", tag = "discord", operation_id = "list_discord_channels",
    params(("id" = String, Path), Paging, ChannelFilters),
    responses((status = 200, body = Page<ChannelView>))
)]
pub(crate) async fn channels(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<DiscordGuildId>,
    listing: Listing<ChannelFilters>,
) -> Result<Json<Page<ChannelView>>, Problem> {
    let filter = ChannelFilter {
        kind: listing.filters.kind.map(DiscordChannelKind::from),
        query: listing.filters.query.clone(),
    };
    let query = filter.query.as_deref().unwrap_or_default();
    if query.chars().count() > QUERY_LENGTH {
        let detail = format!("has to be at most {QUERY_LENGTH} characters long");
        return Err(Problem::invalid_query(FieldError::of_parameter(
            "query", detail,
        )));
    }
    let (ports, after, limit) = (api.ports(), listing.after()?, listing.limit);
    let page = discord_directory::channels(ports, &caller.user, id, &filter, after, limit).await?;
    let items = page.items.into_iter().map(ChannelView::from).collect();
    Ok(Json(listing.page(items, page.next)))
}

/// List the active threads of a Discord channel, or the posts of a forum
///
/// A thread that is archived comes back into the list when somebody posts in it.
#[utoipa::path(
    get, path = "/v1/discord/guilds/{id}/channels/{channel}/threads", tag = "discord", operation_id = "list_discord_threads",
    params(("id" = String, Path), ("channel" = String, Path), Paging),
    responses((status = 200, body = Page<ThreadView>))
)]
pub(crate) async fn threads(
    State(api): State<Api>,
    caller: Caller,
    PathIds(id, channel): PathIds<DiscordGuildId, DiscordChannelId>,
    listing: Listing,
) -> Result<Json<Page<ThreadView>>, Problem> {
    let (ports, after, limit) = (api.ports(), listing.after()?, listing.limit);
    let page = discord_directory::threads(ports, &caller.user, id, channel, after, limit).await?;
    let items = page.items.into_iter().map(ThreadView::from).collect();
    Ok(Json(listing.page(items, page.next)))
}
