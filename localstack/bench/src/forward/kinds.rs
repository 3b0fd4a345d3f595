//! What one message of each kind takes, counted message by message.
//!
//! Nothing else happens meanwhile, so that no request is shared with another message: a busy pair
//! pays less, since ten messages share a request to SQS, and a position is saved once a second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use patchbay::demo::Direction;
use patchbay::{Base, Options};
use patchbay_domain::Platform;
use patchbay_tests::message::Message;
use patchbay_tests::running::Running;
use patchbay_tests::stage::{Chat, Pair, Stage, Wish};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::cost::{Cost, Units};
use crate::calls;

/// Positions are saved once a second: a message has cost all that it costs when nothing was called
/// for longer.
const QUIET: Duration = Duration::from_millis(1_500);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(30);
/// What an album holds.
const PHOTOS: usize = 3;

/// What happens in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Text,
    Photo,
    /// Three photos.
    Album,
    /// A text that answers another.
    Reply,
    /// The new words of a text.
    Edit,
    /// Of a text.
    Deletion,
}

impl Kind {
    /// What is edited, answered or deleted was posted as a text before.
    pub(crate) const ALL: [Self; 6] = [
        Self::Text,
        Self::Photo,
        Self::Album,
        Self::Reply,
        Self::Edit,
        Self::Deletion,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Photo => "photo",
            Self::Album => "album of 3",
            Self::Reply => "reply",
            Self::Edit => "edit",
            Self::Deletion => "deletion",
        }
    }
}

/// What one of a kind takes: the message in the middle of several, by how much they called AWS. What
/// the connector does anyway falls on few of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Counted {
    pub(super) aws_calls: BTreeMap<String, f64>,
    pub(super) aws_calls_in_all: f64,
    pub(super) units: Units,
    pub(super) usd_per_million: Cost,
}

impl Counted {
    fn new(aws_calls: BTreeMap<String, f64>, units: Units) -> Self {
        Self {
            aws_calls_in_all: aws_calls.values().sum(),
            units,
            usd_per_million: Cost::of(units, &aws_calls),
            aws_calls,
        }
    }
}

pub(crate) type OfDirection = BTreeMap<Kind, Counted>;

/// Posts `times` of each kind in each direction. The directions have a stack each, and are counted
/// at the same time.
pub(crate) async fn count(times: usize) -> Result<BTreeMap<Direction, OfDirection>> {
    let [first, second, third, fourth] =
        Direction::ALL.map(|direction| Box::pin(of_direction(direction, times)));
    let counted = tokio::try_join!(first, second, third, fourth)?;
    let counted = [counted.0, counted.1, counted.2, counted.3];
    Ok(Direction::ALL.into_iter().zip(counted).collect())
}

async fn of_direction(direction: Direction, times: usize) -> Result<OfDirection> {
    let folder = tempfile::tempdir()?;
    let options = Options {
        partitions: Some(1),
        ..Options::in_folder(folder.path().to_owned())
    };
    let base = Arc::new(Base::start(options).await?);
    let connector = Running::undisturbed(&base).await?;
    let (from, to) = direction.ends();
    let set_up = Stage::set_up(&connector.endpoints, &[Wish::new(from, to)]).await?;
    let (stage, mut pairs) = set_up;
    let pair = pairs.pop().context("one wish makes one pair")?;
    let mut counter = Counter {
        base: &base,
        stage: &stage,
        pair: &pair,
        texts: Vec::new(),
        posted: 0,
    };
    counter.until_quiet().await;
    let mut counted = OfDirection::new();
    for kind in Kind::ALL {
        let of_kind = counter.count(kind, times).await;
        let of_kind = of_kind.with_context(|| format!("{direction:?}: {kind:?}"))?;
        counted.insert(kind, of_kind);
    }
    connector.stop().await?;
    Ok(counted)
}

struct Counter<'a> {
    base: &'a Base,
    stage: &'a Stage,
    pair: &'a Pair,
    /// Messages of the source that can be answered, edited and deleted.
    texts: Vec<String>,
    posted: usize,
}

impl Counter<'_> {
    async fn count(&mut self, kind: Kind, times: usize) -> Result<Counted> {
        let mut all = Vec::with_capacity(times);
        for place in 0..times {
            let there = self.stage.held(&self.pair.destination).await?;
            let (calls, units) = (self.base.aws_calls(), self.base.aws_units());
            self.perform(kind, place).await?;
            self.until_changed(&there).await?;
            self.until_quiet().await;
            let now = self.base.aws_units();
            let units = Units {
                read: now.read - units.read,
                write: now.write - units.write,
            };
            all.push(Counted::new(
                calls::for_each(1, &calls, self.base.aws_calls()),
                units,
            ));
        }
        middle(all)
    }

    async fn perform(&mut self, kind: Kind, place: usize) -> Result<()> {
        let source = &self.pair.source;
        self.posted += 1;
        let text = format!("message {}", self.posted);
        let body = match kind {
            Kind::Text => said(source, &text),
            Kind::Reply => {
                let mut body = said(source, &text);
                let answered = &self.texts[place];
                body["reply_to"] = match source.platform {
                    Platform::Telegram => json!(answered.parse::<i64>()?),
                    Platform::Discord => json!(answered),
                };
                body
            }
            Kind::Photo => with_photos(source, &text, self.posted, 1),
            Kind::Album => with_photos(source, &text, self.posted, PHOTOS),
            Kind::Edit => {
                let words = said(source, &text);
                return self.stage.edit(source, &self.texts[place], &words).await;
            }
            Kind::Deletion => return self.stage.delete(source, &self.texts[place]).await,
        };
        let mut posted = self.stage.post(source, body).await?;
        if kind == Kind::Text {
            self.texts.append(&mut posted);
        }
        Ok(())
    }

    async fn until_changed(&self, before: &[Message]) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.stage.held(&self.pair.destination).await? == before {
            ensure!(Instant::now() < deadline, "it never arrives");
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    async fn until_quiet(&self) {
        let (mut latest, mut since) = (self.base.aws_calls(), Instant::now());
        while since.elapsed() < QUIET {
            sleep(LOOK_EVERY).await;
            let now = self.base.aws_calls();
            if now != latest {
                (latest, since) = (now, Instant::now());
            }
        }
    }
}

fn said(chat: &Chat, text: &str) -> Value {
    match chat.platform {
        Platform::Telegram => json!({"text": text}),
        Platform::Discord => json!({"content": text}),
    }
}

fn with_photos(chat: &Chat, text: &str, seed: usize, count: usize) -> Value {
    let seeds = (0..count).map(|photo| seed * 10 + photo);
    match chat.platform {
        Platform::Telegram => {
            let photo = |seed| json!({"media": {"photo": {"bytes": 20_000, "seed": seed}}});
            let mut photos: Vec<Value> = seeds.map(photo).collect();
            photos[0]["text"] = json!(text);
            match photos.len() {
                1 => photos.remove(0),
                _ => json!({ "messages": photos }),
            }
        }
        Platform::Discord => {
            let photo = |seed| json!({"name": "photo.png", "bytes": 20_000, "seed": seed, "width": 640, "height": 480});
            let photos: Vec<Value> = seeds.map(photo).collect();
            json!({"content": text, "attachments": photos})
        }
    }
}

fn middle(mut all: Vec<Counted>) -> Result<Counted> {
    all.sort_by(|one, other| one.aws_calls_in_all.total_cmp(&other.aws_calls_in_all));
    let middle = all.len().saturating_sub(1) / 2;
    all.into_iter().nth(middle).context("something was counted")
}
