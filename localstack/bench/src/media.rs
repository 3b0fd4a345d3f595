//! Large files on their way, and the memory that they take.
//!
//! - [`connector`]: the process that is measured
//! - [`memory`]: how much it holds
//! - [`report`]: the result

pub(crate) mod connector;
mod memory;
mod report;

use anyhow::{Result, ensure};
use clap::Args;
use patchbay::demo::Transfers;
use patchbay::{Base, Options};

use connector::Connector;
use memory::Process;
use report::{Measured, Report, mebibytes};

/// Memory and throughput of one large transfer, and of several at once
///
/// Files go from a chat of one Telegram account to a chat of another, so that all bytes are
/// downloaded and uploaded again. The connector runs in a process of its own; the platforms, AWS
/// and the API are in this one. Works on Linux only.
///
/// `idle_rss_bytes`: what the connector's process holds in memory when it is connected and nothing
/// is to be forwarded. `peak_rss_above_idle_bytes`: the most that it held during the transfers,
/// less that.
///
/// `seconds`: from the post of the first file to the arrival of the last one, whose bytes are
/// compared. `mib_per_second`: the bytes of all files, counted once, by that time. The simulators
/// share this machine.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Size of the one large file
    #[arg(long, value_name = "N", default_value_t = 1 << 30)]
    bytes: u64,

    /// How many files are sent at once afterwards, each in a pair of its own
    #[arg(long, value_name = "N", default_value_t = 8)]
    parallel: usize,

    /// Size of each of these
    #[arg(long, value_name = "N", default_value_t = 200 << 20)]
    parallel_bytes: u64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Report> {
    ensure!(
        arguments.bytes > 0 && arguments.parallel_bytes > 0,
        "files have to have at least 1 byte"
    );
    let folder = tempfile::tempdir()?;
    let base = Base::start(Options::in_folder(folder.path().to_owned())).await?;
    let connector = Connector::start(&base)?;
    let pairs = arguments.parallel.max(1);
    let transfers = Transfers::set_up(&connector.endpoints, pairs).await?;
    let process = connector.process()?;
    let idle = process.resident()?;
    let mut measured = vec![measure(&transfers, process, idle, arguments.bytes, 1).await?];
    if arguments.parallel > 0 {
        let (bytes, many) = (arguments.parallel_bytes, arguments.parallel);
        measured.push(measure(&transfers, process, idle, bytes, many).await?);
    }
    connector.stop().await?;
    base.stop().await;
    Ok(Report {
        idle_rss_bytes: idle,
        transfers: measured,
    })
}

async fn measure(
    transfers: &Transfers,
    process: Process,
    idle: u64,
    bytes: u64,
    files: usize,
) -> Result<Measured> {
    process.forget_peak()?;
    let moved = transfers.send(bytes, files).await?;
    let peak = process.peak()?;
    let seconds = moved.took.as_secs_f64();
    Ok(Measured {
        files,
        bytes_each: bytes,
        seconds,
        mib_per_second: mebibytes(bytes * files as u64) / seconds.max(0.001),
        peak_rss_above_idle_bytes: peak.saturating_sub(idle),
    })
}
