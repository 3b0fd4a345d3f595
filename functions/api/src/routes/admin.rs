//! What admins do with users.

use axum::Json;
use axum::extract::State;
use patchbay_app::users;
use patchbay_domain::ids::UserId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::me::{PlanView, RoleView, UserView};
use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Named, Parameters, PathId};
use crate::paging::Page;
use crate::problem::{FieldError, Problem};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(find_users))
        .routes(routes!(get_user))
        .routes(routes!(change_user))
}

impl Named for UserId {
    const NAME: &str = "user";
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserFilters {
    /// The address of the user.
    #[param(max_length = 254, example = "ann@example.com")]
    email: String,
}

/// Find a user by the e-mail address
///
/// At most one.
#[utoipa::path(
    get, path = "/v1/admin/users", tag = "admin", params(UserFilters),
    responses((status = 200, body = Page<UserView>))
)]
pub(crate) async fn find_users(
    State(api): State<Api>,
    Parameters(filters): Parameters<UserFilters>,
) -> Result<Json<Page<UserView>>, Problem> {
    let Ok(email) = filters.email.parse() else {
        let error = FieldError::of_parameter("email", "is not an e-mail address");
        return Err(Problem::invalid_query(error));
    };
    let user = users::by_email(api.ports(), &email).await?;
    Ok(Json(Page::whole(user.iter().map(UserView::from).collect())))
}

/// Look at a user
#[utoipa::path(
    get, path = "/v1/admin/users/{id}", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = UserView))
)]
pub(crate) async fn get_user(
    State(api): State<Api>,
    PathId(id): PathId<UserId>,
) -> Result<Json<UserView>, Problem> {
    let user = users::get(api.ports(), id).await?;
    Ok(Json(UserView::from(&user)))
}

/// What is missing stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    plan: Option<PlanView>,
    role: Option<RoleView>,
}

/// Change a user's plan or role
///
/// Admins don't take the role from themselves, so that somebody always has it.
#[utoipa::path(
    patch, path = "/v1/admin/users/{id}", tag = "admin", params(("id" = String, Path)),
    request_body = UserChange,
    responses(
        (status = 200, body = UserView),
        (status = 409, description = "It is the caller's own role"),
    )
)]
pub(crate) async fn change_user(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<UserId>,
    JsonBody(body): JsonBody<UserChange>,
) -> Result<Json<UserView>, Problem> {
    let (plan, role) = (body.plan.map(Into::into), body.role.map(Into::into));
    let user = users::administer(api.ports(), &caller.user, id, plan, role).await?;
    Ok(Json(UserView::from(&user)))
}
