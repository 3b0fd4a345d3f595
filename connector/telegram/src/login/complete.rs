//! The end of a login that succeeded on Telegram.

use grammers_tl_types as tl;
use patchbay_app::ports::{Linked, SecretName};
use patchbay_domain::account::{Account, AccountState, Login, LoginProblem, LoginState};
use patchbay_domain::ids::TelegramUserId;

use super::steps::{self, Draft, Step, fail};
use crate::connection::{Connection, InvokeError};
use crate::directory;
use crate::refusal;
use crate::session::seal;
use crate::telegram::{Shared, TelegramError, log_out};

/// Who a connection is, if it is anybody yet.
pub(super) async fn signed_in(
    connection: &Connection,
) -> Result<Option<tl::enums::User>, InvokeError> {
    let request = tl::functions::users::GetUsers {
        id: vec![tl::enums::InputUser::UserSelf],
    };
    match connection.invoke(&request).await {
        Ok(users) => Ok(users.into_iter().next()),
        Err(error) if error.is("SESSION_PASSWORD_NEEDED") => Ok(None),
        Err(error) if error.refusal().is_some_and(refusal::ends_session) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every step may be done again: the account has the id that the draft says.
pub(super) async fn complete(
    shared: &Shared,
    login: &Login,
    draft: &Draft,
    connection: &Connection,
    user: &tl::enums::User,
) -> Result<(), TelegramError> {
    let Some((new, limit)) = new_account(shared, login, draft, user).await? else {
        return refuse(shared, login, connection, LoginProblem::Refused).await;
    };
    let Some(account) = place(shared, login, connection, new).await? else {
        return refuse(shared, login, connection, LoginProblem::AlreadyLinked).await;
    };
    let ports = &shared.ports;
    let name = SecretName::TelegramSession(account.id);
    seal(&*ports.vault, login.owner, name, &connection.stored()?).await?;
    let problem = match ports.accounts.create(&account, limit).await? {
        Linked::New => None,
        Linked::Taken => Some(LoginProblem::AlreadyLinked),
        Linked::Full => Some(LoginProblem::PlanLimit),
    };
    if let Some(problem) = problem {
        ports.vault.remove(login.owner, name).await?;
        return refuse(shared, login, connection, problem).await;
    }
    ports
        .accounts
        .set_state(login.owner, account.id, &account.state)
        .await?;
    let done = LoginState::Done {
        account: account.id,
    };
    let is_done = steps::advance(shared, login, done.clone()).await?.is_some()
        || is_at(shared, login, &done).await?;
    if !is_done {
        // It was cancelled at the last moment.
        return undo(shared, login, &account, connection).await;
    }
    tracing::info!(account = %account.id, "account linked");
    if shared.linked.send(account).is_err() {
        tracing::debug!("nobody starts sessions any more");
    }
    steps::clear(shared, login).await
}

/// The account to be, and how many its owner may have.
async fn new_account(
    shared: &Shared,
    login: &Login,
    draft: &Draft,
    user: &tl::enums::User,
) -> Result<Option<(Account, usize)>, TelegramError> {
    let tl::enums::User::User(user) = user else {
        return Ok(None);
    };
    let Some(owner) = shared.ports.users.get(login.owner).await? else {
        return Ok(None);
    };
    let account = Account {
        id: draft.account,
        owner: login.owner,
        partition: owner.partition,
        telegram_user: TelegramUserId(user.id),
        name: directory::user_name(user),
        username: directory::username(user.username.as_ref(), user.usernames.as_deref()),
        label: None,
        state: AccountState::Connecting,
        linked_at: shared.ports.clock.now(),
        chats_read_at: None,
    };
    Ok(Some((account, owner.plan.limits().telegram_accounts)))
}

/// The account that the session is for: the new one, or one of the same owner whose session
/// Telegram had ended. That one goes on from its position, so that nothing between is lost.
async fn place(
    shared: &Shared,
    login: &Login,
    connection: &Connection,
    new: Account,
) -> Result<Option<Account>, TelegramError> {
    let accounts = &shared.ports.accounts;
    let Some(id) = accounts.by_telegram_user(new.telegram_user).await? else {
        return Ok(Some(new));
    };
    if id == new.id {
        let existing = accounts.get(login.owner, id).await?.unwrap_or(new);
        return Ok(Some(Account {
            state: AccountState::Connecting,
            ..existing
        }));
    }
    let Some(existing) = accounts.get(login.owner, id).await? else {
        return Ok(None);
    };
    if !matches!(existing.state, AccountState::LoggedOut { .. }) {
        return Ok(None);
    }
    // From here on this login is that account's, whatever its state.
    let draft = Draft {
        session: connection.stored()?,
        account: id,
        step: Step::Qr,
    };
    steps::keep(shared, login, &draft).await?;
    Ok(Some(Account {
        state: AccountState::Connecting,
        ..existing
    }))
}

async fn is_at(shared: &Shared, login: &Login, state: &LoginState) -> Result<bool, TelegramError> {
    let present = shared.ports.logins.get(login.owner, login.id).await?;
    Ok(present.is_some_and(|present| present.state == *state))
}

async fn refuse(
    shared: &Shared,
    login: &Login,
    connection: &Connection,
    problem: LoginProblem,
) -> Result<(), TelegramError> {
    end_session(connection).await;
    fail(shared, login, problem).await
}

async fn undo(
    shared: &Shared,
    login: &Login,
    account: &Account,
    connection: &Connection,
) -> Result<(), TelegramError> {
    end_session(connection).await;
    shared
        .ports
        .accounts
        .remove(login.owner, account.id)
        .await?;
    shared
        .ports
        .vault
        .remove(login.owner, SecretName::TelegramSession(account.id))
        .await?;
    steps::clear(shared, login).await
}

/// A session left behind is visible to its owner among the devices and can be ended there.
async fn end_session(connection: &Connection) {
    if let Err(error) = log_out(connection).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "unused session not logged out"
        );
    }
}
