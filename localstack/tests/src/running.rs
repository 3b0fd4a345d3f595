//! A connector in a runtime of its own, so that it can be killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use patchbay::{Base, Endpoints};
use patchbay_app::ports::{Ports, Sender};
use patchbay_connector::{BackfillPace, Connector, LeaseTerms, Settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Short, so that a successor need not wait for long.
const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_secs(2),
    renew_every: Duration::from_millis(500),
    margin: Duration::from_millis(500),
};
/// So long that nothing is renewed while something is counted.
const UNDISTURBED: LeaseTerms = LeaseTerms {
    ttl: Duration::from_hours(2),
    renew_every: Duration::from_hours(1),
    margin: Duration::from_secs(1),
};
/// Fast, and in pages small enough that there are some.
const BACKFILL: BackfillPace = BackfillPace {
    page: 3,
    between_reads: Duration::from_millis(20),
    per_message: Duration::from_millis(10),
};
/// How long a stop may take.
const STOP_WAIT: Duration = Duration::from_secs(20);

pub struct Running {
    pub endpoints: Endpoints,
    /// There until the end.
    runtime: Option<Runtime>,
    stop: CancellationToken,
    stopped: JoinHandle<()>,
}

/// Every task ends where it stands; nothing more is written or handed on.
impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Running {
    pub async fn start(base: &Arc<Base>) -> Result<Self> {
        Self::wrapped(base, base.ports().clone(), |sender| sender).await
    }

    /// One that renews no lease, so that what messages cost is not lost in what is done anyway.
    pub async fn undisturbed(base: &Arc<Base>) -> Result<Self> {
        Self::with_terms(base, base.ports().clone(), UNDISTURBED, |sender| sender).await
    }

    /// With these ports, and something between deliveries and the platforms.
    pub async fn wrapped(
        base: &Arc<Base>,
        ports: Ports,
        wrap: impl Fn(Arc<dyn Sender>) -> Arc<dyn Sender> + Send + 'static,
    ) -> Result<Self> {
        Self::with_terms(base, ports, TERMS, wrap).await
    }

    async fn with_terms(
        base: &Arc<Base>,
        ports: Ports,
        terms: LeaseTerms,
        wrap: impl Fn(Arc<dyn Sender>) -> Arc<dyn Sender> + Send + 'static,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let stop = CancellationToken::new();
        let (own, stopping) = (base.clone(), stop.clone());
        let bound = runtime.spawn(async move {
            let platforms = own.platforms(&ports).await?;
            let settings = Settings {
                partitions: own.partitions(),
                gateway_shards: 1,
                terms,
                backfill: BACKFILL,
                health: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            };
            let connector = Connector::bind(settings, ports, platforms).await?;
            anyhow::Ok(connector.with_senders(wrap))
        });
        let connector = bound.await??;
        let endpoints = base.endpoints(connector.health_address()?);
        let stopped = runtime.spawn(connector.run(stopping));
        Ok(Self {
            endpoints,
            runtime: Some(runtime),
            stop,
            stopped,
        })
    }

    /// Stops as on a deployment, within the time that one has.
    pub async fn stop(mut self) -> Result<()> {
        self.stop.cancel();
        let stopped = tokio::time::timeout(STOP_WAIT, &mut self.stopped).await;
        stopped.context("a stop takes at most 20 s")??;
        Ok(())
    }

    pub fn kill(self) {
        drop(self);
    }
}

/// How long tasks are hidden that were received and not deleted: those of a killed connector come
/// back after it.
pub async fn set_task_visibility(aws: &str, time: Duration) -> Result<()> {
    let client = reqwest::Client::new();
    let call = async |operation: &str, body: Value| -> Result<Value> {
        let request = client
            .post(aws)
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        let answer = request.send().await?.text().await?;
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    };
    let queues = call("ListQueues", json!({})).await?;
    let queues = queues["QueueUrls"].as_array().context("queues")?.clone();
    let attributes = json!({"VisibilityTimeout": time.as_secs().to_string()});
    for queue in queues {
        let wish = json!({"QueueUrl": queue, "Attributes": attributes});
        call("SetQueueAttributes", wish).await?;
    }
    Ok(())
}
