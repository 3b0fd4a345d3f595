use serde::{Deserialize, Serialize};

use super::World;
use crate::ids::{ChannelId, RoleId, UserId};

/// Which of the mentions in a text notify. Absent lists mean "none beyond `parse`".
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches, named by the API"
)]
pub(crate) struct AllowedMentions {
    pub(crate) all_users: bool,
    pub(crate) all_roles: bool,
    pub(crate) everyone: bool,
    pub(crate) users: Vec<UserId>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) replied_user: bool,
}

impl Default for AllowedMentions {
    /// A message that says nothing about mentions allows them all.
    fn default() -> Self {
        Self {
            all_users: true,
            all_roles: true,
            everyone: true,
            users: Vec::new(),
            roles: Vec::new(),
            replied_user: true,
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    pub(crate) everyone: bool,
    pub(crate) users: Vec<UserId>,
    pub(crate) roles: Vec<RoleId>,
}

#[derive(Debug, PartialEq, Eq)]
enum Named {
    User(UserId),
    Role(RoleId),
}

/// The users and roles a text names as `<@1>`, `<@!1>` or `<@&1>`, in order, once each.
fn named_in(content: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for (start, _) in content.match_indices("<@") {
        let rest = &content[start + 2..];
        let Some(inside) = rest.find('>').map(|end| &rest[..end]) else {
            continue;
        };
        let named = if let Some(role) = inside.strip_prefix('&') {
            role.parse().ok().map(Named::Role)
        } else {
            inside
                .strip_prefix('!')
                .unwrap_or(inside)
                .parse()
                .ok()
                .map(Named::User)
        };
        if let Some(named) = named.filter(|named| !found.contains(named)) {
            found.push(named);
        }
    }
    found
}

impl World {
    /// Whom a text in this channel notifies.
    pub(super) fn mentions(
        &self,
        channel: ChannelId,
        content: &str,
        allowed: &AllowedMentions,
        may_mention_everyone: bool,
    ) -> Mentions {
        let guild = self.channel(channel).ok().and_then(super::Channel::guild);
        let mut mentions = Mentions {
            everyone: allowed.everyone
                && may_mention_everyone
                && guild.is_some()
                && (content.contains("@everyone") || content.contains("@here")),
            ..Mentions::default()
        };
        for named in named_in(content) {
            match named {
                Named::User(user) => {
                    let wanted = allowed.all_users || allowed.users.contains(&user);
                    if wanted && self.user(user).is_ok() {
                        mentions.users.push(user);
                    }
                }
                Named::Role(role) => {
                    let wanted = allowed.all_roles || allowed.roles.contains(&role);
                    let guild = guild.and_then(|guild| self.guild(guild).ok());
                    if wanted && guild.is_some_and(|guild| guild.roles.contains_key(&role)) {
                        mentions.roles.push(role);
                    }
                }
            }
        }
        mentions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_roles_are_found_once_each() {
        let named = named_in("<@1> and <@!2>, <@&3>, <@1> again, <@x>, <@4");
        let expected = [
            Named::User(UserId(1)),
            Named::User(UserId(2)),
            Named::Role(RoleId(3)),
        ];
        assert_eq!(named, expected);
    }
}
