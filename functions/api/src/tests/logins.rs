use std::sync::Arc;

use axum::http::{StatusCode, header};
use patchbay_app::ports::Control;
use patchbay_domain::account::{AccountState, LoginProblem, LoginState};
use patchbay_domain::ids::{AccountId, LoginId};
use serde_json::{Value, json};

use super::broken::Broken;
use super::connector::{react, taken_answer};
use super::world::{Answer, Tenant, World};

const LOGINS: &str = "/v1/telegram/logins";
const CODE_NEEDED: LoginState = LoginState::CodeNeeded { rejected: None };

async fn begin(world: &World, tenant: &Tenant, state: LoginState) -> Answer {
    let body = json!({ "method": "phone", "phone": "+44 20 7946 0958" });
    tokio::join!(
        world.post(tenant, LOGINS, body),
        react(world, tenant, state)
    )
    .0
}

async fn begun(world: &World, tenant: &Tenant) -> LoginId {
    begin(world, tenant, CODE_NEEDED)
        .await
        .text("id")
        .parse()
        .unwrap()
}

/// Answers, while the connector comes to this verdict.
async fn answered(
    world: &World,
    tenant: &Tenant,
    path: &str,
    body: Value,
    verdict: LoginState,
) -> Answer {
    tokio::join!(
        world.post(tenant, path, body),
        react(world, tenant, verdict)
    )
    .0
}

#[tokio::test(start_paused = true)]
async fn a_phone_login_goes_from_code_to_password_to_account() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let started = begin(&world, &ann, CODE_NEEDED).await;
    assert_eq!(started.status, StatusCode::ACCEPTED);
    insta::assert_json_snapshot!(started.body, @r#"
    {
      "created_at": "2026-09-21T14:13:20Z",
      "expires_at": "2026-09-21T14:23:20Z",
      "id": "lgn_00000000000000000000000000000005",
      "method": "phone",
      "next": "Telegram sent a code to the user's Telegram apps or phone. POST it to …/code.",
      "phone": "+442079460958",
      "state": "code_needed"
    }
    "#);
    let login: LoginId = started.text("id").parse().unwrap();
    let path = format!("{LOGINS}/{login}");
    assert_eq!(started.headers[header::LOCATION], path.as_str());
    assert_eq!(world.get(&ann, &path).await.body, started.body);

    let wrong = LoginState::CodeNeeded {
        rejected: Some(LoginProblem::WrongCode),
    };
    let code = format!("{path}/code");
    let refused = answered(&world, &ann, &code, json!({ "code": "11111" }), wrong).await;
    insta::assert_snapshot!(refused.problem(), @r#"
    422 /problems/telegram-code-wrong: Check the code and POST it to …/code again.
      /code: was not accepted
    "#);
    assert_eq!(refused.body["login"], login.to_string());
    assert_eq!(
        world.get(&ann, &path).await.body["problem"]["type"],
        refused.body["type"]
    );

    let hint = Some("the usual".to_owned());
    let needed = LoginState::PasswordNeeded {
        hint,
        rejected: None,
    };
    let accepted = answered(&world, &ann, &code, json!({ "code": "1 23 45" }), needed).await;
    assert_eq!(accepted.status, StatusCode::OK);
    assert_eq!(accepted.text("state"), "password_needed");
    assert_eq!(accepted.text("password_hint"), "the usual");
    assert_eq!(
        taken_answer(&world, &ann, login).await.as_deref(),
        Some("12345")
    );

    let password = format!("{path}/password");
    let wrong = Some(LoginProblem::WrongPassword);
    let needed = LoginState::PasswordNeeded {
        hint: None,
        rejected: wrong,
    };
    let refused = answered(&world, &ann, &password, json!({ "password": "a" }), needed).await;
    insta::assert_snapshot!(refused.problem(), @r#"
    422 /problems/telegram-password-wrong: Check the password of the two-step verification and POST it to …/password again.
      /password: was not accepted
    "#);

    let account = AccountId::from_bits(77);
    let done = LoginState::Done { account };
    let linked = answered(&world, &ann, &password, json!({ "password": " b " }), done).await;
    assert_eq!(
        (linked.status, linked.text("account")),
        (StatusCode::OK, &*account.to_string())
    );
    assert_eq!(
        taken_answer(&world, &ann, login).await.as_deref(),
        Some(" b ")
    );

    insta::assert_snapshot!(world.post(&ann, &code, json!({ "code": "12345" })).await.problem(), @"409 /problems/login-finished: The account is linked: GET /v1/telegram/accounts/acc_0000000000000000000000000000004d.");
    insta::assert_snapshot!(world.delete(&ann, &path).await.problem(), @"409 /problems/login-finished: The account is linked: GET /v1/telegram/accounts/acc_0000000000000000000000000000004d.");
}

#[tokio::test(start_paused = true)]
async fn a_qr_login_comes_with_its_url() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let shown = LoginState::QrShown {
        url: "tg://login?token=AQ".to_owned(),
        renewed_at: world.ports.clock.now(),
    };
    let body = json!({ "method": "qr" });
    let (started, control) =
        tokio::join!(world.post(&ann, LOGINS, body), react(&world, &ann, shown));
    assert_eq!(
        (started.text("state"), started.text("qr_url")),
        ("qr_shown", "tg://login?token=AQ")
    );
    let login = started.text("id").parse().unwrap();
    assert_eq!(
        control,
        Control::StartLogin {
            owner: ann.user.id,
            login
        }
    );

    let path = format!("{LOGINS}/{login}/code");
    insta::assert_snapshot!(world.post(&ann, &path, json!({ "code": "12345" })).await.problem(), @"409 /problems/login-not-waiting: Show qr_url as a QR code and scan it in Telegram: Settings, Devices, Link Desktop Device. It changes every half minute: look again until the state changes.");
}

#[tokio::test(start_paused = true)]
async fn what_telegram_refuses_says_why() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let problems = [
        LoginProblem::UnknownPhone,
        LoginProblem::BannedPhone,
        LoginProblem::TooManyAttempts,
        LoginProblem::CodeExpired,
        LoginProblem::AlreadyLinked,
        LoginProblem::PlanLimit,
        LoginProblem::Expired,
        LoginProblem::Interrupted,
        LoginProblem::Refused,
    ];
    let mut shown = Vec::new();
    for problem in problems {
        let refused = begin(&world, &ann, LoginState::Failed { problem }).await;
        shown.push(refused.problem());
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    422 /problems/telegram-phone-unknown: Check the number. It has to be the one of an existing Telegram account.
      /phone: was not accepted
    422 /problems/telegram-phone-banned: Ask Telegram's support, or link another account.
      /phone: was not accepted
    429 /problems/telegram-too-many-attempts: Wait some hours, or link by QR code.
    422 /problems/telegram-code-expired: If another code arrives, POST it; otherwise begin again with POST /v1/telegram/logins.
      /code: was not accepted
    409 /problems/telegram-already-linked: An account can be linked once. Unlink it where it is linked, then begin again.
    403 /problems/plan-limit: Your plan allows no more Telegram accounts. Unlink one, or choose a larger plan.
    409 /problems/login-expired: Begin again with POST /v1/telegram/logins.
    503 /problems/login-interrupted: Begin again with POST /v1/telegram/logins.
    502 /problems/telegram-refused: Begin again with POST /v1/telegram/logins; if it happens again, try in an hour.
    "#);
}

#[tokio::test(start_paused = true)]
async fn without_a_connector_the_caller_is_told_to_look_again() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let started = world.post(&ann, LOGINS, json!({ "method": "qr" })).await;
    assert_eq!(
        (started.status, started.text("state")),
        (StatusCode::ACCEPTED, "starting")
    );

    world.told(ann.connector()).await;
    let login = begun(&world, &ann).await;
    let code = format!("{LOGINS}/{login}/code");
    let answered = world.post(&ann, &code, json!({ "code": "12345" })).await;
    assert_eq!(
        (answered.status, answered.text("state")),
        (StatusCode::ACCEPTED, "checking")
    );
    let twice = world.post(&ann, &code, json!({ "code": "12345" })).await;
    insta::assert_snapshot!(twice.problem(), @"409 /problems/login-not-waiting: The answer is being checked. Look again in a moment.");
    let told = world.told(ann.connector()).await;
    assert_eq!(
        told,
        [Control::AnswerLogin {
            owner: ann.user.id,
            login
        }]
    );
}

