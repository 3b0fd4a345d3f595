use axum::http::{Method, StatusCode, header};
use patchbay_app::link_discord;
use patchbay_app::ports::{Control, ControlTarget};
use patchbay_domain::guild::{
    DiscordCategory, DiscordChannel, DiscordChannelKind, DiscordThread, DiscordThreadKind, Guild,
    GuildLink, LinkCode,
};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId};
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
    link_discord::fulfil(&world.ports, &request).await.unwrap();
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
      "category": null,
      "id": "13",
      "is_nsfw": false,
      "kind": "text",
      "missing": {
        "for_everything": [
          "read_message_history",
          "add_reactions",
          "send_voice_messages",
          "send_polls",
          "manage_webhooks"
        ],
        "for_posting": [],
        "for_reading": [
          "read_message_history"
        ]
      },
      "name": "channel-13",
      "position": 0,
      "topic": null
    }
    "#);
}

/// A forum, 15, with the posts 21 to 23 of which 22 is locked, and a voice channel, 16.
async fn furnish(world: &World, guild: u64) {
    let guild = DiscordGuildId(guild);
    let known = world.ports.chats.channels(guild).await.unwrap();
    let all = |id, kind| DiscordChannel {
        id: DiscordChannelId(id),
        name: format!("Room {id}"),
        kind,
        category: Some(DiscordCategory {
            id: DiscordChannelId(5),
            name: "Rooms".to_owned(),
        }),
        permissions: u64::MAX.into(),
        ..known[0].clone()
    };
    let mut channels = known.clone();
    channels.push(all(15, DiscordChannelKind::Forum));
    channels.push(all(16, DiscordChannelKind::Voice));
    let town = Guild {
        id: guild,
        name: "Town".to_owned(),
        premium_tier: 0,
    };
    world.ports.chats.put_guild(&town, &channels).await.unwrap();
    let without_rights = |id| DiscordThread {
        id: DiscordChannelId(id),
        guild,
        channel: DiscordChannelId(15),
        name: format!("Post {id}"),
        kind: DiscordThreadKind::PublicThread,
        is_locked: id == 22,
        permissions: known[0].permissions,
    };
    let free = DiscordThread {
        permissions: u64::MAX.into(),
        ..without_rights(21)
    };
    let threads = [free, without_rights(22), without_rights(23)];
    world
        .ports
        .chats
        .put_threads(guild, &threads)
        .await
        .unwrap();
}

