//! What was asked of the embedded AWS: the numbers a bill would be made of.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::dynamodb::CapacityUnits;

#[derive(Debug, Default)]
pub(crate) struct Usage {
    tally: Mutex<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    calls: BTreeMap<String, u64>,
    capacity: CapacityUnits,
}

impl Usage {
    pub(crate) fn count_call(&self, service: &str, operation: &str) {
        let name = format!("{service}.{operation}");
        *self.tally().calls.entry(name).or_default() += 1;
    }

    pub(crate) fn count_capacity(&self, units: CapacityUnits) {
        self.tally().capacity.add(units);
    }

    pub(crate) fn calls(&self) -> BTreeMap<String, u64> {
        self.tally().calls.clone()
    }

    pub(crate) fn capacity(&self) -> CapacityUnits {
        self.tally().capacity
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
