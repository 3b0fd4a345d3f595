//! The Discord gateway: what happens in the source channels of all users.

use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Control, ControlTarget, PortResult, Ports};
use patchbay_discord::{Discord, Source, Sources};
use patchbay_domain::ids::UserId;
use patchbay_domain::{Fence, Pair, PairIndex, Platform};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::control;
use crate::health::Health;
use crate::ingest::Router;
use crate::supervise::until_answered;

/// As in a partition; the list is of all users.
const RECONCILE_EVERY: Duration = Duration::from_mins(5);

#[derive(Clone)]
pub(crate) struct GatewayWork {
    pub(crate) ports: Ports,
    pub(crate) discord: Option<Discord>,
    pub(crate) health: Health,
}

impl GatewayWork {
    /// Returns soon after `stop`.
    pub(crate) async fn run(self, shard: u32, fence: Fence, stop: CancellationToken) {
        let Some(discord) = self.discord.clone() else {
            return stop.cancelled().await;
        };
        let Some(pairs) = until_answered(&stop, || self.ports.pairs.from_discord()).await else {
            return;
        };
        let (index, routed) = watch::channel(PairIndex::default());
        index.send_modify(|index| index.replace_all(pairs));
        let (all_sources, watched) = watch::channel(sources(&index.borrow()));
        self.health.set_gateway_pairs(shard, index.borrow().len());
        let ingest = Arc::new(Router::new(self.ports.clone(), routed));
        let (controls, mut received) = mpsc::channel::<control::Request>(1);
        let shown = || {
            all_sources.send_replace(sources(&index.borrow()));
            self.health.set_gateway_pairs(shard, index.borrow().len());
        };
        let following = async {
            let mut reconcile = interval_at(Instant::now() + RECONCILE_EVERY, RECONCILE_EVERY);
            loop {
                let outcome = tokio::select! {
                    request = received.recv() => {
                        let Some(request) = request else { break };
                        self.handle(request, &index).await
                    }
                    _ = reconcile.tick() => self.reconcile(&index).await,
                };
                match outcome {
                    Ok(()) => shown(),
                    Err(error) => {
                        warn!(
                            error = &error as &dyn std::error::Error,
                            "pairs not read yet"
                        );
                    }
                }
            }
        };
        tokio::join!(
            discord.run_shard(shard, fence, ingest, watched, stop.clone()),
            control::receive(self.ports.clone(), ControlTarget::Gateway, controls, stop),
            following,
        );
        self.health.remove_gateway(shard);
    }

    async fn handle(
        &self,
        request: control::Request,
        index: &watch::Sender<PairIndex>,
    ) -> PortResult<()> {
        match &request.control {
            Control::PairsChanged { owner, .. } => self.reload(*owner, index).await?,
            Control::RefreshGuild { guild, .. } => {
                let discord = self.discord.as_ref();
                if discord.is_some_and(|discord| !discord.refresh_guild(*guild)) {
                    // It comes again, perhaps where that server's shard runs.
                    return Ok(());
                }
            }
            Control::StartLogin { .. }
            | Control::AnswerLogin { .. }
            | Control::CancelLogin { .. }
            | Control::RestartSession { .. }
            | Control::RemoveAccount { .. }
            | Control::RefreshChats { .. }
            | Control::RefreshTopics { .. }
            | Control::ForgetUser { .. } => {
                warn!(control = ?request.control, "not for the gateway");
            }
        }
        request.done();
        Ok(())
    }

    /// Finds what a lost control message would have said.
    async fn reconcile(&self, index: &watch::Sender<PairIndex>) -> PortResult<()> {
        let stored = self.ports.pairs.from_discord().await?;
        let differing = index.borrow().owners_differing(&stored);
        for owner in differing {
            self.reload(owner, index).await?;
        }
        Ok(())
    }

    async fn reload(&self, owner: UserId, index: &watch::Sender<PairIndex>) -> PortResult<()> {
        let pairs = self.ports.pairs.of_user(owner).await?.pairs;
        let is_from_discord = |pair: &Pair| pair.source.platform() == Platform::Discord;
        index.send_modify(|index| index.replace(owner, pairs.into_iter().filter(is_from_discord)));
        Ok(())
    }
}

fn sources(index: &PairIndex) -> Sources {
    let of = |pair: &Pair| Source::of(&pair.source);
    let with_reactions = index.pairs().filter(|pair| pair.options.events.reactions);
    Sources {
        all: index.pairs().filter_map(of).collect(),
        with_reactions: with_reactions.filter_map(of).collect(),
    }
}
