use std::time::Duration;

use patchbay_app::ports::Clock;
use patchbay_domain::Plan;
use patchbay_domain::guild::{
    DiscordChannelKind, DiscordPermission, Guild, GuildLink, GuildLinkRequest, LinkCode,
};
use patchbay_domain::ids::{DiscordChannelId, DiscordGuildId, PartitionId, UserId};
use patchbay_domain::user::{Profile, Role, User};
use serde_json::json;

use super::bench::{Bench, eventually, text};

const USER: UserId = UserId::from_bits(5);

async fn request(bench: &Bench) -> LinkCode {
    let user = User {
        id: USER,
        email: "ann@example.com".parse().unwrap(),
        password_hash: String::new(),
        partition: PartitionId(0),
        role: Role::User,
        plan: Plan::Free,
        profile: Profile::default(),
        created_at: bench.memory.clock().now(),
        leaving_since: None,
    };
    bench.memory.ports().users.create(&user).await.unwrap();
    let code = LinkCode::from_bits(0x1234_5678_9abc_def0_1122);
    let expires_at = bench.memory.clock().now().plus(Duration::from_mins(10));
    let request = GuildLinkRequest {
        owner: USER,
        guild: bench.guild,
        code: code.clone(),
        expires_at,
    };
    bench
        .memory
        .ports()
        .guild_links
        .request(&request)
        .await
        .unwrap();
    code
}

async fn is_linked(bench: &Bench) -> bool {
    bench
        .memory
        .ports()
        .guild_links
        .get(USER, bench.guild)
        .await
        .unwrap()
        .is_some()
}

async fn reply(bench: &Bench) -> String {
    eventually("a reply", async || bench.contents().await.len() >= 2).await;
    bench.contents().await.remove(1)
}

#[tokio::test]
async fn the_owner_links_the_server() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let code = request(&bench).await;
    bench.say(&format!("patchbay link {}", code.as_str())).await;
    assert!(reply(&bench).await.contains("now linked"));
    assert!(is_linked(&bench).await);
    // The bot's reply comes back to it; the command does not go on.
    listener.until_posted(1).await;
    assert!(
        listener.posted()[0].contains("now linked"),
        "{:?}",
        listener.posted()
    );
}

#[tokio::test]
async fn a_plain_member_may_not_link_and_a_manager_may() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let code = request(&bench).await;
    let member = text(&bench.post("/users", json!({"name": "member"})).await["id"]);
    let membership = format!("/guilds/{}/members/{member}", bench.guild);
    bench.change("PUT", &membership, json!({"roles": []})).await;
    let command = format!("patchbay link {}", code.as_str());
    bench.say_as(&member, &command).await;
    assert!(reply(&bench).await.contains("Manage Server"));
    assert!(!is_linked(&bench).await);

    let roles = format!("/guilds/{}/roles", bench.guild);
    let manager = json!({"name": "manager", "permissions": (1 << 5).to_string()});
    let role = bench.post(&roles, manager).await;
    bench
        .change("PUT", &membership, json!({"roles": [role["id"]]}))
        .await;
    bench.say_as(&member, &command).await;
    eventually("linked", async || is_linked(&bench).await).await;
    assert!(
        !listener
            .posted()
            .iter()
            .any(|said| said.contains("patchbay link"))
    );
}

#[tokio::test]
async fn an_unknown_code_links_nothing() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    bench.say("patchbay link ABCDEFGHJKLM").await;
    assert!(reply(&bench).await.contains("unknown or has expired"));
    assert!(!is_linked(&bench).await);
    assert!(
        !listener
            .posted()
            .iter()
            .any(|said| said.contains("patchbay link"))
    );
}

#[tokio::test]
async fn a_plan_without_room_links_nothing_until_there_is_room() {
    let bench = Bench::start().await;
    let _listener = bench.listen_settled().await;
    let code = request(&bench).await;
    let links = bench.memory.ports().guild_links;
    for guild in [1, 2] {
        let other = GuildLink {
            owner: USER,
            guild: DiscordGuildId(guild),
            linked_at: bench.memory.clock().now(),
        };
        links.link(&other, 2).await.unwrap();
    }
    let command = format!("patchbay link {}", code.as_str());
    bench.say(&command).await;
    assert!(reply(&bench).await.contains("larger plan"));
    assert!(!is_linked(&bench).await);

    assert!(links.remove(USER, DiscordGuildId(1), 0).await.unwrap());
    bench.say(&command).await;
    eventually("linked", async || is_linked(&bench).await).await;
}

#[tokio::test]
async fn a_server_is_read_again_when_somebody_wishes_it() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let chats = bench.memory.ports().chats;
    let is_there = async || chats.guild(bench.guild).await.unwrap().is_some();
    eventually("the directory", is_there).await;
    chats.remove_guild(bench.guild).await.unwrap();
    assert!(listener.discord.refresh_guild(bench.guild));
    eventually("the directory again", is_there).await;
    let channel = chats.channel(bench.guild, bench.channel).await.unwrap();
    assert!(channel.unwrap().can_post());

    let elsewhere = DiscordGuildId(1);
    let name = "left".to_owned();
    let left = Guild {
        id: elsewhere,
        name,
        premium_tier: 0,
    };
    chats.put_guild(&left, &[]).await.unwrap();
    assert!(listener.discord.refresh_guild(elsewhere));
    eventually("what the bot is not in is gone", async || {
        chats.guild(elsewhere).await.unwrap().is_none()
    })
    .await;
    assert!(
        !bench.discord().refresh_guild(bench.guild),
        "its shard does not run"
    );
}

