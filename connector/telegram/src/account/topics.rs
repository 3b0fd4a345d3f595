//! The topics of an account's forums: read whole once, and kept up by what forums tell of them.

use std::collections::BTreeMap;

use grammers_tl_types as tl;
use patchbay_app::ports::PortResult;
use patchbay_domain::account::TelegramTopic;
use patchbay_domain::ids::{TelegramChatId, TopicId};
use tl::enums::{MessageAction, Update};

use super::Halt;
use super::backfill::is_about_chat;
use super::inbox::Inbox;
use crate::connection::{Connection, InvokeError};
use crate::peer;

/// core.telegram.org/api/forum: at most 100 come at once.
const PAGE: i32 = 100;
/// More topics than that are left out, so that one forum can't keep an account busy.
const MOST_TOPICS: usize = 5_000;
const STORED_PAGE: usize = 500;

/// What an update says about a topic.
#[derive(Debug)]
enum TopicChange<'a> {
    Made(TelegramTopic),
    Edited(TopicId, &'a tl::types::MessageActionTopicEdit),
}

impl Inbox {
    /// Reads all topics of a forum. Where Telegram won't tell them, they stay as they are.
    pub(super) async fn read_topics(
        &mut self,
        connection: &Connection,
        chat: TelegramChatId,
    ) -> Result<(), Halt> {
        let account = &self.live.account;
        if let Some(peer) = self.live.directory.input_peer(chat, account.telegram_user) {
            match load(connection, &peer).await {
                Ok(topics) => self.renew_topics(chat, &topics).await?,
                Err(error) if is_about_chat(&error) => tracing::warn!(
                    account = %account.id,
                    %chat,
                    error = &error as &dyn std::error::Error,
                    "topics can't be read"
                ),
                Err(error) => return Err(error.into()),
            }
        }
        let now = self.ports.clock.now();
        if let Some(read) = self.live.directory.forum_read(chat, now) {
            self.ports
                .chats
                .put_telegram(self.live.account.id, &[read])
                .await?;
        }
        Ok(())
    }

