//! What a field can be besides a column that is loaded with the row.

use syn::{Expr, ExprLit, Ident, Lit, LitStr};

use super::{Arg, ColumnArgs, Given};
use crate::mistakes::Mistakes;

/// What an attribute is that no column holds, and where that was said.
pub(crate) struct Property {
    pub(crate) key: Ident,
    /// The expression; none where a query says it.
    pub(crate) expression: Option<Expr>,
}

impl ColumnArgs {
    /// Whether it can be a part of a composite value.
    pub(crate) fn is_part(&self) -> bool {
        !(self.is_key_or_filled() || self.property.is_some() || self.deferral.is_some())
    }

    /// Whether it is a key, or something fills it in.
    fn is_key_or_filled(&self) -> bool {
        self.primary_key
            || self.foreign_key.is_some()
            || self.default.is_some()
            || self.default_expression.is_some()
            || self.default_of_row.is_some()
            || self.onupdate.is_some()
            || self.server_onupdate
            || self.server_default.is_some()
            || self.version.is_some()
            || self.computed.is_some()
            || self.identity.is_some()
            || self.sequence.is_some()
    }

    /// Whether something is said that only a column of the table can be.
    pub(crate) fn is_stored(&self) -> bool {
        self.is_key_or_filled()
            || self.name.is_some()
            || self.unique
            || self.index
            || self.sql_type.is_some()
            || self.length.is_some()
            || self.numeric.is_some()
            || self.annotated.is_some()
            || !self.collations.is_empty()
            || self.comment.is_some()
            || self.not_null
    }
}

/// When a column is loaded.
#[derive(Default)]
pub(crate) struct Deferral {
    /// Those of one group are loaded together.
    pub(crate) group: Option<LitStr>,
    /// Whether it is loaded with the row.
    pub(crate) loaded: bool,
    /// Whether only a query's option loads it.
    pub(crate) raises: bool,
}

/// `deferred`, `deferred = false`
pub(super) fn deferred(arg: &Arg, mistakes: &mut Mistakes) -> bool {
    let Given::Value(expr) = &arg.given else { return arg.flag(mistakes) };
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Bool(it), .. }) => it.value,
        _ => {
            mistakes.at(expr, "write `deferred = false` of a column that is loaded with the row");
            true
        }
    }
}
