//! A campaign of any length: random operations in many chats while faults strike.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use patchbay::{Options, Stack};
use patchbay_tests::campaign::{Campaign, Ground};
use tracing_subscriber::EnvFilter;

/// Posts, edits, answers and deletes at random on the simulators while faults strike, then compares
/// every source with its destination. Succeeds if nothing is lost, doubled or out of order.
#[derive(Debug, Parser)]
struct Arguments {
    /// The same seed makes the same operations and the same faults
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// How many operations, over all pairs together
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    operations: usize,

    /// How many faults strike meanwhile
    #[arg(long, value_name = "N", default_value_t = 150)]
    faults: usize,

    /// Milliseconds between two operations of a pair; a third of them follow at once
    #[arg(long, value_name = "MS", default_value_t = 400)]
    pace: u64,

    /// Milliseconds from one fault to the next
    #[arg(long, value_name = "MS", default_value_t = 500)]
    fault_every: u64,

    /// Run the whole system in a process of its own, and kill that with each other fault
    #[arg(long)]
    processes: bool,

    /// Be that process
    #[arg(long, value_name = "FOLDER", hide = true)]
    system: Option<PathBuf>,

    /// What is logged to standard error
    #[arg(long, value_name = "FILTER", default_value = "error")]
    log: String,
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the result is for whoever started it")]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&arguments.log))
        .with_writer(std::io::stderr)
        .init();
    if let Some(folder) = arguments.system {
        let system = Stack::start(Options::in_folder(folder)).await?;
        tokio::signal::ctrl_c().await?;
        system.stop().await;
        return Ok(ExitCode::SUCCESS);
    }
    let ground = if arguments.processes {
        Ground::Process(std::env::current_exe().context("this program is nowhere")?)
    } else {
        Ground::Here
    };
    let campaign = Campaign {
        seed: arguments.seed,
        operations: arguments.operations,
        faults: arguments.faults,
        pace: Duration::from_millis(arguments.pace),
        fault_every: Duration::from_millis(arguments.fault_every),
        ground,
    };
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let report = Box::pin(campaign.run(folder.path())).await?;
    println!("{report}");
    Ok(if report.is_right() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
