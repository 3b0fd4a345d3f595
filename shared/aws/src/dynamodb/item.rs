//! Items from and to our own types, by way of their serde form.

use std::any::type_name;
use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use patchbay_app::ports::PortResult;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::key::{Key, PK, SK};
use crate::error::corrupt;

pub(crate) type Item = HashMap<String, AttributeValue>;

/// The fields of a struct as attributes.
pub(crate) fn attributes<T: Serialize>(operation: &'static str, value: &T) -> PortResult<Item> {
    match serde_json::to_value(value) {
        Ok(Value::Object(fields)) => Ok(fields
            .into_iter()
            .map(|(name, field)| (name, attribute(field)))
            .collect()),
        Ok(_) => {
            let what = format!("a {} without fields", type_name::<T>());
            Err(corrupt(operation, what))
        }
        Err(error) => Err(corrupt(operation, error.to_string())),
    }
}

/// A struct with its key.
pub(crate) fn item<T: Serialize>(
    operation: &'static str,
    key: &Key,
    value: &T,
) -> PortResult<Item> {
    let mut item = attributes(operation, value)?;
    item.extend(key_attributes(key));
    Ok(item)
}

pub(crate) fn key_attributes(key: &Key) -> Item {
    HashMap::from([
        (PK.to_owned(), string(&key.pk)),
        (SK.to_owned(), string(&key.sk)),
    ])
}

/// A struct from an item; attributes that it doesn't know are left alone.
pub(crate) fn read<T: DeserializeOwned>(operation: &'static str, item: Item) -> PortResult<T> {
    let fields: Option<Map<String, Value>> = item
        .into_iter()
        .filter(|(_, attribute)| !attribute.is_b())
        .map(|(name, attribute)| Some((name, value(attribute)?)))
        .collect();
    let Some(fields) = fields else {
        return Err(corrupt(
            operation,
            "an attribute of a kind that is not used here",
        ));
    };
    // The library's error quotes what stands there, which nobody may find in a log.
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let what = format!("a {} at {}", type_name::<T>(), error.path());
        corrupt(operation, what)
    })
}

pub(crate) fn to_attribute<T: Serialize>(
    operation: &'static str,
    value: &T,
) -> PortResult<AttributeValue> {
    let value = serde_json::to_value(value);
    value
        .map(attribute)
        .map_err(|error| corrupt(operation, error.to_string()))
}

pub(crate) fn string(text: impl Display) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

pub(crate) fn number(number: impl Display) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn bytes(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(crate) fn number_of<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

pub(crate) fn bytes_of(item: &mut Item, name: &str) -> Option<Vec<u8>> {
    let AttributeValue::B(blob) = item.remove(name)? else {
        return None;
    };
    Some(blob.into_inner())
}

fn attribute(value: Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(bool) => AttributeValue::Bool(bool),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(attribute).collect()),
        Value::Object(fields) => AttributeValue::M(
            fields
                .into_iter()
                .map(|(name, v)| (name, attribute(v)))
                .collect(),
        ),
    }
}

/// `None` for sets and bytes, which nothing here writes into a struct.
#[expect(clippy::wildcard_enum_match_arm, reason = "the SDK's enum may grow")]
fn value(attribute: AttributeValue) -> Option<Value> {
    Some(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(bool) => Value::Bool(bool),
        AttributeValue::N(text) => Value::Number(number_value(&text)?),
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(values) => {
            Value::Array(values.into_iter().map(value).collect::<Option<_>>()?)
        }
        AttributeValue::M(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, attribute)| Some((name, value(attribute)?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn number_value(text: &str) -> Option<Number> {
    let unsigned = text.parse::<u64>().ok().map(Number::from);
    unsigned.or_else(|| text.parse::<i64>().ok().map(Number::from))
}

#[cfg(test)]
mod tests {
    use patchbay_domain::account::{Account, AccountState};
    use patchbay_domain::ids::{AccountId, PartitionId, TelegramUserId, UserId};
    use patchbay_domain::{Revision, Timestamp};

    use super::*;

    #[test]
    fn a_struct_reads_back_from_its_item() {
        let account = Account {
            id: AccountId::from_bits(1),
            owner: UserId::from_bits(2),
            partition: PartitionId(3),
            telegram_user: TelegramUserId(i64::MAX),
            name: String::new(),
            username: None,
            label: None,
            state: AccountState::FloodWaiting {
                until: Timestamp(-1),
            },
            linked_at: Timestamp(1_790_000_000_123),
            chats_read_at: None,
        };
        let key = Key {
            pk: "a".to_owned(),
            sk: "b".to_owned(),
        };
        let mut item = item("writing", &key, &account).unwrap();
        assert_eq!(
            (text_of(&item, PK), text_of(&item, SK)),
            (Some("a"), Some("b"))
        );
        item.insert("sealed".to_owned(), bytes(vec![1]));
        assert_eq!(read::<Account>("reading", item).unwrap(), account);
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_quoted() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "it can't be read")]
        struct Person {
            age: u8,
        }
        let item = Item::from([("age".to_owned(), string("ann@example.com"))]);
        let error = read::<Person>("reading", item).unwrap_err().to_string();
        assert!(error.ends_with("Person at age"), "{error}");
    }

    #[test]
    fn the_largest_number_keeps_its_digits() {
        #[derive(Serialize, serde::Deserialize)]
        struct Row {
            revision: Revision,
        }
        let item = attributes(
            "writing",
            &Row {
                revision: Revision::DELETED,
            },
        )
        .unwrap();
        assert_eq!(item["revision"], number(u64::MAX));
        assert_eq!(
            read::<Row>("reading", item).unwrap().revision,
            Revision::DELETED
        );
    }
}
