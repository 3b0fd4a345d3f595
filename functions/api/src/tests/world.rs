//! Everything a test needs around the API: its ports, some tenants, and what they own.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use patchbay_app::letters::Site;
use patchbay_app::link_telegram::Patience;
use patchbay_app::ports::{Control, ControlTarget, Created, Linked, Message, Ports};
use patchbay_app::sessions;
use patchbay_app::testing::Memory;
use patchbay_app::throttle::Allowances;
use patchbay_domain::account::{Account, AccountState, TelegramChat, TelegramChatKind};
use patchbay_domain::bot_link::BotUsername;
use patchbay_domain::guild::{
    DiscordChannel, DiscordChannelKind, DiscordPermission, DiscordThread, DiscordThreadKind, Guild,
    GuildLink,
};
use patchbay_domain::ids::{
    AccountId, DiscordChannelId, DiscordGuildId, SessionId, TelegramChatId, TelegramUserId, UserId,
};
use patchbay_domain::session::Device;
use patchbay_domain::user::User;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::described;
use crate::tokens::Bearer;
use crate::{Api, Settings, router};

pub(super) const PASSWORD: &str = "correct horse battery";
/// Of [`PASSWORD`].
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$6I7xMP080DvFj7flDMJaPw$G5iXqPEuSMVP/a4Y3MuRXYQUTEYG2vRVO2Ul9Ss/KWQ";

pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) ports: Ports,
    api: Api,
    router: Router,
}

pub(super) struct Tenant {
    pub(super) token: String,
    pub(super) refresh_token: String,
    pub(super) session: SessionId,
    pub(super) user: User,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A world in which some of the ports are others.
    pub(super) fn with(change: impl FnOnce(&mut Ports)) -> Self {
        Self::of(change, Some(BotUsername::default()))
    }

    pub(super) fn without_bot() -> Self {
        Self::of(|_| {}, None)
    }

    fn of(change: impl FnOnce(&mut Ports), telegram_bot: Option<BotUsername>) -> Self {
        let memory = Memory::new();
        let mut ports = memory.ports();
        change(&mut ports);
        let patience = Patience {
            limit: Duration::from_secs(15),
            interval: Duration::from_millis(100),
        };
        let settings = Settings {
            partitions: 4,
            patience,
            hashes_at_once: 2,
            telegram_bot,
            allowed_origins: vec!["https://app.example.com".parse().unwrap()],
            trusted_proxies: 1,
            allowances: Allowances::default(),
            site: Site::new("https://patchbay.example"),
        };
        let api = Api::new(ports.clone(), settings, &[vec![9; 32].into()]).unwrap();
        Self {
            memory,
            ports,
            router: router(api.clone()),
            api,
        }
    }

