//! One case after the other, all at once: each has a pair of its own.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use patchbay::{Options, Stack};
use patchbay_app::ports::Ports;
use patchbay_domain::ids::{MessageId, PairId};
use patchbay_domain::{Delivery, DeliveryState, Platform, Revision};
use patchbay_tests::stage::{Pair, Stage, Wish};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_mins(1);

/// A message, and how it is changed before it is answered and deleted.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) post: Value,
    pub(crate) edits: Vec<Edit>,
}

pub(crate) struct Edit {
    pub(crate) name: &'static str,
    /// Which message of an album.
    pub(crate) of: usize,
    pub(crate) change: Value,
}

impl Case {
    pub(crate) fn new(name: &'static str, post: Value) -> Self {
        let edits = Vec::new();
        Self { name, post, edits }
    }

    pub(crate) fn edit(self, name: &'static str, change: Value) -> Self {
        self.edit_of(0, name, change)
    }

    pub(crate) fn edit_of(mut self, of: usize, name: &'static str, change: Value) -> Self {
        self.edits.push(Edit { name, of, change });
        self
    }
}

/// Everything that the destinations held, one paragraph a case.
pub(crate) async fn tour<F: Future<Output = Vec<Case>>>(
    from: Platform,
    to: Platform,
    count: usize,
    cases: impl FnOnce(Stage) -> F,
) -> String {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options::in_folder(folder.path().to_owned()))
        .await
        .unwrap();
    let wishes = vec![Wish::new(from, to); count];
    let (stage, pairs) = Stage::set_up(stack.endpoints(), &wishes).await.unwrap();
    let cases = cases(stage.clone()).await;
    assert_eq!(cases.len(), count, "a pair for each case");
    let walks = cases.iter().zip(&pairs).map(|(case, pair)| {
        let walk = Walk {
            stage: &stage,
            ports: stack.base().ports(),
            pair,
        };
        walk.through(case)
    });
    let walked = join_all(walks).await;
    stack.stop().await;
    walked.concat()
}

struct Walk<'a> {
    stage: &'a Stage,
    ports: &'a Ports,
    pair: &'a Pair,
}

impl Walk<'_> {
    async fn through(self, case: &Case) -> String {
        let mut story = format!("{}\n", case.name);
        let source = &self.pair.source;
        let posted = self.stage.post(source, case.post.clone()).await.unwrap();
        let original = self.stage.held(source).await.unwrap();
        let mut known: HashSet<_> = hashes(&original);
        let first = &posted[0];
        self.tell(&mut story, "post", first, 0, &known).await;
        for (number, edit) in case.edits.iter().enumerate() {
            let (of, message) = (edit.of, &posted[edit.of]);
            self.stage
                .edit(source, message, &edit.change)
                .await
                .unwrap();
            known.extend(hashes(&self.stage.held(source).await.unwrap()));
            let so_far = case.edits[..=number].iter().filter(|edit| edit.of == of);
            self.tell(&mut story, edit.name, message, so_far.count(), &known)
                .await;
        }
        let answer = match source.platform {
            Platform::Telegram => {
                json!({"text": "an answer", "reply_to": first.parse::<i64>().unwrap()})
            }
            Platform::Discord => {
                json!({"content": "an answer", "reply_to": first})
            }
        };
        let answer = self.stage.post(source, answer).await.unwrap();
        self.tell(&mut story, "reply", &answer[0], 0, &known).await;
        for (number, message) in posted.iter().enumerate().rev() {
            self.stage.delete(source, message).await.unwrap();
            let name = if number == 0 { "delete" } else { "delete one" };
            self.tell(&mut story, name, message, DELETED, &known).await;
        }
        story
    }

    /// Waits for the outcome of a change, and writes down what stands then.
    async fn tell(
        &self,
        story: &mut String,
        name: &str,
        message: &str,
        change: usize,
        known: &HashSet<String>,
    ) {
        let outcome = self.outcome(message, change).await;
        let held = self.stage.held(&self.pair.destination).await.unwrap();
        let mut lines: Vec<_> = held.iter().map(|it| it.line(known, &held)).collect();
        lines.splice(0..0, outcome);
        if lines.is_empty() {
            lines.push("nothing".to_owned());
        }
        for (number, line) in lines.iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            writeln!(story, "  {name:<10} {line}").unwrap();
        }
    }

    /// Why something was not delivered; nothing if it was.
    async fn outcome(&self, message: &str, change: usize) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        let pair: PairId = self.pair.id.parse().unwrap();
        let message = MessageId(message.parse().unwrap());
        loop {
            let deliveries = &self.ports.deliveries;
            let known = deliveries.of_message(pair, message, None, 100).await;
            let known = known.unwrap().items;
            if let Some(found) = of_change(&known, change).filter(|it| it.state.is_final()) {
                return explained(&found.state);
            }
            if Instant::now() > deadline {
                return Some(format!("no outcome, but {known:?}"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

const DELETED: usize = usize::MAX;

/// The post is change 0, the edits are counted from 1.
fn of_change(known: &[Delivery], change: usize) -> Option<&Delivery> {
    if change == DELETED {
        let mut known = known.iter();
        return known.find(|it| it.key.revision == Revision::DELETED);
    }
    let known = known.iter();
    known
        .filter(|it| it.key.revision != Revision::DELETED)
        .nth(change)
}

fn explained(state: &DeliveryState) -> Option<String> {
    match state {
        DeliveryState::Delivered { .. } => None,
        DeliveryState::Skipped { reason } => Some(format!("skipped: {}", reason.code())),
        DeliveryState::Failed { reason, .. } => Some(format!("failed: {reason}")),
        DeliveryState::Filtered { rule } => Some(format!("filtered: {rule:?}")),
        DeliveryState::Claimed { .. } | DeliveryState::Queued { .. } => Some(format!("{state:?}")),
    }
}

fn hashes(held: &[patchbay_tests::message::Message]) -> HashSet<String> {
    let files = held.iter().flat_map(|message| &message.files);
    files.map(|file| file.sha256.clone()).collect()
}
