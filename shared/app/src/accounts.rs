//! What a user does with linked Telegram accounts.

use patchbay_domain::account::{Account, AccountState, TelegramChat};
use patchbay_domain::ids::{AccountId, PairId};
use patchbay_domain::user::User;
use tokio::time::{Instant, sleep};

use crate::link_telegram::Patience;
use crate::ports::{Control, ControlTarget, Page, PortError, PortResult, Ports};

/// How many parts of the directory one search reads: a search for what hardly occurs answers with
/// a short page and a place to go on from, instead of reading everything.
const PARTS_READ_BY_A_SEARCH: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no such account")]
    NotFound,
    #[error("pairs read or write through the account")]
    InUse { pairs: Vec<PairId> },
    #[error("Telegram ended the account's session")]
    LoggedOut,
    #[error("no page begins there")]
    NoSuchPage,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// How far the removal of an account has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlinked {
    /// Logged out on Telegram, and forgotten.
    Gone,
    /// The connector is still at it.
    UnderWay,
}

pub async fn get(ports: &Ports, user: &User, account: AccountId) -> Result<Account, AccountError> {
    ports
        .accounts
        .get(user.id, account)
        .await?
        .ok_or(AccountError::NotFound)
}

/// Has the connector log the account out and forget it, and waits a little for that. An account
/// that pairs need stays: its owner decides about them first.
pub async fn unlink(
    ports: &Ports,
    user: &User,
    account: AccountId,
    patience: Patience,
) -> Result<Unlinked, AccountError> {
    get(ports, user, account).await?;
    let set = ports.pairs.of_user(user.id).await?;
    let pairs: Vec<PairId> = set
        .pairs
        .iter()
        .filter(|pair| {
            [pair.source, pair.destination]
                .iter()
                .any(|end| end.account() == Some(account))
        })
        .map(|pair| pair.id)
        .collect();
    if !pairs.is_empty() {
        return Err(AccountError::InUse { pairs });
    }
    let control = Control::RemoveAccount {
        owner: user.id,
        account,
    };
    ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await?;
    let deadline = Instant::now() + patience.limit;
    while ports.accounts.get(user.id, account).await?.is_some() {
        if Instant::now() >= deadline {
            return Ok(Unlinked::UnderWay);
        }
        sleep(patience.interval).await;
    }
    Ok(Unlinked::Gone)
}

/// Has the connector begin the account's session anew.
pub async fn reconnect(
    ports: &Ports,
    user: &User,
    account: AccountId,
) -> Result<Account, AccountError> {
    let present = with_session(ports, user, account).await?;
    let control = Control::RestartSession {
        owner: user.id,
        account,
    };
    ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await?;
    Ok(present)
}

/// Has the connector read the account's chats from Telegram again.
pub async fn refresh_chats(
    ports: &Ports,
    user: &User,
    account: AccountId,
) -> Result<(), AccountError> {
    with_session(ports, user, account).await?;
    let control = Control::RefreshChats {
        owner: user.id,
        account,
    };
    Ok(ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await?)
}

/// The chats that the account is in, or those whose title or username contains `query`. A page
/// with a `next` may be shorter than the limit.
pub async fn chats(
    ports: &Ports,
    user: &User,
    account: AccountId,
    query: Option<&str>,
    after: Option<String>,
    limit: usize,
) -> Result<Page<TelegramChat>, AccountError> {
    get(ports, user, account).await?;
    let begins_within = after.is_some();
    let page = match query {
        None => {
            ports
                .chats
                .telegram_page(account, after.as_deref(), limit)
                .await
        }
        Some(query) => search(ports, account, &query.to_lowercase(), after, limit).await,
    };
    match page {
        Ok(page) => Ok(page),
        // What can't be read is most likely what the caller gave.
        Err(PortError::Corrupt { .. }) if begins_within => Err(AccountError::NoSuchPage),
        Err(error) => Err(error.into()),
    }
}

async fn with_session(
    ports: &Ports,
    user: &User,
    account: AccountId,
) -> Result<Account, AccountError> {
    let present = get(ports, user, account).await?;
    match present.state {
        AccountState::LoggedOut { .. } => Err(AccountError::LoggedOut),
        AccountState::Connecting
        | AccountState::Connected { .. }
        | AccountState::Reconnecting { .. }
        | AccountState::FloodWaiting { .. } => Ok(present),
    }
}

async fn search(
    ports: &Ports,
    account: AccountId,
    query: &str,
    mut after: Option<String>,
    limit: usize,
) -> PortResult<Page<TelegramChat>> {
    let is_match = |chat: &TelegramChat| {
        let names = [Some(&chat.title), chat.username.as_ref()];
        names
            .into_iter()
            .flatten()
            .any(|name| name.to_lowercase().contains(query))
    };
    let mut items = Vec::new();
    for _ in 0..PARTS_READ_BY_A_SEARCH {
        // Reading no more than still fits keeps the end of a page at the end of a part.
        let part = ports
            .chats
            .telegram_page(account, after.as_deref(), limit - items.len())
            .await?;
        items.extend(part.items.into_iter().filter(is_match));
        after = part.next;
        if after.is_none() || items.len() >= limit {
            break;
        }
    }
    Ok(Page { items, next: after })
}
