//! What people post on Telegram.

use serde_json::{Value, json};

use crate::tour::Case;

pub(crate) const COUNT: usize = 26;

pub(crate) fn cases() -> Vec<Case> {
    let mut all = texts();
    all.extend(files());
    all.extend(albums());
    all.extend(specials());
    all
}

fn texts() -> Vec<Case> {
    let bold = json!([
        {"type": "bold", "offset": 0, "length": 4},
        {"type": "text_link", "offset": 9, "length": 4, "url": "https://example.com/"},
    ]);
    let long = "Zwölf Boxkämpfer. ".repeat(220);
    vec![
        Case::new("text", json!({"text": "bold and link", "entities": bold}))
            .edit("edit", json!({"text": "plain"}))
            .edit("grow", json!({"text": long})),
        Case::new("long text", json!({"text": long})).edit("shrink", json!({"text": "short"})),
        Case::new("silent", json!({"text": "hush", "silent": true})),
        Case::new(
            "link without preview",
            json!({
                "text": "https://example.com/",
                "entities": [{"type": "url", "offset": 0, "length": 20}],
                "no_webpage": true,
            }),
        ),
        Case::new(
            "forward",
            json!({"text": "as Nina said", "forward": {"from": 777_000, "name": "Nina"}}),
        ),
    ]
}

fn file(kind: &str, more: &Value) -> Value {
    let mut file = json!({"bytes": 2000, "seed": 7});
    for (name, value) in more.as_object().into_iter().flatten() {
        file[name] = value.clone();
    }
    json!({ kind: file })
}

fn files() -> Vec<Case> {
    let of = |name: &'static str, kind: &str, more: Value| {
        let media = file(kind, &more);
        Case::new(name, json!({"text": "a caption", "media": media}))
            .edit("edit", json!({"text": "another caption"}))
            .edit("replace", json!({"media": file(kind, &json!({"seed": 8}))}))
    };
    let video = json!({"name": "clip.mp4", "mime_type": "video/mp4", "duration": 3.0});
    let song = json!({
        "name": "song.mp3", "mime_type": "audio/mpeg", "duration": 4.0,
        "title": "Song", "performer": "Band",
    });
    let voice = json!({"mime_type": "audio/ogg", "duration": 5.0});
    let paper = json!({"name": "paper.pdf", "mime_type": "application/pdf"});
    let long = "A caption of many words. ".repeat(40);
    vec![
        of("photo", "photo", json!({})),
        of("spoiler", "photo", json!({"spoiler": true})),
        of("video", "video", video),
        of("voice", "voice", voice),
        of("audio", "audio", song),
        of(
            "animation",
            "animation",
            json!({"name": "fun.mp4", "mime_type": "video/mp4"}),
        ),
        of("document", "document", paper),
        Case::new(
            "round video",
            json!({"media": file("round_video", &json!({"mime_type": "video/mp4", "duration": 2.0}))}),
        ),
        Case::new(
            "sticker",
            json!({"media": file("sticker", &json!({"emoji": "🙂", "mime_type": "image/webp"}))}),
        ),
        Case::new(
            "animated sticker",
            json!({"media": file("sticker", &json!({"emoji": "🎉", "format": "animated"}))}),
        ),
        Case::new(
            "large file",
            json!({"text": "big", "media": file("document", &json!({"bytes": 10_485_761, "name": "big.bin"}))}),
        ),
        Case::new(
            "long caption",
            json!({"text": long, "media": file("photo", &json!({}))}),
        )
        .edit("edit", json!({"text": "short"})),
        Case::new("text, then photo", json!({"text": "words"}))
            .edit("add", json!({"media": file("photo", &json!({}))})),
    ]
}

fn albums() -> Vec<Case> {
    let part = |kind: &str, seed: u64, text: &str| json!({"media": file(kind, &json!({"seed": seed})), "text": text});
    let photos = json!({"messages": [
        part("photo", 11, "first"), part("photo", 12, ""), part("photo", 13, "third"),
    ]});
    let mixed = json!({"messages": [part("photo", 14, ""), part("video", 15, "moving")]});
    vec![
        Case::new("album", photos)
            .edit("edit", json!({"text": "first anew"}))
            .edit_of(2, "edit third", json!({"text": "third anew"}))
            .edit_of(
                1,
                "replace",
                json!({"media": file("photo", &json!({"seed": 16, "bytes": 3000}))}),
            ),
        Case::new("mixed album", mixed),
    ]
}

fn specials() -> Vec<Case> {
    let place = json!({"latitude": 48.858_222, "longitude": 2.2945});
    let mut venue = place.clone();
    venue["title"] = json!("Tower");
    venue["address"] = json!("Champ de Mars");
    let poll = json!({"question": "Tea?", "answers": ["Yes", "No"], "multiple": true});
    let contact = json!({"phone_number": "+15550199", "first_name": "Ann", "last_name": "Lee"});
    vec![
        Case::new("poll", json!({"media": {"poll": poll}})),
        Case::new(
            "quiz",
            json!({"media": {"poll": {
                "question": "2 + 2?", "answers": ["4", "5"], "quiz": true, "correct": [0],
            }}}),
        ),
        Case::new("location", json!({"media": {"location": place}})),
        Case::new("venue", json!({"media": {"venue": venue}})),
        Case::new("contact", json!({"media": {"contact": contact}})),
        Case::new(
            "dice",
            json!({"media": {"dice": {"emoji": "🎲", "value": 6}}}),
        ),
    ]
}
