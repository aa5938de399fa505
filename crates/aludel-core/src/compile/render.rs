//! The last stage: spells a statement. It refuses nothing and changes nothing; how a dialect
//! deviates is asked of its capability and its methods, never of its name.

mod dml;
mod function;
mod lock;
mod names;
mod operator;
mod predicate;
mod select;
mod upsert;

use names::Names;

use super::{Compiled, Param};
use crate::{
    dialect::Dialect,
    expr::{FromItem, Insert, Node, Statement},
    value::Value,
};

/// Spells what stands before and behind an INSERT's rows.
pub(super) fn pieces(insert: &Insert, dialect: &dyn Dialect) -> (String, String) {
    let mut writer = Writer::new(dialect, Names::default());
    writer.insert_into(insert);
    let head = std::mem::take(&mut writer.sql);
    writer.returning(&insert.returning);
    (head, writer.sql)
}

/// Spells a statement.
pub(super) fn render(statement: &Statement, dialect: &dyn Dialect) -> Compiled {
    let mut writer = Writer::new(dialect, Names::of(statement));
    match statement {
        Statement::Select(query) => writer.select(query),
        Statement::Insert(insert) => writer.insert(insert),
        Statement::Update(update) => writer.update(update),
        Statement::Delete(delete) => writer.delete(delete),
    }
    Compiled { sql: writer.sql.into(), params: writer.params }
}

/// The text so far, and what is needed to go on.
struct Writer<'a> {
    dialect: &'a dyn Dialect,
    sql: String,
    params: Vec<Param>,
    names: Names,
    /// The tables of the queries that are being written, outermost first.
    scopes: Vec<FromItem>,
    /// Appearances that are queries of the statement's beginning.
    recursive: Vec<FromItem>,
    /// The table whose columns stand without its name: an INSERT's, UPDATE's or DELETE's own,
    /// outside of subqueries.
    bare: Option<FromItem>,
}

impl<'a> Writer<'a> {
    fn new(dialect: &'a dyn Dialect, names: Names) -> Self {
        Self {
            dialect,
            sql: String::with_capacity(128),
            params: Vec::new(),
            names,
            scopes: Vec::new(),
            recursive: Vec::new(),
            bare: None,
        }
    }
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    /// Writes each of `items`, with a comma between.
    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    fn parenthesised(&mut self, write: impl FnOnce(&mut Self)) {
        self.push("(");
        write(self);
        self.push(")");
    }

    fn param(&mut self, param: Param) {
        self.params.push(param);
        self.dialect.placeholder(&mut self.sql, self.params.len());
    }

    /// An expression, without parentheses around it.
    fn node(&mut self, node: &Node) {
        match node {
            Node::Column(column) => self.column(column),
            Node::Bind(value) => self.param(Param::Value(value.clone())),
            Node::Hole => self.param(Param::Hole),
            Node::Null => self.push("NULL"),
            Node::Text(text) => self.push(text),
            Node::Binary { op, left, right } => self.binary(*op, left, right),
            Node::Unary { op, operand } => self.unary(*op, operand),
            Node::Collate { operand, collation } => self.collate(operand, collation),
            Node::Between { subject, low, high, negated } => {
                self.between(subject, low, high, *negated)
            }
            Node::Like { subject, pattern, escaped, insensitive, negated } => {
                self.like(subject, pattern, *escaped, *insensitive, *negated);
            }
            Node::In { subject, list, negated } => self.in_list(subject, list, *negated),
            Node::InQuery { subject, query, negated } => self.in_query(subject, query, *negated),
            Node::Exists { query, negated } => self.exists(query, *negated),
            Node::Scalar(query) => self.subquery(query),
            Node::Function { name, distinct, args, .. } => self.function(name, *distinct, args),
            Node::Over { function, partition_by, order_by } => {
                self.over(function, partition_by, order_by);
            }
            Node::Case { arms, otherwise } => self.case(arms, otherwise.as_deref()),
            Node::Cast { operand, ty } => self.cast(operand, *ty),
            Node::Tuple(nodes) => {
                self.parenthesised(|it| it.list(nodes, |it, node| it.node(node)));
            }
        }
    }

    /// A row count as a parameter; no result is longer than the largest signed integer.
    fn count(&mut self, rows: u64) {
        self.param(Param::Value(Value::Int(i64::try_from(rows).unwrap_or(i64::MAX))));
    }
}
