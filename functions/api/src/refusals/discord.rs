use axum::http::header;
use patchbay_app::discord_account::DiscordAccountError;
use patchbay_app::link_discord::GuildError;
use patchbay_app::ports::DiscordOauthError;

use super::{PAIRS_CHANGING, in_use, log};
use crate::problem::{FieldError, Kind, Problem};

impl From<GuildError> for Problem {
    fn from(error: GuildError) -> Self {
        match error {
            GuildError::NotLinked => Self::not_found("Discord server"),
            GuildError::NoSuchChannel => Self::not_found("Discord channel"),
            GuildError::Full { limit } => Self::plan_limit("Discord servers", limit),
            GuildError::PairsChanging => Self::new(Kind::PairsChanging, PAIRS_CHANGING),
            GuildError::AlreadyLinked => Self::new(
                Kind::DiscordGuildAlreadyLinked,
                "There is nothing left to do.",
            )
            .with_error(FieldError::at("/guild_id", "is linked already")),
            GuildError::InUse { pairs } => in_use(Kind::DiscordGuildInUse, &pairs),
            GuildError::Port(error) => error.into(),
        }
    }
}

const AUTHORIZE: &str = "POST /v1/discord/oauth2/authorize begins to link one.";

impl From<DiscordAccountError> for Problem {
    fn from(error: DiscordAccountError) -> Self {
        match error {
            DiscordAccountError::NotLinked => Self::new(Kind::DiscordNotLinked, AUTHORIZE),
            DiscordAccountError::UnknownState => Self::new(
                Kind::DiscordStateUnknown,
                "Begin anew with POST /v1/discord/oauth2/authorize.",
            )
            .with_error(FieldError::at("/state", "is none that you may use now")),
            DiscordAccountError::CodeRefused => Self::new(
                Kind::DiscordCodeRefused,
                "It is good for a short time, and once. Begin anew with \
                 POST /v1/discord/oauth2/authorize.",
            )
            .with_error(FieldError::at("/code", "is refused by Discord")),
            DiscordAccountError::GrantLost => Self::new(
                Kind::DiscordGrantLost,
                "The consent was taken back, or has expired. Give it again with \
                 POST /v1/discord/oauth2/authorize.",
            ),
            DiscordAccountError::Discord(error) => error.into(),
            DiscordAccountError::Port(error) => error.into(),
        }
    }
}

impl From<DiscordOauthError> for Problem {
    fn from(error: DiscordOauthError) -> Self {
        match &error {
            DiscordOauthError::NotConfigured => Self::new(
                Kind::DiscordNotConfigured,
                "This installation has no OAuth2 application at Discord. Link servers by a code: \
                 POST /v1/discord/guilds.",
            ),
            DiscordOauthError::Limited { after } => Self::new(
                Kind::DiscordBusy,
                format!("Try again in {} seconds.", after.as_secs()),
            )
            .with_header(header::RETRY_AFTER, after.as_secs().into()),
            DiscordOauthError::Refused | DiscordOauthError::Unavailable { .. } => {
                log(&error);
                Self::new(Kind::DiscordUnavailable, "Try again in a minute.")
            }
        }
    }
}
