//! The state with everything that only lives as long as the process.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use patchbay_sim_core::{Blobs, Entry, Journal};

use crate::clock::now_ms;
use crate::control::Held;
use crate::knobs::Knobs;
use crate::live::{Live, Order, SessionRef};
use crate::mtproto::Challenge;
use crate::present;
use crate::state::{Applied, Command, Dc, Device, KeyId, Notice, Refusal, State, UserId};
use crate::uploads::Uploads;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) live: Live,
    pub(crate) knobs: Knobs,
    pub(crate) calls: Calls,
    /// The open password question of each key. Lost by a restart, as a real one goes stale.
    pub(crate) challenges: HashMap<KeyId, Challenge>,
    pub(crate) devices: HashMap<KeyId, Device>,
    pub(crate) addresses: Addresses,
    /// Authorizations on their way to another data centre.
    pub(crate) exported: HashMap<Vec<u8>, (UserId, Dc)>,
    /// The bytes of files.
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) uploads: Uploads,
    /// What is still to come of albums, by their `grouped_id`.
    pub(crate) held: BTreeMap<i64, Held>,
    journal: Journal,
    /// A journal that failed once no longer tells the truth, so nothing changes after it.
    journal_broken: bool,
}

/// Where clients are told to connect to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) home: SocketAddr,
    pub(crate) other: SocketAddr,
}

impl Addresses {
    pub(crate) fn of(self, dc: Dc) -> SocketAddr {
        match dc {
            Dc::Home => self.home,
            Dc::Other => self.other,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) handled: BTreeMap<String, u64>,
    pub(crate) unhandled: BTreeMap<String, u64>,
}

const JOURNAL_FAILED: Refusal = Refusal {
    code: 500,
    name: std::borrow::Cow::Borrowed("SIMULATOR_JOURNAL_FAILED"),
};

impl World {
    pub(crate) fn new(state: State, journal: Journal, blobs: Blobs, addresses: Addresses) -> Self {
        Self {
            state,
            live: Live::default(),
            knobs: Knobs::default(),
            calls: Calls::default(),
            challenges: HashMap::new(),
            devices: HashMap::new(),
            addresses,
            exported: HashMap::new(),
            blobs: Arc::new(blobs),
            uploads: Uploads::default(),
            held: BTreeMap::new(),
            journal,
            journal_broken: false,
        }
    }

    /// Carries out a command, writes it down and tells everybody but the session that asked
    /// for it, which has its answer.
    pub(crate) fn apply(
        &mut self,
        command: Command,
        origin: Option<SessionRef>,
    ) -> Result<Applied, Refusal> {
        if self.journal_broken {
            return Err(JOURNAL_FAILED);
        }
        let at = now_ms();
        let applied = self.state.apply(at, &command)?;
        if let Err(error) = self.journal.append(&Entry { at, command }) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the journal failed"
            );
            self.journal_broken = true;
            return Err(JOURNAL_FAILED);
        }
        self.tell(&applied, origin, at);
        Ok(applied)
    }

    fn tell(&mut self, applied: &Applied, origin: Option<SessionRef>, at: i64) {
        for notice in &applied.notices {
            if let Some(key) = present::waiting_key(notice) {
                let updates = present::login_token_accepted(at);
                for session in self.live.sessions_of(key) {
                    self.live.push(session, &updates, Order::Kept, at);
                }
                continue;
            }
            for session in self.live.listeners() {
                if Some(session) == origin {
                    continue;
                }
                let Some(user) = self.listener(session) else {
                    continue;
                };
                if self.is_kept_from(notice, user) {
                    continue;
                }
                if let Some(updates) = present::pushed(&self.state, user, notice, at) {
                    self.push(session, &updates, at);
                }
            }
        }
    }

    /// Reactions to what somebody else wrote, where the knob says so.
    fn is_kept_from(&self, notice: &Notice, user: UserId) -> bool {
        let Notice::Reactions { place, id } = notice else {
            return false;
        };
        let mailbox = self.state.place(*place).ok();
        let message = mailbox.and_then(|mailbox| mailbox.get(*id));
        let is_its = message.is_some_and(|message| message.author == user);
        self.knobs.settings.reactions_to_authors_alone && !is_its
    }

    fn push(&mut self, session: SessionRef, updates: &grammers_tl_types::enums::Updates, at: i64) {
        let settings = &self.knobs.settings;
        let order = if settings.reorder_updates {
            Order::Swapped
        } else {
            Order::Kept
        };
        let copies = if settings.duplicate_updates { 2 } else { 1 };
        for _copy in 0..copies {
            self.live.push(session, updates, order, at);
        }
    }

    pub(crate) fn user_of(&self, key: KeyId) -> Option<UserId> {
        self.state
            .keys
            .get(&key)
            .and_then(crate::state::KeyRecord::user)
    }

    /// Whom a session tells of updates, which are pushed at home alone.
    fn listener(&self, session: SessionRef) -> Option<UserId> {
        let user = self.user_of(session.key)?;
        let home = self.state.user(user).ok()?.dc;
        let is_home = self.state.key(session.key).ok()?.dc == home;
        (is_home && !self.is_muted(user)).then_some(user)
    }

    fn is_muted(&self, user: UserId) -> bool {
        self.knobs.muted.contains(&user)
    }
}
