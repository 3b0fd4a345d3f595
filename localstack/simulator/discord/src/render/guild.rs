use serde_json::{Value, json};

use crate::ids::{GuildId, UserId};
use crate::world::{Guild, Role, World};

impl World {
    pub(crate) fn render_role(role: &Role) -> Value {
        let mut rendered = json!({
            "id": role.id,
            "name": role.name,
            "description": null,
            "permissions": role.permissions,
            "position": role.position,
            "color": 0,
            "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
            "hoist": false,
            "icon": null,
            "unicode_emoji": null,
            "managed": role.managed_by.is_some(),
            "mentionable": false,
            "flags": 0,
        });
        if let Some(application) = role.managed_by {
            rendered["tags"] = json!({ "bot_id": application });
        }
        rendered
    }

    pub(crate) fn render_role_event(guild: GuildId, role: &Role) -> Value {
        json!({ "guild_id": guild, "role": Self::render_role(role) })
    }

    pub(crate) fn render_guild(guild: &Guild) -> Value {
        json!({
            "id": guild.id,
            "name": guild.name,
            "icon": null,
            "splash": null,
            "discovery_splash": null,
            "owner_id": guild.owner,
            "afk_channel_id": null,
            "afk_timeout": 300,
            "widget_enabled": false,
            "widget_channel_id": null,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": guild.roles.values().map(Self::render_role).collect::<Vec<_>>(),
            "emojis": Self::render_emojis(guild),
            "stickers": Self::render_stickers(guild),
            "features": [],
            "mfa_level": 0,
            "application_id": null,
            "system_channel_id": null,
            "system_channel_flags": 0,
            "rules_channel_id": null,
            "public_updates_channel_id": null,
            "safety_alerts_channel_id": null,
            "max_presences": null,
            "max_members": 500_000,
            "max_video_channel_users": 25,
            "max_stage_video_channel_users": 50,
            "vanity_url_code": null,
            "description": null,
            "banner": null,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "premium_progress_bar_enabled": false,
            "preferred_locale": "en-US",
            "nsfw": false,
            "nsfw_level": 0,
            "region": "deprecated",
            "incidents_data": null,
        })
    }

    /// A guild in a list of the user's own guilds.
    pub(crate) fn render_own_guild(guild: &Guild, user: UserId) -> Value {
        json!({
            "id": guild.id,
            "name": guild.name,
            "icon": null,
            "banner": null,
            "owner": guild.owner == user,
            "permissions": guild.permissions_of(user),
            "features": [],
        })
    }

    /// The guild with everything a client needs to begin, as one of its bots receives it.
    pub(crate) fn render_guild_create(&self, guild: &Guild, bot: UserId) -> Value {
        let mut rendered = Self::render_guild(guild);
        let joined_at = guild
            .members
            .get(&bot)
            .map(|member| member.joined_at.iso8601());
        let channels: Vec<Value> = self
            .channels_of(guild.id)
            .map(|channel| self.render_channel(channel))
            .collect();
        let members: Vec<Value> = guild
            .members
            .keys()
            .filter_map(|&user| self.render_full_member(guild.id, user).ok())
            .collect();
        rendered["joined_at"] = json!(joined_at);
        rendered["large"] = json!(false);
        rendered["unavailable"] = json!(false);
        rendered["member_count"] = json!(guild.members.len());
        rendered["channels"] = json!(channels);
        rendered["members"] = json!(members);
        let threads = self.active_threads(guild.id, bot);
        let threads = threads.map(|thread| self.render_channel_for(thread, bot));
        rendered["threads"] = json!(threads.collect::<Vec<_>>());
        for empty in [
            "voice_states",
            "presences",
            "stage_instances",
            "guild_scheduled_events",
            "soundboard_sounds",
        ] {
            rendered[empty] = json!([]);
        }
        rendered
    }
}
