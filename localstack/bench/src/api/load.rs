use std::time::{Duration, Instant};

use anyhow::Result;
use patchbay_domain::ids::PairId;
use serde::Serialize;
use tokio::task::JoinSet;

use super::callers::Caller;
use super::request::{IN_A_ROUND, Request, Way};

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Speed {
    pub(super) per_second: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// The two ways to make a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    pub(super) over_http: Speed,
    pub(super) store_alone: Speed,
}

/// Makes `many` requests each way. They take turns, so that whatever else happens on this machine
/// happens to both.
pub(super) async fn compare(callers: &[Caller], request: Request, many: usize) -> Result<Compared> {
    let (mut over_http, mut store_alone) = (Timed::default(), Timed::default());
    let mut left = many;
    while left > 0 {
        let now = left.min(IN_A_ROUND * callers.len());
        over_http.add(round(callers, request, Way::OverHttp, now).await?);
        store_alone.add(round(callers, request, Way::StoreAlone, now).await?);
        left -= now;
    }
    Ok(Compared {
        over_http: over_http.speed(),
        store_alone: store_alone.speed(),
    })
}

/// Latencies, and how long all of it took.
#[derive(Default)]
struct Timed {
    latencies: Vec<Duration>,
    took: Duration,
}

impl Timed {
    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.took += other.took;
    }

    fn speed(mut self) -> Speed {
        self.latencies.sort_unstable();
        let milliseconds = |percent| percentile(&self.latencies, percent).as_secs_f64() * 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let many = self.latencies.len() as f64;
        Speed {
            per_second: many / self.took.as_secs_f64().max(f64::EPSILON),
            p50_ms: milliseconds(50),
            p99_ms: milliseconds(99),
        }
    }
}

/// Of sorted latencies, by the nearest rank.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// Requests shared out evenly among the callers, each of whom makes one after the other. What they
/// make is deleted again without being timed.
async fn round(callers: &[Caller], request: Request, way: Way, many: usize) -> Result<Timed> {
    let begun = Instant::now();
    let mut turns = JoinSet::new();
    for (place, caller) in callers.iter().enumerate() {
        let share = many / callers.len() + usize::from(place < many % callers.len());
        let caller = caller.clone();
        turns.spawn(async move { turn(caller, request, way, share).await });
    }
    let turns: Vec<Turn> = turns.join_all().await.into_iter().collect::<Result<_>>()?;
    let mut timed = Timed {
        latencies: Vec::with_capacity(many),
        took: begun.elapsed(),
    };
    for turn in turns {
        timed.latencies.extend(turn.latencies);
        for pair in turn.made {
            turn.caller.delete(pair).await?;
        }
    }
    Ok(timed)
}

struct Turn {
    caller: Caller,
    latencies: Vec<Duration>,
    made: Vec<PairId>,
}

async fn turn(caller: Caller, request: Request, way: Way, share: usize) -> Result<Turn> {
    let (mut latencies, mut made) = (Vec::with_capacity(share), Vec::new());
    for place in 0..share {
        let begun = Instant::now();
        made.extend(caller.call(request, way, place).await?);
        latencies.push(begun.elapsed());
    }
    Ok(Turn {
        caller,
        latencies,
        made,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let latencies: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let took = Duration::from_secs(2);
        let speed = Timed { latencies, took }.speed();
        let expected = Speed {
            per_second: 50.0,
            p50_ms: 50.0,
            p99_ms: 99.0,
        };
        assert_eq!(speed, expected);
        let of_none = Timed::default().speed();
        assert_eq!(
            of_none,
            Speed {
                per_second: 0.0,
                p50_ms: 0.0,
                p99_ms: 0.0
            }
        );
    }
}
