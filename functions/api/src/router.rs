use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;
use crate::idempotency::Creating;
use crate::query::Known;
use crate::{access, body, idempotency, openapi, query, request, routes};

/// The whole API, ready to be served.
pub fn router(api: Api) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(openapi::base())
        .merge(routes::all())
        .split_for_parts();
    let mut document = openapi::complete(document);
    let known = Arc::new(Known::of(&mut document));
    let creating = Arc::new(Creating::of(&mut document));
    let document = Arc::new(document);
    router
        .route(
            "/openapi.json",
            get(async move || Json(Arc::clone(&document))),
        )
        .route_layer(from_fn_with_state(
            (api.clone(), creating),
            idempotency::guard,
        ))
        .route_layer(from_fn_with_state(known, query::guard))
        .route_layer(from_fn_with_state(api.clone(), access::guard))
        .fallback(request::no_such_route)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(from_fn_with_state(api.clone(), request::frame))
        .with_state(api)
}
