//! Signing in by code, password and QR code; signing out.

use grammers_client::{SignInError, client::PasswordToken};
use grammers_tl_types as tl;
use serde_json::json;

use crate::support::{DEADLINE, Device, Stage, rpc_error, session};

const PHONE: &str = "+15550001";

fn send_code() -> tl::functions::auth::SendCode {
    tl::functions::auth::SendCode {
        phone_number: PHONE.to_owned(),
        api_id: 1,
        api_hash: "hash".to_owned(),
        settings: tl::types::CodeSettings {
            allow_flashcall: false,
            current_number: false,
            allow_app_hash: false,
            allow_missed_call: false,
            allow_firebase: false,
            logout_tokens: None,
            token: None,
            app_sandbox: None,
            unknown_number: false,
        }
        .into(),
    }
}

fn sign_in(hash: &str, code: &str) -> tl::functions::auth::SignIn {
    tl::functions::auth::SignIn {
        phone_number: PHONE.to_owned(),
        phone_code_hash: hash.to_owned(),
        phone_code: Some(code.to_owned()),
        email_verification: None,
    }
}

fn export_login_token() -> tl::functions::auth::ExportLoginToken {
    tl::functions::auth::ExportLoginToken {
        api_id: 1,
        api_hash: "hash".to_owned(),
        except_ids: Vec::new(),
    }
}

