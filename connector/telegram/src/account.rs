//! One account's session while it lives.
//!
//! [`run`] connects again and again; each connection is worked by [`listen`], which takes
//! updates in, fetches differences and, where those are too long, reads the history
//! ([`backfill`]); what comes after a missed message is counted ([`ahead`]). The list of chats and
//! the topics of forums are read once and kept up ([`chats`], [`topics`]), and owners of pairs hear
//! of a source that can't be read any more ([`sources`]); pairs go after groups that get another id
//! ([`moves`]). Reactions are gathered, and asked for where Telegram doesn't push them
//! ([`reactions`]). What came in is
//! handed on ([`inbox`]), albums as soon as they are whole ([`albums`]), deletions when it is known
//! where ([`deletions`]), and only then noted as done ([`position`]).

mod ahead;
mod albums;
mod backfill;
mod chats;
mod deletions;
pub(crate) mod dialogs;
mod differences;
mod inbox;
mod listen;
pub(crate) mod live;
mod moves;
mod position;
mod reactions;
mod run;
mod sources;
mod topics;

pub(crate) use albums::assembled;
pub(crate) use live::LiveAccount;
pub use run::Ended;
pub(crate) use run::Run;

use std::time::Duration;

use patchbay_app::ports::PortError;

use crate::connection::InvokeError;
use crate::refusal;

/// Why work on a connection ended.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Connect again.
    Lost(InvokeError),
    /// Connect again, not before this time has passed.
    FloodWait(Duration),
    /// A store does not answer.
    Port(PortError),
    /// Telegram ended the session for good.
    LoggedOut(String),
    FencedOut,
    /// The library ended the connection: connect again.
    Ended(&'static str),
}

impl From<InvokeError> for Halt {
    fn from(error: InvokeError) -> Self {
        match error.refusal() {
            Some(refused) if refusal::ends_session(refused) => {
                Self::LoggedOut(refused.name.clone())
            }
            Some(refused) => match refusal::flood_wait(refused) {
                Some(wait) => Self::FloodWait(wait),
                None => Self::Lost(error),
            },
            None => Self::Lost(error),
        }
    }
}

impl From<PortError> for Halt {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}
