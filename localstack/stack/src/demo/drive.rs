//! Says the script in the source chats, waits until all of it is dealt with, and compares.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::{join_all, try_join_all};
use tokio::time::Instant;

use super::found::{Found, found};
use super::say;
use super::script::{Fate, Step, Words};
use super::source::{Source, place_of};
use super::tally::Tally;
use super::world::{DemoPair, Direction, World};

/// How fast the script is said in each chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Below what Discord lets a bot post in a channel, five messages in five seconds, also where
    /// an album comes a little late: what is measured is Patchbay's own latency and not the wait
    /// for a limit.
    WithinLimits,
    /// All as fast as the chat takes them.
    AtOnce,
    /// So many messages in a second, over all chats together.
    PerSecond(u32),
}

impl Pace {
    /// Between two messages in one of so many chats.
    fn between(self, chats: u32) -> Duration {
        match self {
            Self::WithinLimits => Duration::from_millis(1_250),
            Self::AtOnce => Duration::ZERO,
            Self::PerSecond(rate) => Duration::from_secs(1) * chats / rate.max(1),
        }
    }
}

/// Nothing new for this long: what is missing by then is lost.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// One pair and what is said in it.
struct Part<'a> {
    world: &'a World,
    pair: &'a DemoPair,
    steps: Vec<Step>,
}

/// How many messages each pair gets, so that together they are `messages`.
fn shares(messages: usize, pairs: usize) -> Vec<usize> {
    (0..pairs)
        .map(|pair| messages / pairs + usize::from(pair < messages % pairs))
        .collect()
}

impl World {
    /// Says what is missing of so many messages, and tells how they arrived.
    pub async fn converse(
        &self,
        messages: usize,
        pace: Pace,
    ) -> Result<BTreeMap<Direction, Tally>> {
        let shares = shares(messages, self.pairs.len());
        let parts = self.pairs.iter().zip(shares).map(|(pair, share)| Part {
            world: self,
            pair,
            steps: self.script.steps(pair, share),
        });
        let parts: Vec<Part<'_>> = parts.collect();
        let said = AtomicUsize::new(0);
        let saying = parts.iter().map(|part| async {
            part.say(pace, || {
                progress("said", said.fetch_add(1, Ordering::Relaxed) + 1, messages);
            })
            .await
        });
        try_join_all(saying).await?;
        let sources = try_join_all(parts.iter().map(Part::source)).await?;
        settle(&parts, &sources, messages).await
    }

    /// Posts a plain text in the source chat of the first pair of a direction.
    pub async fn say(&self, direction: Direction, text: &str) -> Result<()> {
        let pair = self.first(direction)?;
        say::post(self, &pair.source, &Step::plain(text), None)
            .await
            .map(drop)
    }

    /// What the destination chat of that pair holds, oldest first.
    pub async fn heard(&self, direction: Direction) -> Result<Vec<String>> {
        let found = found(self, &self.first(direction)?.destination).await?;
        Ok(found
            .into_iter()
            .map(|message| message.shown.text)
            .collect())
    }

    fn first(&self, direction: Direction) -> Result<&DemoPair> {
        let mut pairs = self.pairs.iter();
        pairs
            .find(|pair| pair.direction == direction)
            .context("no pair in this direction")
    }
}