    /// Answers that the document does not describe end the test.
    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let (parts, body) = self
            .router
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into())
        };
        described::judge(&method, &path, parts.status, &body);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    /// A request of somebody who has not logged in.
    pub(super) async fn call(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(request(None, method, path, &body)).await
    }

    /// A user who is logged in, with [`PASSWORD`] as their password. Nothing is asked of the API
    /// for it: hashing a password takes long.
    pub(super) async fn tenant(&self, name: &str) -> Tenant {
        // Snapshots show ids: a tenant takes three of them, the user's in the middle.
        let (_, id) = (self.ports.ids.next(), self.ports.ids.next());
        let id = UserId::from_bits(id);
        let email = format!("{name}@example.com").parse().unwrap();
        let user = User::new(id, email, HASH.to_owned(), 4, self.ports.clock.now());
        assert_eq!(self.ports.users.create(&user).await.unwrap(), Created::New);
        self.logged_in(user).await
    }

    /// The token in the only mail since the last time, which went to this address.
    pub(super) fn mailed_token(&self, email: &str) -> String {
        let letters = self.memory.letters();
        let [letter] = letters.as_slice() else {
            panic!("not one mail: {letters:?}");
        };
        assert_eq!(letter.to.as_str(), email);
        token_in(letter)
    }

    /// The same user in a new session.
    pub(super) async fn logged_in(&self, user: User) -> Tenant {
        let begun = sessions::begin(&self.ports, &user, Device::default())
            .await
            .unwrap();
        let now = self.ports.clock.now();
        let token = self.api.tokens().issue(Bearer::from(&begun.session), now);
        Tenant {
            token: token.unwrap().expose_secret().to_owned(),
            refresh_token: begun.token.text().expose_secret().to_owned(),
            session: begun.session.id,
            user,
        }
    }

    pub(super) async fn as_tenant(
        &self,
        tenant: &Tenant,
        method: Method,
        path: &str,
        body: Value,
    ) -> Answer {
        self.send(request(Some(&tenant.token), method, path, &body))
            .await
    }

    pub(super) async fn get(&self, tenant: &Tenant, path: &str) -> Answer {
        self.as_tenant(tenant, Method::GET, path, Value::Null).await
    }

    pub(super) async fn post(&self, tenant: &Tenant, path: &str, body: Value) -> Answer {
        self.as_tenant(tenant, Method::POST, path, body).await
    }

    pub(super) async fn delete(&self, tenant: &Tenant, path: &str) -> Answer {
        self.as_tenant(tenant, Method::DELETE, path, Value::Null)
            .await
    }

    /// The secret of a new API key of a tenant.
    pub(super) async fn api_key(&self, tenant: &Tenant, scopes: &[&str]) -> String {
        let body = json!({ "name": "a program", "scopes": scopes });
        let made = self.post(tenant, "/v1/api-keys", body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        made.text("secret").to_owned()
    }

    /// A request with any bearer token.
    pub(super) async fn with_token(&self, token: &str, method: Method, path: &str) -> Answer {
        self.send(request(Some(token), method, path, &Value::Null))
            .await
    }

    /// A linked Telegram account with some chats: 1 and 2 are ordinary, 3 is protected, in 4
    /// nobody may post.
    pub(super) async fn account(&self, tenant: &Tenant) -> AccountId {
        let id = AccountId::from_bits(self.ports.ids.next());
        let account = Account {
            id,
            owner: tenant.user.id,
            partition: tenant.user.partition,
            telegram_user: TelegramUserId(i64::try_from(id.bits()).unwrap()),
            name: "Ann".to_owned(),
            username: None,
            label: None,
            state: AccountState::Connected {
                since: self.ports.clock.now(),
            },
            linked_at: self.ports.clock.now(),
            chats_read_at: None,
        };
        let linked = self.ports.accounts.create(&account, 10).await;
        assert_eq!(linked.unwrap(), Linked::New);
        let chats = [
            chat(1, "First news"),
            chat(2, "Second talk"),
            TelegramChat {
                is_protected: true,
                ..chat(3, "Third news")
            },
            TelegramChat {
                can_post: false,
                ..chat(4, "Fourth talk")
            },
        ];
        self.ports.chats.put_telegram(id, &chats).await.unwrap();
        id
    }

    /// A linked Discord server with some channels: 11 and 12 are ordinary, 13 can't be read, 14
    /// can't be posted to, and 99 is a thread of 11.
    pub(super) async fn guild(&self, tenant: &Tenant, guild: u64) {
        let guild = DiscordGuildId(guild);
        let channels = [
            channel(guild, 11, true, true),
            channel(guild, 12, true, true),
            channel(guild, 13, false, true),
            channel(guild, 14, true, false),
        ];
        let known = Guild {
            id: guild,
            name: "Town".to_owned(),
            premium_tier: 0,
        };
        self.ports.chats.put_guild(&known, &channels).await.unwrap();
        let thread = DiscordThread {
            id: DiscordChannelId(99),
            guild,
            channel: DiscordChannelId(11),
            name: "thread-99".to_owned(),
            kind: DiscordThreadKind::PublicThread,
            is_locked: false,
            permissions: u64::MAX.into(),
        };
        self.ports
            .chats
            .put_threads(guild, &[thread])
            .await
            .unwrap();
        let link = GuildLink {
            owner: tenant.user.id,
            guild,
            linked_at: self.ports.clock.now(),
        };
        self.ports.guild_links.link(&link, 9).await.unwrap();
    }

    /// What the connector of a tenant was told since the last time.
    pub(super) async fn told(&self, target: ControlTarget) -> Vec<Control> {
        let mut told = Vec::new();
        loop {
            let received = self
                .ports
                .controls
                .receive(target, Duration::ZERO)
                .await
                .unwrap();
            if received.is_empty() {
                return told;
            }
            for message in received {
                self.ports
                    .controls
                    .delete(target, &message.receipt)
                    .await
                    .unwrap();
                told.push(message.body);
            }
        }
    }
}

