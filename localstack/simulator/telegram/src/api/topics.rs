//! The topics of forums.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use crate::present;
use crate::state::{
    Channel, Command, CreateTopic, DEFAULT_COLOR, DeleteTopic, EditTopic, Message, Peer, Refusal,
    Topic, topic_of,
};

const MOST_TOPICS: usize = 100;

/// Where a topic stands in the list: those with the newest messages come first.
type Rank = (i64, i32, i32);

/// A topic with its newest message, or with the message that made it.
struct Ranked<'a> {
    topic: &'a Topic,
    top: Option<&'a Message>,
}

impl<'a> Ranked<'a> {
    fn of(channel: &'a Channel, topic: &'a Topic) -> Self {
        let mut messages = channel.mailbox.of_peer(Peer::Channel(channel.id));
        let top = messages.find(|message| topic_of(channel, message) == topic.id);
        Self { topic, top }
    }

    fn rank(&self) -> Rank {
        let date = self.top.map_or(self.topic.date, |message| message.date);
        let message = self.top.map_or(self.topic.id, |message| message.id);
        (date, message, self.topic.id)
    }
}

pub(super) fn topics(
    call: &mut Call<'_>,
    request: functions::messages::GetForumTopics,
) -> Result<enums::messages::ForumTopics, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let channel = call.state().forum(peer)?;
    let wanted = request.q.unwrap_or_default().to_lowercase();
    let mut found: Vec<Ranked<'_>> = channel
        .topics
        .values()
        .filter(|topic| topic.title.to_lowercase().contains(&wanted))
        .map(|topic| Ranked::of(channel, topic))
        .collect();
    found.sort_by_key(|ranked| std::cmp::Reverse(ranked.rank()));
    let count = found.len();
    let offset: Rank = (
        i64::from(request.offset_date),
        request.offset_id,
        request.offset_topic,
    );
    if request.offset_topic != 0 {
        found.retain(|ranked| ranked.rank() < offset);
    }
    found.truncate(usize::try_from(request.limit).unwrap_or(0).min(MOST_TOPICS));
    shown(call, channel, &found, Vec::new(), count)
}

pub(super) fn topics_by_id(
    call: &mut Call<'_>,
    request: functions::messages::GetForumTopicsById,
) -> Result<enums::messages::ForumTopics, Refusal> {
    let peer = call.readable_peer(&request.peer)?;
    let channel = call.state().forum(peer)?;
    let known = request
        .topics
        .iter()
        .filter_map(|id| channel.topics.get(id));
    let found: Vec<Ranked<'_>> = known.map(|topic| Ranked::of(channel, topic)).collect();
    let gone = request
        .topics
        .iter()
        .filter(|id| !channel.topics.contains_key(id));
    let gone = gone.map(|id| types::ForumTopicDeleted { id: *id }.into());
    let count = request.topics.len();
    shown(call, channel, &found, gone.collect(), count)
}

fn shown(
    call: &Call<'_>,
    channel: &Channel,
    found: &[Ranked<'_>],
    mut topics: Vec<enums::ForumTopic>,
    count: usize,
) -> Result<enums::messages::ForumTopics, Refusal> {
    let me = call.me()?;
    let mut cast = call.cast()?.with(Peer::Channel(channel.id));
    let mut messages = Vec::new();
    for ranked in found {
        cast.add(Peer::User(ranked.topic.creator));
        let top = ranked.top.map_or(ranked.topic.id, |message| message.id);
        topics.push(present::topic(channel, me, ranked.topic, top));
        if let Some(message) = ranked.top {
            cast.add_message(message);
            messages.push(present::message(call.state(), me, message));
        }
    }
    Ok(types::messages::ForumTopics {
        order_by_create_date: false,
        count: i32::try_from(count).unwrap_or(i32::MAX),
        topics,
        messages,
        chats: cast.chats(),
        users: cast.users(),
        pts: channel.mailbox.pts,
    }
    .into())
}

pub(super) fn create(
    call: &mut Call<'_>,
    request: functions::messages::CreateForumTopic,
) -> Result<enums::Updates, Refusal> {
    let chat = call.readable_peer(&request.peer)?;
    let by = call.actor()?;
    call.apply_and_show(Command::CreateTopic(CreateTopic {
        chat,
        by,
        title: request.title,
        icon_color: request.icon_color.unwrap_or(DEFAULT_COLOR),
        random_id: Some(request.random_id),
    }))
}

pub(super) fn edit(
    call: &mut Call<'_>,
    request: functions::messages::EditForumTopic,
) -> Result<enums::Updates, Refusal> {
    let chat = call.readable_peer(&request.peer)?;
    let by = call.actor()?;
    call.apply_and_show(Command::EditTopic(EditTopic {
        chat,
        by,
        topic: request.topic_id,
        title: request.title,
        closed: request.closed,
        hidden: request.hidden,
    }))
}

pub(super) fn delete(
    call: &mut Call<'_>,
    request: functions::messages::DeleteTopicHistory,
) -> Result<enums::messages::AffectedHistory, Refusal> {
    let chat = call.readable_peer(&request.peer)?;
    let by = call.actor()?;
    let before = call.state().forum(chat)?.mailbox.pts;
    call.apply(Command::DeleteTopic(DeleteTopic {
        chat,
        by,
        topic: request.top_msg_id,
    }))?;
    let pts = call.state().forum(chat)?.mailbox.pts;
    Ok(types::messages::AffectedHistory {
        pts,
        pts_count: pts - before,
        offset: 0,
    }
    .into())
}
