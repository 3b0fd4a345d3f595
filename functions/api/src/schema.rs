//! Descriptions of bodies that are made of others.

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};

/// A description that is written out.
pub(crate) fn of_json(value: Value) -> RefOr<Schema> {
    serde_json::from_value(value).unwrap_or_default()
}

/// An object with the fields of both.
pub(crate) fn merged(first: &RefOr<Schema>, second: &RefOr<Schema>) -> RefOr<Schema> {
    let (mut whole, more) = (as_json(first), as_json(second));
    for name in ["properties", "required"] {
        match (whole.get_mut(name), more.get(name)) {
            (Some(Value::Object(fields)), Some(Value::Object(others))) => {
                fields.extend(others.clone());
            }
            (Some(Value::Array(names)), Some(Value::Array(others))) => {
                names.extend(others.clone());
            }
            (None, Some(others)) => {
                whole[name] = others.clone();
            }
            (_, _) => {}
        }
    }
    of_json(whole)
}

/// A merge patch (RFC 7396) of an object: each field may be left out, or be null.
pub(crate) fn patch(of: &RefOr<Schema>) -> RefOr<Schema> {
    let mut schema = as_json(of);
    all_nullable(&mut schema);
    of_json(schema)
}

/// The same for what is within it, but for what is in lists: those are replaced as a whole.
fn all_nullable(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    schema.remove("required");
    let Some(Value::Object(fields)) = schema.get_mut("properties") else {
        return;
    };
    for field in fields.values_mut() {
        all_nullable(field);
        nullable(field);
    }
}

fn nullable(field: &mut Value) {
    match field.get_mut("type") {
        Some(Value::String(kind)) => {
            let kind = kind.clone();
            field["type"] = json!([kind, "null"]);
        }
        Some(Value::Array(kinds)) => {
            if !kinds.contains(&json!("null")) {
                kinds.push(json!("null"));
            }
        }
        Some(_) | None => {
            let whole = field.take();
            let mut either = Map::new();
            either.insert("oneOf".to_owned(), json!([{ "type": "null" }, whole]));
            *field = Value::Object(either);
        }
    }
}

fn as_json(schema: &RefOr<Schema>) -> Value {
    let mut schema = serde_json::to_value(schema).unwrap_or_default();
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.values_mut().for_each(unwrap);
    }
    schema
}

/// An object within another that has a default is written as all of two: it is one.
fn unwrap(field: &mut Value) {
    let Some(Value::Array(all)) = field.get("allOf") else {
        return;
    };
    let mut whole = Map::new();
    for part in all {
        // What is described elsewhere stays there.
        let Some(part) = part.as_object().filter(|part| !part.contains_key("$ref")) else {
            return;
        };
        whole.extend(part.clone());
    }
    *field = Value::Object(whole);
}
