//! A simulator, the ports in memory, and a connector between them.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_app::ports::{
    ChatMoved, Ingest, PortError, PortResult, Ports, ReactionsWanted, SecretName, SourceSeen,
};
use patchbay_app::testing::{ManualClock, Memory};
use patchbay_domain::account::{
    Account, AccountState, Login, LoginAnswer, LoginMethod, LoginState,
};
use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, LoginId, PairId, PartitionId, TelegramChatId,
    TopicId, UserId,
};
use patchbay_domain::pair::options::{Draft, GapPolicy};
use patchbay_domain::pair::{Options, SourceLoss};
use patchbay_domain::user::User;
use patchbay_domain::{Change, ChatId, Endpoint, Fence, Pair, PairState, SourceEvent, Timestamp};
use patchbay_sim_telegram::{Config, TelegramSimulator};
use patchbay_telegram::{Ended, ReactionPace, Telegram, TelegramConfig, TelegramServer};
use reqwest::Method;
use secrecy::SecretSlice;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// The data centre of the simulator that is not everybody's.
pub(crate) const OTHER_DC: i32 = 4;
pub(crate) const OWNER: UserId = UserId::from_bits(1);
const SOON: ReactionPace = ReactionPace {
    gathered_for: Duration::from_millis(100),
    polled_every: Duration::from_millis(300),
};

