//! [`Expression`]: all operators, in one trait.

use super::{Expr, InList, Labeled, Operand, func::Text};
use crate::{
    expr::{BinaryOp, Node, NullsOrder, OrderBy, UnaryOp},
    value::{ColumnType, Nullness, Scalar, SqlEnum, SqlSet, Value},
};

/// The scalar of an expression's type.
pub(super) type Base<X> = <<X as Expression>::Type as ColumnType>::Base;

/// `T` or `Option<T>`, as nullable as the expression.
pub(super) type Like<X, T> = <<<X as Expression>::Type as ColumnType>::Null as Nullness>::Wrap<T>;

/// What stands in a statement and has a value: a column, an operation, a function. Its operators
/// are methods here, and `+ - * /` for numbers, `&`, `|` and `!` for conditions.
///
/// A literal takes the column's type, and becomes a parameter.
///
/// ```
/// # use aludel_core::{dialect::Sqlite, expr::{Column, Source, TableName}};
/// use aludel_core::expr::{Expression, select};
/// # struct Tag;
/// # let table = TableName::new("user_account");
/// # let name = Column::<Tag, String>::new(Source::Table, table, "name");
/// # let age = Column::<Tag, Option<i32>>::new(Source::Table, table, "age");
///
/// let adults = select(name).filter(age.ge(18) & name.starts_with("A"));
/// assert_eq!(
///     adults.to_sql(&Sqlite)?,
///     "SELECT user_account.name FROM user_account \
///      WHERE user_account.age >= ? AND user_account.name LIKE ? ESCAPE '/'"
/// );
/// # Ok::<(), aludel_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a SQL expression",
    label = "neither a column nor an expression",
    note = "a value becomes an expression with `lit(value)`"
)]
#[allow(
    clippy::wrong_self_convention,
    reason = "the operators keep SQL's names, and consume their operands as `+` does"
)]
pub trait Expression: Sized {
    /// The type of its value: a scalar or an `Option` of one.
    type Type: ColumnType;

    /// The untyped expression.
    fn into_node(self) -> Node;

