use patchbay_app::ports::SecretName;
use patchbay_domain::account::{AccountState, LoginAnswer, LoginMethod, LoginProblem, LoginState};
use patchbay_domain::ids::{PartitionId, TelegramUserId, UserId};
use reqwest::Method;
use serde_json::json;

use crate::stage::{OTHER_DC, OWNER, Stage, until};

const PHONE: &str = "+15550001";

fn by_phone() -> LoginMethod {
    LoginMethod::Phone {
        phone: PHONE.to_owned(),
    }
}

fn code(code: &str) -> LoginAnswer {
    LoginAnswer::Code {
        code: code.to_owned(),
    }
}

fn password(password: &str) -> LoginAnswer {
    LoginAnswer::Password {
        password: password.to_owned(),
    }
}

#[tokio::test]
async fn by_code_after_a_wrong_one() {
    let mut stage = Stage::start().await;
    let user = stage.user(PHONE, "Ann").await;
    let login = stage.begin_login(OWNER, by_phone()).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::CodeNeeded { rejected: None }
    );

    stage.answer(OWNER, login, code("00000")).await;
    let rejected = Some(LoginProblem::WrongCode);
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::CodeNeeded { rejected }
    );

    let right = stage.code(PHONE).await;
    stage.answer(OWNER, login, code(&right)).await;
    let account = stage.next_linked().await;
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::Done {
            account: account.id
        }
    );
    assert_eq!(account.telegram_user, TelegramUserId(user));
    assert_eq!(
        (account.name.as_str(), account.partition),
        ("Ann", PartitionId(3))
    );
    assert_eq!(stage.stored(&account).await, account);

    let kept = async |name| stage.ports.vault.get(OWNER, name).await.unwrap().is_some();
    assert!(kept(SecretName::TelegramSession(account.id)).await);
    assert!(!kept(SecretName::LoginSession(login)).await);
    assert!(!kept(SecretName::LoginAnswer(login)).await);
}

#[tokio::test]
async fn by_code_and_password_each_step_in_another_process() {
    let mut stage = Stage::start().await;
    stage
        .post(
            "/users",
            json!({ "phone": PHONE, "first_name": "Ann", "password": "hunter2" }),
        )
        .await;
    let login = stage.begin_login(OWNER, by_phone()).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    stage.restart_process();
    let right = stage.code(PHONE).await;
    stage.answer(OWNER, login, code(&right)).await;
    let asked = LoginState::PasswordNeeded {
        hint: None,
        rejected: None,
    };
    assert_eq!(stage.login(OWNER, login).await, asked);

    stage.restart_process();
    stage.answer(OWNER, login, password("wrong")).await;
    let rejected = Some(LoginProblem::WrongPassword);
    let asked = LoginState::PasswordNeeded {
        hint: None,
        rejected,
    };
    assert_eq!(stage.login(OWNER, login).await, asked);

    stage.restart_process();
    stage.answer(OWNER, login, password("hunter2")).await;
    let account = stage.next_linked().await;
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::Done {
            account: account.id
        }
    );
}

#[tokio::test]
async fn by_qr_code_and_password() {
    let mut stage = Stage::start().await;
    let ann = json!({ "phone": PHONE, "first_name": "Ann", "password": "hunter2" });
    let user = stage.post("/users", ann).await["id"].clone();
    let login = stage.begin_login(OWNER, LoginMethod::Qr).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    until("a code is shown", async || {
        matches!(stage.login(OWNER, login).await, LoginState::QrShown { .. })
    })
    .await;
    let LoginState::QrShown { url, .. } = stage.login(OWNER, login).await else {
        panic!()
    };
    let token = url.strip_prefix("tg://login?token=").unwrap();
    stage
        .post("/qr", json!({ "user": user, "token": token }))
        .await;
    until("the password is asked for", async || {
        matches!(
            stage.login(OWNER, login).await,
            LoginState::PasswordNeeded { .. }
        )
    })
    .await;
    stage.answer(OWNER, login, password("hunter2")).await;
    let account = stage.next_linked().await;
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::Done {
            account: account.id
        }
    );
    stage.telegram.close().await;
}

