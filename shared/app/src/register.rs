//! Becoming a user: whoever reads the mail of an address may have an account with it. Nobody else
//! learns whether it has one.

use std::time::Duration;

use patchbay_domain::ids::UserId;
use patchbay_domain::token::{MailToken, Purpose};
use patchbay_domain::user::{Email, PasswordHash, User};
use secrecy::SecretString;

use crate::letters::{self, Site};
use crate::ports::{Created, PortError, PortResult, Ports, Proof, Proven};
use crate::proofs::{self, ProofError};
use crate::users;

/// How long a token is good.
const LIFETIME: Duration = Duration::from_hours(24);

#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    #[error("the token is none of ours, used or expired")]
    WrongToken,
    /// Only whoever reads the address's mail gets to know.
    #[error("the address belongs to another user")]
    EmailTaken,
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<ProofError> for RegisterError {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::WrongToken => Self::WrongToken,
            ProofError::Port(error) => Self::Port(error),
        }
    }
}

/// Mails a token for this address, or, if it has an account, that it has. Both take the same work.
/// The password comes hashed.
pub async fn ask(
    ports: &Ports,
    site: &Site,
    email: Email,
    password_hash: PasswordHash,
) -> PortResult<()> {
    let holder = users::by_email(ports, &email).await?;
    let token = MailToken::new(Purpose::Registration, ports.ids.secret());
    let letter = match holder {
        None => letters::confirm_registration(site, &email, &token),
        Some(_) => letters::registered_already(site, &email),
    };
    let of = Proven::Registration {
        user: UserId::from_bits(ports.ids.next()),
        email,
        password_hash,
    };
    let expires_at = ports.clock.now().plus(LIFETIME);
    // Where there is an account, nobody gets to know the token.
    let proof = Proof { of, expires_at };
    ports.proofs.put(token.hash(), &proof).await?;
    ports.mail.send(&letter).await
}

/// Makes the user, in one of `partitions` shares.
pub async fn confirm(
    ports: &Ports,
    token: &SecretString,
    partitions: u16,
) -> Result<User, RegisterError> {
    let now = ports.clock.now();
    proofs::spend(ports, Purpose::Registration, token, async |proven| {
        let Proven::Registration {
            user,
            email,
            password_hash,
        } = proven
        else {
            return Err(RegisterError::WrongToken);
        };
        let user = User::new(user, email, password_hash, partitions, now);
        match ports.users.create(&user).await? {
            Created::New => Ok(user),
            Created::Taken => Err(RegisterError::EmailTaken),
        }
    })
    .await
}
