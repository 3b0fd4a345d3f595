//! The demo's result, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::tally::Tally;
use super::world::Direction;

#[derive(Debug, Serialize)]
pub struct Report {
    pub ok: bool,
    pub messages: usize,
    pub directions: BTreeMap<&'static str, Tally>,
    /// Requests to AWS while the messages were forwarded, by operation.
    pub aws_calls: BTreeMap<String, u64>,
    pub aws_calls_per_message: f64,
}

impl Report {
    pub(super) fn new(
        messages: usize,
        tallies: BTreeMap<Direction, Tally>,
        aws_calls: BTreeMap<String, u64>,
    ) -> Self {
        let sent: usize = tallies.values().map(|tally| tally.sent).sum();
        let is_right = sent == messages && tallies.values().all(Tally::is_right);
        let calls: u64 = aws_calls.values().sum();
        Self {
            ok: is_right,
            messages,
            directions: tallies
                .into_iter()
                .map(|(direction, tally)| (direction.name(), tally))
                .collect(),
            aws_calls,
            #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
            aws_calls_per_message: calls as f64 / sent.max(1) as f64,
        }
    }

    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<22}{:>6}{:>11}{:>6}{:>12}{:>14}{:>9}{:>9}\n",
            "direction",
            "sent",
            "delivered",
            "lost",
            "duplicated",
            "out of order",
            "p50 ms",
            "p99 ms",
        );
        for (direction, tally) in &self.directions {
            let row = writeln!(
                table,
                "{:<22}{:>6}{:>11}{:>6}{:>12}{:>14}{:>9}{:>9}",
                direction.replace('_', " "),
                tally.sent,
                tally.delivered,
                tally.lost,
                tally.duplicated,
                tally.out_of_order,
                tally.latency_ms.p50,
                tally.latency_ms.p99,
            );
            debug_assert!(row.is_ok(), "a String takes everything");
            if let Some(unexpected) = &tally.first_unexpected {
                table.push_str("  unexpected: ");
                table.push_str(unexpected);
                table.push('\n');
            }
        }
        table
    }
}
