//! Points in time as Lodestar writes them.
//!
//! A timestamp is text first: it is hashed, signed and in places sorted as it was written. What it
//! means is the instant that JavaScript's `Date` reads from it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Milliseconds since 1970-01-01T00:00:00Z: the resolution of JavaScript's `Date`.
///
/// ```
/// use machinaut_chain::timestamp::{Instant, Timestamp};
///
/// let deadline: Timestamp = "2026-11-23T04:46:25.530Z".parse()?;
/// let late: Timestamp = "2026-11-23T05:46:25.531+01:00".parse()?;
/// assert!(late.instant() > deadline.instant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant(i64);

impl Instant {
    /// The instant so many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// let a_minute = Instant::from_millis(60_000);
    /// assert_eq!(a_minute.to_timestamp().as_str(), "1970-01-01T00:01:00.000Z");
    /// ```
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use machinaut_chain::timestamp::Timestamp;
    ///
    /// let (asked, deadline) = ("2026-11-23T04:46:15Z", "2026-11-23T04:46:25.5Z");
    /// let millis = |text: &str| Some(text.parse::<Timestamp>().ok()?.instant()?.millis());
    /// assert_eq!(millis(deadline).zip(millis(asked)).map(|(to, from)| to - from), Some(10_500));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// As `Date.prototype.toISOString` writes it: UTC, with milliseconds.
    ///
    /// ```
    /// use machinaut_chain::timestamp::Instant;
    ///
    /// assert_eq!(Instant::from_millis(0).to_timestamp().as_str(), "1970-01-01T00:00:00.000Z");
    /// ```
    pub fn to_timestamp(self) -> Timestamp {
        // Years that ISO 8601 writes with four digits; nothing that Lodestar accepts lies outside.
        const FIRST: i64 = -62_167_219_200_000;
        const LAST: i64 = 253_402_300_799_999;
        let millis = self.0.clamp(FIRST, LAST);
        let (days, rest) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
        let (year, month, day) = date_of(days);
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
        let (second, milli) = (rest / 1000 % 60, rest % 1000);
        Timestamp {
            text: format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
            ),
            instant: Some(Self(millis)),
        }
    }
}

/// A timestamp that Lodestar's schema accepts: a real calendar day, hours and minutes, seconds and
/// their fraction if they are there, and `Z` or an offset of hours and minutes.
///
/// ```
/// use machinaut_chain::timestamp::Timestamp;
///
/// let utc: Timestamp = "2026-11-23T04:46:15.000Z".parse()?;
/// let india: Timestamp = "2026-11-23T10:16:15+05:30".parse()?;
/// // Two texts, which hash and sort differently, for one instant.
/// assert_ne!(utc, india);
/// assert_eq!(utc.instant(), india.instant());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: String,
    instant: Option<Instant>,
}

/// A text that Lodestar's schema does not accept as a timestamp.
///
/// ```
/// use machinaut_chain::timestamp::{NotATimestamp, Timestamp};
///
/// assert_eq!("2026-02-29T00:00Z".parse::<Timestamp>(), Err(NotATimestamp));
/// assert_eq!("2026-11-23T04:46:15".parse::<Timestamp>(), Err(NotATimestamp));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a timestamp is an ISO 8601 date and time with `Z` or an offset")]
pub struct NotATimestamp;

impl Timestamp {
    /// The text as it was written.
    ///
    /// ```
    /// use machinaut_chain::timestamp::Timestamp;
    ///
    /// // What was signed is this text; written in another way it would have another hash.
    /// let at: Timestamp = "2026-11-23T05:46+01:00".parse()?;
    /// assert_eq!(at.as_str(), "2026-11-23T05:46+01:00");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The instant, to the millisecond as JavaScript has it. None where the schema accepts the
    /// offset but no `Date` can be made of it, such as `+14:60`.
    ///
    /// ```
    /// use machinaut_chain::timestamp::{Instant, Timestamp};
    ///
    /// let at: Timestamp = "1970-01-01T00:00:01.2349Z".parse()?;
    /// assert_eq!(at.instant(), Some(Instant::from_millis(1_234)));
    /// let of_no_clock: Timestamp = "2026-11-23T04:46:15+14:60".parse()?;
    /// assert_eq!(of_no_clock.instant(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn instant(&self) -> Option<Instant> {
        self.instant
    }
}

