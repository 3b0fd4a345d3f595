//! Media as they are listed: `{"photo": {…}}`, `{"location": {…}}` and so on.

use serde_json::{Map, Value, json};

use crate::state::{Document, FileForm, Media, State as Telegram, StoredFile};

/// Everything that is known of a message's media.
pub(super) fn shown(state: &Telegram, media: &Media) -> Value {
    let (kind, value) = match media {
        Media::Location {
            latitude,
            longitude,
        } => (
            "location",
            json!({ "latitude": latitude, "longitude": longitude }),
        ),
        Media::Venue(venue) => ("venue", json!(venue)),
        Media::Contact {
            phone_number,
            first_name,
            last_name,
        } => (
            "contact",
            json!({
                "phone_number": phone_number,
                "first_name": first_name,
                "last_name": last_name,
            }),
        ),
        Media::Dice { emoji, value } => ("dice", json!({ "emoji": emoji, "value": value })),
        Media::Poll(poll) => (
            "poll",
            json!({
                "question": poll.question,
                "answers": poll.answers,
                "quiz": poll.quiz,
                "multiple": poll.multiple,
                "public": poll.public,
                "closed": poll.closed,
                "correct": poll.correct,
            }),
        ),
        Media::File { file, spoiler } => match state.files.get(file) {
            Some(file) => (file.new.kind().name(), shown_file(file, *spoiler)),
            None => return Value::Null,
        },
    };
    Value::Object(Map::from_iter([(kind.to_owned(), value)]))
}

fn shown_file(file: &StoredFile, spoiler: bool) -> Value {
    let blob = &file.new.blob;
    let mut shown = json!({
        "file": file.id,
        "size": blob.size,
        "sha256": blob.sha256,
        "spoiler": spoiler,
    });
    match &file.new.form {
        FileForm::Photo(dimensions) => {
            shown["mime_type"] = json!("image/jpeg");
            shown["width"] = json!(dimensions.width);
            shown["height"] = json!(dimensions.height);
        }
        FileForm::Document(document) => describe(&mut shown, document),
    }
    shown
}

fn describe(shown: &mut Value, document: &Document) {
    let dimensions = document.dimensions();
    let audio = document.audio.as_ref();
    shown["mime_type"] = json!(document.mime_type);
    shown["name"] = json!(document.name);
    shown["width"] = json!(dimensions.map(|it| it.width));
    shown["height"] = json!(dimensions.map(|it| it.height));
    shown["duration"] = json!(document.duration());
    shown["title"] = json!(audio.and_then(|it| it.title.as_ref()));
    shown["performer"] = json!(audio.and_then(|it| it.performer.as_ref()));
    shown["emoji"] = json!(document.sticker.as_ref().map(|it| &it.emoji));
    shown["silent"] = json!(document.video.as_ref().is_some_and(|it| it.silent));
    shown["thumbnail"] = json!(document.thumbnail);
}
