//! A load that rises until it isn't kept up with.

use anyhow::{Context, Result};
use patchbay::demo::{Direction, Latency, Pace, World};
use patchbay::{Options, Stack};
use serde::Serialize;

/// Less than this share of what was asked for is not kept up with.
const KEPT_UP: f64 = 0.9;

/// How it went at one rate.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Step {
    /// Messages a second that were to be posted.
    pub(super) rate: u32,
    pub(super) messages: usize,
    pub(super) delivered: usize,
    pub(super) delivered_per_second: f64,
    pub(super) latency_ms: Latency,
    /// Whether nearly as many a second were delivered.
    pub(super) kept_up: bool,
}

/// Doubles the rate, beginning with `rate`, until a step is not kept up with. Each begins with
/// nothing that an earlier one left behind.
pub(super) async fn raise(
    direction: Direction,
    rate: u32,
    seconds: u32,
    pairs: usize,
) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rate = rate;
    loop {
        let step = Box::pin(at(direction, rate, seconds, pairs)).await?;
        let kept_up = step.kept_up;
        steps.push(step);
        match rate.checked_mul(2) {
            Some(next) if kept_up => rate = next,
            Some(_) | None => return Ok(steps),
        }
    }
}

async fn at(direction: Direction, rate: u32, seconds: u32, pairs: usize) -> Result<Step> {
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(Options::in_folder(folder.path().to_owned())).await?;
    let world = World::set_up(stack.endpoints(), pairs).await?;
    world.lift_discord_limits().await?;
    let messages = usize::try_from(rate.saturating_mul(seconds))?;
    let world = world.only(direction);
    let tallies = world.converse(messages, Pace::PerSecond(rate)).await?;
    stack.stop().await;
    let tally = tallies
        .into_values()
        .next()
        .context("one direction has one tally")?;
    let delivered_per_second = tally.messages_per_second();
    Ok(Step {
        rate,
        messages,
        delivered: tally.delivered,
        delivered_per_second,
        latency_ms: tally.latency_ms,
        kept_up: tally.is_right() && delivered_per_second >= KEPT_UP * f64::from(rate),
    })
}
