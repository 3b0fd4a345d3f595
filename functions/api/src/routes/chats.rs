//! The chats of linked Telegram accounts, and the topics of those that are forums.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use patchbay_app::accounts::{self, ChatFilter};
use patchbay_domain::account::{TelegramChat, TelegramChatKind, TelegramTopic};
use patchbay_domain::ids::{AccountId, TelegramChatId, TopicId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{Named, PathId, PathIds};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::{FieldError, Problem};

/// The longest part of a title that is looked for, in bytes.
const LONGEST_QUERY: usize = 128;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(refresh))
        .routes(routes!(get))
        .routes(routes!(topics))
        .routes(routes!(refresh_topics))
}

impl Named for TelegramChatId {
    const NAME: &str = "Telegram chat";
}

#[derive(Serialize, ToSchema)]
#[schema(as = TelegramChat)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is told by Telegram apart from the others"
)]
pub(crate) struct ChatView {
    /// As the Bot API numbers chats: a user is positive, a group `-id`, a channel or supergroup
    /// `-100…id`.
    #[schema(value_type = String, example = "-1001234567890")]
    id: TelegramChatId,
    title: String,
    kind: KindView,
    username: Option<String>,
    /// Whether it can be the source of a pair, unless it is protected.
    can_read: bool,
    /// Whether it can be the destination of a pair.
    can_post: bool,
    /// Whether its owner forbids copying, so that it can't be the source of a pair.
    is_protected: bool,
    /// Whether its messages are in topics.
    is_forum: bool,
    /// How many people are in it, where Telegram told so.
    members: Option<u32>,
    /// Of a forum: when its topics were last read from Telegram.
    #[schema(value_type = Option<String>, format = DateTime)]
    topics_read_at: Option<Moment>,
}

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TelegramChatKind)]
pub(crate) enum KindView {
    Private,
    Bot,
    Group,
    Supergroup,
    Channel,
}

impl From<TelegramChat> for ChatView {
    fn from(chat: TelegramChat) -> Self {
        Self {
            id: chat.id,
            title: chat.title,
            kind: chat.kind.into(),
            username: chat.username,
            can_read: chat.can_read,
            can_post: chat.can_post,
            is_protected: chat.is_protected,
            is_forum: chat.is_forum,
            members: chat.members,
            topics_read_at: chat.topics_read_at.map(Moment),
        }
    }
}

impl From<TelegramChatKind> for KindView {
    fn from(kind: TelegramChatKind) -> Self {
        match kind {
            TelegramChatKind::Private => Self::Private,
            TelegramChatKind::Bot => Self::Bot,
            TelegramChatKind::Group => Self::Group,
            TelegramChatKind::Supergroup => Self::Supergroup,
            TelegramChatKind::Channel => Self::Channel,
        }
    }
}

