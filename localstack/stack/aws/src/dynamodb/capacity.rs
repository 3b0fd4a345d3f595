//! Counting read and write units: asking the engine for them in every request,
//! and taking them out of its answer again where the client didn't ask.

use std::collections::BTreeMap;

use dynoxide::Item;
use dynoxide::types::{TRANSACTIONAL_CAPACITY_FACTOR, item_size, write_capacity_units};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ASKED: &str = "ReturnConsumedCapacity";
const ANSWERED: &str = "ConsumedCapacity";

/// Capacity units consumed since the start, those of failed conditions among
/// them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct CapacityUnits {
    pub read: f64,
    pub write: f64,
}

impl CapacityUnits {
    pub(crate) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Read,
    Write,
}

impl Side {
    /// Which units an operation consumes; none where it can't be asked.
    pub(super) fn of(operation: &str) -> Option<Self> {
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems" => Some(Self::Read),
            "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems" => {
                Some(Self::Write)
            }
            _ => None,
        }
    }
}

/// The request with the question added, unless the client asks it already.
pub(super) fn ask(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let fields = text.trim_start().strip_prefix('{')?;
    // An item may hold this word too; then its request goes uncounted.
    if text.contains(ASKED) || fields.trim_start().starts_with('}') {
        return None;
    }
    Some(format!("{{\"{ASKED}\":\"TOTAL\",{fields}").into_bytes())
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Consumed {
    ByOneTable(Units),
    ByTables(Vec<Units>),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Units {
    #[serde(default)]
    capacity_units: f64,
}

/// What an answer says was consumed.
pub(super) fn consumed(body: &[u8], side: Side) -> Option<CapacityUnits> {
    let fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(body).ok()?;
    let units = match serde_json::from_str(fields.get(ANSWERED)?.get()).ok()? {
        Consumed::ByOneTable(units) => units.capacity_units,
        Consumed::ByTables(tables) => tables.iter().map(|units| units.capacity_units).sum(),
    };
    Some(match side {
        Side::Read => CapacityUnits {
            read: units,
            write: 0.0,
        },
        Side::Write => CapacityUnits {
            read: 0.0,
            write: units,
        },
    })
}

/// What a refusal costs by the condition that failed: as much as writing what
/// stands there, and at least one unit (`DynamoDB` Developer Guide, "Capacity
/// unit consumption for write operations"); in a transaction twice that for
/// each action. The engine tells what stands there where the client asked for
/// it; elsewhere it is taken for small.
pub(super) fn refused(body: &[u8]) -> CapacityUnits {
    let write = match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) if refusal.is("ConditionalCheckFailedException") => units_of(refusal.item),
        Ok(refusal) if refusal.is("TransactionCanceledException") => {
            let actions = refusal.reasons.into_iter();
            let actions = actions.map(|reason| units_of(reason.item));
            actions.sum::<f64>() * TRANSACTIONAL_CAPACITY_FACTOR
        }
        Ok(_) | Err(_) => 0.0,
    };
    CapacityUnits { read: 0.0, write }
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type")]
    shape: String,
    #[serde(rename = "Item")]
    item: Option<Item>,
    #[serde(default, rename = "CancellationReasons")]
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    item: Option<Item>,
}

impl Refusal {
    fn is(&self, shape: &str) -> bool {
        self.shape.ends_with(shape)
    }
}

fn units_of(item: Option<Item>) -> f64 {
    write_capacity_units(item.map_or(0, |item| item_size(&item)))
}

/// The answer as the client would have got it without the question.
pub(super) fn without_answer(body: &[u8]) -> Option<Vec<u8>> {
    let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(body).ok()?;
    fields.remove(ANSWERED)?;
    serde_json::to_vec(&fields).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_added_once_and_its_answer_taken_out() {
        let asked = ask(br#"{"TableName":"t"}"#).unwrap();
        assert_eq!(
            asked,
            br#"{"ReturnConsumedCapacity":"TOTAL","TableName":"t"}"#
        );
        assert_eq!(ask(&asked), None);
        assert_eq!(
            ask(b"{}"),
            None,
            "an empty request is left to the engine to refuse"
        );
        assert_eq!(ask(b"not json"), None);

        let answer =
            br#"{"ConsumedCapacity":{"TableName":"t","CapacityUnits":0.5},"Item":{"n":{"N":"1"}}}"#;
        assert_eq!(
            consumed(answer, Side::Read),
            Some(CapacityUnits {
                read: 0.5,
                write: 0.0
            })
        );
        assert_eq!(
            without_answer(answer).unwrap(),
            br#"{"Item":{"n":{"N":"1"}}}"#
        );
    }

    #[test]
    fn a_failed_condition_costs_what_stands_there() {
        let large = "x".repeat(2_000);
        let item = format!(r#"{{"PK":{{"S":"a"}},"t":{{"S":"{large}"}}}}"#);
        let shape = "com.amazonaws.dynamodb.v20120810#";
        let failed = format!(r#""__type":"{shape}ConditionalCheckFailedException""#);
        let cancelled = format!(r#""__type":"{shape}TransactionCanceledException""#);
        let none = r#"{"Code":"None"}"#;
        let rows = [
            (format!("{{{failed}}}"), 1.0),
            (format!(r#"{{{failed},"Item":{item}}}"#), 2.0),
            (
                format!(
                    r#"{{{cancelled},"CancellationReasons":[{none},{{"Code":"ConditionalCheckFailed","Item":{item}}}]}}"#
                ),
                6.0,
            ),
            (
                format!(r#"{{"__type":"{shape}ResourceNotFoundException"}}"#),
                0.0,
            ),
            ("not json".to_owned(), 0.0),
        ];
        for (answer, write) in rows {
            let units = refused(answer.as_bytes());
            assert_eq!(units, CapacityUnits { read: 0.0, write }, "{answer}");
        }
    }

    #[test]
    fn several_tables_add_up() {
        let answer = br#"{"ConsumedCapacity":[{"CapacityUnits":2},{"CapacityUnits":4.0}]}"#;
        assert_eq!(
            consumed(answer, Side::Write),
            Some(CapacityUnits {
                read: 0.0,
                write: 6.0
            })
        );
    }
}
