//! The state driven from outside: random operations against a simple model and
//! against what is kept, and limits that take hours or many messages to reach.

mod fifo_model;
mod kept_state;
mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::change::Effects;
use super::message::{Attributes, NewMessage};
use super::name::QueueName;
use super::queue::{Polling, Receive};
use super::settings::AttributeMap;
use super::state::State;
use crate::clock::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn name(name: &str) -> QueueName {
    QueueName::parse(name).unwrap()
}

fn attributes(pairs: &[(&str, &str)]) -> AttributeMap {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn create(state: &mut State, queue: &QueueName, pairs: &[(&str, &str)], effects: &mut Effects) {
    state
        .create_queue(START, queue, attributes(pairs), BTreeMap::new(), effects)
        .unwrap();
}

fn message(number: u64, group: Option<u8>, deduplication_id: Option<u64>) -> NewMessage {
    NewMessage {
        id: Uuid::from_u128(u128::from(number)),
        body: number.to_string().into(),
        attributes: Attributes::new(),
        system_attributes: Attributes::new(),
        group: group.map(|group| Arc::from(format!("g{group}"))),
        deduplication_id: deduplication_id.map(|id| Arc::from(format!("d{id}"))),
        delay: None,
    }
}

fn receive(max: usize, timeout: u32) -> Receive {
    Receive {
        max,
        visibility_timeout: Some(timeout),
        attempt: None,
        polling: Polling::Short,
    }
}

fn later(now: Timestamp, millis: u32) -> Timestamp {
    Timestamp::from_millis(now.millis() + i64::from(millis))
}
