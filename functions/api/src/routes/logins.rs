//! Linking a Telegram account, step by step.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use patchbay_app::link_telegram;
use patchbay_domain::account::{Login, LoginAnswer, LoginMethod, LoginProblem, LoginState};
use patchbay_domain::ids::{AccountId, LoginId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Caller;
use crate::api::Api;
use crate::body::{JsonBody, Named, PathId};
use crate::moment::Moment;
use crate::paging::Page;
use crate::problem::{FieldError, Problem};
use crate::refusals::{awaits, rejection};

pub(super) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(start, list))
        .routes(routes!(get, cancel))
        .routes(routes!(answer_code))
        .routes(routes!(answer_password))
}

impl Named for LoginId {
    const NAME: &str = "login";
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    /// Telegram sends a code to the account's apps, or by SMS.
    Phone,
    /// The user scans a QR code in an app that is logged in.
    Qr,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartLogin {
    method: Method,
    /// For the method `phone`, in international form.
    #[schema(example = "+442079460958")]
    phone: Option<String>,
}

impl StartLogin {
    fn method(&self) -> Result<LoginMethod, Problem> {
        let wrong = |detail| Problem::invalid_body(vec![FieldError::at("/phone", detail)]);
        match (self.method, &self.phone) {
            (Method::Qr, None) => Ok(LoginMethod::Qr),
            (Method::Qr, Some(_)) => Err(wrong("has no place in the method qr")),
            (Method::Phone, None) => Err(wrong("is missing")),
            (Method::Phone, Some(phone)) => match link_telegram::phone_number(phone) {
                Some(phone) => Ok(LoginMethod::Phone { phone }),
                None => Err(wrong(
                    "has to be a number in international form, such as +442079460958",
                )),
            },
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeAnswer {
    /// The digits that Telegram sent.
    #[schema(value_type = String, example = "12345")]
    code: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordAnswer {
    /// The password of the account's two-step verification.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LoginState)]
pub(crate) enum Stage {
    Starting,
    CodeNeeded,
    QrShown,
    PasswordNeeded,
    Checking,
    Done,
    Failed,
    Cancelled,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LoginProblem)]
pub(crate) struct ProblemView {
    /// The type that a problem document about this has.
    #[serde(rename = "type")]
    #[schema(example = "/problems/telegram-code-wrong")]
    kind: &'static str,
    detail: &'static str,
}

impl From<LoginProblem> for ProblemView {
    fn from(problem: LoginProblem) -> Self {
        let (kind, _, detail) = rejection(problem);
        Self {
            kind: kind.uri(),
            detail,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = Login)]
pub(crate) struct LoginView {
    #[schema(value_type = String, example = "lgn_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    id: LoginId,
    method: Method,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    state: Stage,
    /// What to do next.
    next: &'static str,
    /// In the state `qr_shown`: what the QR code has to contain. It changes every half minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tg://login?token=AQ")]
    qr_url: Option<String>,
    /// In the state `password_needed`: the hint that the owner of the password left.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hint: Option<String>,
    /// Why the last answer was not accepted, or why the login failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<ProblemView>,
    /// In the state `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acc_0190c5e2f3a47b1c8d2e3f4a5b6c7d8e")]
    account: Option<AccountId>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
}

impl From<Login> for LoginView {
    fn from(login: Login) -> Self {
        let (method, phone) = match login.method {
            LoginMethod::Phone { phone } => (Method::Phone, Some(phone)),
            LoginMethod::Qr => (Method::Qr, None),
        };
        let mut view = Self {
            id: login.id,
            method,
            phone,
            state: Stage::Starting,
            next: awaits(&login.state),
            qr_url: None,
            password_hint: None,
            problem: None,
            account: None,
            created_at: Moment(login.created_at),
            expires_at: Moment(login.expires_at),
        };
        view.fill(login.state);
        view
    }
}

impl LoginView {
    fn fill(&mut self, state: LoginState) {
        self.state = match state {
            LoginState::Starting => Stage::Starting,
            LoginState::CodeNeeded { rejected } => {
                self.problem = rejected.map(ProblemView::from);
                Stage::CodeNeeded
            }
            LoginState::QrShown { url, renewed_at: _ } => {
                self.qr_url = Some(url);
                Stage::QrShown
            }
            LoginState::PasswordNeeded { hint, rejected } => {
                self.password_hint = hint;
                self.problem = rejected.map(ProblemView::from);
                Stage::PasswordNeeded
            }
            LoginState::Checking => Stage::Checking,
            LoginState::Done { account } => {
                self.account = Some(account);
                Stage::Done
            }
            LoginState::Failed { problem } => {
                self.problem = Some(problem.into());
                Stage::Failed
            }
            LoginState::Cancelled => Stage::Cancelled,
        };
    }
}

/// Begin to link a Telegram account
///
/// Waits some seconds for Telegram, so that the login usually comes with the state `code_needed`
/// or `qr_shown`, and a wrong number with a problem.
#[utoipa::path(
    post, path = "/v1/telegram/logins", tag = "telegram", operation_id = "start_telegram_login", request_body = StartLogin,
    responses(
        (
            status = 202, body = LoginView,
            headers(("location" = String, description = "The login")),
        ),
        (status = 409, description = "The login is over, or does not wait for this"),
        (status = 422, description = "Telegram says what is wrong"),
        (status = 429, description = "Telegram allows no more attempts for now"),
        (status = 502, description = "Telegram refused the login"),
    )
)]
pub(crate) async fn start(
    State(api): State<Api>,
    caller: Caller,
    JsonBody(body): JsonBody<StartLogin>,
) -> Result<impl IntoResponse, Problem> {
    let patience = api.settings().patience;
    let login = link_telegram::start(api.ports(), &caller.user, body.method()?, patience).await?;
    Ok((
        StatusCode::ACCEPTED,
        location(&login),
        Json(LoginView::from(login)),
    ))
}

fn location(login: &Login) -> [(HeaderName, String); 1] {
    [(
        header::LOCATION,
        format!("/v1/telegram/logins/{}", login.id),
    )]
}

/// List the logins that are under way
///
/// Oldest first; ten at most are.
#[utoipa::path(
    get, path = "/v1/telegram/logins", tag = "telegram", operation_id = "list_telegram_logins",
    responses((status = 200, body = Page<LoginView>))
)]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Json<Page<LoginView>>, Problem> {
    let logins = link_telegram::under_way(api.ports(), &caller.user).await?;
    let logins = logins.into_iter().map(LoginView::from).collect();
    Ok(Json(Page::whole(logins)))
}

/// Look at a login
#[utoipa::path(
    get, path = "/v1/telegram/logins/{id}", tag = "telegram", operation_id = "get_telegram_login",
    params(("id" = String, Path)), responses((status = 200, body = LoginView))
)]
pub(crate) async fn get(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LoginId>,
) -> Result<Json<LoginView>, Problem> {
    let login = link_telegram::get(api.ports(), caller.user.id, id).await?;
    Ok(Json(login.into()))
}

