//! Takes the events of one shard in order.

mod guild_events;
mod messages;
mod reactions;

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{FencedOut, Ingest};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, MessageId};
use patchbay_domain::pair::SourceLoss;
use patchbay_domain::{Revision, SourceEvent};
use serde::Deserialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};

use super::ahead::Counted;
use super::frame::{Frame, Kind};
use super::gather::Gathering;
use super::position::Progress;
use super::source::{Source, Sources, shard_of};
use crate::discord::Inner;
use crate::guilds::Guilds;
use crate::guilds::link::Reply;
use crate::persist::{Persistence, Stopped};
use crate::translate::Identity;

pub(super) struct Handler<'a> {
    pub(super) discord: &'a Inner,
    pub(super) shard: u32,
    pub(super) me: Identity,
    pub(super) persistence: Persistence,
    pub(super) ingest: Arc<dyn Ingest>,
    pub(super) sources: watch::Receiver<Sources>,
    pub(super) guilds: Guilds,
    pub(super) progress: Progress,
    pub(super) replies: mpsc::Sender<Reply>,
    pub(super) refreshes: mpsc::Receiver<DiscordGuildId>,
    pub(super) unstored: Unstored,
    pub(super) ahead: HashMap<Source, Counted>,
    pub(super) gathering: Arc<Gathering>,
    pub(super) reacted: mpsc::Receiver<SourceEvent>,
    /// How histories were found: whether they can be read.
    pub(super) looks: HashMap<Source, Option<SourceLoss>>,
}

/// What was taken from the gateway and not handed in yet.
#[derive(Debug, Default)]
pub(super) struct Unstored {
    events: Vec<SourceEvent>,
    /// The new posts among them, by the channel or thread that holds them.
    posts: Vec<(DiscordChannelId, MessageId)>,
    sequence: Option<u64>,
}

/// The handler ends: because it is told to, or because it isn't the owner any more.
#[derive(Debug)]
pub(super) enum End {
    Stopped,
    FencedOut,
}

impl From<Stopped> for End {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

impl From<FencedOut> for End {
    fn from(FencedOut: FencedOut) -> Self {
        Self::FencedOut
    }
}

#[derive(Deserialize)]
struct Ready {
    session_id: String,
    resume_gateway_url: String,
    guilds: Vec<ReadyGuild>,
}

#[derive(Deserialize)]
struct ReadyGuild {
    id: DiscordGuildId,
}

impl Handler<'_> {
    /// How many events are handed in at once.
    const BATCH: usize = 100;
    const LAST_SAVE: Duration = Duration::from_secs(1);

    pub(super) async fn run(mut self, frames: mpsc::Receiver<Frame>) -> Result<(), FencedOut> {
        match self.follow(frames).await {
            End::FencedOut => Err(FencedOut),
            End::Stopped => match timeout(Self::LAST_SAVE, self.progress.save()).await {
                Ok(saved) => saved,
                Err(_elapsed) => {
                    tracing::warn!(shard = self.shard, "the last gateway position isn't saved");
                    Ok(())
                }
            },
        }
    }

