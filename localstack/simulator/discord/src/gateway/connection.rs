use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::authenticate::{self, Refused, Served};
use super::close::{self, CloseCode};
use super::encoding::Encoder;
use super::payload::{self, Command, Identification, MembersRequest, Resumption, UserIds};
use crate::journaled::Refusal;
use crate::platform::{self, Platform, Signal};
use crate::world::{
    Change, ConnectionId, DetachSession, EndSession, RequestMembers, Session, SessionId,
};

/// Events are read from the session in portions of this size.
const PORTION: usize = 100;
/// How long a client may take to answer a close frame.
const CLOSE_WAIT: Duration = Duration::from_millis(250);
/// How long an event waits for the one it changes places with.
const NEIGHBOUR_WAIT: Duration = Duration::from_millis(300);
const COMMAND_WINDOW: Duration = Duration::from_mins(1);

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The simulator closes with a code.
    Close(CloseCode),
    /// The client closed, with a code if it said one.
    ClosedByClient(Option<u16>),
    /// The line is cut without a word.
    Cut,
}

/// What wakes a connection.
enum Wake {
    Frame(Option<Result<Message, axum::Error>>),
    Signal(Signal),
    Changed,
    Silence,
    Stop,
}

pub(super) struct Connection {
    platform: Arc<Platform>,
    socket: WebSocket,
    encoder: Encoder,
    id: ConnectionId,
    signals: mpsc::UnboundedReceiver<Signal>,
    changes: watch::Receiver<()>,
    served: Option<Served>,
    heartbeat: Duration,
    last_heartbeat: Instant,
    commands: VecDeque<Instant>,
}

impl Connection {
    pub(super) fn open(platform: Arc<Platform>, socket: WebSocket, encoder: Encoder) -> Self {
        let (id, signals) = platform.open_connection();
        let changes = platform.changes();
        let interval = platform.read(|world| world.settings().heartbeat_interval_ms);
        Self {
            platform,
            socket,
            encoder,
            id,
            signals,
            changes,
            served: None,
            heartbeat: Duration::from_millis(interval),
            last_heartbeat: Instant::now(),
            commands: VecDeque::new(),
        }
    }

    pub(super) async fn refuse(mut self, code: CloseCode) {
        self.finish(End::Close(code)).await;
    }

    pub(super) async fn serve(mut self) {
        let interval = u64::try_from(self.heartbeat.as_millis()).unwrap_or(u64::MAX);
        let hello = self
            .send(10, &json!({ "heartbeat_interval": interval }))
            .await;
        let end = match hello {
            Err(end) => end,
            Ok(()) => loop {
                let wake = self.wait().await;
                if let Err(end) = self.handle(wake).await {
                    break end;
                }
            },
        };
        self.finish(end).await;
    }

    async fn wait(&mut self) -> Wake {
        let silence = self.last_heartbeat + self.heartbeat.mul_f64(1.5);
        tokio::select! {
            () = self.platform.stop.cancelled() => Wake::Stop,
            Some(signal) = self.signals.recv() => Wake::Signal(signal),
            frame = self.socket.recv() => Wake::Frame(frame),
            Ok(()) = self.changes.changed() => Wake::Changed,
            () = sleep_until(silence) => Wake::Silence,
        }
    }

    async fn handle(&mut self, wake: Wake) -> Result<(), End> {
        match wake {
            Wake::Frame(Some(Ok(frame))) => self.receive(frame).await,
            Wake::Frame(Some(Err(_)) | None) => Err(End::Cut),
            Wake::Signal(signal) => self.obey(signal).await,
            Wake::Changed => self.pump().await,
            Wake::Silence => Err(End::Close(close::SESSION_TIMED_OUT)),
            Wake::Stop => Err(End::Close(close::UNKNOWN_ERROR)),
        }
    }

