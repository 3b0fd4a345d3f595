//! Random operations in many chats while faults strike; then everything is compared.
//!
//! - [`mod@line`], [`kind`]: between which chats, and what is posted
//! - [`plan`], [`perform`]: the operations, which follow from a seed, and how they are done
//! - [`fault`]: what goes wrong meanwhile
//! - [`system`]: what it strikes: a [`connector`] among [`tasks`], leases and a store that are in
//!   [`trouble`], or a [`process`]
//! - [`untold`]: which changes the platforms never tell of
//! - [`quiet`]: until every message has its outcome
//! - [`compare`], [`report`]: what differs, and with which trace

mod compare;
mod connector;
mod fault;
mod kind;
mod line;
mod perform;
mod plan;
mod process;
mod quiet;
mod report;
mod system;
mod tasks;
mod trouble;
mod untold;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::future::try_join_all;
use patchbay_domain::{Delivery, DeliveryState};

use crate::stage::{Pair, Stage};
use compare::Stray;
use fault::Fault;
use line::Line;
use perform::{Done, Performer};
use system::System;
use untold::{Span, Untold};

pub use compare::{Difference, What};
use report::Destination;
pub use report::Report;
pub use system::Ground;

#[derive(Debug, Clone)]
pub struct Campaign {
    pub seed: u64,
    /// Over all pairs together.
    pub operations: usize,
    pub faults: usize,
    /// Between two operations of a pair, where it pauses.
    pub pace: Duration,
    /// From one fault to the next.
    pub fault_every: Duration,
    pub ground: Ground,
}

impl Campaign {
    /// Everything happens in `folder`.
    pub async fn run(&self, folder: &Path) -> Result<Report> {
        let began = Instant::now();
        let system = System::start(&self.ground, folder).await?;
        let lines = Line::all();
        let wishes: Vec<_> = lines.iter().map(Line::wish).collect();
        let (stage, pairs) = Stage::set_up(&system.endpoints().await?, &wishes).await?;
        let field = Field {
            campaign: self.clone(),
            stage,
            lines,
            pairs,
            system,
        };
        let (done, struck) = field.fight().await?;
        let fought = began.elapsed();
        field.settle().await?;
        let system = &field.system;
        let is_quiet =
            quiet::wait(system.ports(), system.partitions(), &field.pairs, &done).await?;
        let mut report = field.compared(&done, &struck.silences).await?;
        report.seed = self.seed;
        report.is_quiet = is_quiet;
        report.count(&done, &struck.counts);
        report.took = (fought, began.elapsed());
        field.system.stop().await?;
        Ok(report)
    }
}

/// Everything that takes part.
struct Field {
    campaign: Campaign,
    stage: Stage,
    lines: Vec<Line>,
    pairs: Vec<Pair>,
    system: System,
}

/// What the faults did.
#[derive(Default)]
struct Struck {
    counts: BTreeMap<&'static str, usize>,
    silences: Vec<Span>,
}

impl Field {
    /// Operations and faults at the same time. Answers what was done, and which faults struck.
    async fn fight(&self) -> Result<(Vec<Done>, Struck)> {
        let campaign = &self.campaign;
        let scripts = plan::plan(campaign.seed, &self.lines, campaign.operations);
        let performers: Vec<_> = (self.lines.iter().zip(&self.pairs).enumerate())
            .map(|(number, (line, pair))| Performer {
                stage: &self.stage,
                system: &self.system,
                number,
                line,
                pair,
                pace: campaign.pace,
            })
            .collect();
        let performing = performers
            .iter()
            .zip(&scripts)
            .map(|(it, script)| it.perform(script));
        tokio::try_join!(try_join_all(performing), self.strike())
    }

    async fn strike(&self) -> Result<Struck> {
        let Campaign {
            seed,
            faults,
            ground,
            ..
        } = &self.campaign;
        let mut struck = Struck::default();
        for fault in fault::plan(*seed, &self.stage, *faults, ground) {
            let next = Instant::now() + self.campaign.fault_every;
            match (&fault, &self.system) {
                (Fault::Kill { after }, system) => {
                    tokio::time::sleep(*after).await;
                    system.kill(&self.pairs).await?;
                }
                (Fault::Redeploy, System::Here(connector)) => connector.redeploy().await?,
                (Fault::LoseLeases, System::Here(connector)) => connector.lose_leases().await,
                (Fault::LoseWrites(writes), System::Here(connector)) => {
                    connector.lose_writes(*writes);
                }
                (fault, _) => struck.silences.extend(fault.strike(&self.stage).await?),
            }
            *struck.counts.entry(fault.name()).or_default() += 1;
            tokio::time::sleep_until(next.into()).await;
        }
        Ok(struck)
    }

    async fn settle(&self) -> Result<()> {
        if let System::Here(connector) = &self.system {
            connector.lose_writes(0);
        }
        fault::end_all(&self.stage).await
    }

    async fn compared(&self, done: &[Done], silences: &[Span]) -> Result<Report> {
        let untold = Untold::read(&self.stage, silences).await?;
        let mut report = Report::default();
        for (number, (pair, done)) in self.pairs.iter().zip(done).enumerate() {
            let source = self.stage.held(&pair.source).await?;
            let held = self.stage.held(&pair.destination).await?;
            let (source, _) = compare::sorted(number, &source, &done.files);
            let (destination, strays) = compare::sorted(number, &held, &done.files);
            let posts = done.posts.len();
            let answers = done.answers_to(&source);
            let mut found = compare::differences(posts, &answers, &source, &destination);
            for stray in strays {
                let owner = self.owner(pair, done, &stray).await?;
                let is_deleted = owner.is_some_and(|post| !source.contains_key(&post));
                found.push(stray.difference(owner, is_deleted));
            }
            let line = &self.lines[number];
            report.compared += posts;
            let there = Destination { pair, done, held };
            report
                .add(self.system.ports(), line.name, &there, &untold, found)
                .await?;
        }
        Ok(report)
    }

    /// The post that the message was sent for, as the deliveries say.
    async fn owner(&self, pair: &Pair, done: &Done, stray: &Stray) -> Result<Option<usize>> {
        for (post, messages) in done.posts.iter().enumerate() {
            for message in messages {
                let trace = quiet::trace(self.system.ports(), pair, message).await?;
                if trace
                    .iter()
                    .any(|delivery| is_part(delivery, &stray.message))
                {
                    return Ok(Some(post));
                }
            }
        }
        Ok(None)
    }
}

fn is_part(delivery: &Delivery, message: &str) -> bool {
    if let DeliveryState::Delivered { parts, .. } = &delivery.state {
        parts.iter().any(|part| part.to_string() == message)
    } else {
        false
    }
}
