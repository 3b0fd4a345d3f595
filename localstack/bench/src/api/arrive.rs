use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use patchbay::{Endpoints, admin, demo};
use patchbay_app::ports::Ports;
use patchbay_app::users;
use patchbay_domain::Endpoint;
use patchbay_domain::ids::AccountId;
use patchbay_domain::user::Email;
use patchbay_tests::http::{Http, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::callers::{Belongings, Caller, Ends, PASSWORD, PLAN};
use super::request::IN_A_ROUND;

/// How long the connector may take for a step.
const PATIENCE: Duration = Duration::from_secs(90);

/// `many` users of the largest plan, each with an account and chats on Telegram, `pairs` of them,
/// and API keys.
pub(super) async fn arrive(
    endpoints: &Endpoints,
    ports: &Ports,
    many: usize,
    pairs: usize,
    keys: usize,
) -> Result<Vec<Caller>> {
    let simulators = endpoints.simulators.as_ref().context("simulated")?;
    let telegram = Http::new(format!("{}/_sim/telegram", simulators.control));
    let mut arriving = JoinSet::new();
    for number in 0..many {
        // One after the other, since each takes the newest mail for theirs.
        let email: Email = format!("caller-{number}@patchbay.example").parse()?;
        let token = demo::sign_up(endpoints, email.as_str(), PASSWORD).await?;
        admin::set_plan(endpoints, &email, PLAN).await?;
        let newcomer = Newcomer {
            api: Http::new(&endpoints.api).with_token(&token),
            telegram: telegram.clone(),
            phone: format!("1555020{number:04}"),
        };
        let (endpoints, ports) = (endpoints.clone(), ports.clone());
        arriving.spawn(async move {
            let belongings = newcomer.settle(pairs, keys).await?;
            let user = users::by_email(&ports, &email).await?;
            let user = user.context("whoever signed up is a user")?;
            Caller::new(&endpoints, &ports, user, token, belongings).await
        });
    }
    arriving.join_all().await.into_iter().collect()
}

struct Newcomer {
    api: Http,
    /// The simulator's control API.
    telegram: Http,
    phone: String,
}

impl Newcomer {
    async fn settle(&self, pairs: usize, keys: usize) -> Result<Belongings> {
        // Each of half the chats with each of the others.
        let wanted = pairs + IN_A_ROUND;
        let side = wanted.isqrt() + 1;
        let chats = self.make_chats(2 * side).await?;
        let account = self.link().await?;
        for chat in &chats {
            let path = format!("/v1/telegram/accounts/{account}/chats/{chat}");
            self.once(&path, |answer| answer["id"].is_string()).await?;
        }
        let (sources, destinations) = chats.split_at(side);
        let mut free = Vec::with_capacity(wanted);
        for source in sources {
            for destination in destinations {
                free.push(ends(account, source, destination)?);
            }
        }
        for pair in free.drain(..pairs) {
            self.api.post("/v1/pairs", &pair.body).await?;
        }
        Ok(Belongings {
            free,
            keys: self.make_keys(keys).await?,
            uses: AtomicUsize::new(0),
        })
    }

    async fn make_chats(&self, many: usize) -> Result<Vec<String>> {
        let person = json!({"phone": self.phone, "first_name": "Caller"});
        let person = self.telegram.post("/users", &person).await?;
        let mut chats = Vec::with_capacity(many);
        for number in 0..many {
            let title = format!("{}-{number}", self.phone);
            let chat = json!({"kind": "supergroup", "title": title, "creator": person["id"]});
            chats.push(text(&self.telegram.post("/chats", &chat).await?["id"])?);
        }
        Ok(chats)
    }

    /// By a code, as a person would.
    async fn link(&self) -> Result<AccountId> {
        let login = json!({"method": "phone", "phone": format!("+{}", self.phone)});
        let login = self.api.post("/v1/telegram/logins", &login).await?;
        let login = format!("/v1/telegram/logins/{}", text(&login["id"])?);
        self.once(&login, |login| login["state"] == "code_needed")
            .await?;
        let code = self.telegram.get(&format!("/codes/{}", self.phone)).await?;
        let code = json!({"code": code["code"]});
        self.api.post(&format!("{login}/code"), &code).await?;
        let done = self.once(&login, |login| login["state"] == "done").await?;
        Ok(text(&done["account"])?.parse()?)
    }

    async fn make_keys(&self, many: usize) -> Result<Vec<String>> {
        let mut secrets = Vec::with_capacity(many);
        for number in 0..many {
            let key = json!({"name": format!("key {number}"), "scopes": ["read"]});
            let made = self.api.post("/v1/api-keys", &key).await?;
            secrets.push(text(&made["secret"])?);
        }
        Ok(secrets)
    }

    /// What the API answers at this path, once it is as wanted.
    async fn once(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, answer) = self.api.send(Method::GET, path, None).await?;
            if status == StatusCode::OK && is_so(&answer) {
                return Ok(answer);
            }
            ensure!(Instant::now() < deadline, "{path} stays {answer}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn ends(account: AccountId, source: &str, destination: &str) -> Result<Ends> {
    let end = |chat: &str| json!({"platform": "telegram", "account": account, "chat": chat});
    let endpoint = |chat: &str| -> Result<Endpoint> {
        Ok(Endpoint::Telegram {
            account,
            chat: chat.parse()?,
            topic: None,
        })
    };
    Ok(Ends {
        source: endpoint(source)?,
        destination: endpoint(destination)?,
        body: json!({"source": end(source), "destination": end(destination)}),
    })
}
