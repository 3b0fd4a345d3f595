//! A process that is the connector and nothing else.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;

use anyhow::{Context, Result};
use clap::Args;
use patchbay::{Base, Endpoints, run_connector};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::memory::Process;

/// As it is called in a process of its own.
pub(crate) const NAME: &str = "connector-alone";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where everything else is, in JSON
    endpoints: String,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<()> {
    let endpoints: Endpoints = serde_json::from_str(&arguments.endpoints)?;
    run_connector(&endpoints, CancellationToken::new()).await
}

/// The process, which ends with this.
pub(super) struct Connector {
    pub(super) endpoints: Endpoints,
    child: Child,
}

impl Connector {
    pub(super) fn start(base: &Base) -> Result<Self> {
        // Free now, and likely still so when the process takes it.
        let health = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let endpoints = base.endpoints(health);
        let child = Command::new(std::env::current_exe()?)
            .arg(NAME)
            .arg(serde_json::to_string(&endpoints)?)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("the connector's process can't be started")?;
        Ok(Self { endpoints, child })
    }

    pub(super) fn process(&self) -> Result<Process> {
        let id = self.child.id().context("the connector has ended")?;
        Ok(Process(id))
    }

    pub(super) async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("the connector's process")
    }
}
