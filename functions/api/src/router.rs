use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use utoipa_axum::router::OpenApiRouter;

use crate::api::Api;
use crate::idempotency::Creating;
use crate::query::Known;
use crate::{access, body, cors, docs, idempotency, openapi, query, request, routes};

/// The whole API, ready to be served.
pub fn router(api: Api) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(openapi::base())
        .merge(routes::all())
        .split_for_parts();
    let mut document = openapi::complete(document);
    let known = Arc::new(Known::of(&mut document));
    let creating = Arc::new(Creating::of(&mut document));
    let document = Arc::new(document);
    let router = router
        .route(
            "/openapi.json",
            get(async move || Json(Arc::clone(&document))),
        )
        .route("/docs", get(docs::page))
        .route("/docs/redoc.js", get(docs::viewer))
        .route_layer(from_fn_with_state(
            (api.clone(), creating),
            idempotency::guard,
        ))
        .route_layer(from_fn_with_state(known, query::guard))
        .route_layer(from_fn_with_state(api.clone(), access::guard))
        .fallback(request::no_such_route)
        .layer(DefaultBodyLimit::max(body::LIMIT));
    let router = match cors::layer(&api.settings().allowed_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    router
        .layer(from_fn_with_state(api.clone(), request::frame))
        .with_state(api)
}