    async fn receive(&mut self, frame: Message) -> Result<(), End> {
        let bytes = match &frame {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(close) => {
                return Err(End::ClosedByClient(close.as_ref().map(|close| close.code)));
            }
        };
        self.count_command()?;
        match payload::parse(bytes).map_err(End::Close)? {
            Command::Heartbeat => {
                self.last_heartbeat = Instant::now();
                self.send(11, &Value::Null).await
            }
            Command::Identify(asked) => self.identify(asked).await,
            Command::Resume(asked) => self.resume(asked).await,
            Command::RequestMembers(request) => self.request_members(request).await,
            Command::Ignored if self.served.is_some() => Ok(()),
            Command::Ignored => Err(End::Close(close::NOT_AUTHENTICATED)),
        }
    }

    fn count_command(&mut self) -> Result<(), End> {
        let (now, most) = (
            Instant::now(),
            self.platform
                .read(|world| world.settings().gateway_commands_per_minute),
        );
        while self
            .commands
            .front()
            .is_some_and(|&at| now - at >= COMMAND_WINDOW)
        {
            self.commands.pop_front();
        }
        self.commands.push_back(now);
        if self.commands.len() > most as usize {
            return Err(End::Close(close::RATE_LIMITED));
        }
        Ok(())
    }

    async fn identify(&mut self, asked: Identification) -> Result<(), End> {
        if self.served.is_some() {
            return Err(End::Close(close::ALREADY_AUTHENTICATED));
        }
        if asked.compress {
            self.encoder.compress_payloads();
        }
        let served = authenticate::identify(&self.platform, self.id, &asked);
        self.admit(served).await
    }

    async fn resume(&mut self, asked: Resumption) -> Result<(), End> {
        if self.served.is_some() {
            return Err(End::Close(close::ALREADY_AUTHENTICATED));
        }
        let served = authenticate::resume(&self.platform, self.id, asked);
        self.admit(served).await
    }

    async fn admit(&mut self, served: Result<Served, Refused>) -> Result<(), End> {
        match served {
            Ok(served) => {
                self.platform
                    .note_session(self.id, Some(served.session.clone()));
                self.served = Some(served);
                self.pump().await
            }
            Err(Refused::InvalidSession) => self.send(9, &Value::Bool(false)).await,
            Err(Refused::Close(code)) => Err(End::Close(code)),
        }
    }

    async fn request_members(&mut self, request: MembersRequest) -> Result<(), End> {
        let Some(served) = &self.served else {
            return Err(End::Close(close::NOT_AUTHENTICATED));
        };
        let users = request.user_ids.map(|ids| match ids {
            UserIds::Many(ids) => ids,
            UserIds::One(id) => vec![id],
        });
        let asked = RequestMembers {
            session: served.session.clone(),
            guild: request.guild_id,
            users,
            query: request.query,
            limit: request.limit,
            nonce: request.nonce,
        };
        self.change(asked)?;
        self.pump().await
    }

