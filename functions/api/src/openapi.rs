//! The description of the API, made of the routes themselves and the table of access.

mod refusals;

use axum::http::{Method, StatusCode};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem, RefOr, Required, SecurityRequirement};
use utoipa::{OpenApi as _, PartialSchema, ToSchema};

use crate::access::{self, Access};
use crate::idempotency;
use crate::problem::ProblemDocument;
use crate::quota;

const ACCESS_TOKEN: &str = "access_token";
const API_KEY: &str = "api_key";

/// What makes something within a thing that was there before, so that its status doesn't say so: a
/// key's secret, which is shown once; a user's Discord account, for a code that is good once.
const MAKE_WITHIN: [&str; 2] = ["/v1/api-keys/{id}/rotate", "/v1/discord/oauth2/callback"];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Patchbay",
        description = "Forwards messages between Telegram and Discord.\n\nEvery refusal is a \
                       problem document (RFC 9457) whose `type` names what is the matter and \
                       whose `detail` says what to do. Ids are text. Unknown fields and \
                       parameters are refused.\n\nA method that a path does not have is answered \
                       with 405 and `allow`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "Where this document is")),
    tags(
        (name = "auth", description = "Users and their access tokens"),
        (name = "telegram", description = "Telegram accounts and their chats"),
        (name = "discord", description = "Discord servers and their channels"),
        (name = "pairs", description = "What is forwarded where"),
        (name = "api-keys", description = "Keys for programs"),
        (name = "messages", description = "What became of messages, and trying again"),
        (name = "analytics", description = "Figures, and what runs and waits"),
        (name = "admin", description = "For those who look after users"),
        (name = "operation", description = "For those who run it"),
    )
)]
struct Base;

pub(crate) fn base() -> OpenApi {
    Base::openapi()
}

/// Adds what all routes have in common: who may use them, and how they refuse.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    let mut schemas = Vec::new();
    ProblemDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(
        ProblemDocument::name().into_owned(),
        ProblemDocument::schema(),
    );
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    components.add_security_scheme(ACCESS_TOKEN, SecurityScheme::Http(scheme));
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("pbk_ and 38 letters and digits")
        .description(Some(
            "An API key of POST /v1/api-keys, sent like an access token. Each route that takes one \
             names the scope that it needs.",
        ))
        .build();
    components.add_security_scheme(API_KEY, SecurityScheme::Http(scheme));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            describe_success(operation);
            if creates(&method, path, operation) {
                describe_idempotency(operation);
            }
            let access = access::of_route(&method, path);
            refusals::describe(operation, &method, path, access);
            operation.security = Some(security(access));
            match access {
                Some(Access::User(_) | Access::ApiKey) => quota::describe(operation),
                Some(Access::Public | Access::Session | Access::Admin) | None => {}
            }
        }
    }
    document
}

fn security(access: Option<Access>) -> Vec<SecurityRequirement> {
    let access_token = SecurityRequirement::new(ACCESS_TOKEN, Vec::<String>::new());
    match access {
        Some(Access::Session | Access::Admin) => vec![access_token],
        Some(Access::User(scope)) => {
            vec![
                access_token,
                SecurityRequirement::new(API_KEY, [scope.name()]),
            ]
        }
        Some(Access::ApiKey) => vec![SecurityRequirement::new(API_KEY, Vec::<String>::new())],
        Some(Access::Public) | None => Vec::new(),
    }
}

pub(crate) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Whether a user makes something by it that should not be made twice.
pub(crate) fn creates(method: &Method, path: &str, operation: &Operation) -> bool {
    let is_of_users = match access::of_route(method, path) {
        Some(Access::Session | Access::User(_) | Access::ApiKey | Access::Admin) => true,
        Some(Access::Public) | None => false,
    };
    let responses = &operation.responses.responses;
    let makes_something = responses.contains_key("201")
        || responses.contains_key("202")
        || MAKE_WITHIN.contains(&path);
    *method == Method::POST && is_of_users && makes_something
}

fn describe_idempotency(operation: &mut Operation) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Chosen by the caller, such as a random UUID. A request that is sent again with the \
             same key has no second effect and gets the same answer for a day. A refusal frees \
             the key.",
        ))
        .schema(Some(text().pattern(Some(idempotency::PATTERN)).build()))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(key));
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with('2'), response) {
            let replayed = HeaderBuilder::new()
                .description(Some("Whether this is the answer to an earlier request"))
                .schema(Some(text().enum_values(Some(["true"])).build()))
                .build();
            let name = idempotency::REPLAYED.as_str().to_owned();
            response.headers.insert(name, RefOr::T(replayed));
        }
    }
}

/// A description is mandatory; where there is nothing to say, it is the name of the status.
fn describe_success(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let status = status.parse::<StatusCode>().ok();
        let name = status
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        match response {
            RefOr::T(response) if response.description.is_empty() => {
                name.clone_into(&mut response.description);
            }
            RefOr::T(_) | RefOr::Ref(_) => {}
        }
    }
}
