//! The connection to the gateway: keeps it up, and passes on what it dispatches.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::StreamExt;
use patchbay_app::ports::DiscordPosition;
use secrecy::ExposeSecret;
use tokio::sync::mpsc;
use twilight_gateway::error::{ReceiveMessageError, ReceiveMessageErrorType};
use twilight_gateway::queue::InMemoryQueue;
use twilight_gateway::{
    CloseFrame, Config, ConfigBuilder, Intents, Message, Session, Shard, ShardId,
    ShardState as Connection,
};

use super::frame::Frame;
use crate::discord::Inner;
use crate::persist::{Failure, Persistence, Stopped};
use crate::rest::RestError;
use crate::state::{Refusal, ShardState};

/// What we ask to hear of.
const INTENTS: Intents = Intents::GUILDS
    .union(Intents::GUILD_MESSAGES)
    .union(Intents::GUILD_MESSAGE_REACTIONS)
    .union(Intents::MESSAGE_CONTENT);

/// A session that can be gone on with.
#[derive(Debug, Clone)]
struct Resumable {
    session: Session,
    url: Option<String>,
}

pub(super) struct Reader<'a> {
    pub(super) discord: &'a Inner,
    pub(super) shard: ShardId,
    pub(super) persistence: Persistence,
    pub(super) frames: mpsc::Sender<Frame>,
}