    /// A rejected change has no answer on the gateway.
    fn change<C: Change>(&self, change: C) -> Result<(), End> {
        match self.platform.execute(change) {
            Ok(_) => Ok(()),
            Err(Refusal::Rejected(rejection)) => {
                tracing::debug!(%rejection, "a gateway command is passed over");
                Ok(())
            }
            Err(error @ Refusal::Journal(_)) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "a gateway command cannot be kept");
                Err(End::Close(close::UNKNOWN_ERROR))
            }
        }
    }

    async fn obey(&mut self, signal: Signal) -> Result<(), End> {
        match signal {
            Signal::Reconnect => self.send(7, &Value::Null).await,
            Signal::Invalidate(resumption) => {
                let possible = resumption == platform::Resumption::Possible;
                if let Some(served) = self.served.take() {
                    self.leave(served.session, resumption)?;
                }
                self.send(9, &Value::Bool(possible)).await
            }
            Signal::Close { code } => Err(End::Close(CloseCode::numbered(code))),
            Signal::Drop => Err(End::Cut),
        }
    }

    /// Sends what the session has beyond the last event sent.
    async fn pump(&mut self) -> Result<(), End> {
        loop {
            let Some(served) = &self.served else {
                return Ok(());
            };
            let settings = self.platform.settings();
            let mut portion = self.waiting(served);
            if settings.reorder_events && portion.as_ref().is_some_and(|(_, one)| one.len() == 1) {
                tokio::time::sleep(NEIGHBOUR_WAIT).await;
                portion = self.waiting(served);
            }
            let repeat = match (settings.lose_events, settings.duplicate_events) {
                (true, _) => 0,
                (false, true) => 2,
                (false, false) => 1,
            };
            let Some((last, mut events)) = portion else {
                // Ended, taken over by another connection, or too far behind.
                self.served = None;
                self.platform.note_session(self.id, None);
                return Err(End::Close(close::UNKNOWN_ERROR));
            };
            if events.is_empty() {
                return Ok(());
            }
            if settings.reorder_events {
                swap_neighbours(&mut events);
            }
            for event in events {
                for _ in 0..repeat {
                    self.send_text(&event).await?;
                }
            }
            if let Some(served) = &mut self.served {
                served.sent = last;
            }
        }
    }

    /// What the session has beyond the last event sent, and the number of the last of it.
    fn waiting(&self, served: &Served) -> Option<(u64, Vec<Arc<str>>)> {
        self.platform.read(|world| {
            let session = world.session(&served.session)?;
            let held = session.is_held_by(self.id);
            held.then(|| session.events_after(served.sent, PORTION))?
        })
    }

    async fn send(&mut self, op: u8, data: &Value) -> Result<(), End> {
        let payload = json!({ "op": op, "d": data, "s": null, "t": null });
        self.send_text(&payload.to_string()).await
    }

    async fn send_text(&mut self, payload: &str) -> Result<(), End> {
        let frame = self.encoder.encode(payload).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot compress");
            End::Close(close::UNKNOWN_ERROR)
        })?;
        self.socket.send(frame).await.map_err(|_gone| End::Cut)
    }

    async fn finish(&mut self, end: End) {
        if let End::Close(code) = end {
            let frame = CloseFrame {
                code: code.number,
                reason: code.reason.into(),
            };
            match self.socket.send(Message::Close(Some(frame))).await {
                Ok(()) => self.wait_for_client_to_close().await,
                Err(error) => {
                    tracing::debug!(%error, "the client was gone before it could be told");
                }
            }
        }
        let ends = match end {
            End::Close(code) => close::ends_session(code.number),
            End::ClosedByClient(code) => code.is_some_and(close::ends_session),
            End::Cut => false,
        };
        let resumption = if ends {
            platform::Resumption::Impossible
        } else {
            platform::Resumption::Possible
        };
        self.platform.close_connection(self.id);
        if let Some(served) = self.served.take()
            && let Err(end) = self.leave(served.session, resumption)
        {
            tracing::warn!(?end, "the session still counts as connected");
        }
    }

    /// A socket dropped with unread data takes the close frame with it.
    async fn wait_for_client_to_close(&mut self) {
        let closed = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        if tokio::time::timeout(CLOSE_WAIT, closed).await.is_err() {
            tracing::debug!("the client did not answer the close frame");
        }
    }

    /// Lets go of the session.
    fn leave(&self, session: SessionId, resumption: platform::Resumption) -> Result<(), End> {
        self.platform.note_session(self.id, None);
        match resumption {
            platform::Resumption::Possible => self.change(DetachSession {
                session,
                connection: self.id,
            }),
            // A session that another connection has taken over is not this one's to end.
            platform::Resumption::Impossible => {
                let held = |session: &Session| session.is_held_by(self.id);
                if self
                    .platform
                    .read(|world| world.session(&session).is_some_and(held))
                {
                    self.change(EndSession { session })?;
                }
                Ok(())
            }
        }
    }
}

/// Two events that follow each other change places, if both are about messages.
fn swap_neighbours(events: &mut [Arc<str>]) {
    let is_about_message = |event: &Arc<str>| event.contains("\"t\":\"MESSAGE_");
    for pair in events.chunks_exact_mut(2) {
        if pair.iter().all(is_about_message) {
            pair.reverse();
        }
    }
}
