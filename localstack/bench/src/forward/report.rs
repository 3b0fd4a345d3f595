use std::collections::BTreeMap;

use patchbay::demo::{Direction, Tally};
use serde::Serialize;

use super::cost::{Cost, PRICES, Price, Units};
use super::kinds::OfDirection;
use super::load::Step;
use crate::calls;

/// What was measured, and at which prices.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(super) prices: [Price; 3],
    pub(super) directions: BTreeMap<&'static str, Measured>,
    /// By direction: what one message takes that shares its requests with no other.
    pub(super) one_by_one: BTreeMap<&'static str, OfDirection>,
}

#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) tally: Tally,
    pub(super) messages_per_second: f64,
    pub(super) aws_calls_per_message: BTreeMap<String, f64>,
    pub(super) aws_calls_per_message_in_all: f64,
    pub(super) units_per_message: Units,
    pub(super) usd_per_million_messages: Cost,
    /// Empty unless it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) load: Vec<Step>,
}

impl Report {
    pub(super) fn new(
        directions: BTreeMap<&'static str, Measured>,
        one_by_one: BTreeMap<Direction, OfDirection>,
    ) -> Self {
        let one_by_one = one_by_one.into_iter();
        Self {
            prices: PRICES,
            directions,
            one_by_one: one_by_one
                .map(|(direction, counted)| (direction.name(), counted))
                .collect(),
        }
    }

    pub(crate) fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:<21}{:>7}{:>8}{:>8}{:>8}{:>9}{:>9}{:>9}{:>13}",
            "texts, at once",
            "per s",
            "p50 ms",
            "p99 ms",
            "calls",
            "SQS",
            "reads",
            "writes",
            "USD/million",
        )];
        for (direction, measured) in &self.directions {
            lines.push(format!(
                "{:<21}{:>7.0}{:>8}{:>8}{:>8.2}{:>9.2}{:>9.2}{:>9.2}{:>13.2}",
                direction.replace('_', " "),
                measured.messages_per_second,
                measured.tally.latency_ms.p50,
                measured.tally.latency_ms.p99,
                measured.aws_calls_per_message_in_all,
                calls::to_queues(&measured.aws_calls_per_message),
                measured.units_per_message.read,
                measured.units_per_message.write,
                measured.usd_per_million_messages.in_all,
            ));
        }
        lines.push(String::new());
        lines.extend(self.load());
        lines.extend(self.one_by_one());
        lines.extend(self.prices.iter().map(Price::line));
        lines.join("\n") + "\n"
    }

    fn one_by_one(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:<21}{:<12}{:>7}{:>6}{:>8}{:>8}{:>13}  calls",
            "one by one", "kind", "calls", "SQS", "reads", "writes", "USD/million",
        )];
        for (direction, kinds) in &self.one_by_one {
            for (kind, counted) in kinds {
                lines.push(format!(
                    "{:<21}{:<12}{:>7}{:>6}{:>8}{:>8}{:>13.2}  {}",
                    direction.replace('_', " "),
                    kind.name(),
                    counted.aws_calls_in_all,
                    calls::to_queues(&counted.aws_calls),
                    counted.units.read,
                    counted.units.write,
                    counted.usd_per_million.in_all,
                    calls::listed(&counted.aws_calls),
                ));
            }
        }
        lines.push(String::new());
        lines
    }

    fn load(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (direction, measured) in &self.directions {
            for step in &measured.load {
                lines.push(format!(
                    "{:<21}{:>7}{:>14.1}{:>8}{:>8}  {}",
                    direction.replace('_', " "),
                    step.rate,
                    step.delivered_per_second,
                    step.latency_ms.p50,
                    step.latency_ms.p99,
                    if step.kept_up { "kept up" } else { "saturated" },
                ));
            }
        }
        if !lines.is_empty() {
            let head = format!(
                "{:<21}{:>7}{:>14}{:>8}{:>8}",
                "rising load, per s", "posted", "delivered", "p50 ms", "p99 ms"
            );
            lines.insert(0, head);
            lines.push(String::new());
        }
        lines
    }
}

impl Price {
    fn line(&self) -> String {
        format!(
            "{:<44} {:.3} USD a million (us-east-1, {}, {})",
            self.of, self.usd_per_million, self.as_of, self.source
        )
    }
}
