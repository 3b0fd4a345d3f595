use grammers_tl_types::{enums, types};

use super::{peer, template};
use crate::clock::wire_seconds;
use crate::state::{Channel, Group, Participant, Peer, Role, Topic, User, UserId};

pub(super) fn group(group: &Group, viewer: UserId) -> enums::Chat {
    let Some(role) = group
        .roster
        .role(viewer)
        .filter(|role| *role != Role::Banned)
    else {
        return types::ChatForbidden {
            id: group.id.0,
            title: group.title.clone(),
        }
        .into();
    };
    let mut shown = template::group(
        group.id.0,
        group.title.clone(),
        wire_seconds(group.date),
        group.roster.count(),
        group.version,
    );
    shown.creator = role == Role::Creator;
    shown.admin_rights = role.is_admin().then(|| admin_rights().into());
    shown.default_banned_rights = Some(banned_rights(&[]).into());
    shown.noforwards = group.protected;
    shown.deactivated = group.migrated_to.is_some();
    shown.migrated_to = group.migrated_to.map(|successor| {
        types::InputChannel {
            channel_id: successor.channel.0,
            access_hash: successor.access_hash,
        }
        .into()
    });
    shown.into()
}

pub(super) fn channel(channel: &Channel, viewer: UserId) -> enums::Chat {
    let role = channel.roster.role(viewer);
    if channel.check_read(viewer).is_err() {
        return types::ChannelForbidden {
            broadcast: channel.is_broadcast(),
            megagroup: !channel.is_broadcast(),
            monoforum: false,
            id: channel.id.0,
            access_hash: channel.access_hash,
            title: channel.title.clone(),
            until_date: None,
        }
        .into();
    }
    let mut shown = template::channel(
        channel.id.0,
        channel.title.clone(),
        wire_seconds(channel.date),
    );
    shown.access_hash = Some(channel.access_hash);
    shown.username.clone_from(&channel.username);
    shown.broadcast = channel.is_broadcast();
    shown.megagroup = !channel.is_broadcast();
    shown.noforwards = channel.protected;
    shown.forum = channel.forum;
    shown.slowmode_enabled = channel.slow_mode_seconds > 0;
    shown.participants_count = Some(channel.roster.count());
    shown.left = role.is_none();
    shown.creator = role == Some(Role::Creator);
    shown.admin_rights = role
        .filter(|role| role.is_admin())
        .map(|_| admin_rights().into());
    shown.banned_rights =
        (role == Some(Role::ReadOnly)).then(|| banned_rights(&[Denied::Send]).into());
    shown.default_banned_rights = (!channel.is_broadcast()).then(|| banned_rights(&[]).into());
    shown.into()
}

pub(crate) fn group_participants(group: &Group) -> enums::ChatParticipants {
    let participants = group.roster.members().map(|(user, participant)| {
        let (user_id, inviter_id) = (user.0, participant.invited_by.0);
        let date = wire_seconds(participant.since);
        let rank = None;
        match participant.role {
            Role::Creator => types::ChatParticipantCreator { user_id, rank }.into(),
            Role::Admin => types::ChatParticipantAdmin {
                user_id,
                inviter_id,
                date,
                rank,
            }
            .into(),
            Role::Member | Role::ReadOnly | Role::Banned => types::ChatParticipant {
                user_id,
                inviter_id,
                date,
                rank,
            }
            .into(),
        }
    });
    types::ChatParticipants {
        chat_id: group.id.0,
        participants: participants.collect(),
        version: group.version,
    }
    .into()
}

pub(crate) fn channel_participant(
    user: UserId,
    participant: Participant,
    viewer: UserId,
) -> enums::ChannelParticipant {
    let (user_id, date) = (user.0, wire_seconds(participant.since));
    let inviter = participant.invited_by.0;
    match participant.role {
        Role::Creator => types::ChannelParticipantCreator {
            user_id,
            admin_rights: admin_rights().into(),
            rank: None,
        }
        .into(),
        Role::Admin => types::ChannelParticipantAdmin {
            can_edit: false,
            is_self: user == viewer,
            user_id,
            inviter_id: (user == viewer).then_some(inviter),
            promoted_by: inviter,
            date,
            admin_rights: admin_rights().into(),
            rank: None,
        }
        .into(),
        Role::Member if user == viewer => types::ChannelParticipantSelf {
            via_request: false,
            user_id,
            inviter_id: inviter,
            date,
            subscription_until_date: None,
            rank: None,
        }
        .into(),
        Role::Member => types::ChannelParticipant {
            user_id,
            date,
            subscription_until_date: None,
            rank: None,
        }
        .into(),
        Role::ReadOnly | Role::Banned => {
            let left = participant.role == Role::Banned;
            let denied: &[Denied] = if left {
                &[Denied::View, Denied::Send]
            } else {
                &[Denied::Send]
            };
            types::ChannelParticipantBanned {
                left,
                peer: peer(Peer::User(user)),
                kicked_by: inviter,
                date,
                banned_rights: banned_rights(denied).into(),
                rank: None,
            }
            .into()
        }
    }
}

