//! A user's stay after one login.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{SessionId, UserId};
use crate::time::Timestamp;
use crate::token::{RefreshToken, TokenHash};

/// A session that is not renewed for this long ends.
pub const IDLE_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// A session ends after this long, however often it is renewed.
pub const LIFETIME: Duration = Duration::from_hours(90 * 24);

/// All tokens that came of one login. Each renewal makes the next generation of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub owner: UserId,
    pub generation: u32,
    /// Of what all refresh tokens of the session share.
    pub family: TokenHash,
    /// Of the present generation's refresh token.
    pub token: TokenHash,
    /// Of the refresh token from which the present generation was made.
    pub previous: Option<TokenHash>,
    /// Whether anything of the present generation was used: then its receiver has it.
    pub is_used: bool,
    pub device: Device,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    /// When it ends if it isn't renewed before.
    pub expires_at: Timestamp,
}

/// From where somebody logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What the program says it is.
    pub user_agent: Option<String>,
    pub address: Option<IpAddr>,
}

impl Device {
    const USER_AGENT_LENGTH: usize = 120;

    /// Shortens what the program says to something that can be shown.
    pub fn new(user_agent: Option<&str>, address: Option<IpAddr>) -> Self {
        let shown = |text: &str| {
            let shown: String = text
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::USER_AGENT_LENGTH)
                .collect();
            shown.trim().to_owned()
        };
        Self {
            user_agent: user_agent.map(shown).filter(|text| !text.is_empty()),
            address,
        }
    }
}

/// What a refresh token is worth to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// The session goes on like this, and this token renews it the next time.
    Next(Box<Session>, RefreshToken),
    /// The token was used before, so that two people have it. The session must end.
    Reused,
    /// It is no token of this session.
    Foreign,
}

impl Session {
    /// The session that begins with this token.
    pub fn begin(token: &RefreshToken, device: Device, now: Timestamp) -> Self {
        Self {
            id: token.session,
            owner: token.owner,
            generation: token.generation,
            family: token.family(),
            token: token.hash(),
            previous: None,
            is_used: false,
            device,
            created_at: now,
            last_used_at: now,
            expires_at: now.plus(IDLE_LIFETIME),
        }
    }

    pub fn is_alive(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// What becomes of the session when `token` is brought; `secret` is for the next one.
    ///
    /// The token before the present one is taken too, as long as nothing of the present generation
    /// was used: then the answer that held it was lost on its way.
    pub fn renew(&self, token: &RefreshToken, secret: u128, now: Timestamp) -> Renewal {
        if token.family() != self.family {
            return Renewal::Foreign;
        }
        let hash = token.hash();
        let is_present = hash == self.token;
        let is_lost = !self.is_used && self.previous == Some(hash);
        if !is_present && !is_lost {
            return Renewal::Reused;
        }
        let expires_at = now.plus(IDLE_LIFETIME).min(self.created_at.plus(LIFETIME));
        let next = RefreshToken {
            generation: self.generation.saturating_add(1),
            secret,
            ..*token
        };
        let session = Self {
            generation: next.generation,
            token: next.hash(),
            previous: Some(hash),
            is_used: false,
            last_used_at: now,
            expires_at,
            ..self.clone()
        };
        Renewal::Next(Box::new(session), next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    const FIRST: RefreshToken = RefreshToken {
        owner: UserId::from_bits(1),
        session: SessionId::from_bits(2),
        generation: 0,
        family_secret: 3,
        secret: 4,
    };

    fn renewed(session: &Session, with: &RefreshToken, secret: u128) -> (Session, RefreshToken) {
        let Renewal::Next(session, token) = session.renew(with, secret, NOW) else {
            panic!("not renewed");
        };
        (*session, token)
    }

    #[test]
    fn only_the_latest_token_renews_once_it_was_used() {
        let first = Session::begin(&FIRST, Device::default(), NOW);
        let (second, lost) = renewed(&first, &FIRST, 5);
        assert_eq!((second.generation, second.is_used), (1, false));
        // The answer was lost: the first token comes again, and what was lost is worth nothing.
        let (third, latest) = renewed(&second, &FIRST, 6);
        assert_eq!((third.generation, latest.generation), (2, 2));
        assert_eq!(third.renew(&lost, 7, NOW), Renewal::Reused);
        let used = Session {
            is_used: true,
            ..third
        };
        assert_eq!(used.renew(&FIRST, 7, NOW), Renewal::Reused);
        renewed(&used, &latest, 7);
    }

    #[test]
    fn whoever_knows_only_the_ids_ends_nothing() {
        let session = Session::begin(&FIRST, Device::default(), NOW);
        let guess = RefreshToken {
            family_secret: 4,
            ..FIRST
        };
        assert_eq!(session.renew(&guess, 7, NOW), Renewal::Foreign);
    }

    #[test]
    fn a_session_ends_when_it_is_idle_or_old() {
        let session = Session::begin(&FIRST, Device::default(), NOW);
        assert!(session.is_alive(NOW) && !session.is_alive(NOW.plus(IDLE_LIFETIME)));
        let late = NOW.plus(Duration::from_hours(89 * 24));
        let Renewal::Next(next, _) = session.renew(&FIRST, 7, late) else {
            panic!("not renewed");
        };
        assert_eq!(next.expires_at, NOW.plus(LIFETIME));
    }

    #[test]
    fn what_a_program_says_of_itself_is_shortened() {
        let agent = |text: &str| Device::new(Some(text), None).user_agent;
        assert_eq!(agent(" curl/8\r\n"), Some("curl/8".to_owned()));
        assert_eq!(agent("\u{7}"), None);
        assert_eq!(
            agent(&"é".repeat(500)).map(|text| text.chars().count()),
            Some(120)
        );
    }
}
