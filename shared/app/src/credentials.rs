//! Changing by what a user is recognised: the password, and the e-mail address.

use std::time::Duration;

use patchbay_domain::ids::{SessionId, UserId};
use patchbay_domain::token::{MailToken, Purpose};
use patchbay_domain::user::{Email, PasswordHash, User};
use secrecy::SecretString;

use crate::letters::{self, Site};
use crate::ports::{Created, PortError, PortResult, Ports, Proof, Proven, UserChange};
use crate::proofs::{self, ProofError};
use crate::{sessions, users};

/// How long a token for a new password is good.
const RESET_LIFETIME: Duration = Duration::from_hours(1);
/// How long a token for a new address is good.
const EMAIL_LIFETIME: Duration = Duration::from_hours(24);
/// An id that no user gets.
const NOBODY: UserId = UserId::from_bits(0);

#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("the token is none of ours, used or expired")]
    WrongToken,
    /// Only whoever reads the address's mail gets to know.
    #[error("the address belongs to another user")]
    EmailTaken,
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<ProofError> for CredentialError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongToken => Self::WrongToken,
            ProofError::Port(error) => Self::Port(error),
        }
    }
}

/// Gives the user another password, hashed, and ends all sessions but the one that asks.
pub async fn change_password(
    ports: &Ports,
    site: &Site,
    user: &User,
    password_hash: PasswordHash,
    session: Option<SessionId>,
) -> PortResult<()> {
    let change = UserChange::Password(password_hash);
    ports.users.change(user.id, &change).await?;
    sessions::end_all(ports, user, session).await?;
    let letter = letters::password_changed(site, &user.email);
    ports.mail.send(&letter).await
}

/// Mails a token for a new password, or that there is no account. Both take the same work.
pub async fn forgot_password(ports: &Ports, site: &Site, email: &Email) -> PortResult<()> {
    let user = users::by_email(ports, email).await?;
    let token = MailToken::new(Purpose::Forgotten, ports.ids.secret());
    let letter = match &user {
        Some(_) => letters::reset_password(site, email, &token),
        None => letters::nobody_here(site, email),
    };
    let proof = Proof {
        of: Proven::Forgotten {
            user: user.map_or(NOBODY, |user| user.id),
        },
        expires_at: ports.clock.now().plus(RESET_LIFETIME),
    };
    ports.proofs.put(token.hash(), &proof).await?;
    ports.mail.send(&letter).await
}

/// Gives whoever brings the token another password, hashed, and ends all sessions.
pub async fn reset_password(
    ports: &Ports,
    site: &Site,
    token: &SecretString,
    password_hash: PasswordHash,
) -> Result<(), CredentialError> {
    proofs::spend(ports, Purpose::Forgotten, token, async |proven| {
        let Proven::Forgotten { user } = proven else {
            return Err(CredentialError::WrongToken);
        };
        let change = UserChange::Password(password_hash);
        let changed = ports.users.change(user, &change).await?;
        let user = changed.ok_or(CredentialError::WrongToken)?;
        sessions::end_all(ports, &user, None).await?;
        let letter = letters::password_changed(site, &user.email);
        Ok(ports.mail.send(&letter).await?)
    })
    .await
}

/// Mails a token to the new address, and a notice to the present one. Whether the new one has an
/// account is told to nobody but whoever reads its mail.
pub async fn ask_new_email(ports: &Ports, site: &Site, user: &User, to: &Email) -> PortResult<()> {
    let holder = users::by_email(ports, to).await?;
    let token = MailToken::new(Purpose::NewEmail, ports.ids.secret());
    let letter = match holder {
        None => letters::confirm_new_email(site, to, &token),
        Some(_) => letters::email_taken(to),
    };
    let of = Proven::NewEmail {
        user: user.id,
        from: user.email.clone(),
        to: to.clone(),
    };
    let expires_at = ports.clock.now().plus(EMAIL_LIFETIME);
    let proof = Proof { of, expires_at };
    ports.proofs.put(token.hash(), &proof).await?;
    ports.mail.send(&letter).await?;
    let notice = letters::email_changing(site, &user.email);
    ports.mail.send(&notice).await
}

/// Gives the user the address whose mail was read.
pub async fn confirm_new_email(ports: &Ports, token: &SecretString) -> Result<(), CredentialError> {
    proofs::spend(ports, Purpose::NewEmail, token, async |proven| {
        let Proven::NewEmail { user, from, to } = proven else {
            return Err(CredentialError::WrongToken);
        };
        match ports.users.change_email(user, &from, &to).await? {
            Some(Created::New) => Ok(()),
            Some(Created::Taken) => Err(CredentialError::EmailTaken),
            // The address was changed by another token meanwhile.
            None => Err(CredentialError::WrongToken),
        }
    })
    .await
}
