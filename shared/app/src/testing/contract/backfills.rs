use patchbay_domain::backfill::{PageUnderWay, Seen};
use patchbay_domain::ids::{MessageId, PartitionId};
use patchbay_domain::{Backfill, BackfillFailure, Extent, Pair};

use super::{NOWHERE, Subject, eventually};
use crate::ports::PortResult;

impl Subject {
    fn backfill(&self, pair: &Pair) -> Backfill {
        Backfill::of(pair, Extent::Since(self.now()), None, self.now())
    }

    async fn unfinished(&self, partition: PartitionId, of: &Backfill) -> PortResult<Vec<Backfill>> {
        let mut found = self.ports.backfills.unfinished(partition).await?;
        found.retain(|other| other.owner == of.owner);
        Ok(found)
    }
}

pub(super) async fn a_backfill_is_replaced_at_its_version_alone(
    subject: &Subject,
) -> PortResult<()> {
    let backfills = &subject.ports.backfills;
    let owner = subject.owner();
    let pair = subject.pair(owner, NOWHERE);
    let first = subject.backfill(&pair);
    assert!(backfills.get(owner, pair.id).await?.is_none());
    assert!(!backfills.put(&first, Some(1)).await?, "there is none");
    assert!(backfills.put(&first, None).await?);
    assert!(backfills.put(&first, None).await?, "it is the same");
    assert_eq!(backfills.get(owner, pair.id).await?.as_ref(), Some(&first));

    let page = PageUnderWay {
        last: MessageId(7),
        next: Some(MessageId(9)),
        seen: Seen::default(),
    };
    let running = first.clone().queued(page, subject.now());
    assert!(backfills.put(&running, Some(first.version)).await?);
    assert!(backfills.put(&running, Some(first.version)).await?);
    let cancelled = first.clone().cancelled(subject.now());
    assert!(!backfills.put(&cancelled, Some(first.version)).await?);
    assert!(!backfills.put(&subject.backfill(&pair), None).await?);
    assert_eq!(backfills.get(owner, pair.id).await?, Some(running.clone()));

    let failed = running
        .clone()
        .failed(BackfillFailure::SourceClosed, subject.now());
    assert!(backfills.put(&failed, Some(running.version)).await?);
    let next = Backfill::of(
        &pair,
        Extent::Since(subject.now()),
        Some(&failed),
        subject.now(),
    );
    assert!(backfills.put(&next, Some(failed.version)).await?);
    assert_eq!(backfills.get(owner, pair.id).await?, Some(next));
    assert!(
        backfills.get(subject.owner(), pair.id).await?.is_none(),
        "it is its owner's alone"
    );
    Ok(())
}

pub(super) async fn unfinished_backfills_are_found_by_partition(
    subject: &Subject,
) -> PortResult<()> {
    let backfills = &subject.ports.backfills;
    let owner = subject.owner();
    let (here, there) = (PartitionId(3), PartitionId(4));
    let one = subject.backfill(&subject.pair(owner, here));
    let other = subject.backfill(&subject.pair(owner, here));
    let elsewhere = subject.backfill(&subject.pair(owner, there));
    for backfill in [&one, &other, &elsewhere] {
        assert!(backfills.put(backfill, None).await?);
    }
    let found = eventually(
        || subject.unfinished(here, &one),
        |found: &Vec<Backfill>| found.len() == 2,
    );
    let found = found.await?;
    assert!(
        found.contains(&one) && found.contains(&other) && found.len() == 2,
        "{found:?}"
    );

    let done = one.clone().passed(Seen::default(), None, subject.now());
    assert!(backfills.put(&done, Some(one.version)).await?);
    backfills.remove(owner, elsewhere.pair).await?;
    backfills.remove(owner, elsewhere.pair).await?;
    assert!(backfills.get(owner, elsewhere.pair).await?.is_none());
    let left = eventually(
        || subject.unfinished(here, &one),
        |found: &Vec<Backfill>| found.len() == 1,
    );
    assert_eq!(left.await?, [other]);
    let left = eventually(
        || subject.unfinished(there, &one),
        |found: &Vec<Backfill>| found.is_empty(),
    );
    assert_eq!(left.await?, []);
    Ok(())
}
