//! `OAuth2` at Discord, over HTTP. (`OAuth2`, "Authorization Code Grant"; RFC 7636)

mod answer;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchbay_app::ports::{
    AuthorizationRequest, BotWish, DiscordOauth, DiscordOauthError, DiscordTokens,
};
use patchbay_domain::discord_person::{DiscordPerson, ManagedGuild};
use patchbay_domain::guild::DiscordPermissions;
use patchbay_domain::ids::{DiscordGuildId, DiscordUserId};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::Url;

use crate::config::DiscordOauthSection;
use answer::{Asked, accept, read};

const CONNECT: Duration = Duration::from_secs(3);
/// Of a whole request. Its user waits.
const REQUEST: Duration = Duration::from_secs(10);
/// As many servers as one person can be in. (Get Current User Guilds, `limit`)
const GUILDS: &str = "200";

/// (Permissions, "Bitwise Permission Flags")
const ADMINISTRATOR: u64 = 1 << 3;
const MANAGE_GUILD: u64 = 1 << 5;

/// An application at Discord.
pub struct HttpDiscordOauth {
    client: Client,
    application: DiscordOauthSection,
}

#[derive(Debug, thiserror::Error)]
#[error("no HTTP client can be made for Discord")]
pub struct NoClient(#[source] reqwest::Error);

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    refresh_token: SecretString,
    expires_in: u64,
}

#[derive(Deserialize)]
struct UserAnswer {
    id: DiscordUserId,
    username: String,
    #[serde(default)]
    global_name: Option<String>,
}

#[derive(Deserialize)]
struct GuildAnswer {
    id: DiscordGuildId,
    name: String,
    #[serde(default)]
    owner: bool,
    /// A number, written as text.
    permissions: String,
}

impl HttpDiscordOauth {
    pub fn new(application: DiscordOauthSection) -> Result<Self, NoClient> {
        let client = Client::builder()
            .user_agent(concat!(
                "DiscordBot (",
                env!("CARGO_PKG_REPOSITORY"),
                ", ",
                env!("CARGO_PKG_VERSION"),
                ")"
            ))
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            // A redirection would carry secrets elsewhere.
            .redirect(Policy::none())
            .build()
            .map_err(NoClient)?;
        Ok(Self {
            client,
            application,
        })
    }

    fn address(&self, path: &[&str]) -> Url {
        let mut address = self.application.api.clone();
        // Only an address that can have no path has no segments; the configuration has none such.
        if let Ok(mut segments) = address.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        address
    }

    fn authorization(&self, bot: BotWish, scopes: &str) -> Url {
        let mut address = self.address(&["oauth2", "authorize"]);
        let wanted: DiscordPermissions = DiscordPermissions::WANTED.into_iter().collect();
        let mut query = address.query_pairs_mut();
        query.append_pair("client_id", &self.application.client_id);
        query.append_pair("scope", scopes);
        if bot != BotWish::No {
            query.append_pair("permissions", &wanted.bits().to_string());
        }
        if let BotWish::ToServer(guild) = bot {
            query.append_pair("guild_id", &guild.to_string());
            query.append_pair("disable_guild_select", "true");
        }
        drop(query);
        address
    }

    /// A form of this application, which proves itself by its secret.
    fn form(&self, path: &[&str], form: &[(&str, &str)]) -> RequestBuilder {
        let secret = self.application.client_secret.expose_secret();
        self.client
            .post(self.address(path))
            .basic_auth(&self.application.client_id, Some(secret))
            .form(form)
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Result<DiscordTokens, DiscordOauthError> {
        let request = self.form(&["api", "oauth2", "token"], form);
        let tokens: TokenAnswer = read(request, Asked::AsApplication).await?;
        Ok(DiscordTokens {
            access: tokens.access_token,
            refresh: tokens.refresh_token,
            expires_in: Duration::from_secs(tokens.expires_in),
        })
    }

    fn get(&self, path: &[&str], access: &SecretString) -> RequestBuilder {
        let path = [&["api", "v10"][..], path].concat();
        self.client
            .get(self.address(&path))
            .bearer_auth(access.expose_secret())
    }
}

#[async_trait]
impl DiscordOauth for HttpDiscordOauth {
    fn authorize_url(
        &self,
        request: &AuthorizationRequest<'_>,
    ) -> Result<String, DiscordOauthError> {
        let scopes = match request.bot {
            BotWish::No => "identify guilds",
            BotWish::ToAnyServer | BotWish::ToServer(_) => "identify guilds bot",
        };
        let challenge = Sha256::digest(request.verifier.expose_secret().as_bytes());
        let mut address = self.authorization(request.bot, scopes);
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.application.redirect_uri)
            .append_pair("state", request.state.expose_secret())
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256");
        Ok(address.into())
    }

