use axum::http::header;
use patchbay_app::pairs::{End, EndProblem, PairError};
use patchbay_domain::Platform;
use patchbay_domain::ids::AccountId;
use patchbay_domain::pair::PairConflict;

use super::PAIRS_CHANGING;
use super::telegram::LINK_AGAIN;
use crate::conditional;
use crate::problem::{FieldError, Kind, Problem};

/// Usually it takes less; in seconds.
const CHATS_READ_WITHIN: u64 = 2;

impl From<PairError> for Problem {
    fn from(error: PairError) -> Self {
        match error {
            PairError::NotFound => Self::not_found("pair"),
            PairError::Unusable { end, problem } => unusable(end, problem),
            PairError::Conflict(conflict) => conflicting(conflict),
            PairError::PlanLimit { limit } => Self::plan_limit("pairs", limit),
            PairError::Changed { version } => changed(version),
            PairError::Contended => Self::new(Kind::PairsChanging, PAIRS_CHANGING),
            PairError::Port(error) => error.into(),
        }
    }
}

fn changed(version: u64) -> Problem {
    let problem = Problem::new(
        Kind::PreconditionFailed,
        "The pair was changed since you read it. GET it again, look at what has changed, and \
         repeat your change with its new ETag.",
    );
    conditional::with_etag(problem, version)
}

fn conflicting(conflict: PairConflict) -> Problem {
    match conflict {
        PairConflict::ToItself => {
            Problem::new(Kind::PairToItself, "Choose another source or destination.").with_error(
                FieldError::at("/destination", "is the same place as the source"),
            )
        }
        PairConflict::Duplicate { existing } => Problem::new(
            Kind::PairDuplicate,
            format!("Use {existing}, or delete it first."),
        )
        .with_related("pair", existing.to_string()),
        PairConflict::Loop { through } => Problem::new(
            Kind::PairLoop,
            format!(
                "What is posted in the destination already reaches the source, at last through \
                 {through}. Delete that pair, or choose another source or destination."
            ),
        )
        .with_related("pair", through.to_string()),
    }
}

/// Which end of a pair can't be used, by which of its fields, and what to do.
fn unusable(end: End, problem: EndProblem) -> Problem {
    let end = match end {
        End::Source => "/source",
        End::Destination => "/destination",
    };
    let (kind, field, what, advice) = match problem {
        EndProblem::AccountNotLinked { .. } => (
            Kind::TelegramAccountNotLinked,
            "account",
            "is none of your accounts",
            "GET /v1/telegram/accounts lists yours; POST /v1/telegram/logins links another."
                .to_owned(),
        ),
        EndProblem::AccountLoggedOut { .. } => (
            Kind::TelegramAccountLoggedOut,
            "account",
            "is logged out",
            LINK_AGAIN.to_owned(),
        ),
        EndProblem::ChatUnknown { account, .. } => chat_unknown(account),
        EndProblem::ChatsUnread { account } => chats_unread(account),
        EndProblem::TopicUnknown { account, chat, .. } => (
            Kind::TelegramTopicUnknown,
            "topic",
            "is no topic of the chat",
            format!(
                "GET /v1/telegram/accounts/{account}/chats/{chat}/topics lists them. If it was \
                 made just now, POST \
                 /v1/telegram/accounts/{account}/chats/{chat}/topics/refresh, then try again."
            ),
        ),
        EndProblem::TopicClosed => (
            Kind::TelegramTopicClosed,
            "topic",
            "is closed",
            "Choose another topic, or have it opened in Telegram.".to_owned(),
        ),
        EndProblem::ChatProtected => (
            Kind::TelegramChatProtected,
            "chat",
            "forbids copying its content",
            "Choose another source, or ask the owner of the chat to allow copying, then refresh \
             the list of chats."
                .to_owned(),
        ),
        EndProblem::GuildNotLinked { .. } => (
            Kind::DiscordGuildNotLinked,
            "guild",
            "is none of your servers",
            "GET /v1/discord/guilds lists yours; POST /v1/discord/guilds links another.".to_owned(),
        ),
        EndProblem::ChannelUnknown { guild, .. } => (
            Kind::DiscordChannelUnknown,
            "channel",
            "is not in the server, or hidden from the bot",
            format!("GET /v1/discord/guilds/{guild}/channels lists those that the bot sees."),
        ),
        EndProblem::ThreadUnknown { guild, channel } => (
            Kind::DiscordChannelUnknown,
            "thread",
            "is no active thread of the channel, or hidden from the bot",
            format!(
                "GET /v1/discord/guilds/{guild}/channels/{channel}/threads lists them. An archived \
                 one becomes active when somebody posts in it."
            ),
        ),
        EndProblem::ThreadNeeded { guild, channel } => (
            Kind::DiscordThreadNeeded,
            "thread",
            "is missing: a forum holds messages in its posts alone",
            format!(
                "Choose a post: GET /v1/discord/guilds/{guild}/channels/{channel}/threads lists \
                 them."
            ),
        ),
        EndProblem::NotReadable(platform) => (
            Kind::NotReadable,
            field_of_place(platform),
            "can't be read",
            "Give the bot the permissions View Channel and Read Message History there.".to_owned(),
        ),
        EndProblem::NotPostable(platform) => (
            Kind::NotPostable,
            field_of_place(platform),
            "can't be posted to",
            way_to_post(platform).to_owned(),
        ),
    };
    let unusable = Problem::new(kind, advice);
    let unusable = unusable.with_error(FieldError::at(format!("{end}/{field}"), what));
    if matches!(problem, EndProblem::ChatsUnread { .. }) {
        unusable.with_header(header::RETRY_AFTER, CHATS_READ_WITHIN.into())
    } else {
        unusable
    }
}

/// Of which kind a problem with an end is, by which of its fields it shows, and what to do.
type Told = (Kind, &'static str, &'static str, String);

fn chat_unknown(account: AccountId) -> Told {
    (
        Kind::TelegramChatUnknown,
        "chat",
        "is not in the account's list of chats",
        format!(
            "GET /v1/telegram/accounts/{account}/chats lists them. If the account joined it \
         just now, POST /v1/telegram/accounts/{account}/chats/refresh, then try again."
        ),
    )
}

fn chats_unread(account: AccountId) -> Told {
    (
        Kind::TelegramChatsUnread,
        "chat",
        "may be among those that are not listed yet",
        format!(
            "The account was linked just now, and its list of chats is still being read. Try \
         again in {CHATS_READ_WITHIN} seconds; once GET /v1/telegram/accounts/{account} \
         shows chats_read_at, all are listed."
        ),
    )
}

const fn way_to_post(platform: Platform) -> &'static str {
    match platform {
        Platform::Telegram => {
            "Give the account the right to post there, then refresh its list of chats."
        }
        Platform::Discord => "Give the bot the permissions View Channel and Send Messages there.",
    }
}

const fn field_of_place(platform: Platform) -> &'static str {
    match platform {
        Platform::Telegram => "chat",
        Platform::Discord => "channel",
    }
}
