use std::collections::BTreeMap;

use patchbay_domain::figures::Tally;
use serde::Serialize;
use utoipa::ToSchema;

use super::time::Interval;
use crate::moment::Moment;

#[derive(Serialize, ToSchema)]
#[schema(as = Summary)]
pub(crate) struct SummaryView {
    #[schema(value_type = String, format = DateTime)]
    pub(super) from: Moment,
    #[schema(value_type = String, format = DateTime)]
    pub(super) to: Moment,
    #[serde(flatten)]
    pub(super) figures: FiguresView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Series)]
pub(crate) struct SeriesView {
    #[schema(inline)]
    pub(super) interval: Interval,
    #[schema(value_type = String, format = DateTime)]
    pub(super) from: Moment,
    #[schema(value_type = String, format = DateTime)]
    pub(super) to: Moment,
    /// In the order of time, without gaps.
    pub(super) buckets: Vec<BucketView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Bucket)]
pub(crate) struct BucketView {
    /// When it begins.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Moment,
    #[serde(flatten)]
    pub(super) figures: FiguresView,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Figures)]
pub(crate) struct FiguresView {
    /// All changes of messages that matched a pair: delivered, failed, skipped or filtered.
    volume: u64,
    delivered: u64,
    failed: u64,
    /// By `reason_code`; kinds of which there were none are left out.
    #[schema(value_type = BTreeMap<String, u64>)]
    failed_by_kind: BTreeMap<&'static str, u64>,
    /// Kept back by the filters of a pair.
    filtered: u64,
    skipped: u64,
    /// By `reason_code`; reasons of which there were none are left out.
    #[schema(value_type = BTreeMap<String, u64>)]
    skipped_by_reason: BTreeMap<&'static str, u64>,
    /// Of those delivered or failed, the part that was delivered: 0 to 1. Null if there were none.
    success_rate: Option<f64>,
    latency_ms: LatencyView,
    /// Of the text and the attachments that were delivered.
    bytes: u64,
    /// Of those delivered, how many had been missed at first and were found later.
    recovered: u64,
    /// Of what was delivered, how much was said before and brought by a backfill.
    backfilled: u64,
}

/// From when Patchbay learned of a message to when it was delivered, in milliseconds. Never too
/// low and at most an eighth too high. Messages that were retried are not in it. Null if there were
/// none.
#[derive(Serialize, ToSchema)]
#[schema(as = Latency)]
struct LatencyView {
    p50: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
}

impl FiguresView {
    pub(crate) fn of(tally: &Tally) -> Self {
        let failed = tally.failed.iter();
        let skipped = tally.skipped.iter();
        Self {
            volume: tally.volume(),
            delivered: tally.delivered,
            failed: tally.all_failed(),
            failed_by_kind: failed.map(|(kind, count)| (kind.code(), *count)).collect(),
            filtered: tally.filtered,
            skipped: tally.all_skipped(),
            skipped_by_reason: skipped
                .map(|(reason, count)| (reason.code(), *count))
                .collect(),
            success_rate: tally.success_rate(),
            latency_ms: LatencyView {
                p50: tally.latencies.percentile(50),
                p95: tally.latencies.percentile(95),
                p99: tally.latencies.percentile(99),
            },
            bytes: tally.bytes,
            recovered: tally.recovered,
            backfilled: tally.backfilled,
        }
    }
}
