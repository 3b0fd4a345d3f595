use std::time::Duration;

use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::{DiscordGuildId, PartitionId};
use tokio::task::JoinSet;

use super::Subject;
use crate::ports::{GuildLinking, PortResult};

fn request(subject: &Subject) -> GuildLinkRequest {
    GuildLinkRequest {
        owner: subject.owner(),
        guild: DiscordGuildId(subject.number()),
        code: LinkCode::from_bits(subject.ports.ids.secret()),
        expires_at: subject.now().plus(Duration::from_mins(10)),
    }
}

pub(super) async fn a_code_works_until_it_is_used_or_expires(subject: &Subject) -> PortResult<()> {
    let links = &subject.ports.guild_links;
    let request = request(subject);
    let GuildLinkRequest {
        owner,
        guild,
        ref code,
        expires_at,
    } = request;
    let (now, elsewhere) = (subject.now(), DiscordGuildId(subject.number()));
    let wrong = LinkCode::from_bits(subject.ports.ids.secret());
    links.request(&request).await?;
    assert_eq!(links.waiting(guild, &wrong, now).await?, None);
    assert_eq!(links.waiting(elsewhere, code, now).await?, None);
    assert_eq!(links.waiting(guild, code, expires_at).await?, None);
    assert_eq!(
        links.waiting(guild, code, now).await?.as_ref(),
        Some(&request)
    );
    assert_eq!(links.get(owner, guild).await?, None);

    let link = GuildLink {
        owner,
        guild,
        linked_at: now,
    };
    let later = GuildLink {
        linked_at: now.plus(Duration::from_secs(1)),
        ..link.clone()
    };
    assert_eq!(links.link(&link, 1).await?, GuildLinking::Linked);
    assert_eq!(links.link(&later, 1).await?, GuildLinking::Linked);
    assert_eq!(links.get(owner, guild).await?.as_ref(), Some(&link));
    assert_eq!(links.of_user(owner).await?, [link]);
    assert_eq!(links.waiting(guild, code, now).await?, None);

    assert!(links.remove(owner, guild, 0).await?);
    assert!(links.remove(owner, guild, 0).await?);
    assert_eq!(links.of_user(owner).await?, []);
    Ok(())
}

pub(super) async fn of_many_servers_no_more_are_linked_than_allowed(
    subject: &Subject,
) -> PortResult<()> {
    let (owner, now) = (subject.owner(), subject.now());
    let mut linking = JoinSet::new();
    for _ in 0..8 {
        let (links, guild) = (subject.ports.guild_links.clone(), subject.number());
        let link = GuildLink {
            owner,
            guild: DiscordGuildId(guild),
            linked_at: now,
        };
        linking.spawn(async move { links.link(&link, 3).await });
    }
    let outcomes: PortResult<Vec<_>> = linking.join_all().await.into_iter().collect();
    let linked = |outcome: &&GuildLinking| **outcome == GuildLinking::Linked;
    assert_eq!(outcomes?.iter().filter(linked).count(), 3);
    let links = &subject.ports.guild_links;
    let stand = links.of_user(owner).await?;
    assert_eq!(stand.len(), 3);

    // Each that goes makes room for one, however often it goes.
    let mut version = 0;
    for link in &stand {
        assert!(links.remove(owner, link.guild, version).await?);
        assert!(links.remove(owner, link.guild, version).await?);
        version = subject.ports.pairs.of_user(owner).await?.version;
    }
    for link in &stand {
        assert_eq!(links.link(link, 3).await?, GuildLinking::Linked);
    }
    let one_more = GuildLink {
        guild: DiscordGuildId(subject.number()),
        ..stand[0].clone()
    };
    assert_eq!(links.link(&one_more, 3).await?, GuildLinking::Full);
    assert_eq!(links.link(&one_more, 4).await?, GuildLinking::Linked);
    Ok(())
}

pub(super) async fn a_server_stays_when_pairs_came_or_went_meanwhile(
    subject: &Subject,
) -> PortResult<()> {
    let links = &subject.ports.guild_links;
    let (owner, guild) = (subject.owner(), DiscordGuildId(subject.number()));
    let linked_at = subject.now();
    let link = GuildLink {
        owner,
        guild,
        linked_at,
    };
    links.link(&link, 1).await?;
    let pair = subject.pair(owner, PartitionId(3));
    assert!(subject.ports.pairs.create(&pair, 0).await?);
    assert!(!links.remove(owner, guild, 0).await?);
    assert!(links.get(owner, guild).await?.is_some());

    assert!(links.remove(owner, guild, 1).await?);
    assert_eq!(links.get(owner, guild).await?, None);
    let set = subject.ports.pairs.of_user(owner).await?;
    assert_eq!((set.version, set.pairs.len()), (2, 1));
    // Whoever checked the server before it went has to check again.
    let late = subject.pair(owner, PartitionId(3));
    assert!(!subject.ports.pairs.create(&late, 1).await?);
    Ok(())
}

pub(super) async fn a_later_request_takes_the_place_of_an_earlier_one(
    subject: &Subject,
) -> PortResult<()> {
    let links = &subject.ports.guild_links;
    let first = request(subject);
    let code = LinkCode::from_bits(subject.ports.ids.secret());
    let second = GuildLinkRequest {
        code,
        ..first.clone()
    };
    let of_another = GuildLinkRequest {
        guild: first.guild,
        ..request(subject)
    };
    for request in [&first, &of_another, &second] {
        links.request(request).await?;
    }
    let now = subject.now();
    assert_eq!(links.waiting(first.guild, &first.code, now).await?, None);
    for request in [second, of_another] {
        let found = links.waiting(request.guild, &request.code, now).await?;
        assert_eq!(found, Some(request));
    }
    Ok(())
}
