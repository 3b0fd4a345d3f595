use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use patchbay_domain::Endpoint;
use patchbay_domain::ids::{AccountId, DiscordChannelId};
use tokio::time::Instant;

/// How fast history is read and sent. What is said now goes by none of this.
#[derive(Debug, Clone, Copy)]
pub struct BackfillPace {
    /// Posts of one page: live messages of the pair wait behind that many at most.
    pub page: usize,
    /// Between two pages that are read through one account, or by the bot.
    pub between_reads: Duration,
    /// What each message takes that is sent through one account, or to one channel of Discord.
    pub per_message: Duration,
}

impl Default for BackfillPace {
    /// Half of what a Telegram bot may send to a chat of its own
    /// (<https://core.telegram.org/bots/faq>, "My bot is hitting limits"); for accounts nothing is
    /// published.
    fn default() -> Self {
        Self {
            page: 10,
            between_reads: Duration::from_secs(1),
            per_message: Duration::from_secs(2),
        }
    }
}

/// When the next page may be read. Clones share it.
#[derive(Clone)]
pub(crate) struct Pace {
    terms: BackfillPace,
    free_at: Arc<Mutex<HashMap<Payer, Instant>>>,
}

/// On whom a limit of a platform would fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Payer {
    ReadingAccount(AccountId),
    ReadingBot,
    SendingAccount(AccountId),
    SendingTo(DiscordChannelId),
}

impl Payer {
    fn of_source(source: &Endpoint) -> Self {
        match *source {
            Endpoint::Telegram { account, .. } => Self::ReadingAccount(account),
            Endpoint::Discord { .. } => Self::ReadingBot,
        }
    }

    fn of_destination(destination: &Endpoint) -> Self {
        match *destination {
            Endpoint::Telegram { account, .. } => Self::SendingAccount(account),
            Endpoint::Discord {
                channel, thread, ..
            } => Self::SendingTo(thread.unwrap_or(channel)),
        }
    }
}

impl Pace {
    pub(crate) fn new(terms: BackfillPace) -> Self {
        Self {
            terms,
            free_at: Arc::default(),
        }
    }

    pub(crate) fn page(&self) -> usize {
        self.terms.page
    }

    /// Takes the turn to read a page, or says how long to wait for it.
    pub(crate) fn turn(&self, source: &Endpoint, destination: &Endpoint) -> Result<(), Duration> {
        let now = Instant::now();
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        free_at.retain(|_, at| *at > now);
        let payers = [Payer::of_source(source), Payer::of_destination(destination)];
        let wait = payers.iter().filter_map(|payer| free_at.get(payer)).max();
        if let Some(at) = wait {
            return Err(*at - now);
        }
        free_at.insert(payers[0], now + self.terms.between_reads);
        Ok(())
    }

    /// Notes that so many messages are to be sent there.
    pub(crate) fn spend(&self, destination: &Endpoint, messages: u64) {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX);
        let now = Instant::now();
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = free_at
            .entry(Payer::of_destination(destination))
            .or_insert(now);
        *at = (*at).max(now) + self.terms.per_message.saturating_mul(messages);
    }
}
