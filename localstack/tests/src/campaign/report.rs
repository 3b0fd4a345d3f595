//! What a campaign found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use anyhow::Result;
use patchbay_app::ports::Ports;
use patchbay_domain::{Delivery, DeliveryState, SkipReason};

use super::compare::{Difference, What};
use super::perform::Done;
use super::quiet::trace;
use super::untold::Untold;
use crate::message::Message;
use crate::stage::Pair;

/// Nothing told of the latest change.
const UNTOLD: &str = "the platform told of no change";

#[derive(Debug, Default)]
pub struct Report {
    pub seed: u64,
    /// Whether every message had an outcome in the end.
    pub is_quiet: bool,
    /// Posts that were looked for.
    pub compared: usize,
    pub operations: BTreeMap<String, usize>,
    pub faults: BTreeMap<&'static str, usize>,
    pub findings: Vec<Finding>,
    /// Differences that have a reason, by that.
    pub explained: BTreeMap<&'static str, usize>,
    /// Until the last operation and the last fault were over, and in all.
    pub took: (Duration, Duration),
}

/// A difference that must not be.
#[derive(Debug)]
pub struct Finding {
    pub line: &'static str,
    pub difference: Difference,
    /// What is known of the post's messages.
    pub trace: Vec<String>,
}

/// The end of a pair, and what was done at its beginning.
pub(super) struct Destination<'a> {
    pub(super) pair: &'a Pair,
    pub(super) done: &'a Done,
    pub(super) held: Vec<Message>,
}

impl Destination<'_> {
    /// The messages that the deliveries name, as they are now.
    fn shown(&self, deliveries: &[Delivery]) -> Vec<String> {
        let parts = deliveries.iter().filter_map(|delivery| {
            if let DeliveryState::Delivered { parts, .. } = &delivery.state {
                Some(parts)
            } else {
                None
            }
        });
        let ids: BTreeSet<String> = parts.flatten().map(ToString::to_string).collect();
        let files = self.done.files.keys().cloned().collect();
        let held = self.held.iter().filter(|it| ids.contains(&it.id));
        held.map(|it| format!("{} shows {}", it.id, it.line(&files, &self.held)))
            .collect()
    }
}

impl Report {
    pub fn is_right(&self) -> bool {
        self.is_quiet && self.findings.is_empty()
    }

    pub(super) fn count(&mut self, done: &[Done], struck: &BTreeMap<&'static str, usize>) {
        for (name, count) in done.iter().flat_map(|done| &done.counts) {
            *self.operations.entry(name.clone()).or_default() += count;
        }
        self.faults.clone_from(struck);
    }

    pub(super) async fn add(
        &mut self,
        ports: &Ports,
        line: &'static str,
        there: &Destination<'_>,
        untold: &Untold,
        differences: Vec<Difference>,
    ) -> Result<()> {
        for difference in differences {
            if untold.explains(&difference, there.pair, there.done) {
                *self.explained.entry(UNTOLD).or_default() += 1;
                continue;
            }
            let mut deliveries = deliveries_of(ports, there, difference.post).await?;
            if let Some(reason) = explanation(&difference, &deliveries) {
                *self.explained.entry(reason).or_default() += 1;
                continue;
            }
            if let Some(answered) = there.done.answers.get(&difference.post)
                && difference.what == What::Unanswered
            {
                deliveries.extend(deliveries_of(ports, there, *answered).await?);
            }
            let mut trace: Vec<_> = deliveries.iter().map(told).collect();
            trace.extend(there.shown(&deliveries));
            self.findings.push(Finding {
                line,
                difference,
                trace,
            });
        }
        Ok(())
    }
}

/// What became of each message of a post.
async fn deliveries_of(
    ports: &Ports,
    there: &Destination<'_>,
    post: usize,
) -> Result<Vec<Delivery>> {
    let mut deliveries = Vec::new();
    for message in there.done.posts.get(post).into_iter().flatten() {
        deliveries.extend(trace(ports, there.pair, message).await?);
    }
    Ok(deliveries)
}

/// A forward can't be changed; whoever looks at the trace finds that.
fn explanation(difference: &Difference, trace: &[Delivery]) -> Option<&'static str> {
    if difference.what != What::Different {
        return None;
    }
    let reason = SkipReason::ForwardStands;
    let stands = DeliveryState::Skipped { reason };
    let mut trace = trace.iter();
    trace
        .any(|delivery| delivery.state == stands)
        .then(|| reason.code())
}

fn told(delivery: &Delivery) -> String {
    format!(
        "message {} revision {}: {:?}, {} attempts, seen {}, updated {}",
        delivery.key.message,
        delivery.key.revision.0,
        delivery.state,
        delivery.attempts,
        delivery.received_at.0,
        delivery.updated_at.0,
    )
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: usize = self.operations.values().sum();
        writeln!(formatter, "operations {all:>28}")?;
        for (name, count) in &self.operations {
            writeln!(formatter, "  {name:<32}{count:>6}")?;
        }
        let all: usize = self.faults.values().sum();
        writeln!(formatter, "faults {all:>32}")?;
        for (name, count) in &self.faults {
            writeln!(formatter, "  {name:<32}{count:>6}")?;
        }
        for (reason, count) in &self.explained {
            writeln!(formatter, "{count} differ with a reason: {reason}")?;
        }
        for finding in &self.findings {
            let Difference { post, what, detail } = &finding.difference;
            writeln!(
                formatter,
                "{what:?}: {}, post {post}: {detail}",
                finding.line
            )?;
            for line in &finding.trace {
                writeln!(formatter, "    {line}")?;
            }
        }
        if !self.is_quiet {
            writeln!(formatter, "not every message has an outcome")?;
        }
        let (fought, took) = self.took;
        writeln!(
            formatter,
            "seed {}: {} posts compared, {} findings, {:.1} s, the first {:.1} s with faults",
            self.seed,
            self.compared,
            self.findings.len(),
            took.as_secs_f64(),
            fought.as_secs_f64(),
        )
    }
}
