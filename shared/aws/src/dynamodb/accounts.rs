use async_trait::async_trait;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use patchbay_app::ports::{Accounts, Linked, PortError, PortResult};
use patchbay_domain::Timestamp;
use patchbay_domain::account::{Account, AccountLabel, AccountState};
use patchbay_domain::ids::{AccountId, PartitionId, TelegramUserId, UserId};

use super::item::{
    Item, item, key_attributes, number, number_of, read, string, text_of, to_attribute,
};
use super::key::{self, GSI1, PK, SK};
use super::pairs::{Leaving, raise_version};
use super::table::{Table, update_if};
use super::transaction::{delete_existing, delete_same, incomplete, put_new};
use crate::error::{Refusal, corrupt, unavailable};

const READ: &str = "reading accounts";
const ACCOUNT: &str = "account";
const VERSION: &str = "version";
const DEFAULT: &str = "default";

/// How often a change of a user's set is tried again that met another one.
const ROUNDS: usize = 32;

fn read_all(items: Vec<Item>) -> PortResult<Vec<Account>> {
    items.into_iter().map(|item| read(READ, item)).collect()
}

/// A user's accounts, and which of them is the default one. Whoever changes the set does so from
/// the version that it had when it was read.
struct AccountSet {
    version: u64,
    default: Option<AccountId>,
    accounts: Vec<Account>,
}

impl AccountSet {
    fn of(items: Vec<Item>, owner: UserId) -> PortResult<Self> {
        let set = key::account_set(owner).sk;
        let is_set = |item: &Item| text_of(item, SK) == Some(&*set);
        let (sets, accounts): (Vec<_>, Vec<_>) = items.into_iter().partition(is_set);
        let set = sets.first();
        Ok(Self {
            version: set.and_then(|set| number_of(set, VERSION)).unwrap_or(0),
            default: set.map_or(Ok(None), default)?,
            accounts: read_all(accounts)?,
        })
    }

    fn get(&self, account: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|it| it.id == account)
    }

    /// Replaces this version of the set by one with another default account.
    fn replace(
        &self,
        table: &Table,
        owner: UserId,
        default: Option<AccountId>,
    ) -> PortResult<TransactWriteItem> {
        let change = match default {
            Some(_) => "ADD #version :one SET #default = :default",
            None => "ADD #version :one REMOVE #default",
        };
        let mut update = Update::builder()
            .table_name(table.name())
            .set_key(Some(key_attributes(&key::account_set(owner))))
            .update_expression(change)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#default", DEFAULT)
            .expression_attribute_values(":one", number(1));
        if let Some(default) = default {
            update = update.expression_attribute_values(":default", string(default));
        }
        update = match self.version {
            0 => update.condition_expression("attribute_not_exists(#version)"),
            present => update
                .condition_expression("#version = :present")
                .expression_attribute_values(":present", number(present)),
        };
        Ok(TransactWriteItem::builder()
            .update(update.build().map_err(incomplete)?)
            .build())
    }
}

fn default(set: &Item) -> PortResult<Option<AccountId>> {
    let Some(account) = text_of(set, DEFAULT) else {
        return Ok(None);
    };
    let account = account.parse().ok();
    account
        .map(Some)
        .ok_or_else(|| corrupt(READ, "a default account that is none"))
}

fn contended(operation: &'static str) -> PortError {
    unavailable(operation)(Refusal {
        code: "Contended".to_owned(),
        message: format!("after {ROUNDS} rounds"),
    })
}

impl Table {
    async fn account_set(&self, owner: UserId) -> PortResult<AccountSet> {
        AccountSet::of(self.all(READ, &key::accounts(owner)).await?, owner)
    }
}

#[async_trait]
impl Accounts for Table {
    async fn create(&self, account: &Account, limit: usize) -> PortResult<Linked> {
        const OPERATION: &str = "creating an account";
        let mut holder = key_attributes(&key::telegram_user(account.telegram_user));
        holder.insert(ACCOUNT.to_owned(), string(account.id));
        let key = key::account(account.owner, account.id);
        let mut entry = item(OPERATION, &key, account)?;
        entry.insert(
            GSI1.pk.to_owned(),
            string(key::in_partition(account.partition)),
        );
        entry.insert(GSI1.sk.to_owned(), string(account.id));
        for _ in 0..ROUNDS {
            let held = self.by_telegram_user(account.telegram_user).await?;
            if let Some(held) = held {
                return Ok(if held == account.id {
                    Linked::New
                } else {
                    Linked::Taken
                });
            }
            let set = self.account_set(account.owner).await?;
            if set.accounts.len() >= limit {
                return Ok(Linked::Full);
            }
            let default = set.default.unwrap_or(account.id);
            let writes = vec![
                put_new(self, holder.clone())?,
                put_new(self, entry.clone())?,
                set.replace(self, account.owner, Some(default))?,
            ];
            if self.transact(OPERATION, writes).await?.is_ok() {
                return Ok(Linked::New);
            }
        }
        Err(contended(OPERATION))
    }