impl FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let (local, offset) = read(text).ok_or(NotATimestamp)?;
        let instant = offset
            .minutes()
            .map(|minutes| Instant(local - minutes * 60_000));
        Ok(Self {
            text: text.to_owned(),
            instant,
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl From<Instant> for Timestamp {
    fn from(instant: Instant) -> Self {
        instant.to_timestamp()
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Milliseconds since 1970 by the clock on the wall, and how far that clock is off UTC. None where
/// the schema refuses the text.
fn read(text: &str) -> Option<(i64, Offset)> {
    let mut rest = Rest(text.as_bytes());
    let year = rest.number(4)?;
    rest.byte(b'-')?;
    let month = rest.number(2)?;
    rest.byte(b'-')?;
    let day = rest.number(2)?;
    rest.byte(b'T')?;
    let hour = rest.number(2)?;
    rest.byte(b':')?;
    let minute = rest.number(2)?;
    let (mut second, mut milli) = (0, 0);
    if rest.byte(b':').is_some() {
        second = rest.number(2)?;
        if rest.byte(b'.').is_some() {
            milli = rest.fraction()?;
        }
    }
    if day == 0 || day > days_in(year, month)? || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = rest.offset()?;
    if !rest.0.is_empty() {
        return None;
    }
    let minutes = (days_before(year, month, day) * 24 + hour) * 60 + minute;
    Some(((minutes * 60 + second) * 1000 + milli, offset))
}

/// How far a clock is off UTC, as written.
struct Offset {
    sign: i64,
    hours: i64,
    minutes: i64,
}

impl Offset {
    /// Minutes east of UTC; none where JavaScript has no such offset.
    fn minutes(&self) -> Option<i64> {
        let known = self.hours <= 24 && self.minutes <= 59;
        known.then_some(self.sign * (self.hours * 60 + self.minutes))
    }
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn digit(&mut self) -> Option<i64> {
        let (digit, rest) = self.0.split_first()?;
        if !digit.is_ascii_digit() {
            return None;
        }
        self.0 = rest;
        Some(i64::from(digit - b'0'))
    }

    fn number(&mut self, digits: usize) -> Option<i64> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// The thousandths of a fraction of any length.
    fn fraction(&mut self) -> Option<i64> {
        let mut millis = self.digit()? * 100;
        let mut weight = 10;
        while let Some(digit) = self.digit() {
            millis += digit * weight;
            weight /= 10;
        }
        Some(millis)
    }

    fn offset(&mut self) -> Option<Offset> {
        if self.byte(b'Z').is_some() {
            return Some(Offset {
                sign: 1,
                hours: 0,
                minutes: 0,
            });
        }
        let sign = if self.byte(b'-').is_some() {
            -1
        } else {
            self.byte(b'+')?;
            1
        };
        let hours = self.number(2)?;
        let _ = self.byte(b':');
        let minutes = self.number(2)?;
        Some(Offset {
            sign,
            hours,
            minutes,
        })
    }
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days from 1970-01-01 to this day. Years are counted from March, so that the leap day is last.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day that lie so many days after 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<i64> {
        text.parse::<Timestamp>()
            .unwrap()
            .instant()
            .map(Instant::millis)
    }

    #[test]
    fn an_instant_is_what_javascript_makes_of_the_text() {
        assert_eq!(millis("1970-01-01T00:00Z"), Some(0));
        assert_eq!(millis("2026-11-23T04:46:15.531Z"), Some(1_795_409_175_531));
        assert_eq!(
            millis("2026-11-23T10:16:15.531999+05:30"),
            Some(1_795_409_175_531)
        );
        assert_eq!(
            millis("2026-11-23T10:16:15.5+0530"),
            Some(1_795_409_175_500)
        );
        assert_eq!(millis("1969-12-31T23:59:59.999Z"), Some(-1));
        assert_eq!(millis("0000-01-01T00:00:00Z"), Some(-62_167_219_200_000));
        assert_eq!(
            millis("9999-12-31T23:59:59.999Z"),
            Some(253_402_300_799_999)
        );
    }

    #[test]
    fn an_offset_that_no_clock_has_names_no_instant() {
        assert_eq!(millis("2026-11-23T04:46:15+14:60"), None);
        assert_eq!(millis("2026-11-23T04:46:15+25:00"), None);
    }

    #[test]
    fn an_instant_is_written_as_javascript_writes_it() {
        for text in [
            "2024-02-29T23:59:59.999Z",
            "1969-12-31T00:00:00.001Z",
            "0000-03-01T00:00:00.000Z",
        ] {
            let instant = text.parse::<Timestamp>().unwrap().instant().unwrap();
            assert_eq!(instant.to_timestamp().as_str(), text);
        }
    }
}
