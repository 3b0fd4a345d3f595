//! A server in the form in which the directory keeps it.

use std::collections::BTreeMap;

use patchbay_domain::guild::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordPermissions, DiscordThread,
    DiscordThreadKind, Guild,
};
use patchbay_domain::ids::DiscordChannelId;
use serenity::model::channel::ChannelType;

use super::payload::ChannelObject;
use super::permissions::{self, Member};
use super::picture::GuildPicture;

/// How much of a topic is kept, in bytes: all channels of a server stand in one item.
const TOPIC_KEPT: usize = 200;
/// Newer than the enum of the library. (Channels Resource, "Channel Types")
const MEDIA: ChannelType = ChannelType::Unknown(16);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) guild: Guild,
    /// In the order of their ids.
    pub(crate) channels: Vec<DiscordChannel>,
    /// Those that are active.
    pub(crate) threads: Threads,
}

pub(crate) type Threads = BTreeMap<DiscordChannelId, DiscordThread>;

impl Listing {
    pub(crate) fn of(picture: &GuildPicture) -> Self {
        let known = picture.channels.values();
        let mut channels: Vec<_> = known
            .clone()
            .filter_map(|channel| listed_channel(picture, channel))
            .collect();
        channels.sort_by_key(|channel| channel.id);
        let threads = known.filter_map(|thread| listed_thread(picture, thread));
        Self {
            guild: Guild {
                id: picture.id,
                name: picture.name.clone(),
                premium_tier: picture.premium_tier,
            },
            channels,
            threads: threads.map(|thread| (thread.id, thread)).collect(),
        }
    }
}

fn listed_channel(picture: &GuildPicture, channel: &ChannelObject) -> Option<DiscordChannel> {
    let kind = channel_kind(channel.kind)?;
    let parent = channel.parent_id.and_then(|id| picture.channels.get(&id));
    let category = parent.map(|parent| DiscordCategory {
        id: parent.id,
        name: parent.name.clone().unwrap_or_default(),
    });
    let topic = channel.topic.as_deref().filter(|topic| !topic.is_empty());
    Some(DiscordChannel {
        id: channel.id,
        guild: picture.id,
        name: channel.name.clone().unwrap_or_default(),
        kind,
        category,
        position: u32::try_from(channel.position).unwrap_or_default(),
        topic: topic.map(|topic| beginning(topic, TOPIC_KEPT).to_owned()),
        is_nsfw: channel.nsfw,
        permissions: own_permissions(picture, channel),
    })
}

fn listed_thread(picture: &GuildPicture, thread: &ChannelObject) -> Option<DiscordThread> {
    let kind = thread_kind(thread.kind)?;
    let parent = picture.channels.get(&thread.parent_id?)?;
    let state = thread.thread_metadata.clone().unwrap_or_default();
    if state.archived {
        return None;
    }
    Some(DiscordThread {
        id: thread.id,
        guild: picture.id,
        channel: parent.id,
        name: thread.name.clone().unwrap_or_default(),
        kind,
        is_locked: state.locked,
        permissions: own_permissions(picture, parent),
    })
}

fn own_permissions(picture: &GuildPicture, channel: &ChannelObject) -> DiscordPermissions {
    let member = Member {
        user: picture.me,
        roles: &picture.own_roles,
    };
    permissions::in_channel(picture, member, channel)
        .bits()
        .into()
}

/// Nothing for what holds no messages.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Discord adds kinds, and the enum may grow"
)]
fn channel_kind(kind: ChannelType) -> Option<DiscordChannelKind> {
    match kind {
        ChannelType::Text => Some(DiscordChannelKind::Text),
        ChannelType::News => Some(DiscordChannelKind::Announcement),
        ChannelType::Voice => Some(DiscordChannelKind::Voice),
        ChannelType::Stage => Some(DiscordChannelKind::Stage),
        ChannelType::Forum => Some(DiscordChannelKind::Forum),
        MEDIA => Some(DiscordChannelKind::Media),
        _ => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Discord adds kinds, and the enum may grow"
)]
fn thread_kind(kind: ChannelType) -> Option<DiscordThreadKind> {
    match kind {
        ChannelType::NewsThread => Some(DiscordThreadKind::AnnouncementThread),
        ChannelType::PublicThread => Some(DiscordThreadKind::PublicThread),
        ChannelType::PrivateThread => Some(DiscordThreadKind::PrivateThread),
        _ => None,
    }
}

