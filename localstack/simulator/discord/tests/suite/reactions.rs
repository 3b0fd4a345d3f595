//! Reactions, by bots and by people.

use reqwest::Method;
use serde_json::json;
use serenity::all::{MessageId, ReactionType};
use twilight_gateway::Intents;

use crate::bot::{Bot, refusal, refused};
use crate::gateway;
use crate::stage::{id, text};

impl Bot {
    /// Lifts the limit of one reaction in 250 ms.
    async fn react_fast(&self) {
        let limit = json!({ "limit": 100, "per_ms": 1000 });
        let route = "PUT /channels/{}/messages/{}/reactions/{}/@me";
        let limits = json!({ "rate_limits": { route: limit } });
        self.stage.set(limits).await;
    }
}

#[tokio::test]
async fn reactions_are_counted_announced_and_taken_away() {
    let bot = Bot::new().await;
    let intents = gateway::TALK | Intents::GUILD_MESSAGE_REACTIONS;
    let mut listener = gateway::Bot::new(&bot.stage, &bot.scene.token, intents, None);
    listener.event("GUILD_CREATE").await;
    bot.react_fast().await;
    let said = bot.stage.say(&bot.scene, "vote").await;
    let message: MessageId = id(&said);
    let fire = ReactionType::Unicode("🔥".to_owned());
    let react = |emoji: ReactionType| bot.channel.create_reaction(&bot.http, message, emoji);
    react(fire.clone()).await.unwrap();
    let added = listener.event("MESSAGE_REACTION_ADD").await;
    assert_eq!(
        (&added["user_id"], &added["message_author_id"]),
        (&json!(bot.scene.bot), &json!(bot.scene.person))
    );
    assert_eq!(added["emoji"], json!({ "id": null, "name": "🔥" }));

    // A person does the same, and adds an emoji of the guild.
    let path = format!("/channels/{}/messages/{said}/reactions", bot.scene.channel);
    let emoji = json!({ "name": "party", "animated": true });
    let emoji = bot
        .stage
        .ask(&format!("/guilds/{}/emojis", bot.scene.guild), emoji)
        .await;
    let party = format!("party:{}", text(&emoji["id"]));
    for emoji in ["🔥", &party] {
        let path = format!("{path}/{emoji}/{}", bot.scene.person);
        bot.stage.control(Method::PUT, &path, json!({})).await;
    }
    listener.event("MESSAGE_REACTION_ADD").await;
    let added = listener.event("MESSAGE_REACTION_ADD").await;
    assert_eq!(
        added["emoji"],
        json!({ "id": emoji["id"], "name": "party", "animated": true })
    );
    let found = bot.channel.message(&bot.http, message).await.unwrap();
    let counted: Vec<_> = found
        .reactions
        .iter()
        .map(|one| (one.count, one.me))
        .collect();
    assert_eq!(counted, [(2, true), (1, false)]);
    let who = bot
        .http
        .get_reaction_users(bot.channel, message, &fire, 10, None)
        .await
        .unwrap();
    assert_eq!(who.len(), 2);

    bot.channel
        .delete_reaction(&bot.http, message, None, fire.clone())
        .await
        .unwrap();
    assert_eq!(
        listener.event("MESSAGE_REACTION_REMOVE").await["user_id"],
        json!(bot.scene.bot)
    );
    let path_of_fire = format!("{path}/🔥");
    bot.stage
        .control(Method::DELETE, &path_of_fire, json!({}))
        .await;
    let removed = listener.event("MESSAGE_REACTION_REMOVE_EMOJI").await;
    assert_eq!(removed["emoji"]["name"], "🔥");
    bot.stage.control(Method::DELETE, &path, json!({})).await;
    let removed = listener.event("MESSAGE_REACTION_REMOVE_ALL").await;
    assert_eq!(removed["message_id"], json!(said));
    let said = &bot.stage.said(&bot.scene.channel).await[0];
    assert_eq!(said["reactions"], json!([]));
    bot.stage.stop().await;
}

#[tokio::test]
async fn what_is_no_emoji_and_who_may_not_react_is_refused() {
    let bot = Bot::new().await;
    bot.react_fast().await;
    let said = bot.stage.say(&bot.scene, "x").await;
    let path = |emoji: &str| {
        let channel = &bot.scene.channel;
        format!("/channels/{channel}/messages/{said}/reactions/{emoji}/@me")
    };
    for unknown in ["fire", "party:1"] {
        let answer = bot
            .stage
            .rest(&bot.scene, Method::PUT, &path(unknown), json!({}))
            .await;
        assert_eq!(refused(answer).await, (404, 10014), "{unknown}");
    }
    let hers = format!(
        "/channels/{}/messages/{said}/reactions/🔥",
        bot.scene.channel
    );
    let add = format!("{hers}/{}", bot.scene.person);
    bot.stage.control(Method::PUT, &add, json!({})).await;
    let clear = bot
        .channel
        .delete_reactions(&bot.http, id::<MessageId>(&said))
        .await;
    assert_eq!(refusal(&clear.unwrap_err()), (403, 50013));
    let deny = json!({ "kind": "member", "deny": 1 << 6 });
    let overwrites = format!(
        "/channels/{}/overwrites/{}",
        bot.scene.channel, bot.scene.bot
    );
    bot.stage.control(Method::PUT, &overwrites, deny).await;
    let answer = bot
        .stage
        .rest(&bot.scene, Method::PUT, &path("👍"), json!({}))
        .await;
    assert_eq!(refused(answer).await, (403, 50013));
    let answer = bot
        .stage
        .rest(&bot.scene, Method::PUT, &path("🔥"), json!({}))
        .await;
    // Joining in needs no permission.
    assert_eq!(answer.status(), 204);
    bot.stage.stop().await;
}
