use patchbay_domain::ids::{DiscordChannelId, DiscordUserId};
use patchbay_domain::text::discord::MentionNames;
use serenity::model::user::User;

use crate::guilds::GuildPicture;

/// Whom and what a message mentions. People come with the message, the rest is the server's.
pub(super) struct Names<'a> {
    people: &'a [User],
    guild: Option<&'a GuildPicture>,
}

impl<'a> Names<'a> {
    pub(super) fn new(people: &'a [User], guild: Option<&'a GuildPicture>) -> Self {
        Self { people, guild }
    }
}

impl MentionNames for Names<'_> {
    fn user(&self, id: DiscordUserId) -> Option<String> {
        let user = self.people.iter().find(|user| user.id.get() == id.0)?;
        let nick = user.member.as_ref().and_then(|member| member.nick.as_ref());
        Some(
            nick.or(user.global_name.as_ref())
                .unwrap_or(&user.name)
                .clone(),
        )
    }

    fn role(&self, id: u64) -> Option<String> {
        self.guild?.role(id)
    }

    fn channel(&self, id: DiscordChannelId) -> Option<String> {
        self.guild?.channel(id)
    }
}
