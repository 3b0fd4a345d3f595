use std::collections::{BTreeMap, BTreeSet};

use super::ids::Peer;
use super::message::Message;

/// The messages of one account (its private chats and basic groups) or of one channel, with
/// the log of what happened to them.
///
/// `pts` grows by one for each message that an entry of the log touches, as the platform's
/// does.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) pts: i32,
    next_id: i32,
    messages: BTreeMap<i32, Message>,
    by_peer: BTreeMap<Peer, BTreeSet<i32>>,
    log: Vec<Logged>,
}

#[derive(Debug, Clone)]
pub(crate) struct Logged {
    /// The box's `pts` after this change.
    pub(crate) pts: i32,
    pub(crate) count: i32,
    /// Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) change: Change,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    New(i32),
    Edited(i32),
    Deleted(Vec<i32>),
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            pts: 1,
            next_id: 1,
            messages: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            log: Vec::new(),
        }
    }
}

impl Mailbox {
    pub(crate) fn next_id(&self) -> i32 {
        self.next_id
    }

    pub(crate) fn get(&self, id: i32) -> Option<&Message> {
        self.messages.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: i32) -> Option<&mut Message> {
        self.messages.get_mut(&id)
    }

    pub(crate) fn add(&mut self, message: Message, at: i64) -> Logged {
        let id = message.id;
        self.next_id = id + 1;
        self.by_peer.entry(message.peer).or_default().insert(id);
        self.messages.insert(id, message);
        self.note(Change::New(id), 1, at)
    }

    pub(crate) fn note_edit(&mut self, id: i32, at: i64) -> Logged {
        self.note(Change::Edited(id), 1, at)
    }

    /// Removes those of the messages that are still there.
    pub(crate) fn delete(&mut self, ids: &[i32], at: i64) -> Option<Logged> {
        let mut gone = Vec::new();
        for id in ids {
            if let Some(message) = self.messages.remove(id) {
                if let Some(chat) = self.by_peer.get_mut(&message.peer) {
                    chat.remove(id);
                }
                gone.push(*id);
            }
        }
        let count = i32::try_from(gone.len()).ok().filter(|count| *count > 0)?;
        Some(self.note(Change::Deleted(gone), count, at))
    }

    /// The entries after a client's `pts`, oldest first.
    pub(crate) fn since(&self, pts: i32) -> &[Logged] {
        &self.log[self.log.partition_point(|entry| entry.pts <= pts)..]
    }

    /// The `pts` of each message's latest edit, or of its deletion.
    pub(crate) fn latest_changes(&self) -> BTreeMap<i32, i32> {
        let mut latest = BTreeMap::new();
        for entry in &self.log {
            match &entry.change {
                Change::New(_) => {}
                Change::Edited(id) => drop(latest.insert(*id, entry.pts)),
                Change::Deleted(ids) => latest.extend(ids.iter().map(|id| (*id, entry.pts))),
            }
        }
        latest
    }

    pub(crate) fn changed_at(&self) -> Option<i64> {
        self.log.last().map(|entry| entry.at)
    }

    pub(crate) fn peers(&self) -> impl Iterator<Item = Peer> {
        self.by_peer.keys().copied()
    }

    /// The messages of one chat, newest first.
    pub(crate) fn of_peer(&self, peer: Peer) -> impl DoubleEndedIterator<Item = &Message> {
        self.between(peer, i32::MIN, i32::MAX)
    }

    /// Those of them that are numbered from `first` on and below `end`, newest first.
    pub(crate) fn between(
        &self,
        peer: Peer,
        first: i32,
        end: i32,
    ) -> impl DoubleEndedIterator<Item = &Message> {
        let ids = self.by_peer.get(&peer).filter(|_| first < end);
        ids.into_iter()
            .flat_map(move |ids| ids.range(first..end).rev())
            .filter_map(|id| self.messages.get(id))
    }

    pub(crate) fn count(&self, peer: Peer) -> usize {
        self.by_peer.get(&peer).map_or(0, BTreeSet::len)
    }

    fn note(&mut self, change: Change, count: i32, at: i64) -> Logged {
        self.pts += count;
        let logged = Logged {
            pts: self.pts,
            count,
            at,
            change,
        };
        self.log.push(logged.clone());
        logged
    }
}
