//! What a chat holds, in the same terms for both platforms, and in one line for people.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::http::text;
use crate::stage::Chat;

/// Discord's flag of a message that makes no sound.
const SUPPRESS_NOTIFICATIONS: u64 = 1 << 12;
/// Discord's flag of a message that shows nothing of its links.
const SUPPRESS_EMBEDS: u64 = 1 << 2;
/// Longer texts are shown by their beginning and their length.
const SHOWN: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: String,
    pub text: String,
    /// What of the text is quoted.
    pub quoted: String,
    /// Beside the text: formatting on Telegram.
    pub entities: Vec<String>,
    pub files: Vec<File>,
    /// What it carries that is no file.
    pub special: Option<String>,
    pub reply_to: Option<String>,
    /// Who is named as its author, beside the sender: a forward's origin, a webhook's name.
    pub by: Option<String>,
    pub grouped: Option<String>,
    /// What is said of links in it.
    pub preview: Option<&'static str>,
    pub is_silent: bool,
    /// What stands under it, each with how many put it there.
    pub reactions: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub kind: String,
    pub name: Option<String>,
    pub bytes: u64,
    pub sha256: String,
    pub notes: Vec<String>,
}

impl Message {
    pub(crate) fn read(chat: &Chat, message: &Value) -> Result<Self> {
        match chat {
            Chat::Telegram(_) => of_telegram(message),
            Chat::Discord(_) => of_discord(message),
        }
    }

    /// All words in it, wherever they stand, but for quoted ones.
    pub fn own_words(&self) -> String {
        let special = self.special.as_deref().unwrap_or_default();
        let text = self.text.replacen(&self.quoted, "", 1);
        format!("{text} {special}")
    }
}

fn of_telegram(message: &Value) -> Result<Message> {
    let media = message["media"].as_object().and_then(|it| it.iter().next());
    let file = media.filter(|(_, media)| media["sha256"].is_string());
    let special = media.filter(|(_, media)| !media["sha256"].is_string());
    let forward = &message["forward"];
    Ok(Message {
        id: text(&message["id"])?,
        text: text(&message["text"])?,
        quoted: telegram_quote(message),
        entities: entities(&message["entities"]),
        files: file
            .map(|(kind, media)| telegram_file(kind, media))
            .transpose()?
            .into_iter()
            .collect(),
        special: special.map(|(kind, media)| format!("{kind} {}", compact(media))),
        reply_to: text(&message["reply_to"]).ok(),
        by: (!forward.is_null()).then(|| {
            let name = forward["name"].as_str().unwrap_or("somebody");
            format!("forwarded from {name}")
        }),
        grouped: text(&message["grouped_id"]).ok(),
        preview: (message["preview"] == true).then_some("previewed"),
        is_silent: message["silent"] == true,
        reactions: telegram_reactions(&message["reactions"]),
    })
}

/// The first quotation.
fn telegram_quote(message: &Value) -> String {
    let mut entities = message["entities"].as_array().into_iter().flatten();
    let quote = entities.find(|entity| entity["type"] == "blockquote");
    let Some(quote) = quote else {
        return String::new();
    };
    let number = |field: &str| {
        let number = quote[field].as_u64().unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    };
    let text = message["text"].as_str().unwrap_or_default();
    let units = text.encode_utf16().skip(number("offset"));
    let units: Vec<_> = units.take(number("length")).collect();
    String::from_utf16_lossy(&units)
}

fn discord_quote(text: &str) -> String {
    let quoted = text.lines().take_while(|line| line.starts_with("> "));
    quoted.collect::<Vec<_>>().join("\n")
}

fn telegram_reactions(reactions: &Value) -> Vec<String> {
    let people = reactions.as_array().into_iter().flatten();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for emoji in people.flat_map(|person| person["emoji"].as_array().into_iter().flatten()) {
        *counts
            .entry(emoji.as_str().unwrap_or_default())
            .or_default() += 1;
    }
    let counts = counts.into_iter();
    counts
        .map(|(emoji, count)| format!("{emoji} {count}"))
        .collect()
}

fn discord_reactions(reactions: &Value) -> Vec<String> {
    let mut all: Vec<_> = reactions
        .as_array()
        .into_iter()
        .flatten()
        .map(|reaction| {
            let emoji = reaction["emoji"]["name"].as_str().unwrap_or_default();
            let users = reaction["users"].as_array().map_or(0, Vec::len);
            format!("{emoji} {users}")
        })
        .collect();
    all.sort();
    all
}

fn telegram_file(kind: &str, media: &Value) -> Result<File> {
    let mut notes = Vec::new();
    let mut note = |name: &str| {
        let value = &media[name];
        if value.as_str().is_some_and(|it| !it.is_empty()) || value.is_number() {
            notes.push(format!("{name} {value}"));
        } else if value == true {
            notes.push(name.to_owned());
        }
    };
    for name in ["duration", "title", "performer", "emoji", "spoiler"] {
        note(name);
    }
    Ok(File {
        kind: kind.to_owned(),
        name: media["name"].as_str().map(str::to_owned),
        bytes: media["size"].as_u64().context("a size")?,
        sha256: text(&media["sha256"])?,
        notes,
    })
}

