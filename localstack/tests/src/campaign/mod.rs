//! Random operations in many chats while faults strike; then everything is compared.
//!
//! - [`mod@line`], [`kind`]: between which chats, and what is posted
//! - [`plan`], [`perform`]: the operations, which follow from a seed, and how they are done
//! - [`fault`], [`leases`], [`tasks`], [`shaky`]: what goes wrong meanwhile
//! - [`quiet`]: until every message has its outcome
//! - [`compare`], [`report`]: what differs, and with which trace

mod compare;
mod fault;
mod kind;
mod leases;
mod line;
mod perform;
mod plan;
mod quiet;
mod report;
mod shaky;
mod tasks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use patchbay::{Base, Endpoints, Options};
use patchbay_app::ports::Ports;
use tokio::sync::Mutex;

use crate::running::Running;
use crate::stage::{Pair, Stage};
use fault::Fault;
use leases::LapsingLeases;
use line::Line;
use perform::{Done, Performer};
use shaky::{Shaker, ShakyDeliveries};
use tasks::LentTasks;

pub use compare::{Difference, What};
use report::Destination;
pub use report::Report;

/// Longer than a lease lasts.
const LAPSE: Duration = Duration::from_millis(2_500);

#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    pub seed: u64,
    /// Over all pairs together.
    pub operations: usize,
    pub faults: usize,
    /// Between two operations of a pair, where it pauses.
    pub pace: Duration,
    /// From one fault to the next.
    pub fault_every: Duration,
}

impl Campaign {
    /// Everything happens in `folder`.
    pub async fn run(&self, folder: &Path) -> Result<Report> {
        let began = Instant::now();
        let base = Base::start(Options::in_folder(folder.to_owned())).await?;
        let base = Arc::new(base);
        let leases = LapsingLeases::new(base.ports().leases.clone());
        let shaker = Shaker::default();
        let ports = Ports {
            leases: Arc::new(leases.clone()),
            deliveries: Arc::new(ShakyDeliveries {
                inner: base.ports().deliveries.clone(),
                shaker: shaker.clone(),
            }),
            ..base.ports().clone()
        };
        let connector = Connector::start(&base, &ports, &shaker).await?;
        let lines = Line::all();
        let wishes: Vec<_> = lines.iter().map(Line::wish).collect();
        let endpoints = connector.endpoints().await?;
        let (stage, pairs) = Stage::set_up(&endpoints, &wishes).await?;
        let field = Field {
            campaign: *self,
            stage,
            lines,
            pairs,
            connector,
            leases,
            shaker,
        };
        let (done, struck) = field.fight().await?;
        let fought = began.elapsed();
        field.settle().await?;
        let is_quiet = quiet::wait(base.ports(), base.partitions(), &field.pairs, &done).await?;
        let mut report = field.compared(base.ports(), &done).await?;
        report.seed = self.seed;
        report.is_quiet = is_quiet;
        report.count(&done, &struck);
        report.took = (fought, began.elapsed());
        field.connector.stop().await?;
        Ok(report)
    }
}

/// Everything that takes part.
struct Field {
    campaign: Campaign,
    stage: Stage,
    lines: Vec<Line>,
    pairs: Vec<Pair>,
    connector: Connector,
    leases: LapsingLeases,
    shaker: Shaker,
}

impl Field {
    /// Operations and faults at the same time. Answers what was done, and how often which fault
    /// struck.
    async fn fight(&self) -> Result<(Vec<Done>, BTreeMap<&'static str, usize>)> {
        let campaign = &self.campaign;
        let scripts = plan::plan(campaign.seed, &self.lines, campaign.operations);
        let performers: Vec<_> = (self.lines.iter().zip(&self.pairs).enumerate())
            .map(|(number, (line, pair))| Performer {
                stage: &self.stage,
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

    async fn strike(&self) -> Result<BTreeMap<&'static str, usize>> {
        let faults = fault::plan(self.campaign.seed, &self.stage, self.campaign.faults);
        let mut struck = BTreeMap::new();
        for fault in faults {
            let next = Instant::now() + self.campaign.fault_every;
            match &fault {
                Fault::Kill => self.connector.replace().await?,
                Fault::Redeploy => {
                    self.connector.stop().await?;
                    self.connector.replace().await?;
                }
                Fault::LoseLeases => self.leases.lapse(LAPSE).await,
                Fault::LoseWrites(writes) => self.shaker.shake(*writes),
                Fault::Telegram(..)
                | Fault::Discord(..)
                | Fault::TelegramSetting(_)
                | Fault::DiscordSetting(_)
                | Fault::Mute => fault.strike(&self.stage).await?,
            }
            *struck.entry(fault.name()).or_default() += 1;
            tokio::time::sleep_until(next.into()).await;
        }
        Ok(struck)
    }

    async fn settle(&self) -> Result<()> {
        self.shaker.shake(0);
        fault::end_all(&self.stage).await
    }

    async fn compared(&self, ports: &Ports, done: &[Done]) -> Result<Report> {
        let mut report = Report::default();
        for (number, (pair, done)) in self.pairs.iter().zip(done).enumerate() {
            let source = self.stage.held(&pair.source).await?;
            let held = self.stage.held(&pair.destination).await?;
            let (source, _) = compare::sorted(number, &source, &done.files);
            let (destination, strays) = compare::sorted(number, &held, &done.files);
            let posts = done.posts.len();
            let mut found = compare::differences(posts, &done.answers, &source, &destination);
            found.extend(strays.into_iter().map(|detail| Difference {
                post: usize::MAX,
                what: What::Unexpected,
                detail,
            }));
            let line = &self.lines[number];
            report.compared += posts;
            let there = Destination { pair, done, held };
            report.add(ports, line.name, &there, found).await?;
        }
        Ok(report)
    }
}

/// The one connector that runs.
struct Connector {
    base: Arc<Base>,
    ports: Ports,
    shaker: Shaker,
    running: Mutex<Option<(Running, LentTasks)>>,
}

impl Connector {
    async fn start(base: &Arc<Base>, ports: &Ports, shaker: &Shaker) -> Result<Self> {
        let connector = Self {
            base: base.clone(),
            ports: ports.clone(),
            shaker: shaker.clone(),
            running: Mutex::default(),
        };
        connector.replace().await?;
        Ok(connector)
    }

    async fn endpoints(&self) -> Result<Endpoints> {
        let running = self.running.lock().await;
        let running = running.as_ref().map(|(it, _)| it.endpoints.clone());
        running.context("a connector runs")
    }

    /// Kills the one that runs, and starts another one.
    async fn replace(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        if let Some((doomed, tasks)) = running.take() {
            doomed.kill();
            tasks.take_back().await?;
        }
        let tasks = LentTasks::new(self.ports.tasks.clone(), self.shaker.clone());
        let ports = Ports {
            tasks: Arc::new(tasks.clone()),
            ..self.ports.clone()
        };
        let next = Running::wrapped(&self.base, ports, |sender| sender).await?;
        *running = Some((next, tasks));
        Ok(())
    }

    async fn stop(&self) -> Result<()> {
        match self.running.lock().await.take() {
            Some((running, _)) => running.stop().await,
            None => Ok(()),
        }
    }
}
