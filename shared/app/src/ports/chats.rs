use std::collections::BTreeSet;

use async_trait::async_trait;
use patchbay_domain::account::{TelegramChat, TelegramTopic};
use patchbay_domain::guild::{DiscordChannel, DiscordThread, Guild};
use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};

use super::PortResult;

/// A part of a list, and where the next part begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The directory: which chats and channels exist, written by the connector as the platforms tell.
///
/// It knows no owners. Whoever reads it for a user has checked first that the account or the
/// server is that user's.
#[async_trait]
pub trait Chats: Send + Sync {
    /// Adds or renews; leaves the account's other chats.
    async fn put_telegram(&self, account: AccountId, chats: &[TelegramChat]) -> PortResult<()>;
    /// With its topics.
    async fn remove_telegram(&self, account: AccountId, chat: TelegramChatId) -> PortResult<()>;
    async fn telegram(
        &self,
        account: AccountId,
        chat: TelegramChatId,
    ) -> PortResult<Option<TelegramChat>>;
    /// In the order of their ids. `after` is a `next` of an earlier page.
    async fn telegram_page(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramChat>>;

    /// Adds or renews; leaves the forum's other topics.
    async fn put_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TelegramTopic],
    ) -> PortResult<()>;
    /// Those of them that are there.
    async fn remove_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TopicId],
    ) -> PortResult<()>;
    async fn telegram_topic(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topic: TopicId,
    ) -> PortResult<Option<TelegramTopic>>;
    /// In the order of their ids. `after` is a `next` of an earlier page.
    async fn topics_page(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramTopic>>;

    /// The server and all its channels; channels that are not among these are gone.
    async fn put_guild(&self, guild: &Guild, channels: &[DiscordChannel]) -> PortResult<()>;
    /// With its channels and threads.
    async fn remove_guild(&self, guild: DiscordGuildId) -> PortResult<()>;
    async fn guild(&self, guild: DiscordGuildId) -> PortResult<Option<Guild>>;
    async fn channel(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
    ) -> PortResult<Option<DiscordChannel>>;
    /// At most 500 exist in a server, so they come at once.
    async fn channels(&self, guild: DiscordGuildId) -> PortResult<Vec<DiscordChannel>>;
    /// Which of these servers the bot is in.
    async fn known_guilds(&self, guilds: &[DiscordGuildId])
    -> PortResult<BTreeSet<DiscordGuildId>>;

    /// Adds or renews; leaves the server's other threads.
    async fn put_threads(&self, guild: DiscordGuildId, threads: &[DiscordThread])
    -> PortResult<()>;
    /// Those of them that are there, each named with its channel.
    async fn remove_threads(
        &self,
        guild: DiscordGuildId,
        threads: &[(DiscordChannelId, DiscordChannelId)],
    ) -> PortResult<()>;
    async fn thread(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        thread: DiscordChannelId,
    ) -> PortResult<Option<DiscordThread>>;
    /// All of a server. At most 1,000 are active at once.
    async fn threads(&self, guild: DiscordGuildId) -> PortResult<Vec<DiscordThread>>;
    /// Those of one channel in the order of their ids. `after` is a `next` of an earlier page.
    async fn threads_page(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<DiscordThread>>;
}
