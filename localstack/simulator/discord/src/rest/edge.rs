use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Failure;
use super::extract::Caller;
use crate::listener::HangUp;
use crate::platform::Platform;
use crate::time::Timestamp;
use crate::traffic::{Allowance, BucketKey, Fault, Verdict, hamper};
use crate::world::Settings;

/// The status that stands for "no answer" in the counts.
const NO_ANSWER: u16 = 0;

/// Why a request is told to come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The caller's share of one route.
    User,
    /// The caller's share of everything.
    Global,
}

/// What a request is about, as far as limits and faults care.
struct Passage {
    /// As in `POST /channels/{}/messages`.
    route: String,
    path: String,
    /// The channel, guild or webhook that has its own bucket.
    resource: String,
}

impl Passage {
    fn of(request: &Request) -> Self {
        let path = request.uri().path().to_owned();
        let matched = request
            .extensions()
            .get::<MatchedPath>()
            .map_or("", MatchedPath::as_str);
        let template: Vec<&str> = matched
            .trim_start_matches("/api")
            .trim_start_matches("/v10")
            .split('/')
            .map(|step| if step.starts_with('{') { "{}" } else { step })
            .collect();
        let route = format!("{} {}", request.method(), template.join("/"));
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        let resource = match steps.as_slice() {
            [kind @ ("channels" | "guilds"), id, ..] => format!("{kind}/{id}"),
            ["webhooks", id, token, ..] => format!("webhooks/{id}/{token}"),
            ["webhooks", id] => format!("webhooks/{id}"),
            _ => String::new(),
        };
        Self {
            route,
            path,
            resource,
        }
    }

    /// Whoever holds a webhook's token shares its allowance with all others who do.
    fn is_by_webhook_token(&self) -> bool {
        self.route.contains("/webhooks/{}/{}")
    }

    /// Where an application proves itself with its secret, in its own way.
    fn is_by_client_secret(&self) -> bool {
        self.route.contains(" /oauth2/token")
    }
}

/// Every request passes here: counts, faults, the caller's identity, limits.
pub(super) async fn guard(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(line): ConnectInfo<HangUp>,
    mut request: Request,
    next: Next,
) -> Response {
    let passage = Passage::of(&request);
    let settings = platform.settings();
    let fault = platform.traffic().fault_for(&passage.route, &passage.path);
    let response = if settings.refuse_connections || fault == Some(Fault::DropConnection) {
        None
    } else {
        delay(fault.as_ref()).await;
        let answer = match refuse(&platform, &settings, &passage, fault.as_ref(), &mut request) {
            Ok(allowance) => {
                let mut answer = next.run(request).await;
                describe(answer.headers_mut(), &passage.route, allowance);
                answer
            }
            Err(refusal) => *refusal,
        };
        (fault != Some(Fault::LoseResponse)).then(|| hamper(answer, fault.as_ref()))
    };
    conclude(&platform, &line, &passage, response)
}

/// The CDN knows no callers and limits nobody; it is counted, and faults hit it.
pub(super) async fn guard_cdn(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(line): ConnectInfo<HangUp>,
    request: Request,
    next: Next,
) -> Response {
    let passage = Passage::of(&request);
    let refuses = platform.settings().refuse_connections;
    let fault = platform.traffic().fault_for(&passage.route, &passage.path);
    let response = if refuses || fault == Some(Fault::DropConnection) {
        None
    } else {
        delay(fault.as_ref()).await;
        let answer = match refuse_by_fault(fault.as_ref()) {
            Ok(()) => next.run(request).await,
            Err(refusal) => *refusal,
        };
        (fault != Some(Fault::LoseResponse)).then(|| hamper(answer, fault.as_ref()))
    };
    conclude(&platform, &line, &passage, response)
}

async fn delay(fault: Option<&Fault>) {
    if let Some(Fault::DelayMs(millis)) = fault {
        tokio::time::sleep(Duration::from_millis(*millis)).await;
    }
}

/// Counts how the request ended. Without an answer the line is cut.
fn conclude(
    platform: &Platform,
    line: &HangUp,
    passage: &Passage,
    response: Option<Response>,
) -> Response {
    let status = response
        .as_ref()
        .map_or(NO_ANSWER, |answer| answer.status().as_u16());
    let mut traffic = platform.traffic();
    traffic.count_call(&passage.route, status);
    if matches!(status, 401 | 403 | 429) {
        traffic.count_invalid(Timestamp::now());
    }
    response.unwrap_or_else(|| {
        line.hang_up();
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    })
}

