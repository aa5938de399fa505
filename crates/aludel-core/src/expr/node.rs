//! [`Node`]: one untyped expression.

use super::{ColumnRef, OrderBy, Query};
use crate::value::{SqlType, Value};

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BinaryOp {
    /// `AND`
    And,
    /// `OR`
    Or,
    /// `=`
    Eq,
    /// `<>`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `IS NOT DISTINCT FROM`: equality in which NULL equals NULL.
    Same,
    /// `IS DISTINCT FROM`.
    Distinct,
    /// `+` of numbers
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `||` of texts
    Concat,
}

impl BinaryOp {
    /// Whether it compares two expressions.
    pub(crate) fn is_comparison(self) -> bool {
        use BinaryOp as Op;
        matches!(
            self,
            Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Same | Op::Distinct
        )
    }

    /// Whether it asks which of two is less.
    pub(crate) fn is_ordering(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// Whether its result isn't NULL where an operand is.
    pub(crate) fn tolerates_null(self) -> bool {
        matches!(self, Self::Same | Self::Distinct)
    }

    /// The comparison that is true where this one is false; none for what isn't a comparison.
    pub(crate) fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Ge => Self::Lt,
            Self::Gt => Self::Le,
            Self::Le => Self::Gt,
            Self::Same => Self::Distinct,
            Self::Distinct => Self::Same,
            _ => return None,
        })
    }
}

/// An operator on one expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnaryOp {
    /// `NOT`
    Not,
    /// `-`
    Neg,
    /// `IS NULL`
    IsNull,
    /// `IS NOT NULL`
    IsNotNull,
}

