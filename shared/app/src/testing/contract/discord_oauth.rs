//! What every way to `OAuth2` at Discord does. It needs somebody who consents, so that it isn't among
//! the checks of a [`Subject`](super::Subject).

use std::time::Duration;

use secrecy::SecretString;

use crate::ports::{AuthorizationRequest, BotWish, DiscordOauth, DiscordOauthError};

/// Runs the whole way with a person called `alice` who may manage one server, called `hall`.
/// `consent` plays the browser: an address leads to the code with which it comes back. It panics
/// if a rule is broken.
pub async fn discord_oauth(
    oauth: &dyn DiscordOauth,
    consent: impl AsyncFn(String) -> String,
) -> Result<(), DiscordOauthError> {
    let state = SecretString::from("5".repeat(32));
    let [verifier, another] = ["ab", "cd"].map(|text| SecretString::from(text.repeat(32)));
    let request = AuthorizationRequest {
        state: &state,
        verifier: &verifier,
        bot: BotWish::No,
    };
    let url = oauth.authorize_url(&request)?;
    assert!(
        url.contains(&"5".repeat(32)) && !url.contains("abababab"),
        "{url}"
    );
    let code = async || SecretString::from(consent(url.clone()).await);

    // A code needs its verifier, and is good once.
    is_refused(&oauth.exchange(&"nonsense".into(), &verifier).await);
    is_refused(&oauth.exchange(&code().await, &another).await);
    let spent = code().await;
    let first = oauth.exchange(&spent, &verifier).await?;
    is_refused(&oauth.exchange(&spent, &verifier).await);
    assert!(first.expires_in > Duration::from_hours(1));

    let person = oauth.me(&first.access).await?;
    assert_eq!(person.name, "alice");
    let guilds = oauth.guilds(&first.access).await?;
    let names: Vec<_> = guilds.iter().map(|guild| &*guild.name).collect();
    assert_eq!(names, ["hall"]);
    let invite = oauth.invite_url(guilds[0].id)?;
    assert!(invite.contains(&guilds[0].id.to_string()), "{invite}");

    let second = oauth.refresh(&first.refresh).await?;
    assert_eq!(oauth.me(&second.access).await?, person);
    is_refused(&oauth.refresh(&first.refresh).await);
    is_refused(&oauth.me(&first.access).await);

    oauth.revoke(&second.refresh).await?;
    oauth.revoke(&second.refresh).await?;
    is_refused(&oauth.guilds(&second.access).await);
    is_refused(&oauth.refresh(&second.refresh).await);
    Ok(())
}

fn is_refused<T>(answer: &Result<T, DiscordOauthError>) {
    let is_refused = matches!(answer, Err(DiscordOauthError::Refused));
    assert!(is_refused, "{:?}", answer.as_ref().err());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeDiscord;

    #[tokio::test]
    async fn the_fake_keeps_it() {
        let discord = FakeDiscord::default();
        discord.person(7, "alice", &[(1, "hall")]);
        let consent = async |url: String| discord.consent(&url, 7).unwrap().code;
        discord_oauth(&discord, consent).await.unwrap();
    }
}