#[tokio::test]
async fn a_qr_code_goes_on_in_the_next_process_and_needs_no_password() {
    let mut stage = Stage::start().await;
    let user = stage.user(PHONE, "Ann").await;
    let login = stage.begin_login(OWNER, LoginMethod::Qr).await;
    let shown = async |stage: &Stage| match stage.login(OWNER, login).await {
        LoginState::QrShown { url, .. } => Some(url),
        _ => None,
    };
    stage.telegram.start_login(OWNER, login).await.unwrap();
    until("a code is shown", async || shown(&stage).await.is_some()).await;
    stage.telegram.close().await;

    stage.restart_process();
    stage.telegram.start_login(OWNER, login).await.unwrap();
    stage.telegram.start_login(OWNER, login).await.unwrap();
    stage.post("/qr", json!({ "user": user })).await;
    let account = stage.next_linked().await;
    assert_eq!(
        stage.login(OWNER, login).await,
        LoginState::Done {
            account: account.id
        }
    );
    stage.telegram.close().await;
}

#[tokio::test]
async fn whoever_is_at_home_in_another_data_centre_is_linked_there() {
    let mut stage = Stage::start().await;
    for (phone, name, method) in [
        (PHONE, "Ann", by_phone()),
        ("+15550002", "Bob", LoginMethod::Qr),
    ] {
        let person = json!({ "phone": phone, "first_name": name, "dc": OTHER_DC });
        let user = stage.post("/users", person).await["id"].as_i64().unwrap();
        let login = stage.begin_login(OWNER, method.clone()).await;
        stage.telegram.start_login(OWNER, login).await.unwrap();
        if method == LoginMethod::Qr {
            until("a code is shown", async || {
                matches!(stage.login(OWNER, login).await, LoginState::QrShown { .. })
            })
            .await;
            stage.post("/qr", json!({ "user": user })).await;
        } else {
            let right = stage.code(phone).await;
            stage.answer(OWNER, login, code(&right)).await;
        }
        let account = stage.next_linked().await;
        assert_eq!(account.telegram_user, TelegramUserId(user));

        // Its session finds home again, and is told of what happens.
        let chat = stage.chat("supergroup", user, &[]).await;
        let running = stage.run(&account).await;
        stage.say(chat, user, name).await;
        running.inbox.until_posted(name).await;
        running.stopped().await;
    }
    stage.telegram.close().await;
}

#[tokio::test]
async fn what_ends_a_login() {
    let stage = Stage::start().await;
    stage.user(PHONE, "Ann").await;
    let failed = |problem| LoginState::Failed { problem };

    let unknown = LoginMethod::Phone {
        phone: "+15559999".to_owned(),
    };
    let login = stage.begin_login(OWNER, unknown).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    assert_eq!(
        stage.login(OWNER, login).await,
        failed(LoginProblem::UnknownPhone)
    );

    let login = stage.begin_login(OWNER, by_phone()).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    let right = stage.code(PHONE).await;
    stage
        .post(&format!("/codes/{PHONE}/expire"), json!({}))
        .await;
    stage.answer(OWNER, login, code(&right)).await;
    assert_eq!(
        stage.login(OWNER, login).await,
        failed(LoginProblem::CodeExpired)
    );

    stage
        .fault("auth.sendCode", 1, json!({ "flood_wait": 900 }))
        .await;
    let login = stage.begin_login(OWNER, by_phone()).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    assert_eq!(
        stage.login(OWNER, login).await,
        failed(LoginProblem::TooManyAttempts)
    );

    let login = stage.begin_login(OWNER, by_phone()).await;
    stage.telegram.start_login(OWNER, login).await.unwrap();
    stage.telegram.cancel_login(OWNER, login).await.unwrap();
    stage.telegram.answer_login(OWNER, login).await.unwrap();
    assert_eq!(stage.login(OWNER, login).await, LoginState::Cancelled);
    let kept = stage
        .ports
        .vault
        .get(OWNER, SecretName::LoginSession(login))
        .await
        .unwrap();
    assert!(kept.is_none());

    let login = stage.begin_login(OWNER, by_phone()).await;
    stage
        .memory
        .clock()
        .advance(std::time::Duration::from_secs(601));
    stage.telegram.start_login(OWNER, login).await.unwrap();
    assert_eq!(
        stage.login(OWNER, login).await,
        failed(LoginProblem::Expired)
    );
}