impl Part<'_> {
    async fn source(&self) -> Result<Source> {
        Source::read(self.world, self.pair, &self.steps).await
    }

    async fn heard(&self) -> Result<Vec<Found>> {
        found(self.world, &self.pair.destination).await
    }

    /// Says what an earlier run has not said yet. What is edited or deleted afterwards is so once
    /// the next message is said.
    async fn say(&self, pace: Pace, said: impl Fn()) -> Result<()> {
        let source = self.source().await?;
        let mut ids: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for step in &self.steps {
            if let Some(message) = source.message(step.number) {
                ids.insert(step.number, message.ids.clone());
            }
        }
        // Pairs take turns, so that the load is even.
        let turn_of_pair = u32::try_from(self.pair.number).unwrap_or(0);
        let pairs = u32::try_from(self.world.pairs.len()).unwrap_or(1).max(1);
        let between = pace.between(pairs);
        let mut turn = Instant::now() + between * (turn_of_pair % pairs) / pairs;
        for step in &self.steps {
            if !source.was_posted(step) {
                tokio::time::sleep_until(turn).await;
                turn += between;
                let answered = step.answers.and_then(|number| ids.get(&number)?.first());
                let posted = say::post(
                    self.world,
                    &self.pair.source,
                    step,
                    answered.map(String::as_str),
                );
                let posted = posted.await?;
                ids.insert(step.number, posted);
            }
            said();
            if let Some(before) = step.number.checked_sub(1) {
                self.change(before, &source, &ids).await?;
            }
        }
        match self.steps.len().checked_sub(1) {
            Some(last) => self.change(last, &source, &ids).await,
            None => Ok(()),
        }
    }

    /// What never arrived stays as it is, and is found to be missing.
    async fn change(
        &self,
        number: usize,
        source: &Source,
        ids: &BTreeMap<usize, Vec<String>>,
    ) -> Result<()> {
        let step = &self.steps[number];
        let Some(messages) = ids.get(&number) else {
            return Ok(());
        };
        let chat = &self.pair.source;
        let says =
            |words: &Words| source.message(number).map(|it| &it.shown) == Some(words.in_chat(chat));
        let is_due = match &step.fate {
            Fate::Stays => false,
            Fate::Edited(words) => !says(words),
            Fate::Deleted => true,
        };
        if !is_due || !self.has_arrived(number).await? {
            return Ok(());
        }
        match &step.fate {
            Fate::Stays => Ok(()),
            Fate::Edited(words) => say::edit(self.world, chat, messages, words).await,
            Fate::Deleted => say::delete(self.world, chat, messages).await,
        }
    }

    /// Waits for a message at the destination, so that what is edited or deleted at the source is
    /// known to have been there.
    async fn has_arrived(&self, number: usize) -> Result<bool> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let heard = self.heard().await?;
            let is_it = |it: &Found| place_of(it, self.pair, &self.steps) == Some(number);
            if heard.iter().any(is_it) {
                return Ok(true);
            }
            if Instant::now() > deadline {
                return Ok(false);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Compares until everything is as it should be, or nothing changes any more.
async fn settle(
    parts: &[Part<'_>],
    sources: &[Source],
    messages: usize,
) -> Result<BTreeMap<Direction, Tally>> {
    let mut latest = Vec::new();
    let mut since = Instant::now();
    loop {
        let heard: Result<Vec<_>> = join_all(parts.iter().map(Part::heard))
            .await
            .into_iter()
            .collect();
        let heard = heard?;
        let mut tallies = BTreeMap::new();
        for ((part, source), heard) in parts.iter().zip(sources).zip(&heard) {
            tallies
                .entry(part.pair.direction)
                .or_insert_with(Tally::default)
                .add(part.pair, &part.steps, source, heard);
        }
        let delivered = tallies.values().map(|tally| tally.delivered).sum();
        progress("forwarded", delivered, messages);
        if tallies.values().all(Tally::is_right) {
            return Ok(tallies);
        }
        if heard != latest {
            latest = heard;
            since = Instant::now();
        }
        if since.elapsed() > PATIENCE {
            return Ok(tallies);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A line that is written over, for a person who waits.
fn progress(done: &str, counted: usize, messages: usize) {
    let mut terminal = std::io::stderr().lock();
    if !terminal.is_terminal() {
        return;
    }
    let end = if counted >= messages { "\n" } else { "" };
    // A terminal that went away is no reason to stop.
    write!(terminal, "\r{counted} of {messages} messages {done} {end}").ok();
    terminal.flush().ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        assert_eq!(shares(300, 15), vec![20; 15]);
        assert_eq!(shares(4, 3), [2, 1, 1]);
        assert_eq!(shares(0, 2), [0, 0]);
    }

    #[test]
    fn a_rate_is_that_of_all_chats_together() {
        let between = Pace::PerSecond(50).between(10);
        assert_eq!(between, Duration::from_millis(200));
    }
}
