//! A connector that plays by a script: for each control that comes, the state that the login
//! then has.

use std::time::Duration;

use patchbay_app::ports::{Control, SecretName};
use patchbay_domain::account::{Login, LoginAnswer, LoginState};
use patchbay_domain::ids::LoginId;
use secrecy::ExposeSecret;

use super::world::{Tenant, World};

/// Waits for the next control about a login and puts the login in this state.
pub(super) async fn react(world: &World, tenant: &Tenant, state: LoginState) -> Control {
    let received = world
        .ports
        .controls
        .receive(tenant.connector(), Duration::from_secs(5))
        .await
        .unwrap();
    let [message] = received.as_slice() else {
        panic!("{received:?}")
    };
    world
        .ports
        .controls
        .delete(tenant.connector(), &message.receipt)
        .await
        .unwrap();
    let (Control::StartLogin { login, .. } | Control::AnswerLogin { login, .. }) = message.body
    else {
        panic!("{message:?}")
    };
    put_state(world, tenant, login, state).await;
    message.body.clone()
}

pub(super) async fn put_state(world: &World, tenant: &Tenant, login: LoginId, state: LoginState) {
    let present = world
        .ports
        .logins
        .get(tenant.user.id, login)
        .await
        .unwrap()
        .unwrap();
    let next = Login {
        state,
        ..present.clone()
    };
    assert!(world.ports.logins.replace(&present, &next).await.unwrap());
}

/// What the user answered, as the connector finds it.
pub(super) async fn taken_answer(world: &World, tenant: &Tenant, login: LoginId) -> Option<String> {
    let name = SecretName::LoginAnswer(login);
    let sealed = world.ports.vault.get(tenant.user.id, name).await.unwrap()?;
    match serde_json::from_slice(sealed.expose_secret()).unwrap() {
        LoginAnswer::Code { code } => Some(code),
        LoginAnswer::Password { password } => Some(password),
    }
}
