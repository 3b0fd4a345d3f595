use std::collections::BTreeMap;
use std::ops::Range;

use async_trait::async_trait;
use patchbay_app::ports::{DayRollup, PortResult, Removed, Rollups};
use patchbay_domain::Timestamp;
use patchbay_domain::figures::{Day, Tally};
use patchbay_domain::ids::PairId;
use serde::{Deserialize, Serialize};

use super::item::{Item, item, number, read, to_attribute};
use super::key::{self, Key, PK};
use super::table::{Span, Table, put_if, update_if};

const READ: &str = "reading figures";
const WRITE: &str = "storing figures";

#[derive(Serialize, Deserialize)]
struct Row {
    day: Day,
    version: u64,
    settles_at: Timestamp,
    hours: BTreeMap<u8, Tally>,
}

fn rollup_of(item: Item) -> PortResult<DayRollup> {
    let row: Row = read(READ, item)?;
    Ok(DayRollup {
        day: row.day,
        version: row.version,
        settles_at: row.settles_at,
        hours: row.hours,
    })
}

#[async_trait]
impl Rollups for Table {
    async fn of_pair(&self, pair: PairId, days: Range<Day>) -> PortResult<Vec<DayRollup>> {
        if days.is_empty() {
            return Ok(Vec::new());
        }
        let Key { pk, sk: low } = key::rollup(pair, days.start);
        let high = key::rollup_day(Day(days.end.0 - 1));
        let items = self.between(READ, Span { pk, low, high }).await?;
        items.into_iter().map(rollup_of).collect()
    }

    async fn put(&self, pair: PairId, rollup: &DayRollup) -> PortResult<bool> {
        let row = Row {
            day: rollup.day,
            version: rollup.version + 1,
            settles_at: rollup.settles_at,
            hours: rollup.hours.clone(),
        };
        let put = self.put_item(item(WRITE, &key::rollup(pair, rollup.day), &row)?);
        let put = match rollup.version {
            0 => put
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK),
            version => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(version)),
        };
        Ok(put_if(WRITE, put).await?.is_ok())
    }

    async fn reset(&self, pair: PairId, day: Day, settles_at: Timestamp) -> PortResult<()> {
        const OPERATION: &str = "forgetting figures";
        let none: BTreeMap<u8, Tally> = BTreeMap::new();
        let update = self
            .update_item(&key::rollup(pair, day))
            .update_expression(
                "SET #day = :day, #settles_at = :settles_at, #hours = :hours ADD #version :one",
            )
            .expression_attribute_names("#day", "day")
            .expression_attribute_names("#settles_at", "settles_at")
            .expression_attribute_names("#hours", "hours")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":day", number(day.0))
            .expression_attribute_values(":settles_at", number(settles_at))
            .expression_attribute_values(":hours", to_attribute(OPERATION, &none)?)
            .expression_attribute_values(":one", number(1));
        // Without a condition nothing is refused.
        update_if(OPERATION, update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn remove_some(&self, pair: PairId, limit: usize) -> PortResult<Removed> {
        let rollups = key::rollups(pair);
        self.remove_first("removing figures", &rollups, limit).await
    }
}
