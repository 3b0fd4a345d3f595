//! Linking a user with a person on Telegram, so that the bot knows whom it talks to.
//!
//! The user opens a deep link, which makes Telegram send `/start TOKEN` to the bot; whoever sends
//! that is the user. The token is worth a link once, and for minutes.

use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::bot_link::{BotLink, BotLinkRequest, BotPerson, BotTokenHash, BotUsername};
use patchbay_domain::user::User;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::ports::{PortError, PortResult, Ports, Redeemed};

/// How long a deep link is good.
pub const LINK_LIFETIME: Duration = Duration::from_mins(10);

/// A deep link that was just made. Nobody can read it again.
#[derive(Debug)]
pub struct DeepLink {
    /// Whoever opens it is linked.
    pub url: SecretString,
    pub expires_at: Timestamp,
}

/// Who a user is to the bot, and until when a deep link waits to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub link: Option<BotLink>,
    pub waits_until: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The same whether it was used, replaced or invented, or has expired.
    #[error("the link is good no more")]
    NotGood,
    #[error("the person is linked to another user")]
    LinkedElsewhere,
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Makes a deep link, which spoils an earlier one of the user.
pub async fn request(ports: &Ports, user: &User, bot: &BotUsername) -> PortResult<DeepLink> {
    // 32 characters of the 64 that Telegram takes (core.telegram.org/bots/features, Deep linking).
    let token = format!("{:032x}", ports.ids.secret());
    let request = BotLinkRequest {
        owner: user.id,
        token: hash(&token),
        expires_at: ports.clock.now().plus(LINK_LIFETIME),
    };
    ports.bot_links.request(&request).await?;
    Ok(DeepLink {
        url: bot.deep_link(&token).into(),
        expires_at: request.expires_at,
    })
}

pub async fn status(ports: &Ports, user: &User) -> PortResult<Status> {
    let waiting = ports.bot_links.waiting(user.id, ports.clock.now()).await?;
    Ok(Status {
        link: ports.bot_links.get(user.id).await?,
        waits_until: waiting.map(|request| request.expires_at),
    })
}

/// Ends the link, and spoils a deep link that nobody has opened. Doing it twice is harmless.
pub async fn unlink(ports: &Ports, user: &User) -> PortResult<()> {
    ports.bot_links.remove(user.id).await
}

/// Links the person who brought a token to the user who asked for it.
pub async fn redeem(
    ports: &Ports,
    token: &SecretString,
    person: &BotPerson,
) -> Result<BotLink, RedeemError> {
    let token = hash(token.expose_secret());
    let now = ports.clock.now();
    match ports.bot_links.redeem(&token, person, now).await? {
        Redeemed::Linked(link) => Ok(link),
        Redeemed::Unknown => Err(RedeemError::NotGood),
        Redeemed::LinkedElsewhere => Err(RedeemError::LinkedElsewhere),
    }
}

fn hash(token: &str) -> BotTokenHash {
    BotTokenHash::of_digest(Sha256::digest(token).into())
}

#[cfg(test)]
mod tests {
    use patchbay_domain::Plan;
    use patchbay_domain::ids::{PartitionId, TelegramUserId, UserId};
    use patchbay_domain::user::{PasswordHash, Profile, Role};

    use super::*;
    use crate::testing::Memory;

    fn user(memory: &Memory, number: u128) -> User {
        User {
            id: UserId::from_bits(number),
            email: format!("user{number}@example.com").parse().unwrap(),
            password_hash: PasswordHash::default(),
            partition: PartitionId(0),
            role: Role::default(),
            plan: Plan::default(),
            profile: Profile::default(),
            created_at: memory.ports().clock.now(),
            leaving_since: None,
        }
    }

    fn person(id: i64) -> BotPerson {
        BotPerson {
            telegram_user: TelegramUserId(id),
            name: "Ann".to_owned(),
            username: None,
        }
    }

    fn token_of(link: &DeepLink) -> SecretString {
        let url = link.url.expose_secret();
        url.split_once("?start=").unwrap().1.into()
    }

    #[tokio::test]
    async fn whoever_opens_the_link_is_the_user() {
        let memory = Memory::new();
        let (ports, ann) = (memory.ports(), user(&memory, 1));
        let bot: BotUsername = "PatchbayBot".parse().unwrap();
        let link = request(&ports, &ann, &bot).await.unwrap();
        let token = token_of(&link);
        assert!((22..=64).contains(&token.expose_secret().len()));
        let waiting = status(&ports, &ann).await.unwrap();
        assert_eq!(
            (waiting.link, waiting.waits_until),
            (None, Some(link.expires_at))
        );
        let linked = redeem(&ports, &token, &person(7)).await.unwrap();
        assert_eq!(linked.owner, ann.id);
        let now = status(&ports, &ann).await.unwrap();
        assert_eq!((now.link, now.waits_until), (Some(linked), None));
        unlink(&ports, &ann).await.unwrap();
        assert_eq!(status(&ports, &ann).await.unwrap().link, None);
    }

    #[tokio::test]
    async fn a_link_that_is_not_good_says_the_same_whatever_the_reason() {
        let memory = Memory::new();
        let (ports, ann) = (memory.ports(), user(&memory, 1));
        let bot: BotUsername = "PatchbayBot".parse().unwrap();
        let used = request(&ports, &ann, &bot).await.unwrap();
        redeem(&ports, &token_of(&used), &person(7)).await.unwrap();
        let replaced = request(&ports, &ann, &bot).await.unwrap();
        let late = request(&ports, &ann, &bot).await.unwrap();
        memory.clock().set(late.expires_at);
        let tokens = [&used, &replaced, &late].map(token_of);
        for token in tokens.into_iter().chain(["".into(), "invented".into()]) {
            let refused = redeem(&ports, &token, &person(8)).await;
            assert!(matches!(refused, Err(RedeemError::NotGood)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_person_of_another_user_is_not_taken() {
        let memory = Memory::new();
        let ports = memory.ports();
        let (ann, bob) = (user(&memory, 1), user(&memory, 2));
        let bot: BotUsername = "PatchbayBot".parse().unwrap();
        let first = request(&ports, &ann, &bot).await.unwrap();
        redeem(&ports, &token_of(&first), &person(7)).await.unwrap();
        let second = request(&ports, &bob, &bot).await.unwrap();
        let refused = redeem(&ports, &token_of(&second), &person(7)).await;
        assert!(matches!(refused, Err(RedeemError::LinkedElsewhere)));
        assert_eq!(status(&ports, &bob).await.unwrap().link, None);
    }
}
