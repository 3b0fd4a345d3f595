use patchbay_domain::ids::{AccountId, PairId, PartitionId};
use patchbay_domain::pair::Options;
use patchbay_domain::pair::options::{Draft, Events, GapPolicy};
use patchbay_domain::{GonePair, Pair, PairState};

use super::{NOWHERE, Subject, eventually};
use crate::ports::{PairSet, PortError, PortResult};

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
    assert!(pairs.delete(owner, first.id, None).await?);
    assert!(!pairs.delete(owner, first.id, None).await?);
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
    forth.version += 1;
    assert!(pairs.update(&forth, forth.version - 1).await?);
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
    assert!(pairs.delete(owner, back.id, None).await?);
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
    assert!(!pairs.delete(owner, pair.id, None).await?);
    assert_eq!(pairs.gone(owner).await?, []);
    assert!(pairs.create(&pair, 0).await?);
    assert_eq!(pairs.get_gone(owner, pair.id).await?, None);
    assert!(pairs.delete(owner, pair.id, None).await?);
    assert!(!pairs.delete(owner, pair.id, None).await?);
    let gone = GonePair::of(&pair, subject.now());
    assert_eq!(pairs.gone(owner).await?, std::slice::from_ref(&gone));
    assert_eq!(pairs.get_gone(owner, pair.id).await?, Some(gone));
    assert_eq!(pairs.get_gone(other, pair.id).await?, None);
    pairs.forget(other, pair.id).await?;
    assert_eq!(pairs.gone(owner).await?.len(), 1);
    pairs.forget(owner, pair.id).await?;
    assert_eq!(pairs.gone(owner).await?, []);
    Ok(())
}

fn options(name: &str) -> PortResult<Options> {
    let mut draft = Draft {
        name: Some(name.to_owned()),
        delay: 60,
        events: Events {
            edits: false,
            ..Events::default()
        },
        gap_policy: GapPolicy::Last(7),
        ..Draft::default()
    };
    draft.filters.block_words = vec!["spam".to_owned()];
    draft.filters.block_media = [patchbay_domain::MediaKind::Voice].into();
    Options::parse(draft).map_err(|flaws| PortError::Corrupt {
        operation: "making options",
        what: format!("{flaws:?}"),
    })
}

pub(super) async fn a_pair_is_changed_at_its_present_version_alone(
    subject: &Subject,
) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let owner = subject.owner();
    let first = Pair {
        version: 0,
        ..subject.pair(owner, PartitionId(3))
    };
    let second = Pair {
        version: 1,
        options: options("second")?,
        ..first.clone()
    };
    let third = Pair {
        version: 2,
        state: PairState::Paused,
        ..first.clone()
    };
    assert!(!pairs.update(&second, 0).await?, "there is none yet");
    assert_eq!(pairs.get(owner, first.id).await?, None);
    pairs.create(&first, 0).await?;
    let set = pairs.of_user(owner).await?.version;
    assert!(!pairs.update(&third, 1).await?, "another version");
    assert!(pairs.update(&second, 0).await?);
    assert!(pairs.update(&second, 0).await?, "repeated");
    assert!(!pairs.update(&third, 0).await?, "too late");
    assert_eq!(pairs.get(owner, first.id).await?, Some(second));
    assert!(pairs.update(&third, 1).await?);
    let present = pairs.of_user(owner).await?;
    assert_eq!((present.version, present.pairs), (set, vec![third.clone()]));

    assert!(!pairs.delete(owner, first.id, Some(1)).await?);
    let nobodys = PairId::from_bits(subject.id());
    assert!(!pairs.delete(owner, nobodys, Some(2)).await?);
    assert_eq!(pairs.get(owner, first.id).await?, Some(third.clone()));
    assert!(pairs.delete(owner, first.id, Some(2)).await?);
    assert!(!pairs.update(&third, 1).await?, "it is gone");
    assert_eq!(pairs.of_user(owner).await?.pairs, []);
    Ok(())
}

pub(super) async fn of_many_that_change_a_pair_one_wins(subject: &Subject) -> PortResult<()> {
    let owner = subject.owner();
    let pair = subject.pair(owner, PartitionId(3));
    subject.ports.pairs.create(&pair, 0).await?;
    let mut attempts = tokio::task::JoinSet::new();
    for attempt in 0..8 {
        let changed = Pair {
            version: pair.version + 1,
            options: options(&format!("by {attempt}"))?,
            ..pair.clone()
        };
        let (pairs, version) = (subject.ports.pairs.clone(), pair.version);
        attempts.spawn(async move { (pairs.update(&changed, version).await, changed) });
    }
    let mut winners = Vec::new();
    for (updated, changed) in attempts.join_all().await {
        if updated? {
            winners.push(changed);
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(subject.ports.pairs.of_user(owner).await?.pairs, winners);
    Ok(())
}

pub(super) async fn an_account_that_leaves_changes_the_set(subject: &Subject) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let owner = subject.owner();
    let pair = subject.pair(owner, PartitionId(3));
    let version = pairs.of_user(owner).await?.version;
    let account = subject.account(owner, subject.telegram_user());
    subject.ports.accounts.create(&account, 9).await?;
    assert!(!pairs.let_leave(owner, account.id, version + 1).await?);
    assert!(pairs.let_leave(owner, account.id, version).await?);
    assert!(!pairs.create(&pair, version).await?, "an account leaves");
    let leaving = pairs.of_user(owner).await?;
    assert_eq!(leaving.leaving, [account.id].into());
    let other = AccountId::from_bits(subject.id());
    assert!(pairs.let_leave(owner, other, leaving.version).await?);
    subject.ports.accounts.remove(owner, account.id).await?;
    let left = pairs.of_user(owner).await?;
    assert_eq!(left.leaving, [other].into());
    assert!(pairs.create(&pair, left.version).await?);
    Ok(())
}

pub(super) async fn the_set_of_a_user_who_leaves_is_removed(subject: &Subject) -> PortResult<()> {
    let pairs = &subject.ports.pairs;
    let owner = subject.owner();
    let pair = subject.pair(owner, PartitionId(3));
    assert!(pairs.create(&pair, 0).await?);
    assert!(pairs.delete(owner, pair.id, None).await?);
    pairs.remove_set(owner).await?;
    pairs.remove_set(owner).await?;
    assert_eq!(pairs.of_user(owner).await?, PairSet::default());
    Ok(())
}
