//! [`Version`]: the column that says whether a row is still the one that was read, and what its value
//! becomes when the row is written.

use std::time::{SystemTime, UNIX_EPOCH};

use aludel_core::value::{Assign, ColumnType, Date, DateTime, SqlType, Time, Value, ValueRef};

use super::{ColumnMeta, OnUpdate};

#[cfg(test)]
mod tests;

/// Who makes the version that a row gets when it is written.
#[derive(Clone, Copy, Debug)]
pub enum Version {
    /// The unit of work, from the version before; from NULL where there is none.
    Generated(fn(ValueRef<'_>) -> Value),
    /// The program, as it sets any column; the unit of work only compares.
    Manual,
    /// The database, by a default and a trigger or the like; the unit of work compares, and reads what
    /// became of it.
    Server,
}

/// The column is the version: counted, a moment or a UUID, as its type says.
///
/// # Panics
/// The column's type has no next value, or accepts NULL. Generated code calls this in a `static`, where a
/// panic is a compiler error.
#[must_use]
pub const fn versioned<T: ColumnType>(mut column: ColumnMeta) -> ColumnMeta {
    assert!(
        has_next(T::TYPE),
        "a version is an integer, a moment or a UUID; for another type say what follows: \
         `version = |old| …`"
    );
    column.version = Some(Version::Generated(next::<T>));
    never_null::<T>(column)
}

/// The column is the version, and a function makes the next.
///
/// # Panics
/// As [`versioned`].
#[must_use]
pub const fn versioned_by<T: ColumnType>(
    mut column: ColumnMeta,
    next: fn(ValueRef<'_>) -> Value,
) -> ColumnMeta {
    column.version = Some(Version::Generated(next));
    never_null::<T>(column)
}

/// The column is the version, and the program sets it.
///
/// # Panics
/// As [`versioned`].
#[must_use]
pub const fn versioned_by_hand<T: ColumnType>(mut column: ColumnMeta) -> ColumnMeta {
    column.version = Some(Version::Manual);
    never_null::<T>(column)
}

/// The column is the version, and the database makes each.
///
/// # Panics
/// As [`versioned`]; or the field is no `Auto`, so that an object always has a value of its own.
#[must_use]
pub const fn versioned_by_server<T: ColumnType>(mut column: ColumnMeta) -> ColumnMeta {
    assert!(
        T::AUTO,
        "a version that the database makes needs a field that can be without: `Auto<…>`"
    );
    column.version = Some(Version::Server);
    column.on_update = Some(OnUpdate::Server);
    never_null::<T>(column)
}

const fn never_null<T: ColumnType>(column: ColumnMeta) -> ColumnMeta {
    assert!(!T::NULLABLE, "a version is never NULL: it is compared, and NULL equals nothing");
    column
}

const fn has_next(ty: SqlType) -> bool {
    use SqlType as Type;
    matches!(
        ty,
        Type::SmallInt | Type::Int | Type::BigInt | Type::DateTime | Type::TimestampTz | Type::Uuid
    )
}

/// The version behind another.
fn next<T: ColumnType>(old: ValueRef<'_>) -> Value {
    match (T::TYPE, old) {
        (SqlType::DateTime, ValueRef::DateTime(old)) => Value::DateTime(moment(Some(old))),
        (SqlType::DateTime, _) => Value::DateTime(moment(None)),
        (SqlType::TimestampTz, ValueRef::Instant(old)) => Value::Instant(moment(Some(old))),
        (SqlType::TimestampTz, _) => Value::Instant(moment(None)),
        (SqlType::Uuid, _) => Value::Uuid(uuid()),
        // Versions are compared for being the same: behind the last number comes the first.
        (_, ValueRef::Int(old)) => {
            let fits = |it: &i64| T::from_ref(ValueRef::Int(*it)).is_some();
            Value::Int(old.checked_add(1).filter(fits).unwrap_or(1))
        }
        _ => Value::Int(1),
    }
}

/// A builder's value for a version that nobody has given.
pub fn first_version<T: ColumnType>() -> T {
    T::from_ref(next::<T>(ValueRef::Null).as_ref())
        .expect("the version's type was checked when the program was compiled")
}

/// The same, by a function of the program's.
pub fn first_version_by<T>(next: impl FnOnce(Option<T::Base>) -> T::Base) -> T
where
    T: ColumnType<Base: Assign<T>>,
{
    next(None).assign()
}

/// The version behind another, by a function of the program's.
pub fn next_version_by<T: ColumnType>(
    old: ValueRef<'_>,
    next: impl FnOnce(Option<T::Base>) -> T::Base,
) -> Value {
    let old = T::from_ref(old).and_then(|it| <T::Base as ColumnType>::from_ref(it.to_ref()));
    Value::from(next(old))
}

/// The current moment, in UTC; a later one than the last, however coarse the clock is.
fn moment(old: Option<DateTime>) -> DateTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = of_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    match old.filter(|old| *old >= now) {
        None => now,
        Some(old) => behind(old),
    }
}

/// The moment a microsecond later.
fn behind(moment: DateTime) -> DateTime {
    let DateTime { date, time } = moment;
    let seconds = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60;
    let seconds = days_before(date) * 86_400 + seconds + i64::from(time.second);
    of_micros(seconds.saturating_mul(1_000_000).saturating_add(i64::from(time.micros) + 1))
}

/// The moment so many microseconds after 1970 began.
fn of_micros(micros: i64) -> DateTime {
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, seconds) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = Time {
        hour: (seconds / 3600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        micros: micros as u32,
    };
    DateTime { date: date_of(days), time }
}

/// The day so many days after 1970 began; years begin in March here, so that leap days come last.
fn date_of(days: i64) -> Date {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    Date { year: year as i32, month: month as u8, day: day as u8 }
}

/// How many days before it began in 1970.
fn days_before(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month), i64::from(date.day));
    let year = i64::from(date.year) - i64::from(month <= 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A random UUID. That no two are the same is enough: it need not be a secret.
fn uuid() -> [u8; 16] {
    use std::hash::{BuildHasher as _, RandomState};
    let [high, low] = [0_u8, 1].map(|it| RandomState::new().hash_one(it));
    let mut bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}
