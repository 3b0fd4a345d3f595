use async_trait::async_trait;
use patchbay_app::ports::{Arrival, Doubles, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::PairId;

use super::item::{Item, key_attributes, number, string, text_of};
use super::key::{self, PK, TTL};
use super::table::{Refused, Table, put_if};
use crate::error::corrupt;

const OPERATION: &str = "noting who brings a message";
const PAIR: &str = "pair";

#[async_trait]
impl Doubles for Table {
    async fn first(&self, arrival: &Arrival, pair: PairId, until: Timestamp) -> PortResult<PairId> {
        let mut item: Item = key_attributes(&key::double(arrival));
        item.insert(PAIR.to_owned(), string(pair));
        item.insert(TTL.to_owned(), number(until.seconds()));
        // What has expired may still be there.
        let put = self
            .put_item(item)
            .condition_expression("attribute_not_exists(#pk) OR #ttl <= :now")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", number(self.now().seconds()));
        match put_if(OPERATION, put).await? {
            Ok(()) => Ok(pair),
            Err(Refused(found)) => found
                .as_ref()
                .and_then(|item| text_of(item, PAIR))
                .and_then(|pair| pair.parse().ok())
                .ok_or_else(|| corrupt(OPERATION, "a message that no pair brings")),
        }
    }
}
