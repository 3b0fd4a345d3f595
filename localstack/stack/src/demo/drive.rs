//! Says the script in the source chats, waits until all of it is dealt with, and compares.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::script::line;
use super::tally::{Found, Sent, Shown, Tally};
use super::world::{Chat, DemoPair, Direction, World};

/// How fast the script is said in each chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Just below what Discord lets a bot post in a channel, five messages in five seconds: what
    /// is measured is Patchbay's own latency and not the wait for a limit.
    WithinLimits,
    /// All as fast as the chat takes them.
    AtOnce,
}

impl Pace {
    fn between(self) -> Duration {
        match self {
            Self::WithinLimits => Duration::from_millis(1_050),
            Self::AtOnce => Duration::ZERO,
        }
    }
}

/// Nothing new for this long: what is missing by then is lost.
const PATIENCE: Duration = Duration::from_secs(90);
const PAGE: usize = 100;
/// A Discord id tells its moment, counted from the beginning of 2015.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// How many messages each pair gets, so that together they are `messages`.
fn shares(messages: usize, pairs: usize) -> Vec<usize> {
    (0..pairs)
        .map(|pair| messages / pairs + usize::from(pair < messages % pairs))
        .collect()
}

impl World {
    /// Posts what is missing of so many messages, and tells how they arrived.
    pub async fn converse(
        &self,
        messages: usize,
        pace: Pace,
    ) -> Result<BTreeMap<Direction, Tally>> {
        let shares = shares(messages, self.pairs.len());
        let posting = self
            .pairs
            .iter()
            .zip(&shares)
            .map(|(pair, share)| post(self, pair, *share, pace));
        let (posted, watched) = tokio::join!(try_join_all(posting), watch(self, messages));
        posted?;
        watched?;
        let mut tallies = BTreeMap::new();
        for pair in &self.pairs {
            let (sent, found) = (
                sent(self, pair).await?,
                found(self, &pair.destination).await?,
            );
            tallies
                .entry(pair.direction)
                .or_insert_with(Tally::default)
                .add(&sent, &found);
        }
        Ok(tallies)
    }
}