    async fn follow(&mut self, mut frames: mpsc::Receiver<Frame>) -> End {
        let mut batch = Vec::with_capacity(Self::BATCH);
        let mut tick = interval(Progress::SAVE_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let every = self.discord.config.reconcile_every;
        let mut reconcile = interval_at(Instant::now() + every, every);
        reconcile.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.sources.mark_changed();
        let mut sources_may_change = true;
        loop {
            let stopped = self.persistence.stop.clone();
            let step = tokio::select! {
                () = stopped.cancelled() => Err(End::Stopped),
                changed = self.sources.changed(), if sources_may_change => {
                    // Whoever told of sources may be gone; the last ones then stand.
                    sources_may_change = changed.is_ok();
                    self.follow_sources().await
                }
                taken = frames.recv_many(&mut batch, Self::BATCH) => match taken {
                    0 => Err(End::Stopped),
                    _ => self.take_all(&mut batch).await,
                },
                Some(event) = self.reacted.recv() => {
                    self.take_reactions(event).await.map_err(End::from)
                }
                Some(guild) = self.refreshes.recv() => {
                    self.guilds.refresh(guild).await.map_err(End::from)
                }
                // An event that never came is found in the history.
                _ = reconcile.tick() => self.look_again().await.map_err(End::from),
                _ = tick.tick() => Ok(()),
            };
            let saved = match step {
                Ok(()) => self.progress.save_if_due().await,
                Err(end) => return end,
            };
            if let Err(end) = saved {
                return end.into();
            }
        }
    }

    async fn look_again(&mut self) -> Result<(), Stopped> {
        self.recover().await?;
        self.tell_of_sources(None).await;
        Ok(())
    }

    async fn take_all(&mut self, batch: &mut Vec<Frame>) -> Result<(), End> {
        for frame in batch.drain(..) {
            self.take(&frame).await?;
            self.unstored.sequence = Some(frame.sequence);
        }
        self.store().await?;
        Ok(())
    }

    async fn take(&mut self, frame: &Frame) -> Result<(), End> {
        match frame.kind {
            Kind::Ready => self.begin_session(frame).await?,
            Kind::Resumed => self.go_on().await?,
            Kind::MessageCreate
            | Kind::MessageUpdate
            | Kind::MessageDelete
            | Kind::MessageDeleteBulk => self.take_message(frame).await?,
            Kind::Reaction => self.note_reaction(frame).await?,
            Kind::GuildCreate
            | Kind::GuildUpdate
            | Kind::GuildDelete
            | Kind::ChannelPut
            | Kind::ChannelDelete
            | Kind::ThreadPut
            | Kind::ThreadDelete
            | Kind::ThreadList
            | Kind::RolePut
            | Kind::RoleDelete
            | Kind::MemberUpdate => {
                self.take_guild_event(frame).await?;
                self.discord
                    .states
                    .set_guilds(self.shard, self.guilds.count());
            }
            Kind::Other => {}
        }
        Ok(())
    }

    /// Hands in what was taken, then moves the position behind it.
    pub(super) async fn store(&mut self) -> Result<(), Stopped> {
        let Unstored {
            events,
            posts,
            sequence,
        } = std::mem::take(&mut self.unstored);
        if !events.is_empty() {
            self.hand_in(&events).await?;
        }
        for (channel, message) in posts {
            self.progress.saw(channel, message);
        }
        if let Some(sequence) = sequence {
            self.progress.position.sequence = sequence;
        }
        Ok(())
    }

    pub(super) async fn hand_in(&self, events: &[SourceEvent]) -> Result<(), Stopped> {
        self.persistence
            .until_done("hand in events", || self.ingest.ingest(events))
            .await
    }

    /// Takes an event of a message that stands in this channel or thread.
    fn add(&mut self, from: Source, event: SourceEvent) {
        if event.change.revision() == Revision::POSTED && self.sources.borrow().contains(from) {
            self.unstored.posts.push((from.channel, event.message));
        }
        self.unstored.events.push(event);
    }

    /// A new session: whatever happened since the last one is in the channels' history. Until
    /// that is read the session is not saved, or a restart would go on with it and miss the rest.
    async fn begin_session(&mut self, frame: &Frame) -> Result<(), End> {
        self.store().await?;
        let ready: Ready = match frame.payload() {
            Ok(ready) => ready,
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::error!(shard = self.shard, error, "READY can't be read");
                return Ok(());
            }
        };
        tracing::info!(
            shard = self.shard,
            guilds = ready.guilds.len(),
            "a new gateway session"
        );
        self.progress.position.session = None;
        self.progress.position.resume_url = None;
        let present: Vec<DiscordGuildId> = ready.guilds.iter().map(|guild| guild.id).collect();
        for gone in self.guilds.others_than(&present) {
            self.guilds.remove(gone).await?;
        }
        self.guilds.expect(present);
        self.discord
            .states
            .set_guilds(self.shard, self.guilds.count());
        self.look_again().await?;
        self.progress.position.session = Some(ready.session_id);
        self.progress.position.resume_url = Some(ready.resume_gateway_url);
        self.progress.position.sequence = frame.sequence;
        Ok(self.progress.save().await?)
    }

    /// After a resumption in a new process nobody tells of the servers.
    async fn go_on(&mut self) -> Result<(), Stopped> {
        if self.guilds.are_expected() {
            return Ok(());
        }
        let rest = &self.discord.rest;
        let guilds = self
            .persistence
            .until_done("ask for the bot's servers", || rest.current_guilds())
            .await?;
        let shards = self.discord.config.shards;
        let own = guilds
            .into_iter()
            .filter(|guild| shard_of(*guild, shards) == self.shard);
        self.guilds.expect(own.collect());
        self.tell_of_sources(None).await;
        self.discord
            .states
            .set_guilds(self.shard, self.guilds.count());
        Ok(())
    }
}
