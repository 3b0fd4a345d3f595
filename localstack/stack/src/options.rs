use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::Args;
use patchbay_boot::config::Origin;
use patchbay_domain::bot_link::BotUsername;
use secrecy::SecretString;

/// Where things are kept and served. Port 0 takes any free one, the same one again where possible.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Folder that holds everything; a second start finds it all again
    #[arg(long, env = "PATCHBAY_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// Address of the HTTP API
    #[arg(long, env = "PATCHBAY_API", value_name = "ADDRESS")]
    pub api: Option<SocketAddr>,

    /// Address of the connector's /healthz
    #[arg(long, env = "PATCHBAY_HEALTH", value_name = "ADDRESS")]
    pub health: Option<SocketAddr>,

    /// Address of the embedded DynamoDB, SQS and Secrets Manager
    #[arg(long, env = "PATCHBAY_AWS", value_name = "ADDRESS")]
    pub aws: Option<SocketAddr>,

    /// Address of the simulators' control API
    #[arg(long, env = "PATCHBAY_SIM_CONTROL", value_name = "ADDRESS")]
    pub sim_control: Option<SocketAddr>,

    /// Address of the Telegram simulator (MTProto)
    #[arg(long, env = "PATCHBAY_SIM_TELEGRAM", value_name = "ADDRESS")]
    pub sim_telegram: Option<SocketAddr>,

    /// Address of the Discord simulator (REST and gateway)
    #[arg(long, env = "PATCHBAY_SIM_DISCORD", value_name = "ADDRESS")]
    pub sim_discord: Option<SocketAddr>,

    /// Shares into which the users are divided; fixed once the folder is made [default: 4]
    #[arg(
        long,
        env = "PATCHBAY_PARTITIONS",
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=64)
    )]
    pub partitions: Option<u16>,

    /// Origin of a page that may call the API from a browser, such as <http://localhost:5173>
    #[arg(
        long = "allowed-origin",
        env = "PATCHBAY_ALLOWED_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub allowed_origins: Vec<Origin>,
    /// Address of the dashboard, to which the links in mails lead [default: <http://localhost:3000>]
    #[arg(long, env = "PATCHBAY_DASHBOARD", value_name = "URL")]
    pub dashboard: Option<String>,

    #[command(flatten)]
    pub telegram: TelegramCredentials,

    /// Username of the Telegram bot that users link themselves with
    #[arg(
        long,
        env = "TELEGRAM_BOT_USERNAME",
        value_name = "NAME",
        default_value_t
    )]
    pub telegram_bot: BotUsername,

    /// Token of a real Discord bot; without it Discord is simulated
    #[arg(
        long,
        env = "DISCORD_BOT_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub discord_bot_token: Option<SecretString>,

    #[command(flatten)]
    pub discord_oauth: DiscordCredentials,
}

/// Of the application that asks people on Discord for their consent.
#[derive(Debug, Clone, Default, Args)]
pub struct DiscordCredentials {
    /// Client id of a real Discord application, with which people link their Discord accounts
    #[arg(
        long,
        env = "DISCORD_CLIENT_ID",
        value_name = "ID",
        requires = "discord_client_secret"
    )]
    pub discord_client_id: Option<String>,

    /// The client secret that belongs to it
    #[arg(
        long,
        env = "DISCORD_CLIENT_SECRET",
        value_name = "SECRET",
        requires = "discord_client_id",
        hide_env_values = true
    )]
    pub discord_client_secret: Option<SecretString>,

    /// The dashboard's page to which Discord sends a browser back
    /// [default: <http://localhost:3000/discord/callback>]
    #[arg(long, env = "DISCORD_REDIRECT_URI", value_name = "URL")]
    pub discord_redirect_uri: Option<String>,
}

/// Of a real Telegram application, from my.telegram.org; without them Telegram is simulated.
#[derive(Debug, Clone, Default, Args)]
pub struct TelegramCredentials {
    /// The api_id of a real Telegram application; without it Telegram is simulated
    #[arg(
        long,
        env = "TELEGRAM_API_ID",
        value_name = "ID",
        requires = "telegram_api_hash"
    )]
    pub telegram_api_id: Option<i32>,

    /// The api_hash that belongs to it
    #[arg(
        long,
        env = "TELEGRAM_API_HASH",
        value_name = "HASH",
        requires = "telegram_api_id",
        hide_env_values = true
    )]
    pub telegram_api_hash: Option<SecretString>,
}

impl Options {
    /// Everything in one folder, simulated, on ports that happen to be free.
    pub fn in_folder(data: PathBuf) -> Self {
        Self {
            data: Some(data),
            api: None,
            health: None,
            aws: None,
            sim_control: None,
            sim_telegram: None,
            sim_discord: None,
            partitions: None,
            allowed_origins: Vec::new(),
            dashboard: None,
            telegram: TelegramCredentials::default(),
            telegram_bot: BotUsername::default(),
            discord_bot_token: None,
            discord_oauth: DiscordCredentials::default(),
        }
    }

    pub(crate) fn dashboard(&self) -> String {
        let usual = || "http://localhost:3000".to_owned();
        self.dashboard.clone().unwrap_or_else(usual)
    }

    /// Gives every address that was not chosen its well-known port.
    pub fn set_well_known_ports(&mut self) {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        self.api.get_or_insert(at(8080));
        self.health.get_or_insert(at(8081));
        self.aws.get_or_insert(at(4566));
        self.sim_control.get_or_insert(at(8090));
        self.sim_telegram.get_or_insert(at(8443));
        self.sim_discord.get_or_insert(at(8091));
    }
}
