use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::extract::{Answer, Done, Ids, Input};
use crate::ids::{ApplicationId, ChannelId, GuildId, RoleId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    AddBot, ChannelKind, CreateChannel, CreateGuild, CreateRole, EditRole, Guild, NewTag,
    Overwrite, RemoveBot, SetMember, World,
};

pub(super) fn render_guild(world: &World, guild: &Guild) -> Value {
    let channels: Vec<Value> = world
        .channels_of(guild.id)
        .map(|channel| json!({ "id": channel.id, "name": channel.name, "type": channel.kind, "tags": channel.tags }))
        .collect();
    let threads: Vec<Value> = world
        .threads_of(guild.id)
        .map(|thread| {
            json!({
                "id": thread.id,
                "name": thread.name,
                "type": thread.kind,
                "parent": thread.parent(),
            })
        })
        .collect();
    let members: Vec<Value> = guild
        .members
        .values()
        .map(|member| json!({ "user": member.user, "roles": member.roles }))
        .collect();
    let roles: Vec<Value> = guild
        .roles
        .values()
        .map(|role| json!({ "id": role.id, "name": role.name, "permissions": role.permissions }))
        .collect();
    json!({
        "id": guild.id,
        "name": guild.name,
        "owner": guild.owner,
        "channels": channels,
        "threads": threads,
        "members": members,
        "roles": roles,
    })
}

pub(super) async fn create(
    State(platform): State<Arc<Platform>>,
    Input(new): Input<CreateGuild>,
) -> Answer {
    let guild = platform.execute(new)?;
    Ok(Json(platform.read(|world| {
        world.guild(guild).map(|guild| render_guild(world, guild))
    })?))
}

pub(super) async fn list(State(platform): State<Arc<Platform>>) -> Json<Value> {
    Json(platform.read(|world| {
        world
            .guilds()
            .map(|guild| render_guild(world, guild))
            .collect()
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBot {
    application_id: ApplicationId,
    #[serde(default = "forwarding_bot")]
    permissions: Permissions,
}

fn forwarding_bot() -> Permissions {
    Permissions::FORWARDING_BOT
}

pub(super) async fn add_bot(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(bot): Input<NewBot>,
) -> Done {
    let (application, permissions) = (bot.application_id, bot.permissions);
    platform.execute(AddBot {
        guild,
        application,
        permissions,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OldBot {
    application_id: ApplicationId,
}

pub(super) async fn remove_bot(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(bot): Input<OldBot>,
) -> Done {
    platform.execute(RemoveBot {
        guild,
        application: bot.application_id,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MemberRoles {
    #[serde(default)]
    roles: Vec<RoleId>,
}

pub(super) async fn set_member(
    State(platform): State<Arc<Platform>>,
    Ids((guild, user)): Ids<(GuildId, UserId)>,
    Input(member): Input<MemberRoles>,
) -> Done {
    platform.execute(SetMember {
        guild,
        user,
        roles: member.roles,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRole {
    name: String,
    #[serde(default)]
    permissions: Permissions,
}

pub(super) async fn create_role(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(role): Input<NewRole>,
) -> Answer {
    let (name, permissions) = (role.name, role.permissions);
    let role = platform.execute(CreateRole {
        guild,
        name,
        permissions,
        managed_by: None,
    })?;
    Ok(Json(json!({ "id": role })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleEdit {
    name: Option<String>,
    permissions: Option<Permissions>,
}

pub(super) async fn edit_role(
    State(platform): State<Arc<Platform>>,
    Ids((guild, role)): Ids<(GuildId, RoleId)>,
    Input(edit): Input<RoleEdit>,
) -> Done {
    let (name, permissions) = (edit.name, edit.permissions);
    platform.execute(EditRole {
        guild,
        role,
        name,
        permissions,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChannel {
    name: String,
    #[serde(default = "text", rename = "type")]
    kind: ChannelKind,
    #[serde(default)]
    parent: Option<ChannelId>,
    #[serde(default)]
    overwrites: Vec<Overwrite>,
    #[serde(default)]
    tags: Vec<NewTag>,
}

fn text() -> ChannelKind {
    ChannelKind::Text
}

pub(super) async fn create_channel(
    State(platform): State<Arc<Platform>>,
    Ids(guild): Ids<GuildId>,
    Input(new): Input<NewChannel>,
) -> Answer {
    let channel = platform.execute(CreateChannel {
        guild,
        name: new.name,
        kind: new.kind,
        parent: new.parent,
        overwrites: new.overwrites,
        tags: new.tags,
    })?;
    let tags = platform.read(|world| world.channel(channel).map(|made| made.tags.clone()))?;
    Ok(Json(json!({ "id": channel, "tags": tags })))
}
