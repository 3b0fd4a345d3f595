//! What came in, on its way to the task queues.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use grammers_session::types::UpdatesState;
use grammers_session::updates::{MessageBoxes, UpdatesLike};
use grammers_tl_types as tl;
use patchbay_app::ports::{Ingest, PortResult, Ports, TelegramPosition};
use patchbay_domain::account::TelegramChat;
use patchbay_domain::ids::TelegramChatId;
use patchbay_domain::retry::Backoff;
use patchbay_domain::{Endpoint, Fence, SourceEvent};
use tl::enums::Update;
use tokio::time::Instant;

use super::ahead::Ahead;
use super::albums::{self, Albums};
use super::position::{self, PositionKeeper};
use super::reactions::Reactions;
use super::{Halt, LiveAccount};
use crate::config::TelegramConfig;
use crate::own::OwnPosts;
use crate::peer;
use crate::translate::{Arrival, Translator};

/// The state of one account's updates, kept from connection to connection.
///
/// `boxes` counts the updates (core.telegram.org/api/updates); it runs ahead of what is handed
/// on by at most the batch in hand, and only [`Inbox::note_handed_on`] lets the position follow.
pub(crate) struct Inbox {
    pub(super) ports: Ports,
    pub(super) live: Arc<LiveAccount>,
    pub(super) boxes: MessageBoxes,
    pub(super) keeper: PositionKeeper,
    pub(super) translator: Translator,
    pub(super) albums: Albums,
    pub(super) ahead: Ahead,
    /// The chats that this account reads for a pair.
    pub(super) sources: HashSet<TelegramChatId>,
    /// The newest message of each chat that was handed on.
    pub(super) newest: HashMap<TelegramChatId, i32>,
    /// Channels whose difference Telegram can't give just now, and when to ask again.
    pub(super) stalled: BTreeMap<i64, Instant>,
    /// A chat came up that the directory doesn't tell enough about.
    pub(super) wants_dialogs: bool,
    pub(super) dialogs_read_at: Option<Instant>,
    pub(super) has_caught_up: bool,
    /// Chats that Telegram lets the account into no more.
    pub(super) closed: HashSet<TelegramChatId>,
    /// When it was noted which sources can be read, if nothing has changed since.
    pub(super) sources_told_at: Option<Instant>,
    /// Groups whose pairs name the supergroup by now that the group became.
    pub(super) followed: HashSet<TelegramChatId>,
    /// Such supergroups of which it is not known what was said before they were known.
    pub(super) unread_successors: BTreeSet<TelegramChatId>,
    pub(super) ingest: Arc<dyn Ingest>,
    pub(super) unsaved_chats: Vec<TelegramChat>,
    pub(super) reactions: Reactions,
}

/// Updates of one answer, or of one push, and those they speak of.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) updates: Vec<Update>,
    pub(super) users: Vec<tl::enums::User>,
    pub(super) chats: Vec<tl::enums::Chat>,
}

impl Inbox {
    pub(super) fn new(
        ports: Ports,
        live: Arc<LiveAccount>,
        own: Arc<OwnPosts>,
        ingest: Arc<dyn Ingest>,
        fence: Fence,
        saved: TelegramPosition,
        config: &TelegramConfig,
    ) -> Self {
        let account = &live.account;
        let translator = Translator::new(account.id, account.telegram_user, own);
        let albums = Albums::new(config.albums_quiet_for, saved.clone());
        let keeper = PositionKeeper::new(account.id, fence, saved);
        Self {
            boxes: boxes_at(keeper.reached()),
            ports,
            live,
            keeper,
            translator,
            albums,
            ahead: Ahead::default(),
            sources: HashSet::new(),
            newest: HashMap::new(),
            stalled: BTreeMap::new(),
            wants_dialogs: false,
            dialogs_read_at: None,
            has_caught_up: false,
            closed: HashSet::new(),
            sources_told_at: None,
            followed: HashSet::new(),
            unread_successors: BTreeSet::new(),
            ingest,
            unsaved_chats: Vec::new(),
            reactions: Reactions::new(config.reactions),
        }
    }

    /// Goes back to what has been handed on.
    pub(super) fn rewind(&mut self) {
        self.boxes = boxes_at(self.keeper.reached());
        self.albums.rewind(self.keeper.reached());
        self.stalled.clear();
    }

    /// Goes on from what Telegram says of the account; channels stay where they are.
    pub(super) fn adopt(&mut self, state: &tl::types::updates::State) {
        let channels = position::of_state(&self.boxes.session_state()).channels;
        self.boxes = boxes_at(&TelegramPosition {
            pts: state.pts,
            qts: state.qts,
            date: state.date,
            seq: state.seq,
            channels,
        });
    }

    /// Asks again for everything that may have been missed: the account's own box, which tells
    /// of other channels too, and each channel that a pair reads.
    pub(super) async fn resync(&mut self) -> PortResult<()> {
        self.read_routes().await?;
        self.sources_told_at = None;
        self.check_account();
        let channels: Vec<i64> = self
            .sources
            .iter()
            .filter_map(|chat| peer::channel_id(*chat))
            .collect();
        for channel in channels {
            self.check_channel(channel);
        }
        Ok(())
    }

