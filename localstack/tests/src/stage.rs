//! People, chats and pairs on the simulators, made in the way that a user makes them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use patchbay::{Endpoints, admin, demo};
use patchbay_domain::{Plan, Platform};
use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{Http, text};
use crate::message::Message;

const EMAIL: &str = "stage@patchbay.example";
const PASSWORD: &str = "correct horse battery staple";
const PHONE: &str = "15550100031";
const OTHER_PHONE: &str = "15550100032";
const PATIENCE: Duration = Duration::from_mins(1);
const AT_ONCE: usize = 16;
const PAGE: usize = 100;

/// A chat on a simulator, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chat {
    pub platform: Platform,
    /// Of the chat or channel.
    pub id: String,
    /// Of the topic or thread.
    pub part: Option<String>,
}

impl Chat {
    /// Where the simulator takes its messages: a thread is a channel of its own.
    pub fn place(&self) -> &str {
        match (self.platform, &self.part) {
            (Platform::Discord, Some(thread)) => thread,
            (Platform::Discord, None) | (Platform::Telegram, _) => &self.id,
        }
    }

    /// The topic that is named in messages.
    fn topic(&self) -> Option<&String> {
        self.part
            .as_ref()
            .filter(|_| self.platform == Platform::Telegram)
    }
}

/// What an end of a pair is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Chat,
    /// A topic of a forum on Telegram, a thread on Discord.
    Part,
}

/// What a pair is to be.
#[derive(Debug, Clone)]
pub struct Wish {
    pub from: (Platform, Room),
    pub to: (Platform, Room),
    /// As the API takes them, beside the two ends.
    pub options: Value,
}

