use axum::http::{Method, StatusCode, header};
use patchbay_domain::guild::LinkCode;
use patchbay_domain::ids::DiscordGuildId;
use serde_json::{Value, json};

use super::world::{World, discord, telegram};

const GUILDS: &str = "/v1/discord/guilds";

#[tokio::test]
async fn a_server_is_linked_by_a_code_that_is_posted_in_it() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let asked = world.post(&ann, GUILDS, json!({ "guild_id": "7" })).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED);
    assert_eq!(asked.headers[header::LOCATION], "/v1/discord/guilds/7");
    insta::assert_json_snapshot!(asked.body, @r#"
    {
      "code": "E2H8T56M6KJM",
      "expires_at": "2026-09-21T14:28:20Z",
      "guild_id": "7",
      "next": "Have somebody with the permission Manage Server write the text in `post` in a channel that the bot sees, before the code expires. The bot has to be in the server.",
      "post": "patchbay link E2H8T56M6KJM"
    }
    "#);
    assert_eq!(
        world.get(&ann, &format!("{GUILDS}/7")).await.kind(),
        "not-found"
    );

    let (guild, now) = (DiscordGuildId(7), world.ports.clock.now());
    let code = LinkCode::in_message(asked.text("post")).unwrap();
    let request = world
        .ports
        .guild_links
        .waiting(guild, &code, now)
        .await
        .unwrap()
        .unwrap();
    world.ports.guild_links.fulfil(&request, now).await.unwrap();
    let linked = world.get(&ann, &format!("{GUILDS}/7")).await;
    insta::assert_json_snapshot!(linked.body, @r#"
    {
      "has_bot": false,
      "id": "7",
      "linked_at": "2026-09-21T14:13:20Z",
      "name": null
    }
    "#);
    assert_eq!(
        world.get(&ann, GUILDS).await.body["items"],
        json!([linked.body])
    );

    let again = world.post(&ann, GUILDS, json!({ "guild_id": "7" })).await;
    insta::assert_snapshot!(again.problem(), @r#"
    409 /problems/discord-guild-already-linked: There is nothing left to do.
      /guild_id: is linked already
    "#);
}

#[tokio::test]
async fn channels_say_what_they_can_be() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    world.guild(&ann, 7).await;
    assert_eq!(
        world.get(&ann, &format!("{GUILDS}/7")).await.text("name"),
        "Town"
    );
    let channels = world.get(&ann, &format!("{GUILDS}/7/channels")).await.body;
    assert_eq!(channels["items"].as_array().unwrap().len(), 4);
    insta::assert_json_snapshot!(channels["items"][2], @r#"
    {
      "can_post": true,
      "can_read": false,
      "id": "13",
      "name": "channel-13"
    }
    "#);
}

#[tokio::test]
async fn a_server_that_pairs_use_stays() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    let body = json!({ "source": telegram(account, 1), "destination": discord(7, 11) });
    let pair = world.post(&ann, "/v1/pairs", body).await;
    let refused = world.delete(&ann, &format!("{GUILDS}/7")).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/discord-guild-in-use: Delete the pairs named in `pairs` first, each with DELETE /v1/pairs/{id}.");
    assert_eq!(refused.body["pairs"], json!([pair.text("id")]));

    world
        .delete(&ann, &format!("/v1/pairs/{}", pair.text("id")))
        .await;
    assert_eq!(
        world.delete(&ann, &format!("{GUILDS}/7")).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        world.delete(&ann, &format!("{GUILDS}/7")).await.kind(),
        "not-found"
    );
}

#[tokio::test]
async fn a_server_is_nothing_to_others() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    world.guild(&ann, 7).await;
    for (method, action) in [
        (Method::GET, ""),
        (Method::GET, "/channels"),
        (Method::DELETE, ""),
    ] {
        let path = |guild: u64| format!("{GUILDS}/{guild}{action}");
        let theirs = world
            .as_tenant(&bob, method.clone(), &path(7), Value::Null)
            .await;
        let none = world.as_tenant(&bob, method, &path(8), Value::Null).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!(theirs.problem(), none.problem());
    }
    assert_eq!(world.get(&bob, GUILDS).await.body["items"], json!([]));
    assert_eq!(
        world.get(&ann, &format!("{GUILDS}/7")).await.status,
        StatusCode::OK
    );

    // Asking for it says no more than asking for one that nobody has.
    let theirs = world.post(&bob, GUILDS, json!({ "guild_id": "7" })).await;
    let nobodys = world.post(&bob, GUILDS, json!({ "guild_id": "8" })).await;
    assert_eq!(
        (theirs.status, nobodys.status),
        (StatusCode::ACCEPTED, StatusCode::ACCEPTED)
    );
    assert_eq!(theirs.body["next"], nobodys.body["next"]);
}
