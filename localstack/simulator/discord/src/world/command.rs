use serde::{Deserialize, Serialize};

use super::{
    AddBot, AddReaction, AttachSession, ChangeSettings, ClearReactions, CreateApplication,
    CreateChannel, CreateEmoji, CreateGuild, CreateMessage, CreateRole, CreateSticker, CreateUser,
    CreateWebhook, Crosspost, DeleteChannel, DeleteMessage, DeleteMessages, DeleteWebhook,
    DetachSession, EditApplication, EditChannel, EditMessage, EditRole, EditWebhook, EndSession,
    ExpireLinks, GrantAccess, Identify, IssueTokens, JoinThread, LeaveThread, OpenDirectChannel,
    PreviewLinks, Rejection, RemoveBot, RemoveReaction, RequestMembers, Restart, RevokeGrants,
    SetMember, SetOverwrite, StartThread, StartTyping, World,
};

/// Something that alters the world. A rejected change alters nothing.
pub(crate) trait Change: Clone + Into<Command> {
    type Output;

    fn apply(self, world: &mut World) -> Result<Self::Output, Rejection>;
}

macro_rules! commands {
    ($($name:ident),* $(,)?) => {
        /// Every change there is, in the form in which the journal keeps it.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Command {
            $($name($name)),*
        }

        $(impl From<$name> for Command {
            fn from(change: $name) -> Self {
                Self::$name(change)
            }
        })*

        impl Command {
            /// Applies a change again; one that was rejected is rejected again.
            pub(crate) fn replay(self, world: &mut World) -> Result<(), Rejection> {
                match self {
                    $(Self::$name(change) => change.apply(world).map(drop)),*
                }
            }
        }
    };
}

commands! {
    AddBot, AddReaction, ClearReactions, CreateEmoji, CreateSticker, Crosspost, PreviewLinks, RemoveReaction, AttachSession, ChangeSettings, CreateApplication, CreateChannel, CreateGuild,
    CreateMessage, CreateRole, CreateUser, CreateWebhook, DeleteChannel, DeleteMessage,
    DeleteMessages, DeleteWebhook, DetachSession, EditApplication, EditChannel, EditMessage, EditRole,
    EditWebhook, EndSession, ExpireLinks, GrantAccess, Identify, IssueTokens, JoinThread,
    LeaveThread, OpenDirectChannel, RemoveBot,
    RequestMembers, Restart, RevokeGrants, SetMember, SetOverwrite, StartThread,
    StartTyping,
}
