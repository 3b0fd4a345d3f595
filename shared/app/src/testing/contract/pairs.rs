use patchbay_domain::ids::{PairId, PartitionId};
use patchbay_domain::{GonePair, Pair, PairState};

use super::{NOWHERE, Subject, eventually};
use crate::ports::PortResult;

pub(super) async fn a_pair_is_added_at_the_present_version_alone(
    subject: &Subject,
) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let owner = subject.owner();
    let [first, second, third] = [(); 3].map(|()| subject.pair(owner, PartitionId(3)));
    let empty = pairs.of_user(owner).await?;
    assert_eq!(empty.pairs, []);
    assert!(pairs.create(&first, empty.version).await?);
    assert!(pairs.create(&first, empty.version).await?, "repeated");
    assert!(!pairs.create(&second, empty.version).await?, "too late");
    let one = pairs.of_user(owner).await?;
    assert_eq!(one.pairs, std::slice::from_ref(&first));
    assert_ne!(one.version, empty.version);
    assert!(pairs.create(&second, one.version).await?);
    assert!(pairs.delete(owner, first.id).await?);
    assert!(!pairs.delete(owner, first.id).await?);
    let two = pairs.of_user(owner).await?;
    assert_eq!(two.pairs, [second]);
    assert!(
        !pairs.create(&third, one.version + 1).await?,
        "the deletion counts"
    );
    assert!(pairs.create(&third, two.version).await?);
    Ok(())
}

pub(super) async fn of_many_that_add_one_wins(subject: &Subject) -> PortResult<()> {
    let owner = subject.owner();
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let pair = subject.pair(owner, PartitionId(3));
        let pairs = subject.ports.pairs.clone();
        attempts.spawn(async move { (pairs.create(&pair, 0).await, pair) });
    }
    let mut winners = Vec::new();
    for (created, pair) in attempts.join_all().await {
        if created? {
            winners.push(pair);
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(subject.ports.pairs.of_user(owner).await?.pairs, winners);
    Ok(())
}

pub(super) async fn pairs_are_found_and_change(subject: &Subject) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let owner = subject.owner();
    let mut forth = subject.pair(owner, PartitionId(3));
    let back = subject.pair(owner, PartitionId(3));
    let back = Pair {
        source: back.destination,
        destination: back.source,
        ..back
    };
    pairs.create(&forth, 0).await?;
    let version = pairs.of_user(owner).await?.version;
    pairs.create(&back, version).await?;
    forth.state = PairState::Paused;
    let paused = pairs.set_state(owner, forth.id, PairState::Paused).await?;
    assert_eq!(paused.as_ref(), Some(&forth));
    let nobodys = PairId::from_bits(subject.id());
    assert_eq!(
        pairs.set_state(owner, nobodys, PairState::Paused).await?,
        None
    );
    assert_eq!(pairs.get(owner, forth.id).await?.as_ref(), Some(&forth));
    assert_eq!(
        pairs.of_user(owner).await?.pairs,
        [forth.clone(), back.clone()]
    );

    let read = || pairs.in_partition(PartitionId(3));
    let found = eventually(read, |found| {
        found.contains(&forth) && found.contains(&back)
    })
    .await?;
    assert!(found.contains(&forth) && found.contains(&back), "{found:?}");
    assert_eq!(pairs.in_partition(NOWHERE).await?, []);
    let read = || pairs.from_discord();
    let found = eventually(read, |found| found.contains(&back)).await?;
    assert!(
        found.contains(&back) && !found.contains(&forth),
        "{found:?}"
    );
    pairs.delete(owner, back.id).await?;
    let found = eventually(read, |found| !found.contains(&back)).await?;
    assert!(!found.contains(&back), "{found:?}");
    Ok(())
}

pub(super) async fn a_deleted_pair_is_remembered_until_it_is_forgotten(
    subject: &Subject,
) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let (owner, other) = (subject.owner(), subject.owner());
    let pair = subject.pair(owner, PartitionId(3));
    assert!(!pairs.delete(owner, pair.id).await?);
    assert_eq!(pairs.gone(owner).await?, []);
    assert!(pairs.create(&pair, 0).await?);
    assert_eq!(pairs.get_gone(owner, pair.id).await?, None);
    assert!(pairs.delete(owner, pair.id).await?);
    assert!(!pairs.delete(owner, pair.id).await?);
    let gone = GonePair::of(&pair, subject.now());
    assert_eq!(pairs.gone(owner).await?, [gone.clone()]);
    assert_eq!(pairs.get_gone(owner, pair.id).await?, Some(gone));
    assert_eq!(pairs.get_gone(other, pair.id).await?, None);
    pairs.forget(other, pair.id).await?;
    assert_eq!(pairs.gone(owner).await?.len(), 1);
    pairs.forget(owner, pair.id).await?;
    assert_eq!(pairs.gone(owner).await?, []);
    Ok(())
}
