//! What a member may do. (Permissions, "Permission Hierarchy" and "Permission Overwrites")

use patchbay_domain::ids::DiscordUserId;
use serenity::model::Permissions;
use serenity::model::channel::{PermissionOverwrite, PermissionOverwriteType};
use serenity::model::id::RoleId;

use super::payload::ChannelObject;
use super::picture::GuildPicture;

/// Somebody in a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    pub(crate) user: DiscordUserId,
    pub(crate) roles: &'a [RoleId],
}

/// In the server as a whole.
pub(crate) fn in_guild(guild: &GuildPicture, member: Member<'_>) -> Permissions {
    if guild.owner == member.user {
        return Permissions::all();
    }
    let held = guild
        .roles
        .iter()
        .filter(|role| is_everyone(guild, role.id) || member.roles.contains(&role.id))
        .fold(Permissions::empty(), |held, role| held | role.permissions);
    if held.contains(Permissions::ADMINISTRATOR) {
        Permissions::all()
    } else {
        held
    }
}

/// In one channel, or in a thread whose parent this is.
pub(crate) fn in_channel(
    guild: &GuildPicture,
    member: Member<'_>,
    channel: &ChannelObject,
) -> Permissions {
    let held = in_guild(guild, member);
    if held.contains(Permissions::ADMINISTRATOR) {
        return held;
    }
    let overwrites = &channel.permission_overwrites;
    let everyone = collected(overwrites, |role| is_everyone(guild, role));
    let roles = collected(overwrites, |role| {
        !is_everyone(guild, role) && member.roles.contains(&role)
    });
    let own = overwrites
        .iter()
        .find(|overwrite| is_of_member(overwrite, member.user))
        .map_or((Permissions::empty(), Permissions::empty()), |own| {
            (own.allow, own.deny)
        });
    [everyone, roles, own]
        .into_iter()
        .fold(held, |held, (allowed, denied)| (held & !denied) | allowed)
}

/// What the overwrites of these roles allow and deny together.
fn collected(
    overwrites: &[PermissionOverwrite],
    is_meant: impl Fn(RoleId) -> bool,
) -> (Permissions, Permissions) {
    overwrites
        .iter()
        .filter(|overwrite| {
            matches!(overwrite.kind, PermissionOverwriteType::Role(role) if is_meant(role))
        })
        .fold(
            (Permissions::empty(), Permissions::empty()),
            |(allow, deny), overwrite| (allow | overwrite.allow, deny | overwrite.deny),
        )
}

fn is_of_member(overwrite: &PermissionOverwrite, user: DiscordUserId) -> bool {
    matches!(overwrite.kind, PermissionOverwriteType::Member(member) if member.get() == user.0)
}

/// The role of everybody has the server's own id.
fn is_everyone(guild: &GuildPicture, role: RoleId) -> bool {
    role.get() == guild.id.0
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::guilds::payload::GuildObject;

    const READ: u64 = 1 << 10 | 1 << 16;
    const SEND: u64 = 1 << 11;

    /// A server with the roles 2 (none) and 3 (administrator), and one channel.
    fn allowed(everyone: u64, roles: &[u64], overwrites: &Value) -> (bool, bool) {
        let object: GuildObject = serde_json::from_value(json!({
            "id": "1", "name": "g", "owner_id": "9",
            "roles": [
                {"id": "1", "name": "@everyone", "permissions": everyone.to_string()},
                {"id": "2", "name": "some", "permissions": "0"},
                {"id": "3", "name": "admin", "permissions": "8"},
            ],
        }))
        .unwrap();
        let channel = serde_json::from_value(json!({
            "id": "5", "type": 0, "name": "c", "permission_overwrites": overwrites,
        }))
        .unwrap();
        let roles: Vec<RoleId> = roles.iter().map(|role| RoleId::new(*role)).collect();
        let member = Member {
            user: DiscordUserId(7),
            roles: &roles,
        };
        let guild = GuildPicture::of(object, DiscordUserId(7));
        let held = in_channel(&guild, member, &channel);
        (
            held.contains(Permissions::VIEW_CHANNEL | Permissions::READ_MESSAGE_HISTORY),
            held.contains(Permissions::SEND_MESSAGES),
        )
    }

    fn overwrite(kind: u8, id: u64, allow: u64, deny: u64) -> Value {
        json!({"id": id.to_string(), "type": kind, "allow": allow.to_string(), "deny": deny.to_string()})
    }

    /// What everyone has, the member's roles, the channel's overwrites; whether it may read, post.
    type Case = (u64, &'static [u64], Value, (bool, bool));

    #[test]
    fn overwrites_apply_from_everyone_over_roles_to_the_member() {
        let (role, member) = (0, 1);
        let cases: [Case; 8] = [
            (READ | SEND, &[], json!([]), (true, true)),
            (READ, &[], json!([]), (true, false)),
            (
                READ | SEND,
                &[],
                json!([overwrite(role, 1, 0, SEND)]),
                (true, false),
            ),
            (
                READ | SEND,
                &[2],
                json!([overwrite(role, 1, 0, SEND), overwrite(role, 2, SEND, 0)]),
                (true, true),
            ),
            (
                READ | SEND,
                &[],
                json!([overwrite(role, 2, 0, READ)]),
                (true, true),
            ),
            (
                READ | SEND,
                &[2],
                json!([overwrite(role, 2, SEND, 0), overwrite(member, 7, 0, SEND)]),
                (true, false),
            ),
            (
                0,
                &[],
                json!([overwrite(member, 7, READ | SEND, 0)]),
                (true, true),
            ),
            (
                0,
                &[3],
                json!([overwrite(role, 1, 0, READ | SEND)]),
                (true, true),
            ),
        ];
        for (place, (everyone, roles, overwrites, expected)) in cases.into_iter().enumerate() {
            assert_eq!(
                allowed(everyone, roles, &overwrites),
                expected,
                "case {place}"
            );
        }
    }
}
