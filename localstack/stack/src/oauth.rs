//! The application with which people link their Discord accounts.

use anyhow::{Context, Result};
use patchbay_boot::config::{DiscordOauthSection, Environment};
use patchbay_simulator::Simulators;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::base::control;
use crate::http::Http;
use crate::options::Options;
use crate::simulated;

const REDIRECT_URI: &str = "http://localhost:3000/discord/callback";

/// The real one that was given; the simulated one where Discord is simulated; else none.
pub(crate) async fn application(
    options: &Options,
    simulators: Option<&Simulators>,
) -> Result<Option<DiscordOauthSection>> {
    let given = &options.discord_oauth;
    let redirect_uri = given
        .discord_redirect_uri
        .as_deref()
        .unwrap_or(REDIRECT_URI);
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let (client_id, client_secret, api) = match (&options.discord_bot_token, simulators) {
        (Some(_), _) | (None, None) => {
            let id = given.discord_client_id.clone();
            let secret = given.discord_client_secret.as_ref();
            let Some((id, secret)) = id.zip(secret) else {
                return Ok(None);
            };
            let secret = secret.expose_secret().to_owned();
            (id, secret, DiscordOauthSection::DISCORD.to_owned())
        }
        (None, Some(simulators)) => {
            let discord = Http::new(format!("{}/discord", control(simulators)));
            let known = simulated::discord_application(&discord).await?;
            let id = text(&known["application_id"]).context("an application has an id")?;
            let secret = text(&known["client_secret"]).context("an application has a secret")?;
            let registered = json!({ "redirect_uris": [redirect_uri] });
            discord
                .patch(&format!("/applications/{id}"), &registered)
                .await?;
            let api = format!("http://{}", simulators.discord_address());
            (id, secret, api)
        }
    };
    let variables = [
        ("DISCORD_CLIENT_ID", client_id),
        ("DISCORD_CLIENT_SECRET", client_secret),
        ("DISCORD_REDIRECT_URI", redirect_uri.to_owned()),
        ("DISCORD_API", api),
    ];
    // Read as on AWS, so that the same is refused.
    let environment: Environment = variables.into_iter().collect();
    Ok(DiscordOauthSection::from_env(&environment)?)
}
