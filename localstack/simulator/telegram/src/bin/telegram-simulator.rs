//! Runs the Telegram simulator alone, for clients in other languages.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use patchbay_sim_telegram::{Config, TelegramSimulator};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Parser)]
struct Arguments {
    /// Where clients connect to.
    #[arg(long, default_value = "127.0.0.1:14430")]
    listen: SocketAddr,
    /// Where the control API is served, below /_sim/telegram.
    #[arg(long, default_value = "127.0.0.1:14431")]
    control: SocketAddr,
    /// The address that clients are told to connect to, if it isn't the one listened on.
    #[arg(long)]
    advertise: Option<SocketAddr>,
    /// The file that keeps the state. Without it, the state ends with the process.
    #[arg(long)]
    journal: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let Arguments {
        listen,
        control,
        advertise,
        journal,
    } = Arguments::parse();
    let simulator = TelegramSimulator::start(Config {
        listen,
        journal,
        advertise,
    })
    .await?;
    let listener = TcpListener::bind(control).await?;
    let router = axum::Router::new().nest("/_sim/telegram", simulator.control());
    tracing::info!(mtproto = %simulator.address(), control = %listener.local_addr()?, "running");
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            // Without a signal handler there is nothing to wait for, so it stops at once.
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::error!(%error, "signals cannot be received");
            }
        })
        .await?;
    simulator.stop().await;
    Ok(())
}
