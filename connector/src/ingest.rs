//! From what happened on a platform to tasks in the queues.

use async_trait::async_trait;
use patchbay_app::ports::{Ingest, PortResult, Ports};
use patchbay_domain::{PairIndex, Routed, SourceEvent, route};
use tokio::sync::watch;

/// Routes events by the pairs of one partition, or of the gateway, and stores what follows.
pub(crate) struct Router {
    ports: Ports,
    index: watch::Receiver<PairIndex>,
}

impl Router {
    pub(crate) fn new(ports: Ports, index: watch::Receiver<PairIndex>) -> Self {
        Self { ports, index }
    }
}

#[async_trait]
impl Ingest for Router {
    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()> {
        let now = self.ports.clock.now();
        let (mut tasks, mut skipped) = (Vec::new(), Vec::new());
        {
            let index = self.index.borrow();
            for routed in events.iter().flat_map(|event| route(event, &index, now)) {
                match routed {
                    Routed::Forward(task) => tasks.push(task),
                    Routed::Skip(delivery) => skipped.push(delivery),
                }
            }
        }
        if !skipped.is_empty() {
            self.ports.deliveries.skip(&skipped).await?;
        }
        if !tasks.is_empty() {
            self.ports.tasks.enqueue(&tasks).await?;
        }
        Ok(())
    }
}
