use async_trait::async_trait;
use patchbay_app::ports::{Created, PortResult, UserChange, Users};
use patchbay_domain::Timestamp;
use patchbay_domain::ids::{PartitionId, UserId};
use patchbay_domain::user::{Email, User};

use super::item::{item, key_attributes, number, read, string, text_of, to_attribute};
use super::key::{self, GSI1, PK};
use super::table::{Table, delete_if, update_if};
use super::transaction::{delete_same, put_new, update_same};
use crate::error::corrupt;

#[async_trait]
impl Users for Table {
    async fn create(&self, user: &User) -> PortResult<Created> {
        const OPERATION: &str = "creating a user";
        let mut address = key_attributes(&key::email(&user.email));
        address.insert("user".to_owned(), string(user.id));
        let writes = vec![
            put_new(self, address)?,
            put_new(self, item(OPERATION, &key::user(user.id), user)?)?,
        ];
        let Err(refused) = self.transact(OPERATION, writes).await? else {
            return Ok(Created::New);
        };
        let holder = refused
            .into_iter()
            .next()
            .flatten()
            .and_then(|refused| refused.0);
        let is_same = holder.and_then(|item| Some(text_of(&item, "user")? == user.id.to_string()));
        Ok(if is_same == Some(true) {
            Created::New
        } else {
            Created::Taken
        })
    }

    async fn get(&self, user: UserId) -> PortResult<Option<User>> {
        const OPERATION: &str = "reading a user";
        let item = self.get_item(OPERATION, &key::user(user)).await?;
        item.map(|item| read(OPERATION, item)).transpose()
    }

    async fn by_email(&self, email: &Email) -> PortResult<Option<User>> {
        const OPERATION: &str = "finding a user";
        let Some(address) = self.get_item(OPERATION, &key::email(email)).await? else {
            return Ok(None);
        };
        let user = text_of(&address, "user").and_then(|id| id.parse().ok());
        let user = user.ok_or_else(|| corrupt(OPERATION, "an address without a user"))?;
        Users::get(self, user).await
    }
    async fn change(&self, user: UserId, change: &UserChange) -> PortResult<Option<User>> {
        const OPERATION: &str = "changing a user";
        let (attribute, value) = match change {
            UserChange::Password(hash) => ("password_hash", string(hash.as_str())),
            UserChange::Profile(profile) => ("profile", to_attribute(OPERATION, profile)?),
            UserChange::Role(role) => ("role", to_attribute(OPERATION, role)?),
            UserChange::Plan(plan) => ("plan", to_attribute(OPERATION, plan)?),
            UserChange::Leaving(at) => return self.mark_leaving(user, *at).await,
        };
        let update = self
            .update_item(&key::user(user))
            .update_expression("SET #attribute = :value")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":value", value);
        let changed = update_if(OPERATION, update).await?.ok();
        changed.map(|item| read(OPERATION, item)).transpose()
    }

    async fn change_email(
        &self,
        user: UserId,
        from: &Email,
        to: &Email,
    ) -> PortResult<Option<Created>> {
        const OPERATION: &str = "changing an address";
        if from == to {
            let present = Users::get(self, user).await?;
            return Ok(present
                .filter(|user| user.email == *to)
                .map(|_| Created::New));
        }
        let mut address = key_attributes(&key::email(to));
        address.insert("user".to_owned(), string(user));
        let (present, next) = (string(from.as_str()), string(to.as_str()));
        let writes = vec![
            put_new(self, address)?,
            delete_same(self, &key::email(from), "user", string(user))?,
            update_same(self, &key::user(user), "email", present, next)?,
        ];
        let Err(refused) = self.transact(OPERATION, writes).await? else {
            return Ok(Some(Created::New));
        };
        let holder = refused.into_iter().next().flatten();
        let holder = holder.and_then(|refused| refused.0);
        Ok(holder.map(|item| {
            if text_of(&item, "user") == Some(&user.to_string()) {
                Created::New
            } else {
                Created::Taken
            }
        }))
    }

    async fn leaving_in(&self, partition: PartitionId) -> PortResult<Vec<UserId>> {
        const OPERATION: &str = "finding users who leave";
        let leaving = key::leaving_in(partition);
        let items = self.all_by(OPERATION, &GSI1, &leaving).await?;
        let users: Option<Vec<UserId>> = items
            .iter()
            .map(|item| text_of(item, PK)?.parse().ok())
            .collect();
        users.ok_or_else(|| corrupt(OPERATION, "the id of a user"))
    }

    async fn remove(&self, user: &User) -> PortResult<()> {
        const OPERATION: &str = "removing a user";
        let address = self
            .delete_item(&key::email(&user.email))
            .condition_expression("#user = :user")
            .expression_attribute_names("#user", "user")
            .expression_attribute_values(":user", string(user.id));
        delete_if(OPERATION, address).await?;
        delete_if(OPERATION, self.delete_item(&key::user(user.id))).await?;
        Ok(())
    }
}

impl Table {
    /// From then on the user stands in the index of the partition.
    async fn mark_leaving(&self, user: UserId, at: Timestamp) -> PortResult<Option<User>> {
        const OPERATION: &str = "letting a user leave";
        let Some(present) = Users::get(self, user).await? else {
            return Ok(None);
        };
        let update = self
            .update_item(&key::user(user))
            .update_expression("SET #leaving = :at, #index_pk = :partition, #index_sk = :user")
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#leaving", "leaving_since")
            .expression_attribute_names("#index_pk", GSI1.pk)
            .expression_attribute_names("#index_sk", GSI1.sk)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":at", number(at))
            .expression_attribute_values(":partition", string(key::in_partition(present.partition)))
            .expression_attribute_values(":user", string(user));
        let changed = update_if(OPERATION, update).await?.ok();
        changed.map(|item| read(OPERATION, item)).transpose()
    }
}
