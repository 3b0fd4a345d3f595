use async_trait::async_trait;
use patchbay_app::ports::{Created, PortResult, Users};
use patchbay_domain::ids::UserId;
use patchbay_domain::user::{Email, User};

use super::item::{item, key_attributes, read, string, text_of};
use super::key;
use super::table::Table;
use super::transaction::put_new;
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
}