#[tokio::test]
async fn the_directory_shows_what_the_bot_may_do() {
    let bench = Bench::start().await;
    let listener = bench.listen(1);
    let chats = bench.memory.ports().chats;
    let rights = async || {
        let channel = chats.channel(bench.guild, bench.channel).await.unwrap();
        channel.map(|channel| (channel.name.clone(), channel.can_read(), channel.can_post()))
    };
    let general = |read, post| Some(("general".to_owned(), read, post));
    eventually("the directory", async || {
        rights().await == general(true, true)
    })
    .await;
    assert_eq!(
        chats.guild(bench.guild).await.unwrap().unwrap().name,
        "Harbour"
    );

    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let no_posting = json!({"kind": "member", "deny": (1 << 11).to_string()});
    bench.change("PUT", &overwrite, no_posting).await;
    eventually("no posting", async || {
        rights().await == general(true, false)
    })
    .await;

    let bot = listener.discord.clone();
    listener
        .until_state("a server", |state| state.guilds == 1)
        .await;
    let application = json!({"application_id": bench.bot()});
    bench
        .change(
            "DELETE",
            &format!("/guilds/{}/bots", bench.guild),
            application,
        )
        .await;
    eventually("no server", async || {
        chats.guild(bench.guild).await.unwrap().is_none()
    })
    .await;
    eventually("no server counted", async || bot.state().guilds == 0).await;
}

#[tokio::test]
async fn the_directory_follows_forums_and_threads() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    let chats = bench.memory.ports().chats;
    let channels = format!("/guilds/{}/channels", bench.guild);
    let category = json!({"name": "Rooms", "type": "category"});
    let category = bench.post(&channels, category).await;
    let forum = json!({"name": "ideas", "type": "forum", "parent": category["id"]});
    let forum: DiscordChannelId = text(&bench.post(&channels, forum).await["id"])
        .parse()
        .unwrap();
    eventually("the forum", async || {
        let known = chats.channel(bench.guild, forum).await.unwrap();
        known.is_some_and(|it| {
            it.kind == DiscordChannelKind::Forum
                && it.category.is_some_and(|category| category.name == "Rooms")
        })
    })
    .await;

    let threads = async |channel: DiscordChannelId, thread: serde_json::Value| {
        let made = bench
            .post(&format!("/channels/{channel}/threads"), thread)
            .await;
        text(&made["id"]).parse::<DiscordChannelId>().unwrap()
    };
    let post = json!({"author": bench.owner, "name": "first", "content": "hello"});
    let post = threads(forum, post).await;
    let plan = json!({"author": bench.owner, "name": "plan", "type": "public_thread"});
    let plan = threads(bench.channel, plan).await;
    let known = async |channel, thread| chats.thread(bench.guild, channel, thread).await.unwrap();
    eventually("a post and a thread", async || {
        let both = [known(forum, post).await, known(bench.channel, plan).await];
        both.iter()
            .all(|it| it.as_ref().is_some_and(|it| it.can_read() && it.can_post()))
    })
    .await;

    let overwrite = format!("/channels/{}/overwrites/{}", bench.channel, bench.bot());
    let silent = json!({"kind": "member", "deny": (1_u64 << 38).to_string()});
    bench.change("PUT", &overwrite, silent).await;
    eventually("no posting in threads", async || {
        let plan = known(bench.channel, plan).await.unwrap();
        plan.missing().for_posting == [DiscordPermission::SendMessagesInThreads]
    })
    .await;
    let general = chats.channel(bench.guild, bench.channel).await.unwrap();
    assert!(general.unwrap().can_post());

    // A new process finds them again, and what became of them meanwhile.
    listener.stop().await;
    let path = format!("/channels/{post}");
    bench
        .change("PATCH", &path, json!({"archived": true}))
        .await;
    let path = format!("/channels/{plan}");
    bench.change("PATCH", &path, json!({"locked": true})).await;
    let _listener = bench.listen(2);
    eventually("the post is archived, the thread locked", async || {
        let plan = known(bench.channel, plan).await;
        known(forum, post).await.is_none() && plan.is_some_and(|plan| plan.is_locked)
    })
    .await;
    bench.change("DELETE", &path, json!(null)).await;
    eventually("no thread", async || {
        chats.threads(bench.guild).await.unwrap().is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_new_process_knows_the_servers_of_the_session_it_goes_on_with() {
    let bench = Bench::start().await;
    let listener = bench.listen_settled().await;
    listener.stop().await;
    let listener = bench.listen(2);
    listener.until_connected().await;
    assert_eq!(bench.sessions().await, 1);
    let code = request(&bench).await;
    bench.say(&format!("patchbay link {}", code.as_str())).await;
    eventually("linked", async || is_linked(&bench).await).await;
    assert_eq!(listener.discord.state().guilds, 1);
}
