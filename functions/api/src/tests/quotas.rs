use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Method, StatusCode, header};
use patchbay_app::ports::{ApiKeySet, ApiKeys, PortResult, Quotas, Taken};
use patchbay_domain::Timestamp;
use patchbay_domain::api_key::{ApiKey, ApiKeySecret, Grant, KeyName, SecretHash};
use patchbay_domain::ids::{ApiKeyId, UserId};
use patchbay_domain::quota::RequestLimits;

use super::world::{Answer, World};

const CURRENT: &str = "/v1/api-keys/current";
/// Of the plan that everybody begins with.
const PER_MINUTE: usize = 60;

/// Counts what is asked of the ports behind it.
struct Counting<T: ?Sized> {
    inner: Arc<T>,
    calls: Arc<AtomicUsize>,
}

impl<T: ?Sized> Counting<T> {
    fn inner(&self) -> &T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        &self.inner
    }
}

#[async_trait]
impl Quotas for Counting<dyn Quotas> {
    async fn take(
        &self,
        key: ApiKeyId,
        limits: RequestLimits,
        now: Timestamp,
    ) -> PortResult<Taken> {
        self.inner().take(key, limits, now).await
    }
}

#[async_trait]
impl ApiKeys for Counting<dyn ApiKeys> {
    async fn of_user(&self, owner: UserId) -> PortResult<ApiKeySet> {
        self.inner().of_user(owner).await
    }

    async fn create(&self, key: &ApiKey, version: u64) -> PortResult<bool> {
        self.inner().create(key, version).await
    }

    async fn get(&self, owner: UserId, key: ApiKeyId) -> PortResult<Option<ApiKey>> {
        self.inner().get(owner, key).await
    }

    async fn by_secret(&self, secret: SecretHash, now: Timestamp) -> PortResult<Option<Grant>> {
        self.inner().by_secret(secret, now).await
    }

    async fn rename(
        &self,
        owner: UserId,
        key: ApiKeyId,
        name: &KeyName,
    ) -> PortResult<Option<ApiKey>> {
        self.inner().rename(owner, key, name).await
    }

    async fn rotate(&self, present: &ApiKey, next: &ApiKey) -> PortResult<bool> {
        self.inner().rotate(present, next).await
    }

    async fn touch(&self, owner: UserId, key: ApiKeyId, at: Timestamp) -> PortResult<()> {
        self.inner().touch(owner, key, at).await
    }

    async fn revoke(&self, owner: UserId, key: ApiKeyId) -> PortResult<bool> {
        self.inner().revoke(owner, key).await
    }

    async fn remove_all(&self, owner: UserId) -> PortResult<()> {
        self.inner().remove_all(owner).await
    }
}

/// A world whose calls for keys, and for counts, are counted.
fn counting() -> (World, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (keys, quotas) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let world = World::with(|ports| {
        ports.api_keys = Arc::new(Counting {
            inner: ports.api_keys.clone(),
            calls: keys.clone(),
        });
        ports.quotas = Arc::new(Counting {
            inner: ports.quotas.clone(),
            calls: quotas.clone(),
        });
    });
    (world, keys, quotas)
}

fn limits(answer: &Answer) -> String {
    let header = |name: &str| answer.headers[name].to_str().unwrap();
    format!("{}\n{}", header("ratelimit-policy"), header("ratelimit"))
}

