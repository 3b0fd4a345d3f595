//! The contract of the ports, kept by the adapters on AWS: on the embedded AWS, or on whatever
//! `PATCHBAY_CONTRACT_ENDPOINT` names.

use std::sync::Arc;

use patchbay_app::ports::{Clock, Ids};
use patchbay_app::testing::ManualClock;
use patchbay_app::testing::contract::{PARTITIONS, Subject, failures};
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{RandomIds, SystemClock};
use patchbay_embedded_aws::{Config, EmbeddedAws};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapters_keep_the_contract() -> anyhow::Result<()> {
    let embedded = match std::env::var_os("PATCHBAY_CONTRACT_ENDPOINT") {
        Some(_) => None,
        None => {
            let listen = ([127, 0, 0, 1], 0).into();
            Some(EmbeddedAws::start(Config { listen, data: None }).await?)
        }
    };
    let endpoint = match &embedded {
        Some(embedded) => embedded.endpoint(),
        None => std::env::var_os("PATCHBAY_CONTRACT_ENDPOINT")
            .and_then(|endpoint| endpoint.into_string().ok())
            .ok_or_else(|| anyhow::anyhow!("PATCHBAY_CONTRACT_ENDPOINT is not a URL"))?,
    };
    // Names of this run alone: an endpoint that outlives it may have been used before.
    let run = format!("contract-{:x}-", RandomIds.next());
    let aws = Aws::connect(AwsConfig {
        endpoint: Some(endpoint),
        table: format!("{run}table"),
        queue_prefix: run.clone(),
        partitions: PARTITIONS,
        master_key_secret: format!("{run}master-key"),
        signing_key_secret: format!("{run}signing-key"),
    })
    .await?;
    aws.ensure().await?;
    aws.ensure().await?;

    let failures = failures(|| {
        // The real time to begin with: the store may delete by its own clock what has expired.
        let clock = ManualClock::at(SystemClock.now());
        let ports = aws.ports(Arc::new(clock.clone()), Arc::new(RandomIds));
        Subject { ports, clock }
    });
    assert_eq!(failures.await, Vec::<String>::new());
    if let Some(embedded) = embedded {
        embedded.stop().await;
    }
    Ok(())
}
