use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use patchbay_app::ports::{Chats, Page, PortResult};
use patchbay_domain::account::{TelegramChat, TelegramTopic};
use patchbay_domain::guild::{DiscordChannel, DiscordThread, Guild};
use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};

use super::item::{item, read, text_of};
use super::key::{self, Key, PK, SK};
use super::stored_guild::StoredGuild;
use super::table::{Table, delete_if, delete_request, put_request};
use crate::error::{corrupt, unavailable};

const READ: &str = "reading the directory";
const WRITE: &str = "writing the directory";

#[async_trait]
impl Chats for Table {
    async fn put_telegram(&self, account: AccountId, chats: &[TelegramChat]) -> PortResult<()> {
        // A batch must not name an item twice; the last one counts.
        let chats: BTreeMap<_, _> = chats.iter().map(|chat| (chat.id, chat)).collect();
        let writes: PortResult<Vec<_>> = chats
            .into_values()
            .map(|chat| put_request(item(WRITE, &key::telegram_chat(account, chat.id), chat)?))
            .collect();
        self.batch(WRITE, writes?).await
    }

    async fn remove_telegram(&self, account: AccountId, chat: TelegramChatId) -> PortResult<()> {
        let topics = key::telegram_topics(account, chat);
        let mut writes = Vec::new();
        for entry in self.all(READ, &topics).await? {
            let Some(sk) = text_of(&entry, SK) else {
                return Err(corrupt(READ, "a topic without a sort key"));
            };
            writes.push(delete_request(&Key {
                pk: topics.pk.clone(),
                sk: sk.to_owned(),
            })?);
        }
        self.batch(WRITE, writes).await?;
        delete_if(WRITE, self.delete_item(&key::telegram_chat(account, chat))).await?;
        Ok(())
    }

    async fn telegram(
        &self,
        account: AccountId,
        chat: TelegramChatId,
    ) -> PortResult<Option<TelegramChat>> {
        let item = self
            .get_item(READ, &key::telegram_chat(account, chat))
            .await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn telegram_page(
        &self,
        account: AccountId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramChat>> {
        let place = |after: &str| {
            let chat = after
                .parse()
                .ok()
                .map(|chat| key::telegram_chat(account, chat).sk);
            chat.ok_or_else(|| corrupt(READ, format!("the place {after:?}")))
        };
        let after = after.map(place).transpose()?;
        let (items, is_more) = self
            .some(READ, &key::telegram_chats(account), after, limit)
            .await?;
        let items: PortResult<Vec<TelegramChat>> =
            items.into_iter().map(|item| read(READ, item)).collect();
        let items = items?;
        let next = items
            .last()
            .filter(|_| is_more)
            .map(|chat| chat.id.to_string());
        Ok(Page { items, next })
    }

    async fn put_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TelegramTopic],
    ) -> PortResult<()> {
        let topics: BTreeMap<_, _> = topics.iter().map(|topic| (topic.id, topic)).collect();
        let writes: PortResult<Vec<_>> = topics
            .into_values()
            .map(|topic| {
                let key = key::telegram_topic(account, chat, topic.id);
                put_request(item(WRITE, &key, topic)?)
            })
            .collect();
        self.batch(WRITE, writes?).await
    }

    async fn remove_topics(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topics: &[TopicId],
    ) -> PortResult<()> {
        let topics: BTreeSet<_> = topics.iter().collect();
        let writes: PortResult<Vec<_>> = topics
            .into_iter()
            .map(|topic| delete_request(&key::telegram_topic(account, chat, *topic)))
            .collect();
        self.batch(WRITE, writes?).await
    }

