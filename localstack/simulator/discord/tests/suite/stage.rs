//! A simulator on a free port, its control API, and clients for both.

use std::net::SocketAddr;
use std::path::PathBuf;

use patchbay_sim_discord::{Config, DiscordSimulator};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use serenity::http::{Http, HttpBuilder};

pub(crate) const ANYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A running simulator with its control API on a port of its own.
pub(crate) struct Stage {
    pub(crate) simulator: DiscordSimulator,
    control: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

/// A guild with a channel, a person in it and a bot.
#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) token: String,
    pub(crate) application: String,
    pub(crate) bot: String,
    pub(crate) person: String,
    pub(crate) guild: String,
    pub(crate) channel: String,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_with(ANYWHERE, None).await
    }

    pub(crate) async fn start_with(listen: SocketAddr, journal: Option<PathBuf>) -> Self {
        let simulator = DiscordSimulator::start(Config { listen, journal })
            .await
            .unwrap();
        let listener = tokio::net::TcpListener::bind(ANYWHERE).await.unwrap();
        let control = listener.local_addr().unwrap();
        let router = simulator.control();
        #[expect(clippy::disallowed_methods, reason = "the test ends the task itself")]
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            simulator,
            control,
            server,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.simulator.address()
    }

    pub(crate) async fn stop(self) {
        self.server.abort();
        self.simulator.stop().await;
    }

    pub(crate) async fn try_control(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> (u16, Value) {
        let url = format!("http://{}{path}", self.control);
        let response = reqwest::Client::new()
            .request(method, url)
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or_default())
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_control(method.clone(), path, body).await;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        answer
    }

    /// What the control API has to download.
    pub(crate) async fn raw(&self, path: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.control);
        reqwest::get(url).await.unwrap()
    }

    pub(crate) async fn ask(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, body).await
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        self.control(Method::GET, path, json!({})).await
    }

    pub(crate) async fn set(&self, settings: Value) {
        self.control(Method::PUT, "/settings", settings).await;
    }

    pub(crate) async fn scene(&self) -> Scene {
        let application = self.ask("/applications", json!({ "name": "bridge" })).await;
        let person = text(&self.ask("/users", json!({ "name": "alice" })).await["id"]);
        let guild = self
            .ask("/guilds", json!({ "name": "hall", "owner": person }))
            .await;
        let scene = Scene {
            token: text(&application["token"]),
            application: text(&application["application_id"]),
            bot: text(&application["bot_user_id"]),
            person,
            guild: text(&guild["id"]),
            channel: text(&guild["channels"][0]["id"]),
        };
        self.add_bot(&scene, json!({})).await;
        scene
    }

    /// Adds the bot, or changes its permissions.
    pub(crate) async fn add_bot(&self, scene: &Scene, mut more: Value) {
        more["application_id"] = json!(scene.application);
        self.ask(&format!("/guilds/{}/bots", scene.guild), more)
            .await;
    }

    pub(crate) async fn say(&self, scene: &Scene, content: &str) -> String {
        let message = json!({ "author": scene.person, "content": content });
        text(
            &self
                .ask(&format!("/channels/{}/messages", scene.channel), message)
                .await["id"],
        )
    }

    pub(crate) async fn said(&self, channel: &str) -> Vec<Value> {
        let messages = self.look(&format!("/channels/{channel}/messages")).await;
        messages.as_array().unwrap().clone()
    }

    /// Posts as the person of the scene.
    pub(crate) async fn post(&self, scene: &Scene, mut message: Value) -> Value {
        message["author"] = json!(scene.person);
        self.ask(&format!("/channels/{}/messages", scene.channel), message)
            .await
    }

    /// A request with files, as the bot. Each file is a part of this name.
    pub(crate) async fn upload(
        &self,
        scene: &Scene,
        method: Method,
        path: &str,
        payload: Value,
        files: Vec<(&'static str, Part)>,
    ) -> reqwest::Response {
        let form = Form::new().text("payload_json", payload.to_string());
        let form = files
            .into_iter()
            .fold(form, |form, (name, part)| form.part(name, part));
        reqwest::Client::new()
            .request(method, format!("http://{}/api/v10{path}", self.address()))
            .header("authorization", format!("Bot {}", scene.token))
            .multipart(form)
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn http(&self, token: &str) -> Http {
        HttpBuilder::new(token)
            .proxy(format!("http://{}", self.address()))
            .ratelimiter_disabled(true)
            .build()
    }

    /// A raw request as the bot.
    pub(crate) async fn rest(
        &self,
        scene: &Scene,
        method: Method,
        path: &str,
        body: Value,
    ) -> reqwest::Response {
        self.try_rest(scene, method, path, body).await.unwrap()
    }

    pub(crate) async fn try_rest(
        &self,
        scene: &Scene,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<reqwest::Response, reqwest::Error> {
        reqwest::Client::new()
            .request(method, format!("http://{}/api/v10{path}", self.address()))
            .header("authorization", format!("Bot {}", scene.token))
            .json(&body)
            .send()
            .await
    }
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
        .to_owned()
}

pub(crate) fn id<T: From<std::num::NonZeroU64>>(text: &str) -> T {
    T::from(text.parse().unwrap())
}
