//! The simulated platforms together, with one control port for all of them.
//!
//! A client library is pointed at the address of its platform. `/_sim/…` on the control port is
//! for people and tests; each platform's README lists its routes and knobs.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use axum::Router;
use patchbay_sim_discord::DiscordSimulator;
use patchbay_sim_telegram::TelegramSimulator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Debug, Clone)]
pub struct Config {
    /// Where `/_sim/…` is served.
    pub control: SocketAddr,
    /// MTProto over TCP.
    pub telegram: SocketAddr,
    /// REST and gateway.
    pub discord: SocketAddr,
    /// The folder for the journals. Without one, everything is gone with the process.
    pub data: Option<PathBuf>,
}

#[derive(Debug)]
pub struct Simulators {
    telegram: TelegramSimulator,
    discord: DiscordSimulator,
    control: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Simulators {
    pub async fn start(config: Config) -> Result<Self> {
        let journal = |name: &str| config.data.as_ref().map(|data| data.join(name));
        if let Some(data) = &config.data {
            std::fs::create_dir_all(data)
                .with_context(|| format!("the folder {} can't be made", data.display()))?;
        }
        let telegram = TelegramSimulator::start(patchbay_sim_telegram::Config {
            listen: config.telegram,
            journal: journal("telegram.journal"),
            advertise: None,
        })
        .await?;
        let discord = DiscordSimulator::start(patchbay_sim_discord::Config {
            listen: config.discord,
            journal: journal("discord.journal"),
        })
        .await?;
        let listener = TcpListener::bind(config.control).await.with_context(|| {
            format!(
                "the simulators' control port {} can't be opened; choose another one",
                config.control
            )
        })?;
        let control = listener.local_addr()?;
        let app = Router::new()
            .nest("/_sim/telegram", telegram.control())
            .nest("/_sim/discord", discord.control());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let stopped = stop.clone();
        tasks.spawn(async move {
            let served = axum::serve(listener, app)
                .with_graceful_shutdown(stopped.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "control port closed"
                );
            }
        });
        Ok(Self {
            telegram,
            discord,
            control,
            stop,
            tasks,
        })
    }

    pub fn telegram_address(&self) -> SocketAddr {
        self.telegram.address()
    }

    pub fn discord_address(&self) -> SocketAddr {
        self.discord.address()
    }

    pub fn control_address(&self) -> SocketAddr {
        self.control
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        tokio::join!(self.telegram.stop(), self.discord.stop(), self.tasks.wait());
    }
}
