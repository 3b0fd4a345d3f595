use serde_json::{Value, json};

use crate::ids::UserId;
use crate::world::{
    Channel, ChannelKind, ForumTag, Location, Overwrite, OverwriteKind, Thread, World,
};

/// What a new voice channel has, in bits per second.
const VOICE_BITRATE: u32 = 64_000;
/// The platform counts no further.
const MOST_MEMBERS_COUNTED: usize = 50;

fn render_overwrite(overwrite: &Overwrite) -> Value {
    let kind = match overwrite.kind {
        OverwriteKind::Role => 0,
        OverwriteKind::Member => 1,
    };
    json!({
        "id": overwrite.id,
        "type": kind,
        "allow": overwrite.allow,
        "deny": overwrite.deny,
    })
}

impl World {
    pub(crate) fn render_channel(&self, channel: &Channel) -> Value {
        match &channel.location {
            Location::Direct { person, .. } => {
                let recipient = self.user(*person).map(Self::render_user);
                json!({
                    "id": channel.id,
                    "type": channel.kind.number(),
                    "last_message_id": channel.last_message,
                    "flags": 0,
                    "recipients": [recipient.unwrap_or_default()],
                })
            }
            Location::Thread {
                guild,
                parent,
                thread,
            } => {
                let mut rendered = render_thread(channel, thread);
                rendered["guild_id"] = json!(guild);
                rendered["parent_id"] = json!(parent);
                rendered
            }
            Location::Guild {
                guild,
                parent,
                position,
                overwrites,
            } => {
                let mut rendered = json!({
                    "id": channel.id,
                    "type": channel.kind.number(),
                    "guild_id": guild,
                    "name": channel.name,
                    "topic": channel.topic,
                    "position": position,
                    "parent_id": parent,
                    "permission_overwrites":
                        overwrites.iter().map(render_overwrite).collect::<Vec<_>>(),
                    "nsfw": channel.nsfw,
                    "rate_limit_per_user": channel.rate_limit_per_user,
                    "last_message_id": channel.last_message,
                    "last_pin_timestamp": null,
                    "flags": 0,
                });
                if channel.kind == ChannelKind::Voice {
                    rendered["bitrate"] = json!(VOICE_BITRATE);
                    rendered["user_limit"] = json!(0);
                    rendered["rtc_region"] = Value::Null;
                }
                if channel.kind == ChannelKind::Forum {
                    let tags: Vec<Value> = channel.tags.iter().map(render_tag).collect();
                    rendered["available_tags"] = json!(tags);
                    rendered["default_auto_archive_duration"] =
                        json!(channel.default_auto_archive_minutes);
                    rendered["default_reaction_emoji"] = Value::Null;
                    rendered["default_thread_rate_limit_per_user"] = json!(0);
                    rendered["default_sort_order"] = Value::Null;
                    rendered["default_forum_layout"] = json!(0);
                }
                rendered
            }
        }
    }

    /// The channel as one bot gets it: with its membership, where it is in a thread.
    pub(crate) fn render_channel_for(&self, channel: &Channel, user: UserId) -> Value {
        let mut rendered = self.render_channel(channel);
        if let Some(member) = Self::render_thread_member(channel, user) {
            rendered["member"] = member;
        }
        rendered
    }

    pub(crate) fn render_thread_member(channel: &Channel, user: UserId) -> Option<Value> {
        let joined = channel.thread()?.members.get(&user)?;
        Some(json!({
            "id": channel.id,
            "user_id": user,
            "join_timestamp": joined.iso8601(),
            "flags": 0,
        }))
    }

    /// Threads in a list, and beside them the user's memberships.
    pub(crate) fn render_threads(&self, threads: &[&Channel], user: UserId) -> Value {
        let members = threads
            .iter()
            .filter_map(|thread| Self::render_thread_member(thread, user));
        let members: Vec<Value> = members.collect();
        let threads = threads.iter().map(|thread| self.render_channel(thread));
        json!({ "threads": threads.collect::<Vec<_>>(), "members": members })
    }
}

fn render_tag(tag: &ForumTag) -> Value {
    json!({
        "id": tag.id,
        "name": tag.name,
        "moderated": tag.moderated,
        "emoji_id": null,
        "emoji_name": null,
    })
}

fn render_thread(channel: &Channel, thread: &Thread) -> Value {
    let mut rendered = json!({
        "id": channel.id,
        "type": channel.kind.number(),
        "name": channel.name,
        "owner_id": thread.owner,
        "last_message_id": channel.last_message,
        "last_pin_timestamp": null,
        "rate_limit_per_user": channel.rate_limit_per_user,
        "message_count": thread.messages,
        "total_message_sent": thread.sent,
        "member_count": thread.members.len().min(MOST_MEMBERS_COUNTED),
        "thread_metadata": {
            "archived": thread.archived,
            "archive_timestamp": thread.archive_changed_at.iso8601(),
            "auto_archive_duration": thread.auto_archive_minutes,
            "locked": thread.locked,
            "create_timestamp": thread.created_at.iso8601(),
        },
        "applied_tags": thread.tags,
        "flags": 0,
    });
    if channel.kind == ChannelKind::PrivateThread {
        rendered["thread_metadata"]["invitable"] = json!(thread.invitable);
    }
    rendered
}
