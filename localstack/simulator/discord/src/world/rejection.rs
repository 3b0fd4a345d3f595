use serde_json::{Value, json};

/// What is wrong with one field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The way to the field; positions in a list are decimal numbers.
    pub(crate) path: Vec<String>,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl FieldError {
    pub(crate) fn new(path: &[&str], code: &'static str, message: impl Into<String>) -> Self {
        let path = path.iter().map(|&step| step.to_owned()).collect();
        Self {
            path,
            code,
            message: message.into(),
        }
    }

    pub(crate) fn too_long(path: &[&str], most: usize) -> Self {
        Self::new(
            path,
            "BASE_TYPE_MAX_LENGTH",
            format!("Must be {most} or fewer in length."),
        )
    }

    pub(crate) fn bad_length(path: &[&str], least: usize, most: usize) -> Self {
        let message = format!("Must be between {least} and {most} in length.");
        Self::new(path, "BASE_TYPE_BAD_LENGTH", message)
    }

    pub(crate) fn required(path: &[&str]) -> Self {
        Self::new(path, "BASE_TYPE_REQUIRED", "This field is required")
    }
}

/// Why the platform refuses a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("Unknown Application")]
    UnknownApplication,
    #[error("Unknown Channel")]
    UnknownChannel,
    #[error("Unknown Guild")]
    UnknownGuild,
    #[error("Unknown Member")]
    UnknownMember,
    #[error("Unknown Message")]
    UnknownMessage,
    #[error("Unknown Role")]
    UnknownRole,
    #[error("Unknown User")]
    UnknownUser,
    #[error("Unknown Emoji")]
    UnknownEmoji,
    #[error("Unknown Webhook")]
    UnknownWebhook,
    #[error("Unknown Session")]
    UnknownSession,
    #[error("Unknown Authorization")]
    UnknownGrant,
    #[error("Maximum number of webhooks reached (15)")]
    TooManyWebhooks,
    #[error("Maximum number of attachments in a message reached ({0})")]
    TooManyAttachments(usize),
    #[error("Maximum number of reactions reached (20)")]
    TooManyReactions,
    #[error("This message has already been crossposted.")]
    AlreadyCrossposted,
    #[error("This action cannot be performed due to slowmode rate limit.")]
    SlowMode { left_ms: u64 },
    #[error("Cannot execute action on a system message")]
    SystemMessage,
    #[error("Invalid message type")]
    WrongMessageType,
    #[error("Invalid sticker sent")]
    InvalidSticker,
    #[error("You cannot send voice messages in this channel.")]
    NoVoiceMessagesHere,
    #[error("Missing Access")]
    MissingAccess,
    #[error("Cannot execute action on this channel type")]
    WrongChannelType,
    #[error("Cannot edit a message authored by another user")]
    NotTheAuthor,
    #[error("Cannot send an empty message")]
    EmptyMessage,
    #[error("Cannot send messages in a non-text channel")]
    NotATextChannel,
    #[error("Missing Permissions")]
    MissingPermissions,
    #[error("Cannot send messages to this user")]
    CannotMessageUser,
    #[error("Missing required OAuth2 scope")]
    MissingScope,
    #[error("A message provided was too old to bulk delete")]
    TooOldToBulkDelete,
    #[error(
        "Tried to perform an operation on an archived thread, such as editing a message or \
         adding a user to the thread"
    )]
    ThreadArchived,
    #[error("Voice messages do not support additional content.")]
    VoiceWithContent,
    #[error("Voice messages must have a single audio attachment.")]
    VoiceNeedsOneFile,
    #[error("Voice messages must have supporting metadata.")]
    VoiceWithoutMetadata,
    #[error("Voice messages cannot be edited.")]
    VoiceIsNotEdited,
    #[error("Invalid webhook token provided")]
    InvalidWebhookToken,
    #[error("Invalid Form Body")]
    Form(Vec<FieldError>),
    #[error("Cannot reply without permission to read message history")]
    ReplyNeedsHistory,
    #[error("You cannot forward a message whose content you cannot read.")]
    CannotForwardUnread,
    #[error("A thread has already been created for this message")]
    ThreadExists,
    #[error("Thread is locked")]
    ThreadLocked,
    #[error("Webhooks posted to forum channels must have a thread_name or thread_id")]
    ForumWebhookNeedsThread,
    #[error("Webhooks posted to forum channels cannot have both a thread_name and thread_id")]
    ThreadNamedTwice,
    #[error("Webhooks can only create threads in forum channels")]
    WebhookThreadOutsideForum,
}