pub(crate) struct Stage {
    pub(crate) simulator: TelegramSimulator,
    pub(crate) memory: Memory,
    pub(crate) ports: Ports,
    pub(crate) telegram: Telegram,
    pub(crate) linked: mpsc::UnboundedReceiver<Account>,
    control: String,
    http: reqwest::Client,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            journal: None,
            advertise: None,
        };
        let simulator = TelegramSimulator::start(config).await.unwrap();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let control = format!("http://{}", listener.local_addr().unwrap());
        let router = simulator.control();
        spawn(async move { axum::serve(listener, router).await });
        let memory = Memory::with_clock(ManualClock::at(now()));
        let ports = memory.ports();
        let (linked_to, linked) = mpsc::unbounded_channel();
        let quiet_for = TelegramConfig::ALBUMS_QUIET_FOR;
        let telegram = connector(&simulator, &control, &ports, linked_to, quiet_for, SOON);
        let stage = Self {
            simulator,
            memory,
            ports,
            telegram,
            linked,
            control,
            http: reqwest::Client::new(),
        };
        stage.add_owner(OWNER).await;
        stage
    }

    /// What a new process would have: nothing but what is stored.
    pub(crate) fn restart_process(&mut self) {
        self.restart_process_with(TelegramConfig::ALBUMS_QUIET_FOR, SOON);
    }

    pub(crate) fn restart_process_holding_albums(&mut self, quiet_for: Duration) {
        self.restart_process_with(quiet_for, SOON);
    }

    pub(crate) fn restart_process_gathering_reactions(&mut self, reactions: ReactionPace) {
        self.restart_process_with(TelegramConfig::ALBUMS_QUIET_FOR, reactions);
    }

    fn restart_process_with(&mut self, quiet_for: Duration, reactions: ReactionPace) {
        let (linked_to, linked) = mpsc::unbounded_channel();
        let (simulator, control) = (&self.simulator, &self.control);
        self.telegram = connector(
            simulator,
            control,
            &self.ports,
            linked_to,
            quiet_for,
            reactions,
        );
        self.linked = linked;
    }

    pub(crate) async fn add_owner(&self, id: UserId) {
        let email = format!("user{}@example.com", id.bits()).parse().unwrap();
        let user = User::new(id, email, String::new(), 4, Timestamp(0));
        let user = User {
            partition: PartitionId(3),
            ..user
        };
        self.ports.users.create(&user).await.unwrap();
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.control);
        let response = self
            .http
            .request(method, url)
            .json(&body)
            .send()
            .await
            .unwrap();
        let status = response.status();
        let answer: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// The bytes of a file of the simulator's.
    pub(crate) async fn file(&self, id: &Value) -> Vec<u8> {
        let url = format!("{}/files/{id}", self.control);
        let answer = self.http.get(url).send().await.unwrap();
        answer
            .error_for_status()
            .unwrap()
            .bytes()
            .await
            .unwrap()
            .into()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        self.control(Method::POST, path, body).await
    }

    pub(crate) async fn user(&self, phone: &str, name: &str) -> i64 {
        let user = json!({ "phone": phone, "first_name": name });
        self.post("/users", user).await["id"].as_i64().unwrap()
    }

    /// Ann, who is to be linked, and Bob, whose chats she is in.
    pub(crate) async fn ann_and_bob(&self, phone: &str) -> (i64, i64) {
        let ann = self.user(phone, "Ann").await;
        (ann, self.user("+15550002", "Bob").await)
    }

    pub(crate) async fn chat(&self, kind: &str, creator: i64, members: &[i64]) -> TelegramChatId {
        let chat = json!({ "kind": kind, "title": kind, "creator": creator, "members": members });
        TelegramChatId(self.post("/chats", chat).await["id"].as_i64().unwrap())
    }

    pub(crate) async fn say(&self, chat: TelegramChatId, from: i64, text: &str) -> i64 {
        let post = json!({ "from": from, "text": text });
        let path = format!("/chats/{chat}/messages");
        self.post(&path, post).await["id"].as_i64().unwrap()
    }

    pub(crate) async fn messages(&self, chat: TelegramChatId) -> Vec<Value> {
        let path = format!("/chats/{chat}/messages?limit=1000");
        self.control(Method::GET, &path, json!({}))
            .await
            .as_array()
            .unwrap()
            .clone()
    }

    pub(crate) async fn fault(&self, method: &str, times: u32, fault: Value) {
        self.post(
            "/faults",
            json!({ "method": method, "times": times, "fault": fault }),
        )
        .await;
    }

    pub(crate) async fn settings(&self, settings: Value) {
        self.control(Method::PUT, "/settings", settings).await;
    }

    pub(crate) async fn calls(&self, method: &str) -> u64 {
        let calls = self.control(Method::GET, "/calls", json!({})).await;
        calls["calls"][method].as_u64().unwrap_or(0)
    }

    pub(crate) async fn begin_login(&self, owner: UserId, method: LoginMethod) -> LoginId {
        let id = LoginId::from_bits(self.ports.ids.next());
        let now = self.ports.clock.now();
        let login = Login {
            id,
            owner,
            method,
            state: LoginState::Starting,
            created_at: now,
            expires_at: now.plus(Duration::from_mins(10)),
        };
        self.ports.logins.put(&login).await.unwrap();
        id
    }

    pub(crate) async fn login(&self, owner: UserId, id: LoginId) -> LoginState {
        self.ports
            .logins
            .get(owner, id)
            .await
            .unwrap()
            .unwrap()
            .state
    }

    /// What the API does with an answer, and what the core does when it hears of it.
    pub(crate) async fn answer(&self, owner: UserId, id: LoginId, answer: LoginAnswer) {
        let login = self.ports.logins.get(owner, id).await.unwrap().unwrap();
        let checking = Login {
            state: LoginState::Checking,
            ..login.clone()
        };
        assert!(self.ports.logins.replace(&login, &checking).await.unwrap());
        let bytes = serde_json::to_vec(&answer).unwrap();
        let name = SecretName::LoginAnswer(id);
        self.ports
            .vault
            .put(owner, name, &SecretSlice::from(bytes))
            .await
            .unwrap();
        self.telegram.answer_login(owner, id).await.unwrap();
    }

    pub(crate) async fn code(&self, phone: &str) -> String {
        let code = self
            .control(Method::GET, &format!("/codes/{phone}"), json!({}))
            .await;
        code["code"].as_str().unwrap().to_owned()
    }

    /// An account that is linked by code.
    pub(crate) async fn link(&mut self, owner: UserId, phone: &str) -> Account {
        let method = LoginMethod::Phone {
            phone: phone.to_owned(),
        };
        let id = self.begin_login(owner, method).await;
        self.telegram.start_login(owner, id).await.unwrap();
        let code = self.code(phone).await;
        self.answer(owner, id, LoginAnswer::Code { code }).await;
        self.next_linked().await
    }

    pub(crate) async fn next_linked(&mut self) -> Account {
        within("an account is linked", self.linked.recv())
            .await
            .unwrap()
    }

    /// Reads `chat` for some Discord channel.
    pub(crate) async fn pair_from(&self, account: &Account, chat: TelegramChatId) {
        let telegram = Endpoint::Telegram {
            account: account.id,
            chat,
            topic: None,
        };
        self.pair(account.owner, telegram, some_discord_channel())
            .await;
    }

    /// Reads no more than so many of the last messages after a gap.
    pub(crate) async fn pair_from_last(
        &self,
        account: &Account,
        chat: TelegramChatId,
        topic: Option<TopicId>,
        most: u16,
    ) {
        let telegram = Endpoint::Telegram {
            account: account.id,
            chat,
            topic,
        };
        let draft = Draft {
            gap_policy: GapPolicy::Last(most),
            ..Draft::default()
        };
        let options = Options::parse(draft).unwrap();
        self.pair_with(account.owner, telegram, some_discord_channel(), options)
            .await;
    }

    pub(crate) async fn pair_to(&self, account: &Account, chat: TelegramChatId) {
        let telegram = Endpoint::Telegram {
            account: account.id,
            chat,
            topic: None,
        };
        self.pair(account.owner, some_discord_channel(), telegram)
            .await;
    }

    async fn pair(&self, owner: UserId, source: Endpoint, destination: Endpoint) {
        self.pair_with(owner, source, destination, Options::default())
            .await;
    }

    async fn pair_with(
        &self,
        owner: UserId,
        source: Endpoint,
        destination: Endpoint,
        options: Options,
    ) {
        let pair = Pair {
            id: PairId::from_bits(self.ports.ids.next()),
            owner,
            partition: PartitionId(3),
            source,
            destination,
            state: PairState::Active,
            created_at: Timestamp(0),
            version: 1,
            options,
            health: patchbay_domain::pair::Health::default(),
        };
        let version = self.ports.pairs.of_user(owner).await.unwrap().version;
        assert!(self.ports.pairs.create(&pair, version).await.unwrap());
    }

    pub(crate) async fn stored(&self, account: &Account) -> Account {
        self.ports
            .accounts
            .get(account.owner, account.id)
            .await
            .unwrap()
            .unwrap()
    }

    /// Runs the account and waits until it is connected.
    pub(crate) async fn run(&self, account: &Account) -> Running {
        let running = self.spawn_run(account, Fence(1));
        self.until_connected(account.id).await;
        running
    }

    pub(crate) fn spawn_run(&self, account: &Account, fence: Fence) -> Running {
        let inbox = Arc::new(Recorder {
            ports: Some(self.ports.clone()),
            ..Recorder::default()
        });
        let stop = CancellationToken::new();
        let (telegram, account) = (self.telegram.clone(), account.clone());
        let (ingest, stopped) = (Arc::clone(&inbox), stop.clone());
        let task =
            spawn(async move { telegram.run_account(account, fence, ingest, stopped).await });
        Running { inbox, stop, task }
    }

    pub(crate) async fn until_connected(&self, account: AccountId) {
        until("the session is connected", async || {
            self.telegram.sessions().iter().any(|(id, state)| {
                *id == account && matches!(state, AccountState::Connected { .. })
            })
        })
        .await;
    }
}

