use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use patchbay_app::ports::{Clock, ControlTarget, Ids, NoDiscordOauth, PortResult, Ports};
use secrecy::SecretSlice;
use tracing::debug;

use crate::config::AwsConfig;
use crate::dynamodb::key::{PK, SK};
use crate::dynamodb::{IdempotencyStore, KeptTaskStore, PositionStore, Table, VaultStore};
use crate::ensure;
use crate::seal::Sealer;
use crate::secrets::Secrets;
use crate::ses::Ses;
use crate::sqs::{QueueNames, Queues};

const CONNECT: Duration = Duration::from_secs(3);
const ATTEMPT: Duration = Duration::from_secs(8);
/// A long poll takes 20 seconds when there is nothing.
const POLL: Duration = Duration::from_secs(26);
const ATTEMPTS: u32 = 4;

/// Clients for everything on AWS that Patchbay uses. They share their connections.
#[derive(Clone)]
pub struct Aws {
    config: Arc<AwsConfig>,
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    ses: aws_sdk_sesv2::Client,
    secrets: Secrets,
}

impl Aws {
    /// Finds the region. Nothing is asked of the services yet.
    pub async fn connect(config: AwsConfig) -> PortResult<Self> {
        let sdk = sdk_config(&config).await;
        let polls = aws_sdk_sqs::config::Builder::from(&sdk)
            .timeout_config(timeouts().operation_attempt_timeout(POLL).build())
            .build();
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            sqs: aws_sdk_sqs::Client::from_conf(polls),
            ses: aws_sdk_sesv2::Client::new(&sdk),
            secrets: Secrets::new(aws_sdk_secretsmanager::Client::new(&sdk)),
            config: Arc::new(config),
        })
    }

    /// Opens the connections and finds the credentials, so that the first real request need not
    /// wait for them. If something is not there, that request will say so.
    pub async fn warm(&self) {
        let nobody = "warm".to_owned();
        let read = self
            .dynamodb
            .get_item()
            .table_name(&self.config.table)
            .key(PK, AttributeValue::S(nobody.clone()))
            .key(SK, AttributeValue::S(nobody));
        let gateway = QueueNames::new(&self.config.queue_prefix).controls(ControlTarget::Gateway);
        let queue = self.sqs.get_queue_url().queue_name(gateway);
        let (read, queue) = tokio::join!(read.send(), queue.send());
        debug!(
            is_table_there = read.is_ok(),
            is_queue_there = queue.is_ok(),
            "warmed"
        );
    }

    /// Makes what is missing of table, queues and secrets; leaves what is there.
    pub async fn ensure(&self) -> PortResult<()> {
        ensure::table(&self.dynamodb, &self.config.table).await?;
        ensure::queues(&self.sqs, &self.config).await?;
        self.secrets.ensure(&self.config.master_key_secret).await?;
        self.secrets.ensure(&self.config.signing_key_secret).await
    }

    /// What is on AWS. Whoever acts for people on Discord replaces `discord_oauth`.
    pub fn ports(&self, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Ports {
        let table = Arc::new(Table::new(
            self.dynamodb.clone(),
            &self.config.table,
            clock.clone(),
        ));
        let queues = Arc::new(Queues::new(self.sqs.clone(), &self.config.queue_prefix));
        let sealer = || Sealer::new(self.secrets.clone(), &self.config.master_key_secret);
        Ports {
            users: table.clone(),
            sessions: table.clone(),
            proofs: table.clone(),
            throttles: table.clone(),
            mail: Arc::new(Ses::new(self.ses.clone(), self.config.mail_from.clone())),
            accounts: table.clone(),
            logins: table.clone(),
            bot_links: table.clone(),
            guild_links: table.clone(),
            discord_links: table.clone(),
            discord_oauth: Arc::new(NoDiscordOauth),
            api_keys: table.clone(),
            quotas: table.clone(),
            chats: table.clone(),
            pairs: table.clone(),
            deliveries: table.clone(),
            kept_tasks: Arc::new(KeptTaskStore::new(table.clone(), sealer())),
            doubles: table.clone(),
            rollups: table.clone(),
            backfills: table.clone(),
            backlogs: table.clone(),
            positions: Arc::new(PositionStore::new(table.clone())),
            leases: table.clone(),
            idempotency: Arc::new(IdempotencyStore::new(table.clone(), sealer())),
            vault: Arc::new(VaultStore::new(table, sealer())),
            tasks: queues.clone(),
            controls: queues,
            clock,
            ids,
        }
    }

    /// The 32 bytes of each key for access tokens. The first one signs; tokens of the others are
    /// still good.
    pub async fn signing_keys(&self) -> PortResult<Vec<SecretSlice<u8>>> {
        let keys = self.secrets.keys(&self.config.signing_key_secret).await?;
        let (current, _) = keys.current();
        let mut versions: Vec<_> = keys.versions().collect();
        versions.sort_by_key(|(version, _)| *version != current);
        Ok(versions
            .into_iter()
            .map(|(_, key)| SecretSlice::from(key.to_vec()))
            .collect())
    }
}

async fn sdk_config(config: &AwsConfig) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts().operation_attempt_timeout(ATTEMPT).build());
    match &config.endpoint {
        None => loader.load().await,
        Some(endpoint) => {
            let invented = Credentials::new("patchbay", "patchbay", None, None, "invented");
            loader
                .endpoint_url(endpoint)
                .region(Region::new("us-east-1"))
                .credentials_provider(invented)
                .load()
                .await
        }
    }
}

fn timeouts() -> aws_config::timeout::TimeoutConfigBuilder {
    TimeoutConfig::builder().connect_timeout(CONNECT)
}
