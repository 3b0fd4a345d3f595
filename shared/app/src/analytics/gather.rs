//! The figures of one pair: those that are kept, and those that are counted now, to be kept if
//! their hour is over.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use patchbay_domain::Timestamp;
use patchbay_domain::figures::{Day, Hour, Tally};
use patchbay_domain::ids::PairId;

use super::{AnalyticsError, BUDGET};
use crate::ports::{DayRollup, Order, PortResult, Ports};

const AT_ONCE: usize = 500;
/// How long after its end an hour is still counted anew: outcomes are written with the time at
/// which their writing began, and the index shows them a little later.
const GRACE: Duration = Duration::from_mins(2);

type Hours = BTreeMap<Hour, Tally>;

/// `read` counts what is read of hours that are over, for all pairs of a request together.
pub(super) async fn of_pair(
    ports: &Ports,
    pair: PairId,
    hours: Range<Hour>,
    read: &AtomicUsize,
) -> Result<Hours, AnalyticsError> {
    let now = ports.clock.now();
    let hours = hours.start..hours.end.min(Hour::of(now).next());
    if hours.is_empty() {
        return Ok(Hours::new());
    }
    let days = hours.start.day()..Hour(hours.end.0 - 1).day().next();
    let kept = ports.rollups.of_pair(pair, days).await?;
    let kept: BTreeMap<Day, DayRollup> = kept.into_iter().map(|day| (day.day, day)).collect();

    let mut found = Hours::new();
    let mut counted = Hours::new();
    let mut is_whole = true;
    for run in runs(&kept, hours, &mut found) {
        let (tallies, end) = count(ports, pair, run.clone(), now, read).await?;
        counted.extend(tallies);
        if end < run.end {
            is_whole = false;
            break;
        }
    }
    keep(ports, pair, kept, &counted, now).await?;
    if !is_whole {
        return Err(AnalyticsError::Counting);
    }
    found.extend(counted);
    Ok(found)
}

/// The hours of which nothing is kept, those together that follow each other. What is kept goes to
/// `found`.
fn runs(
    kept: &BTreeMap<Day, DayRollup>,
    hours: Range<Hour>,
    found: &mut Hours,
) -> Vec<Range<Hour>> {
    let mut runs: Vec<Range<Hour>> = Vec::new();
    let mut hour = hours.start;
    while hour < hours.end {
        let tally = kept
            .get(&hour.day())
            .and_then(|day| day.hours.get(&hour.of_day()));
        match tally {
            Some(tally) => {
                found.insert(hour, tally.clone());
            }
            None => match runs.last_mut() {
                Some(run) if run.end == hour => run.end = hour.next(),
                Some(_) | None => runs.push(hour..hour.next()),
            },
        }
        hour = hour.next();
    }
    runs
}

/// Counts hours that follow each other, empty ones too, up to the end or up to where there was too
/// much to read. At least one hour is counted whole.
async fn count(
    ports: &Ports,
    pair: PairId,
    hours: Range<Hour>,
    now: Timestamp,
    read: &AtomicUsize,
) -> PortResult<(Hours, Hour)> {
    let mut tallies = Hours::new();
    let mut at = hours.start;
    let mut after = None;
    let time = hours.start.start()..hours.end.start();
    loop {
        let deliveries = &ports.deliveries;
        let page = deliveries
            .by_time(pair, time.clone(), Order::OldestFirst, after, AT_ONCE)
            .await?;
        let mut of_past = 0;
        for delivery in &page.items {
            let hour = Hour::of(delivery.updated_at);
            while at < hour {
                tallies.entry(at).or_default();
                at = at.next();
            }
            tallies.entry(hour).or_default().count(delivery);
            of_past += usize::from(is_over(hour, now));
        }
        after = page.items.last().map(patchbay_domain::Delivery::place);
        if page.next.is_none() {
            break;
        }
        let all = read.fetch_add(of_past, Ordering::Relaxed) + of_past;
        if all >= BUDGET && at > hours.start && is_over(at, now) {
            // The last hour is not read to its end.
            tallies.remove(&at);
            return Ok((tallies, at));
        }
    }
    while at < hours.end {
        tallies.entry(at).or_default();
        at = at.next();
    }
    Ok((tallies, hours.end))
}

fn is_over(hour: Hour, now: Timestamp) -> bool {
    hour.next().start().plus(GRACE) <= now
}

/// Keeps the counts of those hours that are over.
async fn keep(
    ports: &Ports,
    pair: PairId,
    mut kept: BTreeMap<Day, DayRollup>,
    counted: &Hours,
    now: Timestamp,
) -> PortResult<()> {
    let mut days: BTreeMap<Day, BTreeMap<u8, Tally>> = BTreeMap::new();
    for (hour, tally) in counted.iter().filter(|(hour, _)| is_over(**hour, now)) {
        let day = days.entry(hour.day()).or_default();
        day.insert(hour.of_day(), tally.clone());
    }
    for (day, hours) in days {
        let mut rollup = kept.remove(&day).unwrap_or_else(|| DayRollup::empty(day));
        if now < rollup.settles_at {
            continue;
        }
        rollup.hours.extend(hours);
        // Whoever was faster has counted the same, or knows of a retry.
        ports.rollups.put(pair, &rollup).await?;
    }
    Ok(())
}
