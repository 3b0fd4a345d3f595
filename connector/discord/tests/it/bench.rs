//! A simulated Discord with one server, and the bot that is in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use patchbay_app::ports::{DiscordPosition, Ingest, PortError, PortResult, SourceSeen};
use patchbay_app::testing::Memory;
use patchbay_discord::{Discord, DiscordConfig, ShardEnd, Source, Sources};
use patchbay_domain::ids::{
    DiscordChannelId, DiscordGuildId, MessageId, PairId, PartitionId, UserId,
};
use patchbay_domain::pair::options::Draft;
use patchbay_domain::pair::{Health, Options, SourceLoss};
use patchbay_domain::{Change, Endpoint, Fence, Pair, PairState, SourceEvent, Timestamp};
use patchbay_sim_discord::{Config, DiscordSimulator};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) struct Bench {
    simulator: DiscordSimulator,
    control: Router,
    pub(crate) memory: Memory,
    application: Value,
    pub(crate) owner: String,
    pub(crate) guild: DiscordGuildId,
    pub(crate) channel: DiscordChannelId,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with_intents(
            json!({"message_content": true, "guild_members": false, "presences": false}),
        )
        .await
    }

    pub(crate) async fn with_intents(intents: Value) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let simulator = DiscordSimulator::start(Config {
            listen,
            journal: None,
        })
        .await
        .unwrap();
        let control = simulator.control();
        let ask = async |path: &str, body: Value| call(&control, "POST", path, &body).await;
        let application = ask(
            "/applications",
            json!({"name": "patchbay", "intents": intents}),
        )
        .await;
        let owner = text(&ask("/users", json!({"name": "owner"})).await["id"]);
        let guild = ask("/guilds", json!({"name": "Harbour", "owner": owner})).await;
        let bot = json!({"application_id": application["application_id"]});
        ask(&format!("/guilds/{}/bots", text(&guild["id"])), bot).await;
        Self {
            memory: Memory::new(),
            application,
            owner,
            guild: text(&guild["id"]).parse().unwrap(),
            channel: text(&guild["channels"][0]["id"]).parse().unwrap(),
            control,
            simulator,
        }
    }

    /// The bot as a process would have it that has just started.
    pub(crate) fn discord(&self) -> Discord {
        self.discord_with(&text(&self.application["token"]))
    }

    pub(crate) fn discord_with(&self, token: &str) -> Discord {
        Discord::new(self.config(token), self.memory.ports()).unwrap()
    }

    /// The bot, when it waits no longer than this for an answer, or for the next bytes of a file.
    pub(crate) fn impatient(&self, patience: Duration) -> Discord {
        let config = DiscordConfig {
            request_timeout: patience,
            silence: patience,
            ..self.config(&text(&self.application["token"]))
        };
        Discord::new(config, self.memory.ports()).unwrap()
    }

    /// The bot, when it compares its sources with what came this often.
    pub(crate) fn reconciling(&self, every: Duration) -> Discord {
        let config = DiscordConfig {
            reconcile_every: every,
            ..self.config(&text(&self.application["token"]))
        };
        Discord::new(config, self.memory.ports()).unwrap()
    }

    /// The bot, when it gathers reactions for this long.
    pub(crate) fn gathering(&self, every: Duration) -> Discord {
        let config = DiscordConfig {
            reactions_every: every,
            ..self.config(&text(&self.application["token"]))
        };
        Discord::new(config, self.memory.ports()).unwrap()
    }

    fn config(&self, token: &str) -> DiscordConfig {
        let api = format!("http://{}", self.simulator.address());
        DiscordConfig::new(token.into(), api.parse().unwrap())
    }

    pub(crate) fn bot(&self) -> String {
        text(&self.application["bot_user_id"])
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        call(&self.control, "POST", path, &body).await
    }

    pub(crate) async fn change(&self, method: &str, path: &str, body: Value) -> Value {
        call(&self.control, method, path, &body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        call(&self.control, "GET", path, &Value::Null).await
    }

    pub(crate) async fn set(&self, settings: Value) {
        self.change("PUT", "/settings", settings).await;
    }

    pub(crate) async fn say(&self, content: &str) -> MessageId {
        self.say_as(&self.owner, content).await
    }

    pub(crate) async fn say_as(&self, author: &str, content: &str) -> MessageId {
        let path = format!("/channels/{}/messages", self.channel);
        let said = self
            .post(&path, json!({"author": author, "content": content}))
            .await;
        text(&said["id"]).parse().unwrap()
    }

    pub(crate) async fn say_numbers(&self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            self.say(&number.to_string()).await;
        }
    }

    /// Somebody posts files.
    pub(crate) async fn share(&self, files: Value) -> Value {
        let path = format!("/channels/{}/messages", self.channel);
        let body = json!({"author": self.owner, "attachments": files});
        self.post(&path, body).await
    }

    /// What stands in the channel, oldest first, with all that is known of it.
    pub(crate) async fn messages(&self) -> Vec<Value> {
        let path = format!("/channels/{}/messages", self.channel);
        self.get(&path).await.as_array().unwrap().clone()
    }

    /// Another application, whose bot is in the server too.
    pub(crate) async fn other_application(&self) -> Value {
        let application = self.post("/applications", json!({"name": "other"})).await;
        let bot = json!({"application_id": application["application_id"]});
        self.post(&format!("/guilds/{}/bots", self.guild), bot)
            .await;
        application
    }

    pub(crate) async fn other_bot(&self) -> String {
        text(&self.other_application().await["bot_user_id"])
    }

    /// Webhooks of another application, as many as the channel takes.
    pub(crate) async fn fill_with_webhooks(&self) {
        let token = text(&self.other_application().await["token"]);
        let (address, channel) = (self.simulator.address(), self.channel);
        let url = format!("http://{address}/api/v10/channels/{channel}/webhooks");
        for _ in 0..15 {
            let request = reqwest::Client::new().post(&url);
            let request = request.header("authorization", format!("Bot {token}"));
            let answer = request.json(&json!({"name": "other"})).send().await;
            assert_eq!(answer.unwrap().status(), 200);
        }
    }

    /// Gives the bot this right too.
    pub(crate) async fn allow(&self, more: u64) {
        const FORWARDING: u64 = 275_415_157_760;
        let permissions = (FORWARDING | more).to_string();
        let application = &self.application["application_id"];
        let bot = json!({"application_id": application, "permissions": permissions});
        self.post(&format!("/guilds/{}/bots", self.guild), bot)
            .await;
    }

    /// Lets the bot in, or in again.
    pub(crate) async fn invite(&self) {
        let bot = json!({"application_id": self.application["application_id"]});
        self.post(&format!("/guilds/{}/bots", self.guild), bot)
            .await;
    }

    /// Throws the bot out of the server.
    pub(crate) async fn kick(&self) {
        let bot = json!({"application_id": self.application["application_id"]});
        let path = format!("/guilds/{}/bots", self.guild);
        self.change("DELETE", &path, bot).await;
    }

    /// As whoever has its token can.
    pub(crate) async fn remove_webhook(&self, id: &str, token: &str) {
        let address = self.simulator.address();
        let url = format!("http://{address}/api/v10/webhooks/{id}/{token}");
        let answer = reqwest::Client::new().delete(url).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }

    /// Lets requests to this route fail, once.
    pub(crate) async fn fault(&self, route: &str, fault: Value) {
        let body = json!({"route": route, "times": 1, "fault": fault});
        self.post("/faults", body).await;
    }

    /// What stands in the channel, oldest first.
    pub(crate) async fn contents(&self) -> Vec<String> {
        let messages = self.messages().await;
        messages
            .iter()
            .map(|message| text(&message["content"]))
            .collect()
    }

    /// How many gateway sessions there are, resumable or not.
    pub(crate) async fn sessions(&self) -> usize {
        self.get("/sessions").await.as_array().unwrap().len()
    }

    pub(crate) fn here(&self) -> Endpoint {
        Endpoint::Discord {
            guild: self.guild,
            channel: self.channel,
            thread: None,
        }
    }

    pub(crate) fn source(&self) -> Source {
        Source::of(&self.here()).unwrap()
    }

    pub(crate) fn sources(&self) -> Sources {
        [self.source()].into()
    }

    /// Listens with the channel as the only source.
    pub(crate) fn listen(&self, fence: u64) -> Listener {
        Listener::start(self.discord(), Fence(fence), self.sources())
    }

    /// A new session also looks into the history, and finds there what comes live as well. Once
    /// it is saved it has done so.
    pub(crate) async fn listen_settled(&self) -> Listener {
        self.settled(self.listen(1)).await
    }

    pub(crate) async fn settled(&self, listener: Listener) -> Listener {
        listener.until_connected().await;
        eventually("a saved session", async || {
            self.position().await.session.is_some()
        })
        .await;
        listener
    }

    pub(crate) async fn position(&self) -> DiscordPosition {
        self.memory
            .ports()
            .positions
            .discord(0)
            .await
            .unwrap()
            .unwrap_or_default()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

async fn call(control: &Router, method: &str, path: &str, body: &Value) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        })
        .unwrap();
    let response = control.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(
        status.is_success(),
        "{method} {path}: {status} {}",
        String::from_utf8_lossy(&bytes)
    );
    if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    }
}

