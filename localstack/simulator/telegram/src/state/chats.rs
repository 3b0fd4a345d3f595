//! Users, chats and who stands how in them.

use super::apply::{Applied, Notice};
use super::chat::{Channel, ChannelKind, Group, Role, Roster};
use super::command::{Actor, ChangeChat, ChatKind, CreateChat, CreateUser};
use super::ids::{ChannelId, GroupId, Peer, UserId};
use super::mailbox::Mailbox;
use super::message::{Content, Service};
use super::refusal::{CHAT_ADMIN_REQUIRED, PEER_ID_INVALID, Refusal};
use super::{State, User};

const FIRST_USER: i64 = 700_000_001;
const FIRST_GROUP: i64 = 4_000_001;
const FIRST_CHANNEL: i64 = 1_500_000_001;
const SLOW_MODES: [i64; 7] = [0, 10, 30, 60, 300, 900, 3600];

impl State {
    pub(super) fn create_user(&mut self, new: &CreateUser) -> Result<Applied, Refusal> {
        if new.phone.len() < 5 || !new.phone.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::bad("PHONE_NUMBER_INVALID"));
        }
        if self.user_by_phone(&new.phone).is_some() {
            return Err(Refusal::bad("PHONE_NUMBER_OCCUPIED"));
        }
        self.check_username(new.username.as_deref())?;
        if new.first_name.trim().is_empty() {
            return Err(Refusal::bad("FIRSTNAME_INVALID"));
        }
        let id = UserId(
            self.users
                .keys()
                .next_back()
                .map_or(FIRST_USER, |last| last.0 + 1),
        );
        let user = User {
            id,
            access_hash: new.access_hash,
            phone: new.phone.clone(),
            first_name: new.first_name.clone(),
            last_name: new.last_name.clone(),
            username: new.username.clone(),
            password: new.password.clone(),
            hides_forwards: new.hides_forwards,
            premium: new.premium,
            dc: new.dc,
            mailbox: Mailbox::default(),
            random_ids: std::collections::BTreeSet::new(),
            read: std::collections::BTreeMap::new(),
            references: 0,
        };
        self.users.insert(id, user);
        Ok(Applied {
            user: Some(id),
            ..Applied::default()
        })
    }

    pub(super) fn create_chat(&mut self, at: i64, new: &CreateChat) -> Result<Applied, Refusal> {
        check_title(&new.title)?;
        self.check_username(new.username.as_deref())?;
        let mut roster = Roster::default();
        for member in std::iter::once(&new.creator).chain(&new.members) {
            self.user(*member)?;
            let role = if *member == new.creator {
                Role::Creator
            } else {
                Role::Member
            };
            roster.set(*member, role, at / 1000, new.creator);
        }
        if new.forum && new.kind != ChatKind::Supergroup {
            return Err(Refusal::bad("CHANNEL_INVALID"));
        }
        let Some(kind) = new.kind.channel_kind() else {
            return self.create_group(at, new, roster);
        };
        let id = self.next_channel();
        let (title, date) = (new.title.clone(), at / 1000);
        let channel = Channel {
            username: new.username.clone(),
            protected: new.protected,
            ..Channel::new(id, new.access_hash, kind, title, date, roster)
        };
        let access = channel.roster.members();
        let mut notices: Vec<Notice> = access
            .map(|(user, _)| Notice::ChannelAccess { channel: id, user })
            .collect();
        self.channels.insert(id, channel);
        if new.forum {
            self.set_forum(at, id, true)?;
        }
        let created = Service::ChannelCreated {
            title: new.title.clone(),
        };
        notices.extend(self.note(at, Peer::Channel(id), new.creator, created)?);
        Ok(Applied {
            chat: Some(Peer::Channel(id)),
            notices,
            ..Applied::default()
        })
    }

    pub(super) fn next_channel(&self) -> ChannelId {
        let last = self.channels.keys().next_back();
        ChannelId(last.map_or(FIRST_CHANNEL, |last| last.0 + 1))
    }

    fn create_group(
        &mut self,
        at: i64,
        new: &CreateChat,
        roster: Roster,
    ) -> Result<Applied, Refusal> {
        if new.username.is_some() {
            return Err(Refusal::bad("USERNAME_INVALID"));
        }
        let id = GroupId(
            self.groups
                .keys()
                .next_back()
                .map_or(FIRST_GROUP, |last| last.0 + 1),
        );
        let members = roster.members().map(|(user, _)| user).collect();
        let group = Group {
            id,
            title: new.title.clone(),
            date: at / 1000,
            protected: new.protected,
            roster,
            version: 1,
            migrated_to: None,
            deleted: false,
            reactions: None,
        };
        self.groups.insert(id, group);
        let mut notices = vec![Notice::GroupMembers {
            group: id,
            gone: None,
        }];
        let created = Service::GroupCreated {
            title: new.title.clone(),
            members,
        };
        notices.extend(self.note(at, Peer::Group(id), new.creator, created)?);
        Ok(Applied {
            chat: Some(Peer::Group(id)),
            notices,
            ..Applied::default()
        })
    }

    pub(super) fn change_chat(&mut self, at: i64, change: &ChangeChat) -> Result<Applied, Refusal> {
        self.check_admin(change.chat, change.by)?;
        if let Some(title) = &change.title {
            check_title(title)?;
        }
        let slow = change.slow_mode_seconds;
        // The control API may set any pace; clients choose among the platform's.
        if slow.is_some_and(|s| s < 0 || (change.by != Actor::Control && !SLOW_MODES.contains(&s)))
        {
            return Err(Refusal::bad("SECONDS_INVALID"));
        }
        let mut notices = Vec::new();
        match change.chat {
            Peer::Channel(id) => {
                if let Some(forum) = change.forum {
                    self.set_forum(at, id, forum)?;
                }
                let channel = self.channels.get_mut(&id).ok_or(PEER_ID_INVALID)?;
                channel.slow_mode_seconds = slow.unwrap_or(channel.slow_mode_seconds);
                channel.protected = change.protected.unwrap_or(channel.protected);
                channel.reactions = change.reactions.clone().or(channel.reactions.take());
                channel.title = change
                    .title
                    .clone()
                    .unwrap_or_else(|| channel.title.clone());
                let members = channel.roster.members();
                notices
                    .extend(members.map(|(user, _)| Notice::ChannelAccess { channel: id, user }));
            }
            Peer::Group(_) if slow.is_some() || change.forum.is_some() => {
                return Err(PEER_ID_INVALID);
            }
            Peer::Group(id) => {
                let group = self.groups.get_mut(&id).ok_or(PEER_ID_INVALID)?;
                group.protected = change.protected.unwrap_or(group.protected);
                group.reactions = change.reactions.clone().or(group.reactions.take());
                group.title = change.title.clone().unwrap_or_else(|| group.title.clone());
                notices.push(Notice::GroupMembers {
                    group: id,
                    gone: None,
                });
            }
            Peer::User(_) => return Err(PEER_ID_INVALID),
        }
        if let (Some(title), Some(author)) =
            (&change.title, self.service_author(change.chat, change.by))
        {
            let changed = Service::TitleChanged {
                title: title.clone(),
            };
            notices.extend(self.note(at, change.chat, author, changed)?);
        }
        Ok(Applied::notices(notices))
    }

    pub(super) fn set_role(
        &mut self,
        at: i64,
        chat: Peer,
        user: UserId,
        role: Role,
        by: Actor,
    ) -> Result<Applied, Refusal> {
        self.user(user)?;
        let before = self.roster(chat)?.role(user);
        let joins = by == Actor::User(user);
        if joins {
            self.check_join(chat, role, before)?;
        } else {
            self.check_admin(chat, by)?;
        }
        if role == Role::Creator || before == Some(Role::Creator) {
            return Err(Refusal::bad("USER_CREATOR"));
        }
        if role == Role::Banned {
            return self.remove(at, chat, user, by, Some(Role::Banned));
        }
        let inviter = match by {
            Actor::User(inviter) => inviter,
            Actor::Control => user,
        };
        self.roster_mut(chat)?.set(user, role, at / 1000, inviter);
        let mut notices = roster_notices(chat, user, None)?;
        let new = before.is_none_or(|role| role == Role::Banned);
        if new && !self.is_broadcast(chat) {
            let added = Service::MembersAdded {
                members: vec![user],
            };
            notices.extend(self.note(at, chat, inviter, added)?);
        }
        Ok(Applied::notices(notices))
    }

    pub(super) fn remove_member(
        &mut self,
        at: i64,
        chat: Peer,
        user: UserId,
        by: Actor,
    ) -> Result<Applied, Refusal> {
        match self.roster(chat)?.role(user) {
            None => return Err(Refusal::bad("USER_NOT_PARTICIPANT")),
            Some(Role::Creator) => return Err(Refusal::bad("USER_CREATOR")),
            Some(_) => {}
        }
        if by != Actor::User(user) {
            self.check_admin(chat, by)?;
        }
        self.remove(at, chat, user, by, None)
    }

    /// Takes a member out, who then has another role or none.
    fn remove(
        &mut self,
        at: i64,
        chat: Peer,
        user: UserId,
        by: Actor,
        left_as: Option<Role>,
    ) -> Result<Applied, Refusal> {
        let was_member = self.roster(chat)?.has(user);
        let author = match by {
            Actor::User(author) => author,
            Actor::Control => user,
        };
        let mut notices = Vec::new();
        // Noted before the member goes, so that the member's own box has it too.
        if was_member && !self.is_broadcast(chat) {
            notices.extend(self.note(at, chat, author, Service::MemberLeft { member: user })?);
        }
        let roster = self.roster_mut(chat)?;
        roster.remove(user);
        if let Some(role) = left_as {
            roster.set(user, role, at / 1000, author);
        }
        notices.extend(roster_notices(chat, user, Some(user))?);
        Ok(Applied::notices(notices))
    }

    pub(crate) fn roster(&self, chat: Peer) -> Result<&Roster, Refusal> {
        match chat {
            Peer::User(_) => Err(PEER_ID_INVALID),
            Peer::Group(group) => self.group(group).map(|group| &group.roster),
            Peer::Channel(channel) => self.channel(channel).map(|channel| &channel.roster),
        }
    }

    fn roster_mut(&mut self, chat: Peer) -> Result<&mut Roster, Refusal> {
        match chat {
            Peer::User(_) => None,
            Peer::Group(group) => self.groups.get_mut(&group).map(|group| {
                group.version += 1;
                &mut group.roster
            }),
            Peer::Channel(id) => self
                .channels
                .get_mut(&id)
                .map(|channel| &mut channel.roster),
        }
        .ok_or(PEER_ID_INVALID)
    }

    fn check_join(&self, chat: Peer, role: Role, before: Option<Role>) -> Result<(), Refusal> {
        let Peer::Channel(id) = chat else {
            return Err(CHAT_ADMIN_REQUIRED);
        };
        let public = self.channel(id)?.username.is_some();
        match before {
            Some(Role::Banned) => Err(Refusal::bad("USER_BANNED_IN_CHANNEL")),
            Some(_) => Err(Refusal::bad("USER_ALREADY_PARTICIPANT")),
            None if public && role == Role::Member => Ok(()),
            None => Err(Refusal::bad("CHANNEL_PRIVATE")),
        }
    }

    fn check_admin(&self, chat: Peer, by: Actor) -> Result<(), Refusal> {
        let roster = self.roster(chat)?;
        match by {
            Actor::Control => Ok(()),
            Actor::User(user) if roster.role(user).is_some_and(Role::is_admin) => Ok(()),
            Actor::User(_) => Err(CHAT_ADMIN_REQUIRED),
        }
    }

    fn service_author(&self, chat: Peer, by: Actor) -> Option<UserId> {
        match by {
            Actor::User(user) => Some(user),
            Actor::Control => {
                let roster = self.roster(chat).ok()?;
                roster
                    .members()
                    .find(|(_, it)| it.role.is_admin())
                    .map(|(user, _)| user)
            }
        }
    }

    fn is_broadcast(&self, chat: Peer) -> bool {
        match chat {
            Peer::Channel(id) => self
                .channels
                .get(&id)
                .is_some_and(|it| it.kind == ChannelKind::Broadcast),
            Peer::User(_) | Peer::Group(_) => false,
        }
    }

    fn check_username(&self, name: Option<&str>) -> Result<(), Refusal> {
        let Some(name) = name else {
            return Ok(());
        };
        let word = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !word || !(4..=32).contains(&name.len()) {
            return Err(Refusal::bad("USERNAME_INVALID"));
        }
        if self.by_username(name).is_some() {
            return Err(Refusal::bad("USERNAME_OCCUPIED"));
        }
        Ok(())
    }

    pub(super) fn note(
        &mut self,
        at: i64,
        chat: Peer,
        author: UserId,
        service: Service,
    ) -> Result<Vec<Notice>, Refusal> {
        self.deliver(
            at,
            author,
            chat,
            super::messages::Envelope::service(service),
        )
        .map(|(_, notices)| notices)
    }
}

fn roster_notices(chat: Peer, user: UserId, gone: Option<UserId>) -> Result<Vec<Notice>, Refusal> {
    match chat {
        Peer::User(_) => Err(PEER_ID_INVALID),
        Peer::Group(group) => Ok(vec![Notice::GroupMembers { group, gone }]),
        Peer::Channel(channel) => Ok(vec![Notice::ChannelAccess { channel, user }]),
    }
}

fn check_title(title: &str) -> Result<(), Refusal> {
    if title.trim().is_empty() || title.chars().count() > 128 {
        return Err(Refusal::bad("CHAT_TITLE_EMPTY"));
    }
    Ok(())
}

impl From<Service> for Content {
    fn from(service: Service) -> Self {
        Self::Service(service)
    }
}
