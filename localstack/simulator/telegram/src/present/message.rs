use grammers_tl_types::{enums, types};

use super::{peer, preview, reactions, shown_entities, template};
use crate::clock::wire_seconds;
use crate::state::{
    Channel, Content, Forward, Message, Ordinary, Peer, Reply, Service, State, UserId,
};

pub(crate) fn message(state: &State, viewer: UserId, message: &Message) -> enums::Message {
    match &message.content {
        Content::Ordinary(ordinary) => shown_ordinary(state, viewer, message, ordinary),
        Content::Service(service) => shown_service(state, viewer, message, service),
    }
}

fn shown_ordinary(
    state: &State,
    viewer: UserId,
    message: &Message,
    ordinary: &Ordinary,
) -> enums::Message {
    let mut shown = template::message(
        message.id,
        peer(message.peer),
        wire_seconds(message.date),
        ordinary.text.clone(),
    );
    shown.out = message.author == viewer;
    shown.silent = message.silent;
    shown.post = is_post(state, message);
    shown.from_id = shown_author(state, message);
    shown.entities = shown_entities(&ordinary.entities);
    let preview = || ordinary.preview.as_deref().map(preview);
    let media = ordinary.media.as_ref();
    let media = media.map(|it| super::media(state, viewer, it));
    shown.media = media.or_else(preview);
    shown.reply_to = ordinary.reply.as_ref().map(shown_reply);
    shown.fwd_from = ordinary.forward.as_ref().map(shown_forward);
    shown.grouped_id = ordinary.grouped_id;
    shown.reactions = reactions(message, viewer, shown.post);
    shown.edit_date = message.edit_date.map(wire_seconds);
    if shown.post {
        shown.views = Some(1);
        shown.forwards = Some(0);
    }
    shown.into()
}

fn shown_service(
    state: &State,
    viewer: UserId,
    message: &Message,
    service: &Service,
) -> enums::Message {
    let ids = |users: &[UserId]| users.iter().map(|user| user.0).collect();
    let action: enums::MessageAction = match service {
        Service::GroupCreated { title, members } => types::MessageActionChatCreate {
            title: title.clone(),
            users: ids(members),
        }
        .into(),
        Service::ChannelCreated { title } => types::MessageActionChannelCreate {
            title: title.clone(),
        }
        .into(),
        Service::TitleChanged { title } => types::MessageActionChatEditTitle {
            title: title.clone(),
        }
        .into(),
        Service::MembersAdded { members } => types::MessageActionChatAddUser {
            users: ids(members),
        }
        .into(),
        Service::MemberLeft { member } => {
            types::MessageActionChatDeleteUser { user_id: member.0 }.into()
        }
        Service::MigratedTo { channel } => types::MessageActionChatMigrateTo {
            channel_id: channel.0,
        }
        .into(),
        Service::MigratedFrom { title, group } => types::MessageActionChannelMigrateFrom {
            title: title.clone(),
            chat_id: group.0,
        }
        .into(),
        Service::TopicCreated { title, icon_color } => types::MessageActionTopicCreate {
            title_missing: false,
            title: title.clone(),
            icon_color: *icon_color,
            icon_emoji_id: None,
        }
        .into(),
        Service::TopicEdited {
            topic: _,
            title,
            closed,
            hidden,
        } => types::MessageActionTopicEdit {
            title: title.clone(),
            icon_emoji_id: None,
            closed: *closed,
            hidden: *hidden,
        }
        .into(),
    };
    let mut shown = template::service_message(
        message.id,
        peer(message.peer),
        wire_seconds(message.date),
        action,
    );
    shown.out = message.author == viewer;
    shown.post = is_post(state, message);
    shown.from_id = shown_author(state, message);
    shown.reply_to = message.reply().as_ref().map(shown_reply);
    shown.into()
}

pub(super) fn is_post(state: &State, message: &Message) -> bool {
    match message.peer {
        Peer::Channel(id) => state.channels.get(&id).is_some_and(Channel::is_broadcast),
        Peer::User(_) | Peer::Group(_) => false,
    }
}

/// A post names no author, and in a private chat the chat itself tells.
fn shown_author(state: &State, message: &Message) -> Option<enums::Peer> {
    let told = matches!(message.peer, Peer::User(_)) || is_post(state, message);
    (!told).then(|| peer(Peer::User(message.author)))
}

fn shown_reply(reply: &Reply) -> enums::MessageReplyHeader {
    let mut header = template::reply_header();
    header.reply_to_msg_id = Some(reply.message);
    // What is posted in a topic names its first message as if it answered that.
    header.reply_to_top_id = reply.topic.filter(|topic| *topic != reply.message);
    header.forum_topic = reply.topic.is_some();
    header.quote = reply.quote.is_some();
    header.quote_text.clone_from(&reply.quote);
    header.quote_offset = reply.quote_offset;
    header.into()
}

fn shown_forward(forward: &Forward) -> enums::MessageFwdHeader {
    let mut header = template::forward_header(wire_seconds(forward.date));
    header.from_name.clone_from(&forward.name);
    header.from_id = forward.name.is_none().then(|| peer(forward.from));
    header.channel_post = forward.post;
    header.into()
}
