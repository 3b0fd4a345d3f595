use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use patchbay_app::ports::PortResult;
use patchbay_app::testing::Memory;
use patchbay_domain::ids::PartitionId;
use patchbay_domain::{Fence, Timestamp};

use super::*;

const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_secs(30),
    renew_every: Duration::from_secs(5),
    margin: Duration::from_secs(10),
};

/// Goes with tokio's time, which a test pauses.
#[derive(Clone)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_000_000).plus(self.0.elapsed())
    }
}

/// Leases that can be cut off from the store.
struct Cuttable {
    inner: Arc<dyn Leases>,
    is_cut: AtomicBool,
}

impl Cuttable {
    fn answer(&self) -> PortResult<()> {
        if self.is_cut.load(Ordering::SeqCst) {
            let source = Box::new(std::io::Error::other("cut off"));
            return Err(PortError::Unavailable {
                operation: "leases",
                source,
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Leases for Cuttable {
    async fn acquire(
        &self,
        name: LeaseName,
        owner: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        self.answer()?;
        self.inner.acquire(name, owner, now, ttl).await
    }

    async fn renew(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<Option<Lease>> {
        self.answer()?;
        self.inner.renew(lease, now, ttl).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        self.answer()?;
        self.inner.release(lease).await
    }

    async fn announce(
        &self,
        connector: ConnectorId,
        now: Timestamp,
        ttl: Duration,
    ) -> PortResult<()> {
        self.answer()?;
        self.inner.announce(connector, now, ttl).await
    }

    async fn retire(&self, connector: ConnectorId) -> PortResult<()> {
        self.answer()?;
        self.inner.retire(connector).await
    }

    async fn alive(&self, now: Timestamp) -> PortResult<Vec<ConnectorId>> {
        self.answer()?;
        self.inner.alive(now).await
    }
}

/// Who held what under which fence, and from when until when it worked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shift {
    connector: u128,
    name: LeaseName,
    fence: Fence,
    from: Timestamp,
    until: Option<Timestamp>,
}

#[derive(Clone)]
struct Recorder {
    connector: u128,
    clock: TokioClock,
    shifts: Arc<Mutex<Vec<Shift>>>,
    listens: bool,
}

/// Writes down the end of a shift, also when it is cut short.
struct Ending<'a>(&'a Recorder, usize);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.shifts.lock().unwrap()[self.1].until = Some(self.0.clock.now());
    }
}

impl LeasedWork for Recorder {
    async fn run(&self, lease: Lease, stop: CancellationToken) {
        let place = {
            let mut shifts = self.shifts.lock().unwrap();
            shifts.push(Shift {
                connector: self.connector,
                name: lease.name,
                fence: lease.fence,
                from: self.clock.now(),
                until: None,
            });
            shifts.len() - 1
        };
        let _ending = Ending(self, place);
        if self.listens {
            stop.cancelled().await;
        } else {
            std::future::pending::<()>().await;
        }
    }
}

struct Scene {
    memory: Memory,
    clock: TokioClock,
    shifts: Arc<Mutex<Vec<Shift>>>,
    running: JoinSet<()>,
}

impl Scene {
    fn new() -> Self {
        Self {
            memory: Memory::new(),
            clock: TokioClock(Instant::now()),
            shifts: Arc::default(),
            running: JoinSet::new(),
        }
    }

    fn start(&mut self, connector: u128, listens: bool) -> (Arc<Cuttable>, CancellationToken) {
        let leases = Arc::new(Cuttable {
            inner: self.memory.ports().leases,
            is_cut: AtomicBool::new(false),
        });
        let stop = CancellationToken::new();
        let keeper = LeaseKeeper {
            leases: leases.clone(),
            clock: Arc::new(self.clock.clone()),
            connector: ConnectorId::from_bits(connector),
            kinds: vec![(0..4).map(PartitionId).map(LeaseName::Partition).collect()],
            terms: TERMS,
            work: Recorder {
                connector,
                clock: self.clock.clone(),
                shifts: self.shifts.clone(),
                listens,
            },
        };
        self.running.spawn(keeper.run(stop.clone()));
        (leases, stop)
    }

    fn at_work(&self, connector: u128) -> usize {
        let shifts = self.shifts.lock().unwrap();
        shifts
            .iter()
            .filter(|s| s.connector == connector && s.until.is_none())
            .count()
    }

    /// Paused time runs on by itself while everybody waits.
    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..10_000 {
            if is_so(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never so: {what}; {:#?}", self.shifts.lock().unwrap());
    }

    /// Nobody began on a lease before its former owner had ended, and every fence is higher.
    fn assert_one_owner_at_a_time(&self) {
        let shifts = self.shifts.lock().unwrap();
        for (place, later) in shifts.iter().enumerate() {
            for earlier in shifts[..place].iter().filter(|s| s.name == later.name) {
                let ended = earlier.until.expect("the former owner ended");
                assert!(ended <= later.from, "{earlier:?} overlaps {later:?}");
                assert!(earlier.fence < later.fence, "{earlier:?} {later:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn connectors_share_and_hand_on() {
    let mut scene = Scene::new();
    let (_, stop) = scene.start(1, true);
    scene
        .until("the first has all", |scene| scene.at_work(1) == 4)
        .await;
    scene.start(2, true);
    scene
        .until("both have half", |s| s.at_work(1) == 2 && s.at_work(2) == 2)
        .await;
    stop.cancel();
    scene
        .until("the second has all", |s| {
            s.at_work(1) == 0 && s.at_work(2) == 4
        })
        .await;
    scene.assert_one_owner_at_a_time();
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_renew_stops_before_the_lease_passes_on() {
    for listens in [true, false] {
        let mut scene = Scene::new();
        let (leases, _) = scene.start(1, listens);
        scene
            .until("the first has all", |scene| scene.at_work(1) == 4)
            .await;
        leases.is_cut.store(true, Ordering::SeqCst);
        scene.start(2, true);
        scene
            .until("the second has all", |scene| scene.at_work(2) == 4)
            .await;
        assert_eq!(scene.at_work(1), 0);
        scene.assert_one_owner_at_a_time();
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_less_than_twenty_seconds_whatever_the_work_does() {
    let mut scene = Scene::new();
    let (_, stop) = scene.start(1, false);
    scene
        .until("the first has all", |scene| scene.at_work(1) == 4)
        .await;
    let began = Instant::now();
    stop.cancel();
    while scene.running.join_next().await.is_some() {}
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(scene.at_work(1), 0);
    scene.start(2, true);
    scene
        .until("the second has all at once", |scene| scene.at_work(2) == 4)
        .await;
    scene.assert_one_owner_at_a_time();
}
