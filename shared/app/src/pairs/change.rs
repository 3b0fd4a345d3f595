use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use patchbay_domain::ids::PairId;
use patchbay_domain::pair::Options;
use patchbay_domain::user::User;
use patchbay_domain::{Pair, PairState};

use super::{PairError, ROUNDS, get, tell};
use crate::ports::{PortResult, Ports};

/// Pairs that are changed at the same time, where many are.
const AT_ONCE: usize = 16;

/// Which version of a pair the user means to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    Any,
    OneOf(Vec<u64>),
}

impl Expected {
    fn check(&self, pair: &Pair) -> Result<(), PairError> {
        match self {
            Self::Any => Ok(()),
            Self::OneOf(versions) if versions.contains(&pair.version) => Ok(()),
            Self::OneOf(_) => Err(PairError::Changed {
                version: pair.version,
            }),
        }
    }
}

/// Which of a user's pairs are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    All,
    These(Vec<PairId>),
}

/// What became of one of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Changed,
    Unchanged,
    NotFound,
}

/// Gives a pair the options that `change` makes of the present ones.
pub async fn change_options<E: From<PairError>>(
    ports: &Ports,
    user: &User,
    pair: PairId,
    expected: &Expected,
    change: impl Fn(&Pair) -> Result<Options, E>,
) -> Result<Pair, E> {
    for _ in 0..ROUNDS {
        let present = get(ports, user, pair).await?;
        expected.check(&present)?;
        let options = change(&present)?;
        if let Some(changed) = replace(ports, present, |pair| pair.options = options).await? {
            return Ok(changed);
        }
    }
    Err(PairError::Contended.into())
}

/// Pauses or resumes. Doing so twice is harmless.
pub async fn set_state(
    ports: &Ports,
    user: &User,
    pair: PairId,
    expected: &Expected,
    state: PairState,
) -> Result<Pair, PairError> {
    for _ in 0..ROUNDS {
        let present = get(ports, user, pair).await?;
        expected.check(&present)?;
        if let Some(changed) = replace(ports, present, |pair| pair.state = state).await? {
            return Ok(changed);
        }
    }
    Err(PairError::Contended)
}

/// Pauses or resumes many, and says for each what became of it.
pub async fn set_states(
    ports: &Ports,
    user: &User,
    which: &Which,
    state: PairState,
) -> Result<Vec<(PairId, Done)>, PairError> {
    let present = ports.pairs.of_user(user.id).await?.pairs;
    let mut by_id: BTreeMap<PairId, Pair> =
        present.into_iter().map(|pair| (pair.id, pair)).collect();
    let wanted: BTreeSet<PairId> = match which {
        Which::All => by_id.keys().copied().collect(),
        Which::These(pairs) => pairs.iter().copied().collect(),
    };
    let meant: Vec<_> = wanted
        .into_iter()
        .map(|id| (id, by_id.remove(&id)))
        .collect();
    let found: Vec<Pair> = meant.iter().filter_map(|(_, pair)| pair.clone()).collect();
    let done = stream::iter(meant)
        .map(|(id, pair)| async move {
            let done = match pair {
                Some(pair) => set_one(ports, user, pair, state).await?,
                None => Done::NotFound,
            };
            Ok::<_, PairError>((id, done))
        })
        .buffered(AT_ONCE)
        .try_collect::<Vec<_>>()
        .await;
    // Also where some could not be stored: the others are.
    tell(ports, &found).await?;
    done
}

async fn set_one(
    ports: &Ports,
    user: &User,
    pair: Pair,
    state: PairState,
) -> Result<Done, PairError> {
    let id = pair.id;
    let mut present = Some(pair);
    for _ in 0..ROUNDS {
        let Some(pair) = present else {
            return Ok(Done::NotFound);
        };
        if pair.state == state {
            return Ok(Done::Unchanged);
        }
        if store(ports, &pair, |pair| pair.state = state)
            .await?
            .is_some()
        {
            return Ok(Done::Changed);
        }
        present = ports.pairs.get(user.id, id).await?;
    }
    Err(PairError::Contended)
}

pub async fn delete(
    ports: &Ports,
    user: &User,
    pair: PairId,
    expected: &Expected,
) -> Result<(), PairError> {
    for _ in 0..ROUNDS {
        let present = get(ports, user, pair).await?;
        expected.check(&present)?;
        let version = Some(present.version);
        if ports.pairs.delete(user.id, pair, version).await? {
            ports.backfills.remove(user.id, pair).await?;
            return Ok(tell(ports, [&present]).await?);
        }
    }
    Err(PairError::Contended)
}

/// Stores and tells. Nothing if the pair was changed by somebody else meanwhile.
async fn replace(
    ports: &Ports,
    present: Pair,
    change: impl FnOnce(&mut Pair),
) -> Result<Option<Pair>, PairError> {
    let changed = store(ports, &present, change).await?;
    if let Some(changed) = &changed {
        // What is as it should be may be so by an attempt that was stored and not told.
        tell(ports, [changed]).await?;
    }
    Ok(changed)
}

/// The pair as it then is. What changes nothing leaves the version as it is.
pub(super) async fn store(
    ports: &Ports,
    present: &Pair,
    change: impl FnOnce(&mut Pair),
) -> PortResult<Option<Pair>> {
    let mut changed = present.clone();
    change(&mut changed);
    if changed == *present {
        return Ok(Some(changed));
    }
    changed.version = present.version + 1;
    let is_stored = ports.pairs.update(&changed, present.version).await?;
    Ok(is_stored.then_some(changed))
}
