//! Nobody reaches what is another's: for every route of the document, and for every id in it.
//!
//! The cases are made of the document. A route with an id of a kind that is not known here fails
//! the test; `Kind` then wants a line that makes such a thing for a tenant.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::described::{self, Operation, Place, Sample};
use super::traffic::Traffic;
use super::world::{Answer, Tenant, World};
use crate::access::Access;

/// What ids name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Account,
    ApiKey,
    /// Named by Discord, as are chats by Telegram.
    Channel,
    /// Named by Telegram: whoever else is in the chat names it alike.
    Chat,
    Guild,
    Login,
    /// Named by its source, whoever forwards it.
    Message,
    Pair,
    Session,
    User,
}

/// By what somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Session,
    Key,
}

impl By {
    /// What is taken by a route.
    fn taken(access: Access) -> &'static [Self] {
        match access {
            Access::Public => &[],
            Access::Session | Access::Admin => &[Self::Session],
            Access::User(_) => &[Self::Session, Self::Key],
            Access::ApiKey => &[Self::Key],
        }
    }
}

/// What a test sends for an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs,
    Nobodys,
}

impl Kind {
    /// By the path up to the id.
    pub(super) fn of_path(prefix: &str) -> Option<Self> {
        match prefix {
            "/v1/telegram/accounts/{id}" => Some(Self::Account),
            "/v1/telegram/accounts/{id}/chats/{chat}" => Some(Self::Chat),
            "/v1/discord/guilds/{id}/channels/{channel}" => Some(Self::Channel),
            "/v1/discord/guilds/{id}" => Some(Self::Guild),
            "/v1/telegram/logins/{id}" => Some(Self::Login),
            "/v1/api-keys/{id}" => Some(Self::ApiKey),
            "/v1/pairs/{id}" => Some(Self::Pair),
            "/v1/pairs/{id}/messages/{message}" => Some(Self::Message),
            "/v1/auth/sessions/{id}" => Some(Self::Session),
            "/v1/admin/users/{id}" => Some(Self::User),
            _ => None,
        }
    }

    /// By the name of a field or of a parameter of the query.
    pub(super) fn of_field(name: &str) -> Option<Self> {
        match name {
            "account" => Some(Self::Account),
            "guild" | "guild_id" => Some(Self::Guild),
            "pair" | "pairs" => Some(Self::Pair),
            _ => None,
        }
    }

    /// Whether it is one tenant's alone.
    pub(super) fn is_owned(self) -> bool {
        match self {
            Self::Channel | Self::Chat | Self::Message => false,
            Self::Account
            | Self::ApiKey
            | Self::Guild
            | Self::Login
            | Self::Pair
            | Self::Session
            | Self::User => true,
        }
    }

    /// An id that is nobody's.
    pub(super) fn nobodys(self) -> String {
        let prefix = match self {
            Self::Account => "acc",
            Self::ApiKey => "key",
            Self::Channel => return "799999999999999998".to_owned(),
            Self::Chat => return "-1".to_owned(),
            Self::Message => return "999".to_owned(),
            Self::Guild => return "799999999999999999".to_owned(),
            Self::Login => "lgn",
            Self::Pair => "pair",
            Self::Session => "ses",
            Self::User => "usr",
        };
        format!("{prefix}_{}", "f".repeat(32))
    }
}

/// One of each kind, of one tenant.
pub(super) struct Things {
    account: String,
    api_key: String,
    /// What opens something by that key.
    secret: String,
    guild: String,
    login: String,
    pair: String,
    session: String,
    user: String,
}

impl Things {
    /// `number` tells the tenants' servers apart.
    pub(super) async fn of(world: &World, tenant: &Tenant, number: u64) -> Self {
        let account = world.account(tenant).await;
        world.guild(tenant, number).await;
        let traffic = Traffic::of(world, tenant, account).await;
        traffic.failed(7).await;
        let backfill = format!("/v1/pairs/{}/backfill", traffic.pair.id);
        world.post(tenant, &backfill, json!({ "last": 5 })).await;
        let login = json!({ "method": "qr" });
        let login = world.post(tenant, "/v1/telegram/logins", login).await;
        let every = ["read", "pairs", "messages", "analytics"];
        let secret = world.api_key(tenant, &every).await;
        let keys = world.get(tenant, "/v1/api-keys").await;
        Self {
            account: account.to_string(),
            api_key: keys.body["items"][0]["id"].as_str().unwrap().to_owned(),
            secret,
            guild: number.to_string(),
            login: login.text("id").to_owned(),
            pair: traffic.pair.id.to_string(),
            session: tenant.session.to_string(),
            user: tenant.user.id.to_string(),
        }
    }

