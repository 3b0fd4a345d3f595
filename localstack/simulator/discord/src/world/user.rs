use serde::{Deserialize, Serialize};

use super::{Change, Rejection, World};
use crate::ids::UserId;

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) global_name: Option<String>,
    pub(crate) bot: bool,
    pub(crate) email: Option<String>,
    /// The hash that names the picture.
    pub(crate) avatar: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUser {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) global_name: Option<String>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) avatar: Option<String>,
}

impl Change for CreateUser {
    type Output = UserId;

    fn apply(self, world: &mut World) -> Result<UserId, Rejection> {
        let id = UserId(world.next_id());
        let user = User {
            id,
            name: self.name,
            global_name: self.global_name,
            bot: false,
            email: self.email,
            avatar: self.avatar,
        };
        world.users.insert(id, user);
        Ok(id)
    }
}
