//! Every route knows its parameters by its description; a query with others is refused, since it
//! asks for something that would silently not happen.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{OpenApi, RefOr};

use crate::body;
use crate::openapi;
use crate::problem::{FieldError, Problem};

/// How much of an unknown name is repeated.
const SHOWN: usize = 64;

/// The names of the parameters of each route.
pub(crate) struct Known(HashMap<(Method, String), BTreeSet<String>>);

impl Known {
    pub(crate) fn of(document: &mut OpenApi) -> Self {
        let mut routes = HashMap::new();
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in openapi::operations(item) {
                let parameters = operation.parameters.iter().flatten();
                let names = parameters.filter_map(|parameter| match parameter {
                    RefOr::T(parameter) => (parameter.parameter_in == ParameterIn::Query)
                        .then(|| parameter.name.clone()),
                    RefOr::Ref(_) => None,
                });
                routes.insert((method, path.clone()), names.collect());
            }
        }
        Self(routes)
    }

    fn check(&self, method: &Method, path: &str, given: &[(String, String)]) -> Option<FieldError> {
        let nothing = BTreeSet::new();
        // What may be read may be asked about.
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let known = self.0.get(&(method.clone(), path.to_owned()));
        let known = known.unwrap_or(&nothing);
        let mut seen = BTreeSet::new();
        given.iter().find_map(|(name, _)| {
            let shown: String = name.chars().take(SHOWN).collect();
            if !known.contains(name) {
                return Some(FieldError::of_parameter(&shown, unknown(known)));
            }
            let again = "is there more than once";
            (!seen.insert(name)).then(|| FieldError::of_parameter(&shown, again))
        })
    }
}

fn unknown(known: &BTreeSet<String>) -> String {
    if known.is_empty() {
        return "is not known; this route has no parameters".to_owned();
    }
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    format!("is not known; there are {}", known.join(", "))
}

/// Lets a request through whose query holds what its route knows, each once.
pub(crate) async fn guard(
    State(known): State<Arc<Known>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let given: Vec<(String, String)> = body::parameters(request.uri())?;
    match known.check(request.method(), path.as_str(), &given) {
        Some(error) => Err(Problem::invalid_query(error)),
        None => Ok(next.run(request).await),
    }
}
