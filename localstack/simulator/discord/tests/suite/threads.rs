//! Threads and forums.

use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{
    AutoArchiveDuration, ChannelType, CreateForumPost, CreateMessage, CreateThread, CreateWebhook,
    EditThread, EditWebhookMessage, ExecuteWebhook, MessageId,
};

use crate::bot::{Bot, refusal, refused};
use crate::gateway::Bot as Listener;
use crate::stage::{id, text};

const VIEW: u64 = 1 << 10;
const SEND: u64 = 1 << 11;
const MANAGE_THREADS: u64 = 1 << 34;
const SEND_IN_THREADS: u64 = 1 << 38;

impl Bot {
    async fn room(&self, kind: &str, more: Value) -> Value {
        let mut body = json!({ "name": kind, "type": kind });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let path = format!("/guilds/{}/channels", self.scene.guild);
        self.stage.ask(&path, body).await
    }

    /// A thread that the person starts.
    async fn thread_in(&self, channel: &str, mut more: Value) -> String {
        more["author"] = json!(self.scene.person);
        more["name"] = json!("talk");
        let path = format!("/channels/{channel}/threads");
        text(&self.stage.ask(&path, more).await["id"])
    }

    async fn overwrite(&self, channel: &str, allow: u64, deny: u64) {
        let path = format!("/channels/{channel}/overwrites/{}", self.scene.bot);
        let body = json!({ "kind": "member", "allow": allow, "deny": deny });
        self.stage.control(Method::PUT, &path, body).await;
    }

    async fn post_raw(&self, path: &str, body: Value) -> (u16, i64) {
        refused(self.stage.rest(&self.scene, Method::POST, path, body).await).await
    }

    async fn edit_thread(&self, thread: &str, edit: Value) {
        let path = format!("/channels/{thread}");
        self.stage.control(Method::PATCH, &path, edit).await;
    }

    async fn active(&self) -> Vec<String> {
        let guild = id(&self.scene.guild);
        let active = self.http.get_guild_active_threads(guild).await.unwrap();
        let ids = active.threads.iter().map(|thread| thread.id.to_string());
        ids.collect()
    }
}

#[tokio::test]
async fn a_message_grows_a_thread_once() {
    let bot = Bot::new().await;
    let said: MessageId = id(&bot.stage.say(&bot.scene, "question").await);
    let new = CreateThread::new("answers").auto_archive_duration(AutoArchiveDuration::OneHour);
    let thread = bot
        .channel
        .create_thread_from_message(&bot.http, said, new.clone())
        .await
        .unwrap();
    assert_eq!(thread.id.get(), said.get());
    assert_eq!(thread.kind, ChannelType::PublicThread);
    assert_eq!(thread.parent_id, Some(bot.channel));
    assert_eq!(thread.owner_id.unwrap().to_string(), bot.scene.bot);
    let metadata = thread.thread_metadata.unwrap();
    assert!(!metadata.archived && !metadata.locked);
    assert_eq!(metadata.auto_archive_duration, AutoArchiveDuration::OneHour);
    let again = bot
        .channel
        .create_thread_from_message(&bot.http, said, new)
        .await
        .unwrap_err();
    assert_eq!(refusal(&again), (400, 160_004));
    let origin = bot.channel.message(&bot.http, said).await.unwrap();
    assert_eq!(origin.thread.unwrap().name, "answers");
    let first = thread
        .id
        .messages(&bot.http, serenity::all::GetMessages::new());
    let first = first.await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(u8::from(first[0].kind), 21);
    assert_eq!(
        first[0].message_reference.as_ref().unwrap().message_id,
        Some(said)
    );
    bot.stage.stop().await;
}

