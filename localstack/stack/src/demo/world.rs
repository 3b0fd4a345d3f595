//! The demo's people, chats and pairs. Every step finds what an earlier run left and goes on from
//! there, so the demo may be killed at any moment and started again.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use patchbay_domain::{Plan, Platform};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::script::Script;
use crate::admin;
use crate::endpoints::Endpoints;
use crate::http::Http;
use crate::simulated;

const EMAIL: &str = "demo@patchbay.example";
const PASSWORD: &str = "correct horse battery staple";
/// Holds the linked account; reads and writes the chats.
pub(super) const PHONE: &str = "15550100011";
/// Posts in the source chats.
pub(super) const OTHER_PHONE: &str = "15550100012";
const GUILD: &str = "Demo server";
const GUILD_OWNER: &str = "demo-owner";
const PATIENCE: Duration = Duration::from_secs(90);

/// One direction of forwarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    TelegramToTelegram,
    TelegramToDiscord,
    DiscordToTelegram,
    DiscordToDiscord,
}

impl Direction {
    pub const ALL: [Self; 4] = [
        Self::TelegramToTelegram,
        Self::TelegramToDiscord,
        Self::DiscordToTelegram,
        Self::DiscordToDiscord,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::TelegramToTelegram => "telegram_to_telegram",
            Self::TelegramToDiscord => "telegram_to_discord",
            Self::DiscordToTelegram => "discord_to_telegram",
            Self::DiscordToDiscord => "discord_to_discord",
        }
    }

    /// Where messages come from and where they go to.
    pub fn ends(self) -> (Platform, Platform) {
        match self {
            Self::TelegramToTelegram => (Platform::Telegram, Platform::Telegram),
            Self::TelegramToDiscord => (Platform::Telegram, Platform::Discord),
            Self::DiscordToTelegram => (Platform::Discord, Platform::Telegram),
            Self::DiscordToDiscord => (Platform::Discord, Platform::Discord),
        }
    }
}

/// A chat on a simulator, by its id there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chat {
    Telegram(String),
    Discord(String),
}

#[derive(Debug, Clone)]
pub(super) struct DemoPair {
    pub(super) number: usize,
    /// Among the pairs of its direction.
    pub(super) place: usize,
    pub(super) direction: Direction,
    pub(super) source: Chat,
    pub(super) destination: Chat,
}

/// Everything that the script needs.
#[derive(Clone)]
pub struct World {
    pub(super) telegram: Http,
    pub(super) discord: Http,
    /// Who posts on Telegram, and who on Discord.
    pub(super) telegram_author: String,
    pub(super) discord_author: String,
    pub(super) pairs: Vec<DemoPair>,
    pub(super) script: Script,
}

impl World {
    pub async fn set_up(endpoints: &Endpoints, pairs_each_way: usize) -> Result<Self> {
        let simulators = endpoints
            .simulators
            .as_ref()
            .context("the demo runs on the simulators")?;
        let telegram = Http::new(format!("{}/_sim/telegram", simulators.control));
        let discord = Http::new(format!("{}/_sim/discord", simulators.control));
        let linked = simulated::telegram_user(&telegram, PHONE, "Demo", None).await?;
        let author = simulated::telegram_user(&telegram, OTHER_PHONE, "Other", None).await?;
        let owner = simulated::discord_user(&discord, GUILD_OWNER).await?;
        let guild = simulated::discord_guild(&discord, GUILD, &owner).await?;

        let mut pairs = Vec::new();
        for place in 0..pairs_each_way {
            for direction in Direction::ALL {
                let number = pairs.len();
                let chat = async |platform: Platform, end: &str| {
                    let title = format!("demo-{number}-{end}");
                    match platform {
                        Platform::Discord => {
                            let chat = simulated::discord_channel(&discord, &guild, &title);
                            chat.await.map(Chat::Discord)
                        }
                        Platform::Telegram => {
                            let chat =
                                simulated::telegram_chat(&telegram, &title, &linked, &author);
                            chat.await.map(Chat::Telegram)
                        }
                    }
                };
                let (from, to) = direction.ends();
                let (source, destination) = (chat(from, "from").await?, chat(to, "to").await?);
                pairs.push(DemoPair {
                    number,
                    place,
                    direction,
                    source,
                    destination,
                });
            }
        }
        let world = Self {
            telegram,
            discord,
            telegram_author: author,
            discord_author: owner,
            pairs,
            script: Script::Texts,
        };
        world.link(endpoints, &guild).await?;
        Ok(world)
    }

