//! What a user does with linked Telegram accounts.

use patchbay_domain::account::{
    Account, AccountLabel, AccountState, TelegramChat, TelegramChatKind, TelegramTopic,
};
use patchbay_domain::ids::{AccountId, PairId, TelegramChatId};
use patchbay_domain::user::User;
use tokio::time::{Instant, sleep};

use crate::link_telegram::Patience;
use crate::pairs;
use crate::ports::{Control, ControlTarget, Page, PortError, PortResult, Ports};

/// How many parts of the directory one search reads: a search for what hardly occurs answers with
/// a short page and a place to go on from, instead of reading everything.
const PARTS_READ_BY_A_SEARCH: usize = 20;

#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("there is no such account")]
    NotFound,
    #[error("the account is in no such chat")]
    NoSuchChat,
    #[error("the chat has no topics")]
    NotAForum,
    #[error("one of the accounts has to be the default one")]
    DefaultNeeded,
    #[error("pairs read or write through the account")]
    InUse { pairs: Vec<PairId> },
    #[error("the user's pairs keep changing")]
    Contended,
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

/// An account of a user. One of a user's accounts is the one to take where none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedAccount {
    pub account: Account,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Default,
    Ordinary,
}

/// What becomes of an account. What is `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountChange {
    /// `Some(None)` takes the label away.
    pub label: Option<Option<AccountLabel>>,
    pub standing: Option<Standing>,
}

/// The kinds of state that a list of accounts can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateKind {
    Connecting,
    Connected,
    Reconnecting,
    FloodWaiting,
    Limited,
    LoggedOut,
}

impl StateKind {
    pub fn of(state: &AccountState) -> Self {
        match state {
            AccountState::Connecting => Self::Connecting,
            AccountState::Connected { .. } => Self::Connected,
            AccountState::Reconnecting { .. } => Self::Reconnecting,
            AccountState::FloodWaiting { .. } => Self::FloodWaiting,
            AccountState::Limited { .. } => Self::Limited,
            AccountState::LoggedOut { .. } => Self::LoggedOut,
        }
    }
}

/// The user's accounts in the order of their ids. A plan allows some dozens, so they are read at
/// once.
pub async fn list(
    ports: &Ports,
    user: &User,
    state: Option<StateKind>,
    after: Option<AccountId>,
    limit: usize,
) -> Result<Page<LinkedAccount>, PortError> {
    let default = ports.accounts.default_of(user.id).await?;
    let accounts = ports.accounts.of_user(user.id).await?;
    let mut rest = accounts.into_iter().filter(|account| {
        after.is_none_or(|after| account.id > after)
            && state.is_none_or(|state| StateKind::of(&account.state) == state)
    });
    let items: Vec<LinkedAccount> = rest
        .by_ref()
        .take(limit)
        .map(|account| LinkedAccount::of(account, default))
        .collect();
    let last = rest.next().and_then(|_| items.last());
    let next = last.map(|last| last.account.id.to_string());
    Ok(Page { items, next })
}

impl LinkedAccount {
    fn of(account: Account, default: Option<AccountId>) -> Self {
        let standing = if default == Some(account.id) {
            Standing::Default
        } else {
            Standing::Ordinary
        };
        Self { account, standing }
    }
}

/// One of the user's accounts, with its standing.
pub async fn look(
    ports: &Ports,
    user: &User,
    account: AccountId,
) -> Result<LinkedAccount, AccountError> {
    let account = get(ports, user, account).await?;
    let default = ports.accounts.default_of(user.id).await?;
    Ok(LinkedAccount::of(account, default))
}

pub async fn get(ports: &Ports, user: &User, account: AccountId) -> Result<Account, AccountError> {
    ports
        .accounts
        .get(user.id, account)
        .await?
        .ok_or(AccountError::NotFound)
}

/// Names an account, or makes it the default one. A default account stays it until another one
/// takes its place.
pub async fn change(
    ports: &Ports,
    user: &User,
    account: AccountId,
    change: AccountChange,
) -> Result<LinkedAccount, AccountError> {
    let present = look(ports, user, account).await?;
    match (change.standing, present.standing) {
        (Some(Standing::Ordinary), Standing::Default) => return Err(AccountError::DefaultNeeded),
        (Some(Standing::Default), _) => {
            if !ports.accounts.set_default(user.id, account).await? {
                return Err(AccountError::NotFound);
            }
        }
        (Some(Standing::Ordinary), Standing::Ordinary) | (None, _) => {}
    }
    if let Some(label) = change.label {
        let label = label.as_ref();
        let named = ports.accounts.set_label(user.id, account, label).await?;
        named.ok_or(AccountError::NotFound)?;
    }
    look(ports, user, account).await
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
    let_leave(ports, user, account).await?;
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

/// From here on nobody makes a pair on the account; there is none yet, or it stays.
async fn let_leave(ports: &Ports, user: &User, account: AccountId) -> Result<(), AccountError> {
    for _ in 0..pairs::ROUNDS {
        let set = ports.pairs.of_user(user.id).await?;
        let pairs = pairs::using(&set.pairs, |end| end.account() == Some(account));
        if !pairs.is_empty() {
            return Err(AccountError::InUse { pairs });
        }
        let is_leaving = set.leaving.contains(&account);
        if is_leaving || ports.pairs.let_leave(user.id, account, set.version).await? {
            return Ok(());
        }
    }
    Err(AccountError::Contended)
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

/// A forum, and the account that is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForumOf {
    pub account: AccountId,
    pub chat: TelegramChatId,
}

/// Has the connector read the topics of a forum from Telegram again.
pub async fn refresh_topics(ports: &Ports, user: &User, of: ForumOf) -> Result<(), AccountError> {
    let ForumOf { account, chat } = of;
    with_session(ports, user, account).await?;
    check_forum(ports, user, of).await?;
    let control = Control::RefreshTopics {
        owner: user.id,
        account,
        chat,
    };
    Ok(ports
        .controls
        .send(ControlTarget::Partition(user.partition), &control)
        .await?)
}

/// Which chats are wanted. Everything that is `None` lets all through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatFilter {
    pub kind: Option<TelegramChatKind>,
    pub can_post: Option<bool>,
    /// A part of the title or username, in upper or lower case.
    pub query: Option<String>,
}

