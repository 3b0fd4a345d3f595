//! The demo's result, for people and for programs.

use std::collections::BTreeMap;

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
        let mut table = row(&COLUMNS.map(|(name, _)| name.to_owned()));
        for (direction, tally) in &self.directions {
            let [media, albums, replies, edits, deletions] = tally
                .kinds()
                .map(|(_, count)| format!("{}/{}", count.sent, count.delivered));
            table.push_str(&row(&[
                direction.replace('_', " "),
                tally.sent.to_string(),
                tally.delivered.to_string(),
                tally.lost.to_string(),
                tally.duplicated.to_string(),
                tally.out_of_order.to_string(),
                media,
                albums,
                replies,
                edits,
                deletions,
                tally.latency_ms.p50.to_string(),
                tally.latency_ms.p99.to_string(),
            ]));
            if let Some(unexpected) = &tally.first_unexpected {
                table.push_str("  unexpected: ");
                table.push_str(unexpected);
                table.push('\n');
            }
        }
        table
    }
}

/// Of each column its name and width. Of media and what follows it: sent/delivered.
const COLUMNS: [(&str, usize); 13] = [
    ("direction", 20),
    ("sent", 6),
    ("delivered", 11),
    ("lost", 6),
    ("duplicated", 12),
    ("out of order", 14),
    ("media", 7),
    ("albums", 8),
    ("replies", 9),
    ("edits", 7),
    ("deletions", 11),
    ("p50 ms", 8),
    ("p99 ms", 8),
];

/// The first column to the left, all others to the right.
fn row(cells: &[String; COLUMNS.len()]) -> String {
    let cells = cells.iter().zip(COLUMNS).enumerate();
    let cells = cells.map(|(number, (cell, (_, width)))| match number {
        0 => format!("{cell:<width$}"),
        _ => format!("{cell:>width$}"),
    });
    cells.chain(["\n".to_owned()]).collect()
}
