use async_trait::async_trait;
use patchbay_app::ports::{LOGIN_KEPT, Logins, PortResult};
use patchbay_domain::account::Login;
use patchbay_domain::ids::{LoginId, UserId};

use super::item::{Item, item, number, read, to_attribute};
use super::key::{self, TTL};
use super::table::{Table, put_if};
use crate::error::unavailable;

const WRITE: &str = "writing a login";
const READ: &str = "reading a login";

fn login_item(login: &Login) -> PortResult<Item> {
    let mut entry = item(WRITE, &key::login(login.owner, login.id), login)?;
    entry.insert(
        TTL.to_owned(),
        number(login.expires_at.plus(LOGIN_KEPT).seconds()),
    );
    Ok(entry)
}

#[async_trait]
impl Logins for Table {
    async fn put(&self, login: &Login) -> PortResult<()> {
        self.put_item(login_item(login)?)
            .send()
            .await
            .map_err(unavailable(WRITE))?;
        Ok(())
    }

    async fn get(&self, owner: UserId, login: LoginId) -> PortResult<Option<Login>> {
        let item = self.get_item(READ, &key::login(owner, login)).await?;
        item.map(|item| read(READ, item)).transpose()
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Login>> {
        let items = self.all(READ, &key::logins(owner)).await?;
        items.into_iter().map(|item| read(READ, item)).collect()
    }

    async fn replace(&self, present: &Login, next: &Login) -> PortResult<bool> {
        // Only the state and what goes with it ever change in a login.
        let put = self
            .put_item(login_item(next)?)
            .condition_expression("#state = :state AND #expires_at = :expires_at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#expires_at", "expires_at")
            .expression_attribute_values(":state", to_attribute(WRITE, &present.state)?)
            .expression_attribute_values(":expires_at", number(present.expires_at));
        Ok(put_if(WRITE, put).await?.is_ok())
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        self.delete_all("removing logins", &key::logins(owner))
            .await
    }
}