fn connector(
    simulator: &TelegramSimulator,
    control: &str,
    ports: &Ports,
    linked: mpsc::UnboundedSender<Account>,
    albums_quiet_for: Duration,
    reactions: ReactionPace,
) -> Telegram {
    let config = TelegramConfig {
        api_id: 12345,
        api_hash: "hash".to_owned().into(),
        server: TelegramServer::Simulator {
            address: simulator.address(),
            others: vec![(OTHER_DC, simulator.other_address())],
            auth_keys: format!("{control}/auth_keys").parse().unwrap(),
        },
        albums_quiet_for,
        reactions,
    };
    Telegram::new(config, ports.clone(), linked)
}

fn some_discord_channel() -> Endpoint {
    Endpoint::Discord {
        guild: DiscordGuildId(1),
        channel: DiscordChannelId(2),
        thread: None,
    }
}

/// A run of an account, and what it handed on.
pub(crate) struct Running {
    pub(crate) inbox: Arc<Recorder>,
    pub(crate) stop: CancellationToken,
    task: JoinHandle<Ended>,
}

impl Running {
    pub(crate) async fn stopped(self) -> Ended {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(3), self.task)
            .await
            .expect("it stops within seconds")
            .unwrap()
    }

    pub(crate) async fn ended(self) -> Ended {
        within("the run ends by itself", self.task).await.unwrap()
    }
}

/// Takes events, or refuses them while it is told to.
pub(crate) struct Recorder {
    events: watch::Sender<Vec<SourceEvent>>,
    gate: tokio::sync::Mutex<()>,
    refuses: Mutex<u32>,
    seen: watch::Sender<HashMap<ChatId, Option<SourceLoss>>>,
    was_lost: Mutex<bool>,
    /// Where the pairs are that go after chats.
    ports: Option<Ports>,
    wanted: Mutex<Vec<ReactionsWanted>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            events: watch::Sender::new(Vec::new()),
            gate: tokio::sync::Mutex::default(),
            refuses: Mutex::new(0),
            seen: watch::Sender::default(),
            was_lost: Mutex::default(),
            ports: None,
            wanted: Mutex::default(),
        }
    }
}

