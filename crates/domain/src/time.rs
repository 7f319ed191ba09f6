//! Points in time, as whole microseconds since 1970-01-01T00:00:00Z, the precision both engines
//! keep. Does not read a clock.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time in UTC; shown and read as RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A text that is not an RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadTime;

impl fmt::Display for BadTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an RFC 3339 time such as `2026-01-31T09:30:00Z`")
    }
}

impl std::error::Error for BadTime {}

impl Timestamp {
    /// From whole microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Whole microseconds since the Unix epoch.
    #[must_use]
    #[inline]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch, never negative.
    #[must_use]
    pub fn millis(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// This moment moved by `seconds`, clamped at the ends of time.
    #[must_use]
    pub const fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Whole seconds from `earlier` to this moment.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// The last microsecond of this moment's day in UTC.
    #[must_use]
    pub const fn end_of_day(self) -> Self {
        const DAY_MICROS: i64 = 86_400_000_000;
        Self((self.0.div_euclid(DAY_MICROS)).saturating_add(1).saturating_mul(DAY_MICROS).saturating_sub(1))
    }

    fn calendar(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// `2026-01-31 09:30 UTC`, for people.
    #[must_use]
    pub fn plain(self) -> String {
        let at = self.calendar();
        format!("{:04}-{:02}-{:02} {:02}:{:02} UTC", at.year(), u8::from(at.month()), at.day(), at.hour(), at.minute())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.calendar().format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;
    fn from_str(text: &str) -> Result<Self, BadTime> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| BadTime)?;
        i64::try_from(at.unix_timestamp_nanos() / 1_000).map(Self).map_err(|_| BadTime)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn times_round_trip_to_the_microsecond() {
        let at = Timestamp::from_micros(1_795_000_000_123_456);
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
        assert_eq!(at.plus_s(60).seconds_since(at), 60);
        assert!("yesterday".parse::<Timestamp>().is_err());
        for text in ["1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2026-11-25T01:02:03.5Z"] {
            let at: Timestamp = text.parse().unwrap();
            assert_eq!((at.to_string().as_str(), serde_json::json!(at)), (text, serde_json::json!(text)));
        }
        let end: Timestamp = "2026-11-25T23:59:59.999999Z".parse().unwrap();
        for of_that_day in ["2026-11-25T00:00:00Z", "2026-11-25T23:59:59.999999Z", "2026-11-26T01:00:00+02:00"] {
            assert_eq!(of_that_day.parse::<Timestamp>().unwrap().end_of_day(), end);
        }
    }
}
