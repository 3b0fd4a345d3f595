use serde::{Deserialize, Serialize};

use super::{AddBot, Change, Rejection, World};
use crate::ids::{ApplicationId, GrantId, GuildId, UserId};
use crate::permissions::Permissions;
use crate::time::Timestamp;

/// What an application may be allowed to do for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Scope {
    Identify,
    Email,
    Guilds,
    Bot,
    ApplicationsCommands,
}

impl Scope {
    pub(crate) const ALL: [Self; 5] = [
        Self::Identify,
        Self::Email,
        Self::Guilds,
        Self::Bot,
        Self::ApplicationsCommands,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identify => "identify",
            Self::Email => "email",
            Self::Guilds => "guilds",
            Self::Bot => "bot",
            Self::ApplicationsCommands => "applications.commands",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// What one person lets one application do.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    pub(crate) application: ApplicationId,
    pub(crate) user: UserId,
    pub(crate) scopes: Vec<Scope>,
    /// The guild that the bot was added to along the way.
    pub(crate) guild: Option<GuildId>,
    pub(crate) stage: GrantStage,
}

#[derive(Debug)]
pub(crate) enum GrantStage {
    /// The person said yes; the application has yet to come for its tokens.
    Offered {
        offer: Offer,
        expires: Timestamp,
    },
    Open {
        tokens: Tokens,
        expires: Timestamp,
    },
}

/// What an application needs to know to come for its tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Offer {
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    /// The SHA-256 of the verifier, in base64url.
    pub(crate) challenge: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Grant {
    pub(crate) fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whom this speaks for, where the scope is needed.
    pub(crate) fn user_for(&self, scope: Scope) -> Result<UserId, Rejection> {
        if self.allows(scope) {
            Ok(self.user)
        } else {
            Err(Rejection::MissingScope)
        }
    }

    /// The scopes as they are written in requests and answers.
    pub(crate) fn scope_names(&self) -> Vec<&'static str> {
        self.scopes.iter().map(|scope| scope.name()).collect()
    }
}

/// A person lets an application in, and its bot into a guild when that is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct GrantAccess {
    pub(crate) application: ApplicationId,
    pub(crate) user: UserId,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) bot: Option<BotInvitation>,
    /// Absent when only a bot was asked for: there is nothing to come back for then.
    pub(crate) offer: Option<Offer>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct BotInvitation {
    pub(crate) guild: GuildId,
    pub(crate) permissions: Permissions,
}

impl Change for GrantAccess {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world.application(self.application)?;
        if world.user(self.user)?.bot {
            return Err(Rejection::UnknownUser);
        }
        if let Some(BotInvitation { guild, permissions }) = self.bot {
            let held = world.guild_for(guild, self.user)?.permissions_of(self.user);
            if !held.contains(Permissions::MANAGE_GUILD) {
                return Err(Rejection::MissingPermissions);
            }
            AddBot {
                guild,
                application: self.application,
                permissions,
            }
            .apply(world)?;
        }
        if let Some(offer) = self.offer {
            let id = GrantId(world.next_id());
            let ttl = world.settings.oauth2_code_ttl_s.saturating_mul(1000);
            let grant = Grant {
                id,
                application: self.application,
                user: self.user,
                scopes: self.scopes,
                guild: self.bot.map(|invitation| invitation.guild),
                stage: GrantStage::Offered {
                    offer,
                    expires: world.now.plus_millis(ttl),
                },
            };
            world.grants.insert(id, grant);
        }
        Ok(())
    }
}

/// Gives an application new tokens, in place of the code or of the tokens it had.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IssueTokens {
    pub(crate) grant: GrantId,
    pub(crate) tokens: Tokens,
}

impl Change for IssueTokens {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let ttl = world.settings.oauth2_token_ttl_s.saturating_mul(1000);
        let expires = world.now.plus_millis(ttl);
        let grant = world
            .grants
            .get_mut(&self.grant)
            .ok_or(Rejection::UnknownGrant)?;
        grant.stage = GrantStage::Open {
            tokens: self.tokens,
            expires,
        };
        Ok(())
    }
}

/// Ends everything that a person has allowed an application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RevokeGrants {
    pub(crate) application: ApplicationId,
    pub(crate) user: UserId,
}

impl Change for RevokeGrants {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        world
            .grants
            .retain(|_, grant| grant.application != self.application || grant.user != self.user);
        Ok(())
    }
}

impl World {
    pub(crate) fn grant(&self, id: GrantId) -> Result<&Grant, Rejection> {
        self.grants.get(&id).ok_or(Rejection::UnknownGrant)
    }

    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values()
    }

    /// The grant that this code or token belongs to, whatever its age.
    pub(crate) fn grant_by(&self, is_it: impl Fn(&GrantStage) -> bool) -> Option<&Grant> {
        self.grants.values().find(|grant| is_it(&grant.stage))
    }

    pub(crate) fn grant_with_access_token(&self, token: &str, now: Timestamp) -> Option<&Grant> {
        self.grant_by(|stage| match stage {
            GrantStage::Open { tokens, expires } => tokens.access == token && *expires > now,
            GrantStage::Offered { .. } => false,
        })
    }

    /// A code that nobody came for is as good as never given.
    pub(super) fn expire_offers(&mut self) {
        let now = self.now;
        self.grants.retain(|_, grant| match grant.stage {
            GrantStage::Offered { expires, .. } => expires > now,
            GrantStage::Open { .. } => true,
        });
    }
}
