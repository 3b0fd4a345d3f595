//! A moment in words, for where no client shows it in the reader's zone.

use crate::text::TimestampFormat;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
const DAY: i64 = 86_400;

/// The moment in UTC. "Two hours ago" would be wrong two hours later, so a relative time is
/// written in full.
pub(super) fn in_utc(unix: i64, format: TimestampFormat) -> String {
    let days = unix.div_euclid(DAY);
    let second = unix.rem_euclid(DAY);
    let (year, month, day) = civil(days);
    let month_name = usize::try_from(month - 1)
        .ok()
        .and_then(|month| MONTHS.get(month));
    let weekday = usize::try_from(days.rem_euclid(7))
        .ok()
        .and_then(|day| WEEKDAYS.get(day));
    let short_date = format!("{year:04}-{month:02}-{day:02}");
    let long_date = format!("{day} {} {year}", month_name.copied().unwrap_or_default());
    let short_time = format!("{:02}:{:02}", second / 3600, second / 60 % 60);
    let medium_time = format!("{short_time}:{:02}", second % 60);
    match format {
        TimestampFormat::ShortTime => format!("{short_time} UTC"),
        TimestampFormat::MediumTime => format!("{medium_time} UTC"),
        TimestampFormat::ShortDate => short_date,
        TimestampFormat::LongDate => long_date,
        TimestampFormat::LongDateShortTime | TimestampFormat::Relative => {
            format!("{long_date} {short_time} UTC")
        }
        TimestampFormat::FullDateShortTime => {
            format!(
                "{}, {long_date} {short_time} UTC",
                weekday.copied().unwrap_or_default()
            )
        }
        TimestampFormat::ShortDateShortTime => format!("{short_date} {short_time} UTC"),
        TimestampFormat::ShortDateMediumTime => format!("{short_date} {medium_time} UTC"),
    }
}

/// Year, month and day of a day counted from 1970-01-01, by eras of 400 years that begin in March
/// so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    const DAYS_TO_ERA: i64 = 719_468;
    const ERA: i64 = 146_097;
    let days = days + DAYS_TO_ERA;
    let era = days.div_euclid(ERA);
    let day_of_era = days.rem_euclid(ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_on_the_calendar() {
        for (unix, format, expected) in [
            (
                0,
                TimestampFormat::FullDateShortTime,
                "Thursday, 1 January 1970 00:00 UTC",
            ),
            (951_782_400, TimestampFormat::ShortDate, "2000-02-29"),
            (
                1_618_953_630,
                TimestampFormat::FullDateShortTime,
                "Tuesday, 20 April 2021 21:20 UTC",
            ),
            (
                1_618_953_630,
                TimestampFormat::ShortDateMediumTime,
                "2021-04-20 21:20:30 UTC",
            ),
            (1_618_953_630, TimestampFormat::ShortTime, "21:20 UTC"),
            (
                -1,
                TimestampFormat::LongDateShortTime,
                "31 December 1969 23:59 UTC",
            ),
            (i64::MIN, TimestampFormat::ShortTime, "08:29 UTC"),
        ] {
            assert_eq!(in_utc(unix, format), expected);
        }
    }
}
