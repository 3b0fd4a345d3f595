//! Reacting to messages (core.telegram.org/api/reactions).

use std::time::Duration;

use grammers_tl_types as tl;
use patchbay_app::ports::{Reacting, SendError};
use patchbay_domain::{Emoji, Reaction};
use tl::enums::{InputUser, Reaction as Shown, User};
use tl::functions::{messages, users};

use super::TelegramSender;
use super::destination::{Destination, number};
use crate::connection::InvokeError;
use crate::refusal;

/// `reactions_user_max_default` and `reactions_user_max_premium` (core.telegram.org/api/config).
const MOST: usize = 1;
const MOST_OF_PREMIUM: usize = 3;
/// Telegram takes some emoji alone, and a chat may take fewer: so many are tried.
const TRIES: usize = 6;
/// Reactions that Telegram wants no sooner than this are told in words.
const PATIENCE: Duration = Duration::from_secs(5);

/// What Telegram makes of a reaction.
enum Outcome {
    Taken,
    /// Not this one.
    Refused,
    /// None of ours.
    Forbidden,
}

impl TelegramSender {
    /// Puts the most frequent ones that are taken there; our own in place of those before.
    pub(super) async fn react_to(&self, reacting: &Reacting) -> Result<Vec<Reaction>, SendError> {
        let to = self.destination(&reacting.destination).await?;
        let id = number(reacting.message).ok_or(SendError::MessageGone)?;
        let most = self.most(&to).await?;
        let mut shown: Vec<&str> = Vec::new();
        let wanted = reacting.reactions.iter().filter_map(unicode);
        for emoji in wanted.take(TRIES) {
            if shown.len() >= most {
                break;
            }
            let with_it: Vec<&str> = shown.iter().copied().chain([emoji]).collect();
            match self.set(&to, id, &with_it).await? {
                Outcome::Taken => shown = with_it,
                Outcome::Refused => {}
                Outcome::Forbidden => break,
            }
        }
        if shown.is_empty() {
            // What may stand there from before.
            self.set(&to, id, &[]).await?;
        }
        let left = reacting.reactions.iter();
        let left = left.filter(|reaction| unicode(reaction).is_none_or(|it| !shown.contains(&it)));
        Ok(left.cloned().collect())
    }

    /// How many reactions the account may put under a message.
    async fn most(&self, to: &Destination) -> Result<usize, SendError> {
        let is_premium = match to.live.is_premium() {
            Some(is_premium) => Ok(is_premium),
            None => self.ask_for_premium(to).await,
        };
        Ok(if is_premium? { MOST_OF_PREMIUM } else { MOST })
    }

    async fn ask_for_premium(&self, to: &Destination) -> Result<bool, SendError> {
        let id = vec![InputUser::UserSelf];
        let found = to.invoke(&users::GetUsers { id }).await;
        let found = found.map_err(|error| self.failed(&to.live, &[], &error))?;
        let is_premium = found.iter().any(|user| match user {
            User::User(user) => user.premium,
            User::Empty(_) => false,
        });
        to.live.set_premium(is_premium);
        Ok(is_premium)
    }

    async fn set(&self, to: &Destination, id: i32, emoji: &[&str]) -> Result<Outcome, SendError> {
        let reaction = emoji.iter().map(|emoticon| {
            let emoticon = (*emoticon).to_owned();
            Shown::from(tl::types::ReactionEmoji { emoticon })
        });
        let request = messages::SendReaction {
            big: false,
            add_to_recent: false,
            peer: to.peer.clone(),
            msg_id: id,
            reaction: Some(reaction.collect()),
        };
        match to.invoke(&request).await {
            Ok(_) => Ok(Outcome::Taken),
            Err(error) => self.not_taken(to, &error),
        }
    }

    fn not_taken(&self, to: &Destination, error: &InvokeError) -> Result<Outcome, SendError> {
        if let Some(refused) = error.refusal()
            && refusal::limitation(refused).is_none()
            && let Some(after) = refusal::flood_wait(refused)
        {
            // Messages need not wait for it.
            return if after <= PATIENCE {
                Err(SendError::Limited { after })
            } else {
                Ok(Outcome::Forbidden)
            };
        }
        let outcome = error.refusal().and_then(|refused| {
            Some(match refused.name.as_str() {
                "MESSAGE_NOT_MODIFIED" => Outcome::Taken,
                "REACTION_INVALID" | "REACTION_EMPTY" => Outcome::Refused,
                name if refusal::forbids_reactions(name) => Outcome::Forbidden,
                _ => return None,
            })
        });
        outcome.ok_or_else(|| self.not_changed(&to.live, &[], error))
    }
}

fn unicode(reaction: &Reaction) -> Option<&str> {
    match &reaction.emoji {
        Emoji::Unicode(emoji) => Some(emoji),
        Emoji::Custom { .. } => None,
    }
}