impl World {
    /// Posts a plain text in the source chat of the first pair of a direction.
    pub async fn say(&self, direction: Direction, text: &str) -> Result<()> {
        let shown = Shown {
            text: text.to_owned(),
            entities: vec![],
        };
        put(self, &self.first(direction)?.source, shown).await
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

/// Posts what an earlier run has not posted yet.
async fn post(world: &World, pair: &DemoPair, share: usize, pace: Pace) -> Result<()> {
    let there = found(world, &pair.source).await?.len();
    // Pairs take turns, so that the load is even.
    let turn_of_pair = u32::try_from(pair.number).unwrap_or(0);
    let pairs = u32::try_from(world.pairs.len()).unwrap_or(1).max(1);
    let mut turn = Instant::now() + pace.between() * turn_of_pair / pairs;
    for number in there..share {
        tokio::time::sleep_until(turn).await;
        turn += pace.between();
        let line = line(pair.number, number);
        let said = match &pair.source {
            Chat::Telegram(_) => line.telegram,
            Chat::Discord(_) => line.discord,
        };
        put(world, &pair.source, said).await?;
    }
    Ok(())
}

/// Posts one message as the author of its platform.
async fn put(world: &World, chat: &Chat, shown: Shown) -> Result<()> {
    let Shown { text, entities } = shown;
    match chat {
        Chat::Telegram(chat) => {
            let author: i64 = world.telegram_author.parse().context("an author's id")?;
            let message = json!({"from": author, "text": text, "entities": entities});
            world
                .telegram
                .post(&format!("/chats/{chat}/messages"), &message)
                .await?;
        }
        Chat::Discord(channel) => {
            let message = json!({"author": world.discord_author, "content": text});
            world
                .discord
                .post(&format!("/channels/{channel}/messages"), &message)
                .await?;
        }
    }
    Ok(())
}

/// Returns once every destination holds as much as it should, or nothing comes any more.
async fn watch(world: &World, messages: usize) -> Result<()> {
    let mut counted = 0;
    let mut latest = Instant::now();
    while counted < messages {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let counts = world
            .pairs
            .iter()
            .map(|pair| found(world, &pair.destination));
        let count: usize = try_join_all(counts).await?.iter().map(Vec::len).sum();
        if count > counted {
            counted = count;
            latest = Instant::now();
            progress(counted, messages);
        }
        if latest.elapsed() > PATIENCE {
            break;
        }
    }
    Ok(())
}

/// A line that is written over, for a person who waits.
fn progress(counted: usize, messages: usize) {
    let mut terminal = std::io::stderr().lock();
    if !terminal.is_terminal() {
        return;
    }
    let end = if counted >= messages { "\n" } else { "" };
    // A terminal that went away is no reason to stop.
    write!(
        terminal,
        "\r{counted} of {messages} messages forwarded {end}"
    )
    .ok();
    terminal.flush().ok();
}

async fn sent(world: &World, pair: &DemoPair) -> Result<Vec<Sent>> {
    let posted = found(world, &pair.source).await?;
    let sent = posted.into_iter().enumerate().map(|(number, posted)| {
        let line = line(pair.number, number);
        let (said, expected) = match (&pair.source, &pair.destination) {
            (Chat::Telegram(_), Chat::Telegram(_)) => (line.telegram.clone(), line.telegram),
            (Chat::Telegram(_), Chat::Discord(_)) => (line.telegram, line.discord),
            (Chat::Discord(_), Chat::Telegram(_)) => (line.discord, line.telegram),
            (Chat::Discord(_), Chat::Discord(_)) => (line.discord.clone(), line.discord),
        };
        if posted.shown != said {
            bail!(
                "the source chat of pair {} holds something else: {:?}",
                pair.number,
                posted.shown
            );
        }
        Ok(Sent {
            expected,
            at_ms: posted.at_ms,
        })
    });
    sent.collect()
}

/// What a chat holds, oldest first.
async fn found(world: &World, chat: &Chat) -> Result<Vec<Found>> {
    let (control, path) = match chat {
        Chat::Telegram(chat) => (&world.telegram, format!("/chats/{chat}/messages")),
        Chat::Discord(channel) => (&world.discord, format!("/channels/{channel}/messages")),
    };
    let mut found = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let page = control
            .get(&format!("{path}?limit={PAGE}&after={after}"))
            .await?;
        let messages = page.as_array().cloned().unwrap_or_default();
        for message in &messages {
            after = message["id"]
                .as_str()
                .map_or_else(|| message["id"].to_string(), str::to_owned);
            found.push(read(chat, message)?);
        }
        if messages.len() < PAGE {
            return Ok(found);
        }
    }
}

fn read(chat: &Chat, message: &Value) -> Result<Found> {
    let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
    let (shown, at_ms) = match chat {
        Chat::Discord(_) => {
            let id: i64 = text("id").parse().context("a message has an id")?;
            let shown = Shown {
                text: text("content"),
                entities: vec![],
            };
            (shown, (id >> 22) + DISCORD_EPOCH_MS)
        }
        Chat::Telegram(_) => {
            let mut entities = message["entities"].as_array().cloned().unwrap_or_default();
            let number = |entity: &Value, field: &str| entity[field].as_i64().unwrap_or(0);
            entities.sort_by_key(|entity| {
                (
                    number(entity, "offset"),
                    -number(entity, "length"),
                    entity["type"].to_string(),
                )
            });
            let at_ms = message["at_ms"]
                .as_i64()
                .context("a message has its moment")?;
            (
                Shown {
                    text: text("text"),
                    entities,
                },
                at_ms,
            )
        }
    };
    Ok(Found { shown, at_ms })
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
}
