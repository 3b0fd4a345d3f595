use serde_json::Value;

use super::FieldError;

const MOST_EMBEDS: usize = 10;
const MOST_FIELDS: usize = 25;
/// Over all texts of all embeds of one message.
const MOST_TEXT: usize = 6000;
/// The way to a text and the code points it may have.
const TEXTS: [(&[&str], usize); 4] = [
    (&["title"], 256),
    (&["description"], 4096),
    (&["footer", "text"], 2048),
    (&["author", "name"], 256),
];
const FIELD_TEXTS: [(&str, usize); 2] = [("name", 256), ("value", 1024)];

/// What is wrong with the embeds of a message, and where. Lengths are in code points.
pub(crate) fn check_embeds(embeds: &[Value]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if embeds.len() > MOST_EMBEDS {
        errors.push(FieldError::too_long(&["embeds"], MOST_EMBEDS));
    }
    let mut total = 0;
    for (index, embed) in embeds.iter().enumerate() {
        let index = index.to_string();
        let root = ["embeds", index.as_str()];
        for (steps, most) in TEXTS {
            let text = steps.iter().try_fold(embed, |node, step| node.get(step));
            let path = [&root[..], steps].concat();
            total += check_text(text, &path, most, &mut errors);
        }
        let Some(fields) = embed.get("fields").and_then(Value::as_array) else {
            continue;
        };
        if fields.len() > MOST_FIELDS {
            errors.push(FieldError::too_long(
                &["embeds", &index, "fields"],
                MOST_FIELDS,
            ));
        }
        for (position, field) in fields.iter().enumerate() {
            let position = position.to_string();
            for (name, most) in FIELD_TEXTS {
                let path = ["embeds", &index, "fields", &position, name];
                if field
                    .get(name)
                    .and_then(Value::as_str)
                    .is_none_or(str::is_empty)
                {
                    errors.push(FieldError::required(&path));
                }
                total += check_text(field.get(name), &path, most, &mut errors);
            }
        }
    }
    if total > MOST_TEXT {
        let message = format!("Embed size exceeds maximum size of {MOST_TEXT}");
        errors.push(FieldError::new(
            &["embeds"],
            "MAX_EMBED_SIZE_EXCEEDED",
            message,
        ));
    }
    errors
}

fn check_text(
    text: Option<&Value>,
    path: &[&str],
    most: usize,
    errors: &mut Vec<FieldError>,
) -> usize {
    let length = text
        .and_then(Value::as_str)
        .map_or(0, |text| text.chars().count());
    if length > most {
        errors.push(FieldError::too_long(path, most));
    }
    length
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_named_with_its_way() {
        let errors = check_embeds(&[
            json!({ "title": "ok" }),
            json!({ "title": "é".repeat(257) }),
        ]);
        assert_eq!(
            errors,
            [FieldError::too_long(&["embeds", "1", "title"], 256)]
        );
    }

    #[test]
    fn all_texts_together_have_a_limit() {
        let embed = json!({ "description": "x".repeat(3001) });
        let errors = check_embeds(&[embed.clone(), embed.clone()]);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].code, "MAX_EMBED_SIZE_EXCEEDED");
        assert!(check_embeds(&[embed]).is_empty());
    }
}
