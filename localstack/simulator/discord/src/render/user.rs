use serde_json::{Value, json};

use crate::ids::{ApplicationId, GuildId, UserId};
use crate::world::{Application, Rejection, User, World};

impl World {
    pub(crate) fn render_user(user: &User) -> Value {
        json!({
            "id": user.id,
            "username": user.name,
            "discriminator": if user.bot { "0001" } else { "0" },
            "global_name": user.global_name,
            "avatar": user.avatar,
            "avatar_decoration_data": null,
            "banner": null,
            "accent_color": null,
            "bot": user.bot,
            "system": false,
            "public_flags": 0,
        })
    }

    /// A bot as it sees itself.
    pub(crate) fn render_self(&self, bot: UserId) -> Result<Value, Rejection> {
        let mut user = Self::render_user(self.user(bot)?);
        user["flags"] = json!(0);
        user["verified"] = json!(true);
        user["mfa_enabled"] = json!(true);
        user["email"] = Value::Null;
        user["locale"] = json!("en-US");
        user["premium_type"] = json!(0);
        Ok(user)
    }

    pub(crate) fn render_application(&self, id: ApplicationId) -> Result<Value, Rejection> {
        let application = self.application(id)?;
        let flags = application.intents.application_flags();
        let guilds = self.guilds_of(id.bot()).count();
        Ok(json!({
            "id": id,
            "name": application.name,
            "icon": null,
            "description": "",
            "summary": "",
            "bot": self.render_self(id.bot())?,
            "bot_public": true,
            "bot_require_code_grant": false,
            "verify_key": application.public_key,
            "team": null,
            "owner": render_owner(application),
            "flags": flags,
            "hook": true,
            "redirect_uris": application.redirect_uris,
            "interactions_endpoint_url": null,
            "approximate_guild_count": guilds,
        }))
    }

    pub(crate) fn render_member(&self, guild: GuildId, user: UserId) -> Result<Value, Rejection> {
        let member = self
            .guild(guild)?
            .members
            .get(&user)
            .ok_or(Rejection::UnknownMember)?;
        Ok(json!({
            "nick": null,
            "avatar": null,
            "banner": null,
            "roles": member.roles,
            "joined_at": member.joined_at.iso8601(),
            "premium_since": null,
            "deaf": false,
            "mute": false,
            "flags": 0,
            "pending": false,
            "communication_disabled_until": null,
        }))
    }

    pub(crate) fn render_full_member(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> Result<Value, Rejection> {
        let mut member = self.render_member(guild, user)?;
        member["user"] = Self::render_user(self.user(user)?);
        Ok(member)
    }

    pub(crate) fn render_member_event(
        &self,
        guild: GuildId,
        user: UserId,
    ) -> Result<Value, Rejection> {
        let mut member = self.render_full_member(guild, user)?;
        member["guild_id"] = json!(guild);
        Ok(member)
    }
}

/// Applications have no owner among the users of the simulator; the platform always names one.
fn render_owner(application: &Application) -> Value {
    json!({
        "id": application.id,
        "username": format!("owner of {}", application.name),
        "discriminator": "0",
        "global_name": null,
        "avatar": null,
        "public_flags": 0,
        "flags": 0,
    })
}
