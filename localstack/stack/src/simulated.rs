//! People and chats on the simulators: found, or made if they are not there yet.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::endpoints::SimulatorEndpoints;
use crate::http::Http;

/// People and chats to play with, as the README tells of them.
pub(crate) async fn playground(endpoints: &SimulatorEndpoints) -> Result<()> {
    let telegram = Http::new(format!("{}/_sim/telegram", endpoints.control));
    let discord = Http::new(format!("{}/_sim/discord", endpoints.control));
    let ann = telegram_user(&telegram, "15550100001", "Ann", None).await?;
    let bob = telegram_user(&telegram, "15550100002", "Bob", Some("hunter2")).await?;
    for title in ["Playground", "Playground copy"] {
        telegram_chat(&telegram, title, &ann, &bob).await?;
    }
    let cleo = discord_user(&discord, "cleo").await?;
    let guild = discord_guild(&discord, "Playground", &cleo).await?;
    for name in ["general", "bridge"] {
        discord_channel(&discord, &guild, name).await?;
    }
    Ok(())
}

pub(crate) async fn telegram_user(
    control: &Http,
    phone: &str,
    name: &str,
    password: Option<&str>,
) -> Result<String> {
    let wanted = json!({"phone": phone, "first_name": name, "password": password});
    find_or_make(control, "/users", |user| user["phone"] == phone, &wanted).await
}

/// A supergroup of two people, which the first of them made.
pub(crate) async fn telegram_chat(
    control: &Http,
    title: &str,
    creator: &str,
    member: &str,
) -> Result<String> {
    let wanted = json!({
        "kind": "supergroup",
        "title": title,
        "creator": id(creator)?,
        "members": [id(member)?],
    });
    find_or_make(control, "/chats", |chat| chat["title"] == title, &wanted).await
}

pub(crate) async fn discord_application(control: &Http) -> Result<Value> {
    let known = control.get("/applications").await?;
    match list(&known).first() {
        Some(application) => Ok(application.clone()),
        None => {
            control
                .post("/applications", &json!({"name": "Patchbay"}))
                .await
        }
    }
}

pub(crate) async fn discord_user(control: &Http, name: &str) -> Result<String> {
    let is_it = |user: &Value| user["username"] == name || user["name"] == name;
    find_or_make(control, "/users", is_it, &json!({"name": name})).await
}

/// A server with the bot in it.
pub(crate) async fn discord_guild(control: &Http, name: &str, owner: &str) -> Result<String> {
    let wanted = json!({"name": name, "owner": owner});
    let guild = find_or_make(control, "/guilds", |guild| guild["name"] == name, &wanted).await?;
    let application = discord_application(control).await?;
    let bot = json!({"application_id": application["application_id"]});
    control.post(&format!("/guilds/{guild}/bots"), &bot).await?;
    Ok(guild)
}

pub(crate) async fn discord_channel(control: &Http, guild: &str, name: &str) -> Result<String> {
    let known = control.get("/guilds").await?;
    let known = list(&known)
        .into_iter()
        .find(|known| text(&known["id"]) == guild);
    let channels = known
        .map(|guild| guild["channels"].clone())
        .unwrap_or_default();
    let channel = list(&channels)
        .into_iter()
        .find(|channel| channel["name"] == name);
    if let Some(channel) = channel {
        return Ok(text(&channel["id"]));
    }
    let made = control
        .post(&format!("/guilds/{guild}/channels"), &json!({"name": name}))
        .await?;
    Ok(text(&made["id"]))
}

async fn find_or_make(
    control: &Http,
    path: &str,
    is_it: impl Fn(&Value) -> bool,
    wanted: &Value,
) -> Result<String> {
    let known = control.get(path).await?;
    let found = match list(&known).into_iter().find(is_it) {
        Some(found) => found,
        None => control.post(path, wanted).await?,
    };
    Ok(text(&found["id"]))
}

/// A list, also where it is wrapped in an object.
fn list(answer: &Value) -> Vec<Value> {
    answer.as_array().cloned().unwrap_or_default()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn id(text: &str) -> Result<i64> {
    text.parse().with_context(|| format!("{text} is no id"))
}
