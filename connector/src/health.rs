//! What an operator sees at `/healthz`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use patchbay_discord::Discord;
use patchbay_domain::ids::{ConnectorId, PartitionId};
use patchbay_telegram::Telegram;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What is held at the moment, told by those who hold it.
#[derive(Debug, Clone)]
pub(crate) struct Health(Arc<watch::Sender<Held>>);

#[derive(Debug, Clone, Default, Serialize)]
struct Held {
    /// Pairs in each partition that this connector holds.
    partitions: BTreeMap<String, usize>,
    /// Pairs with a Discord source, for each gateway shard that this connector holds.
    gateways: BTreeMap<u32, usize>,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Held::default())))
    }

    pub(crate) fn set_pairs(&self, partition: PartitionId, pairs: usize) {
        self.0.send_modify(|held| {
            held.partitions.insert(partition.to_string(), pairs);
        });
    }

    #[cfg(test)]
    pub(crate) fn pairs(&self, partition: PartitionId) -> Option<usize> {
        self.0
            .borrow()
            .partitions
            .get(&partition.to_string())
            .copied()
    }

    pub(crate) fn remove_partition(&self, partition: PartitionId) {
        self.0.send_modify(|held| {
            held.partitions.remove(&partition.to_string());
        });
    }

    pub(crate) fn set_gateway_pairs(&self, shard: u32, pairs: usize) {
        self.0.send_modify(|held| {
            held.gateways.insert(shard, pairs);
        });
    }

    pub(crate) fn remove_gateway(&self, shard: u32) {
        self.0.send_modify(|held| {
            held.gateways.remove(&shard);
        });
    }
}

#[derive(Clone)]
pub(crate) struct HealthSource {
    pub(crate) connector: ConnectorId,
    pub(crate) health: Health,
    pub(crate) telegram: Option<Telegram>,
    pub(crate) discord: Option<Discord>,
}

#[derive(Debug, Serialize)]
struct Report {
    connector: ConnectorId,
    #[serde(flatten)]
    held: Held,
    /// Telegram sessions by account.
    telegram: BTreeMap<String, serde_json::Value>,
    discord: serde_json::Value,
}

/// Serves until stopped.
pub(crate) async fn serve(listener: TcpListener, source: HealthSource, stop: CancellationToken) {
    let app = Router::new()
        .route("/healthz", get(report))
        .with_state(source);
    let served = axum::serve(listener, app)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "health is not served any more"
        );
    }
}

pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

async fn report(State(source): State<HealthSource>) -> (StatusCode, Json<Report>) {
    let held = source.health.0.borrow().clone();
    let telegram = source.telegram.iter().flat_map(Telegram::sessions);
    let report = Report {
        connector: source.connector,
        telegram: telegram
            .map(|(account, state)| (account.to_string(), serde_json::json!(state)))
            .collect(),
        discord: source
            .discord
            .as_ref()
            .map_or(serde_json::Value::Null, |discord| {
                serde_json::json!(discord.state())
            }),
        held,
    };
    // A connector that holds nothing may be starting, or there are more of them than partitions:
    // neither is a reason to replace it.
    (StatusCode::OK, Json(report))
}