    async fn renew_topics(
        &self,
        chat: TelegramChatId,
        topics: &BTreeMap<TopicId, TelegramTopic>,
    ) -> PortResult<()> {
        let (account, chats) = (self.live.account.id, &self.ports.chats);
        let (mut gone, mut same) = (Vec::new(), Vec::new());
        let mut after = None;
        loop {
            let page = chats
                .topics_page(account, chat, after.as_deref(), STORED_PAGE)
                .await?;
            for stored in page.items {
                match topics.get(&stored.id) {
                    None => gone.push(stored.id),
                    Some(topic) if *topic == stored => same.push(stored.id),
                    Some(_) => {}
                }
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let news: Vec<TelegramTopic> = topics
            .values()
            .filter(|topic| !same.contains(&topic.id))
            .cloned()
            .collect();
        chats.put_topics(account, chat, &news).await?;
        chats.remove_topics(account, chat, &gone).await
    }

    /// What could not be written is read again from Telegram, with all topics of that forum.
    pub(super) async fn learn_topics(&mut self, updates: &[Update]) {
        for update in updates {
            let Some(chat) = forum_of(update).filter(|it| self.live.directory.is_forum(*it)) else {
                continue;
            };
            if let Err(error) = self.learn_topic(chat, update).await {
                tracing::warn!(
                    account = %self.live.account.id,
                    %chat,
                    error = &error as &dyn std::error::Error,
                    "topics not written"
                );
                self.live.directory.read_forum_again(chat);
            }
        }
    }

    async fn learn_topic(&self, chat: TelegramChatId, update: &Update) -> PortResult<()> {
        let (account, chats) = (self.live.account.id, &self.ports.chats);
        if let Update::DeleteChannelMessages(deleted) = update {
            // A topic goes with the message that made it.
            let topics: Vec<TopicId> = deleted.messages.iter().copied().map(TopicId).collect();
            return chats.remove_topics(account, chat, &topics).await;
        }
        match change(update) {
            Some(TopicChange::Made(topic)) => chats.put_topics(account, chat, &[topic]).await,
            Some(TopicChange::Edited(topic, edit)) => {
                let known = chats.telegram_topic(account, chat, topic).await?;
                let Some(known) = known else {
                    self.live.directory.read_forum_again(chat);
                    return Ok(());
                };
                let edited = edited(known, edit);
                chats.put_topics(account, chat, &[edited]).await
            }
            None => Ok(()),
        }
    }
}

/// The chat of which an update may tell something about topics.
fn forum_of(update: &Update) -> Option<TelegramChatId> {
    if let Update::DeleteChannelMessages(deleted) = update {
        return Some(peer::of_channel(deleted.channel_id));
    }
    change(update)?;
    service(update).map(|service| peer::of_peer(&service.peer_id))
}

fn service(update: &Update) -> Option<&tl::types::MessageService> {
    if let Update::NewChannelMessage(new) = update
        && let tl::enums::Message::Service(service) = &new.message
    {
        Some(service)
    } else {
        None
    }
}

fn change(update: &Update) -> Option<TopicChange<'_>> {
    let service = service(update)?;
    if let MessageAction::TopicCreate(made) = &service.action {
        return Some(TopicChange::Made(TelegramTopic {
            id: TopicId(service.id),
            title: made.title.clone(),
            is_closed: false,
            is_hidden: false,
            icon_color: color(made.icon_color),
        }));
    }
    let MessageAction::TopicEdit(edit) = &service.action else {
        return None;
    };
    let topic = match &service.reply_to {
        Some(tl::enums::MessageReplyHeader::Header(header)) => {
            header.reply_to_top_id.or(header.reply_to_msg_id)
        }
        Some(tl::enums::MessageReplyHeader::MessageReplyStoryHeader(_)) | None => None,
    };
    let topic = topic.map_or(TopicId::GENERAL, TopicId);
    Some(TopicChange::Edited(topic, edit))
}

fn edited(topic: TelegramTopic, edit: &tl::types::MessageActionTopicEdit) -> TelegramTopic {
    TelegramTopic {
        title: edit.title.clone().unwrap_or(topic.title),
        is_closed: edit.closed.unwrap_or(topic.is_closed),
        is_hidden: edit.hidden.unwrap_or(topic.is_hidden),
        ..topic
    }
}

fn color(wire: i32) -> u32 {
    u32::try_from(wire & 0x00ff_ffff).unwrap_or_default()
}

async fn load(
    connection: &Connection,
    peer: &tl::enums::InputPeer,
) -> Result<BTreeMap<TopicId, TelegramTopic>, InvokeError> {
    let mut found = BTreeMap::new();
    let mut request = tl::functions::messages::GetForumTopics {
        peer: peer.clone(),
        q: None,
        offset_date: 0,
        offset_id: 0,
        offset_topic: 0,
        limit: PAGE,
    };
    loop {
        let tl::enums::messages::ForumTopics::Topics(page) = connection.invoke(&request).await?;
        let before = found.len();
        let mut last = None;
        for topic in &page.topics {
            if let tl::enums::ForumTopic::Topic(topic) = topic {
                found.insert(TopicId(topic.id), of_topic(topic));
                last = Some(topic);
            }
        }
        let count = usize::try_from(page.count).unwrap_or_default();
        let Some(last) = last.filter(|_| found.len() > before && found.len() < count) else {
            return Ok(found);
        };
        if found.len() >= MOST_TOPICS {
            tracing::warn!(count, "a forum of more topics than are listed");
            return Ok(found);
        }
        request.offset_topic = last.id;
        request.offset_id = last.top_message;
        request.offset_date = page
            .messages
            .iter()
            .filter(|_| !page.order_by_create_date)
            .find_map(|message| date_of(message, last.top_message))
            .unwrap_or(last.date);
    }
}

fn of_topic(topic: &tl::types::ForumTopic) -> TelegramTopic {
    TelegramTopic {
        id: TopicId(topic.id),
        title: topic.title.clone(),
        is_closed: topic.closed,
        is_hidden: topic.hidden,
        icon_color: color(topic.icon_color),
    }
}

fn date_of(message: &tl::enums::Message, id: i32) -> Option<i32> {
    match message {
        tl::enums::Message::Message(message) => (message.id == id).then_some(message.date),
        tl::enums::Message::Service(message) => (message.id == id).then_some(message.date),
        tl::enums::Message::Empty(_) => None,
    }
}
