//! Messages from chat to chat.
//!
//! - [`cost`]: what AWS asks for them
//! - [`load`]: how many at once are too many
//! - [`report`]: the result

mod cost;
mod load;
mod report;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use clap::Args;
use patchbay::demo::{Direction, Pace, World};
use patchbay::{Options, Stack};

use crate::calls;
use cost::{Cost, PRICES, Units};
use report::{Measured, Report};

/// Messages per second, AWS calls, units and cost per message, one direction after the other
///
/// The figures of each direction, whose messages are texts that are all posted at once:
///
/// `messages_per_second`: from the first post to the last arrival.
///
/// `tally`: how many messages were sent, delivered, lost, duplicated, out of order and unexpected.
/// In it, `latency_ms`: milliseconds from a message's post to its arrival, of which half took at
/// most `p50`, and 99 of 100 at most `p99`.
///
/// `aws_calls_per_message`: calls to AWS while they were forwarded, by operation, divided by the
/// number of messages. What the connector does anyway, such as renewing leases, is among them: the
/// more messages, the less it counts.
///
/// `units_per_message`: read and write units of `DynamoDB` in the same time, as the embedded one
/// counts them, with indexes and transactions. It doesn't count failed conditions, which AWS
/// charges for.
///
/// `usd_per_million_messages`: what a million of these messages would cost at the `prices` that
/// are told with the result. Machines, logs and data transfer are not among it.
///
/// `load`, with `--rate`: what becomes of latency when messages are posted evenly, at a rate that
/// doubles until less than 90 of 100 a second arrive. The first rate at which that is so is the
/// last one shown. All of it is one machine's: platforms, AWS and Patchbay share it.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many messages in each direction
    #[arg(long, default_value_t = 2_000)]
    messages: usize,

    /// Over how many pairs they are spread
    #[arg(long, default_value_t = 20)]
    pairs: usize,

    /// Raise the load too, beginning with so many messages a second
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u32>,

    /// For how long each rate is held
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "rate")]
    hold: u32,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Report> {
    ensure!(arguments.rate != Some(0), "--rate has to be at least 1");
    ensure!(arguments.hold > 0, "--hold has to be at least 1");
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let world = World::set_up(stack.endpoints(), arguments.pairs).await?;
    // Discord's limits are what they are; here it is Patchbay that is measured.
    world.lift_discord_limits().await?;
    let mut directions = BTreeMap::new();
    for direction in Direction::ALL {
        let measured = measure(&stack, &world.only(direction), arguments.messages).await?;
        directions.insert(direction.name(), measured);
    }
    stack.stop().await;
    if let Some(rate) = arguments.rate {
        for direction in Direction::ALL {
            let load = load::raise(direction, rate, arguments.hold, arguments.pairs);
            let load = Box::pin(load).await?;
            if let Some(measured) = directions.get_mut(direction.name()) {
                measured.load = load;
            }
        }
    }
    Ok(Report {
        prices: PRICES,
        directions,
    })
}

async fn measure(stack: &Stack, world: &World, messages: usize) -> Result<Measured> {
    let base = stack.base();
    let (calls, units) = (base.aws_calls(), base.aws_units());
    let tallies = world.converse(messages, Pace::AtOnce).await?;
    let now = base.aws_units();
    let calls = calls::for_each(messages, &calls, base.aws_calls());
    let tally = tallies
        .into_values()
        .next()
        .context("one direction has one tally")?;
    let units = Units {
        read: of_each(messages, now.read - units.read),
        write: of_each(messages, now.write - units.write),
    };
    Ok(Measured {
        messages_per_second: tally.messages_per_second(),
        usd_per_million_messages: Cost::of(units, &calls),
        units_per_message: units,
        aws_calls_per_message_in_all: calls.values().sum(),
        aws_calls_per_message: calls,
        tally,
        load: Vec::new(),
    })
}

#[expect(clippy::cast_precision_loss, reason = "ratios for people")]
fn of_each(many: usize, units: f64) -> f64 {
    units / many.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_forwarding_takes_is_counted() -> Result<()> {
        let few = Arguments {
            messages: 12,
            pairs: 2,
            rate: None,
            hold: 10,
        };
        let report = Box::pin(run(&few)).await?;
        assert_eq!(report.directions.len(), Direction::ALL.len());
        for (direction, measured) in &report.directions {
            assert!(measured.tally.is_right(), "{direction}");
            // A message is claimed, and its outcome is recorded.
            assert!(measured.units_per_message.write >= 2.0, "{direction}");
            let cost = measured.usd_per_million_messages;
            assert!(cost.in_all >= cost.writes && cost.queues > 0.0, "{cost:?}");
            assert!(report.table().contains(&direction.replace('_', " ")));
        }
        Ok(())
    }
}
