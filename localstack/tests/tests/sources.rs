//! A source that can't be read any more, as its owner sees it: in the pair, and by mail.

use anyhow::{Context, Result};
use patchbay::{Options, Stack};
use patchbay_domain::Platform;
use patchbay_tests::http::{Http, text};
use patchbay_tests::stage::{Chat, Pair, Stage, Wish};
use serde_json::{Value, json};

const VIEW_CHANNEL: &str = "1024";

/// Takes the account or the bot out of a pair's source, or lets it in again.
async fn shut(stage: &Stage, bot: &str, source: &Chat) -> Result<()> {
    let chat = &source.id;
    match source.platform {
        Platform::Telegram => {
            let member = format!("/chats/{chat}/members/{}", stage.linked);
            stage.telegram.delete(&member).await.map(drop)
        }
        Platform::Discord => deny(stage, bot, chat, VIEW_CHANNEL).await,
    }
}

async fn reopen(stage: &Stage, bot: &str, source: &Chat) -> Result<()> {
    let chat = &source.id;
    match source.platform {
        Platform::Telegram => {
            let member = format!("/chats/{chat}/members/{}", stage.linked);
            let role = json!({ "role": "member" });
            stage.telegram.put(&member, &role).await.map(drop)
        }
        Platform::Discord => deny(stage, bot, chat, "0").await,
    }
}

async fn deny(stage: &Stage, bot: &str, channel: &str, permissions: &str) -> Result<()> {
    let overwrite = json!({ "kind": "member", "deny": permissions });
    let path = format!("/channels/{channel}/overwrites/{bot}");
    stage.discord.put(&path, &overwrite).await.map(drop)
}

/// A pair that reads a group of somebody else's, which the account can be thrown out of.
async fn of_a_guest(stage: &Stage, api: &Http, like: &Pair) -> Result<Pair> {
    let group = json!({
        "kind": "supergroup", "title": "Guests", "creator": stage.member, "members": [stage.linked],
    });
    let group = text(&stage.telegram.post("/chats", &group).await?["id"])?;
    let like_it = api.get(&format!("/v1/pairs/{}", like.id)).await?;
    let account = text(&like_it["source"]["account"])?;
    let listed = format!("/v1/telegram/accounts/{account}/chats/{group}");
    api.once(&listed, |chat| chat["id"] == json!(group)).await?;
    let mut source = like_it["source"].clone();
    source["chat"] = json!(group);
    let wanted = json!({ "source": source, "destination": like_it["destination"] });
    Ok(Pair {
        id: text(&api.post("/v1/pairs", &wanted).await?["id"])?,
        source: Chat {
            platform: Platform::Telegram,
            id: group,
            part: None,
        },
        destination: like.destination.clone(),
    })
}

async fn until_trouble(api: &Http, pair: &Pair, code: Value) -> Result<()> {
    let path = format!("/v1/pairs/{}", pair.id);
    let is_so = |pair: &Value| pair["id"].is_string() && pair["trouble"]["code"] == code;
    api.once(&path, is_so).await.map(drop)
}

fn letters_about(mailbox: &std::path::Path, pair: &Pair) -> Result<usize> {
    let mut about = 0;
    for letter in std::fs::read_dir(mailbox)? {
        let letter = std::fs::read_to_string(letter?.path())?;
        about += usize::from(letter.contains(&pair.id) && letter.contains("gets no messages"));
    }
    Ok(about)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_source_is_told_of_once_and_heals() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let on = |platform| Wish::new(platform, platform);
    let wishes = [Platform::Telegram, Platform::Discord, Platform::Discord].map(on);
    let (stage, pairs) = Stage::set_up(stack.endpoints(), &wishes).await?;
    let api = Stage::api(stack.endpoints()).await?;
    let guest = of_a_guest(&stage, &api, &pairs[0]).await?;
    let (losing, others) = ([&guest, &pairs[1]], [&pairs[0], &pairs[2]]);
    let applications = stage.discord.get("/applications").await?;
    let bot = text(&applications[0]["bot_user_id"]).context("a bot")?;
    for (pair, code) in losing.into_iter().zip(["source_lost", "source_unreadable"]) {
        for _ in 0..2 {
            shut(&stage, &bot, &pair.source).await?;
            until_trouble(&api, pair, json!(code)).await?;
            reopen(&stage, &bot, &pair.source).await?;
            until_trouble(&api, pair, Value::Null).await?;
        }
        assert_eq!(letters_about(&stack.endpoints().mailbox, pair)?, 1);
    }
    for other in others {
        until_trouble(&api, other, Value::Null).await?;
        assert_eq!(letters_about(&stack.endpoints().mailbox, other)?, 0);
    }
    stack.stop().await;
    Ok(())
}