/// One expression. A literal is always [`Node::Bind`], a parameter, never text in the statement.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Node {
    /// A column.
    Column(ColumnRef),
    /// A value that is sent as a parameter.
    Bind(Value),
    /// A parameter whose value is supplied at each execution; numbered from 0 in order of use.
    Hole,
    /// The constant NULL.
    Null,
    /// `left op right`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The left side.
        left: Box<Node>,
        /// The right side.
        right: Box<Node>,
    },
    /// `op operand` or `operand op`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Node>,
    },
    /// `subject BETWEEN low AND high`, both ends included.
    Between {
        /// What is tested.
        subject: Box<Node>,
        /// The lower end.
        low: Box<Node>,
        /// The upper end.
        high: Box<Node>,
        /// `NOT BETWEEN`.
        negated: bool,
    },
    /// `subject LIKE pattern ESCAPE '/'`.
    Like {
        /// What is tested.
        subject: Box<Node>,
        /// The pattern.
        pattern: Box<Node>,
        /// Whether `/` escapes `%`, `_` and itself in the pattern.
        escaped: bool,
        /// Case-insensitive.
        insensitive: bool,
        /// `NOT LIKE`.
        negated: bool,
    },
    /// `subject IN (…)` of expressions; an empty list is never true.
    In {
        /// What is tested.
        subject: Box<Node>,
        /// The list.
        list: Vec<Node>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `subject IN (SELECT …)`.
    InQuery {
        /// What is tested.
        subject: Box<Node>,
        /// The subquery.
        query: Box<Query>,
        /// `NOT IN`.
        negated: bool,
    },
    /// `EXISTS (SELECT …)`.
    Exists {
        /// The subquery.
        query: Box<Query>,
        /// `NOT EXISTS`.
        negated: bool,
    },
    /// A subquery of one column and at most one row, as a value.
    Scalar(Box<Query>),
    /// A function by its generic name (lower case; dialects map it): `count`, `sum`, `lower`, `now`.
    Function {
        /// The generic name.
        name: &'static str,
        /// `DISTINCT` before the arguments.
        distinct: bool,
        /// The arguments; none for `count` is `count(*)`.
        args: Vec<Node>,
        /// The result's type, where it is known.
        ty: Option<SqlType>,
    },
    /// `function OVER (PARTITION BY … ORDER BY …)`: computed among the rows that are equal in
    /// `partition_by`, in this order.
    Over {
        /// The function.
        function: Box<Node>,
        /// What rows are grouped by.
        partition_by: Vec<Node>,
        /// The order within a group.
        order_by: Vec<OrderBy>,
    },
    /// `CASE WHEN … THEN … ELSE … END`.
    Case {
        /// Conditions and their values.
        arms: Vec<(Node, Node)>,
        /// The value otherwise; NULL without one.
        otherwise: Option<Box<Node>>,
    },
    /// `CAST(operand AS type)`.
    Cast {
        /// What is converted.
        operand: Box<Node>,
        /// The type.
        ty: SqlType,
    },
    /// `operand COLLATE collation`.
    Collate {
        /// What is compared or sorted.
        operand: Box<Node>,
        /// The collation's name.
        collation: &'static str,
    },
    /// A row value `(a, b)`.
    Tuple(Vec<Node>),
    /// SQL text written by the user, as it stands.
    Text(&'static str),
}

impl Node {
    /// `left op right`
    pub fn binary(op: BinaryOp, left: Self, right: Self) -> Self {
        Self::Binary { op, left: Box::new(left), right: Box::new(right) }
    }

    /// `op operand`
    pub fn unary(op: UnaryOp, operand: Self) -> Self {
        Self::Unary { op, operand: Box::new(operand) }
    }

    /// `left = right`
    #[must_use]
    pub fn equals(self, right: Self) -> Self {
        Self::binary(BinaryOp::Eq, self, right)
    }

    /// `function(args…)`
    pub fn call(name: &'static str, args: Vec<Self>, ty: Option<SqlType>) -> Self {
        Self::Function { name, distinct: false, args, ty }
    }

    /// All of them; `None` for none.
    pub fn all(nodes: impl IntoIterator<Item = Self>) -> Option<Self> {
        nodes.into_iter().reduce(|left, right| Self::binary(BinaryOp::And, left, right))
    }

    /// The parts of a row value.
    pub(crate) fn as_tuple(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(nodes) => Some(nodes),
            _ => None,
        }
    }

    /// Whether the expression is an exact decimal number.
    pub(crate) fn is_decimal(&self) -> bool {
        self.ty().is_some_and(SqlType::is_decimal)
    }

    /// The expression's type, where it is known.
    pub fn ty(&self) -> Option<SqlType> {
        match self {
            Self::Column(column) => Some(column.ty),
            Self::Bind(value) => match value {
                Value::Decimal(_) => Some(SqlType::Decimal),
                Value::Bool(_) => Some(SqlType::Bool),
                Value::Int(_) => Some(SqlType::BigInt),
                Value::Real(_) => Some(SqlType::Double),
                Value::Text(_) => Some(SqlType::Text),
                Value::Bytes(_) => Some(SqlType::Bytes),
                Value::Date(_) => Some(SqlType::Date),
                Value::Time(_) => Some(SqlType::Time),
                Value::DateTime(_) => Some(SqlType::DateTime),
                Value::Instant(_) => Some(SqlType::TimestampTz),
                Value::Uuid(_) => Some(SqlType::Uuid),
                Value::Json(_) => Some(SqlType::Json),
                Value::Inet(_) => Some(SqlType::Inet),
                // Their element isn't known to be one of a constant.
                Value::Array(_) | Value::Range(_) => None,
                Value::Null => None,
            },
            Self::Function { ty, .. } => *ty,
            Self::Over { function, .. } => function.ty(),
            Self::Cast { ty, .. } => Some(*ty),
            Self::Binary { op, left, right } => match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                    let (left, right) = (left.ty(), right.ty());
                    left.filter(|it| it.is_decimal())
                        .or(right.filter(|it| it.is_decimal()))
                        .or(left)
                        .or(right)
                }
                BinaryOp::Concat => Some(SqlType::Text),
                _ => Some(SqlType::Bool),
            },
            Self::Unary { op: UnaryOp::Neg, operand } | Self::Collate { operand, .. } => {
                operand.ty()
            }
            Self::Case { arms, otherwise } => {
                arms.iter().find_map(|(_, value)| value.ty()).or_else(|| otherwise.as_ref()?.ty())
            }
            Self::Scalar(query) => query.items.first()?.node.ty(),
            Self::Unary { .. }
            | Self::Between { .. }
            | Self::Like { .. }
            | Self::In { .. }
            | Self::InQuery { .. }
            | Self::Exists { .. } => Some(SqlType::Bool),
            Self::Hole | Self::Null | Self::Tuple(_) | Self::Text(_) => None,
        }
    }
}
