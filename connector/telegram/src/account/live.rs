use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::account::{Account, AccountState, LimitReason};
use patchbay_domain::ids::TelegramChatId;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::connection::Connection;
use crate::directory::Directory;
use crate::lock;

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Something that the session's task is asked to do.
#[derive(Debug)]
pub(crate) enum Ask {
    /// Read the list of chats again, then say so.
    RefreshChats(oneshot::Sender<()>),
    /// The same, unless it was read a moment ago.
    MissesChat(oneshot::Sender<()>),
    /// Read the topics of a forum again, then say so.
    RefreshTopics(TelegramChatId, oneshot::Sender<()>),
}

/// What others may know and use of a session that runs.
pub(crate) struct LiveAccount {
    pub(crate) account: Account,
    pub(crate) directory: Directory,
    /// Wakes the session's task when one of the things below has changed.
    pub(crate) changed: Notify,
    asks: mpsc::Sender<Ask>,
    status: Mutex<Status>,
}

struct Status {
    state: AccountState,
    is_written: bool,
    connection: Option<Arc<Connection>>,
    flood_until: Option<Timestamp>,
    limitation: Option<Limitation>,
    logged_out: Option<String>,
    is_premium: Option<bool>,
}

/// What Telegram does to an account whose behaviour it doesn't like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limitation {
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) reason: LimitReason,
}

impl Limitation {
    /// A former process may have met it.
    fn of(state: &AccountState) -> Option<Self> {
        match *state {
            AccountState::Limited {
                since,
                until,
                reason,
            } => Some(Self {
                since,
                until,
                reason,
            }),
            AccountState::Connecting
            | AccountState::Connected { .. }
            | AccountState::Reconnecting { .. }
            | AccountState::FloodWaiting { .. }
            | AccountState::LoggedOut { .. } => None,
        }
    }

    pub(crate) fn state(self) -> AccountState {
        let Self {
            since,
            until,
            reason,
        } = self;
        AccountState::Limited {
            since,
            until,
            reason,
        }
    }
}

impl LiveAccount {
    pub(crate) fn new(account: Account) -> (Self, mpsc::Receiver<Ask>) {
        let (asks, asked) = mpsc::channel(4);
        let limitation = Limitation::of(&account.state);
        let status = Status {
            state: account.state.clone(),
            is_written: true,
            connection: None,
            flood_until: limitation.map(|limitation| limitation.until),
            limitation,
            logged_out: None,
            is_premium: None,
        };
        let live = Self {
            account,
            directory: Directory::default(),
            changed: Notify::new(),
            asks,
            status: Mutex::new(status),
        };
        (live, asked)
    }

    pub(crate) fn state(&self) -> AccountState {
        lock(&self.status).state.clone()
    }

    /// Answers whether the state is now to be written.
    pub(crate) fn enter(&self, state: &AccountState) -> bool {
        let mut status = lock(&self.status);
        let is_unwritten = status.state != *state || !status.is_written;
        status.state = state.clone();
        status.is_written = true;
        is_unwritten
    }

    pub(crate) fn state_not_written(&self) {
        lock(&self.status).is_written = false;
    }

    pub(crate) fn connection(&self) -> Option<Arc<Connection>> {
        lock(&self.status).connection.clone()
    }

    pub(crate) fn connect(&self, connection: Arc<Connection>) {
        lock(&self.status).connection = Some(connection);
    }

    /// Ends the connection for everybody who uses it.
    pub(crate) fn disconnect(&self) {
        if let Some(connection) = lock(&self.status).connection.take() {
            connection.close();
        }
    }

    /// Until when Telegram wants no request of this account.
    pub(crate) fn flood_until(&self, now: Timestamp) -> Option<Timestamp> {
        lock(&self.status).flood_until.filter(|until| *until > now)
    }

    pub(crate) fn flooded(&self, until: Timestamp) {
        let mut status = lock(&self.status);
        status.flood_until = status.flood_until.max(Some(until));
        drop(status);
        self.changed.notify_one();
    }

    pub(crate) fn limitation(&self) -> Option<Limitation> {
        lock(&self.status).limitation
    }

    /// Telegram limits the account, or does so still.
    pub(crate) fn limited(&self, reason: LimitReason, now: Timestamp, until: Timestamp) {
        let mut status = lock(&self.status);
        let since = status.limitation.map_or(now, |former| former.since);
        status.limitation = Some(Limitation {
            since,
            until,
            reason,
        });
        status.flood_until = status.flood_until.max(Some(until));
        drop(status);
        self.changed.notify_one();
    }

    /// Something was sent, so that nothing limits the account any more.
    pub(crate) fn sent(&self) {
        if lock(&self.status).limitation.take().is_some() {
            self.changed.notify_one();
        }
    }

    pub(crate) fn logged_out(&self) -> Option<String> {
        lock(&self.status).logged_out.clone()
    }

    /// A request of somebody else learned that the session is over.
    pub(crate) fn set_logged_out(&self, reason: &str) {
        lock(&self.status).logged_out = Some(reason.to_owned());
        self.changed.notify_one();
    }

    /// Whether its owner pays Telegram, as far as that was asked for.
    pub(crate) fn is_premium(&self) -> Option<bool> {
        lock(&self.status).is_premium
    }

    pub(crate) fn set_premium(&self, is_premium: bool) {
        lock(&self.status).is_premium = Some(is_premium);
    }

    /// Waits until the list of chats is read again; false if the session is not able to now.
    pub(crate) async fn refresh_chats(&self) -> bool {
        self.ask(Ask::RefreshChats).await
    }

    /// Looks for a chat that the directory doesn't list.
    pub(crate) async fn look_for_chats(&self) -> bool {
        self.ask(Ask::MissesChat).await
    }

    /// Waits until the topics of a forum are read again; false if the session is not able to now.
    pub(crate) async fn refresh_topics(&self, chat: TelegramChatId) -> bool {
        self.ask(|done| Ask::RefreshTopics(chat, done)).await
    }

    async fn ask(&self, ask: impl FnOnce(oneshot::Sender<()>) -> Ask) -> bool {
        let (done, is_done) = oneshot::channel();
        let answer = async { self.asks.send(ask(done)).await.is_ok() && is_done.await.is_ok() };
        tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .unwrap_or(false)
    }
}
