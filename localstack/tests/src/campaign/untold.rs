//! Edits and deletions that a platform never tells of: those of a session that Discord has ended,
//! and those that Telegram leaves out of a difference that is too long. Posts are read from history.

use std::collections::HashSet;
use std::time::Instant;

use anyhow::Result;
use patchbay_domain::Platform;

use super::compare::{Difference, What};
use super::perform::Done;
use crate::http::text;
use crate::stage::{Pair, Stage};

/// Of time: in which something was done, or in which Discord told of nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: Instant,
    pub(super) until: Instant,
}

pub(super) struct Untold {
    discord: Vec<Span>,
    /// The chat and the message of each latest change that was left out.
    telegram: HashSet<(String, String)>,
}

impl Untold {
    pub(super) async fn read(stage: &Stage, silences: &[Span]) -> Result<Self> {
        let skipped = stage.telegram.get("/skipped").await?;
        let mut telegram = HashSet::new();
        for channel in skipped.as_array().into_iter().flatten() {
            let chat = text(&channel["chat"])?;
            for message in channel["messages"].as_array().into_iter().flatten() {
                telegram.insert((chat.clone(), text(message)?));
            }
        }
        Ok(Self {
            discord: silences.to_vec(),
            telegram,
        })
    }

    /// The post shows a state from before its latest change, of which nobody was told. Notices of
    /// files that went with that change stand there too.
    pub(super) fn explains(&self, difference: &Difference, pair: &Pair, done: &Done) -> bool {
        let is_older = matches!(
            difference.what,
            What::Different | What::NotDeleted | What::Unexpected
        );
        is_older && self.has_hidden_change(difference.post, pair, done)
    }

    fn has_hidden_change(&self, post: usize, pair: &Pair, done: &Done) -> bool {
        match pair.source.platform {
            Platform::Telegram => {
                let messages = done.posts.get(post).into_iter().flatten();
                let mut places = messages.map(|message| (pair.source.id.clone(), message.clone()));
                places.any(|place| self.telegram.contains(&place))
            }
            Platform::Discord => done.changed.get(&post).is_some_and(|changed| {
                let overlaps = |it: &Span| it.from <= changed.until && changed.from <= it.until;
                self.discord.iter().any(overlaps)
            }),
        }
    }
}
