//! One partition: the Telegram sessions of its users, their tasks, and what they ask for.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_app::ports::{Control, ControlTarget, Ingest, PortResult, Ports};
use patchbay_domain::account::Account;
use patchbay_domain::ids::{AccountId, PartitionId, UserId};
use patchbay_domain::{Fence, PairIndex};
use patchbay_telegram::Telegram;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::control;
use crate::deliver::{Deliverer, Senders};
use crate::health::Health;
use crate::ingest::Router;
use crate::supervise::until_answered;

/// What every partition works with.
#[derive(Clone)]
pub(crate) struct PartitionWork {
    pub(crate) ports: Ports,
    pub(crate) telegram: Option<Telegram>,
    pub(crate) senders: Senders,
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
            ingest: Arc::new(Router::new(self.ports.clone(), routed.clone())),
            work: self,
            partition,
            fence,
            index,
            sessions: Sessions::default(),
            asked: JoinSet::new(),
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
            senders: tenure.work.senders.clone(),
            partition,
            fence,
            index: routed,
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

/// The sessions that run, each with its own stop.
#[derive(Default)]
struct Sessions {
    stops: HashMap<AccountId, CancellationToken>,
    running: JoinSet<AccountId>,
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
    stop: CancellationToken,
}

impl Tenure {
    async fn run(mut self, mut controls: mpsc::Receiver<control::Request>) {
        loop {
            tokio::select! {
                request = controls.recv() => {
                    let Some(request) = request else { break };
                    self.handle(request).await;
                }
                Some(ended) = self.sessions.running.join_next() => match ended {
                    Ok(account) => drop(self.sessions.stops.remove(&account)),
                    Err(error) => warn!(error = &error as &dyn std::error::Error, "a session's task died"),
                },
                Some(asked) = self.asked.join_next() => {
                    if let Err(error) = asked {
                        warn!(error = &error as &dyn std::error::Error, "a request's task died; it comes again");
                    }
                }
            }
        }
        self.asked.shutdown().await;
        for stop in self.sessions.stops.values() {
            stop.cancel();
        }
        while self.sessions.running.join_next().await.is_some() {}
    }

    async fn handle(&mut self, request: control::Request) {
        let handled = match request.control {
            Control::RestartSession { owner, account } => self.restart(owner, account).await,
            Control::RemoveAccount { account, .. } => {
                self.end_session(account).await;
                return self.ask_telegram(request);
            }
            Control::PairsChanged { owner, .. } => self.reload_pairs(owner).await,
            Control::StartLogin { .. }
            | Control::AnswerLogin { .. }
            | Control::CancelLogin { .. }
            | Control::RefreshChats { .. } => return self.ask_telegram(request),
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
                Control::RemoveAccount { owner, account } => {
                    telegram.remove_account(owner, account).await
                }
                Control::RestartSession { .. } | Control::PairsChanged { .. } => Ok(()),
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
        if self.sessions.stops.contains_key(&account.id) {
            return;
        }
        info!(account = %account.id, "session starting");
        let stop = self.stop.child_token();
        self.sessions.stops.insert(account.id, stop.clone());
        let (id, fence, ingest) = (account.id, self.fence, self.ingest.clone());
        self.sessions.running.spawn(async move {
            telegram.run_account(account, fence, ingest, stop).await;
            id
        });
    }

    /// Waits until the session of an account has ended.
    async fn end_session(&mut self, account: AccountId) {
        let Some(stop) = self.sessions.stops.get(&account) else {
            return;
        };
        stop.cancel();
        while self.sessions.stops.contains_key(&account) {
            match self.sessions.running.join_next().await {
                Some(Ok(ended)) => drop(self.sessions.stops.remove(&ended)),
                Some(Err(_)) => {}
                None => drop(self.sessions.stops.remove(&account)),
            }
        }
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
