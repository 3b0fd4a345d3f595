//! Large files from one Telegram account to another, which have to be read here and written there.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{
    Expected, OTHER_PHONE, PHONE, link_telegram, log_in, make_pair, wait_until_forwarding,
};
use crate::endpoints::Endpoints;
use crate::http::Http;
use crate::simulated;

/// Who posts the files.
const AUTHOR_PHONE: &str = "15550100013";
/// The slowest that a transfer is waited for, in bytes a second.
const SLOWEST: u64 = 1 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Pairs between chats of two accounts.
pub struct Transfers {
    telegram: Http,
    author: i64,
    /// Of each pair the source and the destination.
    pairs: Vec<(String, String)>,
}

/// How long it took from the post of the first file until the last one was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub took: Duration,
}

impl Transfers {
    pub async fn set_up(endpoints: &Endpoints, pairs: usize) -> Result<Self> {
        let simulators = endpoints
            .simulators
            .as_ref()
            .context("files are posted on the simulators")?;
        let telegram = Http::new(format!("{}/_sim/telegram", simulators.control));
        let reader = simulated::telegram_user(&telegram, PHONE, "Reader", None).await?;
        let writer = simulated::telegram_user(&telegram, OTHER_PHONE, "Writer", None).await?;
        let author = simulated::telegram_user(&telegram, AUTHOR_PHONE, "Author", None).await?;
        let mut chats = Vec::new();
        for number in 0..pairs {
            let chat = async |owner: &str, end: &str| {
                let title = format!("transfer-{number}-{end}");
                simulated::telegram_chat(&telegram, &title, owner, &author).await
            };
            chats.push((chat(&reader, "from").await?, chat(&writer, "to").await?));
        }
        let api = log_in(endpoints).await?;
        let reads = link_telegram(&telegram, &api, PHONE).await?;
        let writes = link_telegram(&telegram, &api, OTHER_PHONE).await?;
        for (source, destination) in &chats {
            let pair = json!({
                "source": {"platform": "telegram", "account": reads, "chat": source},
                "destination": {"platform": "telegram", "account": writes, "chat": destination},
            });
            make_pair(&api, &pair).await?;
        }
        let expected = Expected {
            pairs,
            from_discord: 0,
            sessions: 2,
        };
        wait_until_forwarding(endpoints, expected).await?;
        Ok(Self {
            telegram,
            author: author.parse().context("an author's id")?,
            pairs: chats,
        })
    }

    /// Posts one file of so many bytes in each of the first `many` pairs, and waits until the same
    /// bytes are in all destinations.
    pub async fn send(&self, bytes: u64, many: usize) -> Result<Moved> {
        let patience = Duration::from_secs(60 + bytes * many as u64 / SLOWEST);
        let deadline = Instant::now() + patience;
        let pairs = self.pairs.iter().take(many).enumerate();
        let moved = pairs.map(|(number, pair)| self.send_one(number, pair, bytes, deadline));
        let moments = try_join_all(moved).await?;
        let first = moments.iter().map(|(posted, _)| *posted).min();
        let last = moments.iter().map(|(_, arrived)| *arrived).max();
        let (first, last) = first.zip(last).context("no pair to send in")?;
        let took = u64::try_from(last - first).unwrap_or(0);
        Ok(Moved {
            took: Duration::from_millis(took),
        })
    }

    /// When it was posted, and when it was there.
    async fn send_one(
        &self,
        number: usize,
        (source, destination): &(String, String),
        bytes: u64,
        deadline: Instant,
    ) -> Result<(i64, i64)> {
        let before = self.latest(destination).await?;
        let file = json!({"bytes": bytes, "seed": number, "name": format!("{number}.bin")});
        let message = json!({"from": self.author, "media": {"document": file}});
        self.telegram
            .post(&format!("/chats/{source}/messages"), &message)
            .await?;
        let posted = self.latest(source).await?;
        let posted = posted.context("what was posted is there")?;
        loop {
            let latest = self.latest(destination).await?;
            if let Some(arrived) = latest.filter(|latest| Some(latest) != before.as_ref()) {
                let file = |message: &Value| message["media"]["document"]["sha256"].clone();
                if file(&arrived) != file(&posted) {
                    bail!("something else arrived: {arrived}");
                }
                let moment = |message: &Value| message["at_ms"].as_i64().context("a moment");
                return Ok((moment(&posted)?, moment(&arrived)?));
            }
            if Instant::now() > deadline {
                bail!("a file of {bytes} bytes did not arrive in time");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The newest message of a chat.
    async fn latest(&self, chat: &str) -> Result<Option<Value>> {
        let messages = self
            .telegram
            .get(&format!("/chats/{chat}/messages"))
            .await?;
        let messages = messages
            .as_array()
            .context("a chat has a list of messages")?;
        Ok(messages.last().cloned())
    }
}
