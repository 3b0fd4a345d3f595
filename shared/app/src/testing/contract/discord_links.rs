use std::time::Duration;

use patchbay_domain::discord_person::{
    DiscordAuthorization, DiscordLink, DiscordPerson, ManagedGuild, ManagedGuilds,
};
use patchbay_domain::ids::{DiscordGuildId, DiscordUserId};
use patchbay_domain::token::TokenHash;
use tokio::task::JoinSet;

use super::Subject;
use crate::ports::PortResult;

pub(super) async fn a_state_is_good_once_and_for_its_user_alone(
    subject: &Subject,
) -> PortResult<()> {
    let links = &subject.ports.discord_links;
    let (owner, now) = (subject.owner(), subject.now());
    let first = DiscordAuthorization {
        owner,
        state: TokenHash::of("first"),
        expires_at: now.plus(Duration::from_mins(10)),
    };
    assert!(!links.take(owner, first.state, now).await?);
    links.begin(&first).await?;
    assert!(!links.take(subject.owner(), first.state, now).await?);
    assert!(!links.take(owner, TokenHash::of("other"), now).await?);
    assert!(!links.take(owner, first.state, first.expires_at).await?);

    let mut taking = JoinSet::new();
    for _ in 0..4 {
        let (links, state) = (links.clone(), first.state);
        taking.spawn(async move { links.take(owner, state, now).await });
    }
    let taken: PortResult<Vec<_>> = taking.join_all().await.into_iter().collect();
    assert_eq!(taken?.iter().filter(|taken| **taken).count(), 1);

    // A later one takes the place of an earlier one.
    let second = DiscordAuthorization {
        state: TokenHash::of("second"),
        ..first.clone()
    };
    links.begin(&first).await?;
    links.begin(&second).await?;
    assert!(!links.take(owner, first.state, now).await?);
    assert!(links.take(owner, second.state, now).await?);
    Ok(())
}

pub(super) async fn a_person_is_linked_until_removed(subject: &Subject) -> PortResult<()> {
    let links = &subject.ports.discord_links;
    let (owner, other) = (subject.owner(), subject.owner());
    let linked_at = subject.now();
    let link = |owner, name: &str| DiscordLink {
        owner,
        person: DiscordPerson {
            id: DiscordUserId(u64::MAX),
            name: name.to_owned(),
        },
        linked_at,
    };
    assert_eq!(links.get(owner).await?, None);
    links.put(&link(owner, "ann")).await?;
    links.put(&link(other, "ann")).await?;
    links.put(&link(owner, "ann the second")).await?;
    assert_eq!(links.get(owner).await?, Some(link(owner, "ann the second")));

    let managed = ManagedGuilds {
        owner,
        guilds: vec![ManagedGuild {
            id: DiscordGuildId(u64::MAX),
            name: "hall".to_owned(),
            is_owner: true,
        }],
        read_at: subject.now(),
    };
    let kept = Duration::from_mins(1);
    assert_eq!(links.managed(owner).await?, None);
    links.put_managed(&managed, kept).await?;
    assert_eq!(links.managed(owner).await?, Some(managed.clone()));
    assert_eq!(links.managed(other).await?, None);
    links.forget_managed(owner).await?;
    assert_eq!(links.managed(owner).await?, None);
    links.put_managed(&managed, kept).await?;
    for _ in 0..2 {
        links.remove(owner).await?;
        assert_eq!(links.get(owner).await?, None);
        assert_eq!(links.managed(owner).await?, None);
    }
    assert_eq!(links.get(other).await?, Some(link(other, "ann")));

    links.put_managed(&managed, kept).await?;
    subject.clock.advance(Duration::from_secs(61));
    assert_eq!(links.managed(owner).await?, None, "it is kept for a while");
    Ok(())
}
