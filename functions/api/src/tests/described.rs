//! Requests made of the document: every operation with everything that it needs, and where in it
//! ids stand.

use std::sync::OnceLock;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::tenancy::Kind;
use crate::access::{self, Access};
use crate::openapi;
use crate::routes;

/// The document, as it is served.
pub(super) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let (_, document) = utoipa_axum::router::OpenApiRouter::with_openapi(openapi::base())
            .merge(routes::all())
            .split_for_parts();
        serde_json::to_value(openapi::complete(document)).unwrap()
    })
}

/// A method of a path.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) access: Access,
    described: &'static Value,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

pub(super) fn operations() -> Vec<Operation> {
    let paths = document()["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap();
        methods.iter().map(move |(method, described)| {
            let method: Method = method.to_uppercase().parse().unwrap();
            let access = access::of_route(&method, path);
            Operation {
                access: access.unwrap_or_else(|| panic!("{method} {path} has no access")),
                method,
                path: path.clone(),
                described,
            }
        })
    });
    operations.collect()
}

/// The operation that a request meets.
pub(super) fn operation_of(method: &Method, path: &str) -> Option<Operation> {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let given: Vec<&str> = path.split('/').collect();
    let fits = |operation: &Operation| {
        let own: Vec<&str> = operation.path.split('/').collect();
        let pairs = own.iter().zip(&given);
        operation.method == *method
            && own.len() == given.len()
            && pairs
                .clone()
                .all(|(own, given)| own == given || own.starts_with('{'))
    };
    let fitting = operations().into_iter().filter(fits);
    fitting.min_by_key(|operation| operation.path.matches('{').count())
}

/// A request that is right in everything.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) method: Method,
    pub(super) uri: String,
    pub(super) body: Value,
    pub(super) places: Vec<Place>,
}

/// Where an id stands.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) kind: Kind,
    at: At,
}

#[derive(Debug, Clone)]
enum At {
    /// Which segment of the path.
    Path(usize),
    /// A parameter of the query.
    Query(String),
    /// A JSON pointer into the body.
    Body(String),
}

impl Place {
    pub(super) fn is_in_path(&self) -> bool {
        matches!(self.at, At::Path(_))
    }
}

impl Sample {
    /// Writes another id to a place.
    pub(super) fn put(&mut self, place: &Place, old: &str, id: &str) {
        match &place.at {
            At::Path(segment) => {
                let (path, query) = self.uri.split_once('?').unwrap_or((&self.uri, ""));
                let mut segments: Vec<&str> = path.split('/').collect();
                segments[*segment] = id;
                self.uri = format!("{}?{query}", segments.join("/"));
            }
            At::Query(name) => {
                let (old, new) = (format!("{name}={old}"), format!("{name}={id}"));
                assert!(self.uri.contains(&old));
                self.uri = self.uri.replacen(&old, &new, 1);
            }
            At::Body(pointer) => *self.body.pointer_mut(pointer).unwrap() = json!(id),
        }
    }
}

impl Operation {
    /// Whether an answer with this status is described.
    pub(super) fn answers(&self, status: u16) -> bool {
        self.described["responses"]
            .get(status.to_string())
            .is_some()
    }

    pub(super) fn has_header(&self, name: &str) -> bool {
        let parameters = self.described["parameters"].as_array();
        let mut parameters = parameters.into_iter().flatten();
        parameters.any(|parameter| parameter["in"] == "header" && parameter["name"] == name)
    }

    pub(super) fn has_body(&self) -> bool {
        self.body().is_some()
    }

    pub(super) fn needs_body(&self) -> bool {
        self.described.pointer("/requestBody/required") == Some(&json!(true))
    }

    fn body(&self) -> Option<&'static Value> {
        self.described
            .pointer("/requestBody/content/application~1json/schema")
    }

    /// How many samples it takes to see every choice of the body, and each id of the query: some
    /// have no place beside another.
    pub(super) fn variants(&self) -> usize {
        let has_choice = self
            .body()
            .is_some_and(|schema| resolved_text(schema, 0).contains("\"oneOf\""));
        let of_body = if has_choice { 2 } else { 1 };
        self.ids_in_query().len().max(of_body)
    }

    fn parameters(&self) -> impl Iterator<Item = &'static Value> {
        let parameters = self.described["parameters"].as_array();
        let parameters = parameters.into_iter().flatten();
        parameters.filter(|parameter| parameter["in"] == "query")
    }

    fn ids_in_query(&self) -> Vec<(&'static str, Kind)> {
        let names = self
            .parameters()
            .filter_map(|parameter| parameter["name"].as_str());
        names
            .filter_map(|name| Some((name, Kind::of_field(name)?)))
            .collect()
    }

    pub(super) fn sample(&self, id: &dyn Fn(Kind) -> String, variant: usize) -> Sample {
        let mut places = Vec::new();
        let uri = self.uri(id, variant, &mut places);
        let mut maker = Maker {
            id,
            places,
            variant,
        };
        let body = self
            .body()
            .map_or(Value::Null, |schema| maker.make(schema, "", ""));
        Sample {
            method: self.method.clone(),
            uri,
            body,
            places: maker.places,
        }
    }

    fn uri(&self, id: &dyn Fn(Kind) -> String, variant: usize, places: &mut Vec<Place>) -> String {
        let mut uri = Vec::new();
        for (number, segment) in self.path.split('/').enumerate() {
            if !segment.starts_with('{') {
                uri.push(segment.to_owned());
                continue;
            }
            let prefix: Vec<&str> = self.path.split('/').take(number + 1).collect();
            let prefix = prefix.join("/");
            let kind = Kind::of_path(&prefix)
                .unwrap_or_else(|| panic!("what is the id of {prefix}? `Kind` has to know"));
            uri.push(id(kind));
            if kind.is_owned() {
                places.push(Place {
                    kind,
                    at: At::Path(number),
                });
            }
        }
        let mut query = Vec::new();
        let ids = self.ids_in_query();
        if let Some((name, kind)) = ids.get(variant % ids.len().max(1)) {
            query.push(format!("{name}={}", id(*kind)));
            places.push(Place {
                kind: *kind,
                at: At::Query((*name).to_owned()),
            });
        }
        for parameter in self.parameters() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["required"] != true || Kind::of_field(name).is_some() {
                continue;
            }
            let mut maker = Maker {
                id,
                places: Vec::new(),
                variant: 0,
            };
            let value = match parameter.get("example") {
                Some(example) => example.clone(),
                None => maker.make(&parameter["schema"], name, ""),
            };
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            query.push(format!("{name}={value}"));
        }
        if query.is_empty() {
            return uri.join("/");
        }
        format!("{}?{}", uri.join("/"), query.join("&"))
    }
}