    /// `=`; with a `None` it asks for NULL.
    fn eq<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        equality(BinaryOp::Eq, UnaryOp::IsNull, self.into_node(), rhs.into_operand())
    }

    /// `<>`; with a `None` it asks for NOT NULL.
    fn ne<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        equality(BinaryOp::Ne, UnaryOp::IsNotNull, self.into_node(), rhs.into_operand())
    }

    /// `<`
    fn lt<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Lt, self.into_node(), rhs.into_operand())
    }

    /// `<=`
    fn le<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Le, self.into_node(), rhs.into_operand())
    }

    /// `>`
    fn gt<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Gt, self.into_node(), rhs.into_operand())
    }

    /// `>=`
    fn ge<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Ge, self.into_node(), rhs.into_operand())
    }

    /// Equality in which NULL equals NULL, and which is never NULL itself.
    fn is_not_distinct_from<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Same, self.into_node(), rhs.into_operand())
    }

    /// The opposite of [`Expression::is_not_distinct_from`].
    fn is_distinct_from<R: Operand<Base<Self>>>(self, rhs: R) -> Expr<bool> {
        binary(BinaryOp::Distinct, self.into_node(), rhs.into_operand())
    }

    /// `IS NULL`
    fn is_null(self) -> Expr<bool> {
        Expr::new(Node::unary(UnaryOp::IsNull, self.into_node()))
    }

    /// `IS NOT NULL`
    fn is_not_null(self) -> Expr<bool> {
        Expr::new(Node::unary(UnaryOp::IsNotNull, self.into_node()))
    }

    /// Among the values of a list, or of a subquery. Nothing is among an empty list's.
    fn in_<L: InList<Base<Self>>>(self, list: L) -> Expr<bool> {
        Expr::new(list.into_in(self.into_node(), false))
    }

    /// Not among them.
    fn not_in<L: InList<Base<Self>>>(self, list: L) -> Expr<bool> {
        Expr::new(list.into_in(self.into_node(), true))
    }

    /// `BETWEEN low AND high`, both ends included.
    fn between<L: Operand<Base<Self>>, H: Operand<Base<Self>>>(
        self,
        low: L,
        high: H,
    ) -> Expr<bool> {
        Expr::new(Node::Between {
            subject: Box::new(self.into_node()),
            low: Box::new(low.into_operand()),
            high: Box::new(high.into_operand()),
            negated: false,
        })
    }

    /// `LIKE`: `%` stands for any text, `_` for any character. Whether case matters is the
    /// database's way.
    fn like<R: Operand<String>>(self, pattern: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        Expr::new(like(self.into_node(), pattern.into_operand(), Pattern::default()))
    }

    /// `NOT LIKE`
    fn not_like<R: Operand<String>>(self, pattern: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        let negated = Pattern { negated: true, ..Pattern::default() };
        Expr::new(like(self.into_node(), pattern.into_operand(), negated))
    }

    /// LIKE that ignores case.
    fn ilike<R: Operand<String>>(self, pattern: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        let insensitive = Pattern { insensitive: true, ..Pattern::default() };
        Expr::new(like(self.into_node(), pattern.into_operand(), insensitive))
    }

    /// Whether the text has `part` in it; `%` and `_` in a value mean themselves.
    fn contains<R: Operand<String>>(self, part: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        Expr::new(affix(self.into_node(), true, part.into_operand(), true))
    }

    /// Whether the text starts with `part`; `%` and `_` in a value mean themselves.
    fn starts_with<R: Operand<String>>(self, part: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        Expr::new(affix(self.into_node(), false, part.into_operand(), true))
    }

    /// Whether the text ends with `part`; `%` and `_` in a value mean themselves.
    fn ends_with<R: Operand<String>>(self, part: R) -> Expr<bool>
    where
        Base<Self>: Text,
    {
        Expr::new(affix(self.into_node(), true, part.into_operand(), false))
    }

    /// Whether a set of labels has this one.
    ///
    /// ```
    /// # use aludel_core::{dialect::Sqlite, expr::{Column, Source, TableName}};
    /// # use aludel_core::value::{EnumType, Scalar, SqlEnum, SqlSet, SqlType, ValueRef};
    /// use aludel_core::expr::{Expression, select};
    /// # #[derive(Clone)]
    /// # enum Day { Mon }
    /// # impl Scalar for Day {
    /// #     const TYPE: SqlType = SqlType::Enum(Self::LABELS);
    /// #     fn to_ref(&self) -> ValueRef<'_> { ValueRef::Text("mon") }
    /// #     fn from_ref(_: ValueRef<'_>) -> Option<Self> { Some(Self::Mon) }
    /// # }
    /// # impl SqlEnum for Day {
    /// #     const LABELS: &'static EnumType = &EnumType { name: "day", labels: &["mon"], native: true };
    /// # }
    /// # struct Shop;
    /// # let open = Column::<Shop, SqlSet<Day>>::new(Source::Table, TableName::new("shop"), "open");
    ///
    /// let on_mondays = select(open).filter(open.has_label(Day::Mon)); // `open` is a `SqlSet<Day>`
    /// assert_eq!(
    ///     on_mondays.to_sql(&Sqlite)?,
    ///     "SELECT shop.open FROM shop WHERE ',' || shop.open || ',' LIKE ? ESCAPE '/'"
    /// );
    /// # Ok::<(), aludel_core::Error>(())
    /// ```
    fn has_label<E: SqlEnum>(self, label: E) -> Expr<bool>
    where
        Self::Type: ColumnType<Base = SqlSet<E>>,
    {
        let comma = || Node::Text("','");
        let start = Node::binary(BinaryOp::Concat, comma(), self.into_node());
        let all = Node::binary(BinaryOp::Concat, start, comma());
        let wanted = format!(",{},", SqlSet::from_iter([label]));
        Expr::new(affix(all, true, Node::Bind(Value::Text(wanted)), true))
    }

    /// Smallest first.
    fn asc(self) -> OrderBy {
        OrderBy::asc(self.into_node())
    }

    /// Largest first.
    fn desc(self) -> OrderBy {
        self.asc().descending()
    }

    /// Smallest first, NULLs before all.
    fn nulls_first(self) -> OrderBy {
        OrderBy { nulls: Some(NullsOrder::First), ..self.asc() }
    }

    /// Smallest first, NULLs after all.
    fn nulls_last(self) -> OrderBy {
        OrderBy { nulls: Some(NullsOrder::Last), ..self.asc() }
    }

    /// Gives it a name in the result.
    fn label(self, name: &'static str) -> Labeled<Self::Type> {
        Labeled::new(self.into_node(), name)
    }

    /// Expects NULL in the result: for columns of the nullable side of an outer join.
    fn optional(self) -> Expr<Option<Base<Self>>> {
        Expr::new(self.into_node())
    }

    /// Converts to another type, in the database.
    fn cast<T: Scalar>(self) -> Expr<Like<Self, T>> {
        Expr::new(Node::Cast { operand: Box::new(self.into_node()), ty: T::TYPE })
    }
}

fn binary(op: BinaryOp, left: Node, right: Node) -> Expr<bool> {
    Expr::new(Node::binary(op, left, right))
}

/// SEL-7: a comparison with "none" is a question for NULL.
fn equality(op: BinaryOp, null: UnaryOp, left: Node, right: Node) -> Expr<bool> {
    match right {
        Node::Bind(Value::Null) => Expr::new(Node::unary(null, left)),
        right => binary(op, left, right),
    }
}

#[derive(Clone, Copy, Default)]
struct Pattern {
    escaped: bool,
    insensitive: bool,
    negated: bool,
}

fn like(subject: Node, pattern: Node, how: Pattern) -> Node {
    let Pattern { escaped, insensitive, negated } = how;
    Node::Like {
        subject: Box::new(subject),
        pattern: Box::new(pattern),
        escaped,
        insensitive,
        negated,
    }
}

/// `LIKE` with anything before the part, after it, or both. A value is escaped here; an expression
/// is taken as it stands.
fn affix(subject: Node, before: bool, part: Node, after: bool) -> Node {
    let any = |wanted: bool| if wanted { "%" } else { "" };
    if let Node::Bind(Value::Text(text)) = part {
        let pattern = format!("{}{}{}", any(before), escape_like(&text), any(after));
        let escaped = Pattern { escaped: true, ..Pattern::default() };
        return like(subject, Node::Bind(Value::Text(pattern)), escaped);
    }
    let any = || Node::Text("'%'");
    let mut pattern = part;
    if before {
        pattern = Node::binary(BinaryOp::Concat, any(), pattern);
    }
    if after {
        pattern = Node::binary(BinaryOp::Concat, pattern, any());
    }
    like(subject, pattern, Pattern::default())
}

/// Escapes what has a meaning in a LIKE pattern, with `/`.
pub(crate) fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '/') {
            escaped.push('/');
        }
        escaped.push(c);
    }
    escaped
}
