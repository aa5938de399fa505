//! Statements that read a relationship with more said than its keys: conditions, another order, so many
//! members for each owner, members of members, or the owners' query as a subquery.

use aludel_core::{
    expr::{
        BinaryOp, ColumnRef, DerivedTable, FromItem, Join, JoinKind, Node, OrderBy, Query,
        SelectItem, Source,
    },
    value::{SqlType, Value},
};

use super::{
    hop::Hop,
    related::{fresh, item, joins},
    shown::Shown,
};
use crate::mapping::{
    Mapper, Relation,
    statements::{LinkedMembers, among, linked_members},
};

/// The names of an association's columns in a derived table, where they could be a target's own.
const OWNER: [&str; 16] = [
    "owner_1", "owner_2", "owner_3", "owner_4", "owner_5", "owner_6", "owner_7", "owner_8",
    "owner_9", "owner_10", "owner_11", "owner_12", "owner_13", "owner_14", "owner_15", "owner_16",
];

/// The appearance of the first members of each owner. Joins start from it, whose numbers stay below.
const FIRST: Source = Source::Anon(1 << 30);

/// A member's place among its owner's.
const PLACE: &str = "aludel_place";

/// Statements of a relationship's members.
impl Hop {
    /// The members for `n` owners, whose keys are supplied at execution.
    pub(super) fn members(&self, relation: &'static Relation, n: usize) -> Query {
        if self.recursive {
            return self.all_below(relation, n);
        }
        let LinkedMembers { mut query, owner_columns, .. } = self.linked(relation);
        query.filter =
            Node::all([among(owner_columns.clone(), n)].into_iter().chain(query.filter.take()));
        match self.limit {
            Some(limit) => first_of_each(query, owner_columns, &self.read(relation), limit),
            None => query,
        }
    }

    /// Which columns members are read with. What can't be was refused when this was planned.
    fn read(&self, relation: &'static Relation) -> Shown {
        self.shown(relation).unwrap_or_else(|_| Shown::by_default(relation.target))
    }

    /// The appearance of the target's table in these statements.
    pub(super) fn source(&self) -> Source {
        if self.limit.is_some() { FIRST } else { Source::Table }
    }

    /// The members of all owners that meet the conditions, in the order that was asked for.
    fn linked(&self, relation: &'static Relation) -> LinkedMembers {
        let mut linked = linked_members(relation);
        let query = &mut linked.query;
        if !self.columns.is_empty() {
            let usual = Shown::by_default(relation.target).width();
            query.items.splice(..usual, self.read(relation).items(Source::Table));
        }
        query.filter = Node::all(query.filter.take().into_iter().chain(self.criteria.clone()));
        if !self.order_by.is_empty() {
            query.order_by = self.order_by.clone();
        }
        linked
    }

    /// The same, where the owners stand in FROM, and the condition that links them in ON.
    fn linked_to(&self, relation: &'static Relation, owners: FromItem) -> Query {
        let mut query = self.linked(relation).with_owner(owners).query;
        query.filter = self.criteria.clone();
        query
    }

    /// The members for `n` owners, those of the members, and so on: the keys of all owners are found
    /// first, by a query that follows from itself.
    fn all_below(&self, relation: &'static Relation, n: usize) -> Query {
        let mapper = Mapper::of(relation.owner);
        let keys = item(relation.owner, fresh());
        let own = relation.owner_columns();
        let mut columns = own.clone();
        columns.extend(relation.spoken_of().into_iter().filter(|it| !own.contains(it)));
        let labelled = |it: &u16| {
            let name = mapper.meta.columns[usize::from(*it)].name;
            SelectItem::labelled(mapper.node(*it), name)
        };
        let items: Vec<SelectItem> = columns.iter().map(labelled).collect();
        let join = |query: &mut Query| {
            let on = match &relation.secondary {
                None => relation.on(keys.source, Source::Table),
                Some(it) => relation.on_association(it, keys.source, Source::Anon(1)),
            };
            query.joins.push(Join { kind: JoinKind::Inner, target: keys, on });
        };
        let first = Query {
            items: items.clone(),
            filter: Some(among(own.iter().map(|it| mapper.node(*it)).collect(), n)),
            ..Query::default()
        };
        let mut follows = self.linked_to(relation, keys);
        follows.items = items;
        follows.order_by.clear();
        follows.from = vec![item(relation.target, Source::Table)];
        join(&mut follows);
        let mut query = self.linked_to(relation, keys);
        query.from = follows.from.clone();
        join(&mut query);
        query.derived_tables.push(DerivedTable {
            item: keys,
            query: first,
            recursive: Some(follows),
        });
        query
    }
}

/// A column of a derived table.
fn column(from: FromItem, name: &'static str, ty: SqlType) -> Node {
    Node::Column(ColumnRef { from, name, ty, nullable: true })
}

/// Names an entity's columns, which begin a query's items, as they are called in its table.
fn label(query: &mut Query, shown: &Shown) {
    for (item, column) in query.items.iter_mut().zip(shown.present()) {
        item.label = Some(shown.meta.columns[usize::from(column)].name);
    }
}

