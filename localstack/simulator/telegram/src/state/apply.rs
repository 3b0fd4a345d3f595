use super::command::{Command, Place};
use super::ids::{ChannelId, FileId, GroupId, KeyId, Peer, UserId};
use super::mailbox::Logged;
use super::refusal::Refusal;
use super::{Login, State};

/// What a command did, for the answer and for those who are told of it.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The user that was created.
    pub(crate) user: Option<UserId>,
    /// The chat that was created.
    pub(crate) chat: Option<Peer>,
    /// The file that was put in.
    pub(crate) file: Option<FileId>,
    /// The posted messages, as the sender numbers them.
    pub(crate) messages: Vec<i32>,
    pub(crate) notices: Vec<Notice>,
}

#[derive(Debug, Clone)]
pub(crate) enum Notice {
    /// An entry in the log of an account's box.
    Account { user: UserId, entry: Logged },
    /// An entry in the log of a channel, for all its members.
    Channel { channel: ChannelId, entry: Logged },
    /// Somebody reacted to a message of this box.
    Reactions { place: Place, id: i32 },
    /// An account's standing in a channel is another.
    ChannelAccess { channel: ChannelId, user: UserId },
    /// A basic group's roster is another; `gone` just left it.
    GroupMembers {
        group: GroupId,
        gone: Option<UserId>,
    },
    /// The QR code that this key shows was accepted.
    LoginToken { key: KeyId },
}

impl Applied {
    pub(crate) fn notices(notices: Vec<Notice>) -> Self {
        Self {
            notices,
            ..Self::default()
        }
    }
}

impl State {
    /// Carries out a command at a moment in Unix milliseconds.
    pub(crate) fn apply(&mut self, at: i64, command: &Command) -> Result<Applied, Refusal> {
        match command {
            Command::CreateUser(user) => self.create_user(user),
            Command::CreateChat(chat) => self.create_chat(at, chat),
            Command::ChangeChat(change) => self.change_chat(at, change),
            Command::SetRole {
                chat,
                user,
                role,
                by,
            } => self.set_role(at, *chat, *user, *role, *by),
            Command::RemoveMember { chat, user, by } => self.remove_member(at, *chat, *user, *by),
            Command::Migrate(migrate) => self.migrate(at, migrate),
            Command::DeleteChat { chat, by } => self.delete_chat(*chat, *by),
            Command::React(react) => self.react(at, react),
            Command::CreateTopic(topic) => self.create_topic(at, topic),
            Command::EditTopic(edit) => self.edit_topic(at, edit),
            Command::DeleteTopic(topic) => self.delete_topic(at, topic),
            Command::AddFile(file) => Ok(self.add_file(at, file)),
            Command::ExpireReferences(expiry) => self.expire_references(*expiry),
            Command::Post(post) => self.post(at, post),
            Command::Edit(edit) => self.edit(at, edit),
            Command::Delete(delete) => self.delete(at, delete),
            Command::Read { user, peer, up_to } => self.read(*user, *peer, *up_to),
            Command::AddKey { key, salt, dc } => self.add_key(&key.0, *salt, *dc),
            Command::DestroyKey { key } => {
                self.keys.remove(key);
                Ok(Applied::default())
            }
            Command::IssueCode {
                phone,
                hash,
                code,
                delivery,
            } => self.issue_code(at, phone, hash, code, *delivery),
            Command::ExpireCode { phone } => self.expire_code(phone),
            Command::WrongCode { phone } => self.wrong_code(phone),
            Command::AwaitPassword { key, user } => {
                let phone = self.user(*user)?.phone.clone();
                self.set_login(*key, Login::AwaitingPassword(*user))?;
                self.codes.remove(&phone);
                Ok(Applied::default())
            }
            Command::LogIn { key, user, device } => self.log_in(at, *key, *user, device),
            Command::LogOut { key } => self.set_login(*key, Login::None),
            Command::RevokeSessions { user, except } => self.revoke_sessions(*user, *except),
            Command::IssueLoginToken { key, token } => self.issue_login_token(at, *key, &token.0),
            Command::AcceptLoginToken { user, token } => {
                self.accept_login_token(at, *user, &token.0)
            }
        }
    }
}
