//! Wishes to read a server again, on their way to the shard that hears of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use patchbay_domain::ids::DiscordGuildId;
use tokio::sync::mpsc;

/// How many wishes may wait in a shard.
const WAITING: usize = 32;

/// The shards that run in this process.
#[derive(Debug, Default)]
pub(crate) struct Refreshes {
    shards: Mutex<BTreeMap<u32, mpsc::Sender<DiscordGuildId>>>,
}

impl Refreshes {
    /// The wishes to a shard, from now on.
    pub(crate) fn listen(&self, shard: u32) -> mpsc::Receiver<DiscordGuildId> {
        let (wish, wished) = mpsc::channel(WAITING);
        self.lock().insert(shard, wish);
        wished
    }

    /// False if the shard doesn't run here, or has too much to do.
    pub(crate) fn ask(&self, shard: u32, guild: DiscordGuildId) -> bool {
        let wish = self.lock().get(&shard).cloned();
        wish.is_some_and(|wish| wish.try_send(guild).is_ok())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, mpsc::Sender<DiscordGuildId>>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
