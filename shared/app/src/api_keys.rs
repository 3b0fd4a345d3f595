//! API keys: making and revoking them, and letting requests in by them.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_domain::api_key::{
    ApiKey, ApiKeySecret, ApiKeyState, Grant, KeyName, Scope, SecretHash,
};
use patchbay_domain::ids::ApiKeyId;
use patchbay_domain::quota::Usage;
use patchbay_domain::user::User;

use crate::ports::{PortError, PortResult, Ports, Taken};

/// How often a key is counted and stored again when other keys of the user come and go meanwhile.
/// Each round lets one of those who compete through.
const ROUNDS: usize = 32;

/// How long both secrets of a rotated key can work.
pub const LONGEST_OVERLAP: Duration = Duration::from_hours(7 * 24);

#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    #[error("there is no such key")]
    NotFound,
    #[error("the plan allows {limit} keys")]
    PlanLimit { limit: usize },
    #[error("the key has expired")]
    Expired,
    #[error("the user's keys keep changing")]
    Contended,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a key within the limit of the user's plan, however many are made at once. Its secret is
/// known to nobody but whoever gets it here. Expired keys count until they are revoked.
pub async fn create(
    ports: &Ports,
    user: &User,
    name: KeyName,
    scopes: BTreeSet<Scope>,
    lifetime: Option<Duration>,
) -> Result<(ApiKey, ApiKeySecret), ApiKeyError> {
    let secret = new_secret(ports);
    let now = ports.clock.now();
    let key = ApiKey {
        id: ApiKeyId::from_bits(ports.ids.next()),
        owner: user.id,
        name,
        scopes,
        created_at: now,
        expires_at: lifetime.map(|lifetime| now.plus(lifetime)),
        last_used_at: None,
        secret: secret.hash(),
        hint: secret.hint(),
        previous: None,
    };
    let limit = user.plan.limits().api_keys;
    for _ in 0..ROUNDS {
        let present = ports.api_keys.of_user(user.id).await?;
        if present.keys.len() >= limit {
            return Err(ApiKeyError::PlanLimit { limit });
        }
        if ports.api_keys.create(&key, present.version).await? {
            return Ok((key, secret));
        }
    }
    Err(ApiKeyError::Contended)
}

fn new_secret(ports: &Ports) -> ApiKeySecret {
    ApiKeySecret::from_bits([ports.ids.secret(), ports.ids.secret()])
}

/// The user's keys in the order in which they were made, after the given one.
pub async fn list(
    ports: &Ports,
    user: &User,
    after: Option<ApiKeyId>,
    limit: usize,
) -> PortResult<(Vec<ApiKey>, Option<ApiKeyId>)> {
    let mut keys = ports.api_keys.of_user(user.id).await?.keys;
    keys.retain(|key| after.is_none_or(|after| key.id > after));
    keys.sort_by_key(|key| key.id);
    let has_more = keys.len() > limit;
    keys.truncate(limit);
    let next = keys.last().filter(|_| has_more).map(|key| key.id);
    Ok((keys, next))
}

pub async fn get(ports: &Ports, user: &User, key: ApiKeyId) -> Result<ApiKey, ApiKeyError> {
    let key = ports.api_keys.get(user.id, key).await?;
    key.ok_or(ApiKeyError::NotFound)
}

pub async fn rename(
    ports: &Ports,
    user: &User,
    key: ApiKeyId,
    name: &KeyName,
) -> Result<ApiKey, ApiKeyError> {
    let key = ports.api_keys.rename(user.id, key, name).await?;
    key.ok_or(ApiKeyError::NotFound)
}

/// Gives a key another secret. The present one goes on for `overlap`, so that nothing that uses it
/// has to stop; the one before it, if it still worked, ends.
pub async fn rotate(
    ports: &Ports,
    user: &User,
    key: ApiKeyId,
    overlap: Duration,
) -> Result<(ApiKey, ApiKeySecret), ApiKeyError> {
    let now = ports.clock.now();
    let until = now.plus(overlap.min(LONGEST_OVERLAP));
    for _ in 0..ROUNDS {
        let present = get(ports, user, key).await?;
        match present.state(now) {
            ApiKeyState::Expired => return Err(ApiKeyError::Expired),
            ApiKeyState::Active | ApiKeyState::Rotating { .. } => {}
        }
        let secret = new_secret(ports);
        let next = present.clone().rotate(&secret, until, now);
        if ports.api_keys.rotate(&present, &next).await? {
            return Ok((next, secret));
        }
    }
    Err(ApiKeyError::Contended)
}

/// From when this returns, no secret of the key opens anything.
pub async fn revoke(ports: &Ports, user: &User, key: ApiKeyId) -> Result<(), ApiKeyError> {
    if ports.api_keys.revoke(user.id, key).await? {
        Ok(())
    } else {
        Err(ApiKeyError::NotFound)
    }
}

/// What becomes of a request that comes with a secret.
#[derive(Debug)]
pub enum Admission {
    Admitted(Box<Admitted>),
    /// The key has used up its limits.
    Exhausted(Usage),
    /// No such key, or no longer.
    Unknown,
}

#[derive(Debug)]
pub struct Admitted {
    pub user: User,
    pub grant: Grant,
    /// With this request.
    pub usage: Usage,
}

/// Finds out for whom a secret stands, and counts the request. What is unknown costs one read, and
/// no write.
pub async fn admit(ports: &Ports, secret: SecretHash) -> PortResult<Admission> {
    let now = ports.clock.now();
    let Some(grant) = ports.api_keys.by_secret(secret, now).await? else {
        return Ok(Admission::Unknown);
    };
    let user = ports.users.get(grant.owner).await?;
    let Some(user) = user.filter(|user| user.leaving_since.is_none()) else {
        return Ok(Admission::Unknown);
    };
    let limits = user.plan.limits().requests();
    let usage = match ports.quotas.take(grant.key, limits, now).await? {
        Taken::Granted(usage) => usage,
        Taken::Exhausted(usage) => return Ok(Admission::Exhausted(usage)),
    };
    if usage.is_first_of_minute() {
        ports.api_keys.touch(grant.owner, grant.key, now).await?;
    }
    Ok(Admission::Admitted(Box::new(Admitted {
        user,
        grant,
        usage,
    })))
}
