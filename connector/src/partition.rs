//! One partition: the Telegram sessions of its users, their tasks, and what they ask for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Control, ControlTarget, Ingest, PortResult, Ports};
use patchbay_domain::account::{Account, AccountState};
use patchbay_domain::ids::{AccountId, PartitionId, UserId};
use patchbay_domain::{Fence, PairIndex};
use patchbay_telegram::Telegram;
use tokio::sync::{mpsc, watch};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::control;
use crate::deliver::{Deliverer, Held, Reach};
use crate::forget::{self, Forgetting};
use crate::health::Health;
use crate::ingest::Router;
use crate::supervise::until_answered;

/// What every partition works with.
#[derive(Clone)]
pub(crate) struct PartitionWork {
    pub(crate) ports: Ports,
    pub(crate) telegram: Option<Telegram>,
    pub(crate) platforms: Reach,
    pub(crate) health: Health,
}

impl PartitionWork {
    /// Returns soon after `stop`, with everything handed back.
    pub(crate) async fn run(self, partition: PartitionId, fence: Fence, stop: CancellationToken) {
        let Some(pairs) = until_answered(&stop, || self.ports.pairs.in_partition(partition)).await
        else {
            return;
        };
        let Some(accounts) =
            until_answered(&stop, || self.ports.accounts.in_partition(partition)).await
        else {
            return;
        };
        let (index, routed) = watch::channel(PairIndex::default());
        index.send_modify(|index| index.replace_all(pairs));
        let (controls, received) = mpsc::channel(1);
        let mut tenure = Tenure {
            ingest: Arc::new(Router::of_partition(
                self.ports.clone(),
                partition,
                index.clone(),
            )),
            work: self,
            partition,
            fence,
            index,
            sessions: Sessions::default(),
            asked: JoinSet::new(),
            forgetting: Forgetting::default(),
            stop: stop.clone(),
        };
        tenure
            .work
            .health
            .set_pairs(partition, tenure.index.borrow().len());
        for account in accounts {
            tenure.start_session(account);
        }
        let deliverer = Deliverer {
            ports: tenure.work.ports.clone(),
            platforms: tenure.work.platforms.clone(),
            partition,
            fence,
            index: routed,
            held: Held::default(),
        };
        let ports = tenure.work.ports.clone();
        let health = tenure.work.health.clone();
        tokio::join!(
            deliverer.run(stop.clone()),
            control::receive(ports, ControlTarget::Partition(partition), controls, stop),
            tenure.run(received),
        );
        health.remove_partition(partition);
    }
}

/// How often the stores are compared with what runs. Control messages say what changes; this
/// finds what a lost one would have said.
const RECONCILE_EVERY: Duration = Duration::from_mins(1);

/// The sessions that run.
#[derive(Default)]
struct Sessions {
    by_account: HashMap<AccountId, Session>,
    running: JoinSet<()>,
}

struct Session {
    owner: UserId,
    task: task::Id,
    stop: CancellationToken,
}

impl Sessions {
    fn remove(&mut self, task: task::Id) -> Option<(AccountId, Session)> {
        let account = *self
            .by_account
            .iter()
            .find(|(_, session)| session.task == task)?
            .0;
        self.by_account
            .remove(&account)
            .map(|session| (account, session))
    }
}

struct Tenure {
    work: PartitionWork,
    partition: PartitionId,
    fence: Fence,
    index: watch::Sender<PairIndex>,
    ingest: Arc<dyn Ingest>,
    sessions: Sessions,
    /// Requests that Telegram has not answered yet.
    asked: JoinSet<()>,
    forgetting: Forgetting,
    stop: CancellationToken,
}

