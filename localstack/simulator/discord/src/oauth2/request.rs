use serde::Deserialize;
use url::Url;

use crate::ids::{ApplicationId, GuildId};
use crate::permissions::Permissions;
use crate::world::{Scope, World};

/// The SHA-256 of a verifier in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// What the authorize address carries. Parameters that the platform knows and that change
/// nothing here are passed over.
#[derive(Debug, Clone, Deserialize)]
struct Parameters {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    prompt: Option<String>,
    guild_id: Option<GuildId>,
    disable_guild_select: Option<String>,
    permissions: Option<Permissions>,
}

/// An application's wish to do something for a person, found to be in order.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) application: ApplicationId,
    pub(crate) scopes: Vec<Scope>,
    /// Where the person goes afterwards; nowhere when only a bot is asked for.
    pub(crate) redirect: Option<Redirect>,
    pub(crate) state: Option<String>,
    pub(crate) challenge: Option<String>,
    pub(crate) guild: GuildChoice,
    pub(crate) permissions: Permissions,
}

/// The address as it was registered, and as browsers understand it.
#[derive(Debug, Clone)]
pub(crate) struct Redirect {
    pub(crate) uri: String,
    pub(crate) to: Url,
}

/// Which guild the bot goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GuildChoice {
    Free,
    /// Chosen beforehand; the person may choose another.
    Suggested(GuildId),
    Fixed(GuildId),
}

/// Why a person is not even asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the address has no `{0}`, or one that cannot be read")]
    Parameter(&'static str),
    #[error("the parameters cannot be read: {0}")]
    Unreadable(String),
    #[error("there is no application `{0}`")]
    UnknownClient(String),
    #[error("Invalid OAuth2 redirect_uri: `{0}` is not registered for the application")]
    RedirectUri(String),
    #[error("`response_type` has to be `code`")]
    ResponseType,
    #[error("the scope `{0}` is invalid, unknown or malformed")]
    Scope(String),
    #[error("`code_challenge` has to be 43 characters of base64url, with the method `S256`")]
    Challenge,
    #[error("`prompt` is `consent` or `none`")]
    Prompt,
}

impl AuthorizationRequest {
    pub(crate) fn read(query: &str, world: &World) -> Result<Self, RequestError> {
        let parameters: Parameters =
            axum::extract::Query::try_from_uri(&format!("/?{query}").parse().map_err(
                |error: axum::http::uri::InvalidUri| RequestError::Unreadable(error.to_string()),
            )?)
            .map_err(|rejection| RequestError::Unreadable(rejection.body_text()))?
            .0;
        parameters.check(world)
    }

    pub(crate) fn wants_bot(&self) -> bool {
        self.scopes.contains(&Scope::Bot)
    }
}

impl Parameters {
    fn check(self, world: &World) -> Result<AuthorizationRequest, RequestError> {
        let client = self
            .client_id
            .as_deref()
            .ok_or(RequestError::Parameter("client_id"))?;
        let application = client
            .parse()
            .ok()
            .and_then(|id| world.application(id).ok())
            .ok_or_else(|| RequestError::UnknownClient(client.to_owned()))?;
        let scopes = read_scopes(&self.scope)?;
        let only_bot = scopes
            .iter()
            .all(|scope| matches!(scope, Scope::Bot | Scope::ApplicationsCommands));
        let without_code = only_bot && self.response_type.is_none() && self.redirect_uri.is_none();
        let redirect = if without_code {
            None
        } else {
            if self.response_type.as_deref() != Some("code") {
                return Err(RequestError::ResponseType);
            }
            let registered = &application.redirect_uris;
            let wanted = self.redirect_uri.as_ref().or(registered.first());
            let wanted = wanted.ok_or(RequestError::Parameter("redirect_uri"))?;
            let to = Some(wanted)
                .filter(|wanted| registered.contains(wanted))
                .and_then(|wanted| wanted.parse().ok())
                .ok_or_else(|| RequestError::RedirectUri(wanted.clone()))?;
            Some(Redirect {
                uri: wanted.clone(),
                to,
            })
        };
        match self.prompt.as_deref() {
            None | Some("consent" | "none") => {}
            Some(_) => return Err(RequestError::Prompt),
        }
        let fixed = self.disable_guild_select.as_deref() == Some("true");
        Ok(AuthorizationRequest {
            application: application.id,
            scopes,
            redirect,
            state: self.state,
            challenge: check_challenge(self.code_challenge, self.code_challenge_method.as_deref())?,
            guild: match self.guild_id {
                None => GuildChoice::Free,
                Some(guild) if fixed => GuildChoice::Fixed(guild),
                Some(guild) => GuildChoice::Suggested(guild),
            },
            permissions: self.permissions.unwrap_or(Permissions::NONE),
        })
    }
}

fn read_scopes(text: &str) -> Result<Vec<Scope>, RequestError> {
    let mut scopes = Vec::new();
    for name in text.split_whitespace() {
        let scope = Scope::named(name).ok_or_else(|| RequestError::Scope(name.to_owned()))?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(RequestError::Parameter("scope"));
    }
    Ok(scopes)
}

fn check_challenge(
    challenge: Option<String>,
    method: Option<&str>,
) -> Result<Option<String>, RequestError> {
    let in_order = |text: &String| {
        text.len() == CHALLENGE_LENGTH
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    match (challenge, method) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) if in_order(&challenge) => Ok(Some(challenge)),
        (_, _) => Err(RequestError::Challenge),
    }
}

/// Whether people can be sent to this address.
pub(crate) fn check_redirect_uri(text: &str) -> Result<(), String> {
    match Url::parse(text) {
        Ok(url) if url.fragment().is_some() => {
            Err(format!("the redirect URI `{text}` has a fragment"))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(format!("`{text}` is not a redirect URI: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_comes_with_its_method() {
        let good = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned();
        let checked =
            |challenge: Option<&str>, method| check_challenge(challenge.map(str::to_owned), method);
        assert_eq!(checked(None, None), Ok(None));
        assert_eq!(checked(Some(&good), Some("S256")), Ok(Some(good.clone())));
        for (challenge, method) in [
            (Some(good.as_str()), None),
            (Some(&good), Some("plain")),
            (Some("short"), Some("S256")),
            (None, Some("S256")),
        ] {
            assert_eq!(checked(challenge, method), Err(RequestError::Challenge));
        }
    }

    #[test]
    fn scopes_are_taken_once_each_and_all_have_to_be_known() {
        assert_eq!(
            read_scopes("identify guilds identify applications.commands"),
            Ok(vec![
                Scope::Identify,
                Scope::Guilds,
                Scope::ApplicationsCommands
            ])
        );
        assert_eq!(
            read_scopes("identify relationships.read"),
            Err(RequestError::Scope("relationships.read".to_owned()))
        );
        assert_eq!(read_scopes(" "), Err(RequestError::Parameter("scope")));
    }
}
