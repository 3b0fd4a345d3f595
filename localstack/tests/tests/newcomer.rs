//! Somebody new comes, by the API alone: registers, links two Telegram accounts and a Discord
//! server, pairs chats, sees messages cross and counted, and hands a key to a program.

use std::path::Path;

use anyhow::{Context, Result};
use patchbay::{Options, Stack};
use patchbay_tests::http::{Http, text};
use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

const CODE_PHONE: &str = "15550100021";
const QR_PHONE: &str = "15550100022";
const MESSAGES: usize = 4;

struct Newcomer {
    api: Http,
    telegram: Http,
    discord: Http,
    /// On Telegram, as the owners of the two accounts.
    people: [String; 2],
    /// On Discord, and the server that they own.
    owner: String,
    guild: String,
}

impl Newcomer {
    async fn arrive(stack: &Stack) -> Result<Self> {
        let endpoints = stack.endpoints();
        let control = &endpoints.simulators.as_ref().context("simulated")?.control;
        let telegram = Http::new(format!("{control}/_sim/telegram"));
        let discord = Http::new(format!("{control}/_sim/discord"));
        let person = async |phone: &str| {
            let person = json!({ "phone": phone, "first_name": phone });
            text(&telegram.post("/users", &person).await?["id"])
        };
        let people = [person(CODE_PHONE).await?, person(QR_PHONE).await?];
        let owner = discord
            .post("/users", &json!({ "name": "newcomer" }))
            .await?;
        let guild = json!({ "name": "Newcomers", "owner": owner["id"] });
        let guild = discord.post("/guilds", &guild).await?;
        let api = register(&Http::new(&endpoints.api), &endpoints.mailbox).await?;
        Ok(Self {
            api,
            telegram,
            discord,
            people,
            owner: text(&owner["id"])?,
            guild: text(&guild["id"])?,
        })
    }

    async fn link_by_code(&self) -> Result<String> {
        let login = json!({ "method": "phone", "phone": format!("+{CODE_PHONE}") });
        let login = self.api.post("/v1/telegram/logins", &login).await?;
        let login = format!("/v1/telegram/logins/{}", text(&login["id"])?);
        self.api
            .once(&login, |login| login["state"] == "code_needed")
            .await?;
        let code = self.telegram.get(&format!("/codes/{CODE_PHONE}")).await?;
        let code = json!({ "code": code["code"] });
        self.api.post(&format!("{login}/code"), &code).await?;
        self.linked(&login).await
    }

    async fn link_by_qr(&self) -> Result<String> {
        let login = json!({ "method": "qr" });
        let login = self.api.post("/v1/telegram/logins", &login).await?;
        let login = format!("/v1/telegram/logins/{}", text(&login["id"])?);
        let shown = self
            .api
            .once(&login, |login| login["state"] == "qr_shown")
            .await?;
        let url: Url = text(&shown["qr_url"])?.parse()?;
        let scanned = json!({
            "user": self.people[1].parse::<i64>()?,
            "token": parameter(&url, "token"),
        });
        self.telegram.post("/qr", &scanned).await?;
        self.linked(&login).await
    }

    async fn linked(&self, login: &str) -> Result<String> {
        let login = self
            .api
            .once(login, |login| login["state"] == "done")
            .await?;
        text(&login["account"])
    }

    /// By `OAuth2`, which also brings the bot into the server.
    async fn link_discord(&self) -> Result<()> {
        let wish = json!({ "add_bot": true, "guild_id": self.guild });
        let begun = self.api.post("/v1/discord/oauth2/authorize", &wish).await?;
        let consent = json!({ "url": begun["url"], "user": self.owner, "guild": self.guild });
        let back = self.discord.post("/oauth2/consent", &consent).await?;
        let back: Url = text(&back["redirect"])?.parse()?;
        let came = json!({ "code": parameter(&back, "code"), "state": parameter(&back, "state") });
        self.api.post("/v1/discord/oauth2/callback", &came).await?;
        let guild = json!({ "guild_id": self.guild });
        self.api.post("/v1/discord/guilds", &guild).await?;
        let guild = format!("/v1/discord/guilds/{}", self.guild);
        self.api
            .once(&guild, |guild| guild["has_bot"] == true)
            .await?;
        Ok(())
    }

    async fn telegram_chat(&self, title: &str) -> Result<String> {
        let [creator, member] = &self.people;
        let chat = json!({
            "kind": "supergroup",
            "title": title,
            "creator": creator.parse::<i64>()?,
            "members": [member.parse::<i64>()?],
        });
        text(&self.telegram.post("/chats", &chat).await?["id"])
    }

    async fn discord_channel(&self, name: &str) -> Result<String> {
        let channels = format!("/guilds/{}/channels", self.guild);
        let channel = self
            .discord
            .post(&channels, &json!({ "name": name }))
            .await?;
        text(&channel["id"])
    }

    /// A pair, as soon as the directory knows both ends.
    async fn pair(&self, source: &Value, destination: &Value) -> Result<String> {
        for end in [source, destination] {
            let known = match end["platform"].as_str() {
                Some("telegram") => format!(
                    "/v1/telegram/accounts/{}/chats/{}",
                    text(&end["account"])?,
                    text(&end["chat"])?
                ),
                _ => format!("/v1/discord/guilds/{}/channels", self.guild),
            };
            let name = text(end.get("chat").or(end.get("channel")).context("an end")?)?;
            self.api
                .once(&known, |answer| {
                    answer.to_string().contains(&format!("\"{name}\""))
                })
                .await?;
        }
        let pair = json!({ "source": source, "destination": destination });
        text(&self.api.post("/v1/pairs", &pair).await?["id"])
    }
}

