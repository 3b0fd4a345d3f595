use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName as Name;
use patchbay_app::ports::{ControlTarget, PortResult, TASK_VISIBILITY};
use patchbay_domain::ids::PartitionId;

use crate::config::AwsConfig;
use crate::error::{corrupt, unavailable};
use crate::sqs::QueueNames;

const OPERATION: &str = "making the queues";
/// Every wait of a task counts as a receipt, so this only catches what nobody can handle.
const TASK_RECEIPTS: u32 = 1_000;
const CONTROL_RECEIPTS: u32 = 20;
const FOURTEEN_DAYS: &str = "1209600";

pub(crate) async fn queues(client: &Client, config: &AwsConfig) -> PortResult<()> {
    let names = QueueNames::new(&config.queue_prefix);
    let dead_tasks = dead_letter_queue(client, names.dead_tasks(), Kind::Fifo).await?;
    let dead_controls = dead_letter_queue(client, names.dead_controls(), Kind::Standard).await?;
    let mut targets = vec![ControlTarget::Gateway];
    for partition in (0..config.partitions).map(PartitionId) {
        let attributes = attributes(Kind::Fifo, &dead_tasks, TASK_RECEIPTS);
        create(client, names.tasks(partition), attributes).await?;
        targets.push(ControlTarget::Partition(partition));
    }
    for target in targets {
        let attributes = attributes(Kind::Standard, &dead_controls, CONTROL_RECEIPTS);
        create(client, names.controls(target), attributes).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Kind {
    Standard,
    Fifo,
}

impl Kind {
    /// High throughput: deduplication and its limit are per message group.
    fn attributes(self) -> HashMap<Name, String> {
        let mut attributes =
            HashMap::from([(Name::MessageRetentionPeriod, FOURTEEN_DAYS.to_owned())]);
        match self {
            Self::Standard => {}
            Self::Fifo => attributes.extend([
                (Name::FifoQueue, "true".to_owned()),
                (Name::DeduplicationScope, "messageGroup".to_owned()),
                (Name::FifoThroughputLimit, "perMessageGroupId".to_owned()),
            ]),
        }
        attributes
    }
}

fn attributes(kind: Kind, dead_letter_arn: &str, receipts: u32) -> HashMap<Name, String> {
    let redrive = serde_json::json!({
        "deadLetterTargetArn": dead_letter_arn,
        "maxReceiveCount": receipts,
    });
    let mut attributes = kind.attributes();
    attributes.insert(Name::RedrivePolicy, redrive.to_string());
    attributes.insert(
        Name::VisibilityTimeout,
        TASK_VISIBILITY.as_secs().to_string(),
    );
    attributes
}

/// Makes the queue and yields its ARN.
async fn dead_letter_queue(client: &Client, name: String, kind: Kind) -> PortResult<String> {
    let url = create(client, name, kind.attributes()).await?;
    let request = client
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(Name::QueueArn);
    let answer = request.send().await.map_err(unavailable(OPERATION))?;
    let arn = answer
        .attributes
        .and_then(|mut attributes| attributes.remove(&Name::QueueArn));
    arn.ok_or_else(|| corrupt(OPERATION, "a queue without an ARN"))
}

/// Makes the queue, or finds it with the same attributes, and yields its URL.
async fn create(
    client: &Client,
    name: String,
    attributes: HashMap<Name, String>,
) -> PortResult<String> {
    let request = client
        .create_queue()
        .queue_name(name)
        .set_attributes(Some(attributes));
    let answer = request.send().await.map_err(unavailable(OPERATION))?;
    answer
        .queue_url
        .ok_or_else(|| corrupt(OPERATION, "a queue without a URL"))
}
