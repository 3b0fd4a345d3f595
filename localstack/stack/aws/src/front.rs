//! The one port: which service a request is for, by its target.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};

use crate::dynamodb::Proxy;
use crate::secrets::{self, SecretStore};
use crate::sqs::{self, Broker};
use crate::usage::Usage;

/// The largest request of the three services, a `DynamoDB` batch.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

pub(crate) struct Services {
    pub(crate) dynamodb: Proxy,
    pub(crate) sqs: Broker,
    pub(crate) secrets: SecretStore,
    pub(crate) usage: std::sync::Arc<Usage>,
}

pub(crate) fn router(services: std::sync::Arc<Services>) -> Router {
    Router::new().fallback(answer).with_state(services)
}

async fn answer(
    State(services): State<std::sync::Arc<Services>>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_too_long_or_broken) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    };
    let target = Target::of(&parts.headers);
    if let Some((service, operation)) = target.name() {
        services.usage.count_call(service, operation);
    }
    match target {
        Target::Sqs(operation) => sqs::answer(&services.sqs, &operation, &body).await,
        Target::Secrets(operation) => secrets::answer(&services.secrets, &operation, &body),
        Target::DynamoDb(operation) | Target::Streams(operation) => {
            pass_to_dynamodb(&services, &operation, parts, body).await
        }
        // The engine answers health checks, and refuses what is for nobody.
        Target::None => pass_to_dynamodb(&services, "", parts, body).await,
    }
}

async fn pass_to_dynamodb(
    services: &Services,
    operation: &str,
    parts: axum::http::request::Parts,
    body: Bytes,
) -> Response<Body> {
    let (response, units) = services.dynamodb.answer(operation, parts, body).await;
    services.usage.count_capacity(units);
    response
}

/// What the header `x-amz-target` names.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    Sqs(String),
    Secrets(String),
    DynamoDb(String),
    Streams(String),
    None,
}

impl Target {
    fn of(headers: &HeaderMap) -> Self {
        let target = headers
            .get("x-amz-target")
            .and_then(|value| value.to_str().ok());
        let Some((prefix, operation)) = target.and_then(|target| target.split_once('.')) else {
            return Self::None;
        };
        let operation = operation.to_owned();
        match prefix {
            "AmazonSQS" => Self::Sqs(operation),
            "secretsmanager" => Self::Secrets(operation),
            "DynamoDB_20120810" => Self::DynamoDb(operation),
            "DynamoDBStreams_20120810" => Self::Streams(operation),
            _ => Self::None,
        }
    }

    /// The service and operation, as they are counted.
    fn name(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Sqs(operation) => Some(("SQS", operation)),
            Self::Secrets(operation) => Some(("SecretsManager", operation)),
            Self::DynamoDb(operation) => Some(("DynamoDB", operation)),
            Self::Streams(operation) => Some(("DynamoDBStreams", operation)),
            Self::None => None,
        }
    }
}