async fn register(api: &Http, mailbox: &Path) -> Result<Http> {
    let who = json!({ "email": "newcomer@example.com", "password": "correct horse battery" });
    let (early, _) = api.send(Method::POST, "/v1/auth/login", Some(&who)).await?;
    assert_eq!(early, StatusCode::UNAUTHORIZED);
    api.post("/v1/auth/register", &who).await?;
    let (early, _) = api.send(Method::POST, "/v1/auth/login", Some(&who)).await?;
    assert_eq!(
        early,
        StatusCode::UNAUTHORIZED,
        "nobody has verified the address"
    );
    let letter = std::fs::read_dir(mailbox)?.next().context("a letter")??;
    let letter = std::fs::read_to_string(letter.path())?;
    let token = letter.split_once("#token=").context("a link")?.1;
    let token = token.split_whitespace().next().context("a token")?;
    let token = json!({ "token": token });
    api.post("/v1/auth/verify", &token).await?;
    let session = api.post("/v1/auth/login", &who).await?;
    Ok(api.with_token(&text(&session["access_token"])?))
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(of, _)| of == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// What a chat or channel holds, oldest first.
fn texts(messages: &Value, field: &str) -> Vec<String> {
    let messages = messages.as_array().into_iter().flatten();
    messages
        .filter_map(|message| message[field].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_registration_to_a_revoked_key() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let newcomer = Newcomer::arrive(&stack).await?;
    let source = newcomer.telegram_chat("Source").await?;
    let copy = newcomer.telegram_chat("Copy").await?;
    let mirror = newcomer.telegram_chat("Mirror").await?;
    let by_code = newcomer.link_by_code().await?;
    let by_qr = newcomer.link_by_qr().await?;
    newcomer.link_discord().await?;
    let bridge = newcomer.discord_channel("bridge").await?;
    let town = newcomer.discord_channel("town").await?;

    let chat = |account: &str, chat: &str| json!({ "platform": "telegram", "account": account, "chat": chat });
    let channel = |channel: &str| json!({ "platform": "discord", "guild": newcomer.guild, "channel": channel });
    let first = newcomer
        .pair(&chat(&by_code, &source), &chat(&by_code, &copy))
        .await?;
    newcomer
        .pair(&chat(&by_code, &source), &channel(&bridge))
        .await?;
    newcomer
        .pair(&channel(&town), &chat(&by_qr, &mirror))
        .await?;
    let health = Http::new(&stack.endpoints().health);
    let held = |report: &Value, kind: &str| -> u64 {
        let held = report[kind].as_object().into_iter().flatten();
        held.filter_map(|(_, pairs)| pairs.as_u64()).sum()
    };
    health
        .once("/healthz", |report| {
            held(report, "partitions") == 3 && held(report, "gateways") == 1
        })
        .await?;

    let (mut news, mut talk) = (Vec::new(), Vec::new());
    for number in 0..MESSAGES {
        news.push(format!("news {number}"));
        let post = json!({ "from": newcomer.people[1].parse::<i64>()?, "text": news[number] });
        newcomer
            .telegram
            .post(&format!("/chats/{source}/messages"), &post)
            .await?;
        talk.push(format!("talk {number}"));
        let post = json!({ "author": newcomer.owner, "content": talk[number] });
        newcomer
            .discord
            .post(&format!("/channels/{town}/messages"), &post)
            .await?;
    }
    for (place, expected) in [(&copy, &news), (&mirror, &talk)] {
        let messages = format!("/chats/{place}/messages");
        newcomer
            .telegram
            .once(&messages, |held| texts(held, "text") == *expected)
            .await?;
    }
    let messages = format!("/channels/{bridge}/messages");
    newcomer
        .discord
        .once(&messages, |held| texts(held, "content") == news)
        .await?;

    let all = u64::try_from(3 * MESSAGES)?;
    let summary = newcomer
        .api
        .once("/v1/analytics/summary", |figures| {
            figures["delivered"].as_u64() >= Some(all)
        })
        .await?;
    assert_eq!(summary["delivered"], all, "{summary}");
    assert_eq!(summary["failed"], 0, "{summary}");
    hand_over_a_key(&newcomer.api, &Http::new(&stack.endpoints().api), &first).await?;
    stack.stop().await;
    Ok(())
}

/// A key reads what its scopes open, and nothing once it is revoked.
async fn hand_over_a_key(owner: &Http, anybody: &Http, pair: &str) -> Result<()> {
    let wanted = json!({ "name": "report", "scopes": ["read", "messages", "analytics"] });
    let made = owner.post("/v1/api-keys", &wanted).await?;
    let program = anybody.with_token(&text(&made["secret"])?);
    let figures = program.get("/v1/analytics/summary").await?;
    assert_eq!(figures["delivered"], 3 * MESSAGES, "{figures}");
    let messages = program.get(&format!("/v1/pairs/{pair}/messages")).await?;
    let messages = messages["items"].as_array().context("a list")?;
    assert_eq!(messages.len(), MESSAGES);
    assert!(
        messages
            .iter()
            .all(|message| message["state"] == "delivered"),
        "{messages:?}"
    );
    let pause = format!("/v1/pairs/{pair}/pause");
    let (status, problem) = program.send(Method::POST, &pause, None).await?;
    assert_eq!(status, StatusCode::FORBIDDEN, "{problem}");

    owner
        .delete(&format!("/v1/api-keys/{}", text(&made["key"]["id"])?))
        .await?;
    let (status, problem) = program
        .send(Method::GET, "/v1/analytics/summary", None)
        .await?;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{problem}");
    Ok(())
}
