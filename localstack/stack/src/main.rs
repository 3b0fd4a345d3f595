use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use patchbay::{Options, Stack, admin, demo};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// What is forwarded, and what changes; not every handshake.
const LIVE_LOG: &str = "info,grammers_mtsender=warn,grammers_mtproto=warn";

/// Forwards messages between Telegram and Discord; all of it in one process.
///
/// Without real credentials both platforms are simulated on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    options: Options,

    /// What to log, such as `info` or `patchbay_connector=debug`
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", global = true)]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Drive a scripted conversation through all directions and check every delivery
    Demo(demo::Arguments),

    /// Say who is an admin
    #[command(subcommand)]
    Admin(admin::AdminCommand),
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let usual = if cli.command.is_some() {
        "warn"
    } else {
        LIVE_LOG
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(cli.log.as_deref().unwrap_or(usual)))
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_writer(std::io::stderr)
        .init();
    let outcome = match cli.command {
        None => Box::pin(run(cli.options)).await,
        Some(Command::Admin(command)) => admin::run(cli.options, &command).await,
        Some(Command::Demo(arguments)) => Box::pin(demo::run(cli.options, &arguments)).await,
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("patchbay: {error:#}");
        ExitCode::from(2)
    })
}

async fn run(mut options: Options) -> Result<ExitCode> {
    options.set_well_known_ports();
    options
        .data
        .get_or_insert_with(|| PathBuf::from(".patchbay"));
    let mut interrupt = signal(SignalKind::interrupt()).context("no signal handler")?;
    let mut terminate = signal(SignalKind::terminate()).context("no signal handler")?;
    let stack = Stack::start(options).await?;
    stack
        .furnish()
        .await
        .context("the simulators can't be furnished")?;
    eprintln!("{}", stack.welcome());
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    eprintln!("stopping; messages under way are finished first");
    stack.stop().await;
    Ok(ExitCode::SUCCESS)
}
