use std::time::Duration;

use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{
    Delivery, DeliveryKey, DeliveryState, FailReason, Fence, ForwardTask, Revision, SkipReason,
};

use super::Subject;
use crate::ports::{Claim, PortResult};

fn delivered(parts: &[u64]) -> DeliveryState {
    DeliveryState::Delivered {
        parts: parts.iter().copied().map(MessageId).collect(),
    }
}

fn skipped(subject: &Subject, task: &ForwardTask) -> Delivery {
    Delivery {
        key: task.delivery(),
        owner: task.owner,
        chat: task.chat,
        state: DeliveryState::Skipped {
            reason: SkipReason::Media,
        },
        source_at: task.source_at,
        received_at: task.received_at,
        updated_at: subject.now(),
    }
}

pub(super) async fn a_claim_is_first_once(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    assert_eq!(deliveries.get(task.delivery()).await?, None);
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::First);
    for attempts in [2, 3] {
        let later = now.plus(Duration::from_secs(attempts));
        let attempts = u32::try_from(attempts).unwrap_or_default();
        let again = Claim::Again {
            since: now,
            attempts,
            parts: vec![],
        };
        assert_eq!(deliveries.claim(&task, Fence(2), later).await?, again);
    }
    let found = deliveries.get(task.delivery()).await?;
    let state = DeliveryState::Claimed {
        fence: Fence(2),
        since: now,
        attempts: 3,
        parts: vec![],
    };
    let updated_at = now.plus(Duration::from_secs(3));
    assert_eq!(
        found,
        Some(Delivery {
            state,
            updated_at,
            ..skipped(subject, &task)
        })
    );
    Ok(())
}

pub(super) async fn an_older_owner_is_fenced(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::First);
    assert_eq!(deliveries.claim(&task, Fence(1), now).await?, Claim::Fenced);
    let again = Claim::Again {
        since: now,
        attempts: 2,
        parts: vec![],
    };
    assert_eq!(deliveries.claim(&task, Fence(3), now).await?, again);
    assert_eq!(deliveries.claim(&task, Fence(2), now).await?, Claim::Fenced);
    deliveries
        .progress(task.delivery(), Fence(2), &[MessageId(1)], now)
        .await?;
    let again = Claim::Again {
        since: now,
        attempts: 3,
        parts: vec![],
    };
    assert_eq!(deliveries.claim(&task, Fence(3), now).await?, again);
    Ok(())
}

pub(super) async fn progress_is_found_by_the_next_claim(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let (task, now) = (subject.lone_task(), subject.now());
    deliveries
        .progress(task.delivery(), Fence(1), &[MessageId(1)], now)
        .await?;
    assert_eq!(
        deliveries.get(task.delivery()).await?,
        None,
        "nothing was claimed"
    );
    deliveries.claim(&task, Fence(1), now).await?;
    let parts = vec![MessageId(u64::MAX), MessageId(2)];
    for sent in 1..=2 {
        deliveries
            .progress(task.delivery(), Fence(1), &parts[..sent], now)
            .await?;
    }
    let again = Claim::Again {
        since: now,
        attempts: 2,
        parts,
    };
    assert_eq!(deliveries.claim(&task, Fence(1), now).await?, again);
    Ok(())
}

pub(super) async fn a_final_state_stands(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let now = subject.now();
    let failed = DeliveryState::Failed {
        reason: FailReason::GaveUp {
            attempts: 3,
            last: "busy".to_owned(),
        },
    };
    let pair_deleted = DeliveryState::Skipped {
        reason: SkipReason::PairDeleted,
    };
    let states = [delivered(&[4, 5]), failed.clone(), pair_deleted];
    for state in states {
        let task = subject.lone_task();
        deliveries.claim(&task, Fence(1), now).await?;
        deliveries
            .finish(&task, &state, now.plus(Duration::from_secs(1)))
            .await?;
        for _ in 0..2 {
            deliveries.finish(&task, &delivered(&[9]), now).await?;
            deliveries.finish(&task, &failed, now).await?;
        }
        deliveries
            .progress(task.delivery(), Fence(1), &[MessageId(9)], now)
            .await?;
        let claim = deliveries.claim(&task, Fence(2), now).await?;
        assert_eq!(claim, Claim::Finished(state.clone()));
        let found = deliveries.get(task.delivery()).await?;
        let updated_at = now.plus(Duration::from_secs(1));
        assert_eq!(
            found,
            Some(Delivery {
                state,
                updated_at,
                ..skipped(subject, &task)
            })
        );
    }
    Ok(())
}

pub(super) async fn what_is_skipped_replaces_nothing(subject: &Subject) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let now = subject.now();
    let [new, claimed, finished] = [(); 3].map(|()| subject.lone_task());
    deliveries.claim(&claimed, Fence(1), now).await?;
    deliveries.claim(&finished, Fence(1), now).await?;
    deliveries.finish(&finished, &delivered(&[1]), now).await?;
    let skips = [&new, &claimed, &finished].map(|task| skipped(subject, task));
    for _ in 0..2 {
        deliveries.skip(&skips).await?;
    }
    deliveries.skip(&[]).await?;
    assert_eq!(
        deliveries.get(new.delivery()).await?.as_ref(),
        Some(&skips[0])
    );
    let states = [
        deliveries.get(claimed.delivery()).await?,
        deliveries.get(finished.delivery()).await?,
    ];
    let states = states.map(|found| found.map(|delivery| delivery.state));
    let claim = DeliveryState::Claimed {
        fence: Fence(1),
        since: now,
        attempts: 1,
        parts: vec![],
    };
    assert_eq!(states, [Some(claim), Some(delivered(&[1]))]);
    Ok(())
}

pub(super) async fn deliveries_come_in_pages_by_message_and_revision(
    subject: &Subject,
) -> PortResult<()> {
    let deliveries = &subject.ports.deliveries;
    let [pair, other] = [(); 2].map(|()| PairId::from_bits(subject.id()));
    let places = [
        (1, 0),
        (2, 0),
        (2, 1_790_000_000),
        (2, u64::MAX),
        (10, 0),
        (u64::MAX, 0),
    ];
    let key = |(message, revision)| DeliveryKey {
        pair,
        message: MessageId(message),
        revision: Revision(revision),
    };
    let template = skipped(subject, &subject.lone_task());
    let expected = places.map(|place| Delivery {
        key: key(place),
        ..template.clone()
    });
    let mut written = expected.to_vec();
    written.reverse();
    written.push(Delivery {
        key: DeliveryKey {
            pair: other,
            ..key((3, 0))
        },
        ..template
    });
    deliveries.skip(&written).await?;

    for limit in [1, 4, 6, 100] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = deliveries.of_pair(pair, after.as_deref(), limit).await?;
            assert!(page.items.len() == limit || page.next.is_none());
            found.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
    Ok(())
}
