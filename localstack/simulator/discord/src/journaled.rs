use std::path::Path;

use patchbay_sim_core::{Entry, Journal, JournalError};

use crate::time::Timestamp;
use crate::world::{Change, Command, Links, Rejection, Restart, World};

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the platform refuses")]
    Rejected(#[from] Rejection),
    #[error("the change cannot be kept")]
    Journal(#[from] JournalError),
}

/// The world and the journal it can be rebuilt from.
#[derive(Debug)]
pub(crate) struct JournaledWorld {
    world: World,
    journal: Journal,
}

impl JournaledWorld {
    /// The world as it was left, or a new one. Without a path nothing is kept.
    pub(crate) fn open(
        path: Option<&Path>,
        links: Links,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let mut world = World::default();
        world.make_links(links);
        let journal = match path {
            None => Journal::in_memory(),
            Some(path) => Journal::open(path, |entry: Entry<Command>| {
                world.advance(Timestamp::from_millis(entry.at));
                if let Err(rejection) = entry.command.replay(&mut world) {
                    tracing::trace!(%rejection, "rejected again, as when it was first tried");
                }
            })?,
        };
        let mut core = Self { world, journal };
        match core.execute(now, Restart {}) {
            Ok(()) | Err(Refusal::Rejected(_)) => Ok(core),
            Err(Refusal::Journal(error)) => Err(error),
        }
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// Lets what has expired by now go away. The next entry's moment says the same to a replay.
    pub(crate) fn let_time_pass(&mut self, now: Timestamp) {
        self.world.advance(now);
    }

    /// Writes the change down, then makes it. Time never runs backwards.
    pub(crate) fn execute<C: Change>(
        &mut self,
        now: Timestamp,
        change: C,
    ) -> Result<C::Output, Refusal> {
        let at = now.max(self.world.now());
        let command: Command = change.clone().into();
        self.journal.append(&Entry {
            at: at.millis(),
            command,
        })?;
        self.world.advance(at);
        Ok(change.apply(&mut self.world)?)
    }
}