impl Tenant {
    pub(super) fn connector(&self) -> ControlTarget {
        ControlTarget::Partition(self.user.partition)
    }
}

impl Answer {
    /// The problem in short: status, type and detail, and a line for each error. Checks what all
    /// problems have in common.
    pub(super) fn problem(&self) -> String {
        let text = |name: &str| {
            self.body[name]
                .as_str()
                .unwrap_or_else(|| panic!("{:?}", self.body))
        };
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert_eq!(self.body["status"], self.status.as_u16());
        assert_eq!(self.headers["x-request-id"], text("request_id"));
        assert!(!text("title").is_empty() && text("instance").starts_with('/'));
        let mut lines = vec![format!(
            "{} {}: {}",
            self.status.as_u16(),
            text("type"),
            text("detail")
        )];
        for error in self.body["errors"].as_array().into_iter().flatten() {
            let place = error.get("pointer").or(error.get("parameter")).unwrap();
            lines.push(format!(
                "  {}: {}",
                place.as_str().unwrap(),
                error["detail"].as_str().unwrap()
            ));
        }
        lines.join("\n")
    }

    /// The last part of the problem's type.
    pub(super) fn kind(&self) -> &str {
        self.body["type"]
            .as_str()
            .and_then(|kind| kind.strip_prefix("/problems/"))
            .unwrap_or_default()
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {:?}", self.body))
    }
}

pub(super) fn token_in(letter: &Message) -> String {
    let text = letter.text.expose_secret();
    let (_, rest) = text.split_once("#token=").expect("a link with a token");
    rest.split_whitespace().next().unwrap().to_owned()
}

pub(super) fn request(
    token: Option<&str>,
    method: Method,
    path: &str,
    body: &Value,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    if body.is_null() {
        return request.body(Body::empty()).unwrap();
    }
    request = request.header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

pub(super) fn telegram(account: AccountId, chat: i64) -> Value {
    json!({ "platform": "telegram", "account": account.to_string(), "chat": chat.to_string() })
}

pub(super) fn discord(guild: u64, channel: u64) -> Value {
    json!({ "platform": "discord", "guild": guild.to_string(), "channel": channel.to_string() })
}

fn chat(id: i64, title: &str) -> TelegramChat {
    TelegramChat {
        id: TelegramChatId(id),
        title: title.to_owned(),
        kind: TelegramChatKind::Supergroup,
        username: None,
        can_read: true,
        can_post: true,
        is_protected: false,
        access_hash: Some(5),
        is_forum: false,
        members: None,
        topics_read_at: None,
    }
}

fn channel(guild: DiscordGuildId, id: u64, can_read: bool, can_post: bool) -> DiscordChannel {
    let history = can_read.then_some(DiscordPermission::ReadMessageHistory);
    let posting = can_post.then_some(DiscordPermission::SendMessages);
    let others = [
        DiscordPermission::ViewChannel,
        DiscordPermission::EmbedLinks,
        DiscordPermission::AttachFiles,
    ];
    DiscordChannel {
        id: DiscordChannelId(id),
        guild,
        name: format!("channel-{id}"),
        kind: DiscordChannelKind::Text,
        category: None,
        position: 0,
        topic: None,
        is_nsfw: false,
        permissions: others.into_iter().chain(history).chain(posting).collect(),
    }
}