/// The allowance that the request leaves, or the answer that keeps it from going further.
fn refuse(
    platform: &Platform,
    settings: &Settings,
    passage: &Passage,
    fault: Option<&Fault>,
    request: &mut Request,
) -> Result<Allowance, Box<Response>> {
    let now = Timestamp::now();
    let limit = settings.invalid_request_limit;
    if platform.traffic().invalid_requests(limit, now) >= limit.limit as usize {
        return Err(Box::new(banned(limit.per_ms)));
    }
    refuse_by_fault(fault)?;
    let caller = match identify(platform, request.headers(), now) {
        _ if passage.is_by_client_secret() => Caller::Anonymous,
        Ok(caller) => caller,
        // The webhook's token is enough; whatever else the client says of itself is not looked at.
        Err(Failure::Unauthorized) if passage.is_by_webhook_token() => Caller::Anonymous,
        Err(failure) => return Err(Box::new(failure.into_response())),
    };
    let allowance = spend(platform, settings, passage, caller, now)?;
    request.extensions_mut().insert(caller);
    Ok(allowance)
}

fn refuse_by_fault(fault: Option<&Fault>) -> Result<(), Box<Response>> {
    match fault {
        Some(Fault::Status(status)) => Err(Box::new(faulty(*status))),
        Some(Fault::RateLimit {
            retry_after,
            global,
        }) => {
            let scope = if *global { Scope::Global } else { Scope::User };
            Err(Box::new(slow_down(*retry_after, scope)))
        }
        Some(
            Fault::LoseResponse
            | Fault::DropConnection
            | Fault::DelayMs(_)
            | Fault::CutBody { .. }
            | Fault::Trickle { .. },
        )
        | None => Ok(()),
    }
}

fn identify(platform: &Platform, headers: &HeaderMap, now: Timestamp) -> Result<Caller, Failure> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(Caller::Anonymous);
    };
    let header = header.to_str().unwrap_or_default();
    let caller = platform.read(|world| {
        if let Some(token) = header.strip_prefix("Bot ") {
            let application = world.application_with_token(token)?;
            Some(Caller::Bot(application.id))
        } else {
            let token = header.strip_prefix("Bearer ")?;
            let grant = world.grant_with_access_token(token, now)?;
            Some(Caller::Bearer(grant.id))
        }
    });
    caller.ok_or(Failure::Unauthorized)
}

fn spend(
    platform: &Platform,
    settings: &Settings,
    passage: &Passage,
    caller: Caller,
    now: Timestamp,
) -> Result<Allowance, Box<Response>> {
    let name = match caller {
        _ if passage.is_by_webhook_token() => String::new(),
        Caller::Bot(application) => application.to_string(),
        Caller::Bearer(grant) => grant.to_string(),
        Caller::Anonymous => String::new(),
    };
    let mut traffic = platform.traffic();
    if let Caller::Bot(application) = caller {
        let verdict = traffic.admit_globally(&application.to_string(), settings.global_limit, now);
        if let Verdict::Refused(allowance) = verdict {
            return Err(Box::new(slow_down(
                seconds(allowance.reset_after_ms),
                Scope::Global,
            )));
        }
    }
    let key = BucketKey {
        caller: name,
        route: passage.route.clone(),
        resource: passage.resource.clone(),
    };
    match traffic.admit(key, settings.rate_limit(&passage.route), now) {
        Verdict::Admitted(allowance) => Ok(allowance),
        Verdict::Refused(allowance) => {
            let mut answer = slow_down(seconds(allowance.reset_after_ms), Scope::User);
            describe(answer.headers_mut(), &passage.route, allowance);
            Err(Box::new(answer))
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times in question are far below 2^52 ms"
)]
fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

fn describe(headers: &mut HeaderMap, route: &str, left: Allowance) {
    let reset = u64::try_from(left.reset.millis()).unwrap_or_default();
    let described = [
        ("x-ratelimit-limit", left.limit.to_string()),
        ("x-ratelimit-remaining", left.remaining.to_string()),
        ("x-ratelimit-reset", format!("{:.3}", seconds(reset))),
        (
            "x-ratelimit-reset-after",
            format!("{:.3}", seconds(left.reset_after_ms)),
        ),
        ("x-ratelimit-bucket", BucketKey::name(route)),
    ];
    for (name, value) in described {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn slow_down(retry_after: f64, scope: Scope) -> Response {
    let global = scope == Scope::Global;
    let body = json!({
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": global,
    });
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = answer.headers_mut();
    let named = if global { "global" } else { "user" };
    headers.insert("x-ratelimit-scope", HeaderValue::from_static(named));
    if global {
        headers.insert("x-ratelimit-global", HeaderValue::from_static("true"));
    }
    if let Ok(value) = HeaderValue::from_str(&format!("{:.0}", retry_after.ceil().max(1.0))) {
        headers.insert(RETRY_AFTER, value);
    }
    answer
}

/// What the network in front of the platform says to an address that was wrong too often.
fn banned(window_ms: u64) -> Response {
    let after = (window_ms / 1000).max(1).to_string();
    (
        StatusCode::TOO_MANY_REQUESTS,
        [(RETRY_AFTER, after)],
        "error code: 1015",
    )
        .into_response()
}

fn faulty(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Error");
    let body = json!({ "message": format!("{}: {reason}", status.as_u16()), "code": 0 });
    (status, Json(body)).into_response()
}
