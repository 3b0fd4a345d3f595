//! What messages cost on AWS, from what was counted.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calls;

/// What AWS asks for a million of something in us-east-1.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Price {
    pub(super) of: &'static str,
    pub(super) usd_per_million: f64,
    pub(super) as_of: &'static str,
    pub(super) source: &'static str,
}

pub(super) const READ_UNITS: Price = Price {
    of: "DynamoDB read request units, on demand",
    usd_per_million: 0.125,
    as_of: "2025-07",
    source: "https://airbyte.com/data-engineering-resources/dynamodb-pricing",
};
pub(super) const WRITE_UNITS: Price = Price {
    of: "DynamoDB write request units, on demand",
    usd_per_million: 0.625,
    ..READ_UNITS
};
/// The queues of control messages cost less, and hardly count.
pub(super) const QUEUE_REQUESTS: Price = Price {
    of: "SQS FIFO requests, of at most 64 KiB each",
    usd_per_million: 0.5,
    as_of: "2026-06",
    source: "https://www.factualminds.com/blog/amazon-sqs-pricing-64kb-rule-fifo-vs-standard/",
};

pub(super) const PRICES: [Price; 3] = [READ_UNITS, WRITE_UNITS, QUEUE_REQUESTS];

/// Of a message.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Units {
    pub(super) read: f64,
    pub(super) write: f64,
}

/// Of a million messages, in dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Cost {
    pub(super) reads: f64,
    pub(super) writes: f64,
    pub(super) queues: f64,
    pub(super) in_all: f64,
}

impl Cost {
    pub(super) fn of(units: Units, calls: &BTreeMap<String, f64>) -> Self {
        let reads = units.read * READ_UNITS.usd_per_million;
        let writes = units.write * WRITE_UNITS.usd_per_million;
        let queues = calls::to_queues(calls) * QUEUE_REQUESTS.usd_per_million;
        Self {
            reads,
            writes,
            queues,
            in_all: reads + writes + queues,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_messages_cost_what_their_parts_cost() {
        let units = Units {
            read: 2.0,
            write: 4.0,
        };
        let calls = [
            ("SQS.ReceiveMessage", 1.0),
            ("SQS.DeleteMessage", 1.0),
            ("DynamoDB.GetItem", 2.0),
        ];
        let calls = calls.map(|(name, calls)| (name.to_owned(), calls)).into();
        let expected = Cost {
            reads: 0.25,
            writes: 2.5,
            queues: 1.0,
            in_all: 3.75,
        };
        assert_eq!(Cost::of(units, &calls), expected);
    }
}
