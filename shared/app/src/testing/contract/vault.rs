use patchbay_domain::ids::{AccountId, LoginId};
use secrecy::{ExposeSecret, SecretSlice};

use super::Subject;
use crate::ports::{PortResult, SecretName};

pub(super) async fn a_secret_reads_back_until_it_is_removed(subject: &Subject) -> PortResult<()> {
    let vault = &subject.ports.vault;
    let owner = subject.owner();
    let names = [
        SecretName::TelegramSession(AccountId::from_bits(1)),
        SecretName::LoginSession(LoginId::from_bits(1)),
        SecretName::LoginAnswer(LoginId::from_bits(1)),
        SecretName::DiscordVerifier,
        SecretName::DiscordTokens,
    ];
    let text = |place: usize| format!("secret {place}").into_bytes();
    for (place, name) in names.into_iter().enumerate() {
        assert!(vault.get(owner, name).await?.is_none());
        vault
            .put(owner, name, &SecretSlice::from(b"before".to_vec()))
            .await?;
        vault
            .put(owner, name, &SecretSlice::from(text(place)))
            .await?;
    }
    for (place, name) in names.into_iter().enumerate() {
        let found = vault.get(owner, name).await?;
        assert_eq!(
            found.map(|secret| secret.expose_secret().to_vec()),
            Some(text(place))
        );
    }
    vault
        .put(owner, names[0], &SecretSlice::from(Vec::new()))
        .await?;
    let empty = vault.get(owner, names[0]).await?;
    assert_eq!(empty.map(|secret| secret.expose_secret().len()), Some(0));
    for _ in 0..2 {
        vault.remove(owner, names[1]).await?;
        assert!(vault.get(owner, names[1]).await?.is_none());
    }
    assert!(vault.get(owner, names[2]).await?.is_some());
    Ok(())
}
