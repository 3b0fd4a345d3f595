use std::time::Duration;

use patchbay_domain::LeaseName;
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;

use super::Subject;
use crate::ports::PortResult;

const TTL: Duration = Duration::from_secs(30);

fn lease_name(subject: &Subject) -> LeaseName {
    let shard = subject.number() % u64::from(u32::MAX);
    LeaseName::GatewayShard(u32::try_from(shard).unwrap_or_default())
}

fn connectors(subject: &Subject) -> [ConnectorId; 2] {
    [(); 2].map(|()| ConnectorId::from_bits(subject.id()))
}

pub(super) async fn a_lease_has_one_owner_until_it_ends(subject: &Subject) -> PortResult<()> {
    let leases = &subject.ports.leases;
    let (name, now) = (lease_name(subject), subject.now());
    let [one, other] = connectors(subject);
    let Some(lease) = leases.acquire(name, one, now, TTL).await? else {
        panic!("it was free")
    };
    assert_eq!(
        (lease.name, lease.owner, lease.expires_at),
        (name, one, now.plus(TTL))
    );
    let nearly = now.plus(
        TTL.checked_sub(Duration::from_millis(1))
            .unwrap_or_default(),
    );
    assert_eq!(leases.acquire(name, other, nearly, TTL).await?, None);

    let renewed = leases.renew(&lease, nearly, TTL).await?;
    let longer = Lease {
        expires_at: nearly.plus(TTL),
        ..lease.clone()
    };
    assert_eq!(renewed.as_ref(), Some(&longer));
    assert_eq!(
        leases.acquire(name, other, now.plus(TTL), TTL).await?,
        None,
        "it was renewed"
    );
    let taken = leases.acquire(name, other, longer.expires_at, TTL).await?;
    assert!(taken.is_some_and(|taken| taken.owner == other));
    Ok(())
}

pub(super) async fn each_tenure_has_a_higher_fence(subject: &Subject) -> PortResult<()> {
    let leases = &subject.ports.leases;
    let name = lease_name(subject);
    let [one, other] = connectors(subject);
    let mut now = subject.now();
    let mut fences = Vec::new();
    for (owner, is_released) in [
        (one, true),
        (other, false),
        (other, true),
        (one, false),
        (other, false),
    ] {
        let Some(lease) = leases.acquire(name, owner, now, TTL).await? else {
            panic!("it was released or has ended: {fences:?}")
        };
        fences.push(lease.fence);
        if is_released {
            leases.release(&lease).await?;
        } else {
            now = now.plus(TTL);
        }
    }
    assert!(
        fences.is_sorted_by(|earlier, later| earlier < later),
        "{fences:?}"
    );
    Ok(())
}

pub(super) async fn a_former_owner_changes_nothing(subject: &Subject) -> PortResult<()> {
    let leases = &subject.ports.leases;
    let (name, now) = (lease_name(subject), subject.now());
    let [one, other] = connectors(subject);
    let Some(former) = leases.acquire(name, one, now, TTL).await? else {
        panic!("it was free")
    };
    let later = now.plus(TTL);
    let Some(present) = leases.acquire(name, other, later, TTL).await? else {
        panic!("it ended")
    };
    assert_eq!(leases.renew(&former, later, TTL).await?, None);
    leases.release(&former).await?;
    assert_eq!(
        leases.acquire(name, one, later, TTL).await?,
        None,
        "still the other's"
    );
    assert!(leases.renew(&present, later, TTL).await?.is_some());
    leases.release(&present).await?;
    assert_eq!(leases.renew(&present, later, TTL).await?, None, "given up");
    assert!(leases.acquire(name, one, later, TTL).await?.is_some());
    Ok(())
}

pub(super) async fn of_many_that_want_a_lease_one_gets_it(subject: &Subject) -> PortResult<()> {
    let (name, now) = (lease_name(subject), subject.now());
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let [connector, _] = connectors(subject);
        let leases = subject.ports.leases.clone();
        attempts.spawn(async move { leases.acquire(name, connector, now, TTL).await });
    }
    let taken: PortResult<Vec<_>> = attempts.join_all().await.into_iter().collect();
    assert_eq!(taken?.into_iter().flatten().count(), 1);
    Ok(())
}

pub(super) async fn connectors_are_alive_for_a_while(subject: &Subject) -> PortResult<()> {
    let leases = &subject.ports.leases;
    let [one, other] = connectors(subject);
    let (now, later) = (subject.now(), subject.now().plus(TTL));
    leases.announce(other, now, TTL).await?;
    leases.announce(one, now, TTL).await?;
    leases.announce(one, now, TTL * 2).await?;
    let ours = |alive: Vec<ConnectorId>| -> Vec<ConnectorId> {
        alive
            .into_iter()
            .filter(|connector| [one, other].contains(connector))
            .collect()
    };
    assert_eq!(
        ours(leases.alive(now).await?),
        [one.min(other), one.max(other)]
    );
    assert_eq!(ours(leases.alive(later).await?), [one]);
    leases.retire(one).await?;
    assert_eq!(ours(leases.alive(now).await?), [other]);
    Ok(())
}
