//! Answers in the AWS JSON protocols, which SQS and Secrets Manager share.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::identity::random_id;

pub(crate) const JSON_1_0: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
pub(crate) const JSON_1_1: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

pub(crate) fn success(content_type: HeaderValue, body: Vec<u8>) -> Response {
    respond(StatusCode::OK, content_type, body)
}

/// An error in the shape that SDKs turn into their own.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) shape: &'static str,
    pub(crate) message: String,
    /// The error's code in the query protocol, for services that once spoke it.
    pub(crate) query_code: Option<&'static str>,
    pub(crate) senders_fault: bool,
}

impl Failure {
    pub(crate) fn into_response(self, content_type: HeaderValue) -> Response {
        let (status, fault) = if self.senders_fault {
            (StatusCode::BAD_REQUEST, "Sender")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "Receiver")
        };
        let body = json!({ "__type": self.shape, "message": self.message });
        let mut response = respond(status, content_type, body.to_string().into_bytes());
        let query_error = self
            .query_code
            .and_then(|code| HeaderValue::try_from(format!("{code};{fault}")).ok());
        if let Some(value) = query_error {
            response.headers_mut().insert(QUERY_ERROR, value);
        }
        response
    }
}

fn respond(status: StatusCode, content_type: HeaderValue, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Ok(id) = HeaderValue::try_from(random_id().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    response
}
