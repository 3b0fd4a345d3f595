//! One TCP connection: the key exchange, then encrypted messages in both directions.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grammers_tl_types::{Serializable, enums, types};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::{now_ms, wire_seconds};
use crate::live::{ConnectionId, Kind, Outgoing, SessionRef};
use crate::mtproto::{
    FrameReader, FrameWriter, Handshake, Opened, RsaKey, Sealed, Step, Violation, accept, open,
    seal,
};
use crate::protocol::{self, Delayed, Origin};
use crate::state::{Dc, KeyId, Refusal};
use crate::world::World;

/// The transport error for an auth key that the server doesn't know.
const UNKNOWN_KEY: i32 = 404;
/// How long a late message waits for one that overtakes it.
const OVERTAKEN_WITHIN: Duration = Duration::from_millis(300);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    #[error("the connection broke")]
    Io(#[from] io::Error),
    #[error("the client broke the protocol")]
    Violation(#[from] Violation),
    #[error("the key could not be kept")]
    Refused(#[from] Refusal),
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) rsa: RsaKey,
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self {
            world: Mutex::new(world),
            rsa: RsaKey::simulator(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Never held over an await. A panic under the lock leaves a state that is still whole:
    /// commands check before they change.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to one of the data centres.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    stream: TcpStream,
    dc: Dc,
) -> Result<(), ConnectionError> {
    stream.set_nodelay(true)?;
    let (reader, writer) = stream.into_split();
    let (mut reader, mut writer) = accept(reader, writer).await?;
    let first = exchange_keys(&shared, &mut reader, &mut writer, dc).await?;
    let key_id = key_of(&first)?;
    let known = shared
        .world()
        .state
        .key(key_id)
        .ok()
        .filter(|record| record.dc == dc)
        .map(|record| record.key.clone());
    let Some(key) = known else {
        writer.send_error(UNKNOWN_KEY).await?;
        return Ok(writer.close().await?);
    };
    let (outgoing, queue) = unbounded_channel();
    let connection = shared.world().live.connect(key_id, outgoing);
    let open = Open {
        shared: Arc::clone(&shared),
        connection,
        key_id,
        key,
    };
    let result = tokio::select! {
        result = open.read(reader, first) => result,
        result = write(writer, queue, key_id, &open.key) => result.map_err(Into::into),
    };
    shared.world().live.disconnect(connection);
    result
}

/// Answers unencrypted messages until an encrypted one comes, which it returns.
async fn exchange_keys(
    shared: &Shared,
    reader: &mut FrameReader<OwnedReadHalf>,
    writer: &mut FrameWriter<OwnedWriteHalf>,
    dc: Dc,
) -> Result<Vec<u8>, ConnectionError> {
    let mut handshake = Handshake::default();
    let mut last_id = 0;
    loop {
        let frame = reader.next().await?;
        if key_of(&frame)? != KeyId([0; 8]) {
            return Ok(frame);
        }
        let request = frame
            .get(20..)
            .ok_or(Violation("an unencrypted message is too short"))?;
        let now = now_ms();
        let answer = handshake.answer(&shared.rsa, wire_seconds(now / 1000), request)?;
        let reply = match answer {
            Step::Reply(reply) => reply,
            Step::Done { reply, key, salt } => {
                protocol::add_key(&mut shared.world(), &key, salt, dc)?;
                reply
            }
        };
        last_id = (((now / 1000) << 32) | 1).max(last_id + 4);
        let mut plain = vec![0; 8];
        plain.extend(last_id.to_le_bytes());
        plain.extend(u32::try_from(reply.len()).unwrap_or(u32::MAX).to_le_bytes());
        plain.extend(reply);
        writer.send(&plain).await?;
    }
}

fn key_of(frame: &[u8]) -> Result<KeyId, Violation> {
    let id = frame
        .first_chunk::<8>()
        .ok_or(Violation("a frame names no auth key"))?;
    Ok(KeyId(*id))
}

/// A connection after its key is known.
struct Open {
    shared: Arc<Shared>,
    connection: ConnectionId,
    key_id: KeyId,
    key: Box<[u8; 256]>,
}

impl Open {
    async fn read(
        &self,
        mut reader: FrameReader<OwnedReadHalf>,
        first: Vec<u8>,
    ) -> Result<(), ConnectionError> {
        let mut frame = first;
        loop {
            if key_of(&frame)? != self.key_id {
                return Err(Violation("a connection changed its auth key").into());
            }
            for delayed in self.message(&open(&self.key, &frame)?)? {
                self.hold(delayed);
            }
            frame = reader.next().await?;
        }
    }

    fn message(&self, message: &Opened) -> Result<Vec<Delayed>, Violation> {
        let session = SessionRef {
            key: self.key_id,
            id: message.session,
        };
        let mut world = self.shared.world();
        let world = &mut *world;
        if !world.live.is_open(self.connection) {
            return Err(Violation(
                "a message came over a connection that was closed",
            ));
        }
        let record = world.state.key(self.key_id);
        let salt = record
            .map_err(|_destroyed| Violation("the auth key was destroyed"))?
            .salt;
        world.live.attach(session, self.connection, salt);
        let now = now_ms();
        if message.salt != salt {
            let notice = bad_salt(message, salt);
            world.live.send(session, notice, Kind::Acknowledgement, now);
            return Ok(Vec::new());
        }
        if world.live.greet(session) {
            let created = types::NewSessionCreated {
                first_msg_id: message.message_id,
                unique_id: rand::random(),
                server_salt: salt,
            };
            let created = enums::NewSession::Created(created).to_bytes();
            world.live.send(session, created, Kind::Notification, now);
        }
        world.live.resume(session, now);
        let origin = Origin {
            connection: self.connection,
            session,
            message_id: message.message_id,
        };
        let mut delayed = Vec::new();
        protocol::handle(world, origin, &message.body, &mut delayed)?;
        Ok(delayed)
    }

    fn hold(&self, delayed: Delayed) {
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move {
            let wait = tokio::time::sleep(Duration::from_millis(delayed.milliseconds));
            tokio::select! {
                () = wait => protocol::resume(&mut shared.world(), &delayed),
                () = shared.stop.cancelled() => {}
            }
        });
    }
}

fn bad_salt(message: &Opened, salt: i64) -> Vec<u8> {
    enums::BadMsgNotification::BadServerSalt(types::BadServerSalt {
        bad_msg_id: message.message_id,
        bad_msg_seqno: message.sequence,
        error_code: 48,
        new_server_salt: salt,
    })
    .to_bytes()
}

async fn write<W: AsyncWrite + Unpin>(
    mut writer: FrameWriter<W>,
    mut queue: UnboundedReceiver<Outgoing>,
    key_id: KeyId,
    key: &[u8; 256],
) -> io::Result<()> {
    let mut late: Option<Sealed> = None;
    loop {
        let next = if late.is_some() {
            tokio::time::timeout(OVERTAKEN_WITHIN, queue.recv())
                .await
                .ok()
        } else {
            Some(queue.recv().await)
        };
        match next {
            Some(Some(Outgoing::Late(message))) if late.is_none() => {
                late = Some(message);
                continue;
            }
            Some(Some(Outgoing::Message(message) | Outgoing::Late(message))) => {
                writer.send(&seal(key, key_id, &message)).await?;
            }
            Some(Some(Outgoing::Close) | None) => return writer.close().await,
            None => {}
        }
        if let Some(message) = late.take() {
            writer.send(&seal(key, key_id, &message)).await?;
        }
    }
}