pub(crate) fn channel_full(channel: &Channel, viewer: &User, unread: i32) -> enums::ChatFull {
    let mut full = template::channel_full(channel.id.0, channel.mailbox.pts);
    full.can_view_participants = !channel.is_broadcast();
    full.participants_count = Some(channel.roster.count());
    let admins = channel
        .roster
        .members()
        .filter(|(_, it)| it.role.is_admin())
        .count();
    full.admins_count = i32::try_from(admins).ok();
    full.unread_count = unread;
    full.available_reactions = Some(taken(channel.reactions.as_deref()));
    if let Some(group) = channel.migrated_from {
        let mut before = viewer.mailbox.of_peer(Peer::Group(group));
        full.migrated_from_chat_id = Some(group.0);
        full.migrated_from_max_id = Some(before.next().map_or(0, |last| last.id));
    }
    full.read_inbox_max_id = viewer
        .read
        .get(&Peer::Channel(channel.id))
        .copied()
        .unwrap_or_default();
    if channel.slow_mode_seconds > 0 {
        full.slowmode_seconds = Some(wire_seconds(channel.slow_mode_seconds));
        full.slowmode_next_send_date = channel
            .last_post
            .get(&viewer.id)
            .map(|last| wire_seconds(last / 1000 + channel.slow_mode_seconds));
    }
    full.into()
}

pub(crate) fn topic(
    channel: &Channel,
    viewer: UserId,
    topic: &Topic,
    top_message: i32,
) -> enums::ForumTopic {
    types::ForumTopic {
        my: topic.creator == viewer,
        closed: topic.closed,
        pinned: false,
        short: false,
        hidden: topic.hidden,
        title_missing: false,
        id: topic.id,
        date: wire_seconds(topic.date),
        peer: peer(Peer::Channel(channel.id)),
        title: topic.title.clone(),
        icon_color: topic.icon_color,
        icon_emoji_id: None,
        top_message,
        read_inbox_max_id: top_message,
        read_outbox_max_id: top_message,
        unread_count: 0,
        unread_mentions_count: 0,
        unread_reactions_count: 0,
        unread_poll_votes_count: 0,
        from_id: peer(Peer::User(topic.creator)),
        notify_settings: template::notify_settings(),
        draft: None,
    }
    .into()
}

pub(crate) fn group_full(group: &Group) -> enums::ChatFull {
    let mut full = template::group_full(group.id.0, group_participants(group));
    full.available_reactions = Some(taken(group.reactions.as_deref()));
    full.into()
}

fn taken(reactions: Option<&[String]>) -> enums::ChatReactions {
    match reactions {
        None => types::ChatReactionsAll {
            allow_custom: false,
        }
        .into(),
        Some([]) => enums::ChatReactions::None,
        Some(some) => types::ChatReactionsSome {
            reactions: some.iter().map(|emoji| super::reaction(emoji)).collect(),
        }
        .into(),
    }
}

pub(crate) fn user_full(user: &User) -> enums::UserFull {
    template::user_full(user.id.0).into()
}

fn admin_rights() -> types::ChatAdminRights {
    types::ChatAdminRights {
        change_info: true,
        post_messages: true,
        edit_messages: true,
        delete_messages: true,
        ban_users: true,
        invite_users: true,
        pin_messages: true,
        add_admins: false,
        anonymous: false,
        manage_call: false,
        other: true,
        manage_topics: true,
        post_stories: false,
        edit_stories: false,
        delete_stories: false,
        manage_direct_messages: false,
        manage_ranks: false,
        manage_linked_peers: false,
        manage_welcome_messages: false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denied {
    View,
    Send,
}

fn banned_rights(denied: &[Denied]) -> types::ChatBannedRights {
    let silent = denied.contains(&Denied::Send);
    types::ChatBannedRights {
        view_messages: denied.contains(&Denied::View),
        send_messages: silent,
        send_media: silent,
        send_stickers: silent,
        send_gifs: silent,
        send_games: silent,
        send_inline: silent,
        embed_links: silent,
        send_polls: silent,
        change_info: true,
        invite_users: silent,
        pin_messages: true,
        manage_topics: true,
        send_photos: silent,
        send_videos: silent,
        send_roundvideos: silent,
        send_audios: silent,
        send_voices: silent,
        send_docs: silent,
        send_plain: silent,
        edit_rank: true,
        send_reactions: silent,
        manage_linked_peers: true,
        until_date: i32::MAX,
    }
}
