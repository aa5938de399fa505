//! The law of this stage.

use proptest::prelude::*;

use super::legalize;
use crate::{
    dialect::{
        Booleans, Capability, Decimals, Dialect, Ilike, MariaDb, MySql, Numbers, Parameters,
        Postgres, Sqlite,
    },
    expr::{
        BinaryOp, ColumnRef, ConflictAction, ConflictTarget, FromItem, Insert, Node, OnConflict,
        OrderBy, Query, SelectItem, Source, Statement, TableName, UnaryOp, Update,
    },
    value::{Decimal, SqlType},
};

fn column(name: &'static str, ty: SqlType) -> Node {
    let from = FromItem { table: TableName::new("item"), source: Source::Table };
    Node::Column(ColumnRef { from, name, ty, nullable: true })
}

fn any_node() -> impl Strategy<Value = Node> {
    let price = Decimal { low: 1050, high: 0, scale: 2, negative: false };
    let leaf = prop_oneof![
        Just(column("active", SqlType::Bool)),
        Just(column("price", SqlType::Decimal)),
        Just(column("quantity", SqlType::Int)),
        any::<bool>().prop_map(|it| Node::Bind(it.into())),
        any::<i64>().prop_map(|it| Node::Bind(it.into())),
        Just(Node::Bind(price.into())),
        Just(Node::Hole),
        Just(Node::Text("a OR b")),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let list = || prop::collection::vec(inner.clone(), 0..3);
        let op = prop::sample::select(vec![
            BinaryOp::And,
            BinaryOp::Or,
            BinaryOp::Eq,
            BinaryOp::Lt,
            BinaryOp::Add,
            BinaryOp::Mul,
            BinaryOp::Same,
        ]);
        let unary = prop::sample::select(vec![UnaryOp::Not, UnaryOp::Neg, UnaryOp::IsNull]);
        let function =
            prop::sample::select(vec!["sum", "min", "max", "abs", "count", "lower", "avg"]);
        prop_oneof![
            (op, boxed(), boxed()).prop_map(|(op, left, right)| Node::Binary { op, left, right }),
            (unary, boxed()).prop_map(|(op, operand)| Node::Unary { op, operand }),
            (boxed(), list(), any::<bool>()).prop_map(|(subject, list, negated)| Node::In {
                subject,
                list,
                negated
            }),
            (boxed(), boxed(), boxed(), any::<bool>()).prop_map(|(subject, low, high, negated)| {
                Node::Between { subject, low, high, negated }
            }),
            (boxed(), boxed(), any::<bool>()).prop_map(|(subject, pattern, insensitive)| {
                Node::Like { subject, pattern, escaped: false, insensitive, negated: false }
            }),
            (function, inner.clone(), any::<bool>()).prop_map(|(name, arg, distinct)| {
                Node::Function { name, distinct, ty: arg.ty(), args: vec![arg] }
            }),
            (boxed(), inner.clone()).prop_map(|(operand, like)| {
                Node::Cast { operand, ty: like.ty().unwrap_or(SqlType::BigInt) }
            }),
            (inner.clone(), any::<bool>()).prop_map(|(arg, exact)| {
                let ty = if exact { SqlType::Decimal } else { SqlType::Double };
                Node::call("round", vec![arg, Node::Bind(2.into())], Some(ty))
            }),
            (inner.clone(), inner.clone(), boxed()).prop_map(|(condition, value, otherwise)| {
                Node::Case { arms: vec![(condition, value)], otherwise: Some(otherwise) }
            }),
        ]
    })
}

prop_compose! {
    fn any_statement()(item in any_node(), filter in any_node(), inner in any_node(), key in any_node()) -> Statement {
        let subquery = Query { items: vec![SelectItem::new(inner.clone())], filter: Some(inner), ..Query::default() };
        let exists = Node::Exists { query: Box::new(subquery), negated: false };
        Statement::Select(Query {
            items: vec![SelectItem::new(item)],
            filter: Some(Node::binary(BinaryOp::And, filter, exists)),
            group_by: vec![key.clone()],
            order_by: vec![OrderBy::asc(key.clone()), OrderBy::asc(key).descending().nulls_first()],
            ..Query::default()
        })
    }
}

prop_compose! {
    fn any_change()(value in any_node(), inner in any_node(), limit in prop::option::of(1_u64..9)) -> Statement {
        let query = Query { items: vec![SelectItem::new(inner)], limit, ..Query::default() };
        let subject = Box::new(column("quantity", SqlType::Int));
        let filter = Some(Node::InQuery { subject, query: Box::new(query), negated: false });
        let table = TableName::new("item");
        Statement::Update(Update { table, set: vec![("price", value.clone())], filter, returning: vec![value] })
    }
}

fn any_capability() -> impl Strategy<Value = Capability> {
    let dialects: [&dyn Dialect; 4] = [&Sqlite, &Postgres, &MySql, &MariaDb];
    let base = prop::sample::select(dialects.map(|it| *it.capability()).to_vec());
    (base, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(base, native, text, lower)| {
        let mut capability = base;
        capability.types.booleans = if native { Booleans::Native } else { Booleans::Integer };
        capability.types.decimals = if text { Decimals::Text } else { Decimals::Native };
        // What computes with text has no decimals to widen anything to, and no types to ask for.
        if text {
            capability.types.numbers = Numbers::Kept;
            capability.types.parameters = Parameters::ByValue;
        }
        capability.select.ilike = if lower { Ilike::Lower } else { Ilike::Native };
        capability
    })
}

prop_compose! {
    fn any_upsert()(value in any_node(), filter in any_node(), nothing in any::<bool>()) -> Statement {
        let set = vec![("price", value.clone())];
        let action = match nothing {
            true => ConflictAction::Nothing,
            false => ConflictAction::Update { set, filter: Some(filter.clone()) },
        };
        let target = ConflictTarget::Index { keys: vec![value.clone()], filter: Some(filter) };
        Statement::Insert(Insert {
            table: TableName::new("item"),
            columns: vec!["price"],
            rows: vec![vec![value.clone()]],
            on_conflict: Some(OnConflict { target: Some(target), or_any_key: true, action }),
            returning: vec![value],
        })
    }
}

proptest! {
    /// Rewriting for a dialect twice changes nothing more.
    #[test]
    fn twice_is_once(statement in prop_oneof![any_statement(), any_change(), any_upsert()], capability in any_capability()) {
        let mut once = statement;
        legalize(&mut once, &capability);
        let mut twice = once.clone();
        legalize(&mut twice, &capability);
        prop_assert_eq!(once, twice);
    }
}
