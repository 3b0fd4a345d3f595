use axum::http::{Method, StatusCode};
use patchbay_app::ports::{Control, UserChange};
use patchbay_domain::user::Role;
use serde_json::{Value, json};

use super::world::{PASSWORD, Tenant, World, token_in};

const ME: &str = "/v1/me";
const VERIFY: &str = "/v1/auth/verify-email";

async fn patch(world: &World, tenant: &Tenant, body: Value) -> super::world::Answer {
    world.as_tenant(tenant, Method::PATCH, ME, body).await
}

#[tokio::test]
async fn what_users_say_of_themselves_is_kept_until_they_take_it_back() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let body = json!({ "name": "Ann", "language": "pt-BR", "time_zone": "Europe/Madrid" });
    let said = patch(&world, &ann, body).await;
    assert_eq!(said.status, StatusCode::OK, "{:?}", said.body);
    let partly = patch(&world, &ann, json!({ "language": null })).await;
    assert_eq!(partly.body, world.get(&ann, ME).await.body);
    assert_eq!(
        (&partly.body["name"], &partly.body["language"]),
        (&json!("Ann"), &Value::Null)
    );
    assert_eq!(world.get(&bob, ME).await.body["name"], Value::Null);
    let wrong = json!({ "name": " ", "language": "english", "time_zone": "here!", "email": "x" });
    insta::assert_snapshot!(patch(&world, &ann, wrong).await.problem(), @r"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /name: has to be 1 to 80 characters in one line, not only spaces
      /language: has to be a language such as en, or one with a country such as pt-BR
      /time_zone: has to be the name of a time zone such as Europe/Madrid
      /email: is not an e-mail address
    ");
}

#[tokio::test]
async fn an_address_is_changed_by_whoever_knows_the_password_and_reads_the_new_mail() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let change =
        |password: Option<&str>| json!({ "email": "ann@example.net", "password": password });
    let without = patch(&world, &ann, change(None)).await;
    insta::assert_snapshot!(without.problem(), @r"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /password: is missing; a change of the address needs it
    ");
    let wrong = patch(&world, &ann, change(Some("wrong password"))).await;
    assert_eq!(wrong.kind(), "wrong-password");
    assert!(world.memory.letters().is_empty());

    let asked = patch(&world, &ann, change(Some(PASSWORD))).await;
    assert_eq!(
        asked.text("email"),
        "ann@example.com",
        "not before it is confirmed"
    );
    let letters = world.memory.letters();
    let to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(to, ["ann@example.net", "ann@example.com"]);
    let body = json!({ "token": token_in(&letters[0]) });
    let confirmed = world.call(Method::POST, VERIFY, body.clone()).await;
    assert_eq!(
        confirmed.status,
        StatusCode::NO_CONTENT,
        "{:?}",
        confirmed.body
    );
    assert_eq!(world.get(&ann, ME).await.text("email"), "ann@example.net");
    let again = world.call(Method::POST, VERIFY, body).await;
    assert_eq!(again.kind(), "wrong-token");
    // The old address is free, and opens nothing.
    let old = json!({ "email": "ann@example.com", "password": PASSWORD });
    let old = world.call(Method::POST, "/v1/auth/login", old).await;
    assert_eq!(old.kind(), "wrong-credentials");
}

#[tokio::test]
async fn an_address_of_somebody_else_is_refused_in_the_mail_alone() {
    let world = World::new();
    let (ann, _) = (world.tenant("ann").await, world.tenant("bob").await);
    let body = json!({ "email": "bob@example.com", "password": PASSWORD });
    let asked = patch(&world, &ann, body).await;
    assert_eq!(asked.status, StatusCode::OK);
    let letters = world.memory.letters();
    assert_eq!(letters[0].subject, "This address has an account already");
    assert_eq!(world.get(&ann, ME).await.text("email"), "ann@example.com");
}

#[tokio::test]
async fn whoever_deletes_the_account_is_shut_out_at_once() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let other = world.logged_in(ann.user.clone()).await;
    let farewell = |password: &str| json!({ "password": password });
    let delete = async |body| world.as_tenant(&ann, Method::DELETE, ME, body).await;
    let wrong = delete(farewell("wrong password")).await;
    assert_eq!(wrong.kind(), "wrong-password");
    assert_eq!(world.told(ann.connector()).await, []);
    let gone = delete(farewell(PASSWORD)).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED, "{:?}", gone.body);
    for session in [&ann, &other] {
        assert_eq!(world.get(session, ME).await.kind(), "session-ended");
    }
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = world.call(Method::POST, "/v1/auth/login", login).await;
    assert_eq!(login.kind(), "wrong-credentials");
    let control = Control::ForgetUser { user: ann.user.id };
    assert_eq!(world.told(ann.connector()).await, [control]);
    assert_eq!(world.get(&bob, ME).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_stays() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let change = UserChange::Role(Role::Admin);
    world
        .ports
        .users
        .change(ann.user.id, &change)
        .await
        .unwrap();
    let body = json!({ "password": PASSWORD });
    let refused = world.as_tenant(&ann, Method::DELETE, ME, body).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/own-role: Have another admin make you a user first: somebody has to stay.");
}
