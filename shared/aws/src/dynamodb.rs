//! The stores, in one table. `docs/data-model.md` lists what is read and written, and its cost.

mod accounts;
mod api_keys;
mod backfills;
mod backlogs;
mod bot_links;
mod chats;
mod deliveries;
mod discord_links;
mod doubles;
mod guild_links;
mod idempotency;
mod item;
mod kept_tasks;
pub(crate) mod key;
mod leases;
mod logins;
mod pairs;
mod positions;
mod proofs;
mod quotas;
mod rollups;
mod sessions;
mod stored_guild;
mod table;
mod throttles;
mod transaction;
mod users;
mod vault;

pub(crate) use idempotency::IdempotencyStore;
pub(crate) use kept_tasks::KeptTaskStore;
pub(crate) use positions::PositionStore;
pub(crate) use table::Table;
pub(crate) use vault::VaultStore;
