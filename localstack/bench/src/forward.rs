//! Messages from chat to chat.
//!
//! - [`cost`]: what AWS asks for them
//! - [`kinds`]: what one of each kind takes
//! - [`load`]: how many at once are too many
//! - [`report`]: the result

mod cost;
mod kinds;
mod load;
mod report;

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use clap::Args;
use patchbay::demo::{Direction, Pace, World};
use patchbay::{Options, Stack};

use crate::calls;
use cost::{Cost, Units};
use report::{Measured, Report};

/// Messages per second, AWS calls, units and cost per message, in each direction and of each kind
///
/// The figures of each direction, one after the other, whose messages are texts that are all posted
/// at once:
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
/// counts them, with indexes, transactions, and failed conditions, which AWS charges for.
///
/// `usd_per_million_messages`: what a million of these messages would cost at the `prices` that
/// are told with the result. Machines, logs and data transfer are not among it.
///
/// `load`, with `--rate`: what becomes of latency when messages are posted evenly, at a rate that
/// doubles until less than 90 of 100 a second arrive. The first rate at which that is so is the
/// last one shown, for each direction. All of it is one machine's: platforms, AWS and Patchbay
/// share it.
///
/// `one_by_one`, by direction and kind: the same of a single text, photo, album of three photos,
/// reply, edit and deletion, of which each begins when all is over that the one before caused. It
/// shares no request with another, as in a chat where little is said; positions, which are saved at
/// most once a second, are saved for it alone. The message shown is the one in the middle of
/// `--each`, by its calls.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How many messages in each direction
    #[arg(long, default_value_t = 2_000)]
    messages: usize,

    /// Over how many pairs they are spread
    #[arg(long, default_value_t = 20)]
    pairs: usize,

    /// How many messages of each kind are counted one by one
    #[arg(long, value_name = "N", default_value_t = 5)]
    each: usize,

    /// Raise the load too, beginning with so many messages a second
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<u32>,

    /// For how long each rate is held
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "rate")]
    hold: u32,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<Report> {
    ensure!(arguments.rate != Some(0), "--rate has to be at least 1");
    ensure!(arguments.each > 0, "--each has to be at least 1");
    ensure!(arguments.hold > 0, "--hold has to be at least 1");
    let mut directions = Box::pin(at_once(arguments)).await?;
    if let Some(rate) = arguments.rate {
        for direction in Direction::ALL {
            let load = load::raise(direction, rate, arguments.hold, arguments.pairs);
            let load = Box::pin(load).await?;
            if let Some(measured) = directions.get_mut(direction.name()) {
                measured.load = load;
            }
        }
    }
    let one_by_one = kinds::count(arguments.each).await?;
    Ok(Report::new(directions, one_by_one))
}

async fn at_once(arguments: &Arguments) -> Result<BTreeMap<&'static str, Measured>> {
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
    Ok(directions)
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
    use super::kinds::{Counted, Kind};
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_forwarding_takes_is_counted() -> Result<()> {
        let few = Arguments {
            messages: 16,
            pairs: 2,
            each: 1,
            rate: None,
            hold: 10,
        };
        let directions = Box::pin(at_once(&few)).await?;
        assert_eq!(directions.len(), Direction::ALL.len());
        for (direction, measured) in &directions {
            assert!(measured.tally.is_right(), "{direction}");
            // A message is claimed, and its outcome is recorded.
            assert!(measured.units_per_message.write >= 2.0, "{direction}");
            let cost = measured.usd_per_million_messages;
            assert!(cost.in_all >= cost.writes && cost.queues > 0.0, "{cost:?}");
        }
        let report = Report::new(directions, BTreeMap::new());
        assert!(report.table().contains("discord to discord"));
        Ok(())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_kind_of_message_takes_more_calls_than_it_has_to() -> Result<()> {
        let counted = kinds::count(2).await?;
        for (direction, most) in MOST {
            for (kind, counted) in &counted[&direction] {
                check(*kind, counted, most[*kind as usize])
                    .with_context(|| format!("{direction:?}: {kind:?}"))?;
            }
        }
        let report = Report::new(BTreeMap::new(), counted);
        assert!(report.table().contains("album of 3"));
        Ok(())
    }

    /// How often positions and further messages of an album are written at most, and how many write
    /// units all of it takes at most. Several positions may be saved together, or not.
    type Most = (f64, f64);

    /// As docs/data-model.md says: a claim takes 1 unit and an outcome 2, as does each further
    /// message of an album; the rest is positions.
    #[rustfmt::skip]
    const MOST: [(Direction, [Most; 6]); 4] = [
        //                                text        photo       album       reply       edit        deletion
        (Direction::TelegramToTelegram, [(2.0, 7.0), (2.0, 7.0), (4.0, 11.0), (2.0, 7.0), (2.0, 7.0), (2.0, 7.0)]),
        (Direction::TelegramToDiscord,  [(2.0, 5.0), (2.0, 5.0), (4.0, 9.0),  (2.0, 5.0), (2.0, 5.0), (2.0, 5.0)]),
        (Direction::DiscordToTelegram,  [(2.0, 8.0), (2.0, 8.0), (2.0, 8.0),  (2.0, 8.0), (2.0, 5.0), (2.0, 5.0)]),
        (Direction::DiscordToDiscord,   [(2.0, 8.0), (2.0, 8.0), (2.0, 8.0),  (2.0, 8.0), (2.0, 5.0), (2.0, 5.0)]),
    ];

    fn check(kind: Kind, counted: &Counted, most: Most) -> Result<()> {
        let count = |operation: &str| {
            counted
                .aws_calls
                .get(operation)
                .copied()
                .unwrap_or_default()
        };
        let is_about_another = matches!(kind, Kind::Reply | Kind::Edit | Kind::Deletion);
        let queries = f64::from(u8::from(is_about_another));
        let expected = [
            ("DynamoDB.Query", queries),
            ("DynamoDB.UpdateItem", 2.0),
            ("SQS.SendMessageBatch", 1.0),
            ("SQS.DeleteMessageBatch", 1.0),
        ];
        for (operation, calls) in expected {
            ensure!(count(operation) <= calls, "{operation}: {counted:?}");
        }
        // Whoever waits for tasks asks again after 20 s without any.
        ensure!(
            (1.0..=2.0).contains(&count("SQS.ReceiveMessage")),
            "{counted:?}"
        );
        let writes = count("DynamoDB.PutItem") + count("DynamoDB.TransactWriteItems");
        ensure!(writes <= most.0, "{counted:?}");
        ensure!(counted.units.write <= most.1, "{counted:?}");
        ensure!(counted.units.read <= queries, "{counted:?}");
        let others = counted.aws_calls_in_all - writes - count("SQS.ReceiveMessage");
        let expected: f64 = expected.iter().map(|(_, calls)| calls).sum();
        ensure!(others <= expected, "something else is called: {counted:?}");
        Ok(())
    }
}
