use std::collections::BTreeMap;

/// Calls to AWS by operation, as the embedded AWS counts them.
pub(crate) type Calls = BTreeMap<String, u64>;

/// The calls since `before`, for each of `many` messages or requests.
pub(crate) fn for_each(many: usize, before: &Calls, now: Calls) -> BTreeMap<String, f64> {
    let since = now.into_iter().map(|(operation, calls)| {
        let earlier = before.get(&operation).copied().unwrap_or_default();
        (operation, calls - earlier)
    });
    since
        .filter(|(_, calls)| *calls > 0)
        .map(|(operation, calls)| (operation, ratio(calls, many)))
        .collect()
}

/// Those of them that are made to queues.
pub(crate) fn to_queues(calls: &BTreeMap<String, f64>) -> f64 {
    let to_queues = calls.iter().filter(|(name, _)| name.starts_with("SQS."));
    to_queues.map(|(_, calls)| calls).sum()
}

/// In a line for people, without the services' names.
pub(crate) fn listed(calls: &BTreeMap<String, f64>) -> String {
    let calls = calls.iter().map(|(operation, calls)| {
        let name = operation
            .split_once('.')
            .map_or(&**operation, |(_, name)| name);
        format!("{calls} {name}")
    });
    calls.collect::<Vec<_>>().join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "ratios for people")]
fn ratio(calls: u64, many: usize) -> f64 {
    calls as f64 / many.max(1) as f64
}
