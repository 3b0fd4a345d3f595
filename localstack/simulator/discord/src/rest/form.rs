use serde_json::{Map, Value};

use crate::world::{FieldError, Rejection};

/// Reads the fields of a JSON object and gathers everything that is wrong with them.
///
/// A field that is null counts as absent.
pub(crate) struct Form<'a> {
    fields: Option<&'a Map<String, Value>>,
    errors: Vec<FieldError>,
}

impl<'a> Form<'a> {
    pub(crate) fn of(value: &'a Value) -> Self {
        let fields = value.as_object();
        let mut errors = Vec::new();
        if fields.is_none() {
            let message = "Only dictionaries may be used in a DictType";
            errors.push(FieldError::new(&[], "DICT_TYPE_CONVERT", message));
        }
        Self { fields, errors }
    }

    pub(super) fn report(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    pub(super) fn report_all(&mut self, errors: Vec<FieldError>) {
        self.errors.extend(errors);
    }

    /// Takes over what is wrong with a form that is part of this one.
    pub(super) fn adopt(&mut self, path: &[&str], rejection: Rejection) {
        let Rejection::Form(errors) = rejection else {
            return;
        };
        for mut error in errors {
            let path = path.iter().map(|&step| step.to_owned());
            error.path = path.chain(error.path).collect();
            self.report(error);
        }
    }

    /// Whether the field is there, even as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.is_some_and(|fields| fields.contains_key(name))
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields?.get(name).filter(|value| !value.is_null())
    }

    fn read<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
        code: &'static str,
        message: &str,
    ) -> Option<T> {
        let read = read(self.value(name)?);
        if read.is_none() {
            self.report(FieldError::new(&[name], code, message));
        }
        read
    }

    pub(super) fn string(&mut self, name: &str) -> Option<&'a str> {
        let message = "Could not interpret the value as string.";
        self.read(name, Value::as_str, "STRING_TYPE_CONVERT", message)
    }

    /// A text of at most so many code points.
    pub(super) fn text(&mut self, name: &str, most: usize) -> Option<&'a str> {
        let text = self.string(name)?;
        if text.chars().count() > most {
            self.report(FieldError::too_long(&[name], most));
        }
        Some(text)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let message = "Must be either true or false.";
        let as_boolean = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            Value::Bool(_)
            | Value::Null
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => value.as_bool(),
        };
        self.read(name, as_boolean, "BOOLEAN_TYPE_CONVERT", message)
    }

    pub(super) fn integer(&mut self, name: &str) -> Option<u64> {
        let as_integer = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
        self.read(name, as_integer, "NUMBER_TYPE_COERCE", "Value is not int.")
    }

    pub(super) fn number(&mut self, name: &str) -> Option<f64> {
        let as_number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
        self.read(name, as_number, "NUMBER_TYPE_COERCE", "Value is not float.")
    }

    /// An id, or whatever else is read from a JSON string or number.
    pub(super) fn snowflake<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let as_id = |value: &Value| serde_json::from_value(value.clone()).ok();
        self.read(name, as_id, "NUMBER_TYPE_COERCE", "Value is not snowflake.")
    }

    pub(super) fn snowflakes<T: serde::de::DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        let as_ids = |value: &Value| serde_json::from_value(value.clone()).ok();
        let message = "The list has a value that is not snowflake.";
        self.read(name, as_ids, "NUMBER_TYPE_COERCE", message)
            .unwrap_or_default()
    }

    pub(super) fn list(&mut self, name: &str) -> Option<&'a Vec<Value>> {
        let message = "Only iterables may be used in a ListType";
        self.read(name, Value::as_array, "LIST_TYPE_CONVERT", message)
    }

    pub(crate) fn finish<T>(self, read: T) -> Result<T, Rejection> {
        if self.errors.is_empty() {
            Ok(read)
        } else {
            Err(Rejection::Form(self.errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_is_wrong_is_reported_at_once() {
        let value = json!({ "content": 5, "tts": "maybe", "name": "long", "gone": null });
        let mut form = Form::of(&value);
        assert_eq!(form.string("content"), None);
        assert_eq!(form.boolean("tts"), None);
        assert_eq!(form.text("name", 3), Some("long"));
        assert_eq!(form.string("gone"), None);
        let Err(Rejection::Form(errors)) = form.finish(()) else {
            panic!("accepted")
        };
        let paths: Vec<_> = errors.iter().map(|error| error.path.join(".")).collect();
        assert_eq!(paths, ["content", "tts", "name"]);
    }

    #[test]
    fn lengths_are_counted_in_code_points() {
        let value = json!({ "name": "😀😀" });
        let mut form = Form::of(&value);
        form.text("name", 2);
        assert!(form.finish(()).is_ok());
    }
}
