//! Signing in by code, password or QR code, and signing out.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use super::account::shown_authorization;
use crate::clock::wire_seconds;
use crate::hex;
use crate::present;
use crate::state::{
    Command, Dc, Delivery, HexBytes, Login, LoginCode, Refusal, TOKEN_LIFE_MS, UserId,
};

const CODE_LENGTH: i32 = 5;
/// Before a code that was sent to the app may be asked for by SMS, in seconds.
const RESEND_AFTER: i32 = 60;

pub(super) fn send_code(
    call: &mut Call<'_>,
    request: functions::auth::SendCode,
) -> Result<enums::auth::SentCode, Refusal> {
    let phone = normalised_phone(&request.phone_number)?;
    issue_code(call, phone, Delivery::App)
}

pub(super) fn resend_code(
    call: &mut Call<'_>,
    request: functions::auth::ResendCode,
) -> Result<enums::auth::SentCode, Refusal> {
    let phone = normalised_phone(&request.phone_number)?;
    match live_code(call, &phone, &request.phone_code_hash)?.delivery {
        Delivery::App => issue_code(call, phone, Delivery::Sms),
        Delivery::Sms => Err(Refusal::bad("SEND_CODE_UNAVAILABLE")),
    }
}

pub(super) fn cancel_code(
    call: &mut Call<'_>,
    request: functions::auth::CancelCode,
) -> Result<bool, Refusal> {
    let phone = normalised_phone(&request.phone_number)?;
    live_code(call, &phone, &request.phone_code_hash)?;
    call.apply(Command::ExpireCode { phone })?;
    Ok(true)
}

fn issue_code(
    call: &mut Call<'_>,
    phone: String,
    delivery: Delivery,
) -> Result<enums::auth::SentCode, Refusal> {
    let user = call.state().user_by_phone(&phone);
    if let Some(dc) = user.map(|user| user.dc).filter(|dc| *dc != call.dc) {
        return Err(dc.refusal("PHONE_MIGRATE"));
    }
    let hash = hex::encode(&rand::random::<[u8; 9]>());
    let code = format!("{:05}", rand::random_range(0..100_000));
    call.apply(Command::IssueCode {
        phone,
        hash: hash.clone(),
        code,
        delivery,
    })?;
    let length = CODE_LENGTH;
    let (r#type, next_type) = match delivery {
        Delivery::App => (
            types::auth::SentCodeTypeApp { length }.into(),
            Some(enums::auth::CodeType::Sms),
        ),
        Delivery::Sms => (types::auth::SentCodeTypeSms { length }.into(), None),
    };
    let timeout = next_type.as_ref().map(|_| RESEND_AFTER);
    Ok(types::auth::SentCode {
        r#type,
        phone_code_hash: hash,
        next_type,
        timeout,
    }
    .into())
}

pub(super) fn sign_in(
    call: &mut Call<'_>,
    request: functions::auth::SignIn,
) -> Result<enums::auth::Authorization, Refusal> {
    let phone = normalised_phone(&request.phone_number)?;
    if request.phone_code_hash.is_empty() {
        return Err(Refusal::bad("PHONE_CODE_HASH_EMPTY"));
    }
    let typed = request.phone_code.unwrap_or_default();
    if typed.is_empty() {
        return Err(Refusal::bad("PHONE_CODE_EMPTY"));
    }
    if live_code(call, &phone, &request.phone_code_hash)?.code != typed {
        call.apply(Command::WrongCode { phone })?;
        return Err(Refusal::bad("PHONE_CODE_INVALID"));
    }
    let user = call.state().user_by_phone(&phone).map(|user| user.id);
    complete(call, user.ok_or(Refusal::bad("PHONE_NUMBER_UNOCCUPIED"))?)
}

/// The first factor is given: ends the login, or asks for the password.
fn complete(call: &mut Call<'_>, user: UserId) -> Result<enums::auth::Authorization, Refusal> {
    if call.state().user(user)?.password.is_some() {
        call.apply(Command::AwaitPassword {
            key: call.session.key,
            user,
        })?;
        return Err(Refusal::unauthorized("SESSION_PASSWORD_NEEDED"));
    }
    log_in(call, user)
}

fn log_in(call: &mut Call<'_>, user: UserId) -> Result<enums::auth::Authorization, Refusal> {
    let key = call.session.key;
    let device = call.world.devices.get(&key).cloned().unwrap_or_default();
    call.apply(Command::LogIn { key, user, device })?;
    let user = call.state().user(user)?;
    Ok(types::auth::Authorization {
        setup_password_required: false,
        otherwise_relogin_days: None,
        tmp_sessions: None,
        future_auth_token: None,
        user: present::user(user, user.id),
    }
    .into())
}

pub(super) fn check_password(
    call: &mut Call<'_>,
    request: functions::auth::CheckPassword,
) -> Result<enums::auth::Authorization, Refusal> {
    let wrong = Refusal::bad("PASSWORD_HASH_INVALID");
    let key = call.session.key;
    let Login::AwaitingPassword(user) = call.state().key(key)?.login else {
        return Err(crate::state::AUTH_KEY_UNREGISTERED);
    };
    let enums::InputCheckPasswordSrp::Srp(answer) = request.password else {
        return Err(wrong);
    };
    let challenge = call.world.challenges.remove(&key);
    let challenge = challenge
        .filter(|challenge| challenge.id == answer.srp_id)
        .ok_or(Refusal::bad("SRP_ID_INVALID"))?;
    if call.state().user(user)?.password.as_ref() != Some(challenge.password()) {
        return Err(Refusal::bad("SRP_PASSWORD_CHANGED"));
    }
    if !challenge.accepts(&answer.a, &answer.m1) {
        return Err(wrong);
    }
    log_in(call, user)
}

