//! Keeps requests within Discord's limits before Discord has to say so.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::answer::{Answer, LimitScope, TooMany};
use super::bucket::{Bucket, Turn};
use super::invalid::InvalidRequests;
use super::route::Route;

/// The wait would have been longer than the caller's patience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Impatient {
    pub(crate) after: Duration,
}

/// Counts what goes out by route and altogether. Waiting is done by the caller's future, never
/// while the count is locked.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    changed: Notify,
}

impl Limiter {
    /// Waits for a turn, as long as `patience` allows.
    pub(crate) async fn turn(
        &self,
        route: Route,
        patience: Duration,
    ) -> Result<Permit<'_>, Impatient> {
        let deadline = Instant::now() + patience;
        loop {
            // Registered before the count is read, so that no answer in between is missed.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let now = Instant::now();
            let turn = self.lock().take(route, now);
            match turn {
                Turn::Now => {
                    return Ok(Permit {
                        limiter: self,
                        route,
                    });
                }
                Turn::At(at) if at > deadline => return Err(Impatient { after: at - now }),
                Turn::At(at) => sleep_until(at).await,
                Turn::OnAnswer => {
                    if timeout_at(deadline, changed).await.is_err() {
                        return Err(Impatient {
                            after: Self::LOOK_AGAIN,
                        });
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When nobody knows how long an answer that is waited for will take.
    const LOOK_AGAIN: Duration = Duration::from_secs(1);
}

/// One request that may go out. Dropped without an answer, it counts as unanswered.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    limiter: &'a Limiter,
    route: Route,
}

impl Permit<'_> {
    pub(crate) fn answered(self, answer: &Answer) {
        self.limiter
            .lock()
            .learn(self.route, answer, Instant::now());
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.lock().bucket(self.route).release();
        self.limiter.changed.notify_waiters();
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum BucketKey {
    Route(&'static str, u64),
    Named(Box<str>, u64),
}

#[derive(Debug, Default)]
struct State {
    /// Discord's names of the limits that routes fall under.
    names: HashMap<&'static str, Box<str>>,
    buckets: HashMap<BucketKey, Bucket>,
    invalid: InvalidRequests,
    /// When the requests of the last second went out.
    last_second: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl State {
    /// Discord allows 50 a second over all routes (Rate Limits, "Global Rate Limit"). Requests
    /// bunch up on their way, so the last few are left free.
    const GLOBAL_PER_SECOND: usize = 45;
    const MANY_BUCKETS: usize = 10_000;

    fn take(&mut self, route: Route, now: Instant) -> Turn {
        if let Some(until) = self.blocked_until.filter(|until| now < *until) {
            return Turn::At(until);
        }
        if let Some(until) = self.invalid.blocked_until(now) {
            return Turn::At(until);
        }
        match self.bucket(route).turn(now) {
            Turn::Now => {}
            later @ (Turn::At(_) | Turn::OnAnswer) => return later,
        }
        if let Some(free_at) = self.globally_free_at(now) {
            return Turn::At(free_at);
        }
        self.bucket(route).take();
        self.last_second.push_back(now);
        self.forget_idle(now);
        Turn::Now
    }

    fn globally_free_at(&mut self, now: Instant) -> Option<Instant> {
        const SECOND: Duration = Duration::from_secs(1);
        while self
            .last_second
            .front()
            .is_some_and(|at| now.duration_since(*at) >= SECOND)
        {
            self.last_second.pop_front();
        }
        let is_full = self.last_second.len() >= Self::GLOBAL_PER_SECOND;
        self.last_second
            .front()
            .filter(|_| is_full)
            .map(|oldest| *oldest + SECOND)
    }

    fn learn(&mut self, route: Route, answer: &Answer, now: Instant) {
        if answer.is_invalid() {
            self.invalid.note(now);
        }
        match &answer.bucket {
            Some(headers) => {
                self.name(route, &headers.bucket);
                self.bucket(route).learn(headers, now);
            }
            None if answer.status.is_success() => self.bucket(route).learn_unlimited(),
            None => {}
        }
        match answer.too_many {
            Some(TooMany {
                after,
                scope: LimitScope::Global,
            }) => {
                self.blocked_until = self.blocked_until.max(Some(now + after));
            }
            Some(TooMany {
                after,
                scope: LimitScope::Route | LimitScope::Shared,
            }) => {
                self.bucket(route).block(now, after);
            }
            None => {}
        }
    }

    /// Notes by what name a route's limit goes, and takes along what was counted without it.
    fn name(&mut self, route: Route, name: &str) {
        if self
            .names
            .get(route.template())
            .is_some_and(|known| **known == *name)
        {
            return;
        }
        self.names.insert(route.template(), name.into());
        let unnamed: Vec<(BucketKey, Bucket)> = self
            .buckets
            .extract_if(|key, _| matches!(key, BucketKey::Route(of, _) if *of == route.template()))
            .collect();
        for (key, counted) in unnamed {
            if let BucketKey::Route(_, major) = key {
                self.buckets
                    .entry(BucketKey::Named(name.into(), major))
                    .or_default()
                    .absorb(counted);
            }
        }
    }

    fn key(&self, route: Route) -> BucketKey {
        match self.names.get(route.template()) {
            Some(name) => BucketKey::Named(name.clone(), route.major()),
            None => BucketKey::Route(route.template(), route.major()),
        }
    }

    fn bucket(&mut self, route: Route) -> &mut Bucket {
        let key = self.key(route);
        self.buckets.entry(key).or_default()
    }

    fn forget_idle(&mut self, now: Instant) {
        if self.buckets.len() > Self::MANY_BUCKETS {
            self.buckets.retain(|_, bucket| !bucket.is_idle(now));
        }
    }
}

#[cfg(test)]
mod tests;
