//! Source and destination compared.

use serde::Serialize;

use super::found::Found;
use super::script::{Fate, Step, Words};
use super::source::{Source, place_of};
use super::world::DemoPair;

/// How many were sent, and how many of them are at the destination as they should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    pub sent: usize,
    pub delivered: usize,
}

impl Count {
    fn add(&mut self, is_there: bool) {
        self.sent += 1;
        self.delivered += usize::from(is_there);
    }

    fn is_right(self) -> bool {
        self.delivered == self.sent
    }
}

/// How one direction went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    pub sent: usize,
    /// Those that are at the destination, and those that were there before they were deleted.
    pub delivered: usize,
    pub lost: usize,
    pub duplicated: usize,
    pub out_of_order: usize,
    /// In the destination, but nothing that was sent looks like it.
    pub unexpected: usize,
    /// The first of these, to find out why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_unexpected: Option<String>,
    /// Messages with one file, with the same bytes.
    pub media: Count,
    /// Messages with several files, all of them and in their order.
    pub albums: Count,
    /// Messages that answer another, and the same one.
    pub replies: Count,
    /// Messages whose text was edited, with the new one and no longer the old one.
    pub edits: Count,
    /// Messages that were deleted, and are gone. Their files and replies are not counted.
    pub deletions: Count,
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
            && self.kinds().iter().all(|(_, count)| count.is_right())
    }

    /// What is counted of particular messages, by name.
    pub fn kinds(&self) -> [(&'static str, Count); 5] {
        [
            ("media", self.media),
            ("albums", self.albums),
            ("replies", self.replies),
            ("edits", self.edits),
            ("deletions", self.deletions),
        ]
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
    pub(super) fn add(
        &mut self,
        pair: &DemoPair,
        steps: &[Step],
        source: &Source,
        found: &[Found],
    ) {
        let mut seen = vec![None; steps.len()];
        let mut furthest = None;
        for message in found {
            let place = place_of(message, pair, steps);
            let step = place.and_then(|place| steps.get(place));
            let Some(step) = step.filter(|step| step.is_shown(pair, message)) else {
                self.unexpected += 1;
                self.first_unexpected
                    .get_or_insert_with(|| format!("{:?}", message.shown));
                continue;
            };
            if seen[step.number].is_some() {
                self.duplicated += 1;
                continue;
            }
            seen[step.number] = Some(message);
            if furthest.is_some_and(|furthest| step.number < furthest) {
                self.out_of_order += 1;
            }
            furthest = furthest.max(Some(step.number));
            if let Some(posted) = source.message(step.number) {
                let took = message.at_ms.saturating_sub(posted.at_ms);
                self.latencies.push(u64::try_from(took).unwrap_or(0));
                self.stretch(posted.at_ms, message.at_ms);
            }
        }
        for step in steps.iter().filter(|step| source.was_posted(step)) {
            let is_deleted = source.message(step.number).is_none();
            self.sent += 1;
            match seen[step.number] {
                None if !is_deleted => self.lost += 1,
                None | Some(_) => self.delivered += 1,
            }
            self.count_kinds(pair, step, seen[step.number], is_deleted, &seen);
        }
        self.latencies.sort_unstable();
        self.latency_ms = Latency {
            p50: self.percentile(50),
            p99: self.percentile(99),
        };
    }

    fn count_kinds(
        &mut self,
        pair: &DemoPair,
        step: &Step,
        message: Option<&Found>,
        is_deleted: bool,
        seen: &[Option<&Found>],
    ) {
        let is = |is_so: &dyn Fn(&Found) -> bool| message.is_some_and(is_so);
        match &step.fate {
            Fate::Deleted => return self.deletions.add(is_deleted && message.is_none()),
            Fate::Edited(words) => self.edits.add(is(&|it| says(pair, it, words))),
            Fate::Stays => {}
        }
        if !step.files.is_empty() {
            let has_files = is(&|it| {
                let mut pairs = it.files.iter().zip(&step.files);
                it.files.len() == step.files.len() && pairs.all(|(held, file)| held.is(file))
            });
            match step.files.len() {
                1 => self.media.add(has_files),
                _ => self.albums.add(has_files),
            }
        }
        if let Some(answered) = step.answers {
            let answers = is(&|it| {
                let answered = seen.get(answered).copied().flatten();
                let id = it.answers.as_ref();
                id.zip(answered)
                    .is_some_and(|(id, answered)| answered.ids.contains(id))
            });
            self.replies.add(answers);
        }
    }

    fn stretch(&mut self, from: i64, to: i64) {
        let (first, last) = self.span.unwrap_or((from, to));
        self.span = Some((first.min(from), last.max(to)));
    }

    /// Of the sorted latencies, by the nearest rank.
    fn percentile(&self, percent: usize) -> u64 {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        self.latencies.get(rank - 1).copied().unwrap_or(0)
    }
}

fn says(pair: &DemoPair, message: &Found, words: &Words) -> bool {
    &message.shown == words.in_chat(&pair.destination)
}

impl Step {
    /// Before or after it was edited.
    fn is_shown(&self, pair: &DemoPair, message: &Found) -> bool {
        let is_edited = match &self.fate {
            Fate::Edited(words) => says(pair, message, words),
            Fate::Stays | Fate::Deleted => false,
        };
        is_edited || says(pair, message, &self.words)
    }
}

#[cfg(test)]
mod tests;
