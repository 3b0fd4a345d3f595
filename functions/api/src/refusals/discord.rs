use patchbay_app::link_discord::GuildError;

use super::{PAIRS_CHANGING, in_use};
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
