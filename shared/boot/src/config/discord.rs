use secrecy::SecretString;
use url::{Host, Url};

use super::{ConfigError, Environment};

/// Which bot Patchbay is to Discord, and where Discord is.
#[derive(Debug, Clone)]
pub struct DiscordSection {
    pub bot_token: SecretString,
    /// Where the REST API is, without `/api`. It tells where the gateway is.
    pub api: Option<Url>,
}

impl DiscordSection {
    pub fn from_env(environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            bot_token: environment.secret("DISCORD_BOT_TOKEN")?,
            api: environment.parsed("DISCORD_API", "a URL")?,
        })
    }
}

/// The application as which Patchbay asks people on Discord for their consent.
#[derive(Debug, Clone)]
pub struct DiscordOauthSection {
    pub client_id: String,
    pub client_secret: SecretString,
    /// The dashboard's page to which Discord sends a browser back. It is registered with the
    /// application, letter by letter.
    pub redirect_uri: String,
    /// Where Discord is: its pages, and its REST API beneath `/api`.
    pub api: Url,
}

impl DiscordOauthSection {
    /// Where Discord itself is.
    pub const DISCORD: &str = "https://discord.com";

    /// Nothing, if none of it is set: Patchbay does without.
    pub fn from_env(environment: &Environment) -> Result<Option<Self>, ConfigError> {
        const CLIENT_ID: &str = "DISCORD_CLIENT_ID";
        const CLIENT_SECRET: &str = "DISCORD_CLIENT_SECRET";
        const REDIRECT_URI: &str = "DISCORD_REDIRECT_URI";
        const API: &str = "DISCORD_API";
        let all = [CLIENT_ID, CLIENT_SECRET, REDIRECT_URI];
        if all
            .iter()
            .all(|variable| environment.text(variable).is_none())
        {
            return Ok(None);
        }
        let client_id = environment.required(CLIENT_ID)?;
        if !client_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ConfigError::Invalid {
                variable: CLIENT_ID,
                expected: "a number",
            });
        }
        let expected = "an address with https, or with http on this machine, without a fragment";
        let redirect_uri = environment.required(REDIRECT_URI)?;
        if !is_safe(&environment.required_parsed(REDIRECT_URI, expected)?) {
            return Err(ConfigError::Invalid {
                variable: REDIRECT_URI,
                expected,
            });
        }
        let api: Option<Url> = environment.parsed(API, "a URL")?;
        let api = match api {
            Some(api) => api,
            None => Self::DISCORD
                .parse()
                .map_err(|_no_url: url::ParseError| ConfigError::Missing { variable: API })?,
        };
        if api.cannot_be_a_base() {
            return Err(ConfigError::Invalid {
                variable: API,
                expected: "a URL with a path",
            });
        }
        Ok(Some(Self {
            client_id: client_id.to_owned(),
            client_secret: environment.secret(CLIENT_SECRET)?,
            redirect_uri: redirect_uri.to_owned(),
            api,
        }))
    }
}

/// A code on its way back is read by nobody else.
fn is_safe(redirect_uri: &Url) -> bool {
    let is_here = match redirect_uri.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_safe = match redirect_uri.scheme() {
        "https" => redirect_uri.has_host(),
        "http" => is_here,
        _ => false,
    };
    is_safe && redirect_uri.fragment().is_none() && redirect_uri.username().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(redirect_uri: &str) -> Result<Option<DiscordOauthSection>, ConfigError> {
        let variables = [
            ("DISCORD_CLIENT_ID", "42"),
            ("DISCORD_CLIENT_SECRET", "hidden"),
            ("DISCORD_REDIRECT_URI", redirect_uri),
        ];
        DiscordOauthSection::from_env(&variables.into_iter().collect())
    }

    #[test]
    fn a_code_comes_back_to_where_nobody_else_reads_it() {
        for good in [
            "https://patchbay.example/discord?from=discord",
            "http://localhost:3000/discord",
            "http://127.0.0.1/discord",
            "http://[::1]:80",
        ] {
            let section = read(good).unwrap().unwrap();
            assert_eq!(section.redirect_uri, good);
            assert_eq!(section.api.as_str(), "https://discord.com/");
            assert!(!format!("{section:?}").contains("hidden"));
        }
        for wrong in [
            "patchbay.example",
            "http://patchbay.example/",
            "http://localhost.example/",
            "https://patchbay.example/#discord",
            "https://ann@patchbay.example/",
            "javascript:alert(1)",
            "ftp://localhost/",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(
                error.starts_with("DISCORD_REDIRECT_URI is not an"),
                "{error}"
            );
        }
    }

    #[test]
    fn it_is_configured_as_a_whole_or_not_at_all() {
        let nothing: [(&str, &str); 0] = [];
        let nothing = DiscordOauthSection::from_env(&nothing.into_iter().collect());
        assert!(nothing.unwrap().is_none());
        let half = [("DISCORD_CLIENT_ID", "42")].into_iter().collect();
        let error = DiscordOauthSection::from_env(&half).unwrap_err();
        assert_eq!(error.to_string(), "DISCORD_REDIRECT_URI is not set");
    }
}