    pub(super) async fn read_routes(&mut self) -> PortResult<()> {
        let account = &self.live.account;
        let pairs = self.ports.pairs.of_user(account.owner).await?.pairs;
        let chats = |endpoints: &mut dyn Iterator<Item = &Endpoint>| {
            endpoints
                .filter_map(|endpoint| match endpoint {
                    Endpoint::Telegram {
                        account: of, chat, ..
                    } if *of == account.id => Some(*chat),
                    Endpoint::Telegram { .. } | Endpoint::Discord { .. } => None,
                })
                .collect::<HashSet<_>>()
        };
        self.sources = chats(&mut pairs.iter().map(|pair| &pair.source));
        let destinations = chats(&mut pairs.iter().map(|pair| &pair.destination));
        self.translator.set_destinations(destinations);
        self.ahead.follow(account.id, &pairs);
        Ok(())
    }

    /// The library asks for the account's difference when it is told of updates that it could not
    /// read, and offers no other way to make it ask.
    pub(super) fn check_account(&mut self) {
        drop(self.boxes.process_updates(UpdatesLike::MalformedUpdates));
    }

    pub(super) fn check_channel(&mut self, channel_id: i64) {
        let update = tl::types::UpdateChannelTooLong {
            channel_id,
            pts: None,
        }
        .into();
        let short = tl::types::UpdateShort { update, date: 0 };
        drop(
            self.boxes
                .process_updates(UpdatesLike::Updates(short.into())),
        );
    }

    pub(super) fn arrival_of_difference(&self) -> Arrival {
        if self.has_caught_up {
            Arrival::Recovered
        } else {
            Arrival::AfterRestart
        }
    }

    /// Hands a batch on. When this returns, the position has moved past it, or to the first part
    /// of an album in it that is not whole yet.
    pub(super) async fn take(&mut self, batch: Batch, arrival: Arrival) {
        self.learn(&batch.users, &batch.chats, &batch.updates).await;
        let now = self.ports.clock.now();
        let mut events = self.translator.events(&batch.updates, arrival, now);
        self.ahead.stamp(&mut events);
        events.extend(self.place_deletions(arrival, now).await);
        self.pass_on(events).await;
        self.see_reactions(&batch.updates);
        self.note_handed_on();
    }

    /// Hands on what is whole.
    pub(super) async fn pass_on(&mut self, events: Vec<SourceEvent>) {
        let events = self.albums.pass(events, Instant::now());
        self.hand_on(&events).await;
    }

    /// Hands on albums of which nothing came for a while. Nothing else may be waiting to be read.
    pub(super) async fn pass_on_quiet_albums(&mut self) {
        let stalled = &self.stalled;
        let misses = |chat| is_stalled(stalled, chat);
        let events = self.albums.quiet(Instant::now(), misses);
        if !events.is_empty() {
            self.hand_on(&events).await;
            self.note_handed_on();
        }
    }

    pub(super) fn albums_due(&self) -> Option<Instant> {
        self.albums.due(|chat| is_stalled(&self.stalled, chat))
    }

    /// Tries until it works: there is nowhere else to put them.
    async fn hand_on(&mut self, events: &[SourceEvent]) {
        if events.is_empty() {
            return;
        }
        let mut failures = 0;
        while let Err(error) = self.ingest.ingest(events).await {
            failures += 1;
            let pause = Backoff::RECONNECT.after(failures, self.jitter());
            tracing::warn!(
                account = %self.live.account.id,
                error = &error as &dyn std::error::Error,
                ?pause,
                "events wait, the queues don't take them"
            );
            tokio::time::sleep(pause).await;
        }
        for event in events {
            if let patchbay_domain::ChatId::Telegram(chat) = event.chat
                && let Ok(message) = i32::try_from(albums::last_message(event).0)
            {
                let newest = self.newest.entry(chat).or_default();
                *newest = (*newest).max(message);
            }
        }
    }

    pub(super) fn note_handed_on(&mut self) {
        let mut position = self.albums.reach(&self.boxes.session_state());
        if !self.stalled.is_empty() {
            // After a restart the date tells how far back a history must be read; a channel
            // that lags behind must not be left out of that.
            position.date = self.keeper.reached().date;
        }
        self.hold_for_successors(&mut position);
        self.keeper.move_to(position);
    }

    pub(super) async fn save_position(&mut self) -> Result<(), Halt> {
        match self.keeper.save(&*self.ports.positions).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(patchbay_app::ports::FencedOut)) => Err(Halt::FencedOut),
            Err(error) => {
                // It is due again in a second; meanwhile everything goes on.
                tracing::warn!(
                    account = %self.live.account.id,
                    error = &error as &dyn std::error::Error,
                    "position not saved"
                );
                Ok(())
            }
        }
    }

    pub(super) fn jitter(&self) -> f64 {
        let share = u32::try_from(self.ports.ids.secret() & 0xffff).unwrap_or_default();
        f64::from(share) / f64::from(0x1_0000)
    }

    pub(super) fn stall(&mut self, channel: i64, pause: Duration) {
        self.stalled.insert(channel, Instant::now() + pause);
    }
}

/// Telegram has more of this channel than it could give so far.
fn is_stalled(stalled: &BTreeMap<i64, Instant>, chat: TelegramChatId) -> bool {
    peer::channel_id(chat).is_some_and(|channel| stalled.contains_key(&channel))
}

/// Only the account's own box is asked for at once. Asking for every channel would be hundreds
/// of requests, and the account's difference names the channels that have news.
fn boxes_at(position: &TelegramPosition) -> MessageBoxes {
    let mut boxes = MessageBoxes::load(UpdatesState {
        pts: position.pts,
        qts: position.qts,
        date: position.date,
        seq: position.seq,
        channels: Vec::new(),
    });
    for (channel, pts) in &position.channels {
        boxes.try_set_channel_state(*channel, *pts);
    }
    boxes
}
