use serde::{Deserialize, Serialize};

use super::{Change, Rejection, User, World};
use crate::ids::ApplicationId;
use crate::intents::PrivilegedIntents;

#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: ApplicationId,
    pub(crate) name: String,
    pub(crate) token: String,
    /// What the application proves itself with where it speaks for a person.
    pub(crate) client_secret: String,
    /// Where people may be sent back to after they were asked.
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) public_key: String,
    pub(crate) intents: PrivilegedIntents,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateApplication {
    pub(crate) name: String,
    pub(crate) intents: PrivilegedIntents,
    /// The third part of the token, which nobody can guess.
    pub(crate) secret: String,
    /// Journals from before there were client secrets have none; the secret above stands in.
    #[serde(default)]
    pub(crate) client_secret: Option<String>,
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
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
            email: None,
            avatar: None,
        };
        world.users.insert(bot.id, bot);
        let application = Application {
            id,
            name: self.name,
            token: format!("{id}.sim.{}", self.secret),
            client_secret: self.client_secret.unwrap_or(self.secret),
            redirect_uris: self.redirect_uris,
            public_key: self.public_key,
            intents: self.intents,
        };
        world.applications.insert(id, application);
        Ok(id)
    }
}

/// Registers where people may be sent back to, in place of what was registered before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditApplication {
    pub(crate) application: ApplicationId,
    pub(crate) redirect_uris: Vec<String>,
}

impl Change for EditApplication {
    type Output = ();

    fn apply(self, world: &mut World) -> Result<(), Rejection> {
        let application = world
            .applications
            .get_mut(&self.application)
            .ok_or(Rejection::UnknownApplication)?;
        application.redirect_uris = self.redirect_uris;
        Ok(())
    }
}
