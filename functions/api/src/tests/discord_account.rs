use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use patchbay_app::ports::{NoDiscordOauth, SecretName};
use serde_json::{Value, json};

use super::world::{Answer, Tenant, World};

const AUTHORIZE: &str = "/v1/discord/oauth2/authorize";
const CALLBACK: &str = "/v1/discord/oauth2/callback";
const LINK: &str = "/v1/discord/link";
const GUILDS: &str = "/v1/discord/guilds";
const AVAILABLE: &str = "/v1/discord/guilds/available";

/// Ann is the person 70 on Discord, who may manage the servers 7 and 8.
async fn ann() -> (World, Tenant) {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let discord = world.memory.discord();
    discord.person(70, "ann-on-discord", &[(8, "Hall"), (7, "Town")]);
    (world, ann)
}

/// What the browser of a person who consents comes back with.
async fn consent(world: &World, tenant: &Tenant, person: u64) -> Value {
    let begun = world.post(tenant, AUTHORIZE, json!({})).await;
    assert_eq!(begun.status, StatusCode::OK, "{:?}", begun.body);
    let consent = world.memory.discord().consent(begun.text("url"), person);
    let consent = consent.unwrap();
    json!({ "code": consent.code, "state": consent.state })
}

async fn link(world: &World, tenant: &Tenant, person: u64) -> Answer {
    let back = consent(world, tenant, person).await;
    world.post(tenant, CALLBACK, back).await
}

