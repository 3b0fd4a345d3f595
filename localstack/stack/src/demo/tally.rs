//! Source and destination compared.

use std::collections::HashMap;

use serde::Serialize;

/// A scripted message as it was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    /// What the destination has to show.
    pub(super) expected: Shown,
    pub(super) at_ms: i64,
}

/// A message as a chat holds it: its text, or its markdown, and its entities where they are apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) entities: Vec<serde_json::Value>,
}

/// What was found in a destination chat, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) shown: Shown,
    pub(super) at_ms: i64,
}

/// How one direction went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    pub sent: usize,
    pub delivered: usize,
    pub lost: usize,
    pub duplicated: usize,
    pub out_of_order: usize,
    /// In the destination, but nothing that was sent looks like it.
    pub unexpected: usize,
    /// The first of these, to find out why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unexpected: Option<String>,
    pub latency_ms: Latency,
    #[serde(skip)]
    latencies: Vec<u64>,
    /// When the first was posted and when the last arrived.
    #[serde(skip)]
    span: Option<(i64, i64)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
}

impl Tally {
    pub fn is_right(&self) -> bool {
        self.delivered == self.sent
            && self.lost == 0
            && self.duplicated == 0
            && self.out_of_order == 0
            && self.unexpected == 0
    }

    /// From the first post to the last arrival.
    pub fn messages_per_second(&self) -> f64 {
        let Some((first, last)) = self.span else {
            return 0.0;
        };
        let took = std::time::Duration::from_millis(u64::try_from(last - first).unwrap_or(0));
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let delivered = self.delivered as f64;
        delivered / took.as_secs_f64().max(0.001)
    }

    /// Adds one pair, whose destination holds nothing else.
    pub(super) fn add(&mut self, sent: &[Sent], found: &[Found]) {
        let mut places: HashMap<&Shown, usize> = HashMap::new();
        for (place, message) in sent.iter().enumerate() {
            places.insert(&message.expected, place);
        }
        let mut seen = vec![0_usize; sent.len()];
        let mut furthest = None;
        for message in found {
            let Some(&place) = places.get(&message.shown) else {
                self.unexpected += 1;
                self.first_unexpected
                    .get_or_insert_with(|| format!("{:?}", message.shown));
                continue;
            };
            seen[place] += 1;
            if seen[place] > 1 {
                self.duplicated += 1;
                continue;
            }
            if furthest.is_some_and(|furthest| place < furthest) {
                self.out_of_order += 1;
            }
            furthest = furthest.max(Some(place));
            let took = message.at_ms.saturating_sub(sent[place].at_ms);
            self.latencies.push(u64::try_from(took).unwrap_or(0));
        }
        let arrived = seen.iter().filter(|times| **times > 0).count();
        self.sent += sent.len();
        self.delivered += arrived;
        self.lost += sent.len() - arrived;
        let first = sent.iter().map(|message| message.at_ms).min();
        let last = found.iter().map(|message| message.at_ms).max();
        self.span = match (self.span, first.zip(last)) {
            (Some((first, last)), Some((a, b))) => Some((first.min(a), last.max(b))),
            (one, other) => one.or(other),
        };
        self.latencies.sort_unstable();
        self.latency_ms = Latency {
            p50: self.percentile(50),
            p99: self.percentile(99),
        };
    }

    /// Of the sorted latencies, by the nearest rank.
    fn percentile(&self, percent: usize) -> u64 {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        self.latencies.get(rank - 1).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Shown {
        Shown {
            text: text.to_owned(),
            entities: vec![],
        }
    }

    fn tally(found: &[&str]) -> Tally {
        let sent: Vec<Sent> = ["a", "b", "c"]
            .into_iter()
            .map(|text| Sent {
                expected: shown(text),
                at_ms: 100,
            })
            .collect();
        let found: Vec<Found> = found
            .iter()
            .map(|text| Found {
                shown: shown(text),
                at_ms: 130,
            })
            .collect();
        let mut tally = Tally::default();
        tally.add(&sent, &found);
        tally
    }

    #[test]
    fn every_kind_of_failure_is_counted() {
        type Counts = (usize, usize, usize, usize, usize);
        let cases: [(&[&str], Counts, bool); 6] = [
            (&["a", "b", "c"], (3, 0, 0, 0, 0), true),
            (&["a", "c"], (2, 1, 0, 0, 0), false),
            (&["a", "b", "b", "c"], (3, 0, 1, 0, 0), false),
            (&["b", "a", "c"], (3, 0, 0, 1, 0), false),
            (&["a", "b", "c", "z"], (3, 0, 0, 0, 1), false),
            (&[], (0, 3, 0, 0, 0), false),
        ];
        for (found, expected, is_right) in cases {
            let t = tally(found);
            let counts = (
                t.delivered,
                t.lost,
                t.duplicated,
                t.out_of_order,
                t.unexpected,
            );
            assert_eq!((counts, t.is_right()), (expected, is_right), "{found:?}");
        }
    }

    #[test]
    fn latency_is_from_post_to_arrival() {
        assert_eq!(
            tally(&["a", "b", "c"]).latency_ms,
            Latency { p50: 30, p99: 30 }
        );
    }
}
