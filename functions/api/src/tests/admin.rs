use axum::http::{Method, StatusCode};
use patchbay_app::ports::UserChange;
use patchbay_domain::user::Role;
use serde_json::{Value, json};

use super::world::{Tenant, World};

const USERS: &str = "/v1/admin/users";

async fn admin(world: &World) -> Tenant {
    let admin = world.tenant("root").await;
    let change = UserChange::Role(Role::Admin);
    world
        .ports
        .users
        .change(admin.user.id, &change)
        .await
        .unwrap();
    admin
}

#[tokio::test]
async fn only_an_admin_sees_users() {
    let world = World::new();
    let (root, ann, bob) = (
        admin(&world).await,
        world.tenant("ann").await,
        world.tenant("bob").await,
    );
    let one = format!("{USERS}/{}", bob.user.id);
    let find = format!("{USERS}?email=BOB@example.com");
    for (method, path, body) in [
        (Method::GET, &find, Value::Null),
        (Method::GET, &one, Value::Null),
        (Method::PATCH, &one, json!({ "role": "admin" })),
    ] {
        let refused = world.as_tenant(&ann, method, path, body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{:?}", refused.body);
    }
    let found = world.get(&root, &find).await;
    assert_eq!(found.body["items"][0], world.get(&root, &one).await.body);
    assert_eq!(found.body["items"][0]["email"], "bob@example.com");
    let nobody = world
        .get(&root, &format!("{USERS}?email=no@example.com"))
        .await;
    assert_eq!(nobody.body["items"], json!([]));
    let unknown = world
        .get(&root, &format!("{USERS}/usr_{:032x}", 0xabc))
        .await;
    assert_eq!(unknown.kind(), "not-found");
    let wrong = world.get(&root, &format!("{USERS}?email=no")).await;
    assert_eq!(wrong.kind(), "invalid-query");
    assert_eq!(world.get(&root, USERS).await.kind(), "invalid-query");
}

#[tokio::test]
async fn an_admin_gives_plans_and_roles_and_keeps_the_own_one() {
    let world = World::new();
    let (root, ann) = (admin(&world).await, world.tenant("ann").await);
    let patch = async |by: &Tenant, of: &Tenant, body: Value| {
        let path = format!("{USERS}/{}", of.user.id);
        world.as_tenant(by, Method::PATCH, &path, body).await
    };
    let changed = patch(&root, &ann, json!({ "plan": "pro", "role": "admin" })).await;
    assert_eq!(changed.status, StatusCode::OK, "{:?}", changed.body);
    assert_eq!(
        (changed.text("plan"), changed.text("role")),
        ("pro", "admin")
    );
    let limits = &world.get(&ann, "/v1/me").await.body["limits"];
    assert_eq!(limits["pairs"], 50);
    let own = patch(&root, &root, json!({ "role": "user" })).await;
    insta::assert_snapshot!(own.problem(), @r"
    409 /problems/own-role: Have another admin do it.
      /role: is your own
    ");
    assert_eq!(
        patch(&ann, &root, json!({ "role": "user" })).await.status,
        StatusCode::OK
    );
    assert_eq!(world.get(&root, USERS).await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        patch(&ann, &root, json!({ "role": "king" })).await.kind(),
        "invalid-body"
    );
}
