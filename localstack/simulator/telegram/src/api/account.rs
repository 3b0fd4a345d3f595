//! The two-step password's question, and the list of signed-in devices.

use grammers_tl_types::{enums, functions, types};

use super::Call;
use crate::clock::wire_seconds;
use crate::mtproto::{Challenge, GENERATOR, prime};
use crate::state::{Command, Device, KeyId, Login, Password, Refusal};

pub(super) fn password(call: &mut Call<'_>) -> Result<enums::account::Password, Refusal> {
    let key = call.session.key;
    let user = match &call.state().key(key)?.login {
        Login::AwaitingPassword(user) => *user,
        Login::Done(authorization) => authorization.user,
        Login::None => return Err(crate::state::AUTH_KEY_UNREGISTERED),
    };
    let question = match call.state().user(user)?.password.clone() {
        Some(password) => Some(ask(call, key, password)?),
        None => None,
    };
    let (current_algo, srp_b, srp_id) = match question {
        Some((algorithm, public, id)) => (Some(algorithm), Some(public), Some(id)),
        None => (None, None, None),
    };
    Ok(types::account::Password {
        has_recovery: false,
        has_secure_values: false,
        has_password: current_algo.is_some(),
        current_algo,
        srp_b,
        srp_id,
        hint: None,
        email_unconfirmed_pattern: None,
        new_algo: algorithm(&rand::random::<[u8; 8]>(), &rand::random::<[u8; 16]>()),
        new_secure_algo: enums::SecurePasswordKdfAlgo::Unknown,
        secure_random: rand::random::<[[u8; 32]; 8]>().as_flattened().to_vec(),
        pending_reset_date: None,
        login_email_pattern: None,
    }
    .into())
}

fn ask(
    call: &mut Call<'_>,
    key: KeyId,
    password: Password,
) -> Result<(enums::PasswordKdfAlgo, Vec<u8>, i64), Refusal> {
    let algorithm = algorithm(&password.salt1, &password.salt2);
    let random = rand::random::<[[u8; 32]; 8]>();
    let mut secret = [0; 256];
    secret.copy_from_slice(random.as_flattened());
    let challenge =
        Challenge::new(password, &secret, rand::random()).map_err(|_too_long| Refusal {
            code: 500,
            name: "PASSWORD_BROKEN".into(),
        })?;
    let question = (algorithm, challenge.public.to_vec(), challenge.id);
    call.world.challenges.insert(key, challenge);
    Ok(question)
}

fn algorithm(salt1: &[u8], salt2: &[u8]) -> enums::PasswordKdfAlgo {
    types::PasswordKdfAlgoSha256Sha256Pbkdf2Hmacsha512iter100000Sha256ModPow {
        salt1: salt1.to_vec(),
        salt2: salt2.to_vec(),
        g: i32::from(GENERATOR),
        p: prime().to_bytes_be(),
    }
    .into()
}

pub(super) fn authorizations(
    call: &mut Call<'_>,
) -> Result<enums::account::Authorizations, Refusal> {
    let me = call.me()?;
    let signed_in = call
        .state()
        .keys
        .iter()
        .filter_map(|(key, record)| match &record.login {
            Login::Done(it) if it.user == me => Some(shown_authorization(
                *key,
                &it.device,
                it.since,
                call.session.key,
            )),
            Login::Done(_) | Login::AwaitingPassword(_) | Login::None => None,
        });
    let authorizations = signed_in.collect();
    Ok(types::account::Authorizations {
        authorization_ttl_days: 180,
        authorizations,
    }
    .into())
}

pub(super) fn reset_authorization(
    call: &mut Call<'_>,
    request: functions::account::ResetAuthorization,
) -> Result<bool, Refusal> {
    let me = call.me()?;
    let mut keys = call.state().keys.iter();
    let key = keys
        .find(|(key, record)| record.user() == Some(me) && device_hash(**key) == request.hash)
        .map(|(key, _)| *key)
        .filter(|key| *key != call.session.key)
        .ok_or(Refusal::bad("HASH_INVALID"))?;
    call.apply(Command::LogOut { key })?;
    Ok(true)
}

pub(super) fn shown_authorization(
    key: KeyId,
    device: &Device,
    since: i64,
    current: KeyId,
) -> enums::Authorization {
    types::Authorization {
        current: key == current,
        official_app: false,
        password_pending: false,
        encrypted_requests_disabled: true,
        call_requests_disabled: true,
        unconfirmed: false,
        hash: if key == current { 0 } else { device_hash(key) },
        device_model: device.model.clone(),
        platform: String::new(),
        system_version: device.system_version.clone(),
        api_id: device.api_id,
        app_name: String::new(),
        app_version: device.app_version.clone(),
        date_created: wire_seconds(since),
        date_active: wire_seconds(since),
        ip: "127.0.0.1".to_owned(),
        country: String::new(),
        region: String::new(),
    }
    .into()
}

/// Names a device without its key; zero is kept for the current one.
fn device_hash(key: KeyId) -> i64 {
    i64::from_le_bytes(key.0) | 1
}
