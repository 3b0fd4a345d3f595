//! A scripted conversation in all directions, checked message by message.

mod drive;
mod files;
mod found;
mod report;
mod say;
mod script;
mod source;
mod tally;
mod transfer;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

pub use drive::Pace;
pub use report::Report;
pub use script::Script;
pub use tally::{Latency, Tally};
pub use transfer::{Moved, Transfers};

use crate::{Options, Stack};
pub use world::{Direction, World, sign_up};

/// So many that Discord's limit for one channel does not hold the script up.
const PAIRS_EACH_WAY: usize = 5;

#[derive(Debug, Args)]
pub struct Arguments {
    /// How many messages to forward, over all directions together
    #[arg(long, value_name = "N", default_value_t = 30)]
    messages: usize,

    /// Write the result to this file too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Succeeds if every number is right. With `--data`, a demo that was killed goes on where it was.
#[expect(clippy::print_stdout, reason = "the result is for whoever started it")]
pub async fn run(mut options: Options, arguments: &Arguments) -> Result<ExitCode> {
    anyhow::ensure!(
        options.telegram.telegram_api_id.is_none() && options.discord_bot_token.is_none(),
        "the demo posts as invented people and runs on the simulators only; \
         unset TELEGRAM_API_ID, TELEGRAM_API_HASH and DISCORD_BOT_TOKEN"
    );
    let temporary = tempfile::tempdir().context("no temporary folder")?;
    options
        .data
        .get_or_insert_with(|| temporary.path().to_owned());
    let stack = Stack::start(options).await?;
    let report = converse(&stack, arguments.messages).await;
    stack.stop().await;
    let report = report?;
    println!("{}", report.table());
    if let Some(file) = &arguments.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)
            .with_context(|| format!("{} can't be written", file.display()))?;
    }
    if report.ok {
        println!("every message arrived once and in order, with all that belongs to it");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("not every message arrived once and in order, with all that belongs to it");
        Ok(ExitCode::FAILURE)
    }
}

async fn converse(stack: &Stack, messages: usize) -> Result<Report> {
    let world = World::set_up(stack.endpoints(), PAIRS_EACH_WAY)
        .await
        .context("setting up")?
        .saying(Script::Everything);
    let before = stack.base().aws_calls();
    let tallies = world.converse(messages, Pace::WithinLimits).await?;
    let mut calls = stack.base().aws_calls();
    for (operation, count) in before {
        if let Some(now) = calls.get_mut(&operation) {
            *now -= count;
        }
    }
    calls.retain(|_, count| *count > 0);
    Ok(Report::new(messages, tallies, calls))
}
