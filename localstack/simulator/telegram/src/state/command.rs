use serde::{Deserialize, Serialize};

use super::chat::{ChannelKind, Role};
use super::dc::Dc;
use super::endings::Migrate;
use super::file::NewFile;
use super::files::Expiry;
use super::ids::{ChannelId, KeyId, Peer, UserId};
use super::login::{Delivery, Device, Password};
use super::media::Media;
use super::message::{Forward, Reply};
use super::reactions::React;
use super::text::Entity;

/// Everything that changes the state. Random values are part of the command, so that
/// replaying draws none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Command {
    CreateUser(CreateUser),
    CreateChat(CreateChat),
    ChangeChat(ChangeChat),
    SetRole {
        chat: Peer,
        user: UserId,
        role: Role,
        by: Actor,
    },
    RemoveMember {
        chat: Peer,
        user: UserId,
        by: Actor,
    },
    Migrate(Migrate),
    DeleteChat {
        chat: Peer,
        by: Actor,
    },
    React(React),
    CreateTopic(CreateTopic),
    EditTopic(EditTopic),
    DeleteTopic(DeleteTopic),
    AddFile(NewFile),
    ExpireReferences(Expiry),
    Post(Post),
    Edit(Edit),
    Delete(Delete),
    Read {
        user: UserId,
        peer: Peer,
        up_to: i32,
    },
    AddKey {
        key: HexBytes,
        salt: i64,
        #[serde(default)]
        dc: Dc,
    },
    DestroyKey {
        key: KeyId,
    },
    IssueCode {
        phone: String,
        hash: String,
        code: String,
        delivery: Delivery,
    },
    ExpireCode {
        phone: String,
    },
    WrongCode {
        phone: String,
    },
    AwaitPassword {
        key: KeyId,
        user: UserId,
    },
    LogIn {
        key: KeyId,
        user: UserId,
        device: Device,
    },
    LogOut {
        key: KeyId,
    },
    RevokeSessions {
        user: UserId,
        except: Option<KeyId>,
    },
    IssueLoginToken {
        key: KeyId,
        token: HexBytes,
    },
    AcceptLoginToken {
        user: UserId,
        token: HexBytes,
    },
}

/// On whose behalf a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Actor {
    /// A client: the platform's rights apply.
    User(UserId),
    /// The control API, which stands above the chat's rights.
    Control,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateUser {
    pub(crate) phone: String,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Password>,
    #[serde(default)]
    pub(crate) hides_forwards: bool,
    #[serde(default)]
    pub(crate) premium: bool,
    #[serde(default)]
    pub(crate) dc: Dc,
    pub(crate) access_hash: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateChat {
    pub(crate) kind: ChatKind,
    pub(crate) title: String,
    pub(crate) username: Option<String>,
    pub(crate) creator: UserId,
    pub(crate) members: Vec<UserId>,
    pub(crate) protected: bool,
    #[serde(default)]
    pub(crate) forum: bool,
    pub(crate) access_hash: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatKind {
    Channel,
    Supergroup,
    Group,
}

impl ChatKind {
    pub(crate) fn channel_kind(self) -> Option<ChannelKind> {
        match self {
            Self::Channel => Some(ChannelKind::Broadcast),
            Self::Supergroup => Some(ChannelKind::Supergroup),
            Self::Group => None,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChangeChat {
    pub(crate) chat: Peer,
    pub(crate) by: Actor,
    pub(crate) title: Option<String>,
    pub(crate) protected: Option<bool>,
    pub(crate) slow_mode_seconds: Option<i64>,
    #[serde(default)]
    pub(crate) forum: Option<bool>,
    /// The reactions that the chat takes from now on.
    #[serde(default)]
    pub(crate) reactions: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CreateTopic {
    pub(crate) chat: Peer,
    pub(crate) by: Actor,
    pub(crate) title: String,
    /// 0xRRGGBB.
    pub(crate) icon_color: i32,
    pub(crate) random_id: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EditTopic {
    pub(crate) chat: Peer,
    pub(crate) by: Actor,
    pub(crate) topic: i32,
    pub(crate) title: Option<String>,
    pub(crate) closed: Option<bool>,
    pub(crate) hidden: Option<bool>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DeleteTopic {
    pub(crate) chat: Peer,
    pub(crate) by: Actor,
    pub(crate) topic: i32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub(crate) from: UserId,
    /// The chat as the sender sees it.
    pub(crate) to: Peer,
    pub(crate) silent: bool,
    /// Posted one after the other, and all or none.
    pub(crate) drafts: Vec<Draft>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Draft {
    /// Absent on what the control API posts, which no slow mode holds back.
    pub(crate) random_id: Option<i64>,
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
    pub(crate) media: Option<Media>,
    pub(crate) reply: Option<Reply>,
    pub(crate) forward: Option<Forward>,
    pub(crate) grouped_id: Option<i64>,
    /// No preview of a link in the text.
    #[serde(default)]
    pub(crate) no_webpage: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Edit {
    pub(crate) by: Actor,
    pub(crate) place: Place,
    pub(crate) id: i32,
    pub(crate) text: String,
    pub(crate) entities: Vec<Entity>,
    /// What takes the place of the media that is there.
    #[serde(default)]
    pub(crate) media: Option<Media>,
    #[serde(default)]
    pub(crate) no_webpage: bool,
    /// For how many seconds an author may edit; a channel's posts stay editable.
    #[serde(default = "two_days")]
    pub(crate) window: i64,
}

fn two_days() -> i64 {
    48 * 3600
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delete {
    pub(crate) by: Actor,
    pub(crate) place: Place,
    pub(crate) ids: Vec<i32>,
    pub(crate) scope: DeleteScope,
}

/// The box that message ids are meant in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// An account's own box: private chats and basic groups.
    Account(UserId),
    Channel(ChannelId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeleteScope {
    /// Only from the box it was asked for; a channel has no such thing.
    OwnCopy,
    Everybody,
}

/// Bytes that a journal's reader sees as hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HexBytes(pub(crate) Vec<u8>);

impl Serialize for HexBytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::hex::decode(&text)
            .map(HexBytes)
            .ok_or_else(|| serde::de::Error::custom("not hexadecimal"))
    }
}
