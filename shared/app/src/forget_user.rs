//! A user leaves: everything of theirs is deleted.
//!
//! [`leave`] shuts the user out at once. The connector that holds the user's partition logs the
//! Telegram accounts out and then calls [`forget`], piece by piece; each piece may be done again.
//! The user goes last, so that one who is still there is found again if anything broke off.
//!
//! Whoever adds a kind of data that belongs to a user deletes it in [`forget`].

use patchbay_domain::PairState;
use patchbay_domain::user::User;

use crate::pairs::{self, Expected, PairError};
use crate::ports::{Control, ControlTarget, PortError, PortResult, Ports, Removed, UserChange};
use crate::sessions;

/// How many things of a pair are deleted in one piece.
const PIECE: usize = 100;

/// From here on the user can do nothing more, and the address is free when everything is deleted.
pub async fn leave(ports: &Ports, user: &User) -> PortResult<()> {
    let change = UserChange::Leaving(ports.clock.now());
    ports.users.change(user.id, &change).await?;
    sessions::end_all(ports, user, None).await?;
    let target = ControlTarget::Partition(user.partition);
    let control = Control::ForgetUser { user: user.id };
    // The user is marked: a message that got lost is made up for within a minute.
    ports.controls.send(target, &control).await.or(Ok(()))
}

/// Has nothing forwarded for the user any more.
pub async fn silence(ports: &Ports, user: &User) -> PortResult<()> {
    for pair in ports.pairs.of_user(user.id).await?.pairs {
        let paused =
            pairs::set_state(ports, user, pair.id, &Expected::Any, PairState::Paused).await;
        unless_gone(paused.map(|_| ()))?;
    }
    Ok(())
}

/// Deletes all that is stored of a user whose Telegram accounts are removed already.
pub async fn forget(ports: &Ports, user: &User) -> PortResult<()> {
    for pair in ports.pairs.of_user(user.id).await?.pairs {
        unless_gone(pairs::delete(ports, user, pair.id, &Expected::Any).await)?;
    }
    for pair in ports.pairs.gone(user.id).await? {
        while ports.deliveries.remove_some(pair.id, PIECE).await? == Removed::Some {}
        while ports.rollups.remove_some(pair.id, PIECE).await? == Removed::Some {}
        while ports.kept_tasks.remove_some(pair.id, PIECE).await? == Removed::Some {}
        ports.backfills.remove(user.id, pair.id).await?;
        ports.pairs.forget(user.id, pair.id).await?;
    }
    for link in ports.guild_links.of_user(user.id).await? {
        let version = ports.pairs.of_user(user.id).await?.version;
        // Whoever changed the pairs meanwhile makes this be done again: the user is still there.
        if !ports
            .guild_links
            .remove(user.id, link.guild, version)
            .await?
        {
            return Err(busy());
        }
    }
    ports.pairs.remove_set(user.id).await?;
    ports.discord_links.remove(user.id).await?;
    ports.bot_links.remove(user.id).await?;
    ports.logins.remove_all(user.id).await?;
    ports.vault.remove_all(user.id).await?;
    ports.api_keys.remove_all(user.id).await?;
    ports.idempotency.remove_all(user.id).await?;
    sessions::end_all(ports, user, None).await?;
    ports.users.remove(user).await
}

/// Something else of a user who leaves was still under way.
fn busy() -> PortError {
    PortError::Unavailable {
        operation: "forgetting a user",
        source: "the user's pairs are changing".into(),
    }
}

fn unless_gone(outcome: Result<(), PairError>) -> PortResult<()> {
    match outcome {
        // Somebody was faster.
        Ok(()) | Err(PairError::NotFound) => Ok(()),
        Err(PairError::Port(error)) => Err(error),
        Err(
            PairError::Unusable { .. }
            | PairError::Conflict(_)
            | PairError::PlanLimit { .. }
            | PairError::Changed { .. }
            | PairError::Contended,
        ) => Err(busy()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use patchbay_domain::ids::UserId;
    use secrecy::SecretString;

    use super::*;
    use crate::ports::{Begun, Digest, Execution, IdempotencyKey, KeptAnswer};
    use crate::testing::Memory;

    #[tokio::test]
    async fn no_answer_to_a_user_who_left_is_kept() {
        let ports = Memory::new().ports();
        let now = ports.clock.now();
        let email = "ann@example.com".parse().unwrap();
        let user = User::new(UserId::from_bits(1), email, String::new(), 1, now);
        ports.users.create(&user).await.unwrap();
        let key = IdempotencyKey {
            owner: user.id,
            hash: Digest([7; 32]),
        };
        let execution = |id| Execution {
            id,
            fingerprint: Digest([1; 32]),
            began_at: now,
            lease: Duration::from_mins(1),
        };
        let answer = KeptAnswer {
            status: 201,
            headers: Vec::new(),
            body: SecretString::from("a secret of an API key"),
        };
        let until = now.plus(Duration::from_hours(24));
        let port = &ports.idempotency;
        port.begin(&key, &execution(1)).await.unwrap();
        assert!(
            port.complete(&key, &execution(1), &answer, until)
                .await
                .unwrap()
        );

        forget(&ports, &user).await.unwrap();
        let begun = port.begin(&key, &execution(2)).await.unwrap();
        assert!(matches!(begun, Begun::First), "{begun:?}");
        assert!(ports.users.get(user.id).await.unwrap().is_none());
    }
}
