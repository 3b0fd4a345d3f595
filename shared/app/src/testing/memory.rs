mod api_keys;
mod backfills;
mod backlogs;
mod bot_links;
mod chats;
mod deliveries;
mod discord_links;
mod doubles;
mod fifo;
mod guild_links;
mod idempotency;
mod kept_tasks;
mod leases;
mod mail;
mod pairs;
mod positions;
mod proofs;
mod queues;
mod quotas;
mod rollups;
mod sessions;
mod throttles;
mod users;
mod vault;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{CountingIds, FakeDiscord, ManualClock};
use crate::ports::{Message, Ports};
use queues::Queues;

/// Everything outside, in memory. Clones share what is in it.
#[derive(Clone)]
pub struct Memory {
    store: Arc<Store>,
    queues: Arc<Queues>,
    clock: ManualClock,
    ids: CountingIds,
    discord: FakeDiscord,
}

impl Memory {
    pub fn new() -> Self {
        Self::with_clock(ManualClock::default())
    }

    /// The ports with this clock: visibility timeouts run by it too.
    pub fn with_clock(clock: ManualClock) -> Self {
        Self {
            store: Arc::new(Store {
                clock: clock.clone(),
                tables: Mutex::default(),
            }),
            queues: Arc::new(Queues::new(clock.clone())),
            clock,
            ids: CountingIds::default(),
            discord: FakeDiscord::default(),
        }
    }

    pub fn clock(&self) -> &ManualClock {
        &self.clock
    }

    pub fn discord(&self) -> &FakeDiscord {
        &self.discord
    }

    /// The mails that were sent since this was asked last.
    pub fn letters(&self) -> Vec<Message> {
        std::mem::take(&mut self.store.tables().letters)
    }

    pub fn ids(&self) -> &CountingIds {
        &self.ids
    }

    pub fn ports(&self) -> Ports {
        Ports {
            users: self.store.clone(),
            sessions: self.store.clone(),
            proofs: self.store.clone(),
            throttles: self.store.clone(),
            mail: self.store.clone(),
            accounts: self.store.clone(),
            logins: self.store.clone(),
            bot_links: self.store.clone(),
            guild_links: self.store.clone(),
            discord_links: self.store.clone(),
            discord_oauth: Arc::new(self.discord.clone()),
            api_keys: self.store.clone(),
            quotas: self.store.clone(),
            chats: self.store.clone(),
            pairs: self.store.clone(),
            deliveries: self.store.clone(),
            kept_tasks: self.store.clone(),
            doubles: self.store.clone(),
            rollups: self.store.clone(),
            positions: self.store.clone(),
            leases: self.store.clone(),
            vault: self.store.clone(),
            idempotency: self.store.clone(),
            tasks: self.queues.clone(),
            backfills: self.store.clone(),
            backlogs: self.store.clone(),
            controls: self.queues.clone(),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(self.ids.clone()),
        }
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

struct Store {
    clock: ManualClock,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    users: users::UserTable,
    sessions: sessions::SessionTable,
    proofs: proofs::ProofTable,
    tries: throttles::TryTable,
    letters: Vec<Message>,
    accounts: users::AccountTable,
    default_accounts: users::DefaultAccountTable,
    logins: users::LoginTable,
    bot_links: bot_links::BotLinkTable,
    bot_link_requests: bot_links::BotLinkRequestTable,
    guild_links: guild_links::GuildLinkTable,
    discord_authorizations: discord_links::AuthorizationTable,
    discord_links: discord_links::DiscordLinkTable,
    managed_guilds: discord_links::ManagedTable,
    guild_link_requests: guild_links::GuildLinkRequestTable,
    api_keys: api_keys::ApiKeyTable,
    requests: quotas::RequestTable,
    telegram_chats: chats::TelegramChatTable,
    telegram_topics: chats::TelegramTopicTable,
    guilds: chats::GuildTable,
    threads: chats::ThreadTable,
    pairs: pairs::PairTable,
    gone_pairs: pairs::GonePairTable,
    deliveries: deliveries::DeliveryTable,
    kept_tasks: kept_tasks::KeptTaskTable,
    doubles: doubles::DoubleTable,
    rollups: rollups::RollupTable,
    backfills: backfills::BackfillTable,
    backlogs: backlogs::BacklogTable,
    telegram_positions: positions::TelegramPositionTable,
    discord_positions: positions::DiscordPositionTable,
    leases: leases::LeaseTable,
    connectors: leases::ConnectorTable,
    secrets: vault::SecretTable,
    idempotency: idempotency::IdempotencyTable,
}

impl Store {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
