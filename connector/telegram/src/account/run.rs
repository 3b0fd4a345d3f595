//! Keeping one account connected.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use grammers_tl_types as tl;
use patchbay_app::ports::{Ingest, PortResult, Ports, SecretName, TelegramPosition};
use patchbay_domain::Fence;
use patchbay_domain::account::AccountState;
use patchbay_domain::retry::Backoff;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::inbox::Inbox;
use super::listen::Ear;
use super::live::Ask;
use super::{Halt, LiveAccount, dialogs};
use crate::config::TelegramConfig;
use crate::connection::Connection;
use crate::own::OwnPosts;
use crate::session::{StoredSession, unseal};

/// How long a stop waits for the position to be saved.
const LAST_SAVE_WITHIN: Duration = Duration::from_millis(1500);
/// A connection that lived this long was a good one; the next failure counts from one again.
const STEADY_AFTER: Duration = Duration::from_mins(1);
const DIRECTORY_PAGE: usize = 500;

/// How the running of an account ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was asked to.
    Stopped,
    /// Telegram ended the session for good; the account's state says so.
    LoggedOut { reason: String },
    /// Somebody else owns the account by now. Nothing was written after that was noticed.
    FencedOut,
}

pub(crate) struct Run {
    pub(crate) config: Arc<TelegramConfig>,
    pub(crate) ports: Ports,
    pub(crate) own: Arc<OwnPosts>,
    pub(crate) live: Arc<LiveAccount>,
    pub(crate) asked: mpsc::Receiver<Ask>,
    pub(crate) fence: Fence,
    pub(crate) ingest: Arc<dyn Ingest>,
}

