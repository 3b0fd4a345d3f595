use super::{Actor, Channel, ChannelKind, Guild, Location, OverwriteKind, Rejection, World};
use crate::ids::{ChannelId, GuildId, RoleId, UserId};
use crate::permissions::Permissions;

impl Guild {
    /// What a member may do in the guild as a whole. Nobody else may do anything.
    pub(crate) fn permissions_of(&self, user: UserId) -> Permissions {
        let Some(member) = self.members.get(&user) else {
            return Permissions::NONE;
        };
        if self.owner == user {
            return Permissions::ALL;
        }
        let held = std::iter::once(&self.id.everyone())
            .chain(&member.roles)
            .filter_map(|role| self.roles.get(role))
            .fold(Permissions::NONE, |sum, role| sum | role.permissions);
        if held.contains(Permissions::ADMINISTRATOR) {
            Permissions::ALL
        } else {
            held
        }
    }

    /// The overwrites of a channel are laid over that: first `@everyone`'s, then those of all
    /// the member's roles together, then the member's own.
    fn overwritten_in(&self, channel: &Channel, user: UserId) -> Permissions {
        let base = self.permissions_of(user);
        if base.contains(Permissions::ADMINISTRATOR) {
            return base;
        }
        let Some(member) = self.members.get(&user) else {
            return Permissions::NONE;
        };
        let everyone = self.id.everyone();
        let applies_to = |role: RoleId| {
            move |overwrite: &&super::Overwrite| {
                overwrite.kind == OverwriteKind::Role && overwrite.id.0 == role.0
            }
        };
        let laid_over = |base: Permissions, chosen: &[&super::Overwrite]| {
            let deny = chosen
                .iter()
                .fold(Permissions::NONE, |sum, one| sum | one.deny);
            let allow = chosen
                .iter()
                .fold(Permissions::NONE, |sum, one| sum | one.allow);
            (base & !deny) | allow
        };
        let overwrites = channel.overwrites();
        let of_everyone: Vec<_> = overwrites.iter().filter(applies_to(everyone)).collect();
        let of_roles: Vec<_> = member
            .roles
            .iter()
            .flat_map(|&role| overwrites.iter().filter(applies_to(role)))
            .collect();
        let own: Vec<_> = overwrites
            .iter()
            .filter(|overwrite| overwrite.kind == OverwriteKind::Member && overwrite.id == user)
            .collect();
        laid_over(laid_over(laid_over(base, &of_everyone), &of_roles), &own)
    }
}

impl World {
    pub(crate) fn permissions_in(&self, channel: &Channel, user: UserId) -> Permissions {
        match &channel.location {
            Location::Guild { guild, .. } => self.overwritten(*guild, channel, user),
            Location::Thread {
                guild,
                parent,
                thread,
            } => {
                let parent = self.channel(*parent);
                let held = parent.map_or(Permissions::NONE, |parent| {
                    self.overwritten(*guild, parent, user)
                });
                let hidden = channel.kind == ChannelKind::PrivateThread
                    && !thread.members.contains_key(&user)
                    && !held.contains(Permissions::MANAGE_THREADS);
                if hidden {
                    Permissions::NONE
                } else {
                    held.in_thread()
                }
            }
            Location::Direct { bot, person } if user == *bot || user == *person => {
                Permissions::NEW_GUILD & !Permissions::MANAGE_MESSAGES
            }
            Location::Direct { .. } => Permissions::NONE,
        }
        .with_implicit_denials()
    }

    fn overwritten(&self, guild: GuildId, channel: &Channel, user: UserId) -> Permissions {
        self.guild(guild).map_or(Permissions::NONE, |guild| {
            guild.overwritten_in(channel, user)
        })
    }

    /// The channel, when the user sees it and may do all of `needed` there.
    pub(crate) fn require(
        &self,
        user: UserId,
        channel: ChannelId,
        needed: Permissions,
    ) -> Result<&Channel, Rejection> {
        let channel = self.channel(channel)?;
        let held = self.permissions_in(channel, user);
        if !held.contains(Permissions::VIEW_CHANNEL) {
            Err(Rejection::MissingAccess)
        } else if held.contains(needed) {
            Ok(channel)
        } else {
            Err(Rejection::MissingPermissions)
        }
    }

    pub(crate) fn require_of(
        &self,
        actor: Actor,
        channel: ChannelId,
        needed: Permissions,
    ) -> Result<&Channel, Rejection> {
        match actor {
            Actor::Bot(user) => self.require(user, channel, needed),
            Actor::Operator => self.channel(channel),
        }
    }
}