#[tokio::test]
async fn every_answer_to_a_key_says_what_is_left() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let first = world.with_token(&secret, Method::GET, CURRENT).await;
    insta::assert_snapshot!(limits(&first), @r#"
    "minute";q=60;w=60, "day";q=5000;w=86400
    "minute";r=59;t=40, "day";r=4999;t=35200
    "#);
    world.memory.clock().advance(Duration::from_millis(1500));
    let paths = [
        "/v1/pairs",
        "/v1/pairs/pair_1",
        "/v1/pairs?limit=0",
        "/v1/me",
    ];
    for (place, path) in paths.into_iter().enumerate() {
        let answer = world.with_token(&secret, Method::GET, path).await;
        let left = format!(
            "\"minute\";r={};t=39, \"day\";r={};t=35199",
            58 - place,
            4998 - place
        );
        assert_eq!(answer.headers["ratelimit"], left.as_str(), "{path}");
    }
    let by_token = world.get(&ann, "/v1/pairs").await;
    assert!(!by_token.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn a_key_is_refused_when_its_minute_is_used_up() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let other = world.api_key(&ann, &["read"]).await;
    for _ in 0..PER_MINUTE {
        let passed = world.with_token(&secret, Method::GET, CURRENT).await;
        assert_eq!(passed.status, StatusCode::OK);
    }
    for _ in 0..2 {
        let refused = world.with_token(&secret, Method::GET, CURRENT).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused.problem(), @"429 https://iana.org/assignments/http-problem-types#quota-exceeded: This API key has made all the requests of its minute. Try again in 40 s, or choose a larger plan.");
            insta::assert_snapshot!(limits(&refused), @r#"
            "minute";q=60;w=60, "day";q=5000;w=86400
            "minute";r=0;t=40, "day";r=4940;t=35200
            "#);
        }
        assert_eq!(refused.headers[header::RETRY_AFTER], "40");
        assert_eq!(
            refused.body["violated-policies"],
            serde_json::json!(["minute"])
        );
    }
    let passed = world.with_token(&other, Method::GET, CURRENT).await;
    assert_eq!(passed.status, StatusCode::OK, "each key for itself");
    world.memory.clock().advance(Duration::from_secs(40));
    let passed = world.with_token(&secret, Method::GET, CURRENT).await;
    assert_eq!(passed.status, StatusCode::OK);
}

#[tokio::test]
async fn of_many_requests_at_once_exactly_the_limit_passes() {
    let world = Arc::new(World::new());
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..3 * PER_MINUTE {
        let (world, secret) = (world.clone(), secret.clone());
        requests.spawn(async move { world.with_token(&secret, Method::GET, CURRENT).await.status });
    }
    let statuses = requests.join_all().await;
    let passed = statuses.iter().filter(|status| **status == StatusCode::OK);
    assert_eq!(passed.count(), PER_MINUTE);
    assert!(
        statuses
            .iter()
            .all(|status| [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS].contains(status))
    );
}

#[tokio::test]
async fn a_flood_that_is_refused_asks_nothing_of_any_store() {
    let (world, keys, quotas) = counting();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    for _ in 0..=PER_MINUTE {
        world.with_token(&secret, Method::GET, "/v1/pairs").await;
    }
    let calls = || (keys.load(Ordering::Relaxed), quotas.load(Ordering::Relaxed));
    let before = calls();
    for _ in 0..200 {
        let refused = world.with_token(&secret, Method::GET, "/v1/pairs").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(calls(), before);
    world.memory.clock().advance(Duration::from_secs(40));
    world.with_token(&secret, Method::GET, "/v1/pairs").await;
    assert_ne!(calls(), before);
}

#[tokio::test]
async fn what_is_no_key_costs_no_write_and_a_mistyped_one_no_read() {
    let (world, keys, quotas) = counting();
    let unknown = ApiKeySecret::from_bits([1, 2]);
    let mistyped = unknown.expose().replace('0', "1");
    for _ in 0..50 {
        let answer = world.with_token(&mistyped, Method::GET, "/v1/pairs").await;
        assert_eq!(answer.kind(), "invalid-api-key");
    }
    assert_eq!(keys.load(Ordering::Relaxed), 0);
    for _ in 0..50 {
        let answer = world
            .with_token(unknown.expose(), Method::GET, "/v1/pairs")
            .await;
        assert_eq!(answer.kind(), "invalid-api-key");
    }
    assert_eq!(
        (keys.load(Ordering::Relaxed), quotas.load(Ordering::Relaxed)),
        (50, 0)
    );
}

#[tokio::test]
async fn the_last_use_is_noted_once_a_minute() {
    let (world, keys, quotas) = counting();
    let ann = world.tenant("ann").await;
    let secret = world.api_key(&ann, &["read"]).await;
    let before = keys.load(Ordering::Relaxed);
    for _ in 0..10 {
        world.with_token(&secret, Method::GET, "/v1/pairs").await;
    }
    // Ten looks for the key, one note of its use.
    assert_eq!(keys.load(Ordering::Relaxed) - before, 11);
    assert_eq!(quotas.load(Ordering::Relaxed), 10);
    let used = &world
        .ports
        .api_keys
        .of_user(ann.user.id)
        .await
        .unwrap()
        .keys[0];
    assert_eq!(used.last_used_at, Some(world.ports.clock.now()));
}