/// Keeps what is handed in.
#[derive(Default)]
pub(crate) struct Recorder {
    events: Mutex<Vec<SourceEvent>>,
    /// How each source was found, one after the other.
    seen: Mutex<Vec<(Endpoint, Option<SourceLoss>)>>,
    changed: watch::Sender<()>,
    /// How often it still fails.
    failures: AtomicU32,
}

#[async_trait]
impl Ingest for Recorder {
    async fn seen(&self, sources: &[SourceSeen]) -> PortResult<()> {
        let told = sources.iter().map(|seen| (seen.source, seen.lost));
        self.seen.lock().unwrap().extend(told);
        Ok(())
    }

    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()> {
        let fails = |left: u32| left.checked_sub(1);
        if self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fails)
            .is_ok()
        {
            return Err(PortError::Unavailable {
                operation: "enqueue",
                source: "the queue is away".into(),
            });
        }
        self.events.lock().unwrap().extend_from_slice(events);
        self.changed.send_replace(());
        Ok(())
    }
}

impl Recorder {
    pub(crate) fn events(&self) -> Vec<SourceEvent> {
        self.events.lock().unwrap().clone()
    }
}

/// A connector's shard, running.
pub(crate) struct Listener {
    pub(crate) discord: Discord,
    recorder: Arc<Recorder>,
    pub(crate) sources: watch::Sender<Sources>,
    stop: CancellationToken,
    running: JoinSet<ShardEnd>,
}

