use std::collections::BTreeMap;

use async_trait::async_trait;
use patchbay_domain::Timestamp;
use patchbay_domain::account::{Account, AccountLabel, AccountState, Login};
use patchbay_domain::ids::{AccountId, LoginId, PartitionId, TelegramUserId, UserId};
use patchbay_domain::user::{Email, User};

use super::Store;
use crate::ports::{Accounts, Created, LOGIN_KEPT, Linked, Logins, PortResult, UserChange, Users};

pub(super) type UserTable = BTreeMap<UserId, User>;
pub(super) type AccountTable = BTreeMap<(UserId, AccountId), Account>;
pub(super) type DefaultAccountTable = BTreeMap<UserId, AccountId>;
pub(super) type LoginTable = BTreeMap<(UserId, LoginId), Login>;

#[async_trait]
impl Users for Store {
    async fn create(&self, user: &User) -> PortResult<Created> {
        let users = &mut self.tables().users;
        if users
            .values()
            .any(|other| other.email == user.email && other.id != user.id)
        {
            return Ok(Created::Taken);
        }
        users.entry(user.id).or_insert_with(|| user.clone());
        Ok(Created::New)
    }

    async fn get(&self, user: UserId) -> PortResult<Option<User>> {
        Ok(self.tables().users.get(&user).cloned())
    }

    async fn by_email(&self, email: &Email) -> PortResult<Option<User>> {
        Ok(self
            .tables()
            .users
            .values()
            .find(|user| user.email == *email)
            .cloned())
    }

    async fn change(&self, user: UserId, change: &UserChange) -> PortResult<Option<User>> {
        let mut tables = self.tables();
        let Some(user) = tables.users.get_mut(&user) else {
            return Ok(None);
        };
        match change.clone() {
            UserChange::Password(hash) => user.password_hash = hash,
            UserChange::Profile(profile) => user.profile = profile,
            UserChange::Role(role) => user.role = role,
            UserChange::Plan(plan) => user.plan = plan,
            UserChange::Leaving(at) => user.leaving_since = Some(at),
        }
        Ok(Some(user.clone()))
    }

    async fn change_email(
        &self,
        user: UserId,
        from: &Email,
        to: &Email,
    ) -> PortResult<Option<Created>> {
        let users = &mut self.tables().users;
        let holder = users.values().find(|holder| holder.email == *to);
        if let Some(holder) = holder {
            let is_same = holder.id == user;
            return Ok(Some(if is_same {
                Created::New
            } else {
                Created::Taken
            }));
        }
        let user = users.get_mut(&user).filter(|user| user.email == *from);
        Ok(user.map(|user| {
            user.email = to.clone();
            Created::New
        }))
    }

    async fn leaving_in(&self, partition: PartitionId) -> PortResult<Vec<UserId>> {
        let tables = self.tables();
        let users = tables.users.values();
        Ok(users
            .filter(|user| user.partition == partition && user.leaving_since.is_some())
            .map(|user| user.id)
            .collect())
    }

    async fn remove(&self, user: &User) -> PortResult<()> {
        self.tables().users.remove(&user.id);
        Ok(())
    }
}

#[async_trait]
impl Accounts for Store {
    async fn create(&self, account: &Account, limit: usize) -> PortResult<Linked> {
        let mut tables = self.tables();
        let place = (account.owner, account.id);
        if tables.accounts.contains_key(&place) {
            return Ok(Linked::New);
        }
        let others = || tables.accounts.values();
        if others().any(|other| other.telegram_user == account.telegram_user) {
            return Ok(Linked::Taken);
        }
        if others().filter(|it| it.owner == account.owner).count() >= limit {
            return Ok(Linked::Full);
        }
        tables.accounts.insert(place, account.clone());
        tables
            .default_accounts
            .entry(account.owner)
            .or_insert(account.id);
        Ok(Linked::New)
    }

