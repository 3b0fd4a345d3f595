//! Runs the simulator alone: `cargo run -p patchbay-sim-discord --example serve`.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use patchbay_sim_discord::{Config, DiscordSimulator};
use tokio::net::TcpListener;

#[derive(Parser)]
struct Arguments {
    /// Where REST and the gateway listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8750")]
    listen: SocketAddr,
    /// Where the control API listens.
    #[arg(long, default_value = "127.0.0.1:8751")]
    control: SocketAddr,
    /// The file that keeps everything; without it, nothing is kept.
    #[arg(long)]
    journal: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = Config {
        listen: arguments.listen,
        journal: arguments.journal,
    };
    let simulator = DiscordSimulator::start(config).await?;
    let control = TcpListener::bind(arguments.control).await?;
    writeln!(
        std::io::stdout(),
        "REST http://{address}/api/v10\ngateway ws://{address}/\ncontrol http://{}/_sim/discord",
        control.local_addr()?,
        address = simulator.address(),
    )?;
    let router = axum::Router::new().nest("/_sim/discord", simulator.control());
    axum::serve(control, router)
        .with_graceful_shutdown(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
        .await?;
    simulator.stop().await;
    Ok(())
}