#[tokio::test]
async fn each_kind_of_channel_has_its_kinds_of_threads() {
    let bot = Bot::new().await;
    let news = text(&bot.room("announcement", json!({})).await["id"]);
    let voice = text(&bot.room("voice", json!({})).await["id"]);
    let category = text(&bot.room("category", json!({})).await["id"]);
    let there = &bot.scene.channel;
    for (channel, kind, expected) in [
        (there, 11, 200),
        (there, 12, 200),
        (there, 10, 400),
        (&news, 10, 200),
        (&news, 11, 400),
        (&voice, 11, 400),
        (&category, 11, 400),
    ] {
        let path = format!("/channels/{channel}/threads");
        let body = json!({ "name": "x", "type": kind });
        let answer = bot.stage.rest(&bot.scene, Method::POST, &path, body).await;
        assert_eq!(answer.status(), expected, "{kind} in {channel}");
    }
    let listed = bot.http.get_channels(id(&bot.scene.guild)).await.unwrap();
    let mut kinds: Vec<u8> = listed
        .iter()
        .map(|channel| u8::from(channel.kind))
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [0, 2, 4, 5]);
    assert_eq!(bot.active().await.len(), 3);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_forum_has_posts_and_no_messages_of_its_own() {
    let bot = Bot::new().await;
    let tags = json!({ "tags": [{ "name": "idea" }, { "name": "done", "moderated": true }] });
    let made = bot.room("forum", tags).await;
    let (idea, done) = (text(&made["tags"][0]["id"]), text(&made["tags"][1]["id"]));
    let forum: serenity::all::ChannelId = id(&text(&made["id"]));
    let seen = forum.to_channel(&bot.http).await.unwrap().guild().unwrap();
    assert_eq!(seen.kind, ChannelType::Forum);
    assert_eq!(seen.available_tags.len(), 2);
    let straight = forum.say(&bot.http, "x").await.unwrap_err();
    assert_eq!(refusal(&straight), (400, 50_008));

    let message = CreateMessage::new().content("shall we?");
    let post = CreateForumPost::new("an idea", message).add_applied_tag(id(&idea));
    let post = forum.create_forum_post(&bot.http, post).await.unwrap();
    assert_eq!(post.applied_tags[0].to_string(), idea);
    let first = post
        .id
        .message(&bot.http, MessageId::new(post.id.get()))
        .await
        .unwrap();
    assert_eq!(first.content, "shall we?");
    post.id.say(&bot.http, "yes").await.unwrap();
    let counted = post
        .id
        .to_channel(&bot.http)
        .await
        .unwrap()
        .guild()
        .unwrap();
    assert_eq!(counted.message_count, Some(1));

    let path = format!("/channels/{forum}/threads");
    let message = json!({ "content": "x" });
    for (body, code) in [
        (json!({ "name": "x" }), 50_035),
        (json!({ "name": "", "message": message }), 50_035),
        (json!({ "name": "x", "message": {} }), 50_006),
        (
            json!({ "name": "x", "message": message, "applied_tags": [done] }),
            50_035,
        ),
        (
            json!({ "name": "x", "message": message, "applied_tags": ["5"] }),
            50_035,
        ),
    ] {
        assert_eq!(bot.post_raw(&path, body).await, (400, code));
    }
    assert_eq!(bot.active().await, [post.id.to_string()]);
    let hers = json!({ "content": "mine", "tags": [done] });
    let hers = bot.thread_in(&forum.to_string(), hers).await;
    assert_eq!(bot.stage.said(&hers).await[0]["content"], "mine");
    bot.stage.stop().await;
}

