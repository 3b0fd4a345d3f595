//! What is done for an address that has an account is done for any other one: neither an answer
//! nor how long it takes tells them apart.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http::Method;
use patchbay_app::ports::{Created, PortResult, UserChange, Users};
use patchbay_domain::ids::{PartitionId, UserId};
use patchbay_domain::user::{Email, User};
use serde_json::json;

use super::world::{PASSWORD, World};

/// Notes what is asked of the users behind it.
struct Noting {
    inner: Arc<dyn Users>,
    asked: Arc<Mutex<Vec<&'static str>>>,
}

impl Noting {
    fn asked(&self, what: &'static str) -> &dyn Users {
        self.asked.lock().unwrap().push(what);
        &*self.inner
    }
}

#[async_trait]
impl Users for Noting {
    async fn create(&self, user: &User) -> PortResult<Created> {
        self.asked("create").create(user).await
    }

    async fn get(&self, user: UserId) -> PortResult<Option<User>> {
        self.asked("get").get(user).await
    }

    /// As the adapter does it: one look for the address, and one for its user if it has one.
    async fn by_email(&self, email: &Email) -> PortResult<Option<User>> {
        let found = self.asked("address").by_email(email).await?;
        if found.is_some() {
            self.asked("get");
        }
        Ok(found)
    }

    async fn change(&self, user: UserId, change: &UserChange) -> PortResult<Option<User>> {
        self.asked("change").change(user, change).await
    }

    async fn change_email(
        &self,
        user: UserId,
        from: &Email,
        to: &Email,
    ) -> PortResult<Option<Created>> {
        let users = self.asked("change_email");
        users.change_email(user, from, to).await
    }

    async fn leaving_in(&self, partition: PartitionId) -> PortResult<Vec<UserId>> {
        self.asked("leaving_in").leaving_in(partition).await
    }

    async fn remove(&self, user: &User) -> PortResult<()> {
        self.asked("remove").remove(user).await
    }
}

#[tokio::test]
async fn nobody_is_looked_for_as_long_as_somebody() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let world = World::with(|ports| {
        ports.users = Arc::new(Noting {
            inner: ports.users.clone(),
            asked: asked.clone(),
        });
    });
    let ann = world.tenant("ann").await;
    world.tenant("bob").await;
    let wrong = json!({ "password": "a wrong password" });
    let requests = [
        (Method::POST, "/v1/auth/login", wrong.clone()),
        (Method::POST, "/v1/auth/register", wrong),
        (Method::POST, "/v1/auth/password/forgot", json!({})),
        (Method::PATCH, "/v1/me", json!({ "password": PASSWORD })),
    ];
    for (method, path, mut body) in requests {
        let mut seen = Vec::new();
        for email in ["bob@example.com", "nobody@example.com"] {
            body["email"] = json!(email);
            asked.lock().unwrap().clear();
            let answer = world.as_tenant(&ann, method.clone(), path, body.clone());
            let answer = answer.await;
            let work = asked.lock().unwrap().clone();
            assert!(work.contains(&"address"), "{path}: {work:?}");
            let letters = world.memory.letters().len();
            seen.push((answer.status, work, letters));
        }
        assert_eq!(seen[0], seen[1], "{path}");
    }
}
