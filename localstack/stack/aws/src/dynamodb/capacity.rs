//! Counting read and write units: asking the engine for them in every request,
//! and taking them out of its answer again where the client didn't ask.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

const ASKED: &str = "ReturnConsumedCapacity";
const ANSWERED: &str = "ConsumedCapacity";

/// Capacity units consumed since the start. A failed request consumes none
/// here, while `DynamoDB` charges for a failed condition.
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