#[tokio::test]
async fn an_archived_thread_is_listed_apart_and_comes_back_with_a_message() {
    let bot = Bot::new().await;
    let old = bot.thread_in(&bot.scene.channel, json!({})).await;
    let new = bot.thread_in(&bot.scene.channel, json!({})).await;
    let sent = id::<serenity::all::ChannelId>(&old)
        .say(&bot.http, "x")
        .await
        .unwrap();
    for thread in [&old, &new] {
        bot.edit_thread(thread, json!({ "archived": true })).await;
    }
    assert!(bot.active().await.is_empty());
    let listed = async || {
        let threads = bot
            .http
            .get_channel_archived_public_threads(bot.channel, None, None);
        let threads = threads.await.unwrap().threads;
        threads
            .iter()
            .map(|thread| thread.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [new.clone(), old.clone()]);
    let edit = serenity::all::EditMessage::new().content("y");
    let late = sent.channel_id.edit_message(&bot.http, sent.id, edit).await;
    assert_eq!(refusal(&late.unwrap_err()), (400, 50_083));
    sent.channel_id.say(&bot.http, "again").await.unwrap();
    assert_eq!(bot.active().await, std::slice::from_ref(&old));
    assert_eq!(listed().await, [new]);
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_locked_thread_is_for_moderators() {
    let bot = Bot::new().await;
    let thread = bot.thread_in(&bot.scene.channel, json!({})).await;
    bot.edit_thread(&thread, json!({ "locked": true, "archived": true }))
        .await;
    let path = format!("/channels/{thread}/messages");
    let message = json!({ "content": "x" });
    assert_eq!(bot.post_raw(&path, message.clone()).await, (400, 160_005));
    let there: serenity::all::ChannelId = id(&thread);
    let open = EditThread::new().archived(false);
    let refused = there
        .edit_thread(&bot.http, open.clone())
        .await
        .unwrap_err();
    assert_eq!(refusal(&refused), (400, 160_005));
    bot.overwrite(&bot.scene.channel, MANAGE_THREADS, 0).await;
    there.edit_thread(&bot.http, open).await.unwrap();
    there.say(&bot.http, "x").await.unwrap();
    there.delete(&bot.http).await.unwrap();
    assert!(bot.active().await.is_empty());
    bot.stage.stop().await;
}

#[tokio::test]
async fn only_its_owner_or_a_moderator_renames_a_thread() {
    let bot = Bot::new().await;
    let hers = bot.thread_in(&bot.scene.channel, json!({})).await;
    let rename = EditThread::new().name("other");
    let refused = id::<serenity::all::ChannelId>(&hers)
        .edit_thread(&bot.http, rename.clone())
        .await
        .unwrap_err();
    assert_eq!(refusal(&refused), (403, 50_013));
    let new = CreateThread::new("own").kind(ChannelType::PublicThread);
    let own = bot.channel.create_thread(&bot.http, new).await.unwrap();
    let renamed = own.id.edit_thread(&bot.http, rename).await.unwrap();
    assert_eq!(renamed.name, "other");
    let slow = json!({ "rate_limit_per_user": 5 });
    let path = format!("/channels/{}", own.id);
    let answer = bot.stage.rest(&bot.scene, Method::PATCH, &path, slow).await;
    assert_eq!(answer.status(), 403);
    bot.stage.stop().await;
}

#[tokio::test]
async fn in_a_thread_another_permission_lets_write() {
    let bot = Bot::new().await;
    let thread = bot.thread_in(&bot.scene.channel, json!({})).await;
    let path = format!("/channels/{thread}/messages");
    let message = json!({ "content": "x" });
    bot.overwrite(&bot.scene.channel, 0, SEND).await;
    let there: serenity::all::ChannelId = id(&thread);
    there.say(&bot.http, "x").await.unwrap();
    bot.overwrite(&bot.scene.channel, 0, SEND_IN_THREADS).await;
    assert_eq!(bot.post_raw(&path, message.clone()).await, (403, 50_013));
    bot.channel.say(&bot.http, "x").await.unwrap();
    bot.overwrite(&bot.scene.channel, 0, VIEW).await;
    assert_eq!(bot.post_raw(&path, message).await, (403, 50_001));
    assert!(bot.active().await.is_empty());
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_private_thread_is_for_its_members() {
    let bot = Bot::new().await;
    let thread = bot
        .thread_in(&bot.scene.channel, json!({ "type": "private_thread" }))
        .await;
    let path = format!("/channels/{thread}");
    let answer = bot
        .stage
        .rest(&bot.scene, Method::GET, &path, json!({}))
        .await;
    assert_eq!(refused(answer).await, (403, 50_001));
    assert!(bot.active().await.is_empty());
    let joined = format!("/channels/{thread}/members/{}", bot.scene.bot);
    bot.stage.control(Method::PUT, &joined, json!({})).await;
    let there: serenity::all::ChannelId = id(&thread);
    let seen = there.to_channel(&bot.http).await.unwrap().guild().unwrap();
    assert!(seen.member.is_some());
    assert_eq!(bot.active().await, std::slice::from_ref(&thread));
    there.leave_thread(&bot.http).await.unwrap();
    assert!(bot.active().await.is_empty());
    bot.stage.stop().await;
}

#[tokio::test]
async fn a_webhook_writes_in_threads_of_its_channel() {
    let bot = Bot::new().await;
    let thread = bot.thread_in(&bot.scene.channel, json!({})).await;
    let hook = CreateWebhook::new("bridge");
    let hook = bot.channel.create_webhook(&bot.http, hook).await.unwrap();
    let nobody = bot.stage.http("");
    let there: serenity::all::ChannelId = id(&thread);
    let message = ExecuteWebhook::new().content("over").in_thread(there);
    let sent = hook.execute(&nobody, true, message).await.unwrap().unwrap();
    assert_eq!(sent.channel_id, there);
    let edit = EditWebhookMessage::new().content("edited").in_thread(there);
    hook.edit_message(&nobody, sent.id, edit).await.unwrap();
    assert_eq!(bot.stage.said(&thread).await[0]["content"], "edited");
    hook.delete_message(&nobody, Some(there), sent.id)
        .await
        .unwrap();
    assert!(bot.stage.said(&thread).await.is_empty());

    let forum = text(&bot.room("forum", json!({})).await["id"]);
    let post = bot.thread_in(&forum, json!({ "content": "x" })).await;
    let elsewhere = ExecuteWebhook::new()
        .content("x")
        .in_thread(id::<serenity::all::ChannelId>(&post));
    let refused = hook.execute(&nobody, true, elsewhere).await.unwrap_err();
    assert_eq!(refusal(&refused), (404, 10_003));
    let outside = ExecuteWebhook::new()
        .content("x")
        .thread_name("new".to_owned());
    let refused = hook.execute(&nobody, true, outside).await.unwrap_err();
    assert_eq!(refusal(&refused), (400, 220_003));

    let forum: serenity::all::ChannelId = id(&forum);
    let hook = CreateWebhook::new("bridge");
    let hook = forum.create_webhook(&bot.http, hook).await.unwrap();
    let refused = hook.execute(&nobody, true, ExecuteWebhook::new().content("x"));
    assert_eq!(refusal(&refused.await.unwrap_err()), (400, 220_001));
    let new = ExecuteWebhook::new()
        .content("first")
        .thread_name("news".to_owned());
    let sent = hook.execute(&nobody, true, new).await.unwrap().unwrap();
    assert_eq!(sent.channel_id.get(), sent.id.get());
    bot.stage.stop().await;
}

#[tokio::test]
async fn the_gateway_tells_of_threads_and_what_is_said_there() {
    let bot = Bot::new().await;
    let sleeping = bot.thread_in(&bot.scene.channel, json!({})).await;
    let old = bot.thread_in(&bot.scene.channel, json!({})).await;
    bot.edit_thread(&sleeping, json!({ "archived": true }))
        .await;
    let mut listener = Listener::new(&bot.stage, &bot.scene.token, crate::gateway::TALK, None);
    let guild = listener.event("GUILD_CREATE").await;
    let threads: Vec<&str> = guild["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thread| thread["id"].as_str().unwrap())
        .collect();
    assert_eq!(threads, [old.as_str()]);

    let said = bot.stage.say(&bot.scene, "question").await;
    listener.reads("question").await;
    let thread = bot
        .thread_in(&bot.scene.channel, json!({ "message": said }))
        .await;
    let created = listener.event("THREAD_CREATE").await;
    assert_eq!(
        (&created["id"], &created["newly_created"]),
        (&json!(thread), &json!(true))
    );
    let origin = listener.event("MESSAGE_UPDATE").await;
    assert_eq!(origin["thread"]["id"], thread);
    assert_eq!(listener.event("MESSAGE_CREATE").await["type"], 21);
    let path = format!("/channels/{thread}/messages");
    let message = json!({ "author": bot.scene.person, "content": "answer" });
    bot.stage.ask(&path, message.clone()).await;
    assert_eq!(listener.reads("answer").await["channel_id"], thread);

    bot.edit_thread(&thread, json!({ "archived": true, "name": "old" }))
        .await;
    let updated = listener.event("THREAD_UPDATE").await;
    assert_eq!(updated["thread_metadata"]["archived"], true);
    assert_eq!(updated["name"], "old");
    bot.stage.ask(&path, message).await;
    let updated = listener.event("THREAD_UPDATE").await;
    assert_eq!(updated["thread_metadata"]["archived"], false);
    listener.reads("answer").await;
    id::<serenity::all::ChannelId>(&thread)
        .say(&bot.http, "x")
        .await
        .unwrap();
    let came = listener.event("THREAD_MEMBERS_UPDATE").await;
    assert_eq!(came["added_members"][0]["user_id"], bot.scene.bot);
    bot.stage
        .control(Method::DELETE, &format!("/channels/{thread}"), json!({}))
        .await;
    let deleted = listener.event("THREAD_DELETE").await;
    assert_eq!(deleted["parent_id"], bot.scene.channel);

    let private = json!({ "type": "private_thread" });
    let private = bot.thread_in(&bot.scene.channel, private).await;
    let hidden = format!("/channels/{private}/messages");
    let secret = json!({ "author": bot.scene.person, "content": "secret" });
    bot.stage.ask(&hidden, secret).await;
    bot.stage.say(&bot.scene, "open").await;
    // Nothing of the private thread came in between.
    let next = listener.next().await;
    assert_eq!(next["d"]["content"], "open", "{next}");
    let join = format!("/channels/{private}/members/{}", bot.scene.bot);
    bot.stage.control(Method::PUT, &join, json!({})).await;
    assert_eq!(listener.event("THREAD_CREATE").await["id"], private);
    bot.stage.stop().await;
}

#[tokio::test]
async fn who_comes_to_see_a_channel_is_told_of_its_threads() {
    let bot = Bot::new().await;
    let guild = &bot.scene.guild;
    let everyone = format!("/channels/{}/overwrites/{guild}", bot.scene.channel);
    let hide = json!({ "kind": "role", "deny": VIEW });
    bot.stage.control(Method::PUT, &everyone, hide).await;
    let role = json!({ "name": "reader" });
    let role = text(&bot.stage.ask(&format!("/guilds/{guild}/roles"), role).await["id"]);
    let thread = bot.thread_in(&bot.scene.channel, json!({})).await;
    let mut listener = Listener::connect(&bot.stage, &bot.scene).await;

    bot.overwrite(&bot.scene.channel, VIEW, 0).await;
    listener.event("CHANNEL_UPDATE").await;
    let synced = listener.event("THREAD_LIST_SYNC").await;
    assert_eq!(synced["channel_ids"], json!([bot.scene.channel]));
    assert_eq!(synced["threads"][0]["id"], thread);
    bot.overwrite(&bot.scene.channel, 0, 0).await;
    listener.event("CHANNEL_UPDATE").await;

    let path = format!("/guilds/{guild}/roles/{role}");
    let all = json!({ "permissions": 1 << 3 });
    bot.stage.control(Method::PATCH, &path, all).await;
    let updated = listener.event("GUILD_ROLE_UPDATE").await;
    assert_eq!(updated["role"]["permissions"], "8");
    let member = format!("/guilds/{guild}/members/{}", bot.scene.bot);
    let roles = json!({ "roles": [role] });
    bot.stage.control(Method::PUT, &member, roles).await;
    let updated = listener.event("GUILD_MEMBER_UPDATE").await;
    assert_eq!(updated["roles"], json!([role]));
    assert_eq!(
        listener.event("THREAD_LIST_SYNC").await["threads"][0]["id"],
        thread
    );
    bot.stage.stop().await;
}
