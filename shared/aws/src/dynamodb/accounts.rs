use async_trait::async_trait;
use patchbay_app::ports::{Accounts, Created, PortResult};
use patchbay_domain::account::{Account, AccountState};
use patchbay_domain::ids::{AccountId, PartitionId, TelegramUserId, UserId};

use super::item::{Item, item, key_attributes, read, string, text_of, to_attribute};
use super::key::{self, GSI1, PK};
use super::table::{Table, update_if};
use super::transaction::{delete_existing, delete_same, put_new};
use crate::error::corrupt;

const READ: &str = "reading accounts";
const ACCOUNT: &str = "account";

fn read_all(items: Vec<Item>) -> PortResult<Vec<Account>> {
    items.into_iter().map(|item| read(READ, item)).collect()
}

#[async_trait]
impl Accounts for Table {
    async fn create(&self, account: &Account) -> PortResult<Created> {
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
        let writes = vec![put_new(self, holder)?, put_new(self, entry)?];
        let Err(refused) = self.transact(OPERATION, writes).await? else {
            return Ok(Created::New);
        };
        let holder = refused
            .into_iter()
            .next()
            .flatten()
            .and_then(|refused| refused.0);
        let is_same =
            holder.and_then(|item| Some(text_of(&item, ACCOUNT)? == account.id.to_string()));
        Ok(if is_same == Some(true) {
            Created::New
        } else {
            Created::Taken
        })
    }

    async fn get(&self, owner: UserId, account: AccountId) -> PortResult<Option<Account>> {
        let item = self.get_item(READ, &key::account(owner, account)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Account>> {
        read_all(self.all(READ, &key::accounts(owner)).await?)
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

    async fn remove(&self, owner: UserId, account: AccountId) -> PortResult<()> {
        const OPERATION: &str = "removing an account";
        let Some(present) = Accounts::get(self, owner, account).await? else {
            return Ok(());
        };
        let writes = vec![
            delete_same(
                self,
                &key::telegram_user(present.telegram_user),
                ACCOUNT,
                string(account),
            )?,
            delete_existing(self, &key::account(owner, account))?,
        ];
        // If somebody else has removed it in between, there is nothing left to do.
        self.transact(OPERATION, writes).await?.map_or(Ok(()), Ok)
    }
}
