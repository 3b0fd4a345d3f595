//! The connector: holds every live session and does all sending.
//!
//! - [`lease`]: which partitions and gateway shards are this process's
//! - [`partition`]: a partition's Telegram sessions, deliveries and control messages
//! - [`gateway`]: the Discord gateway and its pairs
//! - [`ingest`] → queue → [`deliver`]: a message's way
//! - [`backfill`] → queue: the way of what was said before, on request
//! - [`health`]: what is going on, over HTTP
//!
//! What is particular to a platform is in `telegram/` and `discord/`, crates of their own.

mod backfill;
mod control;
mod deliver;
#[cfg(test)]
mod example;
mod forget;
mod gateway;
mod health;
mod ingest;
mod lease;
mod partition;
mod supervise;

use std::net::SocketAddr;
use std::sync::Arc;

use patchbay_app::ports::{Control, ControlTarget, Ports, Sender};
use patchbay_discord::Discord;
use patchbay_domain::LeaseName;
use patchbay_domain::account::Account;
use patchbay_domain::ids::{ConnectorId, PartitionId};
use patchbay_domain::lease::Lease;
use patchbay_telegram::Telegram;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

pub use backfill::BackfillPace;
pub use lease::LeaseTerms;

use backfill::Pace;
use deliver::{Access, Reach};
use gateway::GatewayWork;
use health::{Health, HealthSource};
use lease::{LeaseKeeper, LeasedWork};
use partition::PartitionWork;
use supervise::until_answered;

/// The platforms that this deployment has credentials for.
#[derive(Default)]
pub struct Platforms {
    pub telegram: Option<Telegram>,
    /// Every account that `telegram` links.
    pub linked: Option<mpsc::UnboundedReceiver<Account>>,
    pub discord: Option<Discord>,
}

#[derive(Debug, Clone)]
pub struct Settings {
    pub partitions: u16,
    pub gateway_shards: u32,
    pub terms: LeaseTerms,
    pub backfill: BackfillPace,
    /// Where `/healthz` is served.
    pub health: SocketAddr,
}

pub struct Connector {
    id: ConnectorId,
    settings: Settings,
    ports: Ports,
    platforms: Platforms,
    reach: Reach,
    listener: tokio::net::TcpListener,
    health: Health,
}

impl Connector {
    /// Nothing is leased or sent before [`Connector::run`].
    pub async fn bind(
        settings: Settings,
        ports: Ports,
        platforms: Platforms,
    ) -> std::io::Result<Self> {
        let listener = health::bind(settings.health).await?;
        let telegram = platforms.telegram.as_ref().map(|telegram| Access {
            sender: Arc::new(telegram.sender()),
            reader: Arc::new(telegram.reader()),
        });
        let discord = platforms.discord.as_ref().map(|discord| Access {
            sender: Arc::new(discord.sender()),
            reader: Arc::new(discord.reader()),
        });
        let reach = Reach::new(telegram, discord);
        let id = ConnectorId::from_bits(ports.ids.next());
        Ok(Self {
            id,
            settings,
            ports,
            platforms,
            reach,
            listener,
            health: Health::new(),
        })
    }

    /// Puts something of the caller's between deliveries and the platforms.
    #[must_use]
    pub fn with_senders(mut self, wrap: impl Fn(Arc<dyn Sender>) -> Arc<dyn Sender>) -> Self {
        self.reach.wrap(wrap);
        self
    }

    pub fn health_address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Works until stopped; then lets sends that are under way finish, saves positions and hands
    /// the leases on.
    pub async fn run(self, stop: CancellationToken) {
        info!(connector = %self.id, "connector started");
        let work = Work {
            partition: PartitionWork {
                ports: self.ports.clone(),
                telegram: self.platforms.telegram.clone(),
                platforms: self.reach,
                backfill: Pace::new(self.settings.backfill),
                health: self.health.clone(),
            },
            gateway: GatewayWork {
                ports: self.ports.clone(),
                discord: self.platforms.discord.clone(),
                health: self.health.clone(),
            },
        };
        let partitions = (0..self.settings.partitions)
            .map(PartitionId)
            .map(LeaseName::Partition);
        let shards = (0..self.settings.gateway_shards).map(LeaseName::GatewayShard);
        let keeper = LeaseKeeper {
            leases: self.ports.leases.clone(),
            clock: self.ports.clock.clone(),
            connector: self.id,
            kinds: vec![partitions.collect(), shards.collect()],
            terms: self.settings.terms,
            work,
        };
        let source = HealthSource {
            connector: self.id,
            health: self.health,
            telegram: self.platforms.telegram.clone(),
            discord: self.platforms.discord,
        };
        let ended = CancellationToken::new();
        let leading = async {
            keeper.run(stop).await;
            if let Some(telegram) = self.platforms.telegram {
                telegram.close().await;
            }
            ended.cancel();
        };
        let starting = start_linked(&self.ports, self.platforms.linked);
        tokio::join!(
            leading,
            health::serve(self.listener, source, ended.clone()),
            ended.run_until_cancelled(starting),
        );
        info!(connector = %self.id, "connector stopped");
    }
}

/// Has the session of every account that was linked started by whoever holds its partition.
async fn start_linked(ports: &Ports, linked: Option<mpsc::UnboundedReceiver<Account>>) {
    let Some(mut linked) = linked else { return };
    while let Some(account) = linked.recv().await {
        let control = Control::RestartSession {
            owner: account.owner,
            account: account.id,
        };
        let target = ControlTarget::Partition(account.partition);
        let never = CancellationToken::new();
        until_answered(&never, || ports.controls.send(target, &control)).await;
    }
}

#[derive(Clone)]
struct Work {
    partition: PartitionWork,
    gateway: GatewayWork,
}

impl LeasedWork for Work {
    async fn run(&self, lease: Lease, stop: CancellationToken) {
        match lease.name {
            LeaseName::Partition(partition) => {
                Box::pin(self.partition.clone().run(partition, lease.fence, stop)).await;
            }
            LeaseName::GatewayShard(shard) => {
                Box::pin(self.gateway.clone().run(shard, lease.fence, stop)).await;
            }
        }
    }
}
