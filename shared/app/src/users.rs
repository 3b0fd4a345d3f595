//! Users as such: finding and changing them.

use patchbay_domain::Plan;
use patchbay_domain::ids::UserId;
use patchbay_domain::plan::Limits;
use patchbay_domain::user::{Email, Profile, Role, User};

use crate::ports::{PortError, PortResult, Ports, UserChange};

/// An id that no user gets.
const NOBODY: UserId = UserId::from_bits(0);

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("there is no such user")]
    NotFound,
    /// Whoever gives the role back could be the last one to have it.
    #[error("admins don't take the role from themselves")]
    OwnRole,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The user with this address. A user is found in two looks, first for the address; the second is
/// taken even where there is nobody, or else the answer would come sooner.
pub async fn by_email(ports: &Ports, email: &Email) -> PortResult<Option<User>> {
    match ports.users.by_email(email).await? {
        Some(user) => Ok(Some(user)),
        None => ports.users.get(NOBODY).await,
    }
}

/// How much of the plan's limits is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    pub limits: Limits,
    pub pairs: usize,
    pub telegram_accounts: usize,
    pub discord_guilds: usize,
    pub api_keys: usize,
}

pub async fn usage(ports: &Ports, user: &User) -> PortResult<Usage> {
    let (pairs, accounts, guilds, keys) = tokio::join!(
        ports.pairs.of_user(user.id),
        ports.accounts.of_user(user.id),
        ports.guild_links.of_user(user.id),
        ports.api_keys.of_user(user.id),
    );
    Ok(Usage {
        limits: user.plan.limits(),
        pairs: pairs?.pairs.len(),
        telegram_accounts: accounts?.len(),
        discord_guilds: guilds?.len(),
        api_keys: keys?.keys.len(),
    })
}

pub async fn set_profile(ports: &Ports, user: &User, profile: Profile) -> Result<User, UserError> {
    let change = UserChange::Profile(profile);
    let changed = ports.users.change(user.id, &change).await?;
    changed.ok_or(UserError::NotFound)
}

/// What an admin sees of anybody.
pub async fn get(ports: &Ports, user: UserId) -> Result<User, UserError> {
    ports.users.get(user).await?.ok_or(UserError::NotFound)
}

/// What an admin changes of a user.
pub async fn administer(
    ports: &Ports,
    admin: &User,
    user: UserId,
    plan: Option<Plan>,
    role: Option<Role>,
) -> Result<User, UserError> {
    if user == admin.id && role.is_some_and(|role| role != Role::Admin) {
        return Err(UserError::OwnRole);
    }
    let mut present = get(ports, user).await?;
    let changes = [plan.map(UserChange::Plan), role.map(UserChange::Role)];
    for change in changes.into_iter().flatten() {
        let after = ports.users.change(user, &change).await?;
        present = after.ok_or(UserError::NotFound)?;
    }
    Ok(present)
}
