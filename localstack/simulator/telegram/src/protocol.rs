//! What a server does with each message of a session: containers, acknowledgements, salts and
//! calls.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use grammers_tl_types::{
    Cursor, Deserializable, Identifiable, Serializable, enums, functions, types,
};

use crate::api::{self, Unwrapped, WantsUpdates};
use crate::clock::{now_ms, wire_seconds};
use crate::knobs::Fault;
use crate::live::{ConnectionId, Kind, SessionRef};
use crate::mtproto::Violation;
use crate::state::{Command, Dc, HexBytes, KeyId, Refusal};
use crate::world::World;

const RPC_RESULT: u32 = 0xf35c_6d01;
const MESSAGE_CONTAINER: u32 = 0x73f1_f8dc;
const GZIP_PACKED: u32 = 0x3072_cfa1;
const LONGEST_UNPACKED: u64 = 4 << 20;
const PACK_FROM: usize = 1024;
/// Clients ask again and again while they hold few salts, so they are given many.
const SALTS: i32 = 32;
const SALT_LIFE: i32 = 1800;

/// Where a message came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) connection: ConnectionId,
    pub(crate) session: SessionRef,
    pub(crate) message_id: i64,
}

/// A call that a knob holds back.
#[derive(Debug)]
pub(crate) struct Delayed {
    pub(crate) origin: Origin,
    pub(crate) milliseconds: u64,
    call: Unwrapped,
    body: Vec<u8>,
}

/// Handles one message, which may hold others.
pub(crate) fn handle(
    world: &mut World,
    origin: Origin,
    body: &[u8],
    delayed: &mut Vec<Delayed>,
) -> Result<(), Violation> {
    let cursor = &mut Cursor::from_slice(body);
    match u32::deserialize(cursor)? {
        MESSAGE_CONTAINER => {
            for _message in 0..i32::deserialize(cursor)? {
                let message_id = i64::deserialize(cursor)?;
                let _sequence = i32::deserialize(cursor)?;
                let length = usize::try_from(i32::deserialize(cursor)?).unwrap_or(usize::MAX);
                let end = cursor.pos().checked_add(length);
                let inner = end.and_then(|end| body.get(cursor.pos()..end));
                let inner = inner.ok_or(Violation("a message is longer than its container"))?;
                handle(
                    world,
                    Origin {
                        message_id,
                        ..origin
                    },
                    inner,
                    delayed,
                )?;
                cursor.read_exact(&mut vec![0; length])?;
            }
            Ok(())
        }
        GZIP_PACKED => {
            let unpacked = unpacked(&Vec::<u8>::deserialize(cursor)?)?;
            handle(world, origin, &unpacked, delayed)
        }
        types::MsgsAck::CONSTRUCTOR_ID => {
            let acknowledged = Vec::<i64>::deserialize(cursor)?;
            world.live.acknowledge(origin.session, &acknowledged);
            Ok(())
        }
        types::HttpWait::CONSTRUCTOR_ID => Ok(()),
        constructor => {
            if let Some(answer) = service(world, origin, constructor, cursor)? {
                let (session, now) = (origin.session, now_ms());
                world.live.send(session, answer, Kind::Acknowledgement, now);
            } else if world.live.is_open(origin.connection) {
                call(world, origin, body, delayed);
            }
            Ok(())
        }
    }
}

/// The protocol's own requests.
fn service(
    world: &mut World,
    origin: Origin,
    constructor: u32,
    cursor: &mut Cursor<'_>,
) -> Result<Option<Vec<u8>>, Violation> {
    let message_id = origin.message_id;
    Ok(match constructor {
        functions::Ping::CONSTRUCTOR_ID | functions::PingDelayDisconnect::CONSTRUCTOR_ID => {
            let ping_id = i64::deserialize(cursor)?;
            let pong = types::Pong {
                msg_id: message_id,
                ping_id,
            };
            Some(enums::Pong::Pong(pong).to_bytes())
        }
        functions::GetFutureSalts::CONSTRUCTOR_ID => {
            let salt = world
                .state
                .keys
                .get(&origin.session.key)
                .map(|record| record.salt);
            salt.map(|salt| future_salts(message_id, salt))
        }
        types::MsgsStateReq::CONSTRUCTOR_ID => {
            // 4: received, the answer is on its way.
            let info = vec![4; Vec::<i64>::deserialize(cursor)?.len()];
            let info = types::MsgsStateInfo {
                req_msg_id: message_id,
                info,
            };
            Some(enums::MsgsStateInfo::Info(info).to_bytes())
        }
        functions::DestroySession::CONSTRUCTOR_ID => {
            let session_id = i64::deserialize(cursor)?;
            let session = SessionRef {
                key: origin.session.key,
                id: session_id,
            };
            let answer: enums::DestroySessionRes = if world.live.forget(session) {
                types::DestroySessionOk { session_id }.into()
            } else {
                types::DestroySessionNone { session_id }.into()
            };
            Some(answer.to_bytes())
        }
        functions::DestroyAuthKey::CONSTRUCTOR_ID => {
            let destroyed = world.apply(
                Command::DestroyKey {
                    key: origin.session.key,
                },
                None,
            );
            let answer = match destroyed {
                Ok(_) => enums::DestroyAuthKeyRes::DestroyAuthKeyOk,
                Err(_) => enums::DestroyAuthKeyRes::DestroyAuthKeyFail,
            };
            Some(answer.to_bytes())
        }
        _ => None,
    })
}

