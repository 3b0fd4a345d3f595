use patchbay_domain::account::{Account, AccountState};
use patchbay_domain::content::{Author, Content};
use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, MessageId, PairId, PartitionId, TelegramChatId,
    TelegramUserId, UserId,
};
use patchbay_domain::user::{Profile, Role, User};
use patchbay_domain::{
    Change, Endpoint, ForwardTask, Manner, Pair, PairState, Plan, Post, Recovery, Text,
};

use super::Subject;
use crate::ports::{PortError, PortResult};

impl Subject {
    pub(super) fn owner(&self) -> UserId {
        UserId::from_bits(self.id())
    }

    /// Somebody new, who is not stored yet.
    pub fn user(&self) -> PortResult<User> {
        let id = self.owner();
        let email = format!("{id}@example.com").parse();
        let email = email.map_err(|error| PortError::Corrupt {
            operation: "making a user",
            what: format!("{error}"),
        })?;
        let (partition, created_at) = (PartitionId(3), self.now());
        let password_hash = "$argon2id$v=19$".to_owned().into();
        Ok(User {
            id,
            email,
            password_hash,
            partition,
            role: Role::default(),
            plan: Plan::default(),
            profile: Profile::default(),
            created_at,
            leaving_since: None,
        })
    }

    pub(super) fn account(&self, owner: UserId, telegram_user: i64) -> Account {
        Account {
            id: AccountId::from_bits(self.id()),
            owner,
            partition: PartitionId(3),
            telegram_user: TelegramUserId(telegram_user),
            name: "Ann".to_owned(),
            username: None,
            label: None,
            state: AccountState::Connecting,
            linked_at: self.now(),
            chats_read_at: None,
        }
    }

    pub(super) fn telegram_user(&self) -> i64 {
        self.number().cast_signed()
    }

    pub fn pair(&self, owner: UserId, partition: PartitionId) -> Pair {
        Pair {
            id: PairId::from_bits(self.id()),
            owner,
            partition,
            source: self.on_telegram(),
            destination: self.on_discord(),
            state: PairState::Active,
            created_at: self.now(),
            version: 1,
            options: patchbay_domain::pair::Options::default(),
            health: patchbay_domain::pair::Health::default(),
        }
    }

    pub(super) fn on_telegram(&self) -> Endpoint {
        Endpoint::Telegram {
            account: AccountId::from_bits(self.id()),
            chat: TelegramChatId(-1_001_234),
            topic: None,
        }
    }

    pub(super) fn on_discord(&self) -> Endpoint {
        Endpoint::Discord {
            guild: DiscordGuildId(self.number()),
            channel: DiscordChannelId(5),
            thread: None,
        }
    }

    /// A task to forward a message of some Telegram group.
    pub fn task(&self, pair: PairId, partition: PartitionId, message: u64) -> ForwardTask {
        let author = Author {
            id: "7".to_owned(),
            name: "Ann".to_owned(),
        };
        let content = Content {
            text: Text::plain(format!("{message} ✓")),
            ..Content::default()
        };
        let post = Post::new(author, content);
        ForwardTask {
            owner: UserId::from_bits(9),
            pair,
            partition,
            chat: patchbay_domain::ChatId::Telegram(TelegramChatId(-1_001_234)),
            message: MessageId(message),
            source: Endpoint::Telegram {
                account: patchbay_domain::ids::AccountId::from_bits(1),
                chat: TelegramChatId(-1_001_234),
                topic: None,
            },
            destination: Endpoint::Discord {
                guild: DiscordGuildId(1),
                channel: DiscordChannelId(5),
                thread: None,
            },
            manner: Manner::Copied,
            persona: None,
            duplicates: patchbay_domain::pair::options::Duplicates::Forward,
            change: Change::Posted { post },
            recovery: Recovery::Live,
            source_at: self.now(),
            received_at: self.now(),
            due_at: self.now(),
            retry: None,
        }
    }

    /// A task of a pair of its own, for checks that need no queue.
    pub(super) fn lone_task(&self) -> ForwardTask {
        self.task(PairId::from_bits(self.id()), PartitionId(0), 7)
    }
}
