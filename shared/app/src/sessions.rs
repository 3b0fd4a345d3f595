//! Being logged in: sessions, and the tokens that renew them.

use patchbay_domain::ids::SessionId;
use patchbay_domain::session::{Device, Renewal, Session};
use patchbay_domain::token::RefreshToken;
use patchbay_domain::user::User;

use crate::ports::{PortError, PortResult, Ports};

/// How many sessions a user has at most. A login more ends the one that was used least recently.
pub const MOST: usize = 50;
/// How often a renewal is tried that meets another one.
const ATTEMPTS: usize = 10;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("there is no such session")]
    NotFound,
    /// It expired, was ended, or the token is none of its own.
    #[error("the session has ended")]
    Ended,
    #[error("a refresh token came a second time")]
    Reused,
    #[error("the session is renewed over and over at this moment")]
    Contended,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A session, and the token that renews it.
#[derive(Debug, Clone)]
pub struct Begun {
    pub session: Session,
    pub token: RefreshToken,
}

/// Begins a session for a user who has proven to be one.
pub async fn begin(ports: &Ports, user: &User, device: Device) -> PortResult<Begun> {
    let token = RefreshToken {
        owner: user.id,
        session: SessionId::from_bits(ports.ids.next()),
        generation: 0,
        family_secret: ports.ids.secret(),
        secret: ports.ids.secret(),
    };
    let mut others = ports.sessions.of_user(user.id).await?;
    others.sort_by_key(|session| session.last_used_at);
    let too_many = (others.len() + 1).saturating_sub(MOST);
    for session in others.into_iter().take(too_many) {
        ports.sessions.remove(user.id, session.id).await?;
    }
    let session = Session::begin(&token, device, ports.clock.now());
    ports.sessions.put(&session).await?;
    Ok(Begun { session, token })
}

/// Renews the session of this token. A token that was used before ends its session, since then
/// somebody else has it too (RFC 9700, section 4.14.2).
pub async fn renew(ports: &Ports, token: &RefreshToken) -> Result<Begun, SessionError> {
    let (owner, id) = (token.owner, token.session);
    for _ in 0..ATTEMPTS {
        let present = ports.sessions.get(owner, id).await?;
        let present = present.ok_or(SessionError::Ended)?;
        match present.renew(token, ports.ids.secret(), ports.clock.now()) {
            Renewal::Next(next, token) => {
                if ports.sessions.replace(&present, &next).await? {
                    let session = *next;
                    return Ok(Begun { session, token });
                }
            }
            Renewal::Reused => {
                ports.sessions.remove(owner, id).await?;
                return Err(SessionError::Reused);
            }
            Renewal::Foreign => return Err(SessionError::Ended),
        }
    }
    Err(SessionError::Contended)
}

/// The user's sessions, the latest first.
pub async fn list(ports: &Ports, user: &User) -> PortResult<Vec<Session>> {
    let mut sessions = ports.sessions.of_user(user.id).await?;
    sessions.reverse();
    Ok(sessions)
}

/// Ends one of the user's sessions; its tokens open nothing from then on.
pub async fn end(ports: &Ports, user: &User, session: SessionId) -> Result<(), SessionError> {
    if ports.sessions.get(user.id, session).await?.is_none() {
        return Err(SessionError::NotFound);
    }
    Ok(ports.sessions.remove(user.id, session).await?)
}

/// Ends all sessions of the user, or all but one.
pub async fn end_all(ports: &Ports, user: &User, but: Option<SessionId>) -> PortResult<()> {
    for session in ports.sessions.of_user(user.id).await? {
        if Some(session.id) != but {
            ports.sessions.remove(user.id, session.id).await?;
        }
    }
    Ok(())
}