impl Tenure {
    async fn run(mut self, mut controls: mpsc::Receiver<control::Request>) {
        let mut reconcile = interval_at(Instant::now() + RECONCILE_EVERY, RECONCILE_EVERY);
        loop {
            tokio::select! {
                request = controls.recv() => {
                    let Some(request) = request else { break };
                    self.handle(request).await;
                }
                Some(ended) = self.sessions.running.join_next_with_id() => {
                    self.session_ended(ended).await;
                }
                Some(asked) = self.asked.join_next() => {
                    if let Err(error) = asked {
                        warn!(error = &error as &dyn std::error::Error, "a request's task died; it comes again");
                    }
                }
                () = self.forgetting.next() => {}
                _ = reconcile.tick() => {
                    if let Err(error) = self.reconcile().await {
                        warn!(error = &error as &dyn std::error::Error, "not reconciled now");
                    }
                }
            }
        }
        self.asked.shutdown().await;
        self.forgetting.stop().await;
        for session in self.sessions.by_account.values() {
            session.stop.cancel();
        }
        while self.sessions.running.join_next().await.is_some() {}
    }

    async fn session_ended(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let (task, death) = match ended {
            Ok((task, ())) => (task, None),
            Err(error) => (error.id(), Some(error)),
        };
        let Some((account, session)) = self.sessions.remove(task) else {
            return;
        };
        if let Some(error) = death {
            warn!(%account, error = &error as &dyn std::error::Error, "a session's task died; starting anew");
            if let Err(error) = self.restart(session.owner, account).await {
                warn!(%account, error = &error as &dyn std::error::Error, "to be started when stores answer");
            }
        }
    }

    /// Brings what runs in line with what is stored.
    async fn reconcile(&mut self) -> PortResult<()> {
        let stored = self.work.ports.pairs.in_partition(self.partition).await?;
        let differing = self.index.borrow().owners_differing(&stored);
        for owner in differing {
            // That list may lag behind; what is read for one owner does not.
            self.reload_pairs(owner).await?;
        }
        for account in self
            .work
            .ports
            .accounts
            .in_partition(self.partition)
            .await?
        {
            let is_out = matches!(account.state, AccountState::LoggedOut { .. });
            if !is_out && !self.forgetting.is_of(account.owner) {
                self.start_session(account);
            }
        }
        for user in self.work.ports.users.leaving_in(self.partition).await? {
            self.begin_forgetting(user, None).await?;
        }
        Ok(())
    }

