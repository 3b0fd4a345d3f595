use std::collections::BTreeMap;

use anyhow::{Context, Result};
use clap::Args;
use patchbay::demo::{Direction, Pace, Tally, World};
use patchbay::{Options, Stack};
use serde::Serialize;

use crate::calls;

/// Messages per second and AWS calls per message, one direction after the other
///
/// The figures of each direction, whose messages are all posted at once:
///
/// `messages_per_second`: from the first post to the last arrival.
///
/// `tally`: how many messages were sent, delivered, lost, duplicated, out of order and unexpected.
/// In it, `latency_ms`: milliseconds from a message's post to its arrival, of which half took at
/// most `p50`, and 99 of 100 at most `p99`.
///
/// `aws_calls_per_message`: calls to AWS while they were forwarded, by operation, divided by the
/// number of messages. What the connector does anyway, such as renewing leases, is among them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many messages in each direction
    #[arg(long, default_value_t = 2_000)]
    messages: usize,

    /// Over how many pairs they are spread
    #[arg(long, default_value_t = 20)]
    pairs: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    tally: Tally,
    messages_per_second: f64,
    aws_calls_per_message: BTreeMap<String, f64>,
    aws_calls_per_message_in_all: f64,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<BTreeMap<&'static str, Measured>> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let world = World::set_up(stack.endpoints(), arguments.pairs).await?;
    // Discord's limits are what they are; here it is Patchbay that is measured.
    world.lift_discord_limits().await?;
    let mut measured = BTreeMap::new();
    for direction in Direction::ALL {
        let world = world.only(direction);
        let before = stack.base().aws_calls();
        let tallies = world.converse(arguments.messages, Pace::AtOnce).await?;
        let tally = tallies
            .into_values()
            .next()
            .context("one direction has one tally")?;
        let calls = calls::for_each(arguments.messages, &before, stack.base().aws_calls());
        measured.insert(
            direction.name(),
            Measured {
                messages_per_second: tally.messages_per_second(),
                aws_calls_per_message_in_all: calls.values().sum(),
                aws_calls_per_message: calls,
                tally,
            },
        );
    }
    stack.stop().await;
    Ok(measured)
}
