use std::time::Duration;

use anyhow::{Context, Result};
use patchbay_connector::{BackfillPace, Connector, LeaseTerms, Settings};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::base::{Base, chosen};
use crate::endpoints::Endpoints;
use crate::options::Options;
use crate::simulated;

/// One process owns the data folder, so nobody has to wait long for the leases of a former one.
pub const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_secs(6),
    renew_every: Duration::from_millis(1_500),
    margin: Duration::from_secs(2),
};
/// How long a stop may take before the process ends anyway.
const STOP_WAIT: Duration = Duration::from_secs(20);

/// Everything, running.
pub struct Stack {
    base: Base,
    endpoints: Endpoints,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Stack {
    pub async fn start(options: Options) -> Result<Self> {
        let health = options.health;
        let base = Base::start(options).await?;
        let before = Endpoints::read(base.data());
        let settings = Settings {
            partitions: base.partitions(),
            gateway_shards: 1,
            terms: TERMS,
            backfill: BackfillPace::default(),
            health: chosen(
                "--health",
                health,
                before.as_ref().map(|before| &*before.health),
            )?,
        };
        let platforms = base.platforms(base.ports()).await?;
        let connector = Connector::bind(settings, base.ports().clone(), platforms)
            .await
            .context("the connector's health can't be served")?;
        let endpoints = base.endpoints(connector.health_address()?);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(connector.run(stop.clone()));
        endpoints
            .write(base.data())
            .context("endpoints.json can't be written")?;
        Ok(Self {
            base,
            endpoints,
            stop,
            tasks,
        })
    }

    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Puts people and chats on the simulators, where they aren't there yet.
    pub async fn furnish(&self) -> Result<()> {
        match &self.endpoints.simulators {
            Some(simulators) => simulated::playground(simulators).await,
            None => Ok(()),
        }
    }

    /// What to show a person when everything is up.
    pub fn welcome(&self) -> String {
        let mut lines = vec![
            format!("data        {}", self.base.data().display()),
            format!("mailbox     {}", self.endpoints.mailbox.display()),
            format!("API         {}", self.endpoints.api),
            format!("health      {}/healthz", self.endpoints.health),
            format!(
                "AWS         {} (region us-east-1, any credentials)",
                self.endpoints.aws
            ),
        ];
        if let Some(simulators) = &self.endpoints.simulators {
            lines.push(format!("simulators  {}/_sim", simulators.control));
            lines.push(format!("  Telegram  {} (MTProto)", simulators.telegram));
            lines.push(format!("  Discord   {}/api/v10", simulators.discord));
        }
        lines.push("ready".to_owned());
        lines.join("\n")
    }

    /// Finishes what is under way, hands the leases on and closes the data folder.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_WAIT, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the connector did not stop in time");
        }
        self.base.stop().await;
    }
}