#[tokio::test]
async fn a_person_who_consents_is_linked() {
    let (world, ann) = ann().await;
    assert_eq!(world.get(&ann, LINK).await.kind(), "not-found");
    let begun = world.post(&ann, AUTHORIZE, json!({})).await;
    assert_eq!(begun.text("state_expires_at"), "2026-09-21T14:23:20Z");
    let linked = link(&world, &ann, 70).await;
    assert_eq!(linked.status, StatusCode::OK, "{:?}", linked.body);
    insta::assert_json_snapshot!(linked.body, @r#"
    {
      "discord_user_id": "70",
      "linked_at": "2026-09-21T14:13:20Z",
      "name": "ann-on-discord"
    }
    "#);
    assert_eq!(world.get(&ann, LINK).await.body, linked.body);

    let gone = world.delete(&ann, LINK).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert!(world.memory.discord().consenting().is_empty());
    let vault = &world.ports.vault;
    for name in [SecretName::DiscordTokens, SecretName::DiscordVerifier] {
        assert!(vault.get(ann.user.id, name).await.unwrap().is_none());
    }
    assert_eq!(world.get(&ann, LINK).await.kind(), "not-found");
    assert_eq!(world.delete(&ann, LINK).await.kind(), "not-found");
}

#[tokio::test]
async fn a_state_is_good_once_for_its_user_and_for_a_while() {
    let (world, ann) = ann().await;
    let bob = world.tenant("bob").await;
    let back = consent(&world, &ann, 70).await;
    // Bob can neither finish what Ann began nor spoil it.
    let stolen = world.post(&bob, CALLBACK, back.clone()).await;
    assert_eq!(stolen.kind(), "discord-state-unknown");
    assert_eq!(world.get(&bob, LINK).await.kind(), "not-found");
    let linked = world.post(&ann, CALLBACK, back.clone()).await;
    assert_eq!(linked.status, StatusCode::OK);
    let again = world.post(&ann, CALLBACK, back).await;
    assert_eq!(again.kind(), "discord-state-unknown");

    let late = consent(&world, &ann, 70).await;
    world.memory.clock().advance(Duration::from_mins(10));
    // The access tokens have run out as well.
    let ann = world.logged_in(ann.user).await;
    let bob = world.logged_in(bob.user).await;
    let late = world.post(&ann, CALLBACK, late).await;
    insta::assert_snapshot!(late.problem(), @r#"
    422 /problems/discord-state-unknown: Begin anew with POST /v1/discord/oauth2/authorize.
      /state: is none that you may use now
    "#);

    let spoilt = consent(&world, &ann, 70).await;
    consent(&world, &ann, 70).await;
    let spoilt = world.post(&ann, CALLBACK, spoilt).await;
    assert_eq!(spoilt.kind(), "discord-state-unknown");

    // A code of another authorization doesn't fit the verifier.
    let mut mixed = consent(&world, &ann, 70).await;
    let other = consent(&world, &bob, 70).await;
    mixed["code"] = other["code"].clone();
    let mixed = world.post(&ann, CALLBACK, mixed).await;
    insta::assert_snapshot!(mixed.problem(), @r#"
    422 /problems/discord-code-refused: It is good for a short time, and once. Begin anew with POST /v1/discord/oauth2/authorize.
      /code: is refused by Discord
    "#);
}

#[tokio::test]
async fn wrong_bodies_name_their_fields() {
    let (world, ann) = ann().await;
    let mut refused = Vec::new();
    for (path, body) in [
        (AUTHORIZE, json!({ "guild_id": "7" })),
        (AUTHORIZE, json!({ "add_bot": true, "guild_id": 7 })),
        (AUTHORIZE, json!({ "scope": "email" })),
        (CALLBACK, json!({})),
        (CALLBACK, json!({ "code": "", "state": "x" })),
        (CALLBACK, json!({ "code": "a b", "state": "F".repeat(32) })),
    ] {
        refused.push(world.post(&ann, path, body).await.problem());
    }
    let refresh = world.get(&ann, &format!("{AVAILABLE}?refresh=maybe")).await;
    refused.push(refresh.problem());
    insta::assert_snapshot!(refused.join("\n"), @r#"
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: has a place only where `add_bot` is true
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /guild_id: invalid type: integer `7`, expected a string
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /scope: unknown field `scope`, expected `add_bot` or `guild_id`
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: is missing
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: has to be the code that Discord gave
      /state: has to be the state that Discord gave back
    422 /problems/invalid-body: Correct the fields named in `errors`; nothing was changed.
      /code: has to be the code that Discord gave
      /state: has to be the state that Discord gave back
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      refresh: provided string was not `true` or `false`
    "#);
    let bot = json!({ "add_bot": true, "guild_id": "7" });
    let begun = world.post(&ann, AUTHORIZE, bot).await;
    assert!(begun.text("url").ends_with("&bot&guild=7"));
}

#[tokio::test]
async fn servers_that_the_user_may_manage_are_listed_and_linked_at_once() {
    let (world, ann) = ann().await;
    assert_eq!(
        world.get(&ann, AVAILABLE).await.kind(),
        "discord-not-linked"
    );
    link(&world, &ann, 70).await;
    let bob = world.tenant("bob").await;
    world.guild(&bob, 7).await;
    let listed = world.get(&ann, AVAILABLE).await;
    assert_eq!(listed.status, StatusCode::OK, "{:?}", listed.body);
    insta::assert_json_snapshot!(listed.body, @r#"
    {
      "items": [
        {
          "has_bot": true,
          "id": "7",
          "invite_url": "https://discord.example/oauth2/authorize?bot&guild=7",
          "is_linked": false,
          "is_owner": false,
          "name": "Town"
        },
        {
          "has_bot": false,
          "id": "8",
          "invite_url": "https://discord.example/oauth2/authorize?bot&guild=8",
          "is_linked": false,
          "is_owner": false,
          "name": "Hall"
        }
      ],
      "read_at": "2026-09-21T14:13:20Z"
    }
    "#);

    let added = world.post(&ann, GUILDS, json!({ "guild_id": "7" })).await;
    assert_eq!(added.status, StatusCode::CREATED, "{:?}", added.body);
    assert_eq!(added.headers["location"], "/v1/discord/guilds/7");
    insta::assert_json_snapshot!(added.body, @r#"
    {
      "has_bot": true,
      "id": "7",
      "linked_at": "2026-09-21T14:13:20Z",
      "name": "Town"
    }
    "#);
    let listed = world.get(&ann, AVAILABLE).await;
    assert_eq!(listed.body["items"][0]["is_linked"], true);

    // What Discord doesn't say needs a code still.
    let other = world.post(&ann, GUILDS, json!({ "guild_id": "9" })).await;
    assert_eq!(other.status, StatusCode::ACCEPTED);
    let bobs = world.post(&bob, GUILDS, json!({ "guild_id": "8" })).await;
    assert_eq!(bobs.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn the_plan_holds_for_servers_that_are_linked_at_once_too() {
    let (world, ann) = ann().await;
    let guilds = [(7, "a"), (8, "b"), (9, "c")];
    world.memory.discord().person(70, "ann", &guilds);
    link(&world, &ann, 70).await;
    let mut answers = Vec::new();
    for (guild, _) in guilds {
        let body = json!({ "guild_id": guild.to_string() });
        answers.push(world.post(&ann, GUILDS, body).await.status);
    }
    let [created, refused] = [StatusCode::CREATED, StatusCode::FORBIDDEN];
    assert_eq!(answers, [created, created, refused]);
}

#[tokio::test]
async fn what_discord_says_is_kept_for_a_minute_unless_it_is_to_be_fresh() {
    let (world, ann) = ann().await;
    link(&world, &ann, 70).await;
    let names = async |query: &str| {
        let listed = world.get(&ann, &format!("{AVAILABLE}{query}")).await;
        let items = listed.body["items"].as_array().unwrap().clone();
        let names = items
            .iter()
            .map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("").await, "Town Hall");
    let discord = world.memory.discord();
    discord.person(70, "ann", &[(9, "Port")]);
    assert_eq!(names("").await, "Town Hall");
    assert_eq!(names("?refresh=true").await, "Town Hall", "asked just now");
    world.memory.clock().advance(Duration::from_secs(5));
    assert_eq!(names("").await, "Town Hall");
    assert_eq!(names("?refresh=true").await, "Port");
    discord.person(70, "ann", &[]);
    world.memory.clock().advance(Duration::from_mins(1));
    assert_eq!(names("").await, "");
    // Linked anew, nothing of before is shown.
    discord.person(71, "ann's other self", &[(3, "Mill")]);
    link(&world, &ann, 71).await;
    assert_eq!(names("").await, "Mill");
    assert_eq!(discord.consenting(), [71].into());
}

#[tokio::test]
async fn tokens_are_renewed_and_a_grant_that_is_gone_is_named() {
    let (world, ann) = ann().await;
    link(&world, &ann, 70).await;
    world.memory.clock().advance(Duration::from_hours(7 * 24));
    let ann = world.logged_in(ann.user).await;
    assert_eq!(world.get(&ann, AVAILABLE).await.status, StatusCode::OK);
    world.memory.discord().forget(70);
    world.memory.clock().advance(Duration::from_secs(61));
    let lost = world.get(&ann, AVAILABLE).await;
    insta::assert_snapshot!(lost.problem(), @"409 /problems/discord-grant-lost: The consent was taken back, or has expired. Give it again with POST /v1/discord/oauth2/authorize.");
    // What can't be proven any more needs a code.
    let added = world.post(&ann, GUILDS, json!({ "guild_id": "7" })).await;
    assert_eq!(added.status, StatusCode::ACCEPTED);
    assert_eq!(
        world.delete(&ann, LINK).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn without_an_application_the_routes_say_so() {
    let world = World::with(|ports| ports.discord_oauth = Arc::new(NoDiscordOauth));
    let ann = world.tenant("ann").await;
    let refused = world.post(&ann, AUTHORIZE, json!({})).await;
    insta::assert_snapshot!(refused.problem(), @"501 /problems/discord-not-configured: This installation has no OAuth2 application at Discord. Link servers by a code: POST /v1/discord/guilds.");
    let added = world.post(&ann, GUILDS, json!({ "guild_id": "7" })).await;
    assert_eq!(added.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn one_users_link_is_nothing_to_another() {
    let (world, ann) = ann().await;
    let bob = world.tenant("bob").await;
    link(&world, &ann, 70).await;
    assert_eq!(world.get(&bob, LINK).await.kind(), "not-found");
    assert_eq!(world.delete(&bob, LINK).await.kind(), "not-found");
    assert_eq!(
        world.get(&bob, AVAILABLE).await.kind(),
        "discord-not-linked"
    );
    assert_eq!(world.get(&ann, LINK).await.status, StatusCode::OK);
}
