use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, ApiKeySecret, Scope, SecretHash};
use patchbay_domain::ids::{ApiKeyId, UserId};
use tokio::task::JoinSet;

use super::Subject;
use crate::ports::{ApiKeySet, PortError, PortResult};

impl Subject {
    fn api_key_secret(&self) -> ApiKeySecret {
        ApiKeySecret::from_bits([self.ports.ids.secret(), self.ports.ids.secret()])
    }

    fn api_key(&self, owner: UserId) -> PortResult<ApiKey> {
        let secret = self.api_key_secret();
        let name = "build ✓".parse().map_err(|error| PortError::Corrupt {
            operation: "naming a key",
            what: format!("{error}"),
        })?;
        Ok(ApiKey {
            id: ApiKeyId::from_bits(self.id()),
            owner,
            name,
            scopes: BTreeSet::from([Scope::Read, Scope::Analytics]),
            created_at: self.now(),
            expires_at: None,
            last_used_at: None,
            secret: secret.hash(),
            hint: secret.hint(),
            previous: None,
        })
    }

    async fn opens(&self, secret: SecretHash) -> PortResult<bool> {
        let grant = self.ports.api_keys.by_secret(secret, self.now()).await?;
        Ok(grant.is_some())
    }
}

pub(super) async fn a_key_is_added_at_the_present_version_alone(
    subject: &Subject,
) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let (first, second) = (subject.api_key(owner)?, subject.api_key(owner)?);
    let empty = keys.of_user(owner).await?;
    assert_eq!(empty, ApiKeySet::default());
    assert!(keys.create(&first, empty.version).await?);
    assert!(keys.create(&first, empty.version).await?, "repeated");
    assert!(!keys.create(&second, empty.version).await?, "too late");
    let one = keys.of_user(owner).await?;
    assert_eq!(one.keys, std::slice::from_ref(&first));
    assert!(keys.create(&second, one.version).await?);
    assert_eq!(
        keys.of_user(owner).await?.keys,
        [first.clone(), second.clone()]
    );
    assert!(keys.revoke(owner, first.id).await?);
    assert!(!keys.revoke(owner, first.id).await?);
    let left = keys.of_user(owner).await?;
    assert_eq!(left.keys, [second]);
    assert!(
        !keys.create(&first, one.version + 1).await?,
        "the revocation counts"
    );
    Ok(())
}

pub(super) async fn of_many_that_add_one_wins(subject: &Subject) -> PortResult<()> {
    let owner = subject.owner();
    let mut attempts = JoinSet::new();
    for _ in 0..8 {
        let key = subject.api_key(owner)?;
        let keys = subject.ports.api_keys.clone();
        attempts.spawn(async move { (keys.create(&key, 0).await, key) });
    }
    let mut winners = Vec::new();
    for (created, key) in attempts.join_all().await {
        let is_created = created?;
        assert_eq!(subject.opens(key.secret).await?, is_created);
        winners.extend(is_created.then_some(key));
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(subject.ports.api_keys.of_user(owner).await?.keys, winners);
    Ok(())
}

pub(super) async fn a_secret_opens_until_it_is_revoked(subject: &Subject) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let (key, other) = (subject.api_key(owner)?, subject.api_key(owner)?);
    assert!(!subject.opens(key.secret).await?);
    assert!(keys.create(&key, 0).await?);
    let version = keys.of_user(owner).await?.version;
    assert!(keys.create(&other, version).await?);
    let grant = keys.by_secret(key.secret, subject.now()).await?;
    assert_eq!(grant, Some(key.grant()));
    assert!(keys.revoke(owner, key.id).await?);
    assert!(!subject.opens(key.secret).await?);
    assert_eq!(keys.get(owner, key.id).await?, None);
    assert!(subject.opens(other.secret).await?);
    Ok(())
}

pub(super) async fn a_secret_opens_until_it_expires(subject: &Subject) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let end = Timestamp(subject.now().0 + 30_500);
    let key = ApiKey {
        expires_at: Some(end),
        ..subject.api_key(owner)?
    };
    keys.create(&key, 0).await?;
    subject.clock.set(Timestamp(end.0 - 1));
    assert!(subject.opens(key.secret).await?);
    subject.clock.set(end);
    assert!(!subject.opens(key.secret).await?);
    subject.clock.advance(Duration::from_hours(24));
    assert!(!subject.opens(key.secret).await?);
    // Its owner still sees it, and what became of it.
    assert_eq!(keys.get(owner, key.id).await?, Some(key));
    Ok(())
}