/// `vector<future_salt>` is a bare vector of bare types, which the schema's types don't write.
fn future_salts(request: i64, salt: i64) -> Vec<u8> {
    let now = wire_seconds(now_ms() / 1000);
    let mut bytes = types::FutureSalts::CONSTRUCTOR_ID.to_bytes();
    request.serialize(&mut bytes);
    now.serialize(&mut bytes);
    SALTS.serialize(&mut bytes);
    for turn in 0..SALTS {
        now.saturating_add(turn * SALT_LIFE).serialize(&mut bytes);
        now.saturating_add((turn + 2) * SALT_LIFE)
            .serialize(&mut bytes);
        salt.serialize(&mut bytes);
    }
    bytes
}

fn call(world: &mut World, origin: Origin, body: &[u8], delayed: &mut Vec<Delayed>) {
    let call = match api::unwrap(body) {
        Ok(call) => call,
        Err(refusal) => return answer(world, origin, Err(refusal)),
    };
    if let Some(device) = &call.device {
        world.devices.insert(origin.session.key, device.clone());
    }
    if call.updates == WantsUpdates::Yes {
        world.live.receive_updates(origin.session);
    }
    let user = world.user_of(origin.session.key);
    match world.knobs.strike(call.name, user) {
        None => perform(world, origin, &call, body),
        Some(Fault::DelayMs(milliseconds)) => {
            delayed.push(Delayed {
                origin,
                milliseconds,
                call,
                body: body.to_vec(),
            });
        }
        Some(fault) => {
            *world.calls.handled.entry(call.name.to_owned()).or_default() += 1;
            struck(world, origin, &call, body, fault);
        }
    }
}

fn struck(world: &mut World, origin: Origin, call: &Unwrapped, body: &[u8], fault: Fault) {
    let refusal = match fault {
        Fault::FloodWait(seconds) => Refusal::flood_wait(seconds),
        Fault::SlowModeWait(seconds) => Refusal::slow_mode_wait(seconds),
        Fault::Error { code, message } => Refusal {
            code,
            name: message.into(),
        },
        Fault::DuplicateKey => {
            let key = origin.session.key;
            match world.apply(Command::LogOut { key }, None) {
                Ok(_) => Refusal {
                    code: 406,
                    name: "AUTH_KEY_DUPLICATED".into(),
                },
                Err(refusal) => refusal,
            }
        }
        Fault::DropConnection => return world.live.close(origin.connection),
        Fault::LoseResponse => {
            // The effect counts; what it answers is lost with the connection.
            let _lost = result_of(world, origin, call, body);
            return world.live.close(origin.connection);
        }
        Fault::DelayMs(_) => return perform(world, origin, call, body),
    };
    answer(world, origin, Err(refusal));
}

/// Carries out a call that was held back, unless its connection is gone by now.
pub(crate) fn resume(world: &mut World, delayed: &Delayed) {
    let Delayed {
        origin, call, body, ..
    } = delayed;
    if world.live.is_attached(origin.session, origin.connection) {
        perform(world, *origin, call, body);
    }
}

fn perform(world: &mut World, origin: Origin, call: &Unwrapped, body: &[u8]) {
    *world.calls.handled.entry(call.name.to_owned()).or_default() += 1;
    let result = result_of(world, origin, call, body);
    answer(world, origin, result);
}

fn result_of(
    world: &mut World,
    origin: Origin,
    call: &Unwrapped,
    body: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let arguments = body.get(call.arguments..).unwrap_or_default();
    let mut asked = api::call(world, origin.session);
    if let Some(dc) = asked.elsewhere(call.name) {
        return Err(dc.refusal("USER_MIGRATE"));
    }
    let result = api::answer(&mut asked, call.method, arguments);
    result.unwrap_or_else(|| {
        tracing::warn!(
            method = call.name,
            "a method that the simulator doesn't know"
        );
        *world
            .calls
            .unhandled
            .entry(call.name.to_owned())
            .or_default() += 1;
        Err(Refusal::bad("METHOD_INVALID"))
    })
}

fn answer(world: &mut World, origin: Origin, result: Result<Vec<u8>, Refusal>) {
    let result = result.unwrap_or_else(|refusal| {
        let (error_code, error_message) = (refusal.code, refusal.name.into_owned());
        enums::RpcError::Error(types::RpcError {
            error_code,
            error_message,
        })
        .to_bytes()
    });
    let mut bytes = RPC_RESULT.to_bytes();
    origin.message_id.serialize(&mut bytes);
    match packed(&result) {
        Some(packed) => {
            GZIP_PACKED.serialize(&mut bytes);
            packed.serialize(&mut bytes);
        }
        None => bytes.extend(result),
    }
    world
        .live
        .send(origin.session, bytes, Kind::Answer, now_ms());
}

/// The compressed form, when it is worth it.
fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    // The bytes of files are mostly packed by nature.
    let is_file = bytes.starts_with(&types::upload::File::CONSTRUCTOR_ID.to_le_bytes());
    if bytes.len() < PACK_FROM || is_file {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder
        .finish()
        .ok()
        .filter(|packed| packed.len() + 16 < bytes.len())
}

fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, Violation> {
    let mut unpacked = Vec::new();
    GzDecoder::new(bytes)
        .take(LONGEST_UNPACKED)
        .read_to_end(&mut unpacked)
        .map_err(|_broken| Violation("a packed message cannot be unpacked"))?;
    Ok(unpacked)
}

/// Writes down an auth key that a handshake or the control API made.
pub(crate) fn add_key(
    world: &mut World,
    key: &[u8; 256],
    salt: i64,
    dc: Dc,
) -> Result<KeyId, Refusal> {
    world.apply(
        Command::AddKey {
            key: HexBytes(key.to_vec()),
            salt,
            dc,
        },
        None,
    )?;
    Ok(KeyId::of(key))
}
