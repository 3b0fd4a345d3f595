//! What Patchbay costs and how fast it is.
//!
//! - [`forward`]: messages from chat to chat
//! - [`media`]: large files, and the memory they take
//! - [`api`]: requests to the HTTP API, beside their calls to AWS alone
//! - [`calls`]: calls to AWS, counted

mod api;
mod calls;
mod forward;
mod media;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// What forwarding and the API cost and how fast they are, on this machine and the simulators.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,

    /// Write the result to this file too
    #[arg(long, value_name = "FILE", global = true)]
    json: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Bench {
    Forward(forward::Arguments),
    Media(media::Arguments),
    Api(api::Arguments),
    #[command(name = media::connector::NAME, hide = true)]
    Connector(media::connector::Arguments),
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .init();
    let text = match cli.bench {
        Bench::Forward(arguments) => {
            let report = Box::pin(forward::run(&arguments)).await?;
            show(&report.table());
            serde_json::to_string_pretty(&report)?
        }
        Bench::Media(arguments) => {
            let report = Box::pin(media::run(&arguments)).await?;
            show(&report.table());
            serde_json::to_string_pretty(&report)?
        }
        Bench::Connector(arguments) => return Box::pin(media::connector::run(&arguments)).await,
        Bench::Api(arguments) => {
            let report = Box::pin(api::run(&arguments)).await?;
            show(&report.table());
            serde_json::to_string_pretty(&report)?
        }
    };
    if let Some(file) = cli.json {
        std::fs::write(&file, &text)
            .with_context(|| format!("{} can't be written", file.display()))?;
    }
    eprintln!("{text}");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result is for whoever started it")]
fn show(table: &str) {
    print!("{table}");
}
