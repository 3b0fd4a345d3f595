use std::collections::HashMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::ids::PairId;

use super::Store;
use crate::ports::{Arrival, Clock, Doubles, PortResult};

pub(super) type DoubleTable = HashMap<String, (PairId, Timestamp)>;

#[async_trait]
impl Doubles for Store {
    async fn first(&self, arrival: &Arrival, pair: PairId, until: Timestamp) -> PortResult<PairId> {
        let Arrival {
            owner,
            chat,
            message,
            ..
        } = arrival;
        let key = format!("{owner} {chat} {message} {}", arrival.place());
        let now = self.clock.now();
        let mut tables = self.tables();
        let known = tables.doubles.get(&key).copied();
        if let Some((first, _)) = known.filter(|(_, until)| now < *until) {
            return Ok(first);
        }
        tables.doubles.insert(key, (pair, until));
        Ok(pair)
    }
}
