use std::net::{Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::config::{
    AwsSection, DiscordSection, Environment, LogSection, TelegramSection, TelegramServer,
};
use patchbay_boot::{RandomIds, SystemClock, init_tracing};
use patchbay_connector::{BackfillPace, Connector, LeaseTerms, Platforms, Settings};
use patchbay_discord::{Discord, DiscordConfig};
use patchbay_telegram::{ReactionPace, Telegram, TelegramConfig};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where the container's health check asks.
const HEALTH_PORT: u16 = 8081;

#[tokio::main]
async fn main() -> Result<()> {
    let environment = Environment::of_process();
    let log = LogSection::from_env(&environment)?;
    init_tracing(log.format, &log.filter)?;
    let aws = AwsSection::from_env(&environment)?;
    let telegram = TelegramSection::from_env(&environment)?;
    let discord = DiscordSection::from_env(&environment)?;
    let mut terminate = signal(SignalKind::terminate()).context("no signal handler")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no signal handler")?;

    let partitions = aws.partitions;
    let adapters = Aws::connect(AwsConfig {
        endpoint: aws.endpoint,
        table: aws.table,
        queue_prefix: aws.queue_prefix,
        partitions,
        master_key_secret: aws.master_key_secret,
        signing_key_secret: aws.signing_key_secret,
        mail_from: None,
    })
    .await?;
    let ports = adapters.ports(Arc::new(SystemClock), Arc::new(RandomIds));
    let (linking, linked) = mpsc::unbounded_channel();
    let telegram = TelegramConfig {
        api_id: telegram.api_id,
        api_hash: telegram.api_hash,
        server: match telegram.server {
            TelegramServer::Production => patchbay_telegram::TelegramServer::Production,
            TelegramServer::Simulator { address, auth_keys } => {
                patchbay_telegram::TelegramServer::Simulator {
                    address,
                    others: Vec::new(),
                    auth_keys,
                }
            }
        },
        albums_quiet_for: TelegramConfig::ALBUMS_QUIET_FOR,
        reactions: ReactionPace::USUAL,
    };
    let api = match discord.api {
        Some(api) => api,
        None => DiscordConfig::DISCORD
            .parse()
            .context("Discord's own address")?,
    };
    let discord = DiscordConfig::new(discord.bot_token, api);
    let settings = Settings {
        partitions,
        gateway_shards: discord.shards,
        terms: LeaseTerms::default(),
        backfill: BackfillPace::default(),
        health: SocketAddr::from((Ipv6Addr::UNSPECIFIED, HEALTH_PORT)),
    };
    let platforms = Platforms {
        telegram: Some(Telegram::new(telegram, ports.clone(), linking)),
        linked: Some(linked),
        discord: Some(Discord::new(discord, ports.clone())?),
    };
    let connector = Connector::bind(settings, ports, platforms).await?;
    let stop = CancellationToken::new();
    let stopping = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    };
    tokio::join!(connector.run(stop.clone()), stopping);
    Ok(())
}