/// As much of a text as fits into so many bytes.
fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rfind(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use patchbay_domain::guild::DiscordPermission;
    use patchbay_domain::ids::DiscordUserId;
    use serde_json::{Value, json};

    use super::*;
    use crate::guilds::payload::{GuildObject, ThreadList};

    const BOT: DiscordUserId = DiscordUserId(7);

    fn picture(more: &Value) -> GuildPicture {
        let mut object = json!({
            "id": "1", "name": "Harbour", "owner_id": "9",
            "roles": [{"id": "1", "name": "@everyone", "permissions": u64::MAX.to_string()}],
            "members": [{"user": {"id": "7"}, "roles": []}],
        });
        // Not an administrator.
        object["roles"][0]["permissions"] = json!((!(1_u64 << 3)).to_string());
        for (name, value) in more.as_object().unwrap() {
            object[name] = value.clone();
        }
        let object: GuildObject = serde_json::from_value(object).unwrap();
        GuildPicture::of(object, BOT)
    }

    fn thread(id: &str, parent: &str, metadata: &Value) -> Value {
        json!({"id": id, "type": 11, "name": "t", "parent_id": parent, "thread_metadata": metadata})
    }

    #[test]
    fn every_kind_that_holds_messages_is_listed_with_its_category() {
        use DiscordChannelKind::{Announcement, Forum, Media, Stage, Text, Voice};
        let picture = picture(&json!({"premium_tier": 3, "channels": [
            {"id": "10", "type": 4, "name": "Town"},
            {"id": "11", "type": 0, "name": "general", "parent_id": "10", "position": 3,
             "topic": "é".repeat(300), "nsfw": true},
            {"id": "12", "type": 2, "name": "voice", "topic": null},
            {"id": "13", "type": 5, "name": "news", "topic": ""},
            {"id": "14", "type": 13, "name": "stage"},
            {"id": "15", "type": 15, "name": "forum"},
            {"id": "16", "type": 16, "name": "media"},
            {"id": "17", "type": 14, "name": "directory"},
            {"id": "18", "type": 99, "name": "to come"},
        ]}));
        let listing = Listing::of(&picture);
        assert_eq!(listing.guild.premium_tier, 3);
        let kinds: Vec<_> = listing
            .channels
            .iter()
            .map(|it| (it.id.0, it.kind))
            .collect();
        let expected = [
            (11, Text),
            (12, Voice),
            (13, Announcement),
            (14, Stage),
            (15, Forum),
            (16, Media),
        ];
        assert_eq!(kinds, expected);
        let general = &listing.channels[0];
        assert_eq!(general.category.as_ref().unwrap().name, "Town");
        assert_eq!(general.topic.as_deref(), Some(&*"é".repeat(100)));
        assert!(general.is_nsfw && general.position == 3);
        assert!(listing.channels[1..].iter().all(|it| it.topic.is_none()));
    }

    #[test]
    fn a_thread_has_its_channels_rights_and_is_listed_while_it_is_active() {
        let no_history =
            json!([{"id": "7", "type": 1, "allow": "0", "deny": (1 << 16).to_string()}]);
        let mut picture = picture(&json!({
            "channels": [
                {"id": "11", "type": 0, "name": "general", "permission_overwrites": no_history},
                {"id": "15", "type": 15, "name": "forum"},
            ],
            "threads": [
                thread("20", "11", &json!({"archived": false, "locked": true})),
                thread("21", "15", &json!({"archived": false})),
                thread("22", "15", &json!({"archived": true})),
                thread("23", "99", &json!({"archived": false})),
            ],
        }));
        let threads = Listing::of(&picture).threads;
        assert_eq!(threads.keys().map(|id| id.0).collect::<Vec<_>>(), [20, 21]);
        let locked = &threads[&DiscordChannelId(20)];
        assert!(locked.is_locked && locked.channel == DiscordChannelId(11));
        assert_eq!(
            locked.missing().for_reading,
            [DiscordPermission::ReadMessageHistory]
        );
        assert!(threads[&DiscordChannelId(21)].can_read());

        // All threads of the forum, among which those before are not.
        let list: ThreadList = serde_json::from_value(json!({
            "guild_id": "1", "channel_ids": ["15"],
            "threads": [thread("24", "15", &json!({}))],
        }))
        .unwrap();
        picture.put_threads(list);
        let threads = Listing::of(&picture).threads;
        assert_eq!(threads.keys().map(|id| id.0).collect::<Vec<_>>(), [20, 24]);

        picture.remove_channel(DiscordChannelId(15));
        let listing = Listing::of(&picture);
        assert_eq!(
            listing.threads.keys().map(|id| id.0).collect::<Vec<_>>(),
            [20]
        );
        assert_eq!(listing.channels.len(), 1);
    }
}
