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

use crate::backfill::{Backfilling, Pace};
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
    pub(crate) backfill: Pace,
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
        let backfilling = Backfilling::new(
            self.ports.clone(),
            self.platforms.clone(),
            self.backfill.clone(),
        );
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
            backfilling,
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
    backfilling: Backfilling,
    stop: CancellationToken,
}

impl Tenure {
    async fn run(mut self, mut controls: mpsc::Receiver<control::Request>) {
        let mut reconcile = interval_at(Instant::now() + RECONCILE_EVERY, RECONCILE_EVERY);
        if let Err(error) = self.resume_backfills().await {
            warn!(
                error = &error as &dyn std::error::Error,
                "backfills go on within a minute"
            );
        }
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
                () = self.backfilling.next() => {}
                _ = reconcile.tick() => {
                    if let Err(error) = self.reconcile().await {
                        warn!(error = &error as &dyn std::error::Error, "not reconciled now");
                    }
                }
            }
        }
        self.asked.shutdown().await;
        self.forgetting.stop().await;
        self.backfilling.stop().await;
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
        self.resume_backfills().await
    }

    /// Goes on with what is not over, wherever it was begun.
    async fn resume_backfills(&mut self) -> PortResult<()> {
        let backfills = &self.work.ports.backfills;
        for backfill in backfills.unfinished(self.partition).await? {
            if !self.forgetting.is_of(backfill.owner) {
                self.backfilling.begin(backfill.owner, backfill.pair);
            }
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
        self.backfilling.stop_of(user).await;
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
            Control::PairsChanged { owner, .. } => {
                self.backfilling.wake_of(owner);
                self.reload_pairs(owner).await
            }
            Control::BackfillChanged { owner, pair } => {
                if !self.forgetting.is_of(owner) {
                    self.backfilling.begin(owner, pair);
                }
                Ok(())
            }
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
                | Control::BackfillChanged { .. }
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
mod tests;