    async fn get(&self, owner: UserId, account: AccountId) -> PortResult<Option<Account>> {
        let item = self.get_item(READ, &key::account(owner, account)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Account>> {
        Ok(self.account_set(owner).await?.accounts)
    }

    async fn default_of(&self, owner: UserId) -> PortResult<Option<AccountId>> {
        let set = self.get_item(READ, &key::account_set(owner)).await?;
        set.as_ref().map_or(Ok(None), default)
    }

    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Account>> {
        read_all(
            self.all_by(READ, &GSI1, &key::accounts_in(partition))
                .await?,
        )
    }

    async fn by_telegram_user(&self, user: TelegramUserId) -> PortResult<Option<AccountId>> {
        let Some(holder) = self.get_item(READ, &key::telegram_user(user)).await? else {
            return Ok(None);
        };
        let account = text_of(&holder, ACCOUNT).and_then(|id| id.parse().ok());
        account
            .map(Some)
            .ok_or_else(|| corrupt(READ, "a Telegram user without an account"))
    }

    async fn set_state(
        &self,
        owner: UserId,
        account: AccountId,
        state: &AccountState,
    ) -> PortResult<()> {
        const OPERATION: &str = "setting an account's state";
        let update = self
            .update_item(&key::account(owner, account))
            .update_expression("SET #state = :state")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", to_attribute(OPERATION, state)?);
        // An account that is gone is left alone.
        update_if(OPERATION, update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn set_label(
        &self,
        owner: UserId,
        account: AccountId,
        label: Option<&AccountLabel>,
    ) -> PortResult<Option<Account>> {
        const OPERATION: &str = "naming an account";
        let update = self
            .update_item(&key::account(owner, account))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#label", "label");
        let update = match label {
            Some(label) => update
                .update_expression("SET #label = :label")
                .expression_attribute_values(":label", string(label)),
            None => update.update_expression("REMOVE #label"),
        };
        let written = update_if(OPERATION, update).await?.ok();
        written.map(|item| read(READ, item)).transpose()
    }

    async fn set_default(&self, owner: UserId, account: AccountId) -> PortResult<bool> {
        const OPERATION: &str = "choosing the default account";
        for _ in 0..ROUNDS {
            let set = self.account_set(owner).await?;
            if set.get(account).is_none() {
                return Ok(false);
            }
            if set.default == Some(account) {
                return Ok(true);
            }
            let writes = vec![set.replace(self, owner, Some(account))?];
            if self.transact(OPERATION, writes).await?.is_ok() {
                return Ok(true);
            }
        }
        Err(contended(OPERATION))
    }

    async fn chats_read(&self, owner: UserId, account: AccountId, at: Timestamp) -> PortResult<()> {
        let update = self
            .update_item(&key::account(owner, account))
            .update_expression("SET #at = :at")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#at", "chats_read_at")
            .expression_attribute_values(":at", number(at));
        // An account that is gone is left alone.
        update_if("noting when chats were read", update)
            .await?
            .map_or(Ok(()), |_| Ok(()))
    }

    async fn remove(&self, owner: UserId, account: AccountId) -> PortResult<()> {
        const OPERATION: &str = "removing an account";
        for _ in 0..ROUNDS {
            let set = self.account_set(owner).await?;
            let Some(present) = set.get(account) else {
                return Ok(());
            };
            let mut left = set.accounts.iter().map(|it| it.id);
            let default = match set.default {
                Some(default) if default != account => Some(default),
                Some(_) | None => left.find(|id| *id != account),
            };
            let writes = vec![
                delete_same(
                    self,
                    &key::telegram_user(present.telegram_user),
                    ACCOUNT,
                    string(account),
                )?,
                delete_existing(self, &key::account(owner, account))?,
                set.replace(self, owner, default)?,
                raise_version(self, owner, None, Leaving::Without(account))?,
            ];
            if self.transact(OPERATION, writes).await?.is_ok() {
                return Ok(());
            }
        }
        Err(contended(OPERATION))
    }
}
