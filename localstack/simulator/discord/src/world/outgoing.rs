use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AllowedMentions, File, KeptAttachment, NewPoll, Nonce, ReferenceKind};
use crate::ids::{ChannelId, MessageId, StickerId};

/// A message as its sender asks for it; lengths and types have been checked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Draft {
    pub(crate) content: String,
    pub(crate) embeds: Vec<Value>,
    pub(crate) components: Vec<Value>,
    pub(crate) attachments: Vec<File>,
    pub(crate) stickers: Vec<StickerId>,
    pub(crate) poll: Option<NewPoll>,
    /// The number of the type, of a message that the platform writes itself.
    pub(crate) system: Option<u8>,
    pub(crate) flags: u64,
    pub(crate) tts: bool,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) enforce_nonce: bool,
    pub(crate) reference: Option<ReferenceRequest>,
    pub(crate) allowed_mentions: AllowedMentions,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ReferenceRequest {
    pub(crate) kind: ReferenceKind,
    /// Absent in a reply, which stays in its channel.
    pub(crate) channel: Option<ChannelId>,
    pub(crate) message: MessageId,
    pub(crate) fail_if_not_exists: bool,
}

/// What to change about a message; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Revision {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Value>>,
    pub(crate) components: Option<Vec<Value>>,
    pub(crate) flags: Option<u64>,
    /// The files to keep; all of them if there is no such list.
    pub(crate) attachments: Option<Vec<KeptAttachment>>,
    pub(crate) new_files: Vec<File>,
    /// Where each new file stands among all; those of which that is not said come last.
    pub(crate) new_places: Vec<usize>,
    pub(crate) allowed_mentions: AllowedMentions,
}

impl Revision {
    /// Whether this only hides or shows embeds, which moderators may do to anybody's message.
    pub(crate) fn only_flags(&self) -> bool {
        self.content.is_none()
            && self.embeds.is_none()
            && self.components.is_none()
            && self.attachments.is_none()
            && self.new_files.is_empty()
    }
}
