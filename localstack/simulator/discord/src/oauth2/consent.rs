use url::Url;

use super::request::{AuthorizationRequest, GuildChoice, RequestError};
use crate::entropy::{NoEntropy, random_hex};
use crate::ids::{GuildId, UserId};
use crate::journaled::Refusal;
use crate::platform::Platform;
use crate::rest::Failure;
use crate::world::{BotInvitation, GrantAccess, Offer};

/// What a person answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// With the guild the bot goes to, where one is asked for.
    Allow {
        user: UserId,
        guild: Option<GuildId>,
    },
    Deny,
}

/// Why an answer has no effect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsentError {
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("the application asks for a guild for its bot: name one that the person manages")]
    NoGuild,
    #[error("the application has fixed the guild {0} for its bot")]
    OtherGuild(GuildId),
    #[error("the application asks for nothing that could be denied to it by a redirect")]
    NothingToDeny,
    #[error(transparent)]
    Failed(Failure),
}

impl From<Refusal> for ConsentError {
    fn from(refusal: Refusal) -> Self {
        Self::Failed(refusal.into())
    }
}

impl From<NoEntropy> for ConsentError {
    fn from(error: NoEntropy) -> Self {
        Self::Failed(error.into())
    }
}

/// Does what the person decided; says where their browser goes then, if anywhere.
pub(crate) fn decide(
    platform: &Platform,
    request: &AuthorizationRequest,
    decision: Decision,
) -> Result<Option<Url>, ConsentError> {
    match decision {
        Decision::Allow { user, guild } => allow(platform, request, user, guild),
        Decision::Deny => {
            let redirect = request.redirect.as_ref();
            let mut to = redirect.ok_or(ConsentError::NothingToDeny)?.to.clone();
            to.query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair(
                    "error_description",
                    "The resource owner or authorization server denied the request",
                );
            return_state(&mut to, request);
            Ok(Some(to))
        }
    }
}

fn allow(
    platform: &Platform,
    request: &AuthorizationRequest,
    user: UserId,
    guild: Option<GuildId>,
) -> Result<Option<Url>, ConsentError> {
    let bot = if request.wants_bot() {
        Some(BotInvitation {
            guild: choose(request.guild, guild)?,
            permissions: request.permissions,
        })
    } else {
        None
    };
    let code = random_hex::<15>()?;
    platform.execute(GrantAccess {
        application: request.application,
        user,
        scopes: request.scopes.clone(),
        bot,
        offer: request.redirect.as_ref().map(|redirect| Offer {
            code: code.clone(),
            redirect_uri: redirect.uri.clone(),
            challenge: request.challenge.clone(),
        }),
    })?;
    let Some(mut to) = request
        .redirect
        .as_ref()
        .map(|redirect| redirect.to.clone())
    else {
        return Ok(None);
    };
    to.query_pairs_mut().append_pair("code", &code);
    return_state(&mut to, request);
    if let Some(BotInvitation { guild, .. }) = bot {
        to.query_pairs_mut()
            .append_pair("guild_id", &guild.to_string())
            .append_pair("permissions", &request.permissions.to_string());
    }
    Ok(Some(to))
}

fn choose(choice: GuildChoice, chosen: Option<GuildId>) -> Result<GuildId, ConsentError> {
    match choice {
        GuildChoice::Free => chosen.ok_or(ConsentError::NoGuild),
        GuildChoice::Suggested(suggested) => Ok(chosen.unwrap_or(suggested)),
        GuildChoice::Fixed(fixed) if chosen.is_none_or(|chosen| chosen == fixed) => Ok(fixed),
        GuildChoice::Fixed(fixed) => Err(ConsentError::OtherGuild(fixed)),
    }
}

fn return_state(to: &mut Url, request: &AuthorizationRequest) {
    if let Some(state) = &request.state {
        to.query_pairs_mut().append_pair("state", state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_guild_stays_and_a_suggested_one_may_be_changed() {
        let (one, other) = (GuildId(1), GuildId(2));
        let chosen = |choice, chosen| choose(choice, chosen).ok();
        assert_eq!(chosen(GuildChoice::Free, None), None);
        assert_eq!(chosen(GuildChoice::Free, Some(one)), Some(one));
        assert_eq!(chosen(GuildChoice::Suggested(one), None), Some(one));
        assert_eq!(
            chosen(GuildChoice::Suggested(one), Some(other)),
            Some(other)
        );
        assert_eq!(chosen(GuildChoice::Fixed(one), None), Some(one));
        assert_eq!(chosen(GuildChoice::Fixed(one), Some(other)), None);
    }
}
