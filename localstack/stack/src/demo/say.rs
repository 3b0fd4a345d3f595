//! Posts, edits and deletes as the people of the simulated platforms.

use anyhow::{Context, Result};
use reqwest::Method;
use serde_json::{Value, json};

use super::files::File;
use super::found::{Shown, id};
use super::script::{Step, Words};
use super::world::{Chat, World};

impl Words {
    /// As they are said in this chat.
    pub(super) fn in_chat(&self, chat: &Chat) -> &Shown {
        match chat {
            Chat::Telegram(_) => &self.telegram,
            Chat::Discord(_) => &self.discord,
        }
    }
}

/// Posts one message, which answers the one with this id, as the author of its platform. Tells the
/// ids of what it became.
pub(super) async fn post(
    world: &World,
    chat: &Chat,
    step: &Step,
    answered: Option<&str>,
) -> Result<Vec<String>> {
    let shown = step.words.in_chat(chat);
    match chat {
        Chat::Telegram(chat) => post_to_telegram(world, chat, shown, &step.files, answered).await,
        Chat::Discord(channel) => {
            let files: Vec<Value> = step.files.iter().map(File::for_discord).collect();
            let message = json!({
                "author": world.discord_author,
                "content": shown.text,
                "attachments": files,
                "reply_to": answered,
            });
            let path = format!("/channels/{channel}/messages");
            let posted = world.discord.post(&path, &message).await?;
            Ok(vec![id(&posted["id"]).context("a message has an id")?])
        }
    }
}

async fn post_to_telegram(
    world: &World,
    chat: &str,
    shown: &Shown,
    files: &[File],
    answered: Option<&str>,
) -> Result<Vec<String>> {
    let from: i64 = world.telegram_author.parse().context("an author's id")?;
    let answered = answered.map(str::parse::<i64>).transpose()?;
    let Shown { text, entities } = shown;
    if let [first, others @ ..] = files
        && !others.is_empty()
    {
        let first = json!({"media": first.for_telegram(), "text": text, "entities": entities});
        let others = others
            .iter()
            .map(|file| json!({"media": file.for_telegram()}));
        let messages: Vec<Value> = std::iter::once(first).chain(others).collect();
        let album = json!({"from": from, "messages": messages, "reply_to": answered});
        let path = format!("/chats/{chat}/albums");
        let posted = world.telegram.post(&path, &album).await?;
        let ids = posted["ids"].as_array().context("an album has ids")?;
        return Ok(ids.iter().filter_map(id).collect());
    }
    let media = files.first().map(File::for_telegram);
    let message = json!({
        "from": from,
        "text": text,
        "entities": entities,
        "media": media,
        "reply_to": answered,
    });
    let path = format!("/chats/{chat}/messages");
    let posted = world.telegram.post(&path, &message).await?;
    Ok(vec![id(&posted["id"]).context("a message has an id")?])
}

/// Lets the message say something else. The first of an album has its text.
pub(super) async fn edit(
    world: &World,
    chat: &Chat,
    messages: &[String],
    words: &Words,
) -> Result<()> {
    let message = messages.first().context("a message has an id")?;
    let Shown { text, entities } = words.in_chat(chat);
    let (control, change) = match chat {
        Chat::Telegram(_) => (&world.telegram, json!({"text": text, "entities": entities})),
        Chat::Discord(_) => (&world.discord, json!({"content": text})),
    };
    let edited = control.patch(&path(chat, message), &change).await;
    edited.map(drop)
}

pub(super) async fn delete(world: &World, chat: &Chat, messages: &[String]) -> Result<()> {
    let control = match chat {
        Chat::Telegram(_) => &world.telegram,
        Chat::Discord(_) => &world.discord,
    };
    for message in messages {
        control
            .must(Method::DELETE, &path(chat, message), None)
            .await?;
    }
    Ok(())
}

fn path(chat: &Chat, message: &str) -> String {
    match chat {
        Chat::Telegram(chat) => format!("/chats/{chat}/messages/{message}"),
        Chat::Discord(channel) => format!("/channels/{channel}/messages/{message}"),
    }
}