impl Wish {
    pub fn new(from: Platform, to: Platform) -> Self {
        Self {
            from: (from, Room::Chat),
            to: (to, Room::Chat),
            options: json!({}),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Pair {
    pub id: String,
    pub source: Chat,
    pub destination: Chat,
}

/// The simulators, and who speaks on them.
#[derive(Clone)]
pub struct Stage {
    pub telegram: Http,
    pub discord: Http,
    /// Holds the linked account.
    pub linked: i64,
    /// Posts on Telegram.
    pub member: i64,
    /// Posts on Discord.
    pub owner: String,
    pub guild: String,
}

/// Whatever is needed to make the pairs.
pub struct Prepared {
    pub stage: Stage,
    /// As the user who makes them.
    pub api: Http,
    account: String,
    wishes: Vec<Wish>,
    /// Source and destination of each wish.
    pub chats: Vec<(Chat, Chat)>,
}

impl Prepared {
    /// Fulfils a wish.
    pub async fn pair(&self, number: usize) -> Result<Pair> {
        let (source, destination) = &self.chats[number];
        let mut body = self.wishes[number].options.clone();
        body["source"] = self.stage.end(source, &self.account);
        body["destination"] = self.stage.end(destination, &self.account);
        let id = make_pair(&self.api, &body).await?;
        Ok(Pair {
            id,
            source: source.clone(),
            destination: destination.clone(),
        })
    }
}

impl Stage {
    /// Everybody is there and each wish has become a pair between two chats of its own.
    pub async fn set_up(endpoints: &Endpoints, wishes: &[Wish]) -> Result<(Self, Vec<Pair>)> {
        let prepared = Self::prepare(endpoints, wishes).await?;
        let pairs: Vec<_> = stream::iter(0..wishes.len())
            .map(|number| prepared.pair(number))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        wait_until_forwarding(endpoints, &pairs).await?;
        Ok((prepared.stage, pairs))
    }

    /// Everybody is there and each wish has two chats of its own, but no pair yet.
    pub async fn prepare(endpoints: &Endpoints, wishes: &[Wish]) -> Result<Prepared> {
        let stage = Self::enter(endpoints).await?;
        stage.lift_limits().await?;
        // One after the other, so that they have the same ids each time.
        let mut chats = Vec::with_capacity(wishes.len());
        for (number, wish) in wishes.iter().enumerate() {
            let source = stage.chat(wish.from, &format!("from-{number}")).await?;
            let destination = stage.chat(wish.to, &format!("to-{number}")).await?;
            chats.push((source, destination));
        }
        let api = Self::api(endpoints).await?;
        let account = stage.link_telegram(&api).await?;
        stage.link_discord(&api).await?;
        Ok(Prepared {
            stage,
            api,
            account,
            wishes: wishes.to_vec(),
            chats,
        })
    }

    /// What the owner of the pairs may ask.
    pub async fn api(endpoints: &Endpoints) -> Result<Http> {
        let token = demo::sign_up(endpoints, EMAIL, PASSWORD).await?;
        admin::set_plan(endpoints, &EMAIL.parse()?, Plan::Business).await?;
        Ok(Http::new(&endpoints.api).with_token(&token))
    }

    async fn enter(endpoints: &Endpoints) -> Result<Self> {
        let simulators = endpoints.simulators.as_ref().context("simulated")?;
        let telegram = Http::new(format!("{}/_sim/telegram", simulators.control));
        let discord = Http::new(format!("{}/_sim/discord", simulators.control));
        let person = async |phone: &str, name: &str| {
            let person = json!({"phone": phone, "first_name": name});
            let made = telegram.post("/users", &person).await?;
            made["id"].as_i64().context("a user has an id")
        };
        let (linked, member) = (
            person(PHONE, "Linda").await?,
            person(OTHER_PHONE, "Otto").await?,
        );
        let owner = json!({"name": "olive"});
        let owner = text(&discord.post("/users", &owner).await?["id"])?;
        let guild = json!({"name": "Stage", "owner": owner});
        let guild = text(&discord.post("/guilds", &guild).await?["id"])?;
        let applications = discord.get("/applications").await?;
        let bot = json!({"application_id": applications[0]["application_id"]});
        discord.post(&format!("/guilds/{guild}/bots"), &bot).await?;
        Ok(Self {
            telegram,
            discord,
            linked,
            member,
            owner,
            guild,
        })
    }

    /// Discord takes whatever comes.
    async fn lift_limits(&self) -> Result<()> {
        let settings = self.discord.get("/settings").await?;
        let routes = settings["rate_limits"].as_object();
        let routes = routes.context("limits by route")?.keys();
        let plenty = json!({"limit": 1_000_000, "per_ms": 1_000});
        let routes: serde_json::Map<_, _> = routes
            .map(|route| (route.clone(), plenty.clone()))
            .collect();
        let settings = json!({
            "global_limit": plenty,
            "default_rate_limit": plenty,
            "rate_limits": routes,
        });
        self.discord.put("/settings", &settings).await.map(drop)
    }

    async fn chat(&self, (platform, room): (Platform, Room), name: &str) -> Result<Chat> {
        let (id, part) = match platform {
            Platform::Telegram => {
                let chat = json!({
                    "kind": "supergroup",
                    "title": name,
                    "creator": self.linked,
                    "members": [self.member],
                    "forum": room == Room::Part,
                });
                let id = text(&self.telegram.post("/chats", &chat).await?["id"])?;
                let topics = format!("/chats/{id}/topics");
                (id, (&self.telegram, topics, json!({"title": name})))
            }
            Platform::Discord => {
                let path = format!("/guilds/{}/channels", self.guild);
                let channel = self.discord.post(&path, &json!({"name": name})).await?;
                let id = text(&channel["id"])?;
                let threads = format!("/channels/{id}/threads");
                let thread = json!({"author": self.owner, "name": name});
                (id, (&self.discord, threads, thread))
            }
        };
        let part = match (room, part) {
            (Room::Chat, _) => None,
            (Room::Part, (control, path, part)) => {
                Some(text(&control.post(&path, &part).await?["id"])?)
            }
        };
        Ok(Chat { platform, id, part })
    }

    fn end(&self, chat: &Chat, account: &str) -> Value {
        let mut end = match chat.platform {
            Platform::Telegram => {
                json!({"platform": "telegram", "account": account, "chat": chat.id})
            }
            Platform::Discord => {
                json!({"platform": "discord", "guild": self.guild, "channel": chat.id})
            }
        };
        match (chat.platform, &chat.part) {
            (Platform::Telegram, Some(topic)) => end["topic"] = json!(topic),
            (Platform::Discord, Some(thread)) => end["thread"] = json!(thread),
            (Platform::Telegram | Platform::Discord, None) => {}
        }
        end
    }

    async fn link_telegram(&self, api: &Http) -> Result<String> {
        let login = json!({"method": "phone", "phone": format!("+{PHONE}")});
        let login = api.post("/v1/telegram/logins", &login).await?;
        let path = format!("/v1/telegram/logins/{}", text(&login["id"])?);
        api.once(&path, |login| login["state"] == "code_needed")
            .await?;
        let code = self.telegram.get(&format!("/codes/{PHONE}")).await?;
        let code = json!({"code": code["code"]});
        api.post(&format!("{path}/code"), &code).await?;
        let login = api.once(&path, |login| login["state"] == "done").await?;
        text(&login["account"])
    }

    async fn link_discord(&self, api: &Http) -> Result<()> {
        let guild = json!({"guild_id": self.guild});
        let request = api.post("/v1/discord/guilds", &guild).await?;
        let guilds = self.discord.get("/guilds").await?;
        let mut guilds = guilds.as_array().into_iter().flatten();
        let guild = guilds.find(|guild| guild["id"] == json!(self.guild));
        let general = text(&guild.context("our guild")?["channels"][0]["id"])?;
        let code = json!({"author": self.owner, "content": request["post"]});
        let path = format!("/channels/{general}/messages");
        self.discord.post(&path, &code).await?;
        let path = format!("/v1/discord/guilds/{}", self.guild);
        api.once(&path, |guild| guild["id"] == json!(self.guild))
            .await?;
        Ok(())
    }

    /// Posts as a person, and answers the ids: several for an album of Telegram.
    pub async fn post(&self, chat: &Chat, mut body: Value) -> Result<Vec<String>> {
        self.address(chat, &mut body)?;
        let place = chat.place();
        let (control, path) = match chat.platform {
            Platform::Telegram if body["messages"].is_array() => {
                (&self.telegram, format!("/chats/{place}/albums"))
            }
            Platform::Telegram => (&self.telegram, format!("/chats/{place}/messages")),
            Platform::Discord => (&self.discord, format!("/channels/{place}/messages")),
        };
        let posted = control.post(&path, &body).await?;
        match posted["ids"].as_array() {
            Some(ids) => ids.iter().map(text).collect(),
            None => Ok(vec![text(&posted["id"])?]),
        }
    }

    /// Says in a message who posts it, and in which topic.
    pub(crate) fn address(&self, chat: &Chat, body: &mut Value) -> Result<()> {
        match chat.platform {
            Platform::Telegram => body["from"] = json!(self.member),
            Platform::Discord => body["author"] = json!(self.owner),
        }
        if let Some(topic) = chat.topic() {
            body["topic"] = json!(topic.parse::<i64>()?);
        }
        Ok(())
    }

    pub async fn edit(&self, chat: &Chat, message: &str, body: &Value) -> Result<()> {
        let (control, path) = self.message(chat, message);
        control.patch(&path, body).await.map(drop)
    }

    /// Reacts as whoever posts there, in place of how that person did before.
    pub async fn react(&self, chat: &Chat, message: &str, emoji: &[&str]) -> Result<()> {
        let (control, path) = self.message(chat, message);
        let path = format!("{path}/reactions");
        match chat.platform {
            Platform::Telegram => {
                let reaction = json!({"from": self.member, "emoji": emoji});
                control.put(&path, &reaction).await?;
            }
            Platform::Discord => {
                control.delete(&path).await?;
                for emoji in emoji {
                    let path = format!("{path}/{emoji}/{}", self.owner);
                    control.put(&path, &json!({})).await?;
                }
            }
        }
        Ok(())
    }

    pub async fn delete(&self, chat: &Chat, message: &str) -> Result<()> {
        let (control, path) = self.message(chat, message);
        control.delete(&path).await.map(drop)
    }

    fn message(&self, chat: &Chat, message: &str) -> (&Http, String) {
        let (control, path) = self.messages(chat);
        (control, format!("{path}/{message}"))
    }

    fn messages(&self, chat: &Chat) -> (&Http, String) {
        let place = chat.place();
        match chat.platform {
            Platform::Telegram => (&self.telegram, format!("/chats/{place}/messages")),
            Platform::Discord => (&self.discord, format!("/channels/{place}/messages")),
        }
    }

    /// What a chat holds, oldest first.
    pub async fn held(&self, chat: &Chat) -> Result<Vec<Message>> {
        let (control, path) = self.messages(chat);
        let mut held: Vec<Message> = Vec::new();
        let mut after = "0".to_owned();
        loop {
            let page = format!("{path}?limit={PAGE}&after={after}");
            let page = control.get(&page).await?;
            let page = page.as_array().cloned().unwrap_or_default();
            if let Some(last) = page.last() {
                after = text(&last["id"])?;
            }
            for message in &page {
                let topic = text(&message["topic"]).ok();
                if chat
                    .topic()
                    .is_none_or(|wanted| topic.as_ref() == Some(wanted))
                {
                    held.push(Message::read(chat.platform, message)?);
                }
            }
            if page.len() < PAGE {
                return Ok(held);
            }
        }
    }
}

/// The chats and topics of an account that was linked just now are listed a little later.
async fn make_pair(api: &Http, pair: &Value) -> Result<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (status, answer) = api.send(Method::POST, "/v1/pairs", Some(pair)).await?;
        if status.is_success() {
            return text(&answer["id"]);
        }
        let problem = answer["type"].as_str().unwrap_or_default();
        let is_listed = !problem.ends_with("-unknown") && !problem.ends_with("-unread");
        if is_listed || Instant::now() > deadline {
            bail!("the pair {pair} was answered with {status}: {answer}");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Until the connector has every session and every pair.
pub async fn wait_until_forwarding(endpoints: &Endpoints, pairs: &[Pair]) -> Result<()> {
    let health = Http::new(&endpoints.health);
    let of_discord = pairs
        .iter()
        .filter(|pair| pair.source.platform == Platform::Discord);
    let (all, of_discord) = (pairs.len() as u64, of_discord.count() as u64);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let report = health.get("/healthz").await;
        if report
            .as_ref()
            .is_ok_and(|it| forwards(it, all, of_discord))
        {
            return Ok(());
        }
        if Instant::now() > deadline {
            bail!("the connector does not forward yet: {report:?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn forwards(report: &Value, all: u64, of_discord: u64) -> bool {
    let held = |kind: &str| -> u64 {
        let held = report[kind].as_object().into_iter().flatten();
        held.filter_map(|(_, pairs)| pairs.as_u64()).sum()
    };
    let sessions = report["telegram"].as_object();
    let is_connected = sessions.is_some_and(|sessions| {
        let mut sessions = sessions.values();
        sessions.len() > 0 && sessions.all(|session| session["state"] == "connected")
    });
    held("partitions") >= all && held("gateways") >= of_discord && is_connected
}
