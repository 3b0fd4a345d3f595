use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use patchbay_api::Api;
use patchbay_app::letters::Site;
use patchbay_app::link_telegram::Patience;
use patchbay_app::ports::Ports;
use patchbay_app::throttle::Allowances;
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::{HttpDiscordOauth, RandomIds, SystemClock};
use patchbay_connector::Platforms;
use patchbay_embedded_aws::{CapacityUnits, EmbeddedAws};
use patchbay_simulator::Simulators;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::endpoints::{Endpoints, SimulatorEndpoints};
use crate::mailbox::Mailbox;
use crate::oauth;
use crate::options::Options;
use crate::platforms::platforms;

/// Everything but the connector: AWS, the simulators, and the API.
pub struct Base {
    options: Options,
    partitions: u16,
    data: PathBuf,
    aws: EmbeddedAws,
    ports: Ports,
    simulators: Option<Simulators>,
    api: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Base {
    pub async fn start(options: Options) -> Result<Self> {
        let data = options
            .data
            .clone()
            .unwrap_or_else(|| PathBuf::from(".patchbay"));
        std::fs::create_dir_all(&data)
            .with_context(|| format!("the folder {} can't be made", data.display()))?;
        let before = Endpoints::read(&data);
        let partitions = partitions(options.partitions, before.as_ref())?;
        let aws = patchbay_embedded_aws::Config {
            listen: chosen(
                "--aws",
                options.aws,
                before.as_ref().map(|before| &*before.aws),
            )?,
            data: Some(data.join("aws")),
        };
        let aws = EmbeddedAws::start(aws).await?;
        let adapters = Aws::connect(aws_config(partitions, &aws)).await?;
        adapters
            .ensure()
            .await
            .context("tables and queues can't be made")?;
        let mailbox = Mailbox::open(&data, Arc::new(SystemClock));
        let mailbox = mailbox.context("the mailbox can't be made")?;
        let mut ports = Ports {
            mail: Arc::new(mailbox),
            ..adapters.ports(Arc::new(SystemClock), Arc::new(RandomIds))
        };
        let simulators = start_simulators(&options, &data, before.as_ref()).await?;
        if let Some(application) = oauth::application(&options, simulators.as_ref()).await? {
            ports.discord_oauth = Arc::new(HttpDiscordOauth::new(application)?);
        }

        let listen = chosen(
            "--api",
            options.api,
            before.as_ref().map(|before| &*before.api),
        )?;
        let listener = TcpListener::bind(listen)
            .await
            .context("the API can't be served")?;
        let api = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let stopped = stop.clone().cancelled_owned();
        let keys = adapters
            .signing_keys()
            .await
            .context("the keys for access tokens")?;
        let settings = patchbay_api::Settings {
            partitions,
            patience: Patience {
                limit: Duration::from_secs(15),
                interval: Duration::from_millis(100),
            },
            hashes_at_once: 2,
            trusted_proxies: 0,
            telegram_bot: Some(options.telegram_bot.clone()),
            allowed_origins: options.allowed_origins.clone(),
            allowances: Allowances::for_one_machine(),
            site: Site::new(&options.dashboard()),
        };
        let served_api = Api::new(ports.clone(), settings, &keys)?;
        let router = patchbay_api::router(served_api.clone());
        tasks.spawn(async move {
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            let served = axum::serve(listener, service)
                .with_graceful_shutdown(stopped)
                .await;
            if let Err(error) = served {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the API is closed"
                );
            }
            served_api.finish().await;
        });
        Ok(Self {
            options,
            partitions,
            data,
            aws,
            ports,
            simulators,
            api,
            stop,
            tasks,
        })
    }

    pub fn partitions(&self) -> u16 {
        self.partitions
    }

    pub fn data(&self) -> &Path {
        &self.data
    }

    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Requests to AWS so far, by operation.
    pub fn aws_calls(&self) -> BTreeMap<String, u64> {
        self.aws.calls()
    }

