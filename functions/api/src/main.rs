//! The API as a Lambda function.

use std::sync::Arc;

use patchbay_api::{Api, Settings, router};
use patchbay_app::letters::Site;
use patchbay_aws::{Aws, AwsConfig};
use patchbay_boot::config::{
    ApiSection, AwsSection, DiscordOauthSection, Environment, LogSection, MailSection,
    TelegramBotSection,
};
use patchbay_boot::{HttpDiscordOauth, RandomIds, SystemClock, init_tracing};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let environment = Environment::of_process();
    let log = LogSection::from_env(&environment)?;
    init_tracing(log.format, &log.filter)?;
    let section = AwsSection::from_env(&environment)?;
    let bot = TelegramBotSection::from_env(&environment)?;
    let mail = MailSection::from_env(&environment)?;
    let settings = Settings {
        telegram_bot: bot.username,
        allowed_origins: ApiSection::from_env(&environment)?.allowed_origins,
        trusted_proxies: mail.trusted_proxies,
        ..Settings::of(section.partitions, Site::new(mail.dashboard.as_str()))
    };
    let aws = Aws::connect(AwsConfig {
        endpoint: section.endpoint,
        table: section.table,
        queue_prefix: section.queue_prefix,
        partitions: section.partitions,
        master_key_secret: section.master_key_secret,
        signing_key_secret: section.signing_key_secret,
        mail_from: Some(mail.from),
    })
    .await?;
    let mut ports = aws.ports(Arc::new(SystemClock), Arc::new(RandomIds));
    if let Some(application) = DiscordOauthSection::from_env(&environment)? {
        ports.discord_oauth = Arc::new(HttpDiscordOauth::new(application)?);
    }
    let api = Api::new(ports, settings, &aws.signing_keys().await?)?;
    lambda_http::run(router(api))
        .await
        .map_err(anyhow::Error::from_boxed)
}
