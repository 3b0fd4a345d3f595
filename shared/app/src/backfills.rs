//! Bringing what a chat said before a pair, or while it did not listen, on request.
//!
//! What is asked for is stored; the connector that holds the partition does it.

use patchbay_domain::ids::PairId;
use patchbay_domain::user::User;
use patchbay_domain::{Backfill, Extent, PairState};

use crate::ports::{Control, ControlTarget, PortError, Ports};

/// How often a change is tried again that met one of the connector's.
const ROUNDS: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error("there is no such pair")]
    NoPair,
    #[error("none was asked for")]
    NoBackfill,
    #[error("one is under way")]
    UnderWay,
    #[error("the pair is paused")]
    Paused,
    #[error("that moment has not come yet")]
    NotYet,
    #[error("it keeps changing")]
    Contended,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Has the history brought through the pair, as far back as this. One at a time.
pub async fn request(
    ports: &Ports,
    user: &User,
    pair: PairId,
    extent: Extent,
) -> Result<Backfill, BackfillError> {
    let found = ports.pairs.get(user.id, pair).await?;
    let pair = found.ok_or(BackfillError::NoPair)?;
    match pair.state {
        PairState::Active => {}
        PairState::Paused => return Err(BackfillError::Paused),
    }
    let now = ports.clock.now();
    match extent {
        Extent::Since(since) if since >= now => return Err(BackfillError::NotYet),
        Extent::Since(_) | Extent::Last(_) => {}
    }
    let former = ports.backfills.get(user.id, pair.id).await?;
    if former.as_ref().is_some_and(|former| !former.is_over()) {
        return Err(BackfillError::UnderWay);
    }
    let backfill = Backfill::of(&pair, extent, former.as_ref(), now);
    let version = former.map(|former| former.version);
    if !ports.backfills.put(&backfill, version).await? {
        // Somebody else asked at the same time.
        return Err(BackfillError::UnderWay);
    }
    tell(ports, &backfill).await;
    Ok(backfill)
}

/// The last one that was asked for.
pub async fn get(ports: &Ports, user: &User, pair: PairId) -> Result<Backfill, BackfillError> {
    if ports.pairs.get(user.id, pair).await?.is_none() {
        return Err(BackfillError::NoPair);
    }
    let found = ports.backfills.get(user.id, pair).await?;
    found.ok_or(BackfillError::NoBackfill)
}

/// Reads no more. What is queued is still sent, at most a page of it. One that is over stays as it
/// is.
pub async fn cancel(ports: &Ports, user: &User, pair: PairId) -> Result<Backfill, BackfillError> {
    for _ in 0..ROUNDS {
        let present = get(ports, user, pair).await?;
        if present.is_over() {
            return Ok(present);
        }
        let version = present.version;
        let cancelled = present.cancelled(ports.clock.now());
        if ports.backfills.put(&cancelled, Some(version)).await? {
            tell(ports, &cancelled).await;
            return Ok(cancelled);
        }
    }
    Err(BackfillError::Contended)
}

/// Wakes the connector. What it is not told it finds within a minute.
async fn tell(ports: &Ports, backfill: &Backfill) {
    let target = ControlTarget::Partition(backfill.partition);
    let control = Control::BackfillChanged {
        owner: backfill.owner,
        pair: backfill.pair,
    };
    ports.controls.send(target, &control).await.ok();
}

#[cfg(test)]
mod tests {
    use patchbay_domain::Timestamp;
    use patchbay_domain::ids::{PartitionId, UserId};

    use super::*;
    use crate::pairs::{self, Expected};
    use crate::testing::Memory;
    use crate::testing::contract::Subject;

    #[tokio::test]
    async fn a_pair_that_is_deleted_takes_its_backfill_along() {
        let memory = Memory::new();
        let ports = memory.ports();
        let subject = Subject {
            ports: ports.clone(),
            clock: memory.clock().clone(),
        };
        let now = ports.clock.now();
        let email = "ann@example.com".parse().unwrap();
        let user = User::new(UserId::from_bits(1), email, String::new(), 1, now);
        let pair = subject.pair(user.id, PartitionId(0));
        assert!(ports.pairs.create(&pair, 0).await.unwrap());
        let extent = Extent::Since(Timestamp(0));
        request(&ports, &user, pair.id, extent).await.unwrap();
        let deleted = pairs::delete(&ports, &user, pair.id, &Expected::Any);
        deleted.await.unwrap();
        let left = ports.backfills.get(user.id, pair.id).await.unwrap();
        assert_eq!(left, None);
    }
}