fn entities(entities: &Value) -> Vec<String> {
    let number = |entity: &Value, field: &str| entity[field].as_i64().unwrap_or_default();
    let mut all: Vec<_> = entities.as_array().cloned().unwrap_or_default();
    all.sort_by_key(|it| (number(it, "offset"), -number(it, "length")));
    let shown = all.iter().map(|entity| {
        let kind = entity["type"].as_str().unwrap_or_default();
        let url = entity["url"].as_str().map(|url| format!(" {url}"));
        let (offset, length) = (number(entity, "offset"), number(entity, "length"));
        format!("{kind} {offset}+{length}{}", url.unwrap_or_default())
    });
    shown.collect()
}

fn of_discord(message: &Value) -> Result<Message> {
    let reference = &message["message_reference"];
    let is_forward = reference["kind"] == "forward";
    let snapshot = &reference["snapshot"];
    let shown = if is_forward { snapshot } else { message };
    let files = shown["attachments"].as_array().into_iter().flatten();
    let stickers = message["stickers"].as_array().into_iter().flatten();
    let specials = [("poll", &message["poll"]), ("embeds", &message["embeds"])];
    let mut specials: Vec<_> = specials
        .into_iter()
        .filter(|(_, it)| !it.is_null() && it.as_array().is_none_or(|it| !it.is_empty()))
        .map(|(kind, it)| format!("{kind} {}", compact(it)))
        .collect();
    specials.extend(stickers.map(|_| "sticker".to_owned()));
    let name = message["webhook_name"].as_str();
    let flags = message["flags"].as_u64().unwrap_or_default();
    Ok(Message {
        id: text(&message["id"])?,
        text: text(&shown["content"])?,
        quoted: discord_quote(&text(&shown["content"])?),
        entities: Vec::new(),
        files: files.map(discord_file).collect::<Result<_>>()?,
        special: (!specials.is_empty()).then(|| specials.join(", ")),
        reply_to: text(&reference["message_id"]).ok().filter(|_| !is_forward),
        by: is_forward
            .then(|| "forwarded".to_owned())
            .or_else(|| name.map(|name| format!("as {name}"))),
        grouped: None,
        preview: (flags & SUPPRESS_EMBEDS != 0).then_some("not previewed"),
        is_silent: flags & SUPPRESS_NOTIFICATIONS != 0,
        reactions: discord_reactions(&message["reactions"]),
    })
}

fn discord_file(file: &Value) -> Result<File> {
    let mut notes = Vec::new();
    if let Some(seconds) = file["duration_secs"].as_f64() {
        notes.push(format!("voice of {seconds} s"));
    }
    if file["flags"].as_u64().unwrap_or_default() & 8 != 0 {
        notes.push("spoiler".to_owned());
    }
    Ok(File {
        kind: text(&file["content_type"]).unwrap_or_else(|_| "file".to_owned()),
        name: file["filename"].as_str().map(str::to_owned),
        bytes: file["size"].as_u64().context("a size")?,
        sha256: text(&file["sha256"])?,
        notes,
    })
}

/// JSON without what is null, false or empty, nor ids that differ from run to run.
fn compact(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let is_shown = |value: &Value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::Array(all) => !all.is_empty(),
                Value::String(text) => !text.is_empty(),
                Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
            };
            let shown = fields.iter().filter(|(_, value)| is_shown(value));
            let shown: Vec<_> = shown
                .map(|(name, value)| format!("{name}: {}", compact(value)))
                .collect();
            format!("{{{}}}", shown.join(", "))
        }
        Value::Array(all) => {
            let all: Vec<_> = all.iter().map(compact).collect();
            format!("[{}]", all.join(", "))
        }
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

impl Message {
    /// All of it in one line. `of_source` are the hashes of the files that were posted, `among` the
    /// messages of the same chat.
    pub fn line(&self, of_source: &HashSet<String>, among: &[Self]) -> String {
        let mut parts = Vec::new();
        let length = self.text.chars().count();
        if length > SHOWN {
            parts.push(format!("{length} characters"));
        } else if length > 0 {
            parts.push(format!("{:?}", self.text));
        }
        if !self.entities.is_empty() {
            parts.push(format!("<{}>", self.entities.join(", ")));
        }
        parts.extend(self.files.iter().map(|file| {
            let is_same = of_source.contains(&file.sha256);
            format!("{file}{}", if is_same { "" } else { ", other bytes" })
        }));
        parts.extend(self.special.clone());
        parts.extend(self.by.clone());
        if let Some(answered) = &self.reply_to {
            let place = among.iter().position(|it| it.id == *answered);
            parts.push(place.map_or("re ?".to_owned(), |place| format!("re #{}", place + 1)));
        }
        if self.grouped.is_some() {
            parts.push("in album".to_owned());
        }
        parts.extend(self.preview.map(str::to_owned));
        if self.is_silent {
            parts.push("silent".to_owned());
        }
        parts.extend(self.reactions.iter().cloned());
        parts.join(" | ")
    }
}

impl fmt::Display for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.kind)?;
        if let Some(name) = &self.name {
            write!(formatter, " {name:?}")?;
        }
        write!(formatter, " {} bytes", self.bytes)?;
        for note in &self.notes {
            write!(formatter, ", {note}")?;
        }
        Ok(())
    }
}
