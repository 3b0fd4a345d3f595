use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchbay_app::ports::Ports;
use patchbay_connector::Platforms;
use patchbay_discord::{Discord, DiscordConfig};
use patchbay_telegram::{ReactionPace, Telegram, TelegramConfig, TelegramServer};
use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::endpoints::SimulatorEndpoints;
use crate::http::Http;
use crate::options::Options;
use crate::simulated;

/// Connections to the platforms, simulated where there are no real credentials.
pub(crate) async fn platforms(
    options: &Options,
    simulators: Option<&SimulatorEndpoints>,
    ports: &Ports,
) -> Result<Platforms> {
    let telegram = telegram(options, simulators)?;
    let discord = discord(options, simulators).await?;
    let (linking, linked) = mpsc::unbounded_channel();
    Ok(Platforms {
        telegram: Some(Telegram::new(telegram, ports.clone(), linking)),
        linked: Some(linked),
        discord: Some(Discord::new(discord, ports.clone())?),
    })
}

/// A simulator may be asked as often as anybody likes.
const OF_SIMULATOR: ReactionPace = ReactionPace {
    gathered_for: Duration::from_millis(500),
    polled_every: Duration::from_secs(2),
};

fn telegram(options: &Options, simulators: Option<&SimulatorEndpoints>) -> Result<TelegramConfig> {
    let credentials = &options.telegram;
    let (api_id, api_hash, server) = match (
        credentials.telegram_api_id,
        &credentials.telegram_api_hash,
        simulators,
    ) {
        (Some(api_id), Some(api_hash), _) => (api_id, api_hash.clone(), TelegramServer::Production),
        (_, _, Some(simulators)) => {
            let server = TelegramServer::Simulator {
                others: Vec::new(),
                address: simulators.telegram.parse().context("Telegram's address")?,
                auth_keys: format!("{}/_sim/telegram/auth_keys", simulators.control).parse()?,
            };
            (1, SecretString::from("simulated"), server)
        }
        _ => bail!("Telegram has neither credentials nor a simulator"),
    };
    Ok(TelegramConfig {
        api_id,
        api_hash,
        server,
        albums_quiet_for: TelegramConfig::ALBUMS_QUIET_FOR,
        reactions: if simulators.is_some() {
            OF_SIMULATOR
        } else {
            ReactionPace::USUAL
        },
    })
}

async fn discord(
    options: &Options,
    simulators: Option<&SimulatorEndpoints>,
) -> Result<DiscordConfig> {
    match (&options.discord_bot_token, simulators) {
        (Some(token), _) => Ok(DiscordConfig::new(
            token.clone(),
            DiscordConfig::DISCORD.parse()?,
        )),
        (None, Some(simulators)) => {
            let control = Http::new(format!("{}/_sim/discord", simulators.control));
            let application = simulated::discord_application(&control).await?;
            let token = application["token"]
                .as_str()
                .context("an application has a token")?;
            let token = SecretString::from(token);
            Ok(DiscordConfig {
                reactions_every: OF_SIMULATOR.gathered_for,
                ..DiscordConfig::new(token, simulators.discord.parse()?)
            })
        }
        (None, None) => bail!("Discord has neither credentials nor a simulator"),
    }
}