    async fn get(&self, owner: UserId, account: AccountId) -> PortResult<Option<Account>> {
        Ok(self.tables().accounts.get(&(owner, account)).cloned())
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Account>> {
        let tables = self.tables();
        Ok(tables
            .accounts
            .values()
            .filter(|account| account.owner == owner)
            .cloned()
            .collect())
    }

    async fn default_of(&self, owner: UserId) -> PortResult<Option<AccountId>> {
        Ok(self.tables().default_accounts.get(&owner).copied())
    }

    async fn in_partition(&self, partition: PartitionId) -> PortResult<Vec<Account>> {
        let tables = self.tables();
        let accounts = tables.accounts.values();
        Ok(accounts
            .filter(|account| account.partition == partition)
            .cloned()
            .collect())
    }

    async fn by_telegram_user(&self, user: TelegramUserId) -> PortResult<Option<AccountId>> {
        let tables = self.tables();
        Ok(tables
            .accounts
            .values()
            .find(|a| a.telegram_user == user)
            .map(|a| a.id))
    }

    async fn set_state(
        &self,
        owner: UserId,
        account: AccountId,
        state: &AccountState,
    ) -> PortResult<()> {
        if let Some(account) = self.tables().accounts.get_mut(&(owner, account)) {
            account.state = state.clone();
        }
        Ok(())
    }

    async fn set_label(
        &self,
        owner: UserId,
        account: AccountId,
        label: Option<&AccountLabel>,
    ) -> PortResult<Option<Account>> {
        let mut tables = self.tables();
        let account = tables.accounts.get_mut(&(owner, account));
        Ok(account.map(|account| {
            account.label = label.cloned();
            account.clone()
        }))
    }

    async fn set_default(&self, owner: UserId, account: AccountId) -> PortResult<bool> {
        let mut tables = self.tables();
        let is_there = tables.accounts.contains_key(&(owner, account));
        if is_there {
            tables.default_accounts.insert(owner, account);
        }
        Ok(is_there)
    }

    async fn chats_read(&self, owner: UserId, account: AccountId, at: Timestamp) -> PortResult<()> {
        if let Some(account) = self.tables().accounts.get_mut(&(owner, account)) {
            account.chats_read_at = Some(at);
        }
        Ok(())
    }

    async fn remove(&self, owner: UserId, account: AccountId) -> PortResult<()> {
        let mut tables = self.tables();
        tables.accounts.remove(&(owner, account));
        if tables.default_accounts.get(&owner) == Some(&account) {
            let mut left = tables.accounts.keys().filter(|(of, _)| *of == owner);
            match left.next().copied() {
                Some((_, next)) => tables.default_accounts.insert(owner, next),
                None => tables.default_accounts.remove(&owner),
            };
        }
        if let Some(set) = tables.pairs.get_mut(&owner) {
            set.leaving.remove(&account);
        }
        Ok(())
    }
}

#[async_trait]
impl Logins for Store {
    async fn put(&self, login: &Login) -> PortResult<()> {
        self.tables()
            .logins
            .insert((login.owner, login.id), login.clone());
        Ok(())
    }

    async fn get(&self, owner: UserId, login: LoginId) -> PortResult<Option<Login>> {
        let now = crate::ports::Clock::now(&self.clock);
        let tables = self.tables();
        let login = tables.logins.get(&(owner, login));
        Ok(login
            .filter(|login| now < login.expires_at.plus(LOGIN_KEPT))
            .cloned())
    }

    async fn of_user(&self, owner: UserId) -> PortResult<Vec<Login>> {
        let now = crate::ports::Clock::now(&self.clock);
        let tables = self.tables();
        let logins = tables.logins.values().filter(|login| login.owner == owner);
        Ok(logins
            .filter(|login| now < login.expires_at.plus(LOGIN_KEPT))
            .cloned()
            .collect())
    }

    async fn replace(&self, present: &Login, next: &Login) -> PortResult<bool> {
        match self.tables().logins.get_mut(&(present.owner, present.id)) {
            Some(login) if login == present => {
                *login = next.clone();
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        self.tables().logins.retain(|(of, _), _| *of != owner);
        Ok(())
    }
}
