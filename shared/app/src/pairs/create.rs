use patchbay_domain::chat::Endpoint;
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::{self, Health, Options, PairConflict};
use patchbay_domain::user::User;
use patchbay_domain::{Pair, PairState};

use super::ends::check_end;
use super::{End, PairError, ROUNDS, tell};
use crate::ports::Ports;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPair {
    pub source: Endpoint,
    pub destination: Endpoint,
    pub options: Options,
}

/// Makes a pair of two ends that the user may use, so that no two pairs do the same, no message
/// comes back, and there are no more than the user's plan allows, however many are made at once.
pub async fn create(ports: &Ports, user: &User, new: NewPair) -> Result<Pair, PairError> {
    let NewPair {
        source,
        destination,
        options,
    } = new;
    if source.is_same_place(&destination) {
        return Err(PairConflict::ToItself.into());
    }
    let pair = Pair {
        id: PairId::from_bits(ports.ids.next()),
        owner: user.id,
        partition: user.partition,
        source,
        destination,
        state: PairState::Active,
        created_at: ports.clock.now(),
        version: 1,
        options,
        health: Health::default(),
    };
    for _ in 0..ROUNDS {
        // The set comes first: whatever is unlinked after this changes its version.
        let present = ports.pairs.of_user(user.id).await?;
        for (end, of) in [(End::Source, &source), (End::Destination, &destination)] {
            check_end(ports, user, &present, end, of).await?;
        }
        pair::check(&source, &destination, &present.pairs)?;
        let limit = user.plan.limits().pairs;
        if present.pairs.len() >= limit {
            return Err(PairError::PlanLimit { limit });
        }
        if ports.pairs.create(&pair, present.version).await? {
            if let Err(error) = tell(ports, [&pair]).await {
                // A pair that no connector forwards for would be silent: rather have none.
                ports.pairs.delete(user.id, pair.id, None).await?;
                return Err(error.into());
            }
            return Ok(pair);
        }
    }
    Err(PairError::Contended)
}