#[tokio::test(start_paused = true)]
async fn of_two_answers_at_once_one_is_checked() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let login = begun(&world, &ann).await;
    let code = format!("{LOGINS}/{login}/code");
    let done = LoginState::Done {
        account: AccountId::from_bits(7),
    };
    let (first, second, _) = tokio::join!(
        world.post(&ann, &code, json!({ "code": "11111" })),
        world.post(&ann, &code, json!({ "code": "22222" })),
        react(&world, &ann, done),
    );
    assert_eq!(
        (first.status, second.kind()),
        (StatusCode::OK, "login-not-waiting")
    );
    assert_eq!(
        taken_answer(&world, &ann, login).await.as_deref(),
        Some("11111")
    );
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_login_is_over() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let login = begun(&world, &ann).await;
    let path = format!("{LOGINS}/{login}");
    assert_eq!(
        world.delete(&ann, &path).await.status,
        StatusCode::NO_CONTENT
    );
    let told = world.told(ann.connector()).await;
    assert_eq!(
        told,
        [Control::CancelLogin {
            owner: ann.user.id,
            login
        }]
    );
    assert_eq!(world.get(&ann, &path).await.text("state"), "cancelled");
    let answer = world
        .post(&ann, &format!("{path}/code"), json!({ "code": "12345" }))
        .await;
    insta::assert_snapshot!(answer.problem(), @"409 /problems/login-cancelled: Begin again with POST /v1/telegram/logins.");
    assert_eq!(taken_answer(&world, &ann, login).await, None);
    // Doing it twice is harmless.
    assert_eq!(
        world.delete(&ann, &path).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(world.told(ann.connector()).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_login_ends_by_itself() {
    let world = World::new();
    let ann = world.tenant("ann").await;
    let login = begun(&world, &ann).await;
    let path = format!("{LOGINS}/{login}");
    let started = world
        .ports
        .logins
        .get(ann.user.id, login)
        .await
        .unwrap()
        .unwrap();
    world.memory.clock().set(started.expires_at);
    // The token is as old as the login.
    let ann = world.logged_in(ann.user).await;
    let answer = world
        .post(&ann, &format!("{path}/code"), json!({ "code": "12345" }))
        .await;
    insta::assert_snapshot!(answer.problem(), @"409 /problems/login-expired: Begin again with POST /v1/telegram/logins.");
    let seen = world.get(&ann, &path).await;
    assert_eq!(
        (seen.text("state"), &seen.body["problem"]["type"]),
        ("failed", &json!("/problems/login-expired"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_is_nothing_to_others() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let path = format!("{LOGINS}/{}", begun(&world, &ann).await);
    let before = world.get(&ann, &path).await.body;
    let nothing = format!("{LOGINS}/{}", LoginId::from_bits(u128::MAX));
    for (action, body) in [
        ("", None),
        ("/code", Some(json!({ "code": "1" }))),
        ("/password", Some(json!({ "password": "1" }))),
    ] {
        let (theirs, none) = match body {
            None => (
                world.get(&bob, &path).await,
                world.get(&bob, &nothing).await,
            ),
            Some(body) => (
                world
                    .post(&bob, &format!("{path}{action}"), body.clone())
                    .await,
                world.post(&bob, &format!("{nothing}{action}"), body).await,
            ),
        };
        assert_eq!(
            (theirs.status, theirs.problem()),
            (StatusCode::NOT_FOUND, none.problem())
        );
    }
    assert_eq!(
        world.delete(&bob, &path).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(world.get(&ann, &path).await.body, before);
    for tenant in [&ann, &bob] {
        assert_eq!(world.told(tenant.connector()).await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_can_t_be_handed_over_may_be_given_again() {
    let broken = World::with(|ports| ports.vault = Arc::new(Broken));
    let ann = broken.tenant("ann").await;
    let login = begun(&broken, &ann).await;
    let path = format!("{LOGINS}/{login}");
    let answer = broken
        .post(&ann, &format!("{path}/code"), json!({ "code": "12345" }))
        .await;
    insta::assert_snapshot!(answer.problem(), @"503 /problems/unavailable: Try again in a few seconds.");
    assert_eq!(answer.headers[header::RETRY_AFTER], "3");
    assert_eq!(broken.get(&ann, &path).await.text("state"), "code_needed");
    assert_eq!(broken.told(ann.connector()).await, []);
}

#[tokio::test(start_paused = true)]
async fn logins_under_way_are_listed_and_bounded() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    let over = begun(&world, &ann).await;
    world.delete(&ann, &format!("{LOGINS}/{over}")).await;
    world.told(ann.connector()).await;
    let mut logins = Vec::new();
    for _ in 0..10 {
        logins.push(begin(&world, &ann, CODE_NEEDED).await.body);
    }
    let listed = world.get(&ann, LOGINS).await.body;
    assert_eq!(listed, json!({ "items": logins, "next_cursor": null }));
    assert_eq!(world.get(&bob, LOGINS).await.body["items"], json!([]));

    let refused = world.post(&ann, LOGINS, json!({ "method": "qr" })).await;
    insta::assert_snapshot!(refused.problem(), @"409 /problems/telegram-too-many-logins: GET /v1/telegram/logins lists them. Finish one, or DELETE it.");
    let first = logins[0]["id"].as_str().unwrap();
    world.delete(&ann, &format!("{LOGINS}/{first}")).await;
    world.told(ann.connector()).await;
    assert_eq!(
        begin(&world, &ann, CODE_NEEDED).await.status,
        StatusCode::ACCEPTED
    );
}

#[tokio::test(start_paused = true)]
async fn a_login_begins_while_the_plan_has_room() {
    let world = World::new();
    let (ann, bob) = (world.tenant("ann").await, world.tenant("bob").await);
    world.account(&ann).await;
    assert_eq!(
        begin(&world, &ann, CODE_NEEDED).await.status,
        StatusCode::ACCEPTED
    );
    let second = world.account(&ann).await;
    let refused = world.post(&ann, LOGINS, json!({ "method": "qr" })).await;
    insta::assert_snapshot!(refused.problem(), @"403 /problems/plan-limit: Your plan allows 2 Telegram accounts. Remove one, or choose a larger plan.");
    assert_eq!(refused.body["limit"], 2);
    assert_eq!(world.told(ann.connector()).await, []);
    assert_eq!(
        begin(&world, &bob, CODE_NEEDED).await.status,
        StatusCode::ACCEPTED
    );

    // One that Telegram logged out is linked again in its place.
    let out = AccountState::LoggedOut {
        at: world.ports.clock.now(),
        reason: "revoked".to_owned(),
    };
    let set = world.ports.accounts.set_state(ann.user.id, second, &out);
    set.await.unwrap();
    assert_eq!(
        begin(&world, &ann, CODE_NEEDED).await.status,
        StatusCode::ACCEPTED
    );
}