impl Reader<'_> {
    /// How long the goodbye may take.
    const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

    /// Runs until the stop. The session is left open, for whoever goes on with it.
    pub(super) async fn run(self, position: DiscordPosition) {
        if self.keep_connected(position).await.is_err() {
            tracing::debug!(
                shard = self.shard.number(),
                "the gateway connection is stopped"
            );
        }
    }

    async fn keep_connected(&self, position: DiscordPosition) -> Result<Stopped, Stopped> {
        self.set_state(|since| ShardState::Connecting { since });
        let config = self.config().await?;
        let mut resumable = position.session.map(|id| Resumable {
            session: Session::new(position.sequence, id),
            url: position.resume_url,
        });
        let mut failures = 0;
        loop {
            let mut builder = ConfigBuilder::from(config.clone());
            if let Some(Resumable { session, url }) = resumable {
                builder = builder.session(session);
                if let Some(url) = url {
                    builder = builder.resume_url(url);
                }
            }
            let mut shard = Shard::with_config(self.shard, builder.build());
            let end = self.follow(&mut shard, &mut failures).await?;
            resumable = shard.session().cloned().map(|session| Resumable {
                session,
                url: shard.resume_url().map(str::to_owned),
            });
            let pause = match end {
                End::Unreachable => self.persistence.pause(failures),
                End::Refused(reason) => {
                    resumable = None;
                    note_refusal(self.discord, self.shard.number(), reason);
                    self.discord.config.refused_pause
                }
            };
            self.persistence
                .unless_stopped(tokio::time::sleep(pause))
                .await?;
        }
    }

    /// Passes on what comes until the connection can't be kept up.
    async fn follow(&self, shard: &mut Shard, failures: &mut u32) -> Result<End, Stopped> {
        let mut last_code = None;
        // A line that goes down is taken up again at once, unless it was never really up.
        let mut was_active = false;
        loop {
            let Ok(item) = self.persistence.unless_stopped(shard.next()).await else {
                self.say_goodbye(shard).await;
                return Err(Stopped);
            };
            match item {
                Some(Ok(Message::Text(json))) => {
                    self.note_connection(shard, failures);
                    was_active |= shard.state() == Connection::Active;
                    self.pass_on(json).await?;
                }
                Some(Ok(Message::Close(frame))) => {
                    last_code = frame.map(|frame| frame.code);
                    tracing::info!(
                        shard = self.shard.number(),
                        code = last_code,
                        "gateway closed"
                    );
                    self.note_connection(shard, failures);
                    let is_final = shard.state() == Connection::FatallyClosed;
                    if !is_final && !std::mem::take(&mut was_active) {
                        *failures += 1;
                        return Ok(End::Unreachable);
                    }
                }
                Some(Err(error)) => {
                    if self.note_error(&error, failures).is_break() {
                        return Ok(End::Unreachable);
                    }
                }
                None => return Ok(End::Refused(Refusal::of_close_code(last_code.unwrap_or(0)))),
            }
        }
    }

    async fn pass_on(&self, json: String) -> Result<(), Stopped> {
        match Frame::read(json) {
            Ok(Some(frame)) => {
                let sent = self
                    .persistence
                    .unless_stopped(self.frames.send(frame))
                    .await?;
                sent.map_err(|_closed| Stopped)
            }
            Ok(None) => Ok(()),
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::error!(shard = self.shard.number(), error, "an event can't be read");
                Ok(())
            }
        }
    }

    /// Codes 1000 and 1001 would end the session, any other keeps it for a while.
    async fn say_goodbye(&self, shard: &mut Shard) {
        shard.close(CloseFrame::RESUME);
        let goodbye = async {
            while let Some(item) = shard.next().await {
                if matches!(item, Ok(Message::Close(_)) | Err(_)) {
                    break;
                }
            }
        };
        if tokio::time::timeout(Self::CLOSE_TIMEOUT, goodbye)
            .await
            .is_err()
        {
            tracing::info!(
                shard = self.shard.number(),
                "the gateway doesn't say goodbye"
            );
        }
    }

    fn note_connection(&self, shard: &Shard, failures: &mut u32) {
        match shard.state() {
            Connection::Active => {
                *failures = 0;
                self.set_state(|since| ShardState::Connected { since });
            }
            Connection::Resuming => self.set_state(|since| ShardState::Resuming { since }),
            Connection::Disconnected { .. } | Connection::Identifying => {
                self.set_state(|since| ShardState::Connecting { since });
            }
            // Told apart by its close code, once the connection has ended.
            Connection::FatallyClosed => {}
        }
    }

    /// Breaks if a new attempt to connect is to be made.
    fn note_error(&self, error: &ReceiveMessageError, failures: &mut u32) -> ControlFlow<()> {
        let shard = self.shard.number();
        if matches!(error.kind(), ReceiveMessageErrorType::Reconnect) {
            *failures += 1;
            tracing::warn!(
                shard,
                failures,
                error = error as &dyn Error,
                "gateway unreachable"
            );
            self.set_state(|since| ShardState::Connecting { since });
            return ControlFlow::Break(());
        }
        // Its text holds the event, which is not for the log.
        tracing::error!(
            shard,
            source = error.source(),
            "a gateway message can't be read"
        );
        ControlFlow::Continue(())
    }

    fn set_state(&self, state: impl FnOnce(patchbay_domain::Timestamp) -> ShardState) {
        self.discord
            .states
            .set(self.shard.number(), state(self.discord.ports.clock.now()));
    }

    /// What every connection of this process has in common: where the gateway is, and how many
    /// sessions may be begun.
    async fn config(&self) -> Result<Config<InMemoryQueue>, Stopped> {
        let mut failures = 0;
        loop {
            let asked = self
                .persistence
                .unless_stopped(self.discord.gateway())
                .await?;
            let error = match asked {
                Ok((url, queue)) => {
                    let token = self.discord.config.token.expose_secret().to_owned();
                    return Ok(ConfigBuilder::new(token, INTENTS)
                        .proxy_url(url)
                        .queue(queue)
                        .build());
                }
                Err(error) => error,
            };
            failures += 1;
            let (discord, shard) = (self.discord, self.shard.number());
            let pause = pause_after(discord, &self.persistence, shard, &error, failures);
            self.persistence
                .unless_stopped(tokio::time::sleep(pause))
                .await?;
        }
    }
}

/// How long to leave Discord alone after it didn't tell what is needed to begin.
pub(super) fn pause_after(
    discord: &Inner,
    persistence: &Persistence,
    shard: u32,
    error: &RestError,
    failures: u32,
) -> Duration {
    if error.is_unauthorized() {
        note_refusal(discord, shard, Refusal::Token);
        return discord.config.refused_pause;
    }
    let pause = persistence.pause(failures).max(error.wait());
    tracing::warn!(
        shard,
        ?pause,
        error = error as &dyn Error,
        "can't begin with the gateway"
    );
    pause
}

fn note_refusal(discord: &Inner, shard: u32, reason: Refusal) {
    tracing::error!(
        shard,
        reason = &reason as &dyn Error,
        advice = reason.advice(),
        "Discord refuses the bot"
    );
    let since = discord.ports.clock.now();
    discord
        .states
        .set(shard, ShardState::Refused { since, reason });
}

/// Why a connection can't be kept up.
enum End {
    Unreachable,
    Refused(Refusal),
}