    /// The same world, where something else is said than texts alone.
    #[must_use]
    pub fn saying(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// The same world with the pairs of one direction only.
    #[must_use]
    pub fn only(&self, direction: Direction) -> Self {
        let mut world = self.clone();
        world.pairs.retain(|pair| pair.direction == direction);
        world
    }

    /// What the API answers the demo's user at this path, once it is as wanted.
    pub async fn figures(
        &self,
        endpoints: &Endpoints,
        path: &str,
        is_wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let api = log_in(endpoints).await?;
        wait_for(&api, path, is_wanted).await
    }

    /// Lets the simulated Discord take whatever comes.
    pub async fn lift_discord_limits(&self) -> Result<()> {
        let plenty = json!({"limit": 1_000_000, "per_ms": 1_000});
        let settings = json!({
            "global_limit": plenty,
            "rate_limits": {"POST /channels/{}/messages": plenty},
        });
        self.discord.put("/settings", &settings).await.map(drop)
    }

    /// Through the API, as a user would: account, server, pairs.
    async fn link(&self, endpoints: &Endpoints, guild: &str) -> Result<()> {
        let api = log_in(endpoints).await?;
        let accounts = api.get("/v1/telegram/accounts").await?;
        let account = match accounts["items"][0]["id"].as_str() {
            Some(id) => id.to_owned(),
            None => link_telegram(&self.telegram, &api, PHONE).await?,
        };
        self.link_discord(&api, guild).await?;
        let known = api.get("/v1/pairs?limit=100").await?;
        let known = known["items"].as_array().cloned().unwrap_or_default();
        for pair in &self.pairs {
            let wanted = json!({
                "source": endpoint(&pair.source, &account, guild),
                "destination": endpoint(&pair.destination, &account, guild),
            });
            let is_there = known.iter().any(|known| {
                known["source"] == wanted["source"] && known["destination"] == wanted["destination"]
            });
            if !is_there {
                make_pair(&api, &wanted).await?;
            }
        }
        let from_discord = self
            .pairs
            .iter()
            .filter(|pair| matches!(pair.source, Chat::Discord(_)))
            .count();
        let expected = Expected {
            pairs: self.pairs.len(),
            from_discord,
            sessions: 1,
        };
        wait_until_forwarding(endpoints, expected).await
    }

    async fn link_discord(&self, api: &Http, guild: &str) -> Result<()> {
        let path = format!("/v1/discord/guilds/{guild}");
        if api.send(Method::GET, &path, None).await?.0 == StatusCode::OK {
            return Ok(());
        }
        let request = api
            .post("/v1/discord/guilds", &json!({"guild_id": guild}))
            .await?;
        let code = request["code"]
            .as_str()
            .context("a link request has a code")?;
        let channel = simulated::discord_channel(&self.discord, guild, "general").await?;
        let command =
            json!({"author": self.discord_author, "content": format!("patchbay link {code}")});
        self.discord
            .post(&format!("/channels/{channel}/messages"), &command)
            .await?;
        wait_until(|| async {
            let (status, _) = api.send(Method::GET, &path, None).await?;
            Ok(status == StatusCode::OK)
        })
        .await
        .context("the server was not linked")
    }
}

/// Links the account with this phone number, whose owner reads the code off the phone.
pub(super) async fn link_telegram(telegram: &Http, api: &Http, phone: &str) -> Result<String> {
    let login = json!({"method": "phone", "phone": format!("+{phone}")});
    let login = api.post("/v1/telegram/logins", &login).await?;
    let id = login["id"].as_str().context("a login has an id")?;
    let path = format!("/v1/telegram/logins/{id}");
    wait_for(api, &path, |login| login["state"] == "code_needed").await?;
    let code = telegram.get(&format!("/codes/{phone}")).await?;
    api.post(&format!("{path}/code"), &json!({"code": code["code"]}))
        .await?;
    let login = wait_for(api, &path, |login| login["state"] == "done").await?;
    let account = login["account"]
        .as_str()
        .context("a finished login names its account")?;
    Ok(account.to_owned())
}

/// The chats of an account that was linked just now are listed a little later.
pub(super) async fn make_pair(api: &Http, wanted: &Value) -> Result<()> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (status, answer) = api.send(Method::POST, "/v1/pairs", Some(wanted)).await?;
        if status.is_success() {
            return Ok(());
        }
        let is_read = answer["type"] != "/problems/telegram-chats-unread";
        if is_read || tokio::time::Instant::now() > deadline {
            bail!("the pair {wanted} was answered with {status}: {answer}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the connector has to hold before anything is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    pub(super) pairs: usize,
    pub(super) from_discord: usize,
    pub(super) sessions: usize,
}

pub(super) async fn wait_until_forwarding(endpoints: &Endpoints, expected: Expected) -> Result<()> {
    let health = Http::new(&endpoints.health);
    wait_until(|| async {
        let report = health.get("/healthz").await?;
        let held = |kind: &str| -> u64 {
            let held = report[kind].as_object().into_iter().flatten();
            held.filter_map(|(_, pairs)| pairs.as_u64()).sum()
        };
        let sessions = report["telegram"].as_object().cloned().unwrap_or_default();
        Ok(held("partitions") >= expected.pairs as u64
            && held("gateways") >= expected.from_discord as u64
            && sessions.len() >= expected.sessions
            && sessions
                .values()
                .all(|session| session["state"] == "connected"))
    })
    .await
    .context("the connector does not forward yet")
}

/// The demo's user, whose plan has room for its pairs.
pub(super) async fn log_in(endpoints: &Endpoints) -> Result<Http> {
    let token = sign_up(endpoints, EMAIL, PASSWORD).await?;
    admin::set_plan(endpoints, &EMAIL.parse()?, Plan::Business).await?;
    Ok(Http::new(&endpoints.api).with_token(token))
}

/// An access token of a user, who is registered if they aren't yet.
pub async fn sign_up(endpoints: &Endpoints, email: &str, password: &str) -> Result<String> {
    let api = Http::new(&endpoints.api);
    let who = json!({"email": email, "password": password});
    let login = "/v1/auth/login";
    let (status, mut session) = api.send(Method::POST, login, Some(&who)).await?;
    if status == StatusCode::UNAUTHORIZED {
        api.post("/v1/auth/register", &who).await?;
        let token = mailed_token(&endpoints.mailbox).context("no mail with a token came")?;
        api.post("/v1/auth/verify", &json!({"token": token}))
            .await?;
        session = api.post(login, &who).await?;
    } else if !status.is_success() {
        bail!("could not log in: {status}: {session}");
    }
    let token = session["access_token"]
        .as_str()
        .context("a login answers a token")?;
    Ok(token.to_owned())
}

/// The token in the newest letter that holds one.
fn mailed_token(mailbox: &Path) -> Result<String> {
    let letters = fs::read_dir(mailbox)?.collect::<io::Result<Vec<_>>>()?;
    let mut letters: Vec<_> = letters.iter().map(fs::DirEntry::path).collect();
    letters.sort();
    for letter in letters.iter().rev() {
        let text = fs::read_to_string(letter)?;
        let token = text.split_once("#token=").map(|(_, rest)| rest);
        if let Some(token) = token.and_then(|rest| rest.split_whitespace().next()) {
            return Ok(token.to_owned());
        }
    }
    bail!("{} holds no token", mailbox.display())
}

fn endpoint(chat: &Chat, account: &str, guild: &str) -> Value {
    match chat {
        Chat::Telegram(chat) => json!({"platform": "telegram", "account": account, "chat": chat}),
        Chat::Discord(channel) => {
            json!({"platform": "discord", "guild": guild, "channel": channel})
        }
    }
}

async fn wait_for(api: &Http, path: &str, is_there: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let answer = api.get(path).await?;
        if is_there(&answer) {
            return Ok(answer);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("{path} stays {answer}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn wait_until<F>(mut is_so: impl FnMut() -> F) -> Result<()>
where
    F: Future<Output = Result<bool>>,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let latest = is_so().await;
        if let Ok(true) = latest {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            latest?;
            bail!("still not so after {} s", PATIENCE.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