#[tokio::test]
async fn channels_are_found_by_kind_and_name_in_pages() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    world.guild(&ann, 7).await;
    furnish(&world, 7).await;
    let ids = async |query: &str| {
        let answer = world
            .get(&ann, &format!("{GUILDS}/7/channels{query}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        let items = answer.body["items"].as_array().unwrap().clone();
        let ids = items.iter().map(|it| it["id"].as_str().unwrap().to_owned());
        (
            ids.collect::<Vec<_>>().join(" "),
            answer.body["next_cursor"].clone(),
        )
    };
    assert_eq!(ids("").await, ("11 12 13 14 15 16".to_owned(), Value::Null));
    assert_eq!(ids("?kind=forum").await.0, "15");
    assert_eq!(ids("?kind=media").await.0, "");
    assert_eq!(ids("?query=ROOM").await.0, "15 16");
    assert_eq!(ids("?query=room&kind=text").await.0, "");
    let (first, next) = ids("?limit=4").await;
    assert_eq!(first, "11 12 13 14");
    let rest = ids(&format!("?limit=4&cursor={}", next.as_str().unwrap())).await;
    assert_eq!(rest, ("15 16".to_owned(), Value::Null));
    let mut refused = Vec::new();
    for query in [
        "kind=directory".to_owned(),
        "cursor=eA".to_owned(),
        format!("query={}", "x".repeat(101)),
    ] {
        let answer = world
            .get(&ann, &format!("{GUILDS}/7/channels?{query}"))
            .await;
        refused.push(answer.problem());
    }
    insta::assert_snapshot!(refused.join("\n"), @r#"
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      kind: unknown variant `directory`, expected one of `text`, `announcement`, `voice`, `stage`, `forum`, `media`
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      cursor: is not the next_cursor of a page of this list; leave it out to begin at the start
    400 /problems/invalid-query: Correct the parameter named in `errors`.
      query: has to be at most 100 characters long
    "#);
}

#[tokio::test]
async fn threads_say_what_they_can_be() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    world.guild(&ann, 7).await;
    furnish(&world, 7).await;
    let path = format!("{GUILDS}/7/channels/15/threads");
    let threads = world.get(&ann, &format!("{path}?limit=2")).await.body;
    insta::assert_json_snapshot!(threads["items"], @r#"
    [
      {
        "can_post": true,
        "can_read": true,
        "channel_id": "15",
        "id": "21",
        "is_locked": false,
        "kind": "public_thread",
        "missing": {
          "for_everything": [],
          "for_posting": [],
          "for_reading": []
        },
        "name": "Post 21"
      },
      {
        "can_post": false,
        "can_read": true,
        "channel_id": "15",
        "id": "22",
        "is_locked": true,
        "kind": "public_thread",
        "missing": {
          "for_everything": [
            "add_reactions",
            "send_voice_messages",
            "send_polls",
            "manage_webhooks"
          ],
          "for_posting": [
            "send_messages_in_threads",
            "manage_threads"
          ],
          "for_reading": []
        },
        "name": "Post 22"
      }
    ]
    "#);
    let next = threads["next_cursor"].as_str().unwrap();
    let rest = world.get(&ann, &format!("{path}?cursor={next}")).await.body;
    assert_eq!(rest["items"][0]["id"], "23");
    assert_eq!(rest["next_cursor"], Value::Null);
    let none = world
        .get(&ann, &format!("{GUILDS}/7/channels/12/threads"))
        .await;
    assert_eq!(none.body["items"], json!([]));
    for (path, kind) in [
        (format!("{GUILDS}/7/channels/99/threads"), "not-found"),
        (format!("{GUILDS}/7/channels/x/threads"), "not-found"),
        (format!("{path}?cursor=eA"), "invalid-query"),
    ] {
        assert_eq!(world.get(&ann, &path).await.kind(), kind, "{path}");
    }
}

#[tokio::test]
async fn a_post_of_a_forum_is_an_end_of_a_pair_and_the_forum_is_none() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let account = world.account(&ann).await;
    world.guild(&ann, 7).await;
    furnish(&world, 7).await;
    let to = |thread: Option<&str>| {
        let mut end = discord(7, 15);
        end["thread"] = thread.map_or(Value::Null, Value::from);
        json!({ "source": telegram(account, 1), "destination": end })
    };
    let mut refused = Vec::new();
    for thread in [None, Some("99"), Some("22")] {
        let answer = world.post(&ann, "/v1/pairs", to(thread)).await;
        refused.push(answer.problem());
    }
    insta::assert_snapshot!(refused.join("\n"), @r#"
    422 /problems/discord-thread-needed: Choose a post: GET /v1/discord/guilds/7/channels/15/threads lists them.
      /destination/thread: is missing: a forum holds messages in its posts alone
    422 /problems/discord-channel-unknown: GET /v1/discord/guilds/7/channels/15/threads lists them. An archived one becomes active when somebody posts in it.
      /destination/thread: is no active thread of the channel, or hidden from the bot
    422 /problems/destination-not-postable: Give the bot the permissions View Channel and Send Messages there.
      /destination/channel: can't be posted to
    "#);
    let made = world.post(&ann, "/v1/pairs", to(Some("21"))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
}

#[tokio::test]
async fn a_plan_allows_so_many_servers() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    world.guild(&ann, 7).await;
    let asked = world.post(&ann, GUILDS, json!({ "guild_id": "9" })).await;
    world.guild(&ann, 8).await;
    let refused = world.post(&ann, GUILDS, json!({ "guild_id": "10" })).await;
    insta::assert_snapshot!(refused.problem(), @"403 /problems/plan-limit: Your plan allows 2 Discord servers. Remove one, or choose a larger plan.");
    // A code from before is good for nothing either.
    let (guild, now) = (DiscordGuildId(9), world.ports.clock.now());
    let code = LinkCode::in_message(asked.text("post")).unwrap();
    let links = &world.ports.guild_links;
    let request = links.waiting(guild, &code, now).await.unwrap().unwrap();
    link_discord::fulfil(&world.ports, &request).await.unwrap();
    assert_eq!(
        links.get(ann.user.id, guild).await.unwrap(),
        None::<GuildLink>
    );
}

#[tokio::test]
async fn the_connector_is_told_to_read_a_server_again() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    world.guild(&ann, 7).await;
    let answer = world
        .post(&ann, &format!("{GUILDS}/7/refresh"), Value::Null)
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let (owner, guild) = (ann.user.id, DiscordGuildId(7));
    let told = world.told(ControlTarget::Gateway).await;
    assert_eq!(told, [Control::RefreshGuild { owner, guild }]);
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
        (Method::GET, "/channels/11/threads"),
        (Method::POST, "/refresh"),
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
