//! Which hours are asked for.

use std::ops::Range;

use patchbay_domain::Timestamp;
use patchbay_domain::figures::{Day, Hour};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moment;
use crate::problem::{FieldError, Problem};

pub(super) const LONGEST_DAYS: i64 = 400;
const LONGEST_DAYS_BY_HOUR: i64 = 31;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interval {
    Hour,
    Day,
}

impl Interval {
    pub(super) const fn longest_days(self) -> i64 {
        match self {
            Self::Hour => LONGEST_DAYS_BY_HOUR,
            Self::Day => LONGEST_DAYS,
        }
    }

    /// How many hours are shown if nobody says from when on.
    const fn usual_hours(self) -> i64 {
        match self {
            Self::Hour => 24,
            Self::Day => 30 * 24,
        }
    }

    const fn hours(self) -> i64 {
        match self {
            Self::Hour => 1,
            Self::Day => 24,
        }
    }

    const fn down(self, hour: Hour) -> Hour {
        match self {
            Self::Hour => hour,
            Self::Day => hour.day().first_hour(),
        }
    }

    fn up(self, at: Timestamp) -> Hour {
        let hour = Hour::of(at);
        let up = if hour.start() < at { hour.next() } else { hour };
        match self {
            Self::Hour => up,
            Self::Day if self.down(up) == up => up,
            Self::Day => Day(up.day().0 + 1).first_hour(),
        }
    }
}

/// Whole buckets of time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Period {
    interval: Interval,
    pub(super) hours: Range<Hour>,
}

impl Period {
    pub(super) fn of(
        interval: Interval,
        from: Option<&str>,
        to: Option<&str>,
        longest_days: i64,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let wrong = |detail: String| {
            Err(Problem::invalid_query(FieldError::of_parameter(
                "from", detail,
            )))
        };
        let present = interval.up(Timestamp(now.0 + 1));
        let end = moment::parameter("to", to)?.map_or(present, |to| interval.up(to).min(present));
        let start = moment::parameter("from", from)?.map_or_else(
            || Hour(end.0 - interval.usual_hours()),
            |from| interval.down(Hour::of(from)),
        );
        if start >= end {
            return wrong("has to be before `to`, and in the past".to_owned());
        }
        if end.0 - start.0 > longest_days * 24 {
            return wrong(format!("has to be at most {longest_days} days before `to`"));
        }
        let hours = start..end;
        Ok(Self { interval, hours })
    }

    pub(super) fn buckets(&self) -> impl Iterator<Item = Range<Hour>> {
        let length = self.interval.hours();
        let count = (self.hours.end.0 - self.hours.start.0) / length;
        let first = self.hours.start.0;
        (0..count).map(move |place| {
            let start = first + place * length;
            Hour(start)..Hour(start + length)
        })
    }
}
