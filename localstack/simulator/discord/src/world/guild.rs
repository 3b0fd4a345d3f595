use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Change, ChannelKind, CreateChannel, Emoji, Rejection, Sticker, World};
use crate::ids::{ApplicationId, EmojiId, GuildId, RoleId, StickerId, UserId};
use crate::intents::Intents;
use crate::permissions::Permissions;
use crate::time::Timestamp;

#[derive(Debug)]
pub(crate) struct Guild {
    pub(crate) id: GuildId,
    pub(crate) name: String,
    pub(crate) owner: UserId,
    pub(crate) roles: BTreeMap<RoleId, Role>,
    pub(crate) members: BTreeMap<UserId, Member>,
    pub(crate) emojis: BTreeMap<EmojiId, Emoji>,
    pub(crate) stickers: BTreeMap<StickerId, Sticker>,
}

#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) position: u64,
    /// The application this role was made for, and goes away with.
    pub(crate) managed_by: Option<ApplicationId>,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) user: UserId,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) joined_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateGuild {
    pub(crate) name: String,
    pub(crate) owner: UserId,
}

impl Change for CreateGuild {
    type Output = GuildId;

    /// A new guild has one text channel, `general`, as on the platform.
    fn apply(self, world: &mut World) -> Result<GuildId, Rejection> {
        world.user(self.owner)?;
        let id = GuildId(world.next_id());
        let everyone = Role {
            id: id.everyone(),
            name: "@everyone".to_owned(),
            permissions: Permissions::NEW_GUILD,
            position: 0,
            managed_by: None,
        };
        let owner = Member {
            user: self.owner,
            roles: Vec::new(),
            joined_at: world.now(),
        };
        let guild = Guild {
            id,
            name: self.name,
            owner: self.owner,
            roles: BTreeMap::from([(everyone.id, everyone)]),
            members: BTreeMap::from([(self.owner, owner)]),
            emojis: BTreeMap::new(),
            stickers: BTreeMap::new(),
        };
        world.guilds.insert(id, guild);
        CreateChannel {
            guild: id,
            name: "general".to_owned(),
            kind: ChannelKind::Text,
            parent: None,
            overwrites: Vec::new(),
            tags: Vec::new(),
        }
        .apply(world)?;
        Ok(id)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateRole {
    pub(crate) guild: GuildId,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
    pub(crate) managed_by: Option<ApplicationId>,
}

impl Change for CreateRole {
    type Output = RoleId;

    fn apply(self, world: &mut World) -> Result<RoleId, Rejection> {
        let position = world.guild(self.guild)?.roles.len() as u64;
        let role = Role {
            id: RoleId(world.next_id()),
            name: self.name,
            permissions: self.permissions,
            position,
            managed_by: self.managed_by,
        };
        let (id, payload) = (role.id, World::render_role_event(self.guild, &role));
        world.guild_mut(self.guild)?.roles.insert(id, role);
        world.publish_to_guild("GUILD_ROLE_CREATE", self.guild, Intents::GUILDS, &payload);
        Ok(id)
    }
}

/// Changes what a role is called or lets its holders do; what is absent stays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditRole {
    pub(crate) guild: GuildId,
    pub(crate) role: RoleId,
    pub(crate) name: Option<String>,
    pub(crate) permissions: Option<Permissions>,
}

impl Change for EditRole {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let seen = world.seen_by_bots(self.guild);
        let role = world
            .guild_mut(self.guild)?
            .roles
            .get_mut(&self.role)
            .ok_or(Rejection::UnknownRole)?;
        if let Some(name) = self.name {
            role.name = name;
        }
        if let Some(permissions) = self.permissions {
            role.permissions = permissions;
        }
        let payload = World::render_role_event(self.guild, role);
        world.publish_to_guild("GUILD_ROLE_UPDATE", self.guild, Intents::GUILDS, &payload);
        world.sync_threads(self.guild, &seen);
        Ok(())
    }
}

/// Makes the user a member with these roles, or gives these roles to one who is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SetMember {
    pub(crate) guild: GuildId,
    pub(crate) user: UserId,
    pub(crate) roles: Vec<RoleId>,
}

impl Change for SetMember {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.user(self.user)?;
        let now = world.now();
        let seen = world.seen_by_bots(self.guild);
        let guild = world.guild_mut(self.guild)?;
        if self
            .roles
            .iter()
            .any(|role| !guild.roles.contains_key(role))
        {
            return Err(Rejection::UnknownRole);
        }
        let name = if let Some(member) = guild.members.get_mut(&self.user) {
            member.roles = self.roles;
            "GUILD_MEMBER_UPDATE"
        } else {
            let member = Member {
                user: self.user,
                roles: self.roles,
                joined_at: now,
            };
            guild.members.insert(self.user, member);
            "GUILD_MEMBER_ADD"
        };
        let payload = world.render_member_event(self.guild, self.user)?;
        world.publish_member(name, self.guild, self.user, &payload);
        world.sync_threads(self.guild, &seen);
        Ok(())
    }
}