async fn code_hash(device: &Device) -> String {
    match device.client.invoke(&send_code()).await.unwrap() {
        tl::enums::auth::SentCode::Code(code) => code.phone_code_hash,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_signs_in_and_a_wrong_one_does_not() {
    let stage = Stage::start().await;
    stage.user(PHONE, "Alice").await;
    let device = stage.client().await;
    assert!(!device.client.is_authorized().await.unwrap());
    let token = device
        .client
        .request_login_code(PHONE, "hash")
        .await
        .unwrap();
    let wrong = device.client.sign_in(&token, "wrong").await;
    assert!(matches!(wrong, Err(SignInError::InvalidCode)));
    let user = device
        .client
        .sign_in(&token, &stage.code(PHONE).await)
        .await
        .unwrap();
    assert_eq!(user.first_name(), Some("Alice"));
    assert_eq!(
        device.client.get_me().await.unwrap().phone(),
        Some("15550001")
    );
}

#[tokio::test]
async fn codes_expire_and_are_invalid_after_five_wrong_attempts() {
    let stage = Stage::start().await;
    stage.user(PHONE, "Alice").await;
    let device = stage.client().await;
    let hash = code_hash(&device).await;
    let code = stage.code(PHONE).await;
    stage
        .post(&format!("/codes/{PHONE}/expire"), json!({}))
        .await;
    let late = device.client.invoke(&sign_in(&hash, &code)).await;
    assert_eq!(rpc_error(late).1, "PHONE_CODE_EXPIRED");

    let hash = code_hash(&device).await;
    let code = stage.code(PHONE).await;
    for _attempt in 0..5 {
        let wrong = device.client.invoke(&sign_in(&hash, "wrong")).await;
        assert_eq!(rpc_error(wrong).1, "PHONE_CODE_INVALID");
    }
    let right = device.client.invoke(&sign_in(&hash, &code)).await;
    assert_eq!(rpc_error(right).1, "PHONE_CODE_EXPIRED");
}

#[tokio::test]
async fn a_resent_code_replaces_the_first_and_comes_once() {
    let stage = Stage::start().await;
    stage.user(PHONE, "Alice").await;
    let device = stage.client().await;
    let first = code_hash(&device).await;
    let resend = |hash: &str| tl::functions::auth::ResendCode {
        phone_number: PHONE.to_owned(),
        phone_code_hash: hash.to_owned(),
        reason: None,
    };
    let tl::enums::auth::SentCode::Code(second) =
        device.client.invoke(&resend(&first)).await.unwrap()
    else {
        panic!("no code was sent");
    };
    assert!(matches!(
        second.r#type,
        tl::enums::auth::SentCodeType::Sms(_)
    ));
    let code = stage.code(PHONE).await;
    let old = device.client.invoke(&sign_in(&first, &code)).await;
    assert_eq!(rpc_error(old).1, "PHONE_CODE_EXPIRED");
    let third = device.client.invoke(&resend(&second.phone_code_hash)).await;
    assert_eq!(rpc_error(third).1, "SEND_CODE_UNAVAILABLE");
    device
        .client
        .invoke(&sign_in(&second.phone_code_hash, &code))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_code_that_its_owner_writes_into_a_chat_is_invalid() {
    let stage = Stage::start().await;
    let alice = stage.user(PHONE, "Alice").await;
    let bob = stage.user("15550002", "Bob").await;
    let device = stage.client().await;
    let hash = code_hash(&device).await;
    let code = stage.code(PHONE).await;
    let told = json!({ "text": format!("my code is {code}") });
    stage
        .post(&format!("/private/{alice}/{bob}/messages"), told)
        .await;
    let leaked = device.client.invoke(&sign_in(&hash, &code)).await;
    assert_eq!(rpc_error(leaked).1, "PHONE_CODE_EXPIRED");
}

#[tokio::test]
async fn a_password_is_asked_for_after_the_code() {
    let stage = Stage::start().await;
    stage.user_with_password(PHONE, "Alice", "hunter2").await;
    let device = stage.client().await;
    let token = device
        .client
        .request_login_code(PHONE, "hash")
        .await
        .unwrap();
    let code = stage.code(PHONE).await;
    let Err(SignInError::PasswordRequired(question)) = device.client.sign_in(&token, &code).await
    else {
        panic!("the password is not asked for");
    };
    let Err(SignInError::InvalidPassword(_)) =
        device.client.check_password(question, "hunter3").await
    else {
        panic!("a wrong password is accepted");
    };
    let password = device
        .client
        .invoke(&tl::functions::account::GetPassword {})
        .await
        .unwrap();
    let question = PasswordToken::new(password.into());
    device
        .client
        .check_password(question, "hunter2")
        .await
        .unwrap();
    assert_eq!(
        device.client.get_me().await.unwrap().first_name(),
        Some("Alice")
    );
}

#[tokio::test]
async fn a_qr_code_signs_in_once_it_is_accepted() {
    let stage = Stage::start().await;
    let alice = stage.user(PHONE, "Alice").await;
    let mut device = stage.client().await;
    let mut updates = device.raw();
    let export = export_login_token();
    let tl::enums::auth::LoginToken::Token(shown) = device.client.invoke(&export).await.unwrap()
    else {
        panic!("no token is shown");
    };
    assert_eq!(shown.token.len(), 32);
    stage.post("/qr", json!({ "user": alice })).await;
    let told = tokio::time::timeout(DEADLINE, updates.recv())
        .await
        .unwrap();
    assert!(format!("{told:?}").contains("LoginToken"), "{told:?}");
    let tl::enums::auth::LoginToken::Success(success) =
        device.client.invoke(&export).await.unwrap()
    else {
        panic!("the accepted token doesn't sign in");
    };
    let tl::enums::auth::Authorization::Authorization(authorization) = success.authorization else {
        panic!("a sign-up is asked for");
    };
    assert_eq!(authorization.user.id(), alice);
    assert_eq!(
        device.client.get_me().await.unwrap().phone(),
        Some("15550001")
    );
}

#[tokio::test]
async fn a_signed_in_device_accepts_a_qr_code_and_a_password_still_follows() {
    let stage = Stage::start().await;
    stage.user(PHONE, "Alice").await;
    let phone = stage.signed_in(PHONE).await;
    let export = export_login_token();
    let device = stage.client().await;
    let tl::enums::auth::LoginToken::Token(shown) = device.client.invoke(&export).await.unwrap()
    else {
        panic!("no token is shown");
    };
    let accept = tl::functions::auth::AcceptLoginToken { token: shown.token };
    phone.client.invoke(&accept).await.unwrap();
    let again = phone.client.invoke(&accept).await;
    assert_eq!(rpc_error(again).1, "AUTH_TOKEN_ALREADY_ACCEPTED");
    device.client.invoke(&export).await.unwrap();
    assert_eq!(
        device.client.get_me().await.unwrap().phone(),
        Some("15550001")
    );

    let carol = stage
        .user_with_password("15550003", "Carol", "hunter2")
        .await;
    let device = stage.client().await;
    device.client.invoke(&export).await.unwrap();
    stage.post("/qr", json!({ "user": carol })).await;
    let needed = device.client.invoke(&export).await;
    assert_eq!(rpc_error(needed).1, "SESSION_PASSWORD_NEEDED");
    let password = device
        .client
        .invoke(&tl::functions::account::GetPassword {})
        .await
        .unwrap();
    let question = PasswordToken::new(password.into());
    device
        .client
        .check_password(question, "hunter2")
        .await
        .unwrap();
}

#[tokio::test]
async fn signing_out_and_revoking_end_a_session() {
    let stage = Stage::start().await;
    let alice = stage.user(PHONE, "Alice").await;
    let (first, second) = (stage.signed_in(PHONE).await, stage.signed_in(PHONE).await);
    let list = tl::functions::account::GetAuthorizations {};
    let tl::enums::account::Authorizations::Authorizations(listed) =
        first.client.invoke(&list).await.unwrap();
    assert_eq!(listed.authorizations.len(), 2);
    first.client.sign_out().await.unwrap();
    assert!(!first.client.is_authorized().await.unwrap());
    assert!(second.client.is_authorized().await.unwrap());
    stage
        .post(&format!("/users/{alice}/revoke"), json!({}))
        .await;
    let revoked = second
        .client
        .invoke(&tl::functions::updates::GetState {})
        .await;
    assert_eq!(rpc_error(revoked).1, "AUTH_KEY_UNREGISTERED");
}

#[tokio::test]
async fn a_key_that_the_server_does_not_know_is_refused() {
    let stage = Stage::start().await;
    let device = Device::new(session(stage.simulator.address(), &[7; 256]));
    // grammers then starts a key exchange, which its own RSA keys make it give up.
    assert!(device.client.is_authorized().await.is_err());
}
