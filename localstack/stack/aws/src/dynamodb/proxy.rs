//! Hands `DynamoDB` requests to the engine, and counts what they consume.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header, request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::capacity::{self, CapacityUnits, Side};
use crate::aws_json::{Failure, JSON_1_0};

const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-crc32");

/// Headers that belong to the client's connection and not to its request.
const CONNECTION_HEADERS: [HeaderName; 4] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
    engine: SocketAddr,
}

#[derive(Debug, thiserror::Error)]
enum ProxyError {
    #[error("the request can't be passed on")]
    Request(#[from] axum::http::Error),
    #[error("the engine can't be reached")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("the engine's answer broke off")]
    Answer(#[from] hyper::Error),
}

impl Proxy {
    pub(crate) fn new(engine: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            engine,
        }
    }

    /// Answers with what the engine answers, and the units that it consumed.
    pub(crate) async fn answer(
        &self,
        operation: &str,
        parts: request::Parts,
        body: Bytes,
    ) -> (Response<Body>, CapacityUnits) {
        match self.pass_on(operation, parts, body).await {
            Ok(answered) => answered,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "DynamoDB did not answer"
                );
                let failure = Failure {
                    shape: "com.amazonaws.dynamodb.v20120810#InternalServerError",
                    message: error.to_string(),
                    query_code: None,
                    senders_fault: false,
                };
                (failure.into_response(JSON_1_0), CapacityUnits::default())
            }
        }
    }

    async fn pass_on(
        &self,
        operation: &str,
        parts: request::Parts,
        body: Bytes,
    ) -> Result<(Response<Body>, CapacityUnits), ProxyError> {
        let Some(side) = Side::of(operation) else {
            let response = self.send(parts, body).await?;
            return Ok((response.map(Body::new), CapacityUnits::default()));
        };
        let asking = capacity::ask(&body);
        let client_asks = asking.is_none();
        let response = self.send(parts, asking.map_or(body, Bytes::from)).await?;
        let (mut parts, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let units = match parts.status {
            StatusCode::OK => capacity::consumed(&body, side).unwrap_or_default(),
            StatusCode::BAD_REQUEST => capacity::refused(&body),
            _ => CapacityUnits::default(),
        };
        let shortened = if client_asks {
            None
        } else {
            capacity::without_answer(&body)
        };
        let body = match shortened {
            Some(shortened) => {
                parts.headers.remove(CHECKSUM);
                parts
                    .headers
                    .insert(header::CONTENT_LENGTH, HeaderValue::from(shortened.len()));
                Body::from(shortened)
            }
            None => Body::from(body),
        };
        Ok((Response::from_parts(parts, body), units))
    }

    async fn send(
        &self,
        mut parts: request::Parts,
        body: Bytes,
    ) -> Result<Response<hyper::body::Incoming>, ProxyError> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = Uri::builder()
            .scheme("http")
            .authority(self.engine.to_string())
            .path_and_query(path)
            .build()?;
        for name in CONNECTION_HEADERS {
            parts.headers.remove(name);
        }
        Ok(self
            .client
            .request(Request::from_parts(parts, Full::new(body)))
            .await?)
    }
}
