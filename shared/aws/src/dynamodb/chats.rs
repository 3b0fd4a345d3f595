use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use patchbay_app::ports::{Chats, Page, PortResult};
use patchbay_domain::account::{TelegramChat, TelegramTopic};
use patchbay_domain::guild::{DiscordChannel, Guild};
use patchbay_domain::ids::{AccountId, DiscordChannelId, DiscordGuildId, TelegramChatId, TopicId};
use serde::{Deserialize, Serialize};

use super::item::{item, read, text_of};
use super::key::{self, Key, SK};
use super::table::{Table, delete_if, delete_request, put_request};
use crate::error::{corrupt, unavailable};

const READ: &str = "reading the directory";
const WRITE: &str = "writing the directory";

/// A server in one item: its channels change together, and an item of 500 channels takes about
/// 50 write units where 500 items would take 500.
#[derive(Serialize, Deserialize)]
struct StoredGuild {
    name: String,
    channels: Vec<StoredChannel>,
}

#[derive(Serialize, Deserialize)]
struct StoredChannel {
    id: DiscordChannelId,
    name: String,
    can_read: bool,
    can_post: bool,
}

impl StoredChannel {
    fn of(channel: &DiscordChannel) -> Self {
        let DiscordChannel {
            id,
            guild: _,
            name,
            can_read,
            can_post,
        } = channel;
        Self {
            id: *id,
            name: name.clone(),
            can_read: *can_read,
            can_post: *can_post,
        }
    }

    fn into_channel(self, guild: DiscordGuildId) -> DiscordChannel {
        let Self {
            id,
            name,
            can_read,
            can_post,
        } = self;
        DiscordChannel {
            id,
            guild,
            name,
            can_read,
            can_post,
        }
    }
}

impl Table {
    async fn stored_guild(&self, guild: DiscordGuildId) -> PortResult<Option<StoredGuild>> {
        let item = self.get_item(READ, &key::guild(guild)).await?;
        item.map(|item| read(READ, item)).transpose()
    }
}

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
        let channels = channels.iter().map(StoredChannel::of).collect();
        let stored = StoredGuild {
            name: guild.name.clone(),
            channels,
        };
        let entry = item(WRITE, &key::guild(guild.id), &stored)?;
        self.put_item(entry)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn remove_guild(&self, guild: DiscordGuildId) -> PortResult<()> {
        delete_if(WRITE, self.delete_item(&key::guild(guild))).await?;
        Ok(())
    }

    async fn guild(&self, guild: DiscordGuildId) -> PortResult<Option<Guild>> {
        let stored = self.stored_guild(guild).await?;
        Ok(stored.map(|stored| Guild {
            id: guild,
            name: stored.name,
        }))
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
        let channels = stored.into_iter().flat_map(|stored| stored.channels);
        Ok(channels
            .map(|channel| channel.into_channel(guild))
            .collect())
    }
}