impl ChatFilter {
    fn passes(&self, chat: &TelegramChat) -> bool {
        self.kind.is_none_or(|kind| chat.kind == kind)
            && self.can_post.is_none_or(|it| chat.can_post == it)
            && self.query.as_deref().is_none_or(|query| {
                contains(&chat.title, query)
                    || chat.username.as_ref().is_some_and(|it| contains(it, query))
            })
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

/// The chats that the account is in, as far as the filter lets them through. A page with a `next`
/// may be shorter than the limit.
pub async fn chats(
    ports: &Ports,
    user: &User,
    account: AccountId,
    filter: &ChatFilter,
    after: Option<String>,
    limit: usize,
) -> Result<Page<TelegramChat>, AccountError> {
    get(ports, user, account).await?;
    let mut search = Search::new(after, limit);
    while let Some(left) = search.wants() {
        let after = search.after.as_deref();
        let part = ports.chats.telegram_page(account, after, left).await;
        search.take(part, |chat| filter.passes(chat))?;
    }
    Ok(search.page())
}

/// One chat that the account is in.
pub async fn chat(
    ports: &Ports,
    user: &User,
    account: AccountId,
    chat: TelegramChatId,
) -> Result<TelegramChat, AccountError> {
    get(ports, user, account).await?;
    let found = ports.chats.telegram(account, chat).await?;
    found.ok_or(AccountError::NoSuchChat)
}

/// The topics of a forum, or those whose title contains `query`. A page with a `next` may be
/// shorter than the limit.
pub async fn topics(
    ports: &Ports,
    user: &User,
    of: ForumOf,
    query: Option<&str>,
    after: Option<String>,
    limit: usize,
) -> Result<Page<TelegramTopic>, AccountError> {
    check_forum(ports, user, of).await?;
    let mut search = Search::new(after, limit);
    while let Some(left) = search.wants() {
        let (after, chats) = (search.after.as_deref(), &ports.chats);
        let part = chats.topics_page(of.account, of.chat, after, left).await;
        search.take(part, |topic| {
            query.is_none_or(|query| contains(&topic.title, query))
        })?;
    }
    Ok(search.page())
}

async fn check_forum(ports: &Ports, user: &User, of: ForumOf) -> Result<(), AccountError> {
    let chat = chat(ports, user, of.account, of.chat).await?;
    if chat.is_forum {
        Ok(())
    } else {
        Err(AccountError::NotAForum)
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
        | AccountState::FloodWaiting { .. }
        | AccountState::Limited { .. } => Ok(present),
    }
}

/// A page in the making, of what passes in a list that is read part by part.
struct Search<T> {
    items: Vec<T>,
    after: Option<String>,
    limit: usize,
    parts: usize,
}

impl<T> Search<T> {
    fn new(after: Option<String>, limit: usize) -> Self {
        Self {
            items: Vec::new(),
            after,
            limit,
            parts: 0,
        }
    }

    /// How many more are to be read. No more than still fit: that keeps the end of a page at the
    /// end of a part.
    fn wants(&self) -> Option<usize> {
        let is_at_end = self.parts > 0 && self.after.is_none();
        let left = self.limit.saturating_sub(self.items.len());
        (!is_at_end && left > 0 && self.parts < PARTS_READ_BY_A_SEARCH).then_some(left)
    }

    fn take(
        &mut self,
        part: PortResult<Page<T>>,
        passes: impl Fn(&T) -> bool,
    ) -> Result<(), AccountError> {
        let part = match part {
            Ok(part) => part,
            // What can't be read is most likely what the caller gave.
            Err(PortError::Corrupt { .. }) if self.parts == 0 && self.after.is_some() => {
                return Err(AccountError::NoSuchPage);
            }
            Err(error) => return Err(error.into()),
        };
        self.parts += 1;
        self.items.extend(part.items.into_iter().filter(passes));
        self.after = part.next;
        Ok(())
    }

    fn page(self) -> Page<T> {
        Page {
            items: self.items,
            next: self.after,
        }
    }
}