/// Of the rows that belong to one owner, the first, by the query's order.
fn first_of_each(mut query: Query, owner_columns: Vec<Node>, shown: &Shown, limit: u64) -> Query {
    let target = shown.meta;
    let rows = item(target, FIRST);
    label(&mut query, shown);
    let mut items: Vec<SelectItem> = shown.columns_of(rows.source).collect();
    for (item, name) in query.items[shown.width()..].iter_mut().zip(OWNER) {
        item.label = Some(name);
        let ty = item.node.ty().unwrap_or(SqlType::BigInt);
        items.push(SelectItem::new(column(rows, name, ty)));
    }
    let mut order_by = std::mem::take(&mut query.order_by);
    // Of equal ones the same come each time.
    let mapper = Mapper::of(target);
    order_by.extend(target.primary_key.iter().map(|it| OrderBy::asc(mapper.node(*it))));
    let place = Node::Over {
        function: Box::new(Node::call("row_number", Vec::new(), Some(SqlType::BigInt))),
        partition_by: owner_columns,
        order_by,
    };
    query.items.push(SelectItem::labelled(place, PLACE));
    let place = column(rows, PLACE, SqlType::BigInt);
    let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
    Query {
        items,
        filter: Some(Node::binary(BinaryOp::Le, place.clone(), Node::Bind(limit))),
        order_by: vec![OrderBy::asc(place)],
        derived_tables: vec![DerivedTable { item: rows, query, recursive: None }],
        ..Query::default()
    }
}

/// The members of what a query gives, along relationships, with the query as a subquery. `chain` ends
/// with the relationship that is read.
pub(super) fn members_of_query(
    main: &Query,
    shown: &Shown,
    chain: &[&'static Relation],
    hop: &Hop,
) -> Query {
    let owners = item(shown.meta, fresh());
    let mut inner = main.clone();
    label(&mut inner, shown);
    if inner.limit.is_none() && inner.offset.is_none() && inner.distinct_on.is_empty() {
        inner.order_by.clear();
    }
    let Some((last, before)) = chain.split_last() else { return inner };
    let mut joined = Vec::new();
    let mut source = owners.source;
    for relation in before {
        let next = fresh();
        joins(relation, source, next, JoinKind::Inner, &mut joined);
        source = next;
    }
    let mut query = hop.linked_to(last, item(last.owner, source));
    query.from = vec![owners];
    let target = item(last.target, Source::Table);
    match &last.secondary {
        None => {
            joined.push(Join { kind: JoinKind::Inner, target, on: last.on(source, Source::Table) })
        }
        // The association stands between the two, under the name that its columns are read by.
        Some(it) => {
            let association = Source::Anon(1);
            let on = last.on_association(it, source, association);
            let from = item(it.meta, association);
            joined.push(Join { kind: JoinKind::Inner, target: from, on });
            let on = last.on_target(it, association, Source::Table);
            joined.push(Join { kind: JoinKind::Inner, target, on });
        }
    }
    query.joins = joined;
    query.derived_tables.push(DerivedTable { item: owners, query: inner, recursive: None });
    query
}

/// Lets a query of an entity stand in FROM of another that gives the same rows, in the same order, so
/// that joins to it don't count for its limit. `None` where that changes what it means.
pub(super) fn wrap(query: &Query, shown: &Shown) -> Option<(Query, Source)> {
    if query.for_update.is_some() || !query.distinct_on.is_empty() {
        return None;
    }
    let rows = item(shown.meta, fresh());
    let mut inner = query.clone();
    label(&mut inner, shown);
    let mut order_by = Vec::with_capacity(query.order_by.len());
    for (key, name) in query.order_by.iter().zip(ORDER) {
        let known = query.items.iter().zip(shown.present()).find(|it| it.0.node == key.node);
        let name = match known {
            Some((_, column)) => shown.meta.columns[usize::from(column)].name,
            // Another column would make rows differ that are equal.
            None if query.distinct => return None,
            None => {
                inner.items.push(SelectItem::labelled(key.node.clone(), name));
                name
            }
        };
        let ty = key.node.ty().unwrap_or(SqlType::Text);
        order_by.push(OrderBy { node: column(rows, name, ty), ..key.clone() });
    }
    if order_by.len() < query.order_by.len() {
        return None;
    }
    let outer = Query {
        items: shown.columns_of(rows.source).collect(),
        order_by,
        derived_tables: vec![DerivedTable { item: rows, query: inner, recursive: None }],
        ..Query::default()
    };
    Some((outer, rows.source))
}

/// The names of what a query in FROM is sorted by and doesn't give.
const ORDER: [&str; 16] = [
    "order_1", "order_2", "order_3", "order_4", "order_5", "order_6", "order_7", "order_8",
    "order_9", "order_10", "order_11", "order_12", "order_13", "order_14", "order_15", "order_16",
];
