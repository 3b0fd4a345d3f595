use patchbay_domain::ids::{PairId, UserId};
use patchbay_domain::pair::{Health, News, SourceLoss};
use patchbay_domain::user::Email;
use patchbay_domain::{FailReason, Pair, Timestamp};

use super::{ROUNDS, tell};
use crate::letters;
use crate::ports::{Message, PortResult, Ports};

/// Notes what the outcome of a message says of its pair: that it is in trouble, of which its owner
/// is told, or that it is not any more. Doing so twice is harmless.
pub async fn note_health(
    ports: &Ports,
    owner: UserId,
    pair: PairId,
    failed: Option<&FailReason>,
) -> PortResult<()> {
    let change = |health: &Health, now| health.after(failed, now);
    let letter =
        |to: &Email, pair: &Pair| failed.map(|reason| letters::pair_in_trouble(to, pair, reason));
    note(ports, owner, pair, change, letter).await
}

/// Notes whether a pair's source can be read; its owner is told if it can't. Doing so twice is
/// harmless.
pub async fn note_source(
    ports: &Ports,
    owner: UserId,
    pair: PairId,
    lost: Option<SourceLoss>,
) -> PortResult<()> {
    let change = |health: &Health, now| health.with_source(lost, now);
    let letter =
        |to: &Email, pair: &Pair| lost.map(|reason| letters::source_lost(to, pair, reason));
    note(ports, owner, pair, change, letter).await
}

async fn note(
    ports: &Ports,
    owner: UserId,
    pair: PairId,
    change: impl Fn(&Health, Timestamp) -> (Health, News) + Send,
    letter: impl Fn(&Email, &Pair) -> Option<Message> + Send,
) -> PortResult<()> {
    for _ in 0..ROUNDS {
        let Some(present) = ports.pairs.get(owner, pair).await? else {
            return Ok(());
        };
        let (health, news) = change(&present.health, ports.clock.now());
        if health == present.health {
            return Ok(());
        }
        let mut changed = present.clone();
        changed.health = health;
        changed.version = present.version + 1;
        if !ports.pairs.update(&changed, present.version).await? {
            continue;
        }
        tell(ports, [&changed]).await?;
        if news == News::Tell
            && let Some(user) = ports.users.get(owner).await?
            && let Some(letter) = letter(&user.email, &changed)
        {
            ports.mail.send(&letter).await?;
        }
        return Ok(());
    }
    Ok(())
}
