//! Linked Telegram accounts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use patchbay_app::accounts::{self, AccountChange, LinkedAccount, Standing, StateKind, Unlinked};
use patchbay_domain::account::{AccountLabel, AccountState, LimitReason};
use patchbay_domain::ids::{AccountId, TelegramUserId};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Named, PathId};
use crate::moment::Moment;
use crate::paging::{Listing, Page, Paging};
use crate::problem::Problem;

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get, change, unlink))
        .routes(routes!(reconnect))
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
    /// What its owner calls it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    label: Option<AccountLabel>,
    /// Whether it is the one to take where none is named.
    default: bool,
    #[serde(flatten)]
    state: StateView,
    #[schema(value_type = String, format = DateTime)]
    linked_at: Moment,
    /// When its whole list of chats was last read from Telegram.
    #[schema(value_type = Option<String>, format = DateTime)]
    chats_read_at: Option<Moment>,
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
    /// Telegram wants no requests of the account for a while.
    FloodWaiting {
        #[schema(value_type = String, format = DateTime)]
        until: Moment,
    },
    /// Telegram limits what the account may send: `spam` if others reported it or it sent too much,
    /// `frozen` if only an appeal to Telegram helps. It sends nothing until then, and tries again.
    Limited {
        #[schema(value_type = String, format = DateTime)]
        since: Moment,
        #[schema(value_type = String, format = DateTime)]
        until: Moment,
        reason: LimitReasonView,
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
            AccountState::Limited {
                since,
                until,
                reason,
            } => Self::Limited {
                since: Moment(since),
                until: Moment(until),
                reason: reason.into(),
            },
            AccountState::LoggedOut { at, reason } => Self::LoggedOut {
                at: Moment(at),
                reason,
            },
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TelegramLimitReason)]
pub(crate) enum LimitReasonView {
    Spam,
    Frozen,
}

impl From<LimitReason> for LimitReasonView {
    fn from(reason: LimitReason) -> Self {
        match reason {
            LimitReason::Spam => Self::Spam,
            LimitReason::Frozen => Self::Frozen,
        }
    }
}

impl From<LinkedAccount> for AccountView {
    fn from(LinkedAccount { account, standing }: LinkedAccount) -> Self {
        Self {
            id: account.id,
            telegram_user: account.telegram_user,
            name: account.name,
            username: account.username,
            label: account.label,
            default: standing == Standing::Default,
            state: account.state.into(),
            linked_at: Moment(account.linked_at),
            chats_read_at: account.chats_read_at.map(Moment),
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TelegramAccountStateKind)]
pub(crate) enum StateFilter {
    Connecting,
    Connected,
    Reconnecting,
    FloodWaiting,
    Limited,
    LoggedOut,
}

impl From<StateFilter> for StateKind {
    fn from(state: StateFilter) -> Self {
        match state {
            StateFilter::Connecting => Self::Connecting,
            StateFilter::Connected => Self::Connected,
            StateFilter::Reconnecting => Self::Reconnecting,
            StateFilter::FloodWaiting => Self::FloodWaiting,
            StateFilter::Limited => Self::Limited,
            StateFilter::LoggedOut => Self::LoggedOut,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountFilters {
    /// Only accounts in this state.
    #[param(inline)]
    state: Option<StateFilter>,
}

/// What becomes of an account. What is left out stays as it is.
#[expect(clippy::option_option, reason = "null takes the label away")]
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeTelegramAccount {
    /// What its owner calls it: 1 to 64 characters, none of them a control character. Null takes
    /// the label away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    label: Option<Option<AccountLabel>>,
    /// True makes it the default account, in the place of the one that was it.
    default: Option<bool>,
}

/// Tells null from nothing.
#[expect(clippy::option_option, reason = "null takes the label away")]
fn given<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<AccountLabel>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// List the linked Telegram accounts
#[utoipa::path(
    get, path = "/v1/telegram/accounts", tag = "telegram", operation_id = "list_telegram_accounts",
    params(Paging, AccountFilters),
    responses((status = 200, body = Page<AccountView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    listing: Listing<AccountFilters>,
) -> Result<Json<Page<AccountView>>, Problem> {
    let state = listing.filters.state.map(StateKind::from);
    let (after, limit) = (listing.after()?, listing.limit);
    let page = accounts::list(api.ports(), &caller.user, state, after, limit).await?;
    let items = page.items.into_iter().map(AccountView::from).collect();
    Ok(Json(listing.page(items, page.next)))
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
    let account = accounts::look(api.ports(), &caller.user, id).await?;
    Ok(Json(account.into()))
}

/// Name a Telegram account, or make it the default one
#[utoipa::path(
    patch, path = "/v1/telegram/accounts/{id}", tag = "telegram", operation_id = "change_telegram_account",
    params(("id" = String, Path)), request_body = ChangeTelegramAccount,
    responses(
        (status = 200, body = AccountView, description = "The account as it is now"),
        (status = 409, description = "One account has to be the default one"),
    )
)]
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
    JsonBody(body): JsonBody<ChangeTelegramAccount>,
) -> Result<Json<AccountView>, Problem> {
    let change = AccountChange {
        label: body.label,
        standing: body.default.map(|default| {
            if default {
                Standing::Default
            } else {
                Standing::Ordinary
            }
        }),
    };
    let account = accounts::change(api.ports(), &caller.user, id, change).await?;
    Ok(Json(account.into()))
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
        (status = 409, description = "Pairs use the account"),
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
    responses(
        (status = 202, body = AccountView, description = "The connector is told"),
        (status = 409, description = "Telegram ended the account's session"),
    )
)]
pub(crate) async fn reconnect(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<AccountId>,
) -> Result<Response, Problem> {
    accounts::reconnect(api.ports(), &caller.user, id).await?;
    let account = accounts::look(api.ports(), &caller.user, id).await?;
    Ok((StatusCode::ACCEPTED, Json(AccountView::from(account))).into_response())
}
