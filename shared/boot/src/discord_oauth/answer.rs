//! What Discord answers, as far as it goes.

use std::time::Duration;

use patchbay_app::ports::DiscordOauthError;
use reqwest::{RequestBuilder, Response, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The largest answer that is read. 200 servers take about 200 KiB.
const LARGEST: usize = 1024 * 1024;
/// How long to wait where Discord doesn't say.
const WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// As whom: a refusal means something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    AsApplication,
    AsPerson,
}

#[derive(Debug, thiserror::Error)]
enum Unexpected {
    #[error("Discord doesn't answer")]
    Unanswered(#[source] reqwest::Error),
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    /// The cause is not kept: it may quote a token.
    #[error("the answer can't be read")]
    Unreadable,
    #[error("Discord doesn't know the application, or its secret is another one")]
    UnknownApplication,
    #[error("Discord answers with {0}")]
    Status(StatusCode),
}

impl From<Unexpected> for DiscordOauthError {
    fn from(unexpected: Unexpected) -> Self {
        Self::Unavailable {
            source: Box::new(unexpected),
        }
    }
}

/// The answer, read.
pub(super) async fn read<T: DeserializeOwned>(
    request: RequestBuilder,
    asked: Asked,
) -> Result<T, DiscordOauthError> {
    let body = send(request, asked).await?;
    let answer = serde_json::from_slice(&body).ok();
    answer.ok_or_else(|| Unexpected::Unreadable.into())
}

/// The answer is that it is done.
pub(super) async fn accept(request: RequestBuilder, asked: Asked) -> Result<(), DiscordOauthError> {
    send(request, asked).await.map(drop)
}

async fn send(request: RequestBuilder, asked: Asked) -> Result<Vec<u8>, DiscordOauthError> {
    let answer = request.send().await.map_err(unanswered)?;
    let status = answer.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        let after = wait(&answer);
        return Err(DiscordOauthError::Limited { after });
    }
    let body = body(answer).await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(match (asked, status) {
        (Asked::AsPerson, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            DiscordOauthError::Refused
        }
        (Asked::AsApplication, StatusCode::BAD_REQUEST) if is_invalid_grant(&body) => {
            DiscordOauthError::Refused
        }
        (Asked::AsApplication, StatusCode::UNAUTHORIZED) => Unexpected::UnknownApplication.into(),
        (Asked::AsApplication | Asked::AsPerson, _) => Unexpected::Status(status).into(),
    })
}

fn unanswered(error: reqwest::Error) -> DiscordOauthError {
    Unexpected::Unanswered(error.without_url()).into()
}

async fn body(mut answer: Response) -> Result<Vec<u8>, DiscordOauthError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(unanswered)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Unexpected::TooLarge.into());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// (RFC 6749, section 5.2)
fn is_invalid_grant(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice(body).is_ok_and(|it: Refusal| it.error == "invalid_grant")
}

/// In whole seconds, not less than one.
fn wait(answer: &Response) -> Duration {
    let header = answer.headers().get(header::RETRY_AFTER);
    let seconds = header
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let wait = seconds.map_or(WAIT, |seconds| {
        Duration::from_secs_f64(seconds.min(LONGEST_WAIT.as_secs_f64()).ceil())
    });
    wait.max(Duration::from_secs(1))
}
