//! Forgetting users who leave.

use std::collections::HashMap;

use patchbay_app::forget_user;
use patchbay_app::ports::{PortError, Ports};
use patchbay_domain::ids::UserId;
use patchbay_domain::user::User;
use patchbay_telegram::{Telegram, TelegramError};
use tokio::task::{self, JoinSet};

#[derive(Debug, thiserror::Error)]
pub(crate) enum ForgetError {
    #[error("a store fails")]
    Port(#[from] PortError),
    #[error("a Telegram account is not logged out")]
    Telegram(#[from] TelegramError),
    #[error("there are no credentials for Telegram, on which accounts are to be logged out")]
    NoTelegram,
}

/// Logs the user's Telegram accounts out, and deletes everything. Their sessions have ended. Each
/// step may be done again.
pub(crate) async fn forget(
    ports: &Ports,
    telegram: Option<&Telegram>,
    user: &User,
) -> Result<(), ForgetError> {
    forget_user::silence(ports, user).await?;
    for account in ports.accounts.of_user(user.id).await? {
        let telegram = telegram.ok_or(ForgetError::NoTelegram)?;
        telegram.remove_account(user.id, account.id).await?;
    }
    Ok(forget_user::forget(ports, user).await?)
}

/// The users who are being forgotten, each once.
#[derive(Default)]
pub(crate) struct Forgetting {
    users: HashMap<task::Id, UserId>,
    running: JoinSet<()>,
}

impl Forgetting {
    pub(crate) fn is_of(&self, user: UserId) -> bool {
        self.users.values().any(|of| *of == user)
    }

    pub(crate) fn begin(&mut self, user: UserId, work: impl Future<Output = ()> + Send + 'static) {
        let task = self.running.spawn(work).id();
        self.users.insert(task, user);
    }

    /// When one of them has ended, however it did. While there is none, never.
    pub(crate) async fn next(&mut self) {
        let task = match self.running.join_next_with_id().await {
            Some(Ok((task, ()))) => task,
            Some(Err(error)) => error.id(),
            None => return std::future::pending().await,
        };
        self.users.remove(&task);
    }

    pub(crate) async fn stop(&mut self) {
        self.running.shutdown().await;
    }
}
