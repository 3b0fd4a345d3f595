use std::borrow::Cow;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// An event that the gateway dispatched, its payload unread.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) sequence: u64,
    pub(super) kind: Kind,
    /// The whole event, or nothing if the kind alone matters.
    json: String,
}

/// The kinds of events that mean something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ready,
    Resumed,
    MessageCreate,
    MessageUpdate,
    MessageDelete,
    MessageDeleteBulk,
    Reaction,
    GuildCreate,
    GuildUpdate,
    GuildDelete,
    ChannelPut,
    ChannelDelete,
    ThreadPut,
    ThreadDelete,
    ThreadList,
    RolePut,
    RoleDelete,
    MemberUpdate,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "READY" => Self::Ready,
            "RESUMED" => Self::Resumed,
            "MESSAGE_CREATE" => Self::MessageCreate,
            "MESSAGE_UPDATE" => Self::MessageUpdate,
            "MESSAGE_DELETE" => Self::MessageDelete,
            "MESSAGE_DELETE_BULK" => Self::MessageDeleteBulk,
            "MESSAGE_REACTION_ADD"
            | "MESSAGE_REACTION_REMOVE"
            | "MESSAGE_REACTION_REMOVE_ALL"
            | "MESSAGE_REACTION_REMOVE_EMOJI" => Self::Reaction,
            "GUILD_CREATE" => Self::GuildCreate,
            "GUILD_UPDATE" => Self::GuildUpdate,
            "GUILD_DELETE" => Self::GuildDelete,
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" => Self::ChannelPut,
            "CHANNEL_DELETE" => Self::ChannelDelete,
            "THREAD_CREATE" | "THREAD_UPDATE" => Self::ThreadPut,
            "THREAD_DELETE" => Self::ThreadDelete,
            "THREAD_LIST_SYNC" => Self::ThreadList,
            "GUILD_ROLE_CREATE" | "GUILD_ROLE_UPDATE" => Self::RolePut,
            "GUILD_ROLE_DELETE" => Self::RoleDelete,
            "GUILD_MEMBER_UPDATE" => Self::MemberUpdate,
            _ => Self::Other,
        }
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    op: u8,
    #[serde(default)]
    s: Option<u64>,
    #[serde(default, borrow)]
    t: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Body<T> {
    d: T,
}

const DISPATCH: u8 = 0;

impl Frame {
    /// Nothing if it isn't a dispatched event.
    pub(super) fn read(json: String) -> Result<Option<Self>, serde_json::Error> {
        let head: Head<'_> = serde_json::from_str(&json)?;
        let (DISPATCH, Some(sequence), Some(name)) = (head.op, head.s, head.t) else {
            return Ok(None);
        };
        let kind = Kind::of(&name);
        drop(name);
        let is_told_by_kind = matches!(kind, Kind::Resumed | Kind::Other);
        let json = if is_told_by_kind { String::new() } else { json };
        Ok(Some(Self {
            sequence,
            kind,
            json,
        }))
    }

    /// The payload.
    pub(super) fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str::<Body<T>>(&self.json).map(|body| body.d)
    }
}
