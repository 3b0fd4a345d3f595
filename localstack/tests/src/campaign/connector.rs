//! A connector in this process, among ports that fail when they are told to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use patchbay::{Base, Endpoints, Options};
use patchbay_app::ports::Ports;
use tokio::sync::Mutex;

use super::tasks::LentTasks;
use super::trouble::Trouble;
use crate::hooked::hooked_ports;
use crate::running::Running;

/// Longer than a lease lasts.
const LAPSE: Duration = Duration::from_millis(2_500);

/// The one connector that runs.
pub(super) struct Connector {
    pub(super) base: Arc<Base>,
    trouble: Arc<Trouble>,
    running: Mutex<Option<(Running, LentTasks)>>,
}

impl Connector {
    pub(super) async fn start(folder: &Path) -> Result<Self> {
        let base = Base::start(Options::in_folder(folder.to_owned())).await?;
        let connector = Self {
            base: Arc::new(base),
            trouble: Arc::default(),
            running: Mutex::default(),
        };
        connector.replace().await?;
        Ok(connector)
    }

    pub(super) async fn endpoints(&self) -> Result<Endpoints> {
        let running = self.running.lock().await;
        let running = running.as_ref().map(|(it, _)| it.endpoints.clone());
        running.context("a connector runs")
    }

    /// Kills the one that runs, and starts another one.
    pub(super) async fn replace(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        if let Some((doomed, tasks)) = running.take() {
            doomed.kill();
            tasks.take_back().await?;
        }
        let ports = self.base.ports().clone();
        let tasks = LentTasks::new(ports.tasks);
        let ports = Ports {
            tasks: Arc::new(tasks.clone()),
            ..ports
        };
        let ports = hooked_ports(ports, &self.trouble);
        let next = Running::wrapped(&self.base, ports, |sender| sender).await?;
        *running = Some((next, tasks));
        Ok(())
    }

    pub(super) async fn redeploy(&self) -> Result<()> {
        self.stop().await?;
        self.replace().await
    }

    pub(super) async fn lose_leases(&self) {
        self.trouble.lose_leases(LAPSE).await;
    }

    /// So many of the next writes fail.
    pub(super) fn lose_writes(&self, writes: usize) {
        self.trouble.lose_writes(writes);
    }

    pub(super) async fn stop(&self) -> Result<()> {
        match self.running.lock().await.take() {
            Some((running, _)) => running.stop().await,
            None => Ok(()),
        }
    }
}
