//! Work on one connection.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use patchbay_domain::account::AccountState;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Halt;
use super::inbox::{Batch, Inbox};
use super::live::Ask;
use crate::connection::Connection;
use crate::translate::Arrival;

/// A connection can die without a sign, and an update can get lost; asking for the state finds
/// both.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// The list of chats is long; what makes us want it comes in bursts.
const DIALOGS_EVERY: Duration = Duration::from_secs(30);
/// How many pushes are handed on together at most.
const PUSHES_TOGETHER: usize = 100;

pub(super) struct Ear<'a> {
    pub(super) connection: &'a Arc<Connection>,
    pub(super) updates: &'a mut mpsc::Receiver<UpdatesLike>,
    pub(super) asked: &'a mut mpsc::Receiver<Ask>,
    pub(super) connected: AccountState,
}

enum Event {
    Updates(Option<Box<UpdatesLike>>),
    Asked(Ask),
    Changed,
    Time,
}

impl Inbox {
    /// Takes updates until something ends it.
    pub(super) async fn listen(&mut self, mut ear: Ear<'_>) -> Result<Infallible, Halt> {
        let mut heartbeat = Instant::now() + HEARTBEAT;
        loop {
            if self.keeper.due().is_some_and(|due| due <= Instant::now()) {
                self.save_position().await?;
            }
            if let Some(reason) = self.live.logged_out() {
                return Err(Halt::LoggedOut(reason));
            }
            self.ask_stalled_again();
            self.boxes.check_deadlines();
            if self.fetch_missing(ear.connection).await? {
                continue;
            }
            self.has_caught_up = true;
            if ear.updates.is_empty() {
                self.pass_on_quiet_albums().await;
            }
            self.pass_on_reactions().await;
            self.show_state(&ear.connected).await;
            if self.wants_dialogs && self.may_read_dialogs() {
                self.read_dialogs(ear.connection).await?;
                continue;
            }
            if self.read_successor(ear.connection).await? {
                continue;
            }
            if let Some(forum) = self.live.directory.forum_to_read() {
                self.read_topics(ear.connection, forum).await?;
                continue;
            }
            if self.poll_reactions(ear.connection).await? {
                continue;
            }
            self.tell_of_sources().await;
            match self.next_event(&mut ear, heartbeat).await {
                Event::Updates(updates) => self.take_pushed(&mut ear, updates).await?,
                Event::Asked(Ask::RefreshChats(done)) => {
                    self.read_dialogs(ear.connection).await?;
                    self.live.directory.read_forums_again();
                    // Whoever asked may have gone.
                    done.send(()).ok();
                }
                Event::Asked(Ask::MissesChat(done)) => {
                    if self.may_read_dialogs() {
                        self.read_dialogs(ear.connection).await?;
                    }
                    done.send(()).ok();
                }
                Event::Asked(Ask::RefreshTopics(chat, done)) => {
                    self.live.directory.read_forum_again(chat);
                    if self.live.directory.is_forum(chat) {
                        self.read_topics(ear.connection, chat).await?;
                    }
                    done.send(()).ok();
                }
                Event::Changed => {}
                Event::Time => {
                    if heartbeat <= Instant::now() {
                        self.beat(ear.connection).await?;
                        heartbeat = Instant::now() + HEARTBEAT;
                    }
                }
            }
        }
    }

    async fn next_event(&mut self, ear: &mut Ear<'_>, heartbeat: Instant) -> Event {
        let deadline = Instant::from_std(self.boxes.check_deadlines());
        let flood_ends = self.live.flood_until(self.ports.clock.now()).map(|until| {
            Instant::now() + until.since(self.ports.clock.now()) + Duration::from_millis(1)
        });
        let dialogs = self.wants_dialogs.then(|| {
            self.dialogs_read_at
                .map_or_else(Instant::now, |at| at + DIALOGS_EVERY)
        });
        let wake = [
            Some(heartbeat),
            Some(deadline),
            self.keeper.due(),
            self.stalled.values().min().copied(),
            self.albums_due(),
            self.reactions.due(),
            flood_ends,
            dialogs,
        ];
        let wake = wake.into_iter().flatten().min().unwrap_or(heartbeat);
        tokio::select! {
            updates = ear.updates.recv() => Event::Updates(updates.map(Box::new)),
            Some(ask) = ear.asked.recv() => Event::Asked(ask),
            () = self.live.changed.notified() => Event::Changed,
            () = tokio::time::sleep_until(wake) => Event::Time,
        }
    }

    /// Takes what was pushed, with whatever else waits by now: what is handed on together costs
    /// the queues fewer requests.
    async fn take_pushed(
        &mut self,
        ear: &mut Ear<'_>,
        updates: Option<Box<UpdatesLike>>,
    ) -> Result<(), Halt> {
        let mut next = updates;
        if next.is_none() {
            return Err(Halt::Ended("the connection ended"));
        }
        let mut batch = Batch::default();
        let (mut is_closed, mut is_any_lost, mut pushes) = (false, false, 0);
        while let Some(mut updates) = next.take() {
            if matches!(*updates, UpdatesLike::ConnectionClosed) {
                is_closed = true;
                break;
            }
            // The library drops updates when as many wait as the channel holds. It held that many
            // right before this one was taken out, or it never did.
            is_any_lost |= ear.updates.len() + 1 >= ear.updates.max_capacity();
            is_any_lost |= matches!(*updates, UpdatesLike::MalformedUpdates);
            self.keep_own_pts_in_all(&mut updates);
            if let Ok((updates, users, chats)) = self.boxes.process_updates(*updates) {
                batch
                    .updates
                    .extend(updates.into_iter().map(|(update, _)| update));
                batch.users.extend(users);
                batch.chats.extend(chats);
            }
            pushes += 1;
            if pushes < PUSHES_TOGETHER {
                next = ear.updates.try_recv().ok().map(Box::new);
            }
        }
        if pushes > 0 {
            self.take(batch, Arrival::Live).await;
        }
        if is_closed {
            return Err(Halt::Ended("the connection was closed"));
        }
        if is_any_lost {
            tracing::info!(account = %self.live.account.id, "updates lost, fetching them");
            self.resync().await?;
        }
        Ok(())
    }

    async fn beat(&mut self, connection: &Connection) -> Result<(), Halt> {
        let tl::enums::updates::State::State(state) = connection
            .invoke(&tl::functions::updates::GetState {})
            .await?;
        if state.pts > self.boxes.session_state().pts {
            self.check_account();
        }
        Ok(())
    }

    fn may_read_dialogs(&self) -> bool {
        self.dialogs_read_at
            .is_none_or(|at| at + DIALOGS_EVERY <= Instant::now())
    }

    async fn show_state(&mut self, connected: &AccountState) {
        let flood_until = self.live.flood_until(self.ports.clock.now());
        let state = match (self.live.limitation(), flood_until) {
            (Some(limitation), _) => limitation.state(),
            (None, Some(until)) => AccountState::FloodWaiting { until },
            (None, None) => connected.clone(),
        };
        super::run::show(&self.ports, &self.live, &state).await;
    }
}
