use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_app::ports::{Ingest, PortError, Ports, SecretName};
use patchbay_domain::Fence;
use patchbay_domain::account::{Account, AccountState};
use patchbay_domain::ids::{AccountId, LoginId, TelegramChatId, UserId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account::{Ended, LiveAccount, Run};
use crate::config::TelegramConfig;
use crate::connection::{Connection, InvokeError};
use crate::lock;
use crate::login;
use crate::own::OwnPosts;
use crate::read::TelegramReader;
use crate::refusal;
use crate::send::TelegramSender;
use crate::session::{StoredSession, unseal};

const DIRECTORY_PAGE: usize = 500;

/// It was not done, and may be asked for again.
#[derive(Debug, thiserror::Error)]
pub enum TelegramError {
    #[error("a store fails")]
    Port(#[from] PortError),
    #[error("Telegram does not answer")]
    Unanswered(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the account is not connected")]
    NotConnected,
}

impl From<InvokeError> for TelegramError {
    fn from(error: InvokeError) -> Self {
        Self::Unanswered(Box::new(error))
    }
}

/// The Telegram accounts of one connector process.
#[derive(Clone)]
pub struct Telegram {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) config: Arc<TelegramConfig>,
    pub(crate) ports: Ports,
    pub(crate) own: Arc<OwnPosts>,
    pub(crate) http: reqwest::Client,
    /// Takes every account that was linked, for its session to be started.
    pub(crate) linked: mpsc::UnboundedSender<Account>,
    pub(crate) codes_shown: Mutex<HashMap<LoginId, CancellationToken>>,
    pub(crate) tasks: TaskTracker,
    pub(crate) closing: CancellationToken,
    accounts: Mutex<HashMap<AccountId, Arc<LiveAccount>>>,
}

impl Shared {
    pub(crate) fn live(&self, account: AccountId) -> Option<Arc<LiveAccount>> {
        lock(&self.accounts).get(&account).cloned()
    }

    /// Unless another run of the same account has taken its place.
    fn unlist(&self, live: &Arc<LiveAccount>) {
        let mut accounts = lock(&self.accounts);
        if accounts
            .get(&live.account.id)
            .is_some_and(|listed| Arc::ptr_eq(listed, live))
        {
            accounts.remove(&live.account.id);
        }
    }
}

impl Telegram {
    pub fn new(
        config: TelegramConfig,
        ports: Ports,
        linked: mpsc::UnboundedSender<Account>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                config: Arc::new(config),
                ports,
                own: Arc::new(OwnPosts::new()),
                http: reqwest::Client::new(),
                linked,
                codes_shown: Mutex::default(),
                tasks: TaskTracker::new(),
                closing: CancellationToken::new(),
                accounts: Mutex::default(),
            }),
        }
    }

    pub fn sender(&self) -> TelegramSender {
        TelegramSender::new(Arc::clone(&self.shared))
    }

    pub fn reader(&self) -> TelegramReader {
        TelegramReader::new(Arc::clone(&self.shared))
    }

    /// Holds the account's session until `stop`, or until it ends by itself. There must be one
    /// such run of an account at a time, anywhere: Telegram destroys a session that is used from
    /// two places.
    pub async fn run_account(
        &self,
        account: Account,
        fence: Fence,
        ingest: Arc<dyn Ingest>,
        stop: CancellationToken,
    ) -> Ended {
        let (live, asked) = LiveAccount::new(account);
        let live = Arc::new(live);
        lock(&self.shared.accounts).insert(live.account.id, Arc::clone(&live));
        let run = Run {
            config: Arc::clone(&self.shared.config),
            ports: self.shared.ports.clone(),
            own: Arc::clone(&self.shared.own),
            live: Arc::clone(&live),
            asked,
            fence,
            ingest,
        };
        let ended = Box::pin(run.until(stop)).await;
        match &ended {
            // It stays listed, so that sends fail for that reason.
            Ended::LoggedOut { reason } => live.set_logged_out(reason),
            Ended::Stopped | Ended::FencedOut => self.shared.unlist(&live),
        }
        ended
    }

    /// The accounts held here and how they are.
    pub fn sessions(&self) -> Vec<(AccountId, AccountState)> {
        let accounts = lock(&self.shared.accounts);
        let mut states: Vec<_> = accounts
            .iter()
            .map(|(id, live)| (*id, live.state()))
            .collect();
        states.sort_by_key(|(id, _)| *id);
        states
    }

    /// Reads the account's list of chats again.
    pub async fn refresh_chats(&self, account: AccountId) -> Result<(), TelegramError> {
        let live = self
            .shared
            .live(account)
            .ok_or(TelegramError::NotConnected)?;
        if live.refresh_chats().await {
            Ok(())
        } else {
            Err(TelegramError::NotConnected)
        }
    }

    /// Reads the topics of one of the account's forums again.
    pub async fn refresh_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
    ) -> Result<(), TelegramError> {
        let live = self
            .shared
            .live(account)
            .ok_or(TelegramError::NotConnected)?;
        if live.refresh_topics(chat).await {
            Ok(())
        } else {
            Err(TelegramError::NotConnected)
        }
    }

    /// Logs the account out on Telegram and forgets all that is kept of it. Its run should have
    /// been stopped.
    pub async fn remove_account(
        &self,
        owner: UserId,
        account: AccountId,
    ) -> Result<(), TelegramError> {
        let ports = &self.shared.ports;
        if ports.accounts.get(owner, account).await?.is_none() {
            return Ok(());
        }
        let name = SecretName::TelegramSession(account);
        if let Some(session) = unseal::<StoredSession>(&*ports.vault, owner, name).await? {
            let (connection, _updates) = Connection::new(&self.shared.config, &session);
            log_out(&connection).await?;
        }
        ports.vault.remove(owner, name).await?;
        ports.positions.forget_telegram(account).await?;
        loop {
            let page = ports
                .chats
                .telegram_page(account, None, DIRECTORY_PAGE)
                .await?;
            if page.items.is_empty() {
                break;
            }
            for chat in page.items {
                ports.chats.remove_telegram(account, chat.id).await?;
            }
        }
        ports.accounts.remove(owner, account).await?;
        lock(&self.shared.accounts).remove(&account);
        Ok(())
    }

    /// Takes up a login. Asked again, it goes on where it stands.
    pub async fn start_login(&self, owner: UserId, login: LoginId) -> Result<(), TelegramError> {
        login::start(&self.shared, owner, login).await
    }

    /// Takes the answer that the user has left in the vault.
    pub async fn answer_login(&self, owner: UserId, login: LoginId) -> Result<(), TelegramError> {
        login::answer(&self.shared, owner, login).await
    }

    pub async fn cancel_login(&self, owner: UserId, login: LoginId) -> Result<(), TelegramError> {
        login::cancel(&self.shared, owner, login).await
    }

    /// Ends what runs by itself: logins that wait for a code to be scanned.
    pub async fn close(&self) {
        self.shared.closing.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

/// A session that is over already is logged out too.
pub(crate) async fn log_out(connection: &Connection) -> Result<(), InvokeError> {
    use grammers_tl_types::functions::auth::LogOut;
    match connection.invoke(&LogOut {}).await {
        Ok(_) => Ok(()),
        Err(error) if error.refusal().is_some_and(refusal::ends_session) => Ok(()),
        Err(error) => Err(error),
    }
}
