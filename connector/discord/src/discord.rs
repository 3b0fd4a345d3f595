use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Ingest, Ports};
use patchbay_domain::Fence;
use patchbay_domain::ids::DiscordGuildId;
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;
use twilight_gateway::queue::InMemoryQueue;

use crate::cdn;
use crate::config::{DiscordConfig, InvalidConfig};
use crate::gateway::{self, ShardEnd, Sources};
use crate::read::DiscordReader;
use crate::refresh::Refreshes;
use crate::rest::{Rest, RestError};
use crate::send::{Attributed, DiscordSender, OneByOne, Webhooks};
use crate::state::{DiscordState, States};
use crate::translate::Identity;

/// The bot, in this process. Its clones share the limits that Discord sets to it.
#[derive(Clone)]
pub struct Discord {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: DiscordConfig,
    pub(crate) ports: Ports,
    pub(crate) rest: Arc<Rest>,
    /// Reads files, as nobody in particular.
    pub(crate) files: reqwest::Client,
    pub(crate) states: States,
    pub(crate) attributed: Attributed,
    pub(crate) webhooks: Webhooks,
    pub(crate) one_by_one: OneByOne,
    pub(crate) refreshes: Refreshes,
    identity: OnceCell<Identity>,
    gateway: OnceCell<(String, InMemoryQueue)>,
}

impl Discord {
    pub fn new(config: DiscordConfig, ports: Ports) -> Result<Self, InvalidConfig> {
        let rest = Arc::new(Rest::new(&config, Arc::clone(&ports.clock))?);
        let files = cdn::client(config.silence)?;
        let inner = Inner {
            config,
            ports,
            rest,
            files,
            states: States::default(),
            attributed: Attributed::default(),
            webhooks: Webhooks::default(),
            one_by_one: OneByOne::default(),
            refreshes: Refreshes::default(),
            identity: OnceCell::new(),
            gateway: OnceCell::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub fn sender(&self) -> DiscordSender {
        DiscordSender::new(Arc::clone(&self.inner))
    }

    pub fn reader(&self) -> DiscordReader {
        DiscordReader::new(Arc::clone(&self.inner))
    }

    /// Listens to one shard of the gateway until `stop`, or until another owner has taken it over.
    ///
    /// Every event is handed to `ingest` in order, and the position is saved behind that. The
    /// session is left open at the end, so that whoever runs the shard next goes on where this
    /// one stopped. `sources` must be complete from the start.
    pub async fn run_shard(
        &self,
        shard: u32,
        fence: Fence,
        ingest: Arc<dyn Ingest>,
        sources: watch::Receiver<Sources>,
        stop: CancellationToken,
    ) -> ShardEnd {
        let run = gateway::run(&self.inner, shard, fence, ingest, sources, stop);
        let end = Box::pin(run).await;
        self.inner.states.remove(shard);
        end
    }

    /// Has the server read again, with its channels and threads. False if the shard that hears of
    /// it doesn't run in this process, or has too much to do; it is to be asked again then.
    pub fn refresh_guild(&self, guild: DiscordGuildId) -> bool {
        let shard = gateway::shard_of(guild, self.inner.config.shards);
        self.inner.refreshes.ask(shard, guild)
    }

    pub fn state(&self) -> DiscordState {
        self.inner.states.look()
    }
}

impl Inner {
    /// Who we are; asked once.
    pub(crate) async fn identity(&self) -> Result<Identity, RestError> {
        let ask = async || {
            Ok(Identity {
                user: self.rest.current_user().await?,
                application: self.rest.current_application().await?,
            })
        };
        self.identity.get_or_try_init(ask).await.copied()
    }

    /// Where the gateway is, and the queue in which all shards of this process wait for their
    /// turn to begin a session; asked once.
    pub(crate) async fn gateway(&self) -> Result<(String, InMemoryQueue), RestError> {
        let ask = async || {
            let found = self.rest.gateway().await?;
            if found.shards > self.config.shards {
                tracing::warn!(
                    recommended = found.shards,
                    configured = self.config.shards,
                    "Discord recommends more shards"
                );
            }
            let limit = found.session_start_limit;
            let queue = InMemoryQueue::new(
                limit.max_concurrency.try_into().unwrap_or(1),
                limit.remaining.try_into().unwrap_or(u32::MAX),
                Duration::from_millis(limit.reset_after),
                limit.total.try_into().unwrap_or(u32::MAX),
            );
            Ok((found.url.trim_end_matches('/').to_owned(), queue))
        };
        self.gateway.get_or_try_init(ask).await.cloned()
    }
}