    async fn telegram_topic(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        topic: TopicId,
    ) -> PortResult<Option<TelegramTopic>> {
        let key = key::telegram_topic(account, chat, topic);
        let item = self.get_item(READ, &key).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn topics_page(
        &self,
        account: AccountId,
        chat: TelegramChatId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<TelegramTopic>> {
        let place = |after: &str| {
            let topic = after.parse().ok();
            let place = topic.map(|topic| key::telegram_topic(account, chat, topic).sk);
            place.ok_or_else(|| corrupt(READ, format!("the place {after:?}")))
        };
        let after = after.map(place).transpose()?;
        let topics = key::telegram_topics(account, chat);
        let (items, is_more) = self.some(READ, &topics, after, limit).await?;
        let items: PortResult<Vec<TelegramTopic>> =
            items.into_iter().map(|item| read(READ, item)).collect();
        let items = items?;
        let next = items.last().filter(|_| is_more);
        let next = next.map(|topic| topic.id.to_string());
        Ok(Page { items, next })
    }

    async fn put_guild(&self, guild: &Guild, channels: &[DiscordChannel]) -> PortResult<()> {
        let entry = item(
            WRITE,
            &key::guild(guild.id),
            &StoredGuild::of(guild, channels),
        )?;
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn remove_guild(&self, guild: DiscordGuildId) -> PortResult<()> {
        delete_if(WRITE, self.delete_item(&key::guild(guild))).await?;
        let threads = self.threads(guild).await?;
        let places: Vec<_> = threads.iter().map(|it| (it.channel, it.id)).collect();
        self.remove_threads(guild, &places).await
    }

    async fn guild(&self, guild: DiscordGuildId) -> PortResult<Option<Guild>> {
        let stored = self.stored_guild(guild).await?;
        Ok(stored.map(|stored| stored.guild(guild)))
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
        let stored = self.stored_guild(guild).await?;
        Ok(stored.map_or_else(Vec::new, |stored| stored.into_channels(guild)))
    }

    async fn known_guilds(
        &self,
        guilds: &[DiscordGuildId],
    ) -> PortResult<BTreeSet<DiscordGuildId>> {
        // A batch must not name an item twice.
        let guilds: BTreeMap<_, _> = guilds
            .iter()
            .map(|guild| (key::guild(*guild).pk, *guild))
            .collect();
        let keys: Vec<_> = guilds.values().map(|guild| key::guild(*guild)).collect();
        let found = self.get_items(READ, &keys).await?;
        let known = found
            .iter()
            .filter_map(|item| guilds.get(text_of(item, PK)?).copied());
        Ok(known.collect())
    }

    async fn put_threads(
        &self,
        guild: DiscordGuildId,
        threads: &[DiscordThread],
    ) -> PortResult<()> {
        // A batch must not name an item twice; the last one counts.
        let threads: BTreeMap<_, _> = threads.iter().map(|it| (it.id, it)).collect();
        let write = |thread: &DiscordThread| {
            let key = key::discord_thread(guild, thread.channel, thread.id);
            put_request(item(WRITE, &key, thread)?)
        };
        let writes: PortResult<Vec<_>> = threads.into_values().map(write).collect();
        self.batch(WRITE, writes?).await
    }

    async fn remove_threads(
        &self,
        guild: DiscordGuildId,
        threads: &[(DiscordChannelId, DiscordChannelId)],
    ) -> PortResult<()> {
        let threads: BTreeSet<_> = threads.iter().collect();
        let deletes: PortResult<Vec<_>> = threads
            .into_iter()
            .map(|(channel, thread)| delete_request(&key::discord_thread(guild, *channel, *thread)))
            .collect();
        self.batch(WRITE, deletes?).await
    }

    async fn thread(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        thread: DiscordChannelId,
    ) -> PortResult<Option<DiscordThread>> {
        let key = key::discord_thread(guild, channel, thread);
        let item = self.get_item(READ, &key).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn threads(&self, guild: DiscordGuildId) -> PortResult<Vec<DiscordThread>> {
        let items = self.all(READ, &key::threads_of_guild(guild)).await?;
        items.into_iter().map(|item| read(READ, item)).collect()
    }

    async fn threads_page(
        &self,
        guild: DiscordGuildId,
        channel: DiscordChannelId,
        after: Option<&str>,
        limit: usize,
    ) -> PortResult<Page<DiscordThread>> {
        let place = |after: &str| {
            let thread = after.parse().ok();
            let key = thread.map(|thread| key::discord_thread(guild, channel, thread).sk);
            key.ok_or_else(|| corrupt(READ, format!("the place {after:?}")))
        };
        let after = after.map(place).transpose()?;
        let threads = key::threads_of_channel(guild, channel);
        let (items, is_more) = self.some(READ, &threads, after, limit).await?;
        let items: PortResult<Vec<DiscordThread>> =
            items.into_iter().map(|item| read(READ, item)).collect();
        let items = items?;
        let last = items.last().filter(|_| is_more);
        let next = last.map(|thread| thread.id.to_string());
        Ok(Page { items, next })
    }
}
