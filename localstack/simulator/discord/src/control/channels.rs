use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::extract::{Done, Ids, Input};
use crate::ids::{ChannelId, UserId};
use crate::permissions::Permissions;
use crate::platform::Platform;
use crate::world::{
    Actor, ChannelEdit, DeleteChannel, EditChannel, Overwrite, OverwriteKind, SetOverwrite,
};

pub(super) async fn edit(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
    Input(edit): Input<ChannelEdit>,
) -> Done {
    platform.execute(EditChannel {
        actor: Actor::Operator,
        channel,
        edit,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(platform): State<Arc<Platform>>,
    Ids(channel): Ids<ChannelId>,
) -> Done {
    platform.execute(DeleteChannel {
        actor: Actor::Operator,
        channel,
    })?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOverwrite {
    kind: OverwriteKind,
    #[serde(default)]
    allow: Permissions,
    #[serde(default)]
    deny: Permissions,
}

pub(super) async fn set_overwrite(
    State(platform): State<Arc<Platform>>,
    Ids((channel, holder)): Ids<(ChannelId, UserId)>,
    Input(new): Input<NewOverwrite>,
) -> Done {
    let overwrite = Overwrite {
        id: holder,
        kind: new.kind,
        allow: new.allow,
        deny: new.deny,
    };
    platform.execute(SetOverwrite { channel, overwrite })?;
    Ok(StatusCode::NO_CONTENT)
}
