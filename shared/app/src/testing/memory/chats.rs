use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use async_trait::async_trait;
use patchbay_domain::account::{TelegramChat, TelegramTopic};
use patchbay_domain::guild::{DiscordChannel, DiscordThread, Guild};
use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};

use super::Store;
use crate::ports::{Chats, Page, PortError, PortResult};

pub(super) type TelegramChatTable = BTreeMap<(AccountId, TelegramChatId), TelegramChat>;
pub(super) type TelegramTopicTable = BTreeMap<(AccountId, TelegramChatId, TopicId), TelegramTopic>;
pub(super) type GuildTable = BTreeMap<DiscordGuildId, (Guild, Vec<DiscordChannel>)>;
pub(super) type ThreadTable =
    BTreeMap<(DiscordGuildId, DiscordChannelId, DiscordChannelId), DiscordThread>;

#[async_trait]
impl Chats for Store {
    async fn put_telegram(&self, account: AccountId, chats: &[TelegramChat]) -> PortResult<()> {
        let table = &mut self.tables().telegram_chats;
        table.extend(chats.iter().map(|chat| ((account, chat.id), chat.clone())));
        Ok(())
    }

    async fn remove_telegram(&self, account: AccountId, chat: TelegramChatId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.telegram_chats.remove(&(account, chat));
        let topics = &mut tables.telegram_topics;
        topics.retain(|(of, within, _), _| (*of, *within) != (account, chat));
        Ok(())
    }

    async fn telegram(
        &self,
        account: AccountId,
        chat: TelegramChatId,
    ) -> PortResult<Option<TelegramChat>> {
        Ok(self.tables().telegram_chats.get(&(account, chat)).cloned())
    }

    async fn telegram_page(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramChat>> {
        let from = match after {
            None => Bound::Included((account, TelegramChatId(i64::MIN))),
            Some(text) => Bound::Excluded((account, cursor(text, "a page of chats")?)),
        };
        let to = Bound::Included((account, TelegramChatId(i64::MAX)));
        let tables = self.tables();
        let chats = tables
            .telegram_chats
            .range((from, to))
            .map(|(_, chat)| chat.clone());
        Ok(page(chats, limit, |chat| chat.id.to_string()))
    }

    async fn put_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TelegramTopic],
    ) -> PortResult<()> {
        let table = &mut self.tables().telegram_topics;
        table.extend(
            topics
                .iter()
                .map(|topic| ((account, chat, topic.id), topic.clone())),
        );
        Ok(())
    }

    async fn remove_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TopicId],
    ) -> PortResult<()> {
        let table = &mut self.tables().telegram_topics;
        for topic in topics {
            table.remove(&(account, chat, *topic));
        }
        Ok(())
    }

    async fn telegram_topic(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topic: TopicId,
    ) -> PortResult<Option<TelegramTopic>> {
        let tables = self.tables();
        Ok(tables.telegram_topics.get(&(account, chat, topic)).cloned())
    }

    async fn topics_page(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramTopic>> {
        let from = match after {
            None => Bound::Included((account, chat, TopicId(i32::MIN))),
            Some(text) => Bound::Excluded((account, chat, cursor(text, "a page of topics")?)),
        };
        let to = Bound::Included((account, chat, TopicId(i32::MAX)));
        let tables = self.tables();
        let topics = tables.telegram_topics.range((from, to));
        let topics = topics.map(|(_, topic)| topic.clone());
        Ok(page(topics, limit, |topic| topic.id.to_string()))
    }

    async fn put_guild(&self, guild: &Guild, channels: &[DiscordChannel]) -> PortResult<()> {
        self.tables()
            .guilds
            .insert(guild.id, (guild.clone(), channels.to_vec()));
        Ok(())
    }

    async fn remove_guild(&self, guild: DiscordGuildId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.guilds.remove(&guild);
        tables
            .threads
            .retain(|(of_thread, ..), _| *of_thread != guild);
        Ok(())
    }

    async fn guild(&self, guild: DiscordGuildId) -> PortResult<Option<Guild>> {
        Ok(self
            .tables()
            .guilds
            .get(&guild)
            .map(|(guild, _)| guild.clone()))
    }

    async fn channel(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
    ) -> PortResult<Option<DiscordChannel>> {
        let channels = self.channels(guild).await?;
        Ok(channels
            .into_iter()
            .find(|candidate| candidate.id == channel))
    }

    async fn channels(&self, guild: DiscordGuildId) -> PortResult<Vec<DiscordChannel>> {
        Ok(self
            .tables()
            .guilds
            .get(&guild)
            .map(|(_, channels)| channels.clone())
            .unwrap_or_default())
    }

    async fn known_guilds(
        &self,
        guilds: &[DiscordGuildId],
    ) -> PortResult<BTreeSet<DiscordGuildId>> {
        let tables = self.tables();
        let known = guilds
            .iter()
            .filter(|guild| tables.guilds.contains_key(guild));
        Ok(known.copied().collect())
    }

    async fn put_threads(
        &self,
        guild: DiscordGuildId,
        threads: &[DiscordThread],
    ) -> PortResult<()> {
        let place = |thread: &DiscordThread| (guild, thread.channel, thread.id);
        let table = &mut self.tables().threads;
        table.extend(threads.iter().map(|thread| (place(thread), thread.clone())));
        Ok(())
    }

    async fn remove_threads(
        &self,
        guild: DiscordGuildId,
        threads: &[(DiscordChannelId, DiscordChannelId)],
    ) -> PortResult<()> {
        let table = &mut self.tables().threads;
        for (channel, thread) in threads {
            table.remove(&(guild, *channel, *thread));
        }
        Ok(())
    }

    async fn thread(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        thread: DiscordChannelId,
    ) -> PortResult<Option<DiscordThread>> {
        let place = (guild, channel, thread);
        Ok(self.tables().threads.get(&place).cloned())
    }

    async fn threads(&self, guild: DiscordGuildId) -> PortResult<Vec<DiscordThread>> {
        let tables = self.tables();
        let threads = tables.threads.values();
        let own = threads.filter(|thread| thread.guild == guild);
        Ok(own.cloned().collect())
    }

    async fn threads_page(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<DiscordThread>> {
        let from = match after {
            None => Bound::Included((guild, channel, DiscordChannelId(0))),
            Some(text) => Bound::Excluded((guild, channel, cursor(text, "a page of threads")?)),
        };
        let to = Bound::Included((guild, channel, DiscordChannelId(u64::MAX)));
        let tables = self.tables();
        let threads = tables.threads.range((from, to));
        let threads = threads.map(|(_, thread)| thread.clone());
        Ok(page(threads, limit, |thread| thread.id.to_string()))
    }
}

/// The first `limit` of what is left, and the place of the last one if there is more.
pub(super) fn page<T>(
    mut rest: impl Iterator<Item = T>,
    limit: usize,
    place: impl Fn(&T) -> String,
) -> Page<T> {
    let items: Vec<T> = rest.by_ref().take(limit).collect();
    let next = rest.next().and_then(|_| items.last()).map(place);
    Page { items, next }
}

pub(super) fn cursor<T: std::str::FromStr>(text: &str, operation: &'static str) -> PortResult<T> {
    let unreadable = || PortError::Corrupt {
        operation,
        what: format!("the place {text:?}"),
    };
    text.parse().ok().ok_or_else(unreadable)
}
