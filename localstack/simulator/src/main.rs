use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use patchbay_simulator::{Config, Simulators};

/// Telegram and Discord, simulated on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Address of the control API
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    control: SocketAddr,

    /// Address of Telegram: MTProto over TCP
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    telegram: SocketAddr,

    /// Address of Discord: REST and gateway
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8091")]
    discord: SocketAddr,

    /// Folder that keeps everything; without it, everything is gone at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let Cli {
        control,
        telegram,
        discord,
        data,
    } = Cli::parse();
    let simulators = Simulators::start(Config {
        control,
        telegram,
        discord,
        data,
    })
    .await?;
    eprintln!("control  http://{}/_sim", simulators.control_address());
    eprintln!("telegram {} (MTProto)", simulators.telegram_address());
    eprintln!("discord  http://{}/api/v10", simulators.discord_address());
    eprintln!("ready");
    tokio::signal::ctrl_c().await?;
    simulators.stop().await;
    Ok(())
}