    fn invite_url(&self, guild: DiscordGuildId) -> Result<String, DiscordOauthError> {
        let address = self.authorization(BotWish::ToServer(guild), "bot");
        Ok(address.into())
    }

    async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
    ) -> Result<DiscordTokens, DiscordOauthError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("redirect_uri", &self.application.redirect_uri),
            ("code_verifier", verifier.expose_secret()),
        ];
        self.tokens(&form).await
    }

    async fn refresh(&self, refresh: &SecretString) -> Result<DiscordTokens, DiscordOauthError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ];
        self.tokens(&form).await
    }

    async fn revoke(&self, refresh: &SecretString) -> Result<(), DiscordOauthError> {
        let form = [
            ("token", refresh.expose_secret()),
            ("token_type_hint", "refresh_token"),
        ];
        let request = self.form(&["api", "oauth2", "token", "revoke"], &form);
        accept(request, Asked::AsApplication).await
    }

    async fn me(&self, access: &SecretString) -> Result<DiscordPerson, DiscordOauthError> {
        let request = self.get(&["users", "@me"], access);
        let user: UserAnswer = read(request, Asked::AsPerson).await?;
        Ok(DiscordPerson {
            id: user.id,
            name: user.global_name.unwrap_or(user.username),
        })
    }

    async fn guilds(&self, access: &SecretString) -> Result<Vec<ManagedGuild>, DiscordOauthError> {
        let request = self.get(&["users", "@me", "guilds"], access);
        let request = request.query(&[("limit", GUILDS)]);
        let guilds: Vec<GuildAnswer> = read(request, Asked::AsPerson).await?;
        let manages = |guild: &GuildAnswer| {
            let held: u64 = guild.permissions.parse().unwrap_or_default();
            guild.owner || held & (ADMINISTRATOR | MANAGE_GUILD) != 0
        };
        let guilds = guilds.into_iter().filter(manages);
        Ok(guilds
            .map(|guild| ManagedGuild {
                id: guild.id,
                name: guild.name,
                is_owner: guild.owner,
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    #[test]
    fn an_address_says_what_is_asked_for_and_keeps_the_verifier() {
        let oauth = HttpDiscordOauth::new(DiscordOauthSection {
            client_id: "42".to_owned(),
            client_secret: "hidden".into(),
            redirect_uri: "https://patchbay.example/discord?a=b".to_owned(),
            api: DiscordOauthSection::DISCORD.parse().unwrap(),
        })
        .unwrap();
        let (state, verifier) = ("abc".into(), VERIFIER.into());
        let url = |bot| {
            let request = AuthorizationRequest {
                state: &state,
                verifier: &verifier,
                bot,
            };
            oauth.authorize_url(&request).unwrap()
        };
        assert_eq!(
            url(BotWish::No),
            "https://discord.com/oauth2/authorize?client_id=42&scope=identify+guilds\
             &response_type=code\
             &redirect_uri=https%3A%2F%2Fpatchbay.example%2Fdiscord%3Fa%3Db&state=abc\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
             &code_challenge_method=S256"
        );
        let guild = DiscordGuildId(7);
        let to_server = url(BotWish::ToServer(guild));
        let expected = "scope=identify+guilds+bot&permissions=633594112494656&guild_id=7\
                        &disable_guild_select=true&";
        assert!(to_server.contains(expected), "{to_server}");
        assert!(!url(BotWish::ToAnyServer).contains("guild_id"));
        assert_eq!(
            oauth.invite_url(guild).unwrap(),
            "https://discord.com/oauth2/authorize?client_id=42&scope=bot&permissions=633594112494656\
             &guild_id=7&disable_guild_select=true"
        );
    }
}