pub(super) fn export_login_token(call: &mut Call<'_>) -> Result<enums::auth::LoginToken, Refusal> {
    let key = call.session.key;
    let qr = call.state().key(key)?.qr.clone();
    if let Some((qr, user)) = qr.as_ref().and_then(|qr| Some((qr, qr.accepted_by?))) {
        let home = call.state().user(user)?.dc;
        if home != call.dc {
            return Ok(types::auth::LoginTokenMigrateTo {
                dc_id: home.number(),
                token: qr.token.clone(),
            }
            .into());
        }
        let authorization = complete(call, user)?;
        return Ok(types::auth::LoginTokenSuccess { authorization }.into());
    }
    let fresh = qr.filter(|qr| call.at + TOKEN_LIFE_MS / 3 < qr.expires_at);
    let (token, expires_at) = if let Some(qr) = fresh {
        (qr.token, qr.expires_at)
    } else {
        let token = rand::random::<[u8; 32]>().to_vec();
        call.apply(Command::IssueLoginToken {
            key,
            token: HexBytes(token.clone()),
        })?;
        (token, call.at + TOKEN_LIFE_MS)
    };
    Ok(types::auth::LoginToken {
        expires: wire_seconds(expires_at / 1000),
        token,
    }
    .into())
}

/// At the data centre where whoever accepted it is at home.
pub(super) fn import_login_token(
    call: &mut Call<'_>,
    request: functions::auth::ImportLoginToken,
) -> Result<enums::auth::LoginToken, Refusal> {
    let mut shown = call.state().keys.values().filter_map(|key| key.qr.as_ref());
    let qr = shown.find(|qr| qr.token == request.token);
    let qr = qr.ok_or(Refusal::bad("AUTH_TOKEN_INVALID"))?;
    if call.at >= qr.expires_at {
        return Err(Refusal::bad("AUTH_TOKEN_EXPIRED"));
    }
    let user = qr.accepted_by.ok_or(Refusal::bad("AUTH_TOKEN_INVALID"))?;
    let authorization = complete(call, user)?;
    Ok(types::auth::LoginTokenSuccess { authorization }.into())
}

/// What lets the caller be known at another data centre (core.telegram.org/api/datacenter).
pub(super) fn export_authorization(
    call: &mut Call<'_>,
    request: functions::auth::ExportAuthorization,
) -> Result<enums::auth::ExportedAuthorization, Refusal> {
    let user = call.me()?;
    let wrong = |_unknown| Refusal::bad("DC_ID_INVALID");
    let dc = Dc::try_from(request.dc_id).map_err(wrong)?;
    let bytes = rand::random::<[u8; 32]>().to_vec();
    call.world.exported.insert(bytes.clone(), (user, dc));
    Ok(types::auth::ExportedAuthorization { id: user.0, bytes }.into())
}

/// Good once, and where it was meant for.
pub(super) fn import_authorization(
    call: &mut Call<'_>,
    request: functions::auth::ImportAuthorization,
) -> Result<enums::auth::Authorization, Refusal> {
    let exported = call.world.exported.remove(&request.bytes);
    let is_it = |(user, dc): &(UserId, Dc)| user.0 == request.id && *dc == call.dc;
    let (user, _) = exported
        .filter(is_it)
        .ok_or(Refusal::bad("AUTH_BYTES_INVALID"))?;
    log_in(call, user)
}

pub(super) fn accept_login_token(
    call: &mut Call<'_>,
    request: functions::auth::AcceptLoginToken,
) -> Result<enums::Authorization, Refusal> {
    let user = call.me()?;
    let showing = call.state().keys.iter().find(|(_, record)| {
        record
            .qr
            .as_ref()
            .is_some_and(|qr| qr.token == request.token)
    });
    let key = showing
        .map(|(key, _)| *key)
        .ok_or(Refusal::bad("AUTH_TOKEN_INVALID"))?;
    call.apply(Command::AcceptLoginToken {
        user,
        token: HexBytes(request.token),
    })?;
    let device = call.world.devices.get(&key).cloned().unwrap_or_default();
    Ok(shown_authorization(
        key,
        &device,
        call.at / 1000,
        call.session.key,
    ))
}

pub(super) fn log_out(call: &mut Call<'_>) -> Result<enums::auth::LoggedOut, Refusal> {
    call.me()?;
    call.apply(Command::LogOut {
        key: call.session.key,
    })?;
    Ok(types::auth::LoggedOut {
        future_auth_token: None,
    }
    .into())
}

pub(super) fn reset_authorizations(call: &mut Call<'_>) -> Result<bool, Refusal> {
    let user = call.me()?;
    call.apply(Command::RevokeSessions {
        user,
        except: Some(call.session.key),
    })?;
    Ok(true)
}

fn live_code(call: &Call<'_>, phone: &str, hash: &str) -> Result<LoginCode, Refusal> {
    let code = call.state().codes.get(phone);
    let live = code.filter(|code| code.hash == hash && code.is_live(call.at));
    live.cloned().ok_or(Refusal::bad("PHONE_CODE_EXPIRED"))
}

/// Digits alone, however the number was written.
pub(crate) fn normalised_phone(written: &str) -> Result<String, Refusal> {
    let ignored = |c: &char| !matches!(c, '+' | ' ' | '-' | '(' | ')');
    let digits: String = written.chars().filter(ignored).collect();
    if digits.len() < 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::bad("PHONE_NUMBER_INVALID"));
    }
    Ok(digits)
}
