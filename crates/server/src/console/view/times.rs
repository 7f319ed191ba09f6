//! A moment in words: how long ago, and exactly when. The clock is a parameter; the script may put
//! the exact moment into the reader's own zone.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A moment, ready to print.
#[derive(Clone, Debug, Default)]
pub struct Time {
    /// RFC 3339, UTC.
    pub iso: String,
    /// Such as `3 hours ago`, `in 2 days` or, beyond a month, `12 Mar 2026`.
    pub relative: String,
    /// Such as `12 Mar 2026, 14:05:09 UTC`.
    pub exact: String,
}

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;

impl Time {
    /// The moment `at` seen from `now`.
    #[must_use]
    pub fn new(at: OffsetDateTime, now: OffsetDateTime) -> Self {
        let day = format_description!("[day padding:none] [month repr:short] [year]");
        let full = format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute]:[second] UTC");
        let at = at.to_offset(time::UtcOffset::UTC);
        Self {
            iso: at.replace_nanosecond(0).unwrap_or(at).format(&Rfc3339).unwrap_or_default(),
            relative: relative((at - now).whole_seconds()).unwrap_or_else(|| at.format(day).unwrap_or_default()),
            exact: at.format(full).unwrap_or_default(),
        }
    }

    /// The same from milliseconds since 1970; what the calendar cannot hold counts as 1970.
    #[must_use]
    pub fn from_millis(at_ms: i64, now_ms: i64) -> Self {
        let moment = |ms: i64| {
            OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
        };
        Self::new(moment(at_ms), moment(now_ms))
    }
}

fn relative(ahead_s: i64) -> Option<String> {
    // What is past counts whole units; what is to come is rounded, so that a token made a moment ago
    // for 30 days does not read `in 29 days`.
    let rounded = |unit_s: i64| (ahead_s + if ahead_s > 0 { unit_s / 2 } else { 0 }).abs() / unit_s;
    let far = ahead_s.abs();
    let (count, unit) = match far {
        0..45 => return Some("just now".to_owned()),
        45..3_600 => (rounded(MINUTE_S).max(1), "minute"),
        3_600..86_400 => (rounded(HOUR_S), "hour"),
        _ if far < 31 * DAY_S => (rounded(DAY_S), "day"),
        _ => return None,
    };
    let plural = if count == 1 { "" } else { "s" };
    Some(if ahead_s < 0 { format!("{count} {unit}{plural} ago") } else { format!("in {count} {unit}{plural}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_worded() {
        for (ahead_s, wanted) in [
            (0, Some("just now")),
            (-44, Some("just now")),
            (-45, Some("1 minute ago")),
            (-3_599, Some("59 minutes ago")),
            (-3_600, Some("1 hour ago")),
            (7_200, Some("in 2 hours")),
            (30 * 86_400 - 5, Some("in 30 days")),
            (-86_400, Some("1 day ago")),
            (-31 * 86_400, None),
        ] {
            assert_eq!(relative(ahead_s).as_deref(), wanted, "{ahead_s}");
        }
    }

    #[test]
    fn a_moment_is_printed_in_utc() {
        let time = Time::from_millis(1_773_324_309_000, 1_790_000_000_000);
        assert_eq!(time.iso, "2026-03-12T14:05:09Z");
        assert_eq!(time.exact, "12 Mar 2026, 14:05:09 UTC");
        assert_eq!(time.relative, "12 Mar 2026");
    }
}