    /// What they consumed of `DynamoDB` so far.
    pub fn aws_units(&self) -> CapacityUnits {
        self.aws.capacity()
    }

    /// Connections to the platforms, simulated where there are no real credentials.
    pub async fn platforms(&self, ports: &Ports) -> Result<Platforms> {
        platforms(&self.options, self.simulator_endpoints().as_ref(), ports).await
    }

    fn simulator_endpoints(&self) -> Option<SimulatorEndpoints> {
        let simulators = self.simulators.as_ref()?;
        Some(SimulatorEndpoints {
            control: format!("http://{}", simulators.control_address()),
            telegram: simulators.telegram_address().to_string(),
            discord: format!("http://{}", simulators.discord_address()),
        })
    }

    pub fn endpoints(&self, health: SocketAddr) -> Endpoints {
        Endpoints {
            partitions: self.partitions,
            api: format!("http://{}", self.api),
            health: format!("http://{health}"),
            aws: self.aws.endpoint(),
            mailbox: Mailbox::folder(&self.data),
            simulators: self.simulator_endpoints(),
        }
    }

    /// Closes the data folder. Whoever uses it has stopped before.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(Duration::from_secs(5), self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the API did not stop in time");
        }
        if let Some(simulators) = self.simulators {
            simulators.stop().await;
        }
        self.aws.stop().await;
    }
}

pub(crate) fn control(simulators: &Simulators) -> String {
    format!("http://{}/_sim", simulators.control_address())
}

fn aws_config(partitions: u16, aws: &EmbeddedAws) -> AwsConfig {
    AwsConfig {
        endpoint: Some(aws.endpoint()),
        partitions,
        ..AwsConfig::default()
    }
}

fn partitions(asked: Option<u16>, before: Option<&Endpoints>) -> Result<u16> {
    match (asked, before.map(|before| before.partitions)) {
        (Some(asked), Some(before)) if asked != before => anyhow::bail!(
            "the data folder was made with {before} partitions, and its users stay in them; \
             leave --partitions out, or choose another folder with --data"
        ),
        (asked, before) => Ok(before.or(asked).unwrap_or(4)),
    }
}

async fn start_simulators(
    options: &Options,
    data: &Path,
    before: Option<&Endpoints>,
) -> Result<Option<Simulators>> {
    let has_telegram = options.telegram.telegram_api_id.is_some();
    if has_telegram && options.discord_bot_token.is_some() {
        return Ok(None);
    }
    let before = before.and_then(|before| before.simulators.as_ref());
    let config = patchbay_simulator::Config {
        control: chosen(
            "--sim-control",
            options.sim_control,
            before.map(|before| &*before.control),
        )?,
        telegram: chosen(
            "--sim-telegram",
            options.sim_telegram,
            before.map(|before| &*before.telegram),
        )?,
        discord: chosen(
            "--sim-discord",
            options.sim_discord,
            before.map(|before| &*before.discord),
        )?,
        data: Some(data.join("simulators")),
    };
    Simulators::start(config).await.map(Some)
}

/// The address that was asked for; else the one of an earlier start, if it is free: saved sessions
/// know their server by it; else any.
pub(crate) fn chosen(
    option: &str,
    asked: Option<SocketAddr>,
    before: Option<&str>,
) -> Result<SocketAddr> {
    if let Some(address) = asked {
        std::net::TcpListener::bind(address).with_context(|| {
            format!(
                "{address} can't be used; stop the program that has it, or choose another \
                 address with {option} (port 0 takes any free one)"
            )
        })?;
        return Ok(address);
    }
    let before = before
        .map(|url| url.strip_prefix("http://").unwrap_or(url))
        .and_then(|address| address.parse().ok())
        .filter(|address: &SocketAddr| std::net::TcpListener::bind(address).is_ok());
    Ok(before.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
}
