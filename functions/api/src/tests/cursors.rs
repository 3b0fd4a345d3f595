//! Cursors are good for whoever got them, on the list they are of.

use axum::http::Method;
use serde_json::Value;

use super::world::{Answer, Tenant, World};

/// The `next_cursor` of a list that has one.
async fn cursor(world: &World, tenant: &Tenant, path: &str) -> String {
    let page = world.get(tenant, path).await;
    page.text("next_cursor").to_owned()
}

fn refuses(answer: &Answer) {
    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.problem(), @r"
        400 /problems/invalid-query: Correct the parameter named in `errors`.
          cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
        ");
    }
}

#[tokio::test]
async fn a_cursor_of_another_user_list_or_filter_is_refused() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let accounts = [world.account(&ann).await, world.account(&ann).await];
    let chats = accounts.map(|account| format!("/v1/telegram/accounts/{account}/chats"));
    let of_all = cursor(&world, &ann, &format!("{}?limit=2", chats[0])).await;
    let of_news = cursor(&world, &ann, &format!("{}?query=news&limit=1", chats[0])).await;

    let refused = [
        format!("{}?cursor={of_all}", chats[1]),
        format!("{}?cursor={of_all}&query=news", chats[0]),
        format!("{}?cursor={of_news}", chats[0]),
        format!("{}?cursor={of_news}&query=talk", chats[0]),
        format!("/v1/pairs?cursor={of_all}"),
    ];
    for path in refused {
        refuses(&world.get(&ann, &path).await);
    }
    refuses(
        &world
            .get(&bob, &format!("{}?cursor={of_all}", chats[0]))
            .await,
    );

    let good = [
        format!("{}?cursor={of_all}&limit=5", chats[0]),
        format!("{}?limit=5&query=news&cursor={of_news}", chats[0]),
        format!("{}?%6Cimit=5&q%75ery=n%65ws&cursor={of_news}", chats[0]),
    ];
    for path in good {
        let page = world.get(&ann, &path).await;
        assert!(!page.body["items"].as_array().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_route_without_parameters_takes_none() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let answer = world.get(&ann, "/v1/me?verbose=1").await;
    insta::assert_snapshot!(answer.problem(), @r"
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      verbose: is not known; this route has no parameters
    ");
    let head = world.as_tenant(&ann, Method::HEAD, "/v1/pairs?limit=1", Value::Null);
    assert_eq!(head.await.status, 200);
}
