//! [`Rule`]: whether values of a type are compared in memory as the database does.

use crate::{dialect::Texts, value::SqlType};

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// As in memory.
    Exact,
    /// What has the same content is equal; all else only the database can tell.
    Doubtful,
}

impl Rule {
    /// How values of a type are compared.
    pub(super) fn of(ty: SqlType, ordering: bool, texts: Texts) -> Result<Self, &'static str> {
        let exact = match ty {
            SqlType::Text | SqlType::VarChar(_) | SqlType::Enum(_) | SqlType::Set(_) => match texts
            {
                Texts::Bytes => true,
                Texts::Sorted => !ordering,
                Texts::Collated => false,
            },
            // Each database has an order of its own.
            SqlType::Uuid => !ordering,
            // What it is compared with may be of double precision.
            SqlType::Float => false,
            // Nobody knows what it is.
            SqlType::Named(_) => false,
            SqlType::Json
            | SqlType::Inet
            | SqlType::TsVector
            | SqlType::Array(_)
            | SqlType::Range(_) => {
                return Err("a comparison of documents, addresses, arrays or ranges");
            }
            _ => true,
        };
        Ok(if exact { Self::Exact } else { Self::Doubtful })
    }

    /// The more careful of two.
    pub(super) fn and(self, other: Self) -> Self {
        if self == Self::Exact { other } else { self }
    }
}