/// Answer with the code that Telegram sent
///
/// Waits some seconds for Telegram's verdict; 202 if there is none yet.
#[utoipa::path(
    post, path = "/v1/telegram/logins/{id}/code", tag = "telegram", operation_id = "answer_telegram_code",
    params(("id" = String, Path)), request_body = CodeAnswer,
    responses(
        (status = 200, body = LoginView, description = "The code is right"),
        (status = 202, body = LoginView, description = "It is still being checked"),
        (status = 409, description = "The login is over, or does not wait for this"),
        (status = 422, description = "Telegram says what is wrong"),
        (status = 429, description = "Telegram allows no more attempts for now"),
        (status = 502, description = "Telegram refused the login"),
    )
)]
pub(crate) async fn answer_code(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LoginId>,
    JsonBody(body): JsonBody<CodeAnswer>,
) -> Result<impl IntoResponse, Problem> {
    let code: String = body.code.expose_secret().split_whitespace().collect();
    let is_code = (1..=16).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if !is_code {
        let error = FieldError::at("/code", "has to be the digits that Telegram sent");
        return Err(Problem::invalid_body(vec![error]));
    }
    answer(&api, &caller, id, LoginAnswer::Code { code }).await
}

/// Answer with the password of the two-step verification
///
/// Waits some seconds for Telegram's verdict; 202 if there is none yet.
#[utoipa::path(
    post, path = "/v1/telegram/logins/{id}/password", tag = "telegram", operation_id = "answer_telegram_password",
    params(("id" = String, Path)), request_body = PasswordAnswer,
    responses(
        (status = 200, body = LoginView, description = "The password is right"),
        (status = 202, body = LoginView, description = "It is still being checked"),
        (status = 409, description = "The login is over, or does not wait for this"),
        (status = 422, description = "Telegram says what is wrong"),
        (status = 429, description = "Telegram allows no more attempts for now"),
        (status = 502, description = "Telegram refused the login"),
    )
)]
pub(crate) async fn answer_password(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LoginId>,
    JsonBody(body): JsonBody<PasswordAnswer>,
) -> Result<impl IntoResponse, Problem> {
    let password = body.password.expose_secret().to_owned();
    if !(1..=1024).contains(&password.len()) {
        let error = FieldError::at("/password", "has to be 1 to 1024 bytes long");
        return Err(Problem::invalid_body(vec![error]));
    }
    answer(&api, &caller, id, LoginAnswer::Password { password }).await
}

async fn answer(
    api: &Api,
    caller: &Caller,
    id: LoginId,
    answer: LoginAnswer,
) -> Result<impl IntoResponse + use<>, Problem> {
    let patience = api.settings().patience;
    let login = link_telegram::answer(api.ports(), &caller.user, id, &answer, patience).await?;
    let status = match login.state {
        LoginState::Checking => StatusCode::ACCEPTED,
        LoginState::Starting
        | LoginState::CodeNeeded { .. }
        | LoginState::QrShown { .. }
        | LoginState::PasswordNeeded { .. }
        | LoginState::Done { .. }
        | LoginState::Failed { .. }
        | LoginState::Cancelled => StatusCode::OK,
    };
    Ok((status, Json(LoginView::from(login))))
}

/// Give a login up
#[utoipa::path(
    delete, path = "/v1/telegram/logins/{id}", tag = "telegram", operation_id = "cancel_telegram_login",
    params(("id" = String, Path)), responses((status = 204), (status = 409, description = "The login is finished"))
)]
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    PathId(id): PathId<LoginId>,
) -> Result<StatusCode, Problem> {
    link_telegram::cancel(api.ports(), &caller.user, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