#[async_trait]
impl Ingest for Recorder {
    async fn ingest(&self, events: &[SourceEvent]) -> PortResult<()> {
        let _open = self.gate.lock().await;
        {
            let mut refuses = self.refuses.lock().unwrap();
            if *refuses > 0 {
                *refuses -= 1;
                let source = "told to refuse".into();
                return Err(PortError::Unavailable {
                    operation: "ingest",
                    source,
                });
            }
        }
        self.events.send_modify(|all| all.extend_from_slice(events));
        Ok(())
    }

    fn reactions_wanted(&self) -> Vec<ReactionsWanted> {
        self.wanted.lock().unwrap().clone()
    }

    async fn seen(&self, sources: &[SourceSeen]) -> PortResult<()> {
        *self.was_lost.lock().unwrap() |= sources.iter().any(|seen| seen.lost.is_some());
        self.seen.send_modify(|all| {
            all.extend(sources.iter().map(|seen| (seen.source.chat(), seen.lost)));
        });
        Ok(())
    }

    async fn moved(&self, moved: &ChatMoved) -> PortResult<()> {
        patchbay_app::pairs::follow(self.ports.as_ref().unwrap(), moved).await
    }
}

impl Recorder {
    /// Takes nothing until the guard is dropped.
    pub(crate) async fn shut(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.gate.lock().await
    }

    pub(crate) fn refuse(&self, times: u32) {
        *self.refuses.lock().unwrap() = times;
    }

    pub(crate) fn want_reactions(&self, source: Endpoint) {
        let since = Timestamp(0);
        let wanted = ReactionsWanted { source, since };
        self.wanted.lock().unwrap().push(wanted);
    }

    pub(crate) fn is_refusing(&self) -> bool {
        *self.refuses.lock().unwrap() > 0
    }

    /// Waits until a source is found so.
    pub(crate) async fn until_seen(&self, chat: TelegramChatId, lost: Option<SourceLoss>) {
        let mut seen = self.seen.subscribe();
        let chat = ChatId::Telegram(chat);
        let what = format!("{chat:?} is seen as {lost:?}");
        let is_so = |seen: &HashMap<ChatId, _>| seen.get(&chat) == Some(&lost);
        within(&what, seen.wait_for(is_so)).await.unwrap();
    }

    /// Whether any source was ever found to be lost.
    pub(crate) fn was_ever_lost(&self) -> bool {
        *self.was_lost.lock().unwrap()
    }

    pub(crate) fn events(&self) -> Vec<SourceEvent> {
        self.events.borrow().clone()
    }

    /// Waits until something was handed on that `fits`.
    pub(crate) async fn until(
        &self,
        what: &str,
        fits: impl Fn(&SourceEvent) -> bool,
    ) -> SourceEvent {
        let mut events = self.events.subscribe();
        let found = within(what, events.wait_for(|events| events.iter().any(&fits)))
            .await
            .unwrap();
        found.iter().find(|event| fits(event)).unwrap().clone()
    }

    pub(crate) async fn until_posted(&self, text: &str) -> SourceEvent {
        self.until(text, |event| posted_text(event) == Some(text))
            .await
    }

    /// The posts in a chat, each once, in the order in which they first came.
    pub(crate) fn posts(&self, chat: TelegramChatId) -> Vec<String> {
        let mut seen = std::collections::HashSet::new();
        self.events()
            .iter()
            .filter(|event| event.chat == ChatId::Telegram(chat))
            .filter(|event| {
                matches!(event.change, Change::Posted { .. }) && seen.insert(event.message)
            })
            .map(|event| posted_text(event).unwrap().to_owned())
            .collect()
    }
}

pub(crate) fn posted_text(event: &SourceEvent) -> Option<&str> {
    match &event.change {
        Change::Posted { post } => Some(post.content.text.as_str()),
        Change::Edited { .. } | Change::Reacted { .. } | Change::Deleted => None,
    }
}

pub(crate) fn edited_text(event: &SourceEvent) -> Option<&str> {
    match &event.change {
        Change::Edited { post, .. } => Some(post.content.text.as_str()),
        Change::Posted { .. } | Change::Reacted { .. } | Change::Deleted => None,
    }
}

pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work)
        .await
        .unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// Looks again and again until the condition holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    within(what, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
pub(crate) fn spawn<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> JoinHandle<T> {
    tokio::spawn(work)
}

/// The simulator goes by the computer's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no other clock to compare with"
)]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}
