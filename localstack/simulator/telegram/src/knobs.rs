//! What a test may turn. Knobs belong to the running simulator and end with it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::state::{ChannelId, Refusal, UserId};

#[derive(Debug, Default)]
pub(crate) struct Knobs {
    pub(crate) faults: Vec<ArmedFault>,
    pub(crate) settings: Settings,
    /// Accounts that no update is pushed to, while their `pts` advance.
    pub(crate) muted: BTreeSet<UserId>,
    /// What differences that were too long left out.
    pub(crate) skipped: Vec<Skipped>,
    last_fault: u64,
    sent: BTreeMap<UserId, VecDeque<i64>>,
}

/// A part of a channel's log, by its `pts`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Skipped {
    pub(crate) channel: ChannelId,
    pub(crate) after: i32,
    pub(crate) until: i32,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ArmedFault {
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) order: FaultOrder,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultOrder {
    /// A method as the schema names it, such as `messages.sendMessage`.
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) user: Option<UserId>,
    /// How many calls it strikes.
    #[serde(default = "once")]
    pub(crate) times: u32,
    pub(crate) fault: Fault,
}

fn once() -> u32 {
    1
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    FloodWait(i64),
    SlowModeWait(i64),
    Error {
        code: i32,
        message: String,
    },
    /// The effect happens, then the connection breaks before the answer.
    LoseResponse,
    /// The connection breaks before the effect.
    DropConnection,
    DelayMs(u64),
    /// The key was seen from two addresses: the platform ends its session.
    DuplicateKey,
}

#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "these are switches, turned one by one"
)]
pub(crate) struct Settings {
    /// A channel's difference of more `pts` than this is too long.
    pub(crate) channel_too_long_after: i32,
    /// An account's difference of more `pts` than this is too long.
    pub(crate) difference_too_long_after: i32,
    pub(crate) duplicate_updates: bool,
    pub(crate) reorder_updates: bool,
    pub(crate) refuse_connections: bool,
    /// An account's difference tells the newest `pts` of a channel that changed. The platform
    /// may or may not; a client must not take it for its own.
    pub(crate) tell_channel_pts: bool,
    /// Reactions are told to whoever wrote the message alone. The platform promises no more.
    pub(crate) reactions_to_authors_alone: bool,
    /// How long authors may edit what they wrote outside channels.
    pub(crate) edit_window_seconds: i64,
    /// In bytes.
    pub(crate) largest_file: u64,
    /// Detect a flood by itself: this many messages of an account in this many seconds.
    pub(crate) flood_limit: Option<FloodLimit>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FloodLimit {
    /// Zero switches the limit off.
    pub(crate) messages: usize,
    pub(crate) seconds: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    channel_too_long_after: Option<i32>,
    difference_too_long_after: Option<i32>,
    duplicate_updates: Option<bool>,
    reorder_updates: Option<bool>,
    refuse_connections: Option<bool>,
    tell_channel_pts: Option<bool>,
    reactions_to_authors_alone: Option<bool>,
    edit_window_seconds: Option<i64>,
    largest_file: Option<u64>,
    flood_limit: Option<FloodLimit>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            channel_too_long_after: 1000,
            difference_too_long_after: 10_000,
            duplicate_updates: false,
            reorder_updates: false,
            refuse_connections: false,
            tell_channel_pts: false,
            reactions_to_authors_alone: false,
            edit_window_seconds: 48 * 3600,
            largest_file: 2_000_000_000,
            flood_limit: None,
        }
    }
}

impl Settings {
    pub(crate) fn change(&mut self, change: &SettingsChange) {
        let set = |field: &mut bool, value: Option<bool>| *field = value.unwrap_or(*field);
        set(&mut self.duplicate_updates, change.duplicate_updates);
        set(&mut self.reorder_updates, change.reorder_updates);
        set(&mut self.refuse_connections, change.refuse_connections);
        set(&mut self.tell_channel_pts, change.tell_channel_pts);
        set(
            &mut self.reactions_to_authors_alone,
            change.reactions_to_authors_alone,
        );
        let limit = |field: &mut i32, value: Option<i32>| *field = value.unwrap_or(*field);
        limit(
            &mut self.channel_too_long_after,
            change.channel_too_long_after,
        );
        limit(
            &mut self.difference_too_long_after,
            change.difference_too_long_after,
        );
        self.edit_window_seconds = change
            .edit_window_seconds
            .unwrap_or(self.edit_window_seconds);
        self.largest_file = change.largest_file.unwrap_or(self.largest_file);
        if let Some(limit) = change.flood_limit {
            self.flood_limit = Some(limit).filter(|limit| limit.messages > 0);
        }
    }
}

impl Knobs {
    pub(crate) fn arm(&mut self, order: FaultOrder) -> u64 {
        self.last_fault += 1;
        self.faults.push(ArmedFault {
            id: self.last_fault,
            order,
        });
        self.last_fault
    }

    /// The fault that strikes this call, if any. Each strike counts.
    pub(crate) fn strike(&mut self, method: &str, user: Option<UserId>) -> Option<Fault> {
        let at = self.faults.iter().position(|armed| {
            armed.order.method == method && (armed.order.user.is_none() || armed.order.user == user)
        })?;
        let armed = self.faults.get_mut(at)?;
        let fault = armed.order.fault.clone();
        armed.order.times = armed.order.times.saturating_sub(1);
        if armed.order.times == 0 {
            self.faults.remove(at);
        }
        Some(fault)
    }

    /// Counts messages against the flood limit, if one is set.
    pub(crate) fn pace(&mut self, user: UserId, count: usize, at: i64) -> Result<(), Refusal> {
        let Some(limit) = self.settings.flood_limit else {
            return Ok(());
        };
        let sent = self.sent.entry(user).or_default();
        let window = limit.seconds * 1000;
        while sent.front().is_some_and(|first| first + window <= at) {
            sent.pop_front();
        }
        if let Some(first) = sent.front().filter(|_| sent.len() + count > limit.messages) {
            return Err(Refusal::flood_wait((first + window - at + 999) / 1000));
        }
        sent.extend(std::iter::repeat_n(at, count));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId(1);

    #[test]
    fn a_fault_strikes_its_method_and_user_as_often_as_ordered() {
        let mut knobs = Knobs::default();
        let order = r#"{"method":"a.b","user":1,"times":2,"fault":{"flood_wait":3}}"#;
        knobs.arm(serde_json::from_str(order).unwrap());
        assert_eq!(knobs.strike("a.c", Some(USER)), None);
        assert_eq!(knobs.strike("a.b", Some(UserId(2))), None);
        assert_eq!(knobs.strike("a.b", Some(USER)), Some(Fault::FloodWait(3)));
        assert_eq!(knobs.strike("a.b", Some(USER)), Some(Fault::FloodWait(3)));
        assert_eq!(knobs.strike("a.b", Some(USER)), None);
    }

    #[test]
    fn the_flood_limit_tells_how_long_to_wait() {
        let mut knobs = Knobs::default();
        knobs.settings.flood_limit = Some(FloodLimit {
            messages: 2,
            seconds: 10,
        });
        assert!(knobs.pace(USER, 1, 0).is_ok());
        assert!(knobs.pace(USER, 1, 4000).is_ok());
        assert_eq!(knobs.pace(USER, 1, 4500), Err(Refusal::flood_wait(6)));
        assert!(knobs.pace(USER, 1, 10_000).is_ok());
    }
}