pub(super) async fn a_rotated_key_opens_by_both_secrets_for_a_while(
    subject: &Subject,
) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let first = subject.api_key(owner)?;
    keys.create(&first, 0).await?;
    let until = subject.now().plus(Duration::from_mins(1));
    let rotate = |key: &ApiKey, until| {
        key.clone()
            .rotate(&subject.api_key_secret(), until, subject.now())
    };
    let second = rotate(&first, until);
    assert!(keys.rotate(&first, &second).await?);
    assert_eq!(keys.get(owner, first.id).await?.as_ref(), Some(&second));
    for (secret, grant) in second.grants() {
        let found = keys.by_secret(secret, subject.now()).await?;
        assert_eq!(found, Some(grant));
    }
    assert!(subject.opens(first.secret).await?);

    // Whoever rotates again does not keep three.
    let third = rotate(&second, until);
    assert!(keys.rotate(&second, &third).await?);
    assert!(!subject.opens(first.secret).await?);
    assert!(subject.opens(second.secret).await? && subject.opens(third.secret).await?);
    let fourth = rotate(&third, subject.now());
    assert!(keys.rotate(&third, &fourth).await?);
    assert!(!subject.opens(second.secret).await? && !subject.opens(third.secret).await?);
    assert!(subject.opens(fourth.secret).await?);

    let fifth = rotate(&fourth, until);
    assert!(keys.rotate(&fourth, &fifth).await?);
    subject.clock.set(until);
    assert!(!subject.opens(fourth.secret).await? && subject.opens(fifth.secret).await?);
    subject.clock.set(Timestamp(until.0 - 1));
    assert!(subject.opens(fourth.secret).await?);
    assert!(keys.revoke(owner, first.id).await?);
    assert!(!subject.opens(fourth.secret).await? && !subject.opens(fifth.secret).await?);
    assert!(
        !keys.rotate(&fifth, &rotate(&fifth, until)).await?,
        "it is gone"
    );
    Ok(())
}

pub(super) async fn of_many_that_rotate_one_wins(subject: &Subject) -> PortResult<()> {
    let owner = subject.owner();
    let key = subject.api_key(owner)?;
    subject.ports.api_keys.create(&key, 0).await?;
    let until = subject.now().plus(Duration::from_mins(1));
    let mut attempts = JoinSet::new();
    for _ in 0..8 {
        let next = key
            .clone()
            .rotate(&subject.api_key_secret(), until, subject.now());
        let (keys, key) = (subject.ports.api_keys.clone(), key.clone());
        attempts.spawn(async move { (keys.rotate(&key, &next).await, next) });
    }
    let mut winners = Vec::new();
    for (rotated, next) in attempts.join_all().await {
        let is_rotated = rotated?;
        assert_eq!(subject.opens(next.secret).await?, is_rotated);
        winners.extend(is_rotated.then_some(next));
    }
    assert_eq!(winners.len(), 1);
    let stored = subject.ports.api_keys.get(owner, key.id).await?;
    assert_eq!(stored, winners.pop());
    Ok(())
}

pub(super) async fn a_key_changes_its_name_and_its_last_use(subject: &Subject) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let mut key = subject.api_key(owner)?;
    keys.create(&key, 0).await?;
    let nobodys = ApiKeyId::from_bits(subject.id());
    let other = subject.api_key(owner)?.name;
    assert_eq!(keys.rename(owner, nobodys, &other).await?, None);
    key.name = "nightly".to_owned().try_into().unwrap_or(other);
    assert_eq!(
        keys.rename(owner, key.id, &key.name).await?.as_ref(),
        Some(&key)
    );
    let later = subject.now().plus(Duration::from_mins(1));
    for at in [subject.now(), later, later, subject.now()] {
        keys.touch(owner, key.id, at).await?;
        keys.touch(owner, nobodys, at).await?;
    }
    key.last_used_at = Some(later);
    assert_eq!(keys.get(owner, key.id).await?.as_ref(), Some(&key));
    assert_eq!(keys.get(owner, nobodys).await?, None);
    assert_eq!(keys.of_user(owner).await?.keys, std::slice::from_ref(&key));
    assert!(subject.opens(key.secret).await?);
    Ok(())
}

pub(super) async fn nobody_reaches_anothers_key(subject: &Subject) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let (owner, other) = (subject.owner(), subject.owner());
    let key = subject.api_key(owner)?;
    keys.create(&key, 0).await?;
    assert_eq!(keys.get(other, key.id).await?, None);
    assert_eq!(keys.of_user(other).await?, ApiKeySet::default());
    assert_eq!(keys.rename(other, key.id, &key.name).await?, None);
    keys.touch(other, key.id, subject.now()).await?;
    let stolen = ApiKey {
        owner: other,
        ..key.clone()
    };
    let next = stolen
        .clone()
        .rotate(&subject.api_key_secret(), subject.now(), subject.now());
    assert!(!keys.rotate(&stolen, &next).await?);
    assert!(!keys.revoke(other, key.id).await?);
    keys.remove_all(other).await?;
    assert_eq!(keys.get(owner, key.id).await?.as_ref(), Some(&key));
    assert!(subject.opens(key.secret).await? && !subject.opens(next.secret).await?);
    Ok(())
}

pub(super) async fn a_user_who_leaves_leaves_no_key(subject: &Subject) -> PortResult<()> {
    let keys = &subject.ports.api_keys;
    let owner = subject.owner();
    let mut secrets = Vec::new();
    for version in 0..14 {
        let key = subject.api_key(owner)?;
        assert!(keys.create(&key, version).await?);
        let until = subject.now().plus(Duration::from_mins(1));
        let next = key
            .clone()
            .rotate(&subject.api_key_secret(), until, subject.now());
        assert!(keys.rotate(&key, &next).await?);
        secrets.extend(next.grants().map(|(secret, _)| secret));
    }
    assert_eq!(secrets.len(), 28);
    for _ in 0..2 {
        keys.remove_all(owner).await?;
        assert_eq!(keys.of_user(owner).await?, ApiKeySet::default());
    }
    for secret in secrets {
        assert!(!subject.opens(secret).await?);
    }
    Ok(())
}
