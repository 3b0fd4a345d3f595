//! Reading what was missed from the channels' history.

use std::error::Error;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use patchbay_domain::pair::SourceLoss;
use patchbay_domain::{Recovery, SourceEvent};
use serde_json::value::RawValue;

use super::handler::Handler;
use super::source::Source;
use crate::guilds::link;
use crate::persist::Stopped;
use crate::rest::{HISTORY_PAGE, RestError};
use crate::translate::{self, Received};

/// The messages of a page of history, or why there is none for us.
type Page = Result<Vec<Box<RawValue>>, SourceLoss>;

/// Discord's number for a channel that isn't there. (Opcodes and Status Codes, "JSON")
const UNKNOWN_CHANNEL: u32 = 10003;

impl Handler<'_> {
    /// How many channels are asked at the same time. The limit over all requests, not this,
    /// decides how fast it goes.
    const AT_ONCE: usize = 8;
    pub(super) const PATIENCE: Duration = Duration::from_secs(30);

    /// Hands in what came after the position of each source.
    pub(super) async fn recover(&mut self) -> Result<(), Stopped> {
        let behind: Vec<(Source, MessageId)> = self
            .own_sources()
            .into_iter()
            .filter_map(|source| {
                self.progress
                    .position
                    .channels
                    .get(&source.channel)
                    .map(|newest| (source, *newest))
            })
            .collect();
        // The first page of each is asked for ahead, since most channels have nothing new.
        let (discord, persistence) = (self.discord, self.persistence.clone());
        let mut pages = stream::iter(behind)
            .map(|(source, newest)| {
                let persistence = persistence.clone();
                async move {
                    let page = persistence
                        .until_done("read a channel's history", || async {
                            let rest = &discord.rest;
                            open(rest.history(source.channel, newest, Self::PATIENCE).await)
                        })
                        .await;
                    (source, page)
                }
            })
            .buffered(Self::AT_ONCE);
        while let Some((source, page)) = pages.next().await {
            self.recover_source(source, page?).await?;
        }
        Ok(())
    }

    async fn recover_source(&mut self, source: Source, first: Page) -> Result<(), Stopped> {
        let mut page = first;
        let mut count = 0;
        loop {
            self.looks.insert(source, page.as_ref().err().copied());
            let Ok(messages) = page else {
                let Source { guild, channel } = source;
                tracing::warn!(%guild, %channel, "a source channel is closed to the bot");
                return Ok(());
            };
            let (is_last, Some(newest)) = (messages.len() < HISTORY_PAGE, newest(&messages)) else {
                return Ok(());
            };
            count += messages.len();
            self.hand_in_recovered(source, &messages).await?;
            self.progress.saw(source.channel, newest);
            if is_last {
                tracing::info!(channel = %source.channel, count, "recovered from history");
                return Ok(());
            }
            let rest = &self.discord.rest;
            page = self
                .persistence
                .until_done("read a channel's history", || async {
                    open(rest.history(source.channel, newest, Self::PATIENCE).await)
                })
                .await?;
        }
    }

    async fn hand_in_recovered(
        &mut self,
        source: Source,
        messages: &[Box<RawValue>],
    ) -> Result<(), Stopped> {
        let mut events = self.posts(source, messages).await?;
        self.count_newer(source, &mut events).await?;
        if events.is_empty() {
            return Ok(());
        }
        self.hand_in(&events).await
    }

    /// Newest first they come, oldest first they go on.
    pub(super) async fn posts(
        &mut self,
        source: Source,
        messages: &[Box<RawValue>],
    ) -> Result<Vec<SourceEvent>, Stopped> {
        let place = self.guilds.place(source.guild, source.channel).await?;
        let scene = self.scene(source.guild, place, Recovery::Recovered);
        Ok(messages
            .iter()
            .rev()
            .filter_map(|raw| read(source.channel, raw))
            .filter(|received| link::command(&received.message).is_none())
            .filter_map(|received| translate::posted(&received, scene))
            .collect())
    }

    /// Takes over which channels are sources: a new one begins at its newest message.
    pub(super) async fn follow_sources(&mut self) -> Result<(), super::handler::End> {
        let sources = self.sources.borrow_and_update().clone();
        self.progress
            .position
            .channels
            .retain(|channel, _| sources.iter().any(|source| source.channel == *channel));
        self.ahead.retain(|source, _| sources.contains(*source));
        self.looks.retain(|source, _| sources.contains(*source));
        for source in self.own_sources() {
            if self
                .progress
                .position
                .channels
                .contains_key(&source.channel)
            {
                continue;
            }
            if let Some(channel) = self.guilds.ask_channel(source.channel).await? {
                let newest = channel.last_message_id.unwrap_or(MessageId(0));
                self.progress.saw(source.channel, newest);
            }
        }
        self.progress.save().await?;
        Ok(())
    }

    pub(super) fn own_sources(&self) -> Vec<Source> {
        let shards = self.discord.config.shards;
        let sources = self.sources.borrow();
        sources
            .iter()
            .filter(|source| source.shard(shards) == self.shard)
            .collect()
    }
}

pub(super) fn open(answer: Result<Vec<Box<RawValue>>, RestError>) -> Result<Page, RestError> {
    match answer {
        Ok(page) => Ok(Ok(page)),
        Err(error) if error.code() == Some(UNKNOWN_CHANNEL) => Ok(Err(SourceLoss::Lost)),
        Err(error) if error.is_no_such_thing() => Ok(Err(SourceLoss::Unreadable)),
        Err(error) => Err(error),
    }
}

pub(crate) fn read(channel: DiscordChannelId, raw: &RawValue) -> Option<Received> {
    match serde_json::from_str(raw.get()).and_then(Received::read) {
        Ok(message) => Some(message),
        Err(error) => {
            let id = id_of(raw).map(|id| id.0);
            let error: &dyn Error = &error;
            tracing::error!(%channel, message = id, error, "a message is lost: it can't be read");
            None
        }
    }
}

pub(super) fn oldest(messages: &[Box<RawValue>]) -> Option<MessageId> {
    messages.iter().filter_map(|raw| id_of(raw)).min()
}

fn newest(messages: &[Box<RawValue>]) -> Option<MessageId> {
    messages.iter().filter_map(|raw| id_of(raw)).max()
}

pub(crate) fn id_of(raw: &RawValue) -> Option<MessageId> {
    #[derive(serde::Deserialize)]
    struct WithId {
        id: MessageId,
    }
    serde_json::from_str::<WithId>(raw.get())
        .ok()
        .map(|message| message.id)
}