impl Run {
    pub(crate) async fn until(mut self, stop: CancellationToken) -> Ended {
        let mut inbox = None;
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => Ended::Stopped,
            ended = self.stay_connected(&mut inbox) => ended,
        };
        self.live.disconnect();
        match &ended {
            Ended::FencedOut => {}
            Ended::Stopped => self.save_last(inbox).await,
            Ended::LoggedOut { reason } => {
                self.save_last(inbox).await;
                let at = self.ports.clock.now();
                let state = AccountState::LoggedOut {
                    at,
                    reason: reason.clone(),
                };
                show(&self.ports, &self.live, &state).await;
            }
        }
        tracing::info!(account = %self.live.account.id, ?ended, "session ended");
        ended
    }

    async fn save_last(&self, inbox: Option<Inbox>) {
        let Some(mut inbox) = inbox else { return };
        let saving = async {
            let saved = inbox.save_position().await;
            inbox.pass_on_last_reactions().await;
            saved
        };
        let saved = tokio::time::timeout(LAST_SAVE_WITHIN, saving).await;
        if !matches!(saved, Ok(Ok(()))) {
            tracing::warn!(
                account = %self.live.account.id,
                "last position not saved, the last second will be replayed"
            );
        }
    }

    async fn stay_connected(&mut self, inbox: &mut Option<Inbox>) -> Ended {
        let mut failures = 0;
        if self.live.limitation().is_none() {
            // What is known of a limitation would be lost if this process ended now.
            show(&self.ports, &self.live, &AccountState::Connecting).await;
        }
        loop {
            let began = Instant::now();
            let outcome = AssertUnwindSafe(Box::pin(self.connect_and_work(inbox)));
            let halt = match outcome.catch_unwind().await {
                Ok(Err(halt)) => halt,
                Ok(Ok(never)) => match never {},
                Err(_panic) => {
                    // The library asserts things about what Telegram sends.
                    if let Some(inbox) = inbox {
                        inbox.rewind();
                    }
                    Halt::Ended("a panic while updates were read")
                }
            };
            self.live.disconnect();
            let mut pause = None;
            match halt {
                Halt::LoggedOut(reason) => return Ended::LoggedOut { reason },
                Halt::FencedOut => return Ended::FencedOut,
                Halt::FloodWait(wait) => pause = Some(wait),
                Halt::Lost(error) => self.log_lost(&error),
                Halt::Port(error) => self.log_lost(&error),
                Halt::Ended(why) => tracing::info!(account = %self.live.account.id, why, "lost"),
            }
            failures = if began.elapsed() > STEADY_AFTER {
                1
            } else {
                failures + 1
            };
            self.wait(pause, failures).await;
        }
    }

    fn log_lost(&self, error: &(dyn std::error::Error + 'static)) {
        tracing::warn!(account = %self.live.account.id, error, "connection lost");
    }

    async fn wait(&self, flood: Option<Duration>, failures: u32) {
        let now = self.ports.clock.now();
        let pause = if let Some(wait) = flood {
            let until = now.plus(wait);
            self.live.flooded(until);
            show(
                &self.ports,
                &self.live,
                &AccountState::FloodWaiting { until },
            )
            .await;
            wait
        } else {
            let since = match self.live.state() {
                AccountState::Reconnecting { since } => since,
                AccountState::Connecting
                | AccountState::Connected { .. }
                | AccountState::FloodWaiting { .. }
                | AccountState::Limited { .. }
                | AccountState::LoggedOut { .. } => now,
            };
            show(
                &self.ports,
                &self.live,
                &AccountState::Reconnecting { since },
            )
            .await;
            let share = u32::try_from(self.ports.ids.secret() & 0xffff).unwrap_or_default();
            Backoff::RECONNECT.after(failures, f64::from(share) / f64::from(0x1_0000))
        };
        tokio::time::sleep(pause).await;
    }

    async fn connect_and_work(&mut self, inbox: &mut Option<Inbox>) -> Result<Infallible, Halt> {
        let account = &self.live.account;
        let name = SecretName::TelegramSession(account.id);
        let session: Option<StoredSession> =
            unseal(&*self.ports.vault, account.owner, name).await?;
        let session =
            session.ok_or_else(|| Halt::LoggedOut("the session was removed".to_owned()))?;
        let (connection, mut updates) = Connection::new(&self.config, &session);
        let connection = Arc::new(connection);
        let tl::enums::updates::State::State(state) = connection
            .invoke(&tl::functions::updates::GetState {})
            .await?;
        let inbox = match inbox {
            Some(inbox) => inbox,
            None => inbox.insert(self.open_inbox(&connection, state).await?),
        };
        inbox.resync().await?;
        self.live.connect(Arc::clone(&connection));
        let connected = AccountState::Connected {
            since: self.ports.clock.now(),
        };
        let ear = Ear {
            connection: &connection,
            updates: &mut updates,
            asked: &mut self.asked,
            connected,
        };
        Box::pin(inbox.listen(ear)).await
    }

    /// Goes on from the saved position. An account without one is new: its position is that of
    /// this moment, and is saved before anything else, so that nothing is lost from here on.
    async fn open_inbox(
        &self,
        connection: &Connection,
        state: tl::types::updates::State,
    ) -> Result<Inbox, Halt> {
        let saved = self.ports.positions.telegram(self.live.account.id).await?;
        self.read_directory().await?;
        let is_new = saved.is_none();
        let position = saved.unwrap_or(TelegramPosition::default());
        let mut inbox = Inbox::new(
            self.ports.clone(),
            Arc::clone(&self.live),
            Arc::clone(&self.own),
            Arc::clone(&self.ingest),
            self.fence,
            position,
            &self.config,
        );
        if is_new {
            inbox.boxes.set_state(state);
        }
        if is_new || self.live.directory.ids().is_empty() {
            let dialogs = dialogs::load(connection, self.live.account.telegram_user).await?;
            inbox.take_dialogs(dialogs).await?;
        }
        if is_new {
            match inbox.keeper.save(&*self.ports.positions).await? {
                Ok(()) => {}
                Err(patchbay_app::ports::FencedOut) => return Err(Halt::FencedOut),
            }
        }
        Ok(inbox)
    }

    async fn read_directory(&self) -> PortResult<()> {
        let mut after = None;
        loop {
            let page = self
                .ports
                .chats
                .telegram_page(self.live.account.id, after.as_deref(), DIRECTORY_PAGE)
                .await?;
            for chat in page.items {
                self.live.directory.put(chat);
            }
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// Makes a state known, if it is another one than before. The stored state is for people to
/// read: nothing waits for it.
pub(super) async fn show(ports: &Ports, live: &LiveAccount, state: &AccountState) {
    if !live.enter(state) {
        return;
    }
    let account = &live.account;
    if let Err(error) = ports
        .accounts
        .set_state(account.owner, account.id, state)
        .await
    {
        tracing::warn!(
            account = %account.id,
            error = &error as &dyn std::error::Error,
            ?state,
            "state not written"
        );
        live.state_not_written();
    }
}
