//! One connection to Telegram, on which requests are made.

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use grammers_mtsender::{
    ConnectionParams, InvocationError, NoRetries, RpcError, SenderPool, SenderPoolHandle,
};
use grammers_session::Session;
use grammers_session::storages::MemorySession;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types::{self as tl, RemoteCall};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::config::{TelegramConfig, TelegramServer};
use crate::lock;
use crate::session::StoredSession;

/// Covers connecting too: the library connects on the first request and sets no limit itself.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// How many updates may wait. The library drops what comes beyond, without a word; whoever reads
/// them looks whether they were that many.
const WAITING_UPDATES: NonZeroUsize = NonZeroUsize::new(1000).unwrap();

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvokeError {
    #[error("Telegram refuses: {} {}", .0.code, .0.name)]
    Refused(RpcError),
    /// It may or may not have had its effect.
    #[error("the connection broke")]
    Broken(#[source] InvocationError),
    #[error("no answer in time")]
    TimedOut,
    #[error("no key from the simulator")]
    NoKey(#[from] reqwest::Error),
    #[error("can't be read: {0}")]
    Unreadable(&'static str),
}

impl InvokeError {
    pub(crate) fn refusal(&self) -> Option<&RpcError> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Broken(_) | Self::TimedOut | Self::NoKey(_) | Self::Unreadable(_) => None,
        }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.is(name))
    }
}

impl From<InvocationError> for InvokeError {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "all but one mean the same here"
    )]
    fn from(error: InvocationError) -> Self {
        match error {
            InvocationError::Rpc(refusal) => Self::Refused(refusal),
            other => Self::Broken(other),
        }
    }
}

impl From<grammers_session::storages::MemorySessionError> for InvokeError {
    fn from(_: grammers_session::storages::MemorySessionError) -> Self {
        Self::Unreadable("the session in memory")
    }
}

/// Ends when it is closed, or when nobody uses it any more.
pub(crate) struct Connection {
    handle: SenderPoolHandle,
    session: Arc<MemorySession>,
    runner: Mutex<JoinSet<()>>,
    /// The data centres beside the home that know by now who is asking.
    introduced_to: tokio::sync::Mutex<HashSet<i32>>,
}

impl Connection {
    /// Nothing is sent before the first request.
    pub(crate) fn new(
        config: &TelegramConfig,
        session: &StoredSession,
    ) -> (Self, mpsc::Receiver<UpdatesLike>) {
        let session = Arc::new(session.open(&config.server));
        let parameters = ConnectionParams {
            device_model: "Patchbay".to_owned(),
            system_version: "server".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            system_lang_code: "en".to_owned(),
            lang_code: "en".to_owned(),
            // A wait that nobody sees can't be shown, nor obeyed by others.
            retry_policy: Box::new(NoRetries),
            updates_channel_capacity: WAITING_UPDATES,
            use_ipv6: match config.server {
                TelegramServer::Production => false,
                TelegramServer::Simulator { address, .. } => address.is_ipv6(),
            },
            ..ConnectionParams::default()
        };
        let pool = SenderPool::with_configuration(Arc::clone(&session), config.api_id, parameters);
        let mut runner = JoinSet::new();
        runner.spawn(pool.runner.run());
        (
            Self {
                handle: pool.handle.thin,
                session,
                runner: Mutex::new(runner),
                introduced_to: tokio::sync::Mutex::default(),
            },
            pool.updates,
        )
    }

    /// Breaks off what is being asked, whoever asks. A session that passes on to another process
    /// must not be used here for a moment longer.
    pub(crate) fn close(&self) {
        lock(&self.runner).abort_all();
    }

    pub(crate) async fn invoke<R: RemoteCall>(
        &self,
        request: &R,
    ) -> Result<R::Return, InvokeError> {
        match self.invoke_at_home(request).await {
            Err(InvokeError::Refused(refusal)) if refusal.code == 303 => {
                let home = refusal.value.and_then(|dc| i32::try_from(dc).ok());
                let Some(home) = home else {
                    return Err(InvokeError::Refused(refusal));
                };
                self.move_home(home).await?;
                self.invoke_at_home(request).await
            }
            answer => answer,
        }
    }

    /// Makes another data centre the one that requests go to.
    pub(crate) async fn move_home(&self, dc: i32) -> Result<(), InvokeError> {
        let former = self.session.home_dc_id()?;
        self.session.set_home_dc_id(dc).await?;
        self.handle.disconnect_from_dc(former);
        Ok(())
    }

    pub(crate) fn stored(&self) -> Result<StoredSession, InvokeError> {
        StoredSession::of(&self.session)
    }

    /// Asks the data centre that holds a file. An answer that it is in another one is left to the
    /// caller: that moves no home.
    pub(crate) async fn invoke_in<R: RemoteCall>(
        &self,
        dc: i32,
        request: &R,
    ) -> Result<R::Return, InvokeError> {
        if dc == self.session.home_dc_id()? {
            return self.invoke_at(dc, request).await;
        }
        self.introduce(dc).await?;
        let answer = self.invoke_at(dc, request).await;
        if let Err(InvokeError::Refused(refusal)) = &answer
            && refusal.code == 401
        {
            self.introduced_to.lock().await.remove(&dc);
        }
        answer
    }

    /// Each data centre has a key of its own, which only says who asks after an authorization was
    /// carried over from home (core.telegram.org/api/datacenter).
    async fn introduce(&self, dc: i32) -> Result<(), InvokeError> {
        use tl::functions::auth::{ExportAuthorization, ImportAuthorization};
        let mut introduced_to = self.introduced_to.lock().await;
        if introduced_to.contains(&dc) {
            return Ok(());
        }
        let tl::enums::auth::ExportedAuthorization::Authorization(exported) = self
            .invoke_at_home(&ExportAuthorization { dc_id: dc })
            .await?;
        let import = ImportAuthorization {
            id: exported.id,
            bytes: exported.bytes,
        };
        self.invoke_at(dc, &import).await?;
        introduced_to.insert(dc);
        Ok(())
    }

    async fn invoke_at_home<R: RemoteCall>(&self, request: &R) -> Result<R::Return, InvokeError> {
        self.invoke_at(self.session.home_dc_id()?, request).await
    }

    async fn invoke_at<R: RemoteCall>(
        &self,
        dc: i32,
        request: &R,
    ) -> Result<R::Return, InvokeError> {
        let answer = tokio::time::timeout(ANSWER_WITHIN, self.handle.invoke_in_dc(dc, request));
        match answer.await {
            Ok(answer) => Ok(answer?),
            Err(_elapsed) => Err(InvokeError::TimedOut),
        }
    }
}
