//! SDK clients for an endpoint, and an embedded AWS to point them at.

use std::path::Path;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_http_client::Builder;
use patchbay_embedded_aws::{Config, EmbeddedAws};

#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) secrets: aws_sdk_secretsmanager::Client,
}

impl Clients {
    pub(crate) async fn of(endpoint: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .http_client(Builder::new().build_http())
            // An error is the answer to test, and not something to hide.
            .retry_config(RetryConfig::disabled())
            .load()
            .await;
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
        }
    }
}

pub(crate) async fn in_memory() -> (EmbeddedAws, Clients) {
    start(None).await
}

pub(crate) async fn on_disk(folder: &Path) -> (EmbeddedAws, Clients) {
    start(Some(folder)).await
}

async fn start(folder: Option<&Path>) -> (EmbeddedAws, Clients) {
    let listen = ([127, 0, 0, 1], 0).into();
    let config = Config {
        listen,
        data: folder.map(Path::to_owned),
    };
    let aws = EmbeddedAws::start(config).await.unwrap();
    let clients = Clients::of(&aws.endpoint()).await;
    (aws, clients)
}
