//! The requests that we make.

use std::time::Duration;

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, MessageId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serenity::builder::CreateMessage;
use serenity::model::gateway::BotGateway;

use super::route::Route;
use super::{Request, Rest, RestError};

/// How many messages one page of history has at most. (Get Channel Messages, `limit`)
pub(crate) const HISTORY_PAGE: usize = 100;
/// How many servers one page has at most. (Get Current User Guilds, `limit`)
const GUILDS_PAGE: usize = 200;

/// How long requests wait for limits that nobody waits for in turn.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct WithId<T> {
    id: T,
}

impl Rest {
    pub(crate) async fn gateway(&self) -> Result<BotGateway, RestError> {
        self.call(Request::get(Route::GatewayBot, PATIENCE)).await
    }

    pub(crate) async fn current_user(&self) -> Result<DiscordUserId, RestError> {
        let user: WithId<DiscordUserId> = self
            .call(Request::get(Route::CurrentUser, PATIENCE))
            .await?;
        Ok(user.id)
    }

    /// The id of the application that the bot belongs to.
    pub(crate) async fn current_application(&self) -> Result<u64, RestError> {
        let application: WithId<serenity::model::id::ApplicationId> = self
            .call(Request::get(Route::CurrentApplication, PATIENCE))
            .await?;
        Ok(application.id.get())
    }

    /// The servers that the bot is in.
    pub(crate) async fn current_guilds(&self) -> Result<Vec<DiscordGuildId>, RestError> {
        let mut guilds = Vec::new();
        loop {
            let mut request = Request::get(Route::CurrentGuilds, PATIENCE);
            request.query.push(("limit", GUILDS_PAGE.to_string()));
            if let Some(DiscordGuildId(last)) = guilds.last() {
                request.query.push(("after", last.to_string()));
            }
            let page: Vec<WithId<DiscordGuildId>> = self.call(request).await?;
            let is_last = page.len() < GUILDS_PAGE;
            guilds.extend(page.into_iter().map(|guild| guild.id));
            if is_last {
                return Ok(guilds);
            }
        }
    }

    pub(crate) async fn guild<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
    ) -> Result<T, RestError> {
        self.call(Request::get(Route::Guild(guild), PATIENCE)).await
    }

    /// Without threads.
    pub(crate) async fn guild_channels<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
    ) -> Result<Vec<T>, RestError> {
        self.call(Request::get(Route::GuildChannels(guild), PATIENCE))
            .await
    }

    pub(crate) async fn active_threads<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
    ) -> Result<T, RestError> {
        self.call(Request::get(Route::ActiveThreads(guild), PATIENCE))
            .await
    }

    pub(crate) async fn guild_member<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
        user: DiscordUserId,
    ) -> Result<T, RestError> {
        self.call(Request::get(Route::GuildMember { guild, user }, PATIENCE))
            .await
    }

    pub(crate) async fn channel<T: DeserializeOwned>(
        &self,
        channel: DiscordChannelId,
    ) -> Result<T, RestError> {
        self.call(Request::get(Route::Channel(channel), PATIENCE))
            .await
    }

    pub(crate) async fn message(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
    ) -> Result<Box<RawValue>, RestError> {
        self.call(Request::get(Route::Message { channel, message }, PATIENCE))
            .await
    }

    /// The oldest messages after `after`, at most [`HISTORY_PAGE`], newest first.
    pub(crate) async fn history(
        &self,
        channel: DiscordChannelId,
        after: MessageId,
        patience: Duration,
    ) -> Result<Vec<Box<RawValue>>, RestError> {
        let mut request = Request::get(Route::History(channel), patience);
        request.query.push(("after", after.to_string()));
        request.query.push(("limit", HISTORY_PAGE.to_string()));
        self.call(request).await
    }

    pub(crate) async fn create_message(
        &self,
        channel: DiscordChannelId,
        message: &CreateMessage,
        patience: Duration,
    ) -> Result<MessageId, RestError> {
        let route = Route::CreateMessage(channel);
        let body = serde_json::to_vec(message).map_err(RestError::Unwritable)?;
        let request = Request {
            route,
            query: Vec::new(),
            body: Some(body),
            patience,
        };
        let created: WithId<MessageId> = self.call(request).await?;
        Ok(created.id)
    }
}
