//! The whole system in a process of its own, with its data in a folder: it is killed in the middle
//! of whatever it does, and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use patchbay::Endpoints;
use patchbay_app::ports::{Ports, TASK_VISIBILITY};
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{RandomIds, SystemClock};
use tokio::sync::{RwLock, RwLockReadGuard};

use crate::http::Http;
use crate::running::set_task_visibility;
use crate::stage::{Pair, wait_until_forwarding};

/// Tasks of a killed process come back soon; those at work are hidden again in time.
const VISIBILITY: Duration = Duration::from_secs(12);
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Process {
    program: PathBuf,
    folder: PathBuf,
    pub(super) endpoints: Endpoints,
    pub(super) ports: Ports,
    child: Mutex<Killed>,
    /// Closed while the simulators are down: what people do happens, or happens later.
    gate: RwLock<()>,
}

/// Ends with whoever started it.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended before.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Process {
    /// `program --system FOLDER` runs the system.
    pub(super) async fn start(program: &Path, folder: &Path) -> Result<Self> {
        let child = spawn(program, folder)?;
        let endpoints = answering(folder).await?;
        let adapters = Aws::connect(AwsConfig {
            endpoint: Some(endpoints.aws.clone()),
            partitions: endpoints.partitions,
            ..AwsConfig::default()
        })
        .await?;
        set_task_visibility(&endpoints.aws, VISIBILITY).await?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            ports: adapters.ports(Arc::new(SystemClock), Arc::new(RandomIds)),
            endpoints,
            child: Mutex::new(child),
            gate: RwLock::default(),
        })
    }

    /// As long as this is held, the simulators are up.
    pub(super) async fn up(&self) -> RwLockReadGuard<'_, ()> {
        self.gate.read().await
    }

    /// Kills it between two things that people do, whatever it does itself, and starts it again.
    pub(super) async fn kill(&self, pairs: &[Pair]) -> Result<()> {
        let closed = self.gate.write().await;
        // It finds its queues as it made them.
        set_task_visibility(&self.endpoints.aws, TASK_VISIBILITY).await?;
        {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            child.0.kill()?;
            child.0.wait()?;
            *child = spawn(&self.program, &self.folder)?;
        }
        let endpoints = answering(&self.folder).await?;
        ensure!(
            endpoints == self.endpoints,
            "it moved to {endpoints:?} from {:?}",
            self.endpoints
        );
        set_task_visibility(&endpoints.aws, VISIBILITY).await?;
        drop(closed);
        wait_until_forwarding(&endpoints, pairs).await
    }
}

fn spawn(program: &Path, folder: &Path) -> Result<Killed> {
    let mut command = Command::new(program);
    command.arg("--system").arg(folder);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let child = child.with_context(|| format!("{} can't be started", program.display()))?;
    Ok(Killed(child))
}

/// Where it is, once it answers.
async fn answering(folder: &Path) -> Result<Endpoints> {
    let file = folder.join(Endpoints::FILE);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let endpoints = std::fs::read(&file).ok();
        let endpoints = endpoints.and_then(|file| serde_json::from_slice(&file).ok());
        if let Some(endpoints) = endpoints {
            let endpoints: Endpoints = endpoints;
            if Http::new(&endpoints.health).get("/healthz").await.is_ok() {
                return Ok(endpoints);
            }
        }
        ensure!(Instant::now() < deadline, "it does not start");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
