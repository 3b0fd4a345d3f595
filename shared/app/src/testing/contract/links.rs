use std::time::Duration;

use patchbay_domain::guild::{GuildLink, GuildLinkRequest, LinkCode};
use patchbay_domain::ids::DiscordGuildId;

use super::Subject;
use crate::ports::PortResult;

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

    links.fulfil(&request, now).await?;
    links
        .fulfil(&request, now.plus(Duration::from_secs(1)))
        .await?;
    let link = GuildLink {
        owner,
        guild,
        linked_at: now,
    };
    assert_eq!(links.get(owner, guild).await?.as_ref(), Some(&link));
    assert_eq!(links.of_user(owner).await?, [link]);
    assert_eq!(links.waiting(guild, code, now).await?, None);

    links.remove(owner, guild).await?;
    links.remove(owner, guild).await?;
    assert_eq!(links.of_user(owner).await?, []);
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
