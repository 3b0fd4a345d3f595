use std::collections::BTreeSet;

use patchbay_domain::guild::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordPermission, DiscordThread,
    DiscordThreadKind, Guild,
};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};

use super::Subject;
use crate::ports::PortResult;

fn guild(subject: &Subject) -> Guild {
    Guild {
        id: DiscordGuildId(subject.number()),
        name: "Office".to_owned(),
        premium_tier: 2,
    }
}

fn channel(guild: DiscordGuildId, id: u64) -> DiscordChannel {
    let is_bare = id.is_multiple_of(3);
    let category = DiscordCategory {
        id: DiscordChannelId(1_000 + id % 50),
        // As long as names may be, in letters of four bytes.
        name: "𝔊".repeat(100),
    };
    DiscordChannel {
        id: DiscordChannelId(id),
        guild,
        name: "𝔘".repeat(100),
        kind: match id % 4 {
            0 => DiscordChannelKind::Text,
            1 => DiscordChannelKind::Announcement,
            2 => DiscordChannelKind::Media,
            _ => DiscordChannelKind::Voice,
        },
        category: (!is_bare).then_some(category),
        position: u32::try_from(id).unwrap_or_default(),
        topic: (!is_bare).then(|| "t".repeat(200)),
        is_nsfw: is_bare,
        permissions: DiscordPermission::ALL.into_iter().collect(),
    }
}

fn thread(guild: DiscordGuildId, channel: u64, id: u64) -> DiscordThread {
    DiscordThread {
        id: DiscordChannelId(id),
        guild,
        channel: DiscordChannelId(channel),
        name: format!("thread {id}"),
        kind: DiscordThreadKind::PublicThread,
        is_locked: id.is_multiple_of(2),
        permissions: [DiscordPermission::ViewChannel].into_iter().collect(),
    }
}

pub(super) async fn a_server_has_the_channels_of_its_last_change(
    subject: &Subject,
) -> PortResult<()> {
    let chats = &subject.ports.chats;
    let guild = guild(subject);
    // With 50 categories these are as many as a server can have.
    let many: Vec<_> = (1..=450).map(|id| channel(guild.id, id)).collect();
    chats.put_guild(&guild, &many).await?;
    assert_eq!(chats.channels(guild.id).await?, many);
    assert_eq!(
        chats.channel(guild.id, DiscordChannelId(77)).await?,
        Some(channel(guild.id, 77))
    );

    let renamed = Guild {
        name: "Head office".to_owned(),
        ..guild.clone()
    };
    chats.put_guild(&renamed, &many[..2]).await?;
    assert_eq!(chats.guild(guild.id).await?, Some(renamed));
    assert_eq!(chats.channels(guild.id).await?, many[..2]);
    assert_eq!(chats.channel(guild.id, DiscordChannelId(77)).await?, None);

    chats.remove_guild(guild.id).await?;
    assert_eq!(chats.guild(guild.id).await?, None);
    assert_eq!(chats.channels(guild.id).await?, []);
    Ok(())
}

pub(super) async fn of_many_servers_those_with_the_bot_are_known(
    subject: &Subject,
) -> PortResult<()> {
    let chats = &subject.ports.chats;
    let first = subject.number();
    // More than one request of DynamoDB; every second one is there, and one is asked for twice.
    let mut ids: Vec<_> = (first..first + 150).map(DiscordGuildId).collect();
    let present: BTreeSet<_> = ids.iter().copied().step_by(2).collect();
    for id in &present {
        let guild = Guild {
            id: *id,
            ..guild(subject)
        };
        chats.put_guild(&guild, &[]).await?;
    }
    ids.push(ids[0]);
    assert_eq!(chats.known_guilds(&ids).await?, present);
    assert!(chats.known_guilds(&[]).await?.is_empty());
    Ok(())
}

pub(super) async fn threads_come_and_go_alone(subject: &Subject) -> PortResult<()> {
    let chats = &subject.ports.chats;
    let guild = guild(subject);
    chats.put_guild(&guild, &[channel(guild.id, 5)]).await?;
    let elsewhere = DiscordGuildId(subject.number());
    let all: Vec<_> = (8..48).map(|id| thread(guild.id, 5, id)).collect();
    let other = thread(guild.id, 50, 49);
    chats.put_threads(guild.id, &all).await?;
    chats
        .put_threads(guild.id, std::slice::from_ref(&other))
        .await?;
    chats
        .put_threads(elsewhere, &[thread(elsewhere, 5, 8)])
        .await?;

    let channel = DiscordChannelId(5);
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = chats
            .threads_page(guild.id, channel, after.as_deref(), 13)
            .await?;
        assert!(page.items.len() == 13 || page.next.is_none());
        found.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(found, all);
    assert_eq!(chats.threads(guild.id).await?.len(), 41);

    let renamed = DiscordThread {
        name: "renamed".to_owned(),
        ..all[0].clone()
    };
    chats
        .put_threads(guild.id, std::slice::from_ref(&renamed))
        .await?;
    chats.put_guild(&guild, &[]).await?;
    let one = async |id| chats.thread(guild.id, channel, DiscordChannelId(id)).await;
    assert_eq!(one(8).await?, Some(renamed));
    assert_eq!(one(49).await?, None, "it is of another channel");
    let gone: Vec<_> = (8..40).map(|id| (channel, DiscordChannelId(id))).collect();
    chats.remove_threads(guild.id, &gone).await?;
    chats.remove_threads(guild.id, &gone[..1]).await?;
    assert_eq!(one(8).await?, None);
    assert_eq!(chats.threads(guild.id).await?.len(), 9);

    chats.remove_guild(guild.id).await?;
    assert_eq!(chats.threads(guild.id).await?, []);
    assert_eq!(chats.threads(elsewhere).await?.len(), 1);
    Ok(())
}
