use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::figures::Day;
use patchbay_domain::ids::PairId;

use super::Store;
use super::kept_tasks::remove_some;
use crate::ports::{DayRollup, PortResult, Removed, Rollups};

pub(super) type RollupTable = BTreeMap<(PairId, Day), DayRollup>;

#[async_trait]
impl Rollups for Store {
    async fn of_pair(&self, pair: PairId, days: Range<Day>) -> PortResult<Vec<DayRollup>> {
        let tables = self.tables();
        let of_pair = tables.rollups.iter();
        let of_pair = of_pair.filter(|((of, day), _)| *of == pair && days.contains(day));
        Ok(of_pair.map(|(_, rollup)| rollup.clone()).collect())
    }

    async fn put(&self, pair: PairId, rollup: &DayRollup) -> PortResult<bool> {
        let mut tables = self.tables();
        let standing = tables.rollups.get(&(pair, rollup.day));
        if standing.map_or(0, |standing| standing.version) != rollup.version {
            return Ok(false);
        }
        let stored = DayRollup {
            version: rollup.version + 1,
            ..rollup.clone()
        };
        tables.rollups.insert((pair, rollup.day), stored);
        Ok(true)
    }

    async fn reset(&self, pair: PairId, day: Day, settles_at: Timestamp) -> PortResult<()> {
        let mut tables = self.tables();
        let rollup = tables
            .rollups
            .entry((pair, day))
            .or_insert_with(|| DayRollup::empty(day));
        rollup.version += 1;
        rollup.settles_at = settles_at;
        rollup.hours.clear();
        Ok(())
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        let table = &mut self.tables().rollups;
        Ok(remove_some(table, limit, |(of, _)| *of == pair))
    }
}