impl Rejection {
    /// The platform's own code, listed under "JSON error codes".
    pub(crate) fn code(&self) -> u32 {
        match self {
            Self::UnknownSession | Self::UnknownGrant => 0,
            Self::UnknownApplication => 10_002,
            Self::UnknownChannel => 10_003,
            Self::UnknownGuild => 10_004,
            Self::UnknownMember => 10_007,
            Self::UnknownMessage => 10_008,
            Self::UnknownRole => 10_011,
            Self::UnknownUser => 10_013,
            Self::UnknownEmoji => 10_014,
            Self::UnknownWebhook => 10_015,
            Self::SlowMode { .. } => 20_016,
            Self::TooManyWebhooks => 30_007,
            Self::TooManyReactions => 30_010,
            Self::TooManyAttachments(_) => 30_015,
            Self::AlreadyCrossposted => 40_033,
            Self::SystemMessage => 50_021,
            Self::WrongMessageType => 50_068,
            Self::InvalidSticker => 50_081,
            Self::NoVoiceMessagesHere => 50_173,
            Self::MissingAccess => 50_001,
            Self::NotTheAuthor => 50_005,
            Self::EmptyMessage => 50_006,
            Self::CannotMessageUser => 50_007,
            Self::NotATextChannel => 50_008,
            Self::MissingPermissions => 50_013,
            Self::WrongChannelType => 50_024,
            Self::MissingScope => 50_026,
            Self::InvalidWebhookToken => 50_027,
            Self::TooOldToBulkDelete => 50_034,
            Self::Form(_) => 50_035,
            Self::ThreadArchived => 50_083,
            Self::VoiceWithContent => 50_159,
            Self::VoiceNeedsOneFile => 50_160,
            Self::VoiceWithoutMetadata => 50_161,
            Self::VoiceIsNotEdited => 50_162,
            Self::ReplyNeedsHistory => 160_002,
            Self::CannotForwardUnread => 160_014,
            Self::ThreadExists => 160_004,
            Self::ThreadLocked => 160_005,
            Self::ForumWebhookNeedsThread => 220_001,
            Self::ThreadNamedTwice => 220_002,
            Self::WebhookThreadOutsideForum => 220_003,
        }
    }

    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::UnknownApplication
            | Self::UnknownChannel
            | Self::UnknownGuild
            | Self::UnknownMember
            | Self::UnknownMessage
            | Self::UnknownRole
            | Self::UnknownUser
            | Self::UnknownEmoji
            | Self::UnknownWebhook
            | Self::UnknownSession
            | Self::UnknownGrant => 404,
            Self::InvalidWebhookToken => 401,
            Self::SlowMode { .. } => 429,
            Self::SystemMessage
            | Self::NoVoiceMessagesHere
            | Self::MissingAccess
            | Self::NotTheAuthor
            | Self::CannotMessageUser
            | Self::MissingScope
            | Self::MissingPermissions => 403,
            Self::TooManyWebhooks
            | Self::TooManyAttachments(_)
            | Self::TooManyReactions
            | Self::AlreadyCrossposted
            | Self::WrongMessageType
            | Self::InvalidSticker
            | Self::VoiceWithContent
            | Self::VoiceNeedsOneFile
            | Self::VoiceWithoutMetadata
            | Self::VoiceIsNotEdited
            | Self::WrongChannelType
            | Self::EmptyMessage
            | Self::NotATextChannel
            | Self::TooOldToBulkDelete
            | Self::Form(_)
            | Self::ThreadArchived
            | Self::ReplyNeedsHistory
            | Self::CannotForwardUnread
            | Self::ThreadExists
            | Self::ThreadLocked
            | Self::ForumWebhookNeedsThread
            | Self::ThreadNamedTwice
            | Self::WebhookThreadOutsideForum => 400,
        }
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = json!({ "message": self.to_string(), "code": self.code() });
        if let Self::Form(fields) = self {
            body["errors"] = nested(fields);
        }
        if let Self::SlowMode { left_ms } = self {
            body["retry_after"] = json!(millis_as_seconds(*left_ms));
        }
        body
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "slow mode lasts six hours at most"
)]
fn millis_as_seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

impl From<FieldError> for Rejection {
    fn from(error: FieldError) -> Self {
        Self::Form(vec![error])
    }
}

/// The errors as a tree that follows the shape of the request.
fn nested(fields: &[FieldError]) -> Value {
    let mut root = json!({});
    for field in fields {
        // A node is an object from the start, so indexing only ever adds to it.
        let node = field.path.iter().fold(&mut root, |node, step| {
            let child = &mut node[step];
            if child.is_null() {
                *child = json!({});
            }
            child
        });
        let found = json!({ "code": field.code, "message": field.message });
        if let Value::Array(errors) = &mut node["_errors"] {
            errors.push(found);
        } else {
            node["_errors"] = json!([found]);
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_form_follow_the_shape_of_the_request() {
        let rejection = Rejection::Form(vec![
            FieldError::too_long(&["content"], 2000),
            FieldError::required(&["embeds", "0", "title"]),
        ]);
        let expected = json!({
            "message": "Invalid Form Body",
            "code": 50035,
            "errors": {
                "content": { "_errors": [
                    { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." },
                ] },
                "embeds": { "0": { "title": { "_errors": [
                    { "code": "BASE_TYPE_REQUIRED", "message": "This field is required" },
                ] } } },
            },
        });
        assert_eq!(rejection.body(), expected);
    }
}
