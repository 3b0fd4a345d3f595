//! How every route refuses. What follows from its access and its input is said here; what only
//! it knows, such as a conflict, is said by its handler.

use std::collections::BTreeMap;

use axum::http::Method;
use utoipa::ToSchema;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};

use crate::access::Access;
use crate::problem::ProblemDocument;

/// Adds the refusals to those that the handler describes, and the form of all of them.
pub(super) fn describe(
    operation: &mut Operation,
    method: &Method,
    path: &str,
    access: Option<Access>,
) {
    let mut described: BTreeMap<u16, String> = BTreeMap::new();
    let own: Vec<String> = operation
        .responses
        .responses
        .keys()
        .filter(|status| status.starts_with(['4', '5']))
        .cloned()
        .collect();
    let creates = super::creates(method, path, operation);
    for (status, text) in common(operation, path, access, creates) {
        let description = described.entry(status).or_default();
        if !description.is_empty() {
            description.push_str("; ");
        }
        description.push_str(text);
    }
    let responses = &mut operation.responses.responses;
    for status in own {
        let Ok(number) = status.parse() else { continue };
        if let Some(RefOr::T(response)) = responses.remove(&status) {
            let description = described.entry(number).or_default();
            *description = if description.is_empty() {
                response.description
            } else {
                format!("{}; {description}", response.description)
            };
        }
    }
    for (status, description) in described {
        let problem = Ref::from_schema_name(ProblemDocument::name());
        let refusal = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", Content::new(Some(problem)))
            .build();
        responses.insert(status.to_string(), RefOr::T(refusal));
    }
}

/// What follows from access and input.
fn common(
    operation: &Operation,
    path: &str,
    access: Option<Access>,
    creates: bool,
) -> Vec<(u16, &'static str)> {
    let is_of_users = match access {
        Some(Access::Session | Access::User(_) | Access::ApiKey | Access::Admin) => true,
        Some(Access::Public) | None => false,
    };
    let has_body = operation.request_body.is_some();
    let cases = [
        (true, 400, "The query has something wrong in it"),
        (
            is_of_users,
            401,
            "There is no credential, or it is not valid any more",
        ),
        (is_of_users, 403, "The credential does not allow this"),
        (
            path.contains('{'),
            404,
            "There is no such thing, or it is somebody else's",
        ),
        (creates, 409, "The same request is being worked on"),
        (
            creates,
            422,
            "The Idempotency-Key belongs to another request",
        ),
        (has_body, 400, "The body is not JSON"),
        (has_body, 413, "The body is too large"),
        (has_body, 415, "The body is of another type than JSON"),
        (has_body, 422, "The body has something wrong in it"),
        (!is_of_users && has_body, 429, "Too many requests"),
        // Also where an API key may not do this: it is counted before.
        (is_of_users, 429, "The limits of the API key are used up"),
        (
            is_of_users || has_body,
            503,
            "Something that is needed does not answer",
        ),
    ];
    let holding = cases.into_iter().filter(|(holds, _, _)| *holds);
    holding.map(|(_, status, text)| (status, text)).collect()
}