impl Listener {
    pub(crate) fn start(discord: Discord, fence: Fence, sources: Sources) -> Self {
        let recorder = Arc::new(Recorder::default());
        let (sources, watched) = watch::channel(sources);
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        let shard = discord.clone();
        let (ingest, stopped) = (Arc::clone(&recorder), stop.clone());
        running.spawn(async move { shard.run_shard(0, fence, ingest, watched, stopped).await });
        Self {
            discord,
            recorder,
            sources,
            stop,
            running,
        }
    }

    /// Lets the next hand-overs fail.
    pub(crate) fn fail(&self, times: u32) {
        self.recorder.failures.store(times, Ordering::Relaxed);
    }

    pub(crate) fn events(&self) -> Vec<SourceEvent> {
        self.recorder.events()
    }

    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// How a source was found, each time that it was found otherwise than before.
    pub(crate) fn seen(&self, source: Endpoint) -> Vec<Option<SourceLoss>> {
        let seen = self.recorder.seen.lock().unwrap();
        let of_source = seen.iter().filter(|(of, _)| *of == source);
        let mut seen: Vec<_> = of_source.map(|(_, lost)| *lost).collect();
        seen.dedup();
        seen
    }

    /// Waits until a source is found so.
    pub(crate) async fn until_seen(&self, source: Endpoint, lost: Option<SourceLoss>) {
        eventually(&format!("{source:?} is seen as {lost:?}"), async || {
            self.seen(source).last() == Some(&lost)
        })
        .await;
    }

    /// What was posted, each message once, in the order in which it first came.
    pub(crate) fn posted(&self) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        let mut posted = Vec::new();
        for event in self.events() {
            if let Change::Posted { post } = event.change
                && seen.insert(event.message)
            {
                posted.push(post.content.text.as_str().to_owned());
            }
        }
        posted
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let mut changes = self.recorder.changed.subscribe();
        let wait = async {
            while !is_so(self) {
                changes.changed().await.unwrap();
            }
        };
        let in_time = timeout(DEADLINE, wait).await.is_ok();
        assert!(
            in_time,
            "not in time: {what}; {:?}, {:?}",
            self.posted(),
            self.discord.state()
        );
    }

    pub(crate) async fn until_posted(&self, count: usize) {
        self.until("posts", |listener| listener.posted().len() >= count)
            .await;
    }

    pub(crate) async fn until_connected(&self) {
        self.until_state("connected", |state| {
            matches!(
                state.shards.get(&0),
                Some(patchbay_discord::ShardState::Connected { .. })
            ) && state.guilds > 0
        })
        .await;
    }

    pub(crate) async fn until_state(
        &self,
        what: &str,
        is_so: impl Fn(&patchbay_discord::DiscordState) -> bool,
    ) {
        eventually(what, async || is_so(&self.discord.state())).await;
    }

    pub(crate) async fn stop(mut self) -> ShardEnd {
        self.stop.cancel();
        self.ended().await
    }

    pub(crate) async fn ended(&mut self) -> ShardEnd {
        timeout(DEADLINE, self.running.join_next())
            .await
            .unwrap()
            .unwrap()
            .unwrap()
    }
}

/// Looks again and again until it is so.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let wait = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(timeout(DEADLINE, wait).await.is_ok(), "not in time: {what}");
}

pub(crate) fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

/// Each as the source of a pair with these options.
pub(crate) fn sources_of(sources: &[Endpoint], options: &Draft) -> Sources {
    let pair = |source: &Endpoint| Pair {
        id: PairId::from_bits(1),
        owner: UserId::from_bits(1),
        partition: PartitionId(0),
        source: *source,
        destination: *source,
        state: PairState::Active,
        created_at: Timestamp(0),
        version: 1,
        options: Options::parse(options.clone()).unwrap(),
        health: Health::default(),
    };
    let pairs: Vec<Pair> = sources.iter().map(pair).collect();
    Sources::of(&pairs)
}
