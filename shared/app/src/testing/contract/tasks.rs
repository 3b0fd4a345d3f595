use std::collections::BTreeMap;
use std::time::Duration;

use patchbay_domain::ids::{LoginId, PairId, PartitionId};
use patchbay_domain::{ForwardTask, Retry};

use super::Subject;
use crate::ports::{Control, ControlTarget, PortResult, QueueCounts, Received, TaskReceipt};

type Task = Received<ForwardTask, TaskReceipt>;

const AT_ONCE: Duration = Duration::ZERO;
const WAIT: Duration = Duration::from_secs(5);
/// Long enough that what follows a postponement still finds the task hidden.
const HIDDEN: Duration = Duration::from_secs(2);

fn pair(subject: &Subject) -> PairId {
    PairId::from_bits(subject.id())
}

async fn enqueue(
    subject: &Subject,
    partition: PartitionId,
    tasks: &[(PairId, u64)],
) -> PortResult<()> {
    let tasks: Vec<_> = tasks
        .iter()
        .map(|(pair, message)| subject.task(*pair, partition, *message))
        .collect();
    subject.ports.tasks.enqueue(&tasks).await
}

/// What comes next, at least one task.
async fn receive(subject: &Subject, partition: PartitionId) -> PortResult<Vec<Task>> {
    let received = subject.ports.tasks.receive(partition, WAIT).await?;
    assert!(
        (1..=10).contains(&received.len()),
        "{} tasks came",
        received.len()
    );
    Ok(received)
}

/// Receives and deletes until that many have come.
async fn drain(subject: &Subject, partition: PartitionId, wanted: usize) -> PortResult<Vec<Task>> {
    let mut received = Vec::new();
    while received.len() < wanted {
        let more = receive(subject, partition).await?;
        delete(subject, &more).await?;
        received.extend(more);
    }
    assert_nothing_is_visible(subject, partition).await?;
    Ok(received)
}

async fn delete(subject: &Subject, tasks: &[Task]) -> PortResult<()> {
    let receipts: Vec<_> = tasks.iter().map(|task| task.receipt.clone()).collect();
    subject.ports.tasks.delete(&receipts).await
}

async fn assert_nothing_is_visible(subject: &Subject, partition: PartitionId) -> PortResult<()> {
    assert_eq!(subject.ports.tasks.receive(partition, AT_ONCE).await?, []);
    Ok(())
}

fn by_pair(tasks: &[Task]) -> BTreeMap<PairId, Vec<u64>> {
    let mut by_pair: BTreeMap<PairId, Vec<u64>> = BTreeMap::new();
    for task in tasks {
        by_pair
            .entry(task.body.pair)
            .or_default()
            .push(task.body.message.0);
    }
    by_pair
}

fn messages(tasks: &[Task]) -> Vec<u64> {
    tasks.iter().map(|task| task.body.message.0).collect()
}

pub(super) async fn a_pairs_tasks_keep_their_order(subject: &Subject) -> PortResult<()> {
    let partition = PartitionId(0);
    let [one, other] = [pair(subject), pair(subject)];
    let sent: Vec<_> = (1..=25)
        .flat_map(|n| [(one, n), (other, 100 + n)])
        .collect();
    enqueue(subject, partition, &sent[..20]).await?;
    enqueue(subject, partition, &sent[20..]).await?;
    let received = drain(subject, partition, sent.len()).await?;
    for Task { body, times, .. } in &received {
        assert_eq!(*body, subject.task(body.pair, partition, body.message.0));
        assert_eq!(*times, 1);
    }
    let by_pair = by_pair(&received);
    assert_eq!(by_pair[&one], (1..=25).collect::<Vec<_>>());
    assert_eq!(by_pair[&other], (101..=125).collect::<Vec<_>>());
    Ok(())
}

pub(super) async fn later_tasks_stay_back_while_one_is_out(subject: &Subject) -> PortResult<()> {
    let partition = PartitionId(1);
    let [one, other] = [pair(subject), pair(subject)];
    enqueue(subject, partition, &[(one, 1)]).await?;
    let first = receive(subject, partition).await?;
    enqueue(subject, partition, &[(one, 2), (other, 3)]).await?;
    let third = receive(subject, partition).await?;
    assert_eq!(messages(&third), [3]);
    assert_nothing_is_visible(subject, partition).await?;
    delete(subject, &first).await?;
    let second = receive(subject, partition).await?;
    assert_eq!(messages(&second), [2]);
    delete(subject, &[second, third].concat()).await?;
    delete(subject, &first).await?;
    assert_nothing_is_visible(subject, partition).await
}

