//! The requests that we make.

use std::time::Duration;

use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, DiscordUserId, FileId, MessageId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serenity::model::gateway::BotGateway;

use super::route::Route;
use super::{Request, Rest, RestError, Written};

mod change;
mod reaction;
mod webhook;

pub(crate) use change::MOST_DELETED_AT_ONCE;
pub(crate) use reaction::ReactionObject;
pub(crate) use webhook::Webhook;

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

/// A message as Discord tells of it when it is made, or read again.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    pub(crate) id: MessageId,
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) attachments: Vec<CreatedFile>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CreatedFile {
    pub(crate) id: FileId,
    pub(crate) filename: String,
    pub(crate) size: u64,
}

impl Rest {
    pub(crate) async fn gateway(&self) -> Result<BotGateway, RestError> {
        self.call(Request::new(Route::GatewayBot, PATIENCE)).await
    }

    pub(crate) async fn current_user(&self) -> Result<DiscordUserId, RestError> {
        let user: WithId<DiscordUserId> = self
            .call(Request::new(Route::CurrentUser, PATIENCE))
            .await?;
        Ok(user.id)
    }

    /// The id of the application that the bot belongs to.
    pub(crate) async fn current_application(&self) -> Result<u64, RestError> {
        let application: WithId<serenity::model::id::ApplicationId> = self
            .call(Request::new(Route::CurrentApplication, PATIENCE))
            .await?;
        Ok(application.id.get())
    }

    /// The servers that the bot is in.
    pub(crate) async fn current_guilds(&self) -> Result<Vec<DiscordGuildId>, RestError> {
        let mut guilds = Vec::new();
        loop {
            let mut request = Request::new(Route::CurrentGuilds, PATIENCE);
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
        self.call(Request::new(Route::Guild(guild), PATIENCE)).await
    }

    /// Without threads.
    pub(crate) async fn guild_channels<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
    ) -> Result<Vec<T>, RestError> {
        self.call(Request::new(Route::GuildChannels(guild), PATIENCE))
            .await
    }

    pub(crate) async fn active_threads<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
    ) -> Result<T, RestError> {
        self.call(Request::new(Route::ActiveThreads(guild), PATIENCE))
            .await
    }

    pub(crate) async fn guild_member<T: DeserializeOwned>(
        &self,
        guild: DiscordGuildId,
        user: DiscordUserId,
    ) -> Result<T, RestError> {
        self.call(Request::new(Route::GuildMember { guild, user }, PATIENCE))
            .await
    }

    pub(crate) async fn channel<T: DeserializeOwned>(
        &self,
        channel: DiscordChannelId,
    ) -> Result<T, RestError> {
        self.call(Request::new(Route::Channel(channel), PATIENCE))
            .await
    }

    pub(crate) async fn message<T: DeserializeOwned>(
        &self,
        channel: DiscordChannelId,
        message: MessageId,
    ) -> Result<T, RestError> {
        self.call(Request::new(Route::Message { channel, message }, PATIENCE))
            .await
    }

    /// The oldest messages after `after`, at most [`HISTORY_PAGE`], newest first.
    pub(crate) async fn history(
        &self,
        channel: DiscordChannelId,
        after: MessageId,
        patience: Duration,
    ) -> Result<Vec<Box<RawValue>>, RestError> {
        let mut request = Request::new(Route::History(channel), patience);
        request.query.push(("after", after.to_string()));
        request.query.push(("limit", HISTORY_PAGE.to_string()));
        self.call(request).await
    }

    pub(crate) async fn create_message(
        &self,
        channel: DiscordChannelId,
        message: &Written<'_>,
        patience: Duration,
    ) -> Result<Created, RestError> {
        let route = Route::CreateMessage(channel);
        self.call(Request::written(route, message, patience)).await
    }

    /// New addresses for these, where there are such.
    pub(crate) async fn refresh_urls(
        &self,
        urls: &[&str],
    ) -> Result<Vec<Option<String>>, RestError> {
        #[derive(Deserialize)]
        struct Answer {
            refreshed_urls: Vec<Refreshed>,
        }
        #[derive(Deserialize)]
        struct Refreshed {
            refreshed: Option<String>,
        }
        let body = serde_json::json!({ "attachment_urls": urls });
        let answer: Answer = self
            .call(Request::json(Route::RefreshUrls, &body, PATIENCE)?)
            .await?;
        let refreshed = answer.refreshed_urls.into_iter();
        Ok(refreshed.map(|one| one.refreshed).collect())
    }
}
