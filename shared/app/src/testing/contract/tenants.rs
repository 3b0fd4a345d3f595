use std::time::Duration;

use patchbay_domain::account::{AccountState, Login, LoginMethod, LoginState};
use patchbay_domain::guild::GuildLink;
use patchbay_domain::ids::{DiscordGuildId, LoginId, PartitionId};
use patchbay_domain::{Pair, Timestamp};
use secrecy::SecretSlice;

use super::Subject;
use crate::ports::{PairSet, PortResult, SecretName};

/// Everything that one tenant has, asked for and changed by another who knows every id.
pub(super) async fn nobody_reaches_what_is_anothers(subject: &Subject) -> PortResult<()> {
    let ports = &subject.ports;
    let (owner, other, now) = (subject.owner(), subject.owner(), subject.now());
    let account = subject.account(owner, subject.telegram_user());
    let pair = subject.pair(owner, PartitionId(3));
    let login = Login {
        id: LoginId::from_bits(subject.id()),
        owner,
        method: LoginMethod::Qr,
        state: LoginState::Starting,
        created_at: now,
        expires_at: now.plus(Duration::from_mins(5)),
    };
    let link = GuildLink {
        owner,
        guild: DiscordGuildId(subject.number()),
        linked_at: now,
    };
    ports.accounts.create(&account, 1).await?;
    ports.pairs.create(&pair, 0).await?;
    ports.logins.put(&login).await?;
    ports.guild_links.link(&link, 1).await?;

    let away = AccountState::LoggedOut {
        at: Timestamp(0),
        reason: String::new(),
    };
    ports.accounts.set_state(other, account.id, &away).await?;
    ports.accounts.remove(other, account.id).await?;
    assert!(!ports.accounts.set_default(other, account.id).await?);
    let label = "Mine".parse().ok();
    let labelled = ports.accounts.set_label(other, account.id, label.as_ref());
    assert_eq!(labelled.await?, None);
    ports.accounts.chats_read(other, account.id, now).await?;
    assert_eq!(ports.accounts.default_of(other).await?, None);
    assert_eq!(ports.logins.of_user(other).await?, []);
    assert_eq!(ports.accounts.get(other, account.id).await?, None);
    assert_eq!(ports.accounts.of_user(other).await?, []);
    let stolen = Pair {
        owner: other,
        version: pair.version + 1,
        ..pair.clone()
    };
    assert!(!ports.pairs.update(&stolen, pair.version).await?);
    for version in [None, Some(pair.version)] {
        assert!(!ports.pairs.delete(other, pair.id, version).await?);
    }
    assert_eq!(ports.pairs.get(other, pair.id).await?, None);
    assert_eq!(ports.pairs.of_user(other).await?, PairSet::default());
    let stolen = Login {
        owner: other,
        ..login.clone()
    };
    assert!(!ports.logins.replace(&stolen, &stolen).await?);
    assert_eq!(ports.logins.get(other, login.id).await?, None);
    ports.guild_links.remove(other, link.guild, 0).await?;
    assert_eq!(ports.guild_links.get(other, link.guild).await?, None);
    assert_eq!(ports.guild_links.of_user(other).await?, []);

    assert_eq!(ports.accounts.get(owner, account.id).await?, Some(account));
    assert_eq!(ports.pairs.get(owner, pair.id).await?, Some(pair));
    assert_eq!(ports.logins.get(owner, login.id).await?, Some(login));
    assert!(ports.guild_links.get(owner, link.guild).await?.is_some());
    Ok(())
}

pub(super) async fn nobody_reads_or_removes_anothers_secret(subject: &Subject) -> PortResult<()> {
    let vault = &subject.ports.vault;
    let (owner, other) = (subject.owner(), subject.owner());
    let account = subject.account(owner, subject.telegram_user());
    let name = SecretName::TelegramSession(account.id);
    vault
        .put(owner, name, &SecretSlice::from(b"key".to_vec()))
        .await?;
    assert!(vault.get(other, name).await?.is_none());
    vault.remove(other, name).await?;
    assert!(vault.get(owner, name).await?.is_some());
    Ok(())
}

pub(super) async fn all_secrets_of_a_user_who_leaves_are_removed(
    subject: &Subject,
) -> PortResult<()> {
    let vault = &subject.ports.vault;
    let (owner, other) = (subject.owner(), subject.owner());
    let account = subject.account(owner, subject.telegram_user());
    let names = [
        SecretName::TelegramSession(account.id),
        SecretName::LoginAnswer(LoginId::from_bits(subject.id())),
    ];
    for (of, name) in [(owner, names[0]), (owner, names[1]), (other, names[0])] {
        vault
            .put(of, name, &SecretSlice::from(b"key".to_vec()))
            .await?;
    }
    vault.remove_all(owner).await?;
    vault.remove_all(owner).await?;
    for name in names {
        assert!(vault.get(owner, name).await?.is_none());
    }
    assert!(vault.get(other, names[0]).await?.is_some());
    Ok(())
}
