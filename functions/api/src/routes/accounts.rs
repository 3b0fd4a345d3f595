//! Linked Telegram accounts and their chats.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use patchbay_app::accounts::{self, Unlinked};
use patchbay_domain::account::{Account, AccountState, TelegramChat, TelegramChatKind};
use patchbay_domain::ids::{AccountId, TelegramChatId, TelegramUserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{Named, PathId};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::Problem;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get, unlink))
        .routes(routes!(reconnect))
        .routes(routes!(chats))
        .routes(routes!(refresh_chats))
}

impl Named for AccountId {
    const NAME: &str = "Telegram account";
}

#[derive(Serialize, ToSchema)]
#[schema(as = TelegramAccount)]
pub(crate) struct AccountView {
    #[schema(value_type = String, example = "acc_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: AccountId,
    #[schema(value_type = String, example = "777000")]
    telegram_user: TelegramUserId,
    name: String,
    username: Option<String>,
    #[serde(flatten)]
    state: StateView,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Moment,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
#[schema(as = TelegramAccountState)]
pub(crate) enum StateView {
    Connecting,
    Connected {
        #[schema(value_type = String, format = DateTime)]
        since: Moment,
    },
    Reconnecting {
        #[schema(value_type = String, format = DateTime)]
        since: Moment,
    },
    /// Telegram limits the account.
    FloodWaiting {
        #[schema(value_type = String, format = DateTime)]
        until: Moment,
    },
    /// Telegram ended the session; the account has to be linked again.
    LoggedOut {
        #[schema(value_type = String, format = DateTime)]
        at: Moment,
        reason: String,
    },
}

impl From<AccountState> for StateView {
    fn from(state: AccountState) -> Self {
        match state {
            AccountState::Connecting => Self::Connecting,
            AccountState::Connected { since } => Self::Connected {
                since: Moment(since),
            },
            AccountState::Reconnecting { since } => Self::Reconnecting {
                since: Moment(since),
            },
            AccountState::FloodWaiting { until } => Self::FloodWaiting {
                until: Moment(until),
            },
            AccountState::LoggedOut { at, reason } => Self::LoggedOut {
                at: Moment(at),
                reason,
            },
        }
    }
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            telegram_user: account.telegram_user,
            name: account.name,
            username: account.username,
            state: account.state.into(),
            linked_at: Moment(account.linked_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = TelegramChat)]
pub(crate) struct ChatView {
    /// As the Bot API numbers chats: a user is positive, a group `-id`, a channel or supergroup
    /// `-100…id`.
    #[schema(value_type = String, example = "-1001234567890")]
    id: TelegramChatId,
    title: String,
    kind: KindView,
    username: Option<String>,
    /// Whether it can be the destination of a pair.
    can_post: bool,
    /// Whether its owner forbids copying, so that it can't be the source of a pair.
    is_protected: bool,
}

#[derive(Serialize, ToSchema)]
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
            kind: match chat.kind {
                TelegramChatKind::Private => KindView::Private,
                TelegramChatKind::Bot => KindView::Bot,
                TelegramChatKind::Group => KindView::Group,
                TelegramChatKind::Supergroup => KindView::Supergroup,
                TelegramChatKind::Channel => KindView::Channel,
            },
            username: chat.username,
            can_post: chat.can_post,
            is_protected: chat.is_protected,
        }
    }
}

/// List the linked Telegram accounts
#[utoipa::path(
    get, path = "/v1/telegram/accounts", tag = "telegram", operation_id = "list_telegram_accounts",
    responses((status = 200, body = Page<AccountView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<Page<AccountView>>, Problem> {
    let mut accounts = api.ports().accounts.of_user(caller.user.id).await?;
    accounts.sort_by_key(|account| account.id);
    Ok(Json(Page::whole(
        accounts.into_iter().map(AccountView::from).collect(),
    )))
}

/// Look at a Telegram account
#[utoipa::path(
    get, path = "/v1/telegram/accounts/{id}", tag = "telegram", operation_id = "get_telegram_account",
    params(("id" = String, Path)), responses((status = 200, body = AccountView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(
        accounts::get(api.ports(), &caller.user, id).await?.into(),
    ))
}

/// Log a Telegram account out and forget it
///
/// Refused while pairs use it. Waits some seconds for Telegram; 202 if it isn't done by then.
#[utoipa::path(
    delete, path = "/v1/telegram/accounts/{id}", tag = "telegram", operation_id = "unlink_telegram_account",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "The account is logged out and forgotten"),
        (status = 202, description = "It soon will be"),
    )
)]
pub(crate) async fn unlink(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<StatusCode, Problem> {
    let patience = api.settings().patience;
    match accounts::unlink(api.ports(), &caller.user, id, patience).await? {
        Unlinked::Gone => Ok(StatusCode::NO_CONTENT),
        Unlinked::UnderWay => Ok(StatusCode::ACCEPTED),
    }
}

/// Connect a Telegram account anew
#[utoipa::path(
    post, path = "/v1/telegram/accounts/{id}/reconnect", tag = "telegram", operation_id = "reconnect_telegram_account",
    params(("id" = String, Path)),
    responses((status = 202, body = AccountView, description = "The connector is told"))
)]
pub(crate) async fn reconnect(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<Response, Problem> {
    let account = accounts::reconnect(api.ports(), &caller.user, id).await?;
    Ok((StatusCode::ACCEPTED, Json(AccountView::from(account))).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChatFilters {
    /// A part of the title or username, in upper or lower case. Pages may then be shorter than
    /// the limit: go on while there is a `next_cursor`.
    query: Option<String>,
}

/// List the chats of a Telegram account
#[utoipa::path(
    get, path = "/v1/telegram/accounts/{id}/chats", tag = "telegram", operation_id = "list_telegram_chats",
    params(("id" = String, Path), Paging, ChatFilters),
    responses((status = 200, body = Page<ChatView>))
)]
pub(crate) async fn chats(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
    listing: Listing<ChatFilters>,
) -> Result<Json<Page<ChatView>>, Problem> {
    let query = listing.filters.query.as_deref();
    let query = query.filter(|query| !query.is_empty());
    let (after, limit) = (listing.after()?, listing.limit);
    let page = accounts::chats(api.ports(), &caller.user, id, query, after, limit).await?;
    let items = page.items.into_iter().map(ChatView::from).collect();
    Ok(Json(listing.page(items, page.next)))
}

/// Read the chats of a Telegram account from Telegram again
#[utoipa::path(
    post, path = "/v1/telegram/accounts/{id}/chats/refresh", tag = "telegram", operation_id = "refresh_telegram_chats",
    params(("id" = String, Path)),
    responses((status = 202, description = "The connector is told"))
)]
pub(crate) async fn refresh_chats(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<StatusCode, Problem> {
    accounts::refresh_chats(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::ACCEPTED)
}
