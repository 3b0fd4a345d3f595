//! What is struck by faults: a connector in this process, or a process of its own.

use std::path::{Path, PathBuf};

use anyhow::Result;
use patchbay::Endpoints;
use patchbay_app::ports::Ports;
use tokio::sync::RwLockReadGuard;

use super::connector::Connector;
use super::process::Process;
use crate::stage::Pair;

/// Where the system runs.
#[derive(Debug, Clone)]
pub enum Ground {
    /// In this process. A connector is killed by dropping all that it does; also the store and the
    /// queues fail.
    Here,
    /// In a process that is killed as a whole: this program, started with `--system FOLDER`.
    Process(PathBuf),
}

pub(super) enum System {
    Here(Box<Connector>),
    Process(Box<Process>),
}

impl System {
    pub(super) async fn start(ground: &Ground, folder: &Path) -> Result<Self> {
        Ok(match ground {
            Ground::Here => Self::Here(Box::new(Connector::start(folder).await?)),
            Ground::Process(program) => {
                Self::Process(Box::new(Process::start(program, folder).await?))
            }
        })
    }

    pub(super) async fn endpoints(&self) -> Result<Endpoints> {
        match self {
            Self::Here(connector) => connector.endpoints().await,
            Self::Process(process) => Ok(process.endpoints.clone()),
        }
    }

    pub(super) fn ports(&self) -> &Ports {
        match self {
            Self::Here(connector) => connector.base.ports(),
            Self::Process(process) => &process.ports,
        }
    }

    pub(super) fn partitions(&self) -> u16 {
        match self {
            Self::Here(connector) => connector.base.partitions(),
            Self::Process(process) => process.endpoints.partitions,
        }
    }

    /// As long as this is held, the simulators are up.
    pub(super) async fn up(&self) -> Option<RwLockReadGuard<'_, ()>> {
        match self {
            Self::Here(_) => None,
            Self::Process(process) => Some(process.up().await),
        }
    }

    pub(super) async fn kill(&self, pairs: &[Pair]) -> Result<()> {
        match self {
            Self::Here(connector) => connector.replace().await,
            Self::Process(process) => process.kill(pairs).await,
        }
    }

    pub(super) async fn stop(&self) -> Result<()> {
        match self {
            Self::Here(connector) => connector.stop().await,
            // It ends when it is dropped.
            Self::Process(_) => Ok(()),
        }
    }
}
