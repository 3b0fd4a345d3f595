//! Which waiting messages may be received now, and in what order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::sqs::message::Sequence;

/// Message groups of a FIFO queue. A group *offers* its first message when
/// that one is visible and none of the group's messages is in flight.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Groups {
    groups: HashMap<Arc<str>, Group>,
    offers: BTreeSet<(Sequence, Arc<str>)>,
}

#[derive(Debug, Default, PartialEq)]
struct Group {
    waiting: BTreeMap<Sequence, Timestamp>,
    in_flight: usize,
    offered: Option<Sequence>,
}

/// Whether a change lets a queue give a message sooner than before, so that
/// those who wait for one have to look again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outlook {
    Sooner,
    Same,
}

impl Groups {
    pub(crate) fn wait(
        &mut self,
        group: &Arc<str>,
        sequence: Sequence,
        visible_at: Timestamp,
        now: Timestamp,
    ) -> Outlook {
        let entry = self.groups.entry(Arc::clone(group)).or_default();
        entry.waiting.insert(sequence, visible_at);
        self.refresh(group, now)
    }

    pub(crate) fn leave(
        &mut self,
        group: &Arc<str>,
        sequence: Sequence,
        now: Timestamp,
    ) -> Outlook {
        if let Some(entry) = self.groups.get_mut(group) {
            entry.waiting.remove(&sequence);
        }
        self.refresh(group, now)
    }

    /// A message goes in flight. None of its group is offered after this.
    pub(crate) fn take_off(&mut self, group: &Arc<str>, sequence: Sequence, now: Timestamp) {
        let entry = self.groups.entry(Arc::clone(group)).or_default();
        entry.waiting.remove(&sequence);
        entry.in_flight += 1;
        self.refresh(group, now);
    }

    /// A message of the group is no longer in flight.
    pub(crate) fn land(&mut self, group: &Arc<str>, now: Timestamp) -> Outlook {
        if let Some(entry) = self.groups.get_mut(group) {
            entry.in_flight = entry.in_flight.saturating_sub(1);
        }
        self.refresh(group, now)
    }

    /// The group whose offered message is oldest.
    pub(crate) fn first_offer(&self) -> Option<Arc<str>> {
        self.offers.first().map(|(_, group)| Arc::clone(group))
    }

    /// The group's first message, if visible; in flight ones don't hide it, so
    /// that one receive can take several messages of a group.
    pub(crate) fn first_visible(&self, group: &Arc<str>, now: Timestamp) -> Option<Sequence> {
        let (sequence, visible_at) = self.groups.get(group)?.waiting.first_key_value()?;
        (*visible_at <= now).then_some(*sequence)
    }

    pub(crate) fn refresh(&mut self, group: &Arc<str>, now: Timestamp) -> Outlook {
        let Some(entry) = self.groups.get_mut(group) else {
            return Outlook::Same;
        };
        let head = entry.waiting.first_key_value();
        let offered = head
            .filter(|(_, visible_at)| entry.in_flight == 0 && **visible_at <= now)
            .map(|(sequence, _)| *sequence);
        let before = std::mem::replace(&mut entry.offered, offered);
        if entry.waiting.is_empty() && entry.in_flight == 0 {
            self.groups.remove(group);
        }
        if before == offered {
            return Outlook::Same;
        }
        if let Some(sequence) = before {
            self.offers.remove(&(sequence, Arc::clone(group)));
        }
        match offered {
            Some(sequence) => {
                self.offers.insert((sequence, Arc::clone(group)));
                Outlook::Sooner
            }
            None => Outlook::Same,
        }
    }
}

/// A queue's waiting messages, by the queue's kind.
#[derive(Debug, PartialEq)]
pub(crate) enum Lineup {
    /// Visible messages, oldest first; delayed ones join when they are due.
    Standard(BTreeSet<Sequence>),
    Fifo(Groups),
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    #[test]
    fn a_group_offers_nothing_while_one_of_it_is_in_flight() {
        let mut groups = Groups::default();
        let group: Arc<str> = "a".into();
        assert_eq!(groups.wait(&group, Sequence(1), NOW, NOW), Outlook::Sooner);
        assert_eq!(groups.wait(&group, Sequence(2), NOW, NOW), Outlook::Same);
        groups.take_off(&group, Sequence(1), NOW);
        assert_eq!(groups.first_offer(), None);
        assert_eq!(groups.first_visible(&group, NOW), Some(Sequence(2)));
        assert_eq!(groups.land(&group, NOW), Outlook::Sooner);
        assert_eq!(groups.first_offer(), Some(group));
    }

    #[test]
    fn a_delayed_head_holds_its_group_until_it_is_due() {
        let mut groups = Groups::default();
        let group: Arc<str> = "a".into();
        let due = NOW.plus_seconds(5);
        groups.wait(&group, Sequence(1), due, NOW);
        groups.wait(&group, Sequence(2), NOW, NOW);
        assert_eq!(groups.first_offer(), None);
        assert_eq!(groups.refresh(&group, due), Outlook::Sooner);
        assert_eq!(groups.first_visible(&group, due), Some(Sequence(1)));
    }

    #[test]
    fn an_emptied_group_leaves_nothing_behind() {
        let mut groups = Groups::default();
        let group: Arc<str> = "a".into();
        groups.wait(&group, Sequence(1), NOW, NOW);
        groups.leave(&group, Sequence(1), NOW);
        assert_eq!(groups, Groups::default());
    }
}
