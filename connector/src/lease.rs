//! Who works on what: each partition, and each gateway shard, by one connector at a time.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Clock, Leases, PortError};
use patchbay_domain::LeaseName;
use patchbay_domain::ids::ConnectorId;
use patchbay_domain::lease::Lease;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// What does not stop by itself is stopped: a deployment gives a process 20 s in all.
const STOP_WITHIN: Duration = Duration::from_secs(15);

/// How long a lease lasts and how it is kept.
#[derive(Debug, Clone, Copy)]
pub struct LeaseTerms {
    pub ttl: Duration,
    pub renew_every: Duration,
    /// The work stops this long before the lease can pass on.
    pub margin: Duration,
}

impl Default for LeaseTerms {
    fn default() -> Self {
        Self {
            ttl: Duration::from_secs(30),
            renew_every: Duration::from_secs(5),
            margin: Duration::from_secs(10),
        }
    }
}

/// Keeps a fair share of the leases and runs the work of each that it holds.
pub(crate) struct LeaseKeeper<W> {
    pub(crate) leases: Arc<dyn Leases>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) connector: ConnectorId,
    /// Each kind is shared out on its own: partitions among all, gateway shards among all.
    pub(crate) kinds: Vec<Vec<LeaseName>>,
    pub(crate) terms: LeaseTerms,
    pub(crate) work: W,
}

/// What is done while a lease is held.
pub(crate) trait LeasedWork: Clone + Send + Sync + 'static {
    /// Returns soon after `stop`. May return earlier if there is nothing left to do.
    fn run(&self, lease: Lease, stop: CancellationToken) -> impl Future<Output = ()> + Send;
}

impl<W: LeasedWork> LeaseKeeper<W> {
    /// Returns once everything is stopped and handed on.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut tenures = JoinSet::new();
        let mut held: BTreeMap<LeaseName, CancellationToken> = BTreeMap::new();
        let mut next_round = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(ended) = tenures.join_next() => {
                    if let Ok(name) = ended {
                        held.remove(&name);
                    }
                    continue;
                }
                () = sleep_until(next_round) => {}
            }
            next_round = Instant::now() + self.terms.renew_every;
            if let Err(error) = self.share(&mut held, &mut tenures).await {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "leases can't be shared out now"
                );
            }
        }
        for tenure in held.values() {
            tenure.cancel();
        }
        while tenures.join_next().await.is_some() {}
        if let Err(error) = self.leases.retire(self.connector).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not sign off"
            );
        }
    }

    /// Gives up what is more than a fair share and takes what is free up to it.
    async fn share(
        &self,
        held: &mut BTreeMap<LeaseName, CancellationToken>,
        tenures: &mut JoinSet<LeaseName>,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        self.leases
            .announce(self.connector, now, self.terms.ttl)
            .await?;
        let alive = self.leases.alive(now).await?.len().max(1);
        for names in &self.kinds {
            let fair = names.len().div_ceil(alive);
            let mine: Vec<_> = names
                .iter()
                .filter(|name| held.contains_key(name))
                .collect();
            for name in mine.iter().skip(fair) {
                info!(lease = %name, "handing on, to share with others");
                held[name].cancel();
            }
            let mut wanted = fair.saturating_sub(mine.len());
            for name in names {
                if wanted == 0 {
                    break;
                }
                if held.contains_key(name) {
                    continue;
                }
                let asked = Instant::now();
                let lease = self
                    .leases
                    .acquire(*name, self.connector, self.clock.now(), self.terms.ttl)
                    .await?;
                if let Some(lease) = lease {
                    wanted -= 1;
                    let stop = CancellationToken::new();
                    held.insert(*name, stop.clone());
                    tenures.spawn(self.tenure().hold(lease, asked, stop));
                }
            }
        }
        Ok(())
    }

    fn tenure(&self) -> Tenure<W> {
        Tenure {
            leases: self.leases.clone(),
            clock: self.clock.clone(),
            terms: self.terms,
            work: self.work.clone(),
        }
    }
}

/// The time during which one lease is held.
struct Tenure<W> {
    leases: Arc<dyn Leases>,
    clock: Arc<dyn Clock>,
    terms: LeaseTerms,
    work: W,
}

impl<W: LeasedWork> Tenure<W> {
    /// Runs the work while the lease can be renewed. The work has ended, if need be by force,
    /// before anybody else can take the lease.
    async fn hold(self, mut lease: Lease, asked: Instant, stop: CancellationToken) -> LeaseName {
        let name = lease.name;
        info!(lease = %name, fence = lease.fence.0, "lease taken");
        let mut good_until = asked + self.terms.ttl;
        let stop_work = CancellationToken::new();
        let mut work = JoinSet::new();
        {
            let (runner, lease, stop) = (self.work.clone(), lease.clone(), stop_work.clone());
            work.spawn(async move { runner.run(lease, stop).await });
        }
        let is_ours = loop {
            let next = Instant::now() + self.terms.renew_every;
            tokio::select! {
                () = stop.cancelled() => break true,
                _ = work.join_next() => break true,
                () = sleep_until(next.min(good_until - self.terms.margin)) => {}
            }
            let asked = Instant::now();
            let renewal = self.leases.renew(&lease, self.clock.now(), self.terms.ttl);
            match timeout(self.terms.renew_every, renewal).await {
                Ok(Ok(Some(renewed))) => {
                    lease = renewed;
                    good_until = asked + self.terms.ttl;
                }
                Ok(Ok(None)) => {
                    warn!(lease = %name, "lease lost");
                    break false;
                }
                Ok(Err(error)) => {
                    warn!(lease = %name, error = &error as &dyn std::error::Error, "lease not renewed");
                }
                Err(_) => warn!(lease = %name, "lease not renewed in time"),
            }
            if Instant::now() + self.terms.margin >= good_until {
                warn!(lease = %name, "lease can't be renewed; stopping before it passes on");
                break true;
            }
        };
        stop_work.cancel();
        let last_moment = (good_until - self.terms.margin / 4).min(Instant::now() + STOP_WITHIN);
        if timeout_at(last_moment, async {
            while work.join_next().await.is_some() {}
        })
        .await
        .is_err()
        {
            warn!(lease = %name, "work did not stop in time and was aborted");
            work.shutdown().await;
        }
        if is_ours && let Err(error) = self.leases.release(&lease).await {
            warn!(lease = %name, error = &error as &dyn std::error::Error, "lease not released");
        }
        info!(lease = %name, "lease given up");
        name
    }
}

#[cfg(test)]
mod tests;