/// Makes values of schemas.
struct Maker<'a> {
    id: &'a dyn Fn(Kind) -> String,
    places: Vec<Place>,
    variant: usize,
}

impl Maker<'_> {
    fn make(&mut self, schema: &'static Value, name: &str, pointer: &str) -> Value {
        let schema = resolve(schema);
        if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            let choices: Vec<_> = choices.iter().filter(|one| one["type"] != "null").collect();
            // The next choice for each sibling, so that two ends of a pair differ.
            let turn = self.variant + pointer.len();
            return self.make(choices[turn % choices.len()], name, pointer);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.make(part, name, pointer) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        match kind_of(schema) {
            "object" => self.object(schema, pointer),
            "array" => {
                let item = self.make(&schema["items"], name, &format!("{pointer}/0"));
                json!([item])
            }
            "integer" | "number" => schema
                .get("example")
                .or(schema.get("minimum"))
                .cloned()
                .unwrap_or(json!(1)),
            "boolean" => json!(true),
            _ => self.text(schema, name, pointer),
        }
    }

    fn object(&mut self, schema: &'static Value, pointer: &str) -> Value {
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut object = Map::new();
        let names = schema["properties"].as_object().into_iter().flatten();
        let has_id = names
            .clone()
            .any(|(name, _)| Kind::of_field(name).is_some());
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let is_id = Kind::of_field(name).is_some();
            // Ids may have a place only where a wish beside them is true.
            let is_wish = has_id && kind_of(resolve(property)) == "boolean";
            if required.contains(&name.as_str()) || is_id || is_wish {
                let value = self.make(property, name, &format!("{pointer}/{name}"));
                object.insert(name.clone(), value);
            }
        }
        // A change has to change something.
        if object.is_empty()
            && let Some((name, property)) = schema["properties"]
                .as_object()
                .into_iter()
                .flatten()
                .next()
        {
            let value = self.make(property, name, &format!("{pointer}/{name}"));
            object.insert(name.clone(), value);
        }
        Value::Object(object)
    }

    fn text(&mut self, schema: &'static Value, name: &str, pointer: &str) -> Value {
        if let Some(kind) = Kind::of_field(name) {
            self.places.push(Place {
                kind,
                at: At::Body(pointer.to_owned()),
            });
            return json!((self.id)(kind));
        }
        let example = schema.get("example").or(schema["enum"].get(0));
        let text = example.and_then(Value::as_str).unwrap_or("1");
        assert!(
            !is_own_id(text),
            "what is the id at {pointer}? `Kind::of_field` has to know"
        );
        json!(text)
    }
}

/// Whether this is one of our ids: a prefix and 32 digits.
fn is_own_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(_, digits)| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn kind_of(schema: &Value) -> &str {
    let kinds = schema["type"].as_array().map(Vec::as_slice);
    let kinds = kinds.unwrap_or_else(|| std::slice::from_ref(&schema["type"]));
    let mut kinds = kinds.iter().filter_map(Value::as_str);
    kinds.find(|kind| *kind != "null").unwrap_or_default()
}

fn resolve(schema: &'static Value) -> &'static Value {
    match schema["$ref"].as_str() {
        Some(reference) => document()
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} is not described")),
        None => schema,
    }
}

/// The schema with what it refers to, some levels deep.
fn resolved_text(schema: &'static Value, depth: usize) -> String {
    let mut text = schema.to_string();
    if depth < 4 {
        for name in schema.to_string().split("#/components/schemas/").skip(1) {
            let name = name.split('"').next().unwrap_or_default();
            text.push_str(&resolved_text(
                &document()["components"]["schemas"][name],
                depth + 1,
            ));
        }
    }
    text
}

/// Ends the test if the document does not say that this may be answered.
pub(super) fn judge(method: &Method, path: &str, status: StatusCode, body: &Value) {
    let Some(operation) = operation_of(method, path) else {
        return;
    };
    let is_described = operation.answers(status.as_u16());
    assert!(
        is_described,
        "{operation:?} answered {status} ({}), which its description does not name: add \
         `(status = {}, description = \"…\")` to the responses of its handler",
        body["type"],
        status.as_u16()
    );
}
