//! Days and microseconds since 2000, as PostgreSQL counts time.

use aludel_core::value::{Date, DateTime, Time};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The days from 2000-01-01 to a day. A civil year is taken to begin in March, so that the leap day
/// is its last; 400 such years have 146,097 days.
pub(super) fn days(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month < 3);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 730_425
}

/// The day so many days after 2000-01-01; `None` beyond the years that there are.
pub(super) fn date(days: i64) -> Option<Date> {
    let days = days + 730_425;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month < 3);
    Some(Date { year: i32::try_from(year).ok()?, month: month as u8, day: day as u8 })
}

pub(super) fn micros_of_day(time: Time) -> i64 {
    let minutes = i64::from(time.hour) * 60 + i64::from(time.minute);
    (minutes * 60 + i64::from(time.second)) * 1_000_000 + i64::from(time.micros)
}

/// A time of day; `None` for what isn't one, such as PostgreSQL's 24:00.
pub(super) fn time(micros: i64) -> Option<Time> {
    if !(0..MICROS_PER_DAY).contains(&micros) {
        return None;
    }
    let seconds = micros / 1_000_000;
    Some(Time {
        hour: (seconds / 3_600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        micros: (micros % 1_000_000) as u32,
    })
}

/// Microseconds since 2000; `None` beyond what 64 bits hold.
pub(super) fn micros(moment: DateTime) -> Option<i64> {
    days(moment.date).checked_mul(MICROS_PER_DAY)?.checked_add(micros_of_day(moment.time))
}

/// The moment so many microseconds after 2000; `None` for PostgreSQL's infinities.
pub(super) fn moment(micros: i64) -> Option<DateTime> {
    if matches!(micros, i64::MIN | i64::MAX) {
        return None;
    }
    Some(DateTime {
        date: date(micros.div_euclid(MICROS_PER_DAY))?,
        time: time(micros.rem_euclid(MICROS_PER_DAY))?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn days_count_both_ways() {
        for (text, number) in [
            ("2000-01-01", 0),
            ("1999-12-31", -1),
            ("2000-02-29", 59),
            ("2000-03-01", 60),
            ("1970-01-01", -10_957),
            ("9999-12-31", 2_921_939),
            ("0001-01-01", -730_119),
        ] {
            let day = Date::parse(text).unwrap();
            assert_eq!(days(day), number, "{text}");
            assert_eq!(date(number), Some(day), "{text}");
        }
        let mut last = date(-1_000_001).unwrap();
        for number in -1_000_000..1_000_000 {
            let day = date(number).unwrap();
            assert!(day > last && days(day) == number);
            last = day;
        }
    }

    #[test]
    fn infinities_are_no_moments() {
        assert_eq!(moment(i64::MAX), None);
        assert_eq!(moment(i64::MIN), None);
        assert!(moment(-1).is_some_and(|it| it.to_string() == "1999-12-31 23:59:59.999999"));
    }
}
