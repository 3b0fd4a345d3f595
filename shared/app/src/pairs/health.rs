use patchbay_domain::FailReason;
use patchbay_domain::ids::{PairId, UserId};
use patchbay_domain::pair::News;

use super::{ROUNDS, tell};
use crate::letters;
use crate::ports::{PortResult, Ports};

/// Notes what the outcome of a message says of its pair: that it is in trouble, of which its owner
/// is told, or that it is not any more. Doing so twice is harmless.
pub async fn note_health(
    ports: &Ports,
    owner: UserId,
    pair: PairId,
    failed: Option<&FailReason>,
) -> PortResult<()> {
    for _ in 0..ROUNDS {
        let Some(present) = ports.pairs.get(owner, pair).await? else {
            return Ok(());
        };
        let (health, news) = present.health.after(failed, ports.clock.now());
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
        if let (News::Tell, Some(reason)) = (news, failed)
            && let Some(user) = ports.users.get(owner).await?
        {
            let letter = letters::pair_in_trouble(&user.email, &changed, reason);
            ports.mail.send(&letter).await?;
        }
        return Ok(());
    }
    Ok(())
}
