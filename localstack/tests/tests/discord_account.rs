//! Linking a Discord account and a server through the API, with a person on the simulated Discord.

use anyhow::{Context, Result};
use patchbay::demo::sign_up;
use patchbay::{Options, Stack};
use patchbay_app::ports::DiscordOauthError;
use patchbay_app::testing::contract;
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::{Value, json};

struct Play {
    stack: Stack,
    client: Client,
    api: String,
    discord: String,
    token: String,
    alice: String,
    hall: String,
}

impl Play {
    async fn start(data: &std::path::Path) -> Result<Self> {
        let stack = Stack::start(Options::in_folder(data.to_owned())).await?;
        let endpoints = stack.endpoints();
        let simulators = endpoints.simulators.clone().context("simulated")?;
        let mut play = Self {
            client: Client::new(),
            api: endpoints.api.clone(),
            discord: format!("{}/_sim/discord", simulators.control),
            token: String::new(),
            alice: String::new(),
            hall: String::new(),
            stack,
        };
        let alice = play.control("/users", json!({ "name": "alice" })).await?;
        play.alice = text(&alice["id"])?;
        let other = play.control("/users", json!({ "name": "bob" })).await?;
        let guild = async |name: &str, owner: &Value| {
            let made = json!({ "name": name, "owner": owner });
            text(&play.control("/guilds", made).await?["id"])
        };
        let hall = guild("hall", &alice["id"]).await?;
        let cellar = guild("cellar", &other["id"]).await?;
        let member = format!("/guilds/{cellar}/members/{}", play.alice);
        let url = format!("{}{member}", play.discord);
        play.answer(play.client.put(url).json(&json!({})), None)
            .await?;
        play.hall = hall;
        let (email, password) = ("ann@example.com", "correct horse battery");
        play.token = sign_up(play.stack.endpoints(), email, password).await?;
        Ok(play)
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        token: Option<&str>,
    ) -> Result<(StatusCode, Value)> {
        let request = match token {
            Some(token) if !token.is_empty() => request.bearer_auth(token),
            Some(_) | None => request,
        };
        let answer = request.send().await?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    async fn control(&self, path: &str, body: Value) -> Result<Value> {
        let url = format!("{}{path}", self.discord);
        let (status, answer) = self.answer(self.client.post(url).json(&body), None).await?;
        anyhow::ensure!(status.is_success(), "{path}: {status} {answer}");
        Ok(answer)
    }

    async fn post(&self, path: &str, body: Value) -> Result<(StatusCode, Value)> {
        let url = format!("{}{path}", self.api);
        let request = self.client.post(url).json(&body);
        self.answer(request, Some(&self.token)).await
    }

    async fn call(&self, method: Method, path: &str) -> Result<(StatusCode, Value)> {
        let request = self.client.request(method, format!("{}{path}", self.api));
        self.answer(request, Some(&self.token)).await
    }

    /// Where the browser of Alice, who consents, comes back to.
    async fn consent(&self, url: &str) -> Result<Url> {
        let consent = json!({ "url": url, "user": self.alice });
        let back = self.control("/oauth2/consent", consent).await?;
        Ok(text(&back["redirect"])?.parse()?)
    }
}

fn text(value: &Value) -> Result<String> {
    let text = value.as_str().map(str::to_owned);
    text.with_context(|| format!("no text: {value}"))
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(of, _)| of == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_links_and_adds_the_server_they_own() -> Result<()> {
    let data = tempfile::tempdir()?;
    let play = Box::pin(Play::start(data.path())).await?;
    let (status, begun) = play.post("/v1/discord/oauth2/authorize", json!({})).await?;
    assert_eq!(status, StatusCode::OK, "{begun}");
    let back = play.consent(&text(&begun["url"])?).await?;
    let expected = "http://localhost:3000/discord/callback?";
    assert!(back.as_str().starts_with(expected), "{back}");
    let came = json!({ "code": parameter(&back, "code"), "state": parameter(&back, "state") });
    let (status, linked) = play
        .post("/v1/discord/oauth2/callback", came.clone())
        .await?;
    assert_eq!(status, StatusCode::OK, "{linked}");
    assert_eq!(
        (&linked["name"], &linked["discord_user_id"]),
        (&json!("alice"), &json!(play.alice))
    );
    let (status, _) = play.post("/v1/discord/oauth2/callback", came).await?;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    let available = play
        .call(Method::GET, "/v1/discord/guilds/available")
        .await?
        .1;
    let items = available["items"].as_array().context("a list")?;
    assert_eq!(items.len(), 1, "the cellar is not hers: {items:?}");
    assert_eq!(
        (&items[0]["name"], &items[0]["has_bot"]),
        (&json!("hall"), &json!(false))
    );
    let wanted = json!({ "guild_id": play.hall });
    let (status, added) = play.post("/v1/discord/guilds", wanted).await?;
    assert_eq!(status, StatusCode::CREATED, "{added}");

    let (status, _) = play.call(Method::DELETE, "/v1/discord/link").await?;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let url = format!("{}/oauth2/grants", play.discord);
    let (_, grants) = play.answer(play.client.get(url), None).await?;
    assert_eq!(grants, json!([]), "nothing is left at Discord");
    play.stack.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_adapter_keeps_the_contract_and_tells_faults_apart() -> Result<()> {
    let data = tempfile::tempdir()?;
    let play = Box::pin(Play::start(data.path())).await?;
    let oauth = play.stack.base().ports().discord_oauth.clone();
    let code = async |url: String| match play.consent(&url).await {
        Ok(back) => parameter(&back, "code"),
        Err(error) => error.to_string(),
    };
    contract::discord_oauth(&*oauth, code).await?;

    let token = "any".into();
    let fault = async |fault: Value| {
        let fault = json!({ "path": "/users/@me", "times": 1, "fault": fault });
        play.control("/faults", fault).await
    };
    fault(json!({ "rate_limit": { "retry_after": 1.5, "global": false } })).await?;
    let limited = oauth.me(&token).await;
    assert!(
        matches!(&limited, Err(DiscordOauthError::Limited { after }) if after.as_secs() == 2),
        "{limited:?}"
    );
    for broken in [json!({ "status": 500 }), json!("drop_connection")] {
        fault(broken).await?;
        let answer = oauth.me(&token).await;
        assert!(
            matches!(answer, Err(DiscordOauthError::Unavailable { .. })),
            "{answer:?}"
        );
    }
    let refused = oauth.me(&token).await;
    assert!(
        matches!(refused, Err(DiscordOauthError::Refused)),
        "{refused:?}"
    );
    play.stack.stop().await;
    Ok(())
}
