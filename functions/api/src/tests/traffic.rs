//! Messages of a tenant that have been delivered, or not.

use std::time::Duration;

use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, MessageId, PairId, TelegramChatId,
};
use patchbay_domain::{
    Author, Change, Content, Delivery, DeliveryState, Endpoint, FailReason, Fence, ForwardTask,
    Manner, Pair, PairState, Post, Recovery, SkipReason, Text, Timestamp,
};

use super::world::{Tenant, World};

/// How long everything takes, from when it is received.
pub(super) const TAKES: Duration = Duration::from_millis(100);

pub(super) struct Traffic<'a> {
    pub(super) world: &'a World,
    pub(super) pair: Pair,
}

impl<'a> Traffic<'a> {
    /// A pair from Telegram to Discord.
    pub(super) async fn of(world: &'a World, tenant: &Tenant, account: AccountId) -> Self {
        let pair = Pair {
            id: PairId::from_bits(world.ports.ids.next()),
            owner: tenant.user.id,
            partition: tenant.user.partition,
            source: Endpoint::Telegram {
                account,
                chat: TelegramChatId(1),
                topic: None,
            },
            destination: Endpoint::Discord {
                guild: DiscordGuildId(7),
                channel: DiscordChannelId(11),
                thread: None,
            },
            state: PairState::Active,
            created_at: world.ports.clock.now(),
            version: 1,
            options: patchbay_domain::pair::Options::default(),
            health: patchbay_domain::pair::Health::default(),
        };
        let version = world.ports.pairs.of_user(pair.owner).await.unwrap().version;
        assert!(world.ports.pairs.create(&pair, version).await.unwrap());
        Self { world, pair }
    }

    pub(super) fn task(&self, message: u64) -> ForwardTask {
        let now = self.now();
        let author = Author {
            id: "7".to_owned(),
            name: "Ann".to_owned(),
        };
        let content = Content {
            text: Text::plain("ten bytes!"),
            ..Content::default()
        };
        let post = Post::new(author, content);
        ForwardTask {
            owner: self.pair.owner,
            pair: self.pair.id,
            partition: self.pair.partition,
            chat: self.pair.source.chat(),
            message: MessageId(message),
            source: self.pair.source,
            destination: self.pair.destination,
            manner: Manner::Copied,
            persona: None,
            duplicates: patchbay_domain::pair::options::Duplicates::Forward,
            change: Change::Posted { post },
            recovery: Recovery::Live,
            source_at: now,
            received_at: now,
            due_at: now,
            retry: None,
        }
    }

    /// Has the message delivered, as the connector does.
    pub(super) async fn delivered(&self, message: u64) {
        let parts = vec![MessageId(1000 + message)];
        self.finish(message, DeliveryState::delivered(parts)).await;
    }

    /// Has the message fail; it can be retried.
    pub(super) async fn failed(&self, message: u64) {
        let until = self.now().plus(Duration::from_hours(14 * 24));
        let task = self.task(message);
        self.world.ports.kept_tasks.put(&task, until).await.unwrap();
        let state = DeliveryState::Failed {
            reason: FailReason::NotAllowed,
            parts: vec![],
        };
        self.finish(message, state).await;
    }

    pub(super) async fn skipped(&self, message: u64) {
        let state = DeliveryState::Skipped {
            reason: SkipReason::Empty,
        };
        let skipped = Delivery::of(&self.task(message), state, self.now());
        let deliveries = &self.world.ports.deliveries;
        deliveries.record(&[skipped]).await.unwrap();
    }

    async fn finish(&self, message: u64, state: DeliveryState) {
        let (task, now) = (self.task(message), self.now());
        let deliveries = &self.world.ports.deliveries;
        deliveries.claim(&task, Fence(1), now).await.unwrap();
        let later = now.plus(TAKES);
        deliveries.finish(&task, &state, later).await.unwrap();
    }

    pub(super) fn path(&self) -> String {
        format!("/v1/pairs/{}/messages", self.pair.id)
    }

    fn now(&self) -> Timestamp {
        self.world.ports.clock.now()
    }
}
