use super::close::{self, CloseCode};
use super::payload::{Identification, Resumption};
use crate::entropy::random_hex;
use crate::journaled::{JournaledWorld, Refusal};
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::world::{
    AttachSession, ConnectionId, EndSession, Identify, IdentifyRefusal, ResumeRefusal, SessionId,
    World,
};

/// From this many guilds on, one session is not enough.
const MOST_GUILDS_IN_A_SHARD: usize = 2500;

/// A session that a connection now serves, and the last event its client has seen.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) session: SessionId,
    pub(super) sent: u64,
}

/// Why a client is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Close(CloseCode),
    /// The client is told that its session is invalid, and may identify on this connection.
    InvalidSession,
}

impl From<CloseCode> for Refused {
    fn from(code: CloseCode) -> Self {
        Self::Close(code)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        tracing::error!(
            error = &refusal as &dyn std::error::Error,
            "a session cannot be kept"
        );
        Self::Close(close::UNKNOWN_ERROR)
    }
}

pub(super) fn identify(
    platform: &Platform,
    connection: ConnectionId,
    asked: &Identification,
) -> Result<Served, Refused> {
    let session = SessionId(random_hex::<16>().map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "no session id");
        close::UNKNOWN_ERROR
    })?);
    let gateway_url = platform.gateway_url();
    platform.transact(|journaled| {
        let now = Timestamp::now();
        let application = check(journaled.world(), asked)?;
        match journaled
            .world()
            .identify_refusal(application, asked.shard, now)
        {
            None => {}
            Some(IdentifyRefusal::TooSoon) => return Err(Refused::InvalidSession),
            Some(IdentifyRefusal::BudgetSpent) => {
                end_sessions(journaled, application, now)?;
                return Err(close::AUTHENTICATION_FAILED.into());
            }
        }
        let identify = Identify {
            session: session.clone(),
            application,
            intents: asked.intents,
            shard: asked.shard,
            connection,
            gateway_url,
        };
        journaled.execute(now, identify)?;
        Ok(Served { session, sent: 0 })
    })
}

fn check(world: &World, asked: &Identification) -> Result<crate::ids::ApplicationId, CloseCode> {
    let application = world
        .application_with_token(&asked.token)
        .ok_or(close::AUTHENTICATION_FAILED)?;
    if !asked.shard.is_valid() {
        return Err(close::INVALID_SHARD);
    }
    if !asked.intents.are_known() {
        return Err(close::INVALID_INTENTS);
    }
    if !application.intents.allow(asked.intents) {
        return Err(close::DISALLOWED_INTENTS);
    }
    let guilds = world.guilds_of(application.id.bot());
    if guilds
        .filter(|guild| asked.shard.holds(Some(guild.id)))
        .count()
        > MOST_GUILDS_IN_A_SHARD
    {
        return Err(close::SHARDING_REQUIRED);
    }
    Ok(application.id)
}

/// An application that has spent its budget loses the sessions it has.
fn end_sessions(
    journaled: &mut JournaledWorld,
    application: crate::ids::ApplicationId,
    now: Timestamp,
) -> Result<(), Refusal> {
    let world = journaled.world();
    let own = world
        .sessions()
        .filter(|session| session.application == application);
    let sessions: Vec<SessionId> = own.map(|session| session.id.clone()).collect();
    sessions
        .into_iter()
        .try_for_each(|session| journaled.execute(now, EndSession { session }))
}

pub(super) fn resume(
    platform: &Platform,
    connection: ConnectionId,
    asked: Resumption,
) -> Result<Served, Refused> {
    platform.transact(|journaled| {
        let now = Timestamp::now();
        journaled.let_time_pass(now);
        let world = journaled.world();
        let application = world
            .application_with_token(&asked.token)
            .ok_or(close::AUTHENTICATION_FAILED)?
            .id;
        let session = SessionId(asked.session);
        match world.resume_refusal(application, &session, asked.seq) {
            None => {}
            Some(ResumeRefusal::Unknown) => return Err(Refused::InvalidSession),
            Some(ResumeRefusal::InvalidSeq) => return Err(close::INVALID_SEQ.into()),
        }
        journaled.execute(
            now,
            AttachSession {
                session: session.clone(),
                connection,
            },
        )?;
        Ok(Served {
            session,
            sent: asked.seq,
        })
    })
}
