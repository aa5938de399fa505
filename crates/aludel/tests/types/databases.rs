//! The databases on which every type makes its round trip, and what each can't keep.

use std::ops::RangeInclusive;

use aludel::{
    blocking::Engine,
    value::{Scalar, SqlType},
};

/// A database.
pub(crate) struct Database {
    pub(crate) url: String,
    /// The years that its dates may have.
    pub(crate) years: RangeInclusive<i32>,
    /// Whether text may hold a NUL.
    pub(crate) nul: bool,
    /// Whether -0.0 isn't 0.0.
    pub(crate) negative_zero: bool,
    /// Whether floating-point numbers may be infinite.
    pub(crate) infinite: bool,
    /// Types whose values aren't equal to what was kept of them.
    pub(crate) unequal: &'static [SqlType],
}

/// SQLite, and PostgreSQL where the environment says where it is.
pub(crate) fn databases() -> Vec<Database> {
    let sqlite = Database {
        url: "sqlite::memory:".to_owned(),
        years: -200_000..=200_000,
        nul: true,
        negative_zero: false,
        infinite: true,
        unequal: &[],
    };
    let mut all = vec![sqlite];
    if cfg!(feature = "postgres")
        && let Ok(url) = std::env::var("ALUDEL_POSTGRES_URL")
    {
        all.push(Database {
            url,
            years: -4712..=200_000,
            nul: false,
            negative_zero: true,
            infinite: true,
            unequal: &[],
        });
    }
    all
}

impl Database {
    /// Whether it has no columns of this type.
    pub(crate) fn lacks<T: Scalar>(&self, engine: &Engine) -> bool {
        let types = engine.dialect().capability().types;
        match T::TYPE {
            SqlType::Array(_) => !types.arrays,
            SqlType::Range(_) => !types.ranges,
            _ => false,
        }
    }

    /// Whether a value equals what was kept of it.
    pub(crate) fn compares<T: Scalar>(&self) -> bool {
        !self.unequal.contains(&T::TYPE)
    }

    /// The years that both this database and a date crate know.
    pub(crate) fn years(&self, of: RangeInclusive<i32>) -> RangeInclusive<i32> {
        *self.years.start().max(of.start())..=*self.years.end().min(of.end())
    }
}
