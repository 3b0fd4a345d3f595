//! A thin transport to Discord's REST API: models are serenity's; limits, retries, timeouts
//! and the way of files are ours (decision 0001).

mod answer;
mod bucket;
mod calls;
mod error;
mod invalid;
mod limiter;
mod route;
mod upload;

pub(crate) use calls::{Created, HISTORY_PAGE, MOST_DELETED_AT_ONCE, ReactionObject, Webhook};
pub(crate) use upload::{FileFrom, Upload, UploadFile, Written};

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use patchbay_app::ports::Clock;
use patchbay_domain::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::config::{DiscordConfig, InvalidConfig};

use answer::{Answer, BucketHeaders, TooMany, server_time};
pub(crate) use error::RestError;
use limiter::Limiter;
use route::Route;

/// The client of one bot. Whoever shares the bot's token in this process shares this.
pub(crate) struct Rest {
    client: Client,
    /// The bot's; a webhook has one of its own.
    token: HeaderValue,
    base: String,
    request_timeout: Duration,
    limiter: Limiter,
    clock: Arc<dyn Clock>,
    /// How far the platform's clock is ahead of ours, in milliseconds.
    clock_offset: AtomicI64,
}

struct Request<'a> {
    route: Route,
    query: Vec<(&'static str, String)>,
    body: Body<'a>,
    /// With which a webhook's routes are asked, in the place of the bot's.
    webhook_token: Option<&'a SecretString>,
    /// The emoji of a reaction, as it stands in an address.
    emoji: Option<String>,
    /// How long it may wait for a limit.
    patience: Duration,
}

enum Body<'a> {
    Empty,
    Json(Vec<u8>),
    Files(&'a Upload<'a>),
}

impl<'a> Request<'a> {
    fn new(route: Route, patience: Duration) -> Self {
        Self {
            route,
            query: Vec::new(),
            body: Body::Empty,
            webhook_token: None,
            emoji: None,
            patience,
        }
    }

    fn json(route: Route, body: &impl Serialize, patience: Duration) -> Result<Self, RestError> {
        let body = serde_json::to_vec(body).map_err(RestError::Unwritable)?;
        Ok(Self {
            body: Body::Json(body),
            ..Self::new(route, patience)
        })
    }

    fn written(route: Route, message: &'a Written<'a>, patience: Duration) -> Self {
        let body = match message {
            Written::Alone(json) => Body::Json(json.clone()),
            Written::WithFiles(upload) => Body::Files(upload),
        };
        Self {
            body,
            ..Self::new(route, patience)
        }
    }
}

impl Rest {
    const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
    /// How often one request may meet a 429 before its caller is told to come back later.
    const LIMITED_AT_MOST: u32 = 3;

    pub(crate) fn new(
        config: &DiscordConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, InvalidConfig> {
        let mut token = HeaderValue::from_str(&format!("Bot {}", config.token.expose_secret()))
            .map_err(|_invalid| InvalidConfig::Token)?;
        token.set_sensitive(true);
        let client = Client::builder()
            .user_agent(concat!(
                "DiscordBot (",
                env!("CARGO_PKG_REPOSITORY"),
                ", ",
                env!("CARGO_PKG_VERSION"),
                ")"
            ))
            .connect_timeout(Self::CONNECT_TIMEOUT)
            .timeout(config.request_timeout)
            .pool_idle_timeout(Self::IDLE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(InvalidConfig::Client)?;
        Ok(Self {
            client,
            token,
            base: base(&config.api),
            request_timeout: config.request_timeout,
            limiter: Limiter::default(),
            clock,
            clock_offset: AtomicI64::new(0),
        })
    }

    /// A moment of our clock on the platform's clock.
    pub(crate) fn on_platform_clock(&self, at: Timestamp) -> Timestamp {
        Timestamp(at.0.saturating_add(self.clock_offset.load(Ordering::Relaxed)))
    }

    async fn call<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, RestError> {
        let route = request.route;
        let body = self.answer(request).await?;
        serde_json::from_slice(&body).map_err(|source| RestError::Unreadable {
            what: route.template(),
            source,
        })
    }

    /// The body of a success, after as many waits for limits as the request's patience allows.
    async fn answer(&self, request: Request<'_>) -> Result<Vec<u8>, RestError> {
        let deadline = Instant::now() + request.patience;
        for _ in 0..Self::LIMITED_AT_MOST {
            let patience = deadline.saturating_duration_since(Instant::now());
            match self.once(&request, patience).await {
                Err(RestError::Limited { after }) if Instant::now() + after > deadline => {
                    return Err(RestError::Limited { after });
                }
                Err(RestError::Limited { .. }) => {}
                answered => return answered,
            }
        }
        Err(RestError::Limited {
            after: Duration::from_secs(1),
        })
    }

    async fn once(&self, request: &Request<'_>, patience: Duration) -> Result<Vec<u8>, RestError> {
        let permit = self
            .limiter
            .turn(request.route, patience)
            .await
            .map_err(|impatient| RestError::Limited {
                after: impatient.after,
            })?;
        let response = self.send(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await;
        let seen = body.as_deref().unwrap_or_default();
        let too_many =
            (status == StatusCode::TOO_MANY_REQUESTS).then(|| TooMany::read(&headers, seen));
        permit.answered(&Answer {
            status,
            bucket: BucketHeaders::read(&headers),
            too_many,
        });
        self.note_clock(&headers);
        if let Some(TooMany { after, scope }) = too_many {
            tracing::warn!(
                route = request.route.template(),
                ?after,
                ?scope,
                "limited by Discord"
            );
            return Err(RestError::Limited { after });
        }
        let body = body.map_err(RestError::unreachable)?;
        if status.is_success() {
            return Ok(body.into());
        }
        Err(RestError::of_status(status, &body))
    }

    async fn send(&self, request: &Request<'_>) -> Result<Response, RestError> {
        let token = request.webhook_token.map(ExposeSecret::expose_secret);
        let url = format!(
            "{}{}",
            self.base,
            request.route.path(token, request.emoji.as_deref())
        );
        let mut outgoing = self
            .client
            .request(request.route.method(), url)
            .query(&request.query);
        if token.is_none() {
            outgoing = outgoing.header(AUTHORIZATION, self.token.clone());
        }
        match &request.body {
            Body::Empty => outgoing.send().await.map_err(RestError::unreachable),
            Body::Json(body) => {
                outgoing = outgoing.header(CONTENT_TYPE, "application/json");
                let sent = outgoing.body(body.clone()).send().await;
                sent.map_err(RestError::unreachable)
            }
            Body::Files(upload) => {
                let limit = self.request_timeout + upload.time();
                upload.send(outgoing.timeout(limit)).await
            }
        }
    }

    fn note_clock(&self, headers: &HeaderMap) {
        if let Some(theirs) = server_time(headers) {
            self.clock_offset
                .store(theirs - self.clock.now().0, Ordering::Relaxed);
        }
    }
}

fn base(api: &Url) -> String {
    format!("{}/api/v10", api.as_str().trim_end_matches('/'))
}
