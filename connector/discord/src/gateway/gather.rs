//! Which messages have new reactions, until it is told what stands under them.
//!
//! A popular message gets many at once, and what is told is a state: so a message is read once for
//! all that came within a while, beside the events, so that no post waits for it.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use patchbay_domain::SourceEvent;
use patchbay_domain::ids::{DiscordChannelId, MessageId};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::discord::Inner;
use crate::guilds::Place;
use crate::persist::Failure;
use crate::rest::RestError;
use crate::translate;

#[derive(Debug)]
pub(super) struct Gathering {
    every: Duration,
    messages: Mutex<Messages>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Messages {
    /// Those that are to be read, and when.
    waiting: BTreeMap<MessageId, (Place, Instant)>,
    /// Those that are being read, until they are handed in.
    under_way: BTreeMap<MessageId, Place>,
}

impl Gathering {
    /// Beyond these nothing is noted: a message is read with its next reaction.
    const MOST: usize = 10_000;
    /// How many messages are read at the same time.
    const AT_ONCE: usize = 4;
    /// How long a read waits for its turn. After that the message waits here.
    const PATIENCE: Duration = Duration::from_secs(10);
    /// Until a read that failed is made again.
    const PAUSE: Duration = Duration::from_secs(15);

    pub(super) fn new(every: Duration) -> Self {
        Self {
            every,
            messages: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn note(&self, place: Place, message: MessageId) {
        self.wait(place, message, self.every);
    }

    fn wait(&self, place: Place, message: MessageId, time: Duration) {
        let waiting = &mut self.lock().waiting;
        if waiting.len() < Self::MOST {
            let due = Instant::now() + time;
            waiting.entry(message).or_insert((place, due));
            self.changed.notify_one();
        }
    }

    /// Notes that it is handed in.
    pub(super) fn done(&self, message: MessageId) {
        self.lock().under_way.remove(&message);
    }

    /// Reads what has waited for long enough, until the stop.
    pub(super) async fn run(
        &self,
        discord: &Inner,
        reacted: mpsc::Sender<SourceEvent>,
        stop: &CancellationToken,
    ) {
        let reading = async {
            loop {
                let due = self.take_due();
                if due.is_empty() {
                    self.next_due().await;
                }
                let mut read = stream::iter(due)
                    .map(|(message, place)| self.read(discord, place, message))
                    .buffer_unordered(Self::AT_ONCE);
                while let Some(read) = read.next().await {
                    if let Some(event) = read
                        && reacted.send(event).await.is_err()
                    {
                        return;
                    }
                }
            }
        };
        stop.run_until_cancelled(reading).await;
    }

    async fn read(&self, discord: &Inner, place: Place, message: MessageId) -> Option<SourceEvent> {
        match read(discord, place, message, Self::PATIENCE).await {
            Ok(event) => Some(event),
            Err(error) => {
                self.done(message);
                if !error.is_no_such_thing() {
                    let pause = Self::PAUSE.max(error.wait());
                    let (channel, error): (_, &dyn Error) = (place.holder(), &error);
                    tracing::warn!(%channel, %message, error, "its reactions aren't read yet");
                    self.wait(place, message, pause);
                }
                None
            }
        }
    }

    /// All that is not handed in, as far as it can be read right now.
    pub(super) async fn rest(&self, discord: &Inner) -> Vec<SourceEvent> {
        let Messages { waiting, under_way } = std::mem::take(&mut *self.lock());
        let waiting = waiting.into_iter();
        let mut all: BTreeMap<_, _> = waiting
            .map(|(message, (place, _))| (message, place))
            .collect();
        all.extend(under_way);
        stream::iter(all)
            .map(|(message, place)| read(discord, place, message, Duration::ZERO))
            .buffer_unordered(Self::AT_ONCE)
            .filter_map(|read| std::future::ready(read.ok()))
            .collect()
            .await
    }

    fn take_due(&self) -> Vec<(MessageId, Place)> {
        let now = Instant::now();
        let Messages { waiting, under_way } = &mut *self.lock();
        let due = waiting.extract_if(.., |_, (_, due)| *due <= now);
        let due: Vec<_> = due.map(|(message, (place, _))| (message, place)).collect();
        under_way.extend(due.iter().copied());
        due
    }

    async fn next_due(&self) {
        let next = self.lock().waiting.values().map(|(_, due)| *due).min();
        let come = async {
            match next {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = come => {}
            () = self.changed.notified() => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read(
    discord: &Inner,
    place: Place,
    message: MessageId,
    patience: Duration,
) -> Result<SourceEvent, RestError> {
    let holder: DiscordChannelId = place.holder();
    let found = discord.rest.reactions(holder, message, patience).await?;
    let now = discord.ports.clock.now();
    Ok(translate::reacted(message, place, now, &found))
}
