use serde_json::{Value, json};

use crate::world::{Grant, GrantStage, Rejection, Scope, Tokens, World};

/// Whether an answer with tokens tells of the guild that the bot was added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GuildOfGrant {
    Shown,
    Hidden,
}

impl World {
    /// The person who granted, as far as the scopes let the application see.
    pub(crate) fn render_authorizing_user(&self, grant: &Grant) -> Result<Value, Rejection> {
        let user = self.user(grant.user_for(Scope::Identify)?)?;
        let mut rendered = Self::render_user(user);
        rendered["flags"] = json!(0);
        rendered["mfa_enabled"] = json!(false);
        rendered["locale"] = json!("en-US");
        rendered["premium_type"] = json!(0);
        if grant.allows(Scope::Email) {
            rendered["email"] = json!(user.email);
            rendered["verified"] = json!(user.email.is_some());
        }
        Ok(rendered)
    }

    pub(crate) fn render_authorization(&self, grant: &Grant) -> Result<Value, Rejection> {
        let application = self.application(grant.application)?;
        let expires = match grant.stage {
            GrantStage::Offered { expires, .. } | GrantStage::Open { expires, .. } => expires,
        };
        let mut rendered = json!({
            "application": {
                "id": application.id,
                "name": application.name,
                "icon": null,
                "description": "",
                "hook": true,
                "bot_public": true,
                "bot_require_code_grant": false,
                "verify_key": application.public_key,
            },
            "scopes": grant.scope_names(),
            "expires": expires.iso8601(),
        });
        if grant.allows(Scope::Identify) {
            rendered["user"] = Self::render_user(self.user(grant.user)?);
        }
        Ok(rendered)
    }

    pub(crate) fn render_tokens(
        &self,
        grant: &Grant,
        tokens: &Tokens,
        guild: GuildOfGrant,
    ) -> Result<Value, Rejection> {
        let mut rendered = json!({
            "token_type": "Bearer",
            "access_token": tokens.access,
            "expires_in": self.settings().oauth2_token_ttl_s,
            "refresh_token": tokens.refresh,
            "scope": grant.scope_names().join(" "),
        });
        if let (GuildOfGrant::Shown, Some(guild)) = (guild, grant.guild) {
            rendered["guild"] = Self::render_guild(self.guild(guild)?);
        }
        Ok(rendered)
    }
}
