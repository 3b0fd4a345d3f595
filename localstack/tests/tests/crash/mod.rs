//! A connector in a runtime of its own, which can be made to die at a chosen step.

mod ports;

use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay::{Base, Endpoints};
use patchbay_connector::{Connector, LeaseTerms, Settings};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use ports::{crashing_ports, crashing_sender};

/// Between two steps of a message's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// The platform's update is here, nothing is stored.
    Received,
    /// The tasks are in the queue, the platform's position is not saved.
    Enqueued,
    /// The claim is stored, nothing is sent.
    Claimed,
    /// The platform has the message, nothing says so.
    Sent,
    /// The outcome is stored, the task is still in the queue.
    Recorded,
}

/// Where and how often the connector gets before it stands still, to be killed there.
pub(crate) struct Crash {
    point: Point,
    left: AtomicUsize,
    reached: Notify,
}

impl Crash {
    pub(crate) fn at(point: Point, occurrence: usize) -> Arc<Self> {
        Arc::new(Self {
            point,
            left: AtomicUsize::new(occurrence),
            reached: Notify::new(),
        })
    }

    /// Never returns from the chosen occurrence of the chosen point, nor from any after it.
    async fn pass(&self, point: Point) {
        if point != self.point {
            return;
        }
        let left = self.left.load(Ordering::SeqCst);
        if left <= 1 {
            self.reached.notify_one();
            pending::<()>().await;
        }
        self.left.store(left - 1, Ordering::SeqCst);
    }

    pub(crate) async fn reached(&self) {
        let wait = tokio::time::timeout(Duration::from_mins(1), self.reached.notified());
        wait.await.expect("the crash point is reached");
    }
}

/// Short, so that a successor need not wait for long.
const TERMS: LeaseTerms = LeaseTerms {
    ttl: Duration::from_secs(2),
    renew_every: Duration::from_millis(500),
    margin: Duration::from_millis(500),
};

pub(crate) struct Running {
    pub(crate) endpoints: Endpoints,
    runtime: Runtime,
    stop: CancellationToken,
    stopped: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(base: &Arc<Base>, crash: Option<Arc<Crash>>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let stop = CancellationToken::new();
        let (own, stopping) = (base.clone(), stop.clone());
        let bound = runtime.spawn(async move {
            let ports = match &crash {
                Some(crash) => crashing_ports(own.ports(), crash),
                None => own.ports().clone(),
            };
            let platforms = own.platforms(&ports).await.unwrap();
            let settings = Settings {
                partitions: own.partitions(),
                gateway_shards: 1,
                terms: TERMS,
                health: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            };
            let connector = Connector::bind(settings, ports, platforms).await.unwrap();
            match crash {
                Some(crash) => {
                    connector.with_senders(|sender| crashing_sender(sender, crash.clone()))
                }
                None => connector,
            }
        });
        let connector = bound.await.unwrap();
        let endpoints = base.endpoints(connector.health_address().unwrap());
        let stopped = runtime.spawn(connector.run(stopping));
        Self {
            endpoints,
            runtime,
            stop,
            stopped,
        }
    }

    /// Stops as on a deployment, within the time that one has.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        let stopped = tokio::time::timeout(Duration::from_secs(20), self.stopped).await;
        stopped.expect("a stop takes at most 20 s").unwrap();
        self.runtime.shutdown_background();
    }

    /// Every task ends where it stands; nothing more is written or handed on.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// Lets tasks of a killed connector come back soon.
pub(crate) async fn shorten_task_visibility(base: &Base) {
    let client = reqwest::Client::new();
    let health = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let aws = base.endpoints(health).aws;
    let call = async |operation: &str, body: serde_json::Value| -> serde_json::Value {
        let request = client
            .post(&aws)
            .header("x-amz-target", format!("AmazonSQS.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .body(body.to_string());
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap())
            .unwrap_or_default()
    };
    let queues = call("ListQueues", serde_json::json!({})).await;
    for queue in queues["QueueUrls"].as_array().unwrap() {
        let attributes = serde_json::json!({"VisibilityTimeout": "2"});
        call(
            "SetQueueAttributes",
            serde_json::json!({"QueueUrl": queue, "Attributes": attributes}),
        )
        .await;
    }
}
