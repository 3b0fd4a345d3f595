//! A simulator on free ports, its control API, and unmodified grammers clients of it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use grammers_client::Client;
use grammers_client::client::UpdateStream;
use grammers_client::update::Update;
use grammers_mtsender::{
    AutoSleep, ConnectionParams, InvocationError, SenderPool, UpdatesConfiguration,
};
use grammers_session::SessionData;
use grammers_session::storages::MemorySession;
use grammers_session::types::PeerRef;
use grammers_session::updates::UpdatesLike;
use grammers_tl_types as tl;
use patchbay_sim_telegram::{Config, TelegramSimulator};
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) simulator: TelegramSimulator,
    pub(crate) control: String,
    http: reqwest::Client,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_with(None, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await
    }

    pub(crate) async fn start_with(journal: Option<PathBuf>, listen: SocketAddr) -> Self {
        let config = Config {
            listen,
            journal,
            advertise: None,
        };
        let simulator = TelegramSimulator::start(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let control = format!("http://{}", listener.local_addr().unwrap());
        let router = simulator.control();
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            simulator,
            control,
            http: reqwest::Client::new(),
        }
    }

    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Value,
    ) -> (reqwest::StatusCode, Value) {
        let url = format!("{}{path}", self.control);
        let response = self
            .http
            .request(method, url)
            .json(&body)
            .send()
            .await
            .unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.ok(reqwest::Method::POST, path, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.ok(reqwest::Method::GET, path, json!({})).await
    }

    pub(crate) async fn ok(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.request(method.clone(), path, body).await;
        assert!(status.is_success(), "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) async fn user(&self, phone: &str, name: &str) -> i64 {
        let user = json!({ "phone": phone, "first_name": name });
        self.post("/users", user).await["id"].as_i64().unwrap()
    }

    pub(crate) async fn user_with_password(&self, phone: &str, name: &str, password: &str) -> i64 {
        let user = json!({ "phone": phone, "first_name": name, "password": password });
        self.post("/users", user).await["id"].as_i64().unwrap()
    }

    pub(crate) async fn chat(&self, kind: &str, creator: i64, members: &[i64]) -> i64 {
        let chat = json!({ "kind": kind, "title": kind, "creator": creator, "members": members });
        self.post("/chats", chat).await["id"].as_i64().unwrap()
    }

    pub(crate) async fn say(&self, chat: i64, from: i64, text: &str) -> i64 {
        let post = json!({ "from": from, "text": text });
        self.post(&format!("/chats/{chat}/messages"), post).await["id"]
            .as_i64()
            .unwrap()
    }

    pub(crate) async fn texts(&self, chat: i64) -> Vec<String> {
        let listed = self
            .get(&format!("/chats/{chat}/messages?limit=1000"))
            .await;
        let texts = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["text"].as_str().unwrap());
        texts.map(str::to_owned).collect()
    }

    pub(crate) async fn code(&self, phone: &str) -> String {
        self.get(&format!("/codes/{phone}")).await["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn fault(&self, method: &str, fault: Value) {
        self.post("/faults", json!({ "method": method, "fault": fault }))
            .await;
    }

    pub(crate) async fn seeded_key(&self) -> [u8; 256] {
        let seeded = self.post("/auth_keys", json!({})).await;
        let hex = seeded["auth_key"].as_str().unwrap();
        std::array::from_fn(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
    }

    /// A client with a seeded key that nobody has signed in on yet.
    pub(crate) async fn client(&self) -> Device {
        Device::new(session(self.simulator.address(), &self.seeded_key().await))
    }

    /// A client that is signed in by code.
    pub(crate) async fn signed_in(&self, phone: &str) -> Device {
        let device = self.client().await;
        device.sign_in(self, phone).await;
        device
    }
}

pub(crate) fn session(address: SocketAddr, key: &[u8; 256]) -> Arc<MemorySession> {
    let mut data = SessionData::default();
    for option in data.dc_options.values_mut() {
        option.ipv4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, address.port());
    }
    data.dc_options.get_mut(&2).unwrap().auth_key = Some(*key);
    Arc::new(MemorySession::from(data))
}

pub(crate) struct Device {
    pub(crate) client: Client,
    pub(crate) session: Arc<MemorySession>,
    updates: Option<Receiver<UpdatesLike>>,
}

impl Device {
    pub(crate) fn new(session: Arc<MemorySession>) -> Self {
        let retry_policy = Box::new(AutoSleep {
            tries: 3.try_into().unwrap(),
            threshold: Duration::from_secs(5),
            io_errors_as_flood_of: Some(Duration::from_millis(50)),
        });
        let params = ConnectionParams {
            retry_policy,
            ..ConnectionParams::default()
        };
        let pool = SenderPool::with_configuration(Arc::clone(&session), 1, params);
        let client = Client::new(pool.handle.clone());
        #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
        tokio::spawn(pool.runner.run());
        Self {
            client,
            session,
            updates: Some(pool.updates),
        }
    }

    pub(crate) async fn sign_in(&self, stage: &Stage, phone: &str) {
        let token = self.client.request_login_code(phone, "hash").await.unwrap();
        self.client
            .sign_in(&token, &stage.code(phone).await)
            .await
            .unwrap();
    }

    /// The raw updates of the pool, before any ordering.
    pub(crate) fn raw(&mut self) -> Receiver<UpdatesLike> {
        self.updates.take().unwrap()
    }

    pub(crate) async fn stream(&mut self) -> UpdateStream {
        let configuration = UpdatesConfiguration { catch_up: true };
        let raw = self.raw();
        self.client
            .stream_updates(raw, configuration)
            .await
            .unwrap()
    }

    /// Learns every chat of the account and answers the one with this dialog id.
    pub(crate) async fn dialog(&self, dialog_id: i64) -> PeerRef {
        let mut dialogs = self.client.iter_dialogs();
        let mut found = None;
        while let Some(dialog) = dialogs.next().await.unwrap() {
            if dialog.peer().id().bot_api_dialog_id() == Some(dialog_id) {
                found = dialog.peer().to_ref().await.unwrap();
            }
        }
        found.expect("the chat is in the list")
    }

    pub(crate) async fn input_channel(&self, dialog_id: i64) -> tl::types::InputChannel {
        let peer = self.dialog(dialog_id).await;
        tl::types::InputChannel {
            channel_id: peer.id.bare_id().unwrap(),
            access_hash: peer.auth.hash(),
        }
    }
}

/// A request with a `random_id` of the test's choice.
pub(crate) fn send(
    peer: tl::enums::InputPeer,
    text: &str,
    random_id: i64,
) -> tl::functions::messages::SendMessage {
    tl::functions::messages::SendMessage {
        no_webpage: true,
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer,
        reply_to: None,
        message: text.to_owned(),
        random_id,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}

/// Reads updates until one fits; fails at the deadline.
pub(crate) async fn until<T>(
    updates: &mut UpdateStream,
    mut wanted: impl FnMut(&Update) -> Option<T>,
) -> T {
    let found = async {
        loop {
            // A broken connection shows as an error once; the next call connects again.
            if let Ok(update) = updates.next().await
                && let Some(found) = wanted(&update)
            {
                return found;
            }
        }
    };
    tokio::time::timeout(DEADLINE, found)
        .await
        .expect("the update comes within the deadline")
}

pub(crate) async fn until_text(updates: &mut UpdateStream, text: &str) -> i32 {
    until(updates, |update| match update {
        Update::NewMessage(message) if message.text() == text => Some(message.id()),
        _ => None,
    })
    .await
}

pub(crate) fn rpc_error<T: std::fmt::Debug>(
    result: Result<T, InvocationError>,
) -> (i32, String, Option<u32>) {
    match result.unwrap_err() {
        InvocationError::Rpc(error) => (error.code, error.name, error.value),
        other => panic!("not an RPC error: {other}"),
    }
}
