//! Calendar values in the neutral form that drivers exchange; arithmetic belongs to the date
//! crates whose types convert to and from these.

use std::fmt;

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// The year, astronomical (0 is 1 BC).
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// A time of day with microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// 0 to 999,999.
    pub micros: u32,
}

/// A day and a time of day, without a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Time,
}

/// ISO 8601: `2009-01-31`.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{:02}-{:02}", self.year.unsigned_abs(), self.month, self.day)
    }
}

/// ISO 8601: `23:59:07`, with six more digits only where there are microseconds.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.micros != 0 {
            write!(f, ".{:06}", self.micros)?;
        }
        Ok(())
    }
}

/// As SQL and SQLite's own functions write it: `2009-01-31 23:59:07`.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.date, self.time)
    }
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let fits = digits.contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

impl Date {
    /// Reads `2009-01-31`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut parts = digits.splitn(3, '-');
        let year = i32::try_from(number(parts.next()?, 4..=6)?).ok()?;
        let month = u8::try_from(number(parts.next()?, 2..=2)?).ok()?;
        let day = u8::try_from(number(parts.next()?, 2..=2)?).ok()?;
        let valid = (1..=12).contains(&month) && (1..=31).contains(&day);
        valid.then_some(Self { year: if negative { -year } else { year }, month, day })
    }
}

impl Date {
    /// The day after; `None` where the year has no successor.
    pub(super) fn next(self) -> Option<Self> {
        let Self { year, month, day } = self;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        Some(match (day < last, month < 12) {
            (true, _) => Self { day: day + 1, ..self },
            (false, true) => Self { month: month + 1, day: 1, ..self },
            (false, false) => Self { year: year.checked_add(1)?, month: 1, day: 1 },
        })
    }
}

impl Time {
    /// Reads `23:59`, `23:59:07` and `23:59:07.123456`; digits past microseconds are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let mut parts = clock.splitn(3, ':');
        let hour = u8::try_from(number(parts.next()?, 2..=2)?).ok()?;
        let minute = u8::try_from(number(parts.next()?, 2..=2)?).ok()?;
        let second = u8::try_from(number(parts.next().unwrap_or("00"), 2..=2)?).ok()?;
        let digits = fraction.len().min(6);
        let micros = number(fraction.get(..digits)?, 1..=6)? * 10_u32.pow(6 - digits as u32);
        let valid = hour < 24 && minute < 60 && second < 60;
        valid.then_some(Self { hour, minute, second, micros })
    }
}

impl DateTime {
    /// Reads a moment, in UTC, with or without a sign of that at its end: `Z`, `+00` or `+00:00`.
    pub fn parse_utc(text: &str) -> Option<Self> {
        let bare = ["Z", "+00", "+00:00"].into_iter().find_map(|it| text.strip_suffix(it));
        Self::parse(bare.unwrap_or(text))
    }

    /// Always with six digits for microseconds: `2009-01-31 23:59:07.000000`. Where moments are kept
    /// as text, texts then sort as moments do.
    pub fn with_micros(self) -> impl fmt::Display {
        let whole = Self { time: Time { micros: 0, ..self.time }, ..self };
        fmt::from_fn(move |f| write!(f, "{whole}.{:06}", self.time.micros))
    }

    /// Reads `2009-01-31 23:59:07`, with a `T` between the halves too, and a bare day as midnight.
    pub fn parse(text: &str) -> Option<Self> {
        let midnight = Time { hour: 0, minute: 0, second: 0, micros: 0 };
        match text.split_once([' ', 'T']) {
            Some((date, time)) => Some(Self {
                date: Date::parse(date)?,
                time: Time::parse(time.trim_end_matches('Z'))?,
            }),
            None => Some(Self { date: Date::parse(text)?, time: midnight }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, DateTime};

    #[test]
    fn is_read_as_it_was_written() {
        for year in [-262_143, -10_000, -999, -1, 0, 1, 999, 9999, 10_000, 262_142] {
            let date = Date { year, month: 2, day: 3 };
            assert_eq!(Date::parse(&date.to_string()), Some(date));
        }
        let moment = DateTime::parse("2009-01-31 23:59:07.5");
        for text in
            ["2009-01-31T23:59:07.5Z", "2009-01-31 23:59:07.500+00", "2009-01-31 23:59:07.5+00:00"]
        {
            assert_eq!(DateTime::parse_utc(text), moment);
        }
        assert_eq!(DateTime::parse_utc("2009-01-31 23:59:07+01"), None);
    }

    #[test]
    fn days_follow_each_other() {
        for (day, next) in [
            ("2009-01-30", "2009-01-31"),
            ("2009-02-28", "2009-03-01"),
            ("2008-02-28", "2008-02-29"),
            ("1900-02-28", "1900-03-01"),
            ("2000-02-29", "2000-03-01"),
            ("-0001-12-31", "0000-01-01"),
            ("0000-02-28", "0000-02-29"),
            ("2009-04-30", "2009-05-01"),
            ("2009-12-31", "2010-01-01"),
        ] {
            assert_eq!(Date::parse(day).and_then(Date::next), Date::parse(next));
        }
        assert_eq!(Date { year: i32::MAX, month: 12, day: 31 }.next(), None);
    }
}