    pub(super) fn id(&self, kind: Kind) -> &str {
        match kind {
            Kind::Account => &self.account,
            Kind::ApiKey => &self.api_key,
            Kind::Channel => "11",
            Kind::Chat => "1",
            Kind::Message => "7",
            Kind::Guild => &self.guild,
            Kind::Login => &self.login,
            Kind::Pair => &self.pair,
            Kind::Session => &self.session,
            Kind::User => &self.user,
        }
    }
}

/// Two tenants with one thing of each kind. Each world is like every other: ids count, and the
/// clock stands still.
struct Town {
    world: World,
    ann: (Tenant, Things),
    bob: (Tenant, Things),
}

impl Town {
    async fn new() -> Self {
        let world = World::new();
        let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
        let of_ann = Things::of(&world, &ann, 700_000_000_000_000_007).await;
        let of_bob = Things::of(&world, &bob, 700_000_000_000_000_008).await;
        Self {
            world,
            ann: (ann, of_ann),
            bob: (bob, of_bob),
        }
    }

    /// What Ann sees of what she has.
    async fn seen_by_ann(&self) -> Vec<Value> {
        let (ann, things) = &self.ann;
        let mut seen = Vec::new();
        for operation in described::operations() {
            if operation.method != Method::GET || operation.access == Access::Admin {
                continue;
            }
            let request = operation.sample(&|kind| things.id(kind).to_owned(), 0);
            let answer = self.send(ann, things, By::Session, &request).await;
            if answer.status == StatusCode::OK {
                seen.push(answer.body);
            }
        }
        seen
    }

    async fn send(&self, tenant: &Tenant, things: &Things, by: By, request: &Sample) -> Answer {
        let token = match by {
            By::Session => &tenant.token,
            By::Key => &things.secret,
        };
        let Sample {
            method, uri, body, ..
        } = request;
        let request = super::world::request(Some(token), method.clone(), uri, body);
        self.world.send(request).await
    }

    /// Bob sends what is right but for one id, which is Ann's or nobody's.
    async fn trespass(case: &Case<'_>, whose: Whose) -> Outcome {
        let Case {
            operation,
            variant,
            place,
            by,
        } = case;
        let town = Self::new().await;
        let (bob, things) = &town.bob;
        let id = match whose {
            Whose::Theirs => town.ann.1.id(place.kind).to_owned(),
            Whose::Nobodys => place.kind.nobodys(),
        };
        let mut request = operation.sample(&|kind| things.id(kind).to_owned(), *variant);
        request.put(place, things.id(place.kind), &id);
        let before = town.seen_by_ann().await;
        let answer = town.send(bob, things, *by, &request).await;
        let after = town.seen_by_ann().await;
        assert_eq!(before, after, "{request:?} changed what is Ann's");
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| *name != "x-request-id");
        let headers: BTreeSet<String> = headers
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
            .collect();
        let mut body = answer.body.clone();
        if let Some(document) = body.as_object_mut() {
            document.remove("request_id");
            document.remove("instance");
        }
        Outcome {
            status: answer.status,
            shown: format!("{headers:?} {body}").replace(&id, "<id>"),
        }
    }
}

/// One id of one operation.
#[derive(Debug)]
struct Case<'a> {
    operation: &'a Operation,
    variant: usize,
    place: &'a Place,
    by: By,
}

#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: StatusCode,
    shown: String,
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_tenant_is_answered_like_one_that_is_nobodys() {
    let mut checked = 0;
    for operation in &described::operations() {
        for variant in 0..operation.variants() {
            for place in &operation.sample(&|kind| kind.nobodys(), variant).places {
                for by in By::taken(operation.access) {
                    let case = Case {
                        operation,
                        variant,
                        place,
                        by: *by,
                    };
                    let theirs = Town::trespass(&case, Whose::Theirs).await;
                    let nobodys = Town::trespass(&case, Whose::Nobodys).await;
                    assert_eq!(theirs, nobodys, "{case:?}");
                    if place.is_in_path() && operation.access != Access::Admin {
                        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{case:?}");
                    }
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 25, "only {checked} ids in the whole document");
}

/// Or else the test above would compare refusals of another cause.
#[tokio::test(start_paused = true)]
async fn the_same_requests_work_for_whom_the_ids_belong_to() {
    for operation in described::operations() {
        let by = match By::taken(operation.access).first() {
            Some(by) if operation.access != Access::Admin => *by,
            Some(_) | None => continue,
        };
        for variant in 0..operation.variants() {
            let town = Town::new().await;
            let (bob, things) = &town.bob;
            let request = operation.sample(&|kind| things.id(kind).to_owned(), variant);
            if request.places.is_empty() {
                continue;
            }
            let answer = town.send(bob, things, by, &request).await;
            let is_wrong = [
                "not-found",
                "invalid-body",
                "malformed-json",
                "invalid-query",
            ]
            .contains(&answer.kind());
            assert!(!is_wrong, "{request:?}: {}", answer.body);
        }
    }
}
