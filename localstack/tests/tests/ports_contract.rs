//! The contract of the ports, kept by the adapters on AWS: on the embedded AWS, or on whatever
//! `PATCHBAY_CONTRACT_ENDPOINT` names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_app::ports::{Claim, Clock, Ids};
use patchbay_app::testing::ManualClock;
use patchbay_app::testing::contract::{PARTITIONS, Subject, failures};
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{RandomIds, SystemClock};
use patchbay_domain::ids::{MessageId, PairId, PartitionId};
use patchbay_domain::{DeliveryState, Fence};
use patchbay_embedded_aws::{Config, EmbeddedAws};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapters_keep_the_contract() -> anyhow::Result<()> {
    let elsewhere = std::env::var_os("PATCHBAY_CONTRACT_ENDPOINT");
    let embedded = if elsewhere.is_none() {
        let listen = ([127, 0, 0, 1], 0).into();
        Some(EmbeddedAws::start(Config { listen, data: None }).await?)
    } else {
        None
    };
    let endpoint = elsewhere
        .and_then(|endpoint| endpoint.into_string().ok())
        .or_else(|| embedded.as_ref().map(EmbeddedAws::endpoint))
        .ok_or_else(|| anyhow::anyhow!("PATCHBAY_CONTRACT_ENDPOINT is not a URL"))?;
    // Names of this run alone: an endpoint that outlives it may have been used before.
    let run = format!("contract-{:x}-", RandomIds.next());
    let aws = Aws::connect(AwsConfig {
        endpoint: Some(endpoint),
        table: format!("{run}table"),
        queue_prefix: run.clone(),
        partitions: PARTITIONS,
        master_key_secret: format!("{run}master-key"),
        signing_key_secret: format!("{run}signing-key"),
        mail_from: None,
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

/// Each request costs money, for every message of every tenant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_messages_take_three_requests_and_two_writes_each() -> anyhow::Result<()> {
    let listen = ([127, 0, 0, 1], 0).into();
    let embedded = EmbeddedAws::start(Config { listen, data: None }).await?;
    let config = AwsConfig {
        endpoint: Some(embedded.endpoint()),
        ..AwsConfig::default()
    };
    let aws = Aws::connect(config).await?;
    aws.ensure().await?;
    let clock = ManualClock::at(SystemClock.now());
    let ports = aws.ports(Arc::new(clock.clone()), Arc::new(RandomIds));
    let subject = Subject {
        ports: ports.clone(),
        clock: clock.clone(),
    };
    let partition = PartitionId(0);
    // The queue's address is asked for once.
    ports.tasks.receive(partition, Duration::ZERO).await?;

    let before = embedded.calls();
    let tasks: Vec<_> = (1..=10)
        .map(|n| subject.task(PairId::from_bits(n), partition, 7))
        .collect();
    ports.tasks.enqueue(&tasks).await?;
    let received = ports
        .tasks
        .receive(partition, Duration::from_secs(5))
        .await?;
    for task in &received {
        let claim = ports
            .deliveries
            .claim(&task.body, Fence(1), clock.now())
            .await?;
        assert_eq!(claim, Claim::First);
        let delivered = DeliveryState::delivered(vec![MessageId(9)]);
        ports
            .deliveries
            .finish(&task.body, &delivered, clock.now())
            .await?;
    }
    let receipts: Vec<_> = received.into_iter().map(|task| task.receipt).collect();
    ports.tasks.delete(&receipts).await?;

    let made: BTreeMap<String, u64> = embedded
        .calls()
        .into_iter()
        .map(|(operation, calls)| {
            let earlier = before.get(&operation).copied().unwrap_or_default();
            (operation, calls - earlier)
        })
        .filter(|(_, calls)| *calls > 0)
        .collect();
    let expected = [
        ("DynamoDB.UpdateItem", 20),
        ("SQS.DeleteMessageBatch", 1),
        ("SQS.ReceiveMessage", 1),
        ("SQS.SendMessageBatch", 1),
    ];
    let expected = expected.map(|(operation, calls)| (operation.to_owned(), calls));
    assert_eq!(made, BTreeMap::from(expected));
    embedded.stop().await;
    Ok(())
}
