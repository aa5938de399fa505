//! [`Composite`]: several columns that are one value.

use aludel_core::{
    DecodeError,
    expr::{Assignment, ColumnRef, Expr, Node, UnaryOp},
    value::{ColumnType, Cursor, NotNull, Nullness, Value, ValueRef},
};

use super::ColumnMeta;

/// Several columns that are one value: a point, an amount with its currency. `#[derive(Composite)]` implements
/// it; nothing else should.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a composite value",
    label = "this type has no columns of its own",
    note = "add `#[derive(Composite, Clone)]` to its definition"
)]
pub trait Composite: Clone + Send + Sync + 'static {
    /// Its columns in statements, as those of the mapped struct `E`.
    type Columns<E, N: Nullness>: Copy;

    /// Its columns, in field order.
    #[doc(hidden)]
    const COLUMNS: &'static [ColumnMeta];

    /// Reads its columns, in order.
    #[doc(hidden)]
    fn decode(row: &mut Cursor<'_>) -> Result<Self, DecodeError>;

    /// A column's value.
    #[doc(hidden)]
    fn get(&self, column: u16) -> ValueRef<'_>;

    /// Sets a column; `false` where the value is of another kind.
    #[doc(hidden)]
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool;
}

/// The type of a composite's column where all of it may be NULL, if `N` says so.
pub type In<N, T> =
    <<N as Nullness>::Or<<T as ColumnType>::Null> as Nullness>::Wrap<<T as ColumnType>::Base>;

/// A field that holds a composite value, or maybe one: what generated code does with it.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a field of a composite value",
    label = "expected a struct with `#[derive(Composite)]`, or an `Option` of one that has `Default`, too",
    note = "an `Option` is filled column by column: `#[derive(Composite, Clone, Default)]`"
)]
pub trait CompositeField: Sized {
    fn decode(row: &mut Cursor<'_>) -> Result<Self, DecodeError>;
    fn get(&self, column: u16) -> ValueRef<'_>;
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool;
    fn snapshot(&self) -> Self;
}

impl<C: Composite> CompositeField for C {
    fn decode(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        Composite::decode(row)
    }

    fn get(&self, column: u16) -> ValueRef<'_> {
        Composite::get(self, column)
    }

    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool {
        Composite::put(self, column, value)
    }

    fn snapshot(&self) -> Self {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<C: Composite + Default> CompositeField for Option<C> {
    /// Nothing where all columns are NULL.
    fn decode(row: &mut Cursor<'_>) -> Result<Self, DecodeError> {
        if (0..C::COLUMNS.len()).all(|it| row.ahead(it).is_null()) {
            row.skip(C::COLUMNS.len());
            return Ok(None);
        }
        C::decode(row).map(Some)
    }

    fn get(&self, column: u16) -> ValueRef<'_> {
        self.as_ref().map_or(ValueRef::Null, |it| it.get(column))
    }

    /// The columns come one by one: what isn't there yet is as in a fresh value, and the last that becomes
    /// NULL takes the whole away.
    fn put(&mut self, column: u16, value: Option<ValueRef<'_>>) -> bool {
        let is_null = value.is_none_or(|it| it.is_null());
        match self {
            None if is_null => true,
            None => {
                let mut fresh = C::default();
                let fits = fresh.put(column, value);
                *self = Some(fresh);
                fits
            }
            // A part that can't be NULL takes the whole with it.
            Some(it) if is_null && !C::COLUMNS[usize::from(column)].nullable => {
                let _ = it;
                *self = None;
                true
            }
            Some(it) => {
                let fits = it.put(column, value);
                let all = 0..C::COLUMNS.len() as u16;
                if is_null && all.into_iter().all(|at| it.get(at).is_null()) {
                    *self = None;
                }
                fits
            }
        }
    }

    fn snapshot(&self) -> Self {
        self.clone()
    }
}

/// Whether a composite's columns hold a value; NULL in each of them where there is none.
pub fn composite_equals<C: Composite>(columns: &[ColumnRef], value: Option<&C>) -> Expr<bool> {
    let parts = (0_u16..).zip(columns).map(|(at, column)| {
        let column = Node::Column(*column);
        match value.map(|it| it.get(at)).filter(|it| !it.is_null()) {
            None => Node::unary(UnaryOp::IsNull, column),
            Some(value) => column.equals(Node::Bind(value.to_value())),
        }
    });
    Expr::new(Node::all(parts).unwrap_or(Node::Bind(true.into())))
}

/// Whether a composite's columns hold one of these values.
pub fn composite_among<C: Composite>(columns: &[ColumnRef], values: Vec<C>) -> Expr<bool> {
    let any = values.iter().map(|it| composite_equals(columns, Some(it)));
    any.reduce(|one, other| one | other).unwrap_or_else(|| Expr::new(Node::Bind(false.into())))
}

/// Sets a composite's columns, in an UPDATE or INSERT.
pub fn composite_set<C: Composite>(columns: &[ColumnRef], value: Option<&C>) -> Vec<Assignment> {
    let set = (0_u16..).zip(columns).map(|(at, column)| {
        let value = value.map_or(Value::Null, |it| it.get(at).to_value());
        Assignment { column: *column, value: Node::Bind(value) }
    });
    set.collect()
}

/// The nullness of a composite that is always there.
#[doc(hidden)]
pub type Always = NotNull;
