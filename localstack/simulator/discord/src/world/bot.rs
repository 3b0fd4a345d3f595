use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Change, CreateRole, Rejection, Role, SetMember, World};
use crate::ids::{ApplicationId, GuildId, RoleId};
use crate::intents::Intents;
use crate::permissions::Permissions;

/// Brings an application's bot into a guild with a role of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AddBot {
    pub(crate) guild: GuildId,
    pub(crate) application: ApplicationId,
    pub(crate) permissions: Permissions,
}

impl Change for AddBot {
    type Output = ();

    /// Adding a bot that is there already changes the permissions of its role.
    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let application = world.application(self.application)?;
        let (bot, name) = (application.id.bot(), application.name.clone());
        let seen = world.seen_by_bots(self.guild);
        let guild = world.guild_mut(self.guild)?;
        let own = guild
            .roles
            .values_mut()
            .find(|role| role.managed_by == Some(self.application));
        if let Some(role) = own {
            role.permissions = self.permissions;
            let payload = World::render_role_event(self.guild, role);
            world.publish_to_guild("GUILD_ROLE_UPDATE", self.guild, Intents::GUILDS, &payload);
            world.sync_threads(self.guild, &seen);
            return Ok(());
        }
        let role = CreateRole {
            guild: self.guild,
            name,
            permissions: self.permissions,
            managed_by: Some(self.application),
        }
        .apply(world)?;
        SetMember {
            guild: self.guild,
            user: bot,
            roles: vec![role],
        }
        .apply(world)?;
        let payload = world.render_guild_create(world.guild(self.guild)?, bot);
        world.publish_to_bot("GUILD_CREATE", self.guild, bot, &payload);
        Ok(())
    }
}

/// Takes a bot out of a guild, and its role with it. Its webhooks stay, as on the platform.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RemoveBot {
    pub(crate) guild: GuildId,
    pub(crate) application: ApplicationId,
}

impl Change for RemoveBot {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let bot = world.application(self.application)?.id.bot();
        let user = World::render_user(world.user(bot)?);
        let guild = world.guild_mut(self.guild)?;
        if guild.members.remove(&bot).is_none() {
            return Err(Rejection::UnknownMember);
        }
        let own = |role: &&Role| role.managed_by == Some(self.application);
        let roles: Vec<RoleId> = guild
            .roles
            .values()
            .filter(own)
            .map(|role| role.id)
            .collect();
        guild.roles.retain(|role, _| !roles.contains(role));
        world.publish_to_bot(
            "GUILD_DELETE",
            self.guild,
            bot,
            &json!({ "id": self.guild }),
        );
        for role in roles {
            let payload = json!({ "guild_id": self.guild, "role_id": role });
            world.publish_to_guild("GUILD_ROLE_DELETE", self.guild, Intents::GUILDS, &payload);
        }
        let payload = json!({ "guild_id": self.guild, "user": user });
        world.publish_to_guild(
            "GUILD_MEMBER_REMOVE",
            self.guild,
            Intents::GUILD_MEMBERS,
            &payload,
        );
        Ok(())
    }
}
