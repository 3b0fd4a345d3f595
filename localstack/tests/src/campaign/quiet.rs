//! Waits until nothing happens any more.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use patchbay_app::ports::Ports;
use patchbay_domain::Delivery;
use patchbay_domain::ids::{MessageId, PairId, PartitionId};

use super::perform::Done;
use crate::stage::Pair;

/// Nothing new for this long: what is missing by then does not come.
const PATIENCE: Duration = Duration::from_secs(45);
const CHECK_EVERY: Duration = Duration::from_millis(200);
const CHANGES: usize = 100;

/// Whether every pair has dealt with its last message, which is the last of all by then: a pair
/// keeps the order. The queues are empty then, too.
pub(super) async fn wait(
    ports: &Ports,
    partitions: u16,
    pairs: &[Pair],
    done: &[Done],
) -> Result<bool> {
    let mut latest = Instant::now();
    let mut before = 0;
    loop {
        let mut settled = 0;
        for (pair, done) in pairs.iter().zip(done) {
            let last = done.posts.last().and_then(|ids| ids.last());
            let last = last.context("every script ends with a text")?;
            let trace = trace(ports, pair, last).await?;
            settled += usize::from(trace.iter().any(|it| it.state.is_final()));
        }
        if settled == pairs.len() && queued(ports, partitions).await? == 0 {
            return Ok(true);
        }
        if settled != before {
            (before, latest) = (settled, Instant::now());
        }
        if latest.elapsed() > PATIENCE {
            return Ok(false);
        }
        tokio::time::sleep(CHECK_EVERY).await;
    }
}

/// Tasks in all queues.
async fn queued(ports: &Ports, partitions: u16) -> Result<u64> {
    let mut all = 0;
    for partition in (0..partitions).map(PartitionId) {
        let counts = ports.tasks.counts(partition).await?;
        all += counts.waiting + counts.in_flight + counts.delayed;
    }
    Ok(all)
}

/// What became of a message of the source.
pub(super) async fn trace(ports: &Ports, pair: &Pair, message: &str) -> Result<Vec<Delivery>> {
    let id: PairId = pair.id.parse()?;
    let message = MessageId(message.parse()?);
    let deliveries = &ports.deliveries;
    let page = deliveries.of_message(id, message, None, CHANGES).await?;
    Ok(page.items)
}