impl From<KindView> for TelegramChatKind {
    fn from(kind: KindView) -> Self {
        match kind {
            KindView::Private => Self::Private,
            KindView::Bot => Self::Bot,
            KindView::Group => Self::Group,
            KindView::Supergroup => Self::Supergroup,
            KindView::Channel => Self::Channel,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = TelegramTopic)]
pub(crate) struct TopicView {
    /// 1 is the topic that every forum begins with.
    #[schema(value_type = String, example = "7")]
    id: TopicId,
    title: String,
    /// Whether only those who manage topics may post in it.
    closed: bool,
    /// Whether it is hidden from the list; only the first topic can be.
    hidden: bool,
    #[schema(example = "#6fb9f0", pattern = "^#[0-9a-f]{6}$")]
    icon_color: String,
}

impl From<TelegramTopic> for TopicView {
    fn from(topic: TelegramTopic) -> Self {
        Self {
            id: topic.id,
            title: topic.title,
            closed: topic.is_closed,
            hidden: topic.is_hidden,
            icon_color: format!("#{:06x}", topic.icon_color),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChatFilters {
    /// Only chats of this kind. With any of the filters pages may be shorter than the limit: go
    /// on while there is a `next_cursor`.
    #[param(inline)]
    kind: Option<KindView>,
    /// Only chats that can be the destination of a pair, or only those that can't.
    can_post: Option<bool>,
    /// A part of the title or username, in upper or lower case; at most 128 bytes.
    #[param(max_length = 128)]
    query: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TopicFilters {
    /// A part of the title, in upper or lower case; at most 128 bytes. Pages may then be shorter
    /// than the limit: go on while there is a `next_cursor`.
    #[param(max_length = 128)]
    query: Option<String>,
}

fn query(text: Option<&str>) -> Result<Option<&str>, Problem> {
    match text {
        Some(text) if text.len() > LONGEST_QUERY => {
            let detail = format!("has to be at most {LONGEST_QUERY} bytes long");
            Err(Problem::invalid_query(FieldError::of_parameter(
                "query", detail,
            )))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// List the chats of a Telegram account
#[utoipa::path(
    get, path = "/v1/telegram/accounts/{id}/chats", tag = "telegram", operation_id = "list_telegram_chats",
    params(("id" = String, Path), Paging, ChatFilters),
    responses((status = 200, body = Page<ChatView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
    listing: Listing<ChatFilters>,
) -> Result<Json<Page<ChatView>>, Problem> {
    let filters = &listing.filters;
    let filter = ChatFilter {
        kind: filters.kind.map(TelegramChatKind::from),
        can_post: filters.can_post,
        query: query(filters.query.as_deref())?.map(str::to_owned),
    };
    let (after, limit) = (listing.after()?, listing.limit);
    let page = accounts::chats(api.ports(), &caller.user, id, &filter, after, limit).await?;
    let items = page.items.into_iter().map(ChatView::from).collect();
    Ok(Json(listing.page(items, page.next)))
}

/// Read the chats of a Telegram account from Telegram again
///
/// The topics of its forums are read again too. `chats_read_at` of the account tells when that
/// is done.
#[utoipa::path(
    post, path = "/v1/telegram/accounts/{id}/chats/refresh", tag = "telegram", operation_id = "refresh_telegram_chats",
    params(("id" = String, Path)),
    responses(
        (status = 202, description = "The connector is told"),
        (status = 409, description = "Telegram ended the account's session"),
    )
)]
pub(crate) async fn refresh(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<StatusCode, Problem> {
    accounts::refresh_chats(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Look at one chat of a Telegram account
#[utoipa::path(
    get, path = "/v1/telegram/accounts/{id}/chats/{chat}", tag = "telegram", operation_id = "get_telegram_chat",
    params(("id" = String, Path), ("chat" = String, Path)),
    responses((status = 200, body = ChatView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathIds(id, chat): PathIds<AccountId, TelegramChatId>,
) -> Result<Json<ChatView>, Problem> {
    let chat = accounts::chat(api.ports(), &caller.user, id, chat).await?;
    Ok(Json(chat.into()))
}

/// List the topics of a forum
///
/// They are read from Telegram once, and kept up from then on.
#[utoipa::path(
    get, path = "/v1/telegram/accounts/{id}/chats/{chat}/topics", tag = "telegram", operation_id = "list_telegram_topics",
    params(("id" = String, Path), ("chat" = String, Path), Paging, TopicFilters),
    responses(
        (status = 200, body = Page<TopicView>),
        (status = 409, description = "The chat has no topics"),
    )
)]
pub(crate) async fn topics(
    State(api): State<Api>,
    caller: Caller,
    PathIds(id, chat): PathIds<AccountId, TelegramChatId>,
    listing: Listing<TopicFilters>,
) -> Result<Json<Page<TopicView>>, Problem> {
    let query = query(listing.filters.query.as_deref())?;
    let (after, limit) = (listing.after()?, listing.limit);
    let of = accounts::ForumOf { account: id, chat };
    let page = accounts::topics(api.ports(), &caller.user, of, query, after, limit).await?;
    let items = page.items.into_iter().map(TopicView::from).collect();
    Ok(Json(listing.page(items, page.next)))
}

/// Read the topics of a forum from Telegram again
///
/// `topics_read_at` of the chat tells when that is done.
#[utoipa::path(
    post, path = "/v1/telegram/accounts/{id}/chats/{chat}/topics/refresh", tag = "telegram", operation_id = "refresh_telegram_topics",
    params(("id" = String, Path), ("chat" = String, Path)),
    responses(
        (status = 202, description = "The connector is told"),
        (status = 409, description = "The chat has no topics, or Telegram ended the session"),
    )
)]
pub(crate) async fn refresh_topics(
    State(api): State<Api>,
    caller: Caller,
    PathIds(account, chat): PathIds<AccountId, TelegramChatId>,
) -> Result<StatusCode, Problem> {
    let of = accounts::ForumOf { account, chat };
    accounts::refresh_topics(api.ports(), &caller.user, of).await?;
    Ok(StatusCode::ACCEPTED)
}
