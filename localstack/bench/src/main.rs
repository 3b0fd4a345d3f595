use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use patchbay::demo::{Direction, Pace, Tally, World};
use patchbay::{Options, Stack};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

/// What forwarding costs and how fast it is, on this machine and the simulators.
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
    /// Messages per second and AWS calls per message, one direction after the other
    Forward {
        /// How many messages in each direction
        #[arg(long, default_value_t = 2_000)]
        messages: usize,

        /// Over how many pairs they are spread
        #[arg(long, default_value_t = 20)]
        pairs: usize,
    },
}

#[derive(Debug, Serialize)]
struct Measured {
    tally: Tally,
    messages_per_second: f64,
    aws_calls_per_message: BTreeMap<String, f64>,
    aws_calls_per_message_in_all: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_writer(std::io::stderr)
        .init();
    let Bench::Forward { messages, pairs } = cli.bench;
    let measured = Box::pin(forward(messages, pairs)).await?;
    let text = serde_json::to_string_pretty(&measured)?;
    if let Some(file) = cli.json {
        std::fs::write(&file, &text)
            .with_context(|| format!("{} can't be written", file.display()))?;
    }
    eprintln!("{text}");
    Ok(())
}

async fn forward(messages: usize, pairs: usize) -> Result<BTreeMap<&'static str, Measured>> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let world = World::set_up(stack.endpoints(), pairs).await?;
    // Discord's limits are what they are; here it is Patchbay that is measured.
    world.lift_discord_limits().await?;
    let mut measured = BTreeMap::new();
    for direction in Direction::ALL {
        let world = world.only(direction);
        let before = stack.base().aws_calls();
        let tallies = world.converse(messages, Pace::AtOnce).await?;
        let tally = tallies
            .into_values()
            .next()
            .context("one direction has one tally")?;
        let mut calls = stack.base().aws_calls();
        for (operation, count) in before {
            calls.entry(operation).and_modify(|now| *now -= count);
        }
        calls.retain(|_, count| *count > 0);
        #[expect(clippy::cast_precision_loss, reason = "ratios for people")]
        let per_message = |count: u64| count as f64 / messages.max(1) as f64;
        measured.insert(
            direction.name(),
            Measured {
                messages_per_second: tally.messages_per_second(),
                aws_calls_per_message_in_all: per_message(calls.values().sum()),
                aws_calls_per_message: calls
                    .into_iter()
                    .map(|(operation, count)| (operation, per_message(count)))
                    .collect(),
                tally,
            },
        );
    }
    stack.stop().await;
    Ok(measured)
}
