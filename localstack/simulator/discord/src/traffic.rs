//! What happens to requests before they mean anything: counts, rate limits, faults.
//!
//! None of this is part of the world: a restart forgets it, as the platform's edge would.

mod fault;
mod hamper;
mod limit;

use std::collections::{BTreeMap, VecDeque};

pub(crate) use fault::{Fault, FaultRule};
pub(crate) use hamper::hamper;
pub(crate) use limit::{Allowance, Bucket, BucketKey, Verdict};

use crate::time::Timestamp;
use crate::world::RateLimit;

#[derive(Debug, Default)]
pub(crate) struct Traffic {
    calls: BTreeMap<String, BTreeMap<u16, u64>>,
    buckets: BTreeMap<BucketKey, Bucket>,
    global: BTreeMap<String, Bucket>,
    invalid: VecDeque<Timestamp>,
    faults: Vec<FaultRule>,
}

impl Traffic {
    pub(crate) fn count_call(&mut self, route: &str, status: u16) {
        *self
            .calls
            .entry(route.to_owned())
            .or_default()
            .entry(status)
            .or_default() += 1;
    }

    /// How often each route was called, by the status of the answer; 0 stands for none.
    pub(crate) fn calls(&self) -> &BTreeMap<String, BTreeMap<u16, u64>> {
        &self.calls
    }

    pub(crate) fn count_invalid(&mut self, now: Timestamp) {
        self.invalid.push_back(now);
    }

    /// The invalid requests within the window that could lead to a ban.
    pub(crate) fn invalid_requests(&mut self, limit: RateLimit, now: Timestamp) -> usize {
        while self
            .invalid
            .front()
            .is_some_and(|&at| now.millis_since(at) >= limit.per_ms)
        {
            self.invalid.pop_front();
        }
        self.invalid.len()
    }

    /// Takes one request from the whole allowance of a caller.
    pub(crate) fn admit_globally(
        &mut self,
        caller: &str,
        limit: RateLimit,
        now: Timestamp,
    ) -> Verdict {
        self.global
            .entry(caller.to_owned())
            .or_default()
            .take(limit, now)
    }

    /// Takes one request from a bucket.
    pub(crate) fn admit(&mut self, key: BucketKey, limit: RateLimit, now: Timestamp) -> Verdict {
        self.buckets.entry(key).or_default().take(limit, now)
    }

    pub(crate) fn forget_limits(&mut self) {
        self.buckets.clear();
        self.global.clear();
        self.invalid.clear();
    }

    pub(crate) fn add_fault(&mut self, rule: FaultRule) {
        self.faults.push(rule);
    }

    pub(crate) fn faults(&self) -> &[FaultRule] {
        &self.faults
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The first fault that hits this request; one that has hit often enough goes away.
    pub(crate) fn fault_for(&mut self, route: &str, path: &str) -> Option<Fault> {
        let index = self.faults.iter().position(|rule| rule.hits(route, path))?;
        let rule = &mut self.faults[index];
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                self.faults.remove(index);
            }
        }
        Some(fault)
    }
}