pub(super) async fn a_key_is_stored_once(subject: &Subject) -> PortResult<()> {
    let partition = PartitionId(2);
    let [one, other] = [pair(subject), pair(subject)];
    for _ in 0..2 {
        enqueue(subject, partition, &[(one, 1), (other, 1), (one, 2)]).await?;
    }
    let received = drain(subject, partition, 3).await?;
    let expected = BTreeMap::from([(one, vec![1, 2]), (other, vec![1])]);
    assert_eq!(by_pair(&received), expected);
    enqueue(subject, partition, &[(one, 1)]).await?;
    assert_nothing_is_visible(subject, partition).await
}

pub(super) async fn a_retry_is_another_task(subject: &Subject) -> PortResult<()> {
    let partition = PartitionId(7);
    let tasks = &subject.ports.tasks;
    assert_eq!(tasks.counts(partition).await?, QueueCounts::default());
    let task = subject.task(pair(subject), partition, 1);
    let retried = |number| ForwardTask {
        retry: Some(Retry {
            number,
            at: subject.now(),
        }),
        ..task.clone()
    };
    let [first, second] = [retried(1), retried(2)];
    for _ in 0..2 {
        let all = [task.clone(), first.clone(), second.clone()];
        tasks.enqueue(&all).await?;
    }
    let counts = || tasks.counts(partition);
    let waiting = super::eventually(counts, |counts| counts.waiting == 3).await?;
    assert_eq!((waiting.waiting, waiting.delayed), (3, 0));
    let received = drain(subject, partition, 3).await?;
    let bodies: Vec<_> = received.into_iter().map(|task| task.body).collect();
    assert_eq!(bodies, [task, first, second]);
    let counts = || tasks.counts(partition);
    let none = super::eventually(counts, |counts| *counts == QueueCounts::default());
    assert_eq!(none.await?, QueueCounts::default());
    tasks.dead().await?;
    Ok(())
}

pub(super) async fn a_postponed_task_holds_up_its_pair_alone(subject: &Subject) -> PortResult<()> {
    let partition = PartitionId(3);
    let tasks = &subject.ports.tasks;
    let [one, other] = [pair(subject), pair(subject)];
    enqueue(subject, partition, &[(one, 1)]).await?;
    let first = receive(subject, partition).await?;
    enqueue(subject, partition, &[(one, 2)]).await?;
    tasks.postpone(&first[0].receipt, HIDDEN).await?;
    enqueue(subject, partition, &[(other, 3)]).await?;
    let third = receive(subject, partition).await?;
    assert_eq!(messages(&third), [3]);
    delete(subject, &third).await?;

    subject.clock.advance(HIDDEN);
    let again = receive(subject, partition).await?;
    assert_eq!((&again[0].body, again[0].times), (&first[0].body, 2));
    for task in again.iter().rev() {
        tasks.postpone(&task.receipt, AT_ONCE).await?;
    }
    let at_once = drain(subject, partition, 2).await?;
    assert_eq!(messages(&at_once), [1, 2]);
    assert_eq!(at_once[0].times, 3);
    Ok(())
}

pub(super) async fn a_backlog_of_many_pairs_arrives_whole(subject: &Subject) -> PortResult<()> {
    let partitions = [PartitionId(4), PartitionId(5)];
    let pairs: Vec<_> = (0..12).map(|_| pair(subject)).collect();
    let tasks: Vec<_> = (1..=3)
        .flat_map(|message| {
            pairs
                .iter()
                .enumerate()
                .map(move |(n, pair)| (n, *pair, message))
        })
        .map(|(n, pair, message)| subject.task(pair, partitions[n % 2], message))
        .collect();
    subject.ports.tasks.enqueue(&tasks).await?;
    for partition in partitions {
        let received = drain(subject, partition, 18).await?;
        assert!(received.iter().all(|task| task.body.partition == partition));
        let by_pair = by_pair(&received);
        assert_eq!(by_pair.len(), 6);
        assert!(
            by_pair.values().all(|messages| messages == &[1, 2, 3]),
            "{by_pair:?}"
        );
    }
    Ok(())
}

pub(super) async fn controls_reach_their_target(subject: &Subject) -> PortResult<()> {
    let controls = &subject.ports.controls;
    let owner = subject.owner();
    let targets = [
        ControlTarget::Gateway,
        ControlTarget::Partition(PartitionId(6)),
    ];
    let to_gateway = Control::PairsChanged {
        owner,
        pair: pair(subject),
    };
    let login = LoginId::from_bits(subject.id());
    let to_partition = Control::StartLogin { owner, login };
    controls.send(targets[0], &to_gateway).await?;
    controls.send(targets[1], &to_partition).await?;
    for (target, expected) in targets.into_iter().zip([to_gateway, to_partition]) {
        let received = controls.receive(target, WAIT).await?;
        let bodies: Vec<_> = received.iter().map(|control| &control.body).collect();
        assert_eq!(bodies, [&expected]);
        assert_eq!(controls.receive(target, AT_ONCE).await?, []);
        controls.delete(target, &received[0].receipt).await?;
        controls.delete(target, &received[0].receipt).await?;
    }
    Ok(())
}
