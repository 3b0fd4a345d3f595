use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{RandomIds, SystemClock};
use patchbay_connector::{BackfillPace, Connector, Settings};
use tokio_util::sync::CancellationToken;

use crate::endpoints::Endpoints;
use crate::options::Options;
use crate::platforms::platforms;
use crate::stack::TERMS;

/// The connector alone, as a part of what runs in another process. It serves its health where the
/// endpoints say.
pub async fn run_connector(endpoints: &Endpoints, stop: CancellationToken) -> Result<()> {
    let adapters = Aws::connect(AwsConfig {
        endpoint: Some(endpoints.aws.clone()),
        partitions: endpoints.partitions,
        ..AwsConfig::default()
    })
    .await?;
    let ports = adapters.ports(Arc::new(SystemClock), Arc::new(RandomIds));
    let options = Options::in_folder(PathBuf::new());
    let platforms = platforms(&options, endpoints.simulators.as_ref(), &ports).await?;
    let health = endpoints.health.trim_start_matches("http://");
    let settings = Settings {
        partitions: endpoints.partitions,
        gateway_shards: 1,
        terms: TERMS,
        backfill: BackfillPace::default(),
        health: health.parse().context("the address of its health")?,
    };
    let connector = Connector::bind(settings, ports, platforms)
        .await
        .context("the connector's health can't be served")?;
    connector.run(stop).await;
    Ok(())
}