    async fn forget(&mut self, user: UserId, request: control::Request) {
        if let Err(error) = self.begin_forgetting(user, Some(request)).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "a user who leaves is not forgotten yet; it is tried again"
            );
        }
    }

    /// Ends everything that runs for a user who leaves, and has the rest done beside everything
    /// else. The request is done when nothing is left.
    async fn begin_forgetting(
        &mut self,
        user: UserId,
        request: Option<control::Request>,
    ) -> PortResult<()> {
        if self.forgetting.is_of(user) {
            return Ok(());
        }
        let found = self.work.ports.users.get(user).await?;
        let Some(found) = found.filter(|found| found.leaving_since.is_some()) else {
            if let Some(request) = request {
                request.done();
            }
            return Ok(());
        };
        let accounts = self.work.ports.accounts.of_user(user).await?;
        for account in &accounts {
            self.end_session(account.id).await;
        }
        self.index.send_modify(|index| index.replace(user, []));
        let (ports, telegram) = (self.work.ports.clone(), self.work.telegram.clone());
        self.forgetting.begin(user, async move {
            match forget::forget(&ports, telegram.as_ref(), &found).await {
                Ok(()) => {
                    info!(%user, "forgotten");
                    if let Some(request) = request {
                        request.done();
                    }
                }
                Err(error) => warn!(
                    %user,
                    error = &error as &dyn std::error::Error,
                    "not all of a user who leaves is deleted; it is tried again"
                ),
            }
        });
        Ok(())
    }

    async fn handle(&mut self, request: control::Request) {
        let handled = match request.control {
            Control::RestartSession { owner, account } => self.restart(owner, account).await,
            Control::RemoveAccount { account, .. } => {
                self.end_session(account).await;
                return self.ask_telegram(request);
            }
            Control::PairsChanged { owner, .. } => self.reload_pairs(owner).await,
            Control::RefreshGuild { .. } => {
                warn!(control = ?request.control, "not for a partition");
                Ok(())
            }
            Control::ForgetUser { user } => return self.forget(user, request).await,
            Control::StartLogin { .. }
            | Control::AnswerLogin { .. }
            | Control::CancelLogin { .. }
            | Control::RefreshChats { .. }
            | Control::RefreshTopics { .. } => return self.ask_telegram(request),
        };
        match handled {
            Ok(()) => request.done(),
            Err(error) => warn!(
                error = &error as &dyn std::error::Error,
                "control message not handled yet; it comes again"
            ),
        }
    }

    /// Does what takes Telegram some time, beside everything else.
    fn ask_telegram(&mut self, request: control::Request) {
        let Some(telegram) = self.work.telegram.clone() else {
            warn!(control = ?request.control, "there are no credentials for Telegram");
            return request.done();
        };
        self.asked.spawn(async move {
            let asked = match request.control {
                Control::StartLogin { owner, login } => telegram.start_login(owner, login).await,
                Control::AnswerLogin { owner, login } => telegram.answer_login(owner, login).await,
                Control::CancelLogin { owner, login } => telegram.cancel_login(owner, login).await,
                Control::RefreshChats { account, .. } => telegram.refresh_chats(account).await,
                Control::RefreshTopics { account, chat, .. } => {
                    telegram.refresh_topics(account, chat).await
                }
                Control::RemoveAccount { owner, account } => {
                    telegram.remove_account(owner, account).await
                }
                Control::RestartSession { .. }
                | Control::PairsChanged { .. }
                | Control::RefreshGuild { .. }
                | Control::ForgetUser { .. } => Ok(()),
            };
            match asked {
                Ok(()) => request.done(),
                Err(error) => warn!(
                    error = &error as &dyn std::error::Error,
                    "control message not handled yet; it comes again"
                ),
            }
        });
    }

    fn start_session(&mut self, account: Account) {
        let Some(telegram) = self.work.telegram.clone() else {
            return;
        };
        if self.sessions.by_account.contains_key(&account.id) {
            return;
        }
        info!(account = %account.id, "session starting");
        let stop = self.stop.child_token();
        let (id, owner) = (account.id, account.owner);
        let (fence, ingest, stopping) = (self.fence, self.ingest.clone(), stop.clone());
        let running = self.sessions.running.spawn(async move {
            telegram.run_account(account, fence, ingest, stopping).await;
        });
        self.sessions.by_account.insert(
            id,
            Session {
                owner,
                task: running.id(),
                stop,
            },
        );
    }

    /// Waits until the session of an account has ended.
    async fn end_session(&mut self, account: AccountId) {
        let Some(session) = self.sessions.by_account.get(&account) else {
            return;
        };
        session.stop.cancel();
        while self.sessions.by_account.contains_key(&account) {
            let task = match self.sessions.running.join_next_with_id().await {
                Some(Ok((task, ()))) => task,
                Some(Err(error)) => error.id(),
                None => break,
            };
            self.sessions.remove(task);
        }
        self.sessions.by_account.remove(&account);
    }

    async fn restart(&mut self, owner: UserId, account: AccountId) -> PortResult<()> {
        let found = self.work.ports.accounts.get(owner, account).await?;
        self.end_session(account).await;
        if let Some(account) = found {
            self.start_session(account);
        }
        Ok(())
    }

    async fn reload_pairs(&mut self, owner: UserId) -> PortResult<()> {
        let pairs = self.work.ports.pairs.of_user(owner).await?.pairs;
        let partition = self.partition;
        self.index.send_modify(|index| {
            index.replace(
                owner,
                pairs.into_iter().filter(|pair| pair.partition == partition),
            );
        });
        self.work
            .health
            .set_pairs(partition, self.index.borrow().len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use patchbay_app::forget_user;
    use patchbay_app::testing::Memory;
    use patchbay_domain::user::User;

    use super::*;
    use crate::example::{PARTITION, pair};

    struct Scene {
        ports: Ports,
        health: Health,
        running: JoinSet<()>,
    }

    impl Scene {
        async fn start() -> Self {
            let (ports, health) = (Memory::new().ports(), Health::new());
            let work = PartitionWork {
                ports: ports.clone(),
                telegram: None,
                platforms: Reach::new(None, None),
                health: health.clone(),
            };
            let mut running = JoinSet::new();
            running.spawn(work.run(PARTITION, Fence(1), CancellationToken::new()));
            let scene = Self {
                ports,
                health,
                running,
            };
            scene.until_pairs(0).await;
            scene
        }

        /// Answers how long it took; paused time runs on while everybody waits.
        async fn until_pairs(&self, pairs: usize) -> Duration {
            let began = Instant::now();
            while self.health.pairs(PARTITION) != Some(pairs) {
                assert!(
                    began.elapsed() < Duration::from_mins(5),
                    "never {pairs} pairs"
                );
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            began.elapsed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_control_message_shows_a_pair_at_once() {
        let mut scene = Scene::start().await;
        assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
        let changed = Control::PairsChanged {
            owner: pair().owner,
            pair: pair().id,
        };
        let target = ControlTarget::Partition(PARTITION);
        scene.ports.controls.send(target, &changed).await.unwrap();
        assert!(scene.until_pairs(1).await < Duration::from_secs(1));
        scene.running.abort_all();
    }

    /// A user with a pair and an API key's worth of everything else, who leaves.
    async fn leaver(ports: &Ports, controls: impl FnOnce(&Ports) -> Ports) -> User {
        let user = User::new(
            pair().owner,
            "ann@example.com".parse().unwrap(),
            String::new(),
            1,
            ports.clock.now(),
        );
        let user = User {
            partition: PARTITION,
            ..user
        };
        ports.users.create(&user).await.unwrap();
        forget_user::leave(&controls(ports), &user).await.unwrap();
        user
    }

    async fn until_gone(ports: &Ports, user: &User) -> Duration {
        let began = Instant::now();
        while ports.users.get(user.id).await.unwrap().is_some() {
            assert!(began.elapsed() < Duration::from_mins(5), "still there");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_who_leaves_is_forgotten_with_all_pairs() {
        let mut scene = Scene::start().await;
        assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
        scene.until_pairs(1).await;
        let user = leaver(&scene.ports, Ports::clone).await;
        assert!(until_gone(&scene.ports, &user).await < Duration::from_secs(5));
        scene.until_pairs(0).await;
        let left = scene.ports.pairs.of_user(user.id).await.unwrap();
        assert_eq!(left.pairs, []);
        let target = ControlTarget::Partition(PARTITION);
        let controls = scene.ports.controls.receive(target, Duration::ZERO);
        assert_eq!(controls.await.unwrap(), [], "the request is done");
        scene.running.abort_all();
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_whose_message_got_lost_is_forgotten_too() {
        let mut scene = Scene::start().await;
        // The message goes to queues that nobody reads.
        let elsewhere = |ports: &Ports| Ports {
            controls: Memory::new().ports().controls,
            ..ports.clone()
        };
        let user = leaver(&scene.ports, elsewhere).await;
        until_gone(&scene.ports, &user).await;
        scene.running.abort_all();
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_forgotten_who_does_not_leave() {
        let mut scene = Scene::start().await;
        let ports = scene.ports.clone();
        assert!(ports.pairs.create(&pair(), 0).await.unwrap());
        scene.until_pairs(1).await;
        let email = "bob@example.com".parse().unwrap();
        let bob = User::new(pair().owner, email, String::new(), 1, ports.clock.now());
        ports.users.create(&bob).await.unwrap();
        let target = ControlTarget::Partition(PARTITION);
        let control = Control::ForgetUser { user: bob.id };
        ports.controls.send(target, &control).await.unwrap();
        tokio::time::sleep(Duration::from_mins(3)).await;
        assert_eq!(ports.users.get(bob.id).await.unwrap(), Some(bob));
        scene.until_pairs(1).await;
        scene.running.abort_all();
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_control_message_is_made_up_for() {
        let mut scene = Scene::start().await;
        assert!(scene.ports.pairs.create(&pair(), 0).await.unwrap());
        scene.until_pairs(1).await;
        assert!(
            scene
                .ports
                .pairs
                .delete(pair().owner, pair().id, None)
                .await
                .unwrap()
        );
        scene.until_pairs(0).await;
        scene.running.abort_all();
    }
}