#[tokio::test]
async fn an_account_is_linked_once_and_the_second_session_is_ended() {
    let mut stage = Stage::start().await;
    stage.user(PHONE, "Ann").await;
    let account = stage.link(OWNER, PHONE).await;
    let other = UserId::from_bits(2);
    stage.add_owner(other).await;
    let login = stage.begin_login(other, by_phone()).await;
    stage.telegram.start_login(other, login).await.unwrap();
    let right = stage.code(PHONE).await;
    stage.answer(other, login, code(&right)).await;
    let problem = LoginProblem::AlreadyLinked;
    assert_eq!(
        stage.login(other, login).await,
        LoginState::Failed { problem }
    );
    let users = stage
        .control(reqwest::Method::GET, "/users", json!({}))
        .await;
    assert_eq!(users[0]["sessions"], 1);
    assert_eq!(stage.stored(&account).await, account);
}

#[tokio::test]
async fn a_logged_out_account_is_linked_again_under_its_id() {
    let mut stage = Stage::start().await;
    stage.user(PHONE, "Ann").await;
    let account = stage.link(OWNER, PHONE).await;
    let state = AccountState::LoggedOut {
        at: account.linked_at,
        reason: "test".to_owned(),
    };
    stage
        .ports
        .accounts
        .set_state(OWNER, account.id, &state)
        .await
        .unwrap();
    let again = stage.link(OWNER, PHONE).await;
    assert_eq!(again.id, account.id);
    assert_eq!(stage.stored(&account).await.state, AccountState::Connecting);
}

#[tokio::test]
async fn an_answer_that_comes_twice_links_once() {
    let mut stage = Stage::start().await;
    stage.user(PHONE, "Ann").await;
    let account = stage.link(OWNER, PHONE).await;
    let logins_seen = stage.calls("auth.signIn").await;
    // The state is final, so nothing is done again.
    let login = stage.begin_login(OWNER, LoginMethod::Qr).await;
    stage.telegram.answer_login(OWNER, login).await.unwrap();
    assert_eq!(stage.calls("auth.signIn").await, logins_seen);
    assert_eq!(
        stage.ports.accounts.of_user(OWNER).await.unwrap(),
        [account]
    );
}

#[tokio::test]
async fn a_login_over_the_plans_limit_fails_and_leaves_no_session() {
    let mut stage = Stage::start().await;
    let phones = ["+15550001", "+15550002", "+15550003"];
    for phone in phones {
        stage.user(phone, "Ann").await;
    }
    // All have begun before the first is finished.
    let mut logins = Vec::new();
    for phone in phones {
        let method = LoginMethod::Phone {
            phone: phone.to_owned(),
        };
        let id = stage.begin_login(OWNER, method).await;
        stage.telegram.start_login(OWNER, id).await.unwrap();
        logins.push((id, stage.code(phone).await));
    }
    for (id, code) in &logins {
        let code = code.clone();
        stage.answer(OWNER, *id, LoginAnswer::Code { code }).await;
    }
    let first = [stage.next_linked().await, stage.next_linked().await];
    assert_eq!(stage.ports.accounts.of_user(OWNER).await.unwrap(), first);
    let failed = LoginState::Failed {
        problem: LoginProblem::PlanLimit,
    };
    assert_eq!(stage.login(OWNER, logins[2].0).await, failed);
    let users = stage.control(Method::GET, "/users", json!({})).await;
    let sessions: Vec<u64> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["sessions"].as_u64().unwrap())
        .collect();
    assert_eq!(sessions, [1, 1, 0]);

    // One that Telegram logged out is linked again under its id.
    let out = AccountState::LoggedOut {
        at: stage.ports.clock.now(),
        reason: "test".to_owned(),
    };
    let accounts = &stage.ports.accounts;
    accounts.set_state(OWNER, first[1].id, &out).await.unwrap();
    assert_eq!(stage.link(OWNER, phones[1]).await.id, first[1].id);
}
