use std::collections::{BTreeMap, BTreeSet};

use super::dc::Dc;
use super::ids::{Peer, UserId};
use super::login::Password;
use super::mailbox::Mailbox;

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) access_hash: i64,
    pub(crate) phone: String,
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Password>,
    /// Forwards of what it wrote tell its name and don't lead to it.
    pub(crate) hides_forwards: bool,
    /// It may put several reactions under one message.
    pub(crate) premium: bool,
    /// Where its clients are at home.
    pub(crate) dc: Dc,
    pub(crate) mailbox: Mailbox,
    /// Every `random_id` that this account's clients ever sent.
    pub(crate) random_ids: BTreeSet<i64>,
    /// Up to where each chat has been read.
    pub(crate) read: BTreeMap<Peer, i32>,
    /// How often its file references were made to expire.
    pub(crate) references: u32,
}

impl User {
    pub(crate) fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }
}
