use std::collections::BTreeMap;

use patchbay_domain::Plan;
use serde::Serialize;

use super::load::{Compared, Speed};
use crate::calls;

/// What was measured, and how.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(super) setting: Setting,
    #[serde(rename = "requests")]
    pub(super) measured: BTreeMap<&'static str, Measured>,
}

#[derive(Debug, Serialize)]
pub(super) struct Setting {
    pub(super) requests: usize,
    pub(super) concurrency: usize,
    pub(super) warm_up: usize,
    pub(super) pairs_of_each_caller: usize,
    pub(super) plan: Plan,
    pub(super) api_keys_of_each_caller: usize,
    /// In the whole run.
    pub(super) requests_of_each_key_at_most: usize,
    pub(super) requests_of_a_key_per_minute: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Measured {
    pub(super) over_http: Speed,
    pub(super) store_alone: Speed,
    pub(super) http_to_store: f64,
    pub(super) aws_calls_per_request: BTreeMap<String, f64>,
    pub(super) aws_calls_per_request_in_all: f64,
}

impl Measured {
    pub(super) fn new(compared: Compared, calls: BTreeMap<String, f64>) -> Self {
        let Compared {
            over_http,
            store_alone,
        } = compared;
        Self {
            over_http,
            store_alone,
            http_to_store: over_http.per_second / store_alone.per_second.max(f64::EPSILON),
            aws_calls_per_request_in_all: calls.values().sum(),
            aws_calls_per_request: calls,
        }
    }
}

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut lines = vec![
            format!(
                "{:<19}{:^27} {:^27}{:>7}",
                "", "over HTTP", "AWS calls alone", ""
            ),
            format!(
                "{:<19}{speed} {speed}{:>7}  AWS calls per request",
                "request",
                "ratio",
                speed = format_args!("{:>9}{:>9}{:>9}", "per s", "p50 ms", "p99 ms"),
            ),
        ];
        for (request, measured) in &self.measured {
            lines.push(format!(
                "{:<19}{} {}{:>7.2}  {}",
                request.replace('_', " "),
                columns(&measured.over_http),
                columns(&measured.store_alone),
                measured.http_to_store,
                calls::listed(&measured.aws_calls_per_request),
            ));
        }
        lines.push(String::new());
        lines.push(self.setting.sentence());
        lines.join("\n") + "\n"
    }
}

impl Setting {
    fn sentence(&self) -> String {
        format!(
            "{} requests of each kind, after {} to warm up, by {} callers at once, each a user of \
             the plan {:?} with {} pairs.\nEach had {} API key(s), used at most {} times in all; a \
             key may be used {} times a minute.",
            self.requests,
            self.warm_up,
            self.concurrency,
            self.plan,
            self.pairs_of_each_caller,
            self.api_keys_of_each_caller,
            self.requests_of_each_key_at_most,
            self.requests_of_a_key_per_minute,
        )
    }
}

fn columns(speed: &Speed) -> String {
    format!(
        "{:>9.0}{:>9.1}{:>9.1}",
        speed.per_second, speed.p50_ms, speed.p99_ms
    )
}
