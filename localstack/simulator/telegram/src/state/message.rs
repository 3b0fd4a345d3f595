use serde::{Deserialize, Serialize};

use super::ids::{ChannelId, GroupId, Peer, SharedId, UserId};
use super::media::Media;
use super::reactions::Reactions;
use super::text::Entity;
use super::topics::GENERAL;

/// One message as one box holds it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: i32,
    pub(crate) shared: SharedId,
    /// The chat as the owner of the box sees it.
    pub(crate) peer: Peer,
    /// Who wrote it; a channel's post hides its author from everybody else.
    pub(crate) author: UserId,
    /// Unix seconds, as clients are told.
    pub(crate) date: i64,
    /// The same moment to the millisecond, for whoever measures.
    pub(crate) at_ms: i64,
    pub(crate) edit_date: Option<i64>,
    pub(crate) silent: bool,
    /// The author's own number for it, if a client sent it.
    pub(crate) random_id: Option<i64>,
    pub(crate) content: Content,
    pub(crate) reactions: Reactions,
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    Ordinary(Box<Ordinary>),
    Service(Service),
}

/// What a person wrote.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ordinary {
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
    pub(crate) media: Option<Media>,
    pub(crate) reply: Option<Reply>,
    pub(crate) forward: Option<Forward>,
    /// Shared by the messages of one album.
    pub(crate) grouped_id: Option<i64>,
    /// The address that a preview is shown of.
    pub(crate) preview: Option<String>,
}

/// What the platform notes in a chat by itself.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    GroupCreated {
        title: String,
        members: Vec<UserId>,
    },
    ChannelCreated {
        title: String,
    },
    TitleChanged {
        title: String,
    },
    MembersAdded {
        members: Vec<UserId>,
    },
    MemberLeft {
        member: UserId,
    },
    MigratedTo {
        channel: ChannelId,
    },
    MigratedFrom {
        title: String,
        group: GroupId,
    },
    TopicCreated {
        title: String,
        icon_color: i32,
    },
    TopicEdited {
        topic: i32,
        title: Option<String>,
        closed: Option<bool>,
        hidden: Option<bool>,
    },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// In the box that the message lies in.
    pub(crate) message: i32,
    /// The first message of the topic or thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quote: Option<String>,
    /// Where in the answered text it is, in UTF-16 units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) quote_offset: Option<i32>,
}

impl Reply {
    /// Answers nothing, but lies in a topic.
    pub(crate) fn in_topic(topic: i32) -> Self {
        Self {
            message: topic,
            topic: Some(topic),
            ..Self::default()
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Forward {
    pub(crate) from: Peer,
    /// The post's number, when it came from a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) post: Option<i32>,
    /// Told instead of the source, when a person doesn't want to be linked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) date: i64,
}

impl Message {
    /// What it answers, and in which topic it is.
    pub(crate) fn reply(&self) -> Option<Reply> {
        match &self.content {
            Content::Ordinary(ordinary) => ordinary.reply.clone(),
            Content::Service(Service::TopicEdited { topic, .. }) => {
                Some(Reply::in_topic(*topic)).filter(|_| *topic != GENERAL)
            }
            Content::Service(
                Service::GroupCreated { .. }
                | Service::ChannelCreated { .. }
                | Service::TitleChanged { .. }
                | Service::MembersAdded { .. }
                | Service::MemberLeft { .. }
                | Service::MigratedTo { .. }
                | Service::MigratedFrom { .. }
                | Service::TopicCreated { .. },
            ) => None,
        }
    }

    pub(crate) fn ordinary(&self) -> Option<&Ordinary> {
        match &self.content {
            Content::Ordinary(ordinary) => Some(ordinary),
            Content::Service(_) => None,
        }
    }
}
