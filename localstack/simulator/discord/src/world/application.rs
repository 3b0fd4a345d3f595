use serde::{Deserialize, Serialize};

use super::{Change, Rejection, User, World};
use crate::ids::ApplicationId;
use crate::intents::PrivilegedIntents;

#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: ApplicationId,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) public_key: String,
    pub(crate) intents: PrivilegedIntents,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateApplication {
    pub(crate) name: String,
    pub(crate) intents: PrivilegedIntents,
    /// The third part of the token, which nobody can guess.
    pub(crate) secret: String,
    pub(crate) public_key: String,
}

impl Change for CreateApplication {
    type Output = ApplicationId;

    fn apply(self, world: &mut World) -> Result<ApplicationId, Rejection> {
        let id = ApplicationId(world.next_id());
        let bot = User {
            id: id.bot(),
            name: self.name.clone(),
            global_name: None,
            bot: true,
        };
        world.users.insert(bot.id, bot);
        let application = Application {
            id,
            name: self.name,
            token: format!("{id}.sim.{}", self.secret),
            public_key: self.public_key,
            intents: self.intents,
        };
        world.applications.insert(id, application);
        Ok(id)
    }
}
