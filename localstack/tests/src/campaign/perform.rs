//! Does in the source of a pair what its script says.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use patchbay_domain::Platform;
use serde_json::{Value, json};

use super::compare::Shown;
use super::kind::{Kind, Tag};
use super::line::Line;
use super::plan::{Operation, Pause, Script};
use super::system::System;
use super::untold::Span;
use crate::http::text;
use crate::stage::{Pair, Stage};

const BETWEEN_HALVES: Duration = Duration::from_millis(250);

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The messages of each post.
    pub(super) posts: Vec<Vec<String>>,
    /// Which post answers which.
    pub(super) answers: HashMap<usize, usize>,
    /// Which post each file was posted with, by its hash.
    pub(super) files: HashMap<String, usize>,
    /// When each post was edited last, or deleted.
    pub(super) changed: HashMap<usize, Span>,
    pub(super) counts: BTreeMap<String, usize>,
}

impl Done {
    /// Which post answers which, where the very message that is answered is still there.
    pub(super) fn answers_to(&self, source: &BTreeMap<usize, Shown>) -> HashMap<usize, usize> {
        let is_there = |answered: &usize| {
            let shown = source.get(answered);
            shown.is_some_and(|shown| shown.messages.contains(&self.posts[*answered][0]))
        };
        let answers = self
            .answers
            .iter()
            .map(|(post, answered)| (*post, *answered));
        answers.filter(|(_, answered)| is_there(answered)).collect()
    }
}

pub(super) struct Performer<'a> {
    pub(super) stage: &'a Stage,
    pub(super) system: &'a System,
    pub(super) number: usize,
    pub(super) line: &'a Line,
    pub(super) pair: &'a Pair,
    pub(super) pace: Duration,
}

/// Each other post is posted, or deleted, in another way.
fn is_odd(post: usize) -> bool {
    !post.is_multiple_of(2)
}

impl Performer<'_> {
    pub(super) async fn perform(&self, script: &Script) -> Result<Done> {
        let mut done = Done::default();
        for (pause, operation) in &script.0 {
            if *pause == Pause::Usual {
                tokio::time::sleep(self.pace).await;
            }
            let _up = self.system.up().await;
            let from = Instant::now();
            let performed = self.operate(*operation, &mut done).await;
            performed.with_context(|| format!("pair {}: {operation:?}", self.number))?;
            if let Some(post) = operation.changed() {
                let until = Instant::now();
                done.changed.insert(post, Span { from, until });
            }
            *done.counts.entry(operation.name()).or_default() += 1;
        }
        Ok(done)
    }

    async fn operate(&self, operation: Operation, done: &mut Done) -> Result<()> {
        let source = &self.pair.source;
        match operation {
            Operation::Post {
                post,
                kind,
                answers,
            } => {
                let mut body = kind.body(self.line.from, self.tag(post, 0));
                if let Some(answered) = answers {
                    body["reply_to"] = self.reference(&done.posts[answered][0])?;
                    done.answers.insert(post, answered);
                }
                let ids = if kind == Kind::Album && is_odd(post) {
                    self.post_in_two(body).await?
                } else {
                    self.stage.post(source, body).await?
                };
                done.posts.push(ids);
                self.note_files(post, done).await
            }
            Operation::Edit {
                post,
                kind,
                version,
            } => {
                let text = kind.text(self.line.from, self.tag(post, version));
                let field = match self.line.from {
                    Platform::Telegram => "text",
                    Platform::Discord => "content",
                };
                let body = json!({ field: text });
                self.stage.edit(source, &done.posts[post][0], &body).await
            }
            Operation::Replace {
                post,
                kind,
                version,
            } => {
                let body = kind.other_file(self.line.from, self.tag(post, version));
                self.stage.edit(source, &done.posts[post][0], &body).await?;
                self.note_files(post, done).await
            }
            Operation::Delete { post } => {
                if self.line.from == Platform::Discord && is_odd(post) {
                    let path = format!("/channels/{}/messages/bulk-delete", source.place());
                    let messages = json!({"messages": done.posts[post]});
                    return self.stage.discord.post(&path, &messages).await.map(drop);
                }
                for message in &done.posts[post] {
                    self.stage.delete(source, message).await?;
                }
                Ok(())
            }
            Operation::DeletePart { post } => {
                let parts = &done.posts[post];
                let part = &parts[post % parts.len()];
                self.stage.delete(source, part).await
            }
        }
    }

    /// An album whose second half comes a little later.
    async fn post_in_two(&self, mut album: Value) -> Result<Vec<String>> {
        let chat = &self.pair.source;
        self.stage.address(chat, &mut album)?;
        album["hold"] = json!(true);
        let telegram = &self.stage.telegram;
        let path = format!("/chats/{}/albums", chat.place());
        let first = telegram.post(&path, &album).await?;
        tokio::time::sleep(BETWEEN_HALVES).await;
        let release = format!("/albums/{}/release", text(&first["grouped_id"])?);
        let second = telegram.post(&release, &json!({})).await?;
        let ids = [&first, &second]
            .into_iter()
            .filter_map(|half| half["ids"].as_array());
        ids.flatten().map(text).collect()
    }

    fn tag(&self, post: usize, version: usize) -> Tag {
        Tag {
            pair: self.number,
            post,
            version,
        }
    }

    fn reference(&self, message: &str) -> Result<Value> {
        Ok(match self.line.from {
            Platform::Telegram => json!(message.parse::<i64>()?),
            Platform::Discord => json!(message),
        })
    }

    /// What was posted is read again, so that its files are known by their hashes.
    async fn note_files(&self, post: usize, done: &mut Done) -> Result<()> {
        let held = self.stage.held(&self.pair.source).await?;
        let ids = &done.posts[post];
        for message in held.iter().filter(|message| ids.contains(&message.id)) {
            for file in &message.files {
                done.files.insert(file.sha256.clone(), post);
            }
        }
        Ok(())
    }
}
