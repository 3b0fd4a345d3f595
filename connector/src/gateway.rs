//! The Discord gateway: what happens in the source channels of all users.

use std::sync::Arc;

use patchbay_app::ports::{Control, ControlTarget, PortResult, Ports};
use patchbay_discord::{Discord, Source, Sources};
use patchbay_domain::ids::UserId;
use patchbay_domain::{Fence, Pair, PairIndex, Platform};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::control;
use crate::health::Health;
use crate::ingest::Router;
use crate::supervise::until_answered;

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
        let following = async {
            while let Some(request) = received.recv().await {
                let Control::PairsChanged { owner, .. } = &request.control else {
                    warn!(control = ?request.control, "not for the gateway");
                    request.done();
                    continue;
                };
                match self.reload(*owner, &index).await {
                    Ok(()) => {
                        all_sources.send_replace(sources(&index.borrow()));
                        self.health.set_gateway_pairs(shard, index.borrow().len());
                        request.done();
                    }
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

    async fn reload(&self, owner: UserId, index: &watch::Sender<PairIndex>) -> PortResult<()> {
        let pairs = self.ports.pairs.of_user(owner).await?.pairs;
        let is_from_discord = |pair: &Pair| pair.source.platform() == Platform::Discord;
        index.send_modify(|index| index.replace(owner, pairs.into_iter().filter(is_from_discord)));
        Ok(())
    }
}

fn sources(index: &PairIndex) -> Sources {
    index
        .pairs()
        .filter_map(|pair| Source::of(&pair.source))
        .collect()
}
