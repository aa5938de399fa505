//! The children of nodes, said once for both walks: the one that reads and the one that
//! rewrites.

use super::{ColumnRef, DerivedTable, FromItem, Node, Query, SelectItem};

macro_rules! walks {
    ($children:ident, $query:ident $(, $mutable:tt)?) => {
        impl Node {
            /// Calls `visit` for each direct child, left to right; subqueries are not entered.
            pub(crate) fn $children<'a>(&'a $($mutable)? self, mut visit: impl FnMut(&'a $($mutable)? Self)) {
                match self {
                    Self::Column(_) | Self::Bind(_) | Self::Hole | Self::Null | Self::Text(_) => {}
                    Self::Exists { .. } | Self::Scalar(_) => {}
                    Self::Binary { left, right, .. } => {
                        visit(left);
                        visit(right);
                    }
                    Self::Unary { operand, .. }
                    | Self::Cast { operand, .. }
                    | Self::Collate { operand, .. } => visit(operand),
                    Self::Between { subject, low, high, .. } => {
                        visit(subject);
                        visit(low);
                        visit(high);
                    }
                    Self::Like { subject, pattern, .. } => {
                        visit(subject);
                        visit(pattern);
                    }
                    Self::In { subject, list, .. } => {
                        visit(subject);
                        list.into_iter().for_each(visit);
                    }
                    Self::InQuery { subject, .. } => visit(subject),
                    Self::Function { args: nodes, .. } | Self::Tuple(nodes) => {
                        nodes.into_iter().for_each(visit);
                    }
                    Self::Over { function, partition_by, order_by } => {
                        visit(function);
                        partition_by.into_iter().for_each(&mut visit);
                        order_by.into_iter().for_each(|it| visit(&$($mutable)? it.node));
                    }
                    Self::Case { arms, otherwise } => {
                        for (condition, value) in arms {
                            visit(condition);
                            visit(value);
                        }
                        if let Some(it) = otherwise {
                            visit(it);
                        }
                    }
                }
            }

            /// The subquery that the node itself holds.
            pub(crate) fn $query(&$($mutable)? self) -> Option<&$($mutable)? Query> {
                match self {
                    Self::InQuery { query, .. } | Self::Exists { query, .. } | Self::Scalar(query) => Some(query),
                    _ => None,
                }
            }
        }
    };
}

walks!(children, query);
walks!(children_mut, query_mut, mut);

impl Node {
    /// Calls `visit` for each column of this expression, left to right, outside of subqueries.
    pub(crate) fn columns<'a>(&'a self, visit: &mut dyn FnMut(&'a ColumnRef)) {
        match self {
            Self::Column(column) => visit(column),
            _ => self.children(|it| it.columns(visit)),
        }
    }

    /// Whether a column of this expression, outside of subqueries, is as asked for.
    pub fn any_column(&self, fits: &dyn Fn(&ColumnRef) -> bool) -> bool {
        let mut found = false;
        self.columns(&mut |it| found |= fits(it));
        found
    }

    /// Calls `visit` for this expression and all within it, those of subqueries too.
    pub(crate) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.children(|it| it.visit(visit));
        if let Some(query) = self.query() {
            query.visit(visit);
        }
    }

    /// Lets columns of one appearance of a table be those of another, in subqueries too.
    pub fn retarget(&mut self, from: FromItem, to: FromItem) {
        if let Self::Column(column) = self
            && column.from == from
        {
            column.from = to;
        }
        self.children_mut(|it| it.retarget(from, to));
        if let Some(query) = self.query_mut() {
            query.nodes_mut().for_each(|it| it.retarget(from, to));
        }
    }

    /// Calls `visit` for each column of this expression, those of subqueries too.
    pub fn columns_mut(&mut self, visit: &mut dyn FnMut(&mut ColumnRef)) {
        if let Self::Column(column) = self {
            visit(column);
        }
        self.children_mut(|it| it.columns_mut(visit));
        if let Some(query) = self.query_mut() {
            query.nodes_mut().for_each(|it| it.columns_mut(visit));
        }
    }

    /// Whether this expression says something of an appearance of a table, in a subquery or not.
    pub fn mentions(&self, item: FromItem) -> bool {
        let mut found = false;
        self.visit(&mut |it| found |= matches!(it, Self::Column(column) if column.from == item));
        found
    }

    /// Whether a value of this expression is sent as a parameter.
    pub fn has_bind(&self) -> bool {
        let mut found = false;
        self.visit(&mut |it| found |= matches!(it, Self::Bind(_)));
        found
    }

    /// Whether a parameter of this expression is supplied at execution.
    pub(crate) fn has_hole(&self) -> bool {
        let mut found = false;
        self.visit(&mut |it| found |= matches!(it, Self::Hole));
        found
    }
}

impl Query {
    /// Calls `visit` for each expression of the query and all within it, derived tables too.
    pub(crate) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        self.nodes(|it| it.visit(visit));
        let derived = self.derived_tables.iter().flat_map(DerivedTable::queries);
        derived.for_each(|it| it.visit(visit));
    }

    /// Calls `visit` for each expression of the query, in the order of the text, but for those of
    /// derived tables.
    pub(crate) fn nodes<'a>(&'a self, mut visit: impl FnMut(&'a Node)) {
        self.distinct_on.iter().for_each(&mut visit);
        self.items.iter().for_each(|it| visit(&it.node));
        self.joins.iter().for_each(|it| visit(&it.on));
        self.filter.iter().for_each(&mut visit);
        self.group_by.iter().for_each(&mut visit);
        self.having.iter().for_each(&mut visit);
        self.order_by.iter().for_each(|it| visit(&it.node));
    }

    /// Each expression of the query, but for those of derived tables.
    pub(super) fn nodes_mut(&mut self) -> impl Iterator<Item = &mut Node> {
        let items = self.items.iter_mut().map(|it| &mut it.node);
        let joins = self.joins.iter_mut().map(|it| &mut it.on);
        let clauses = self
            .filter
            .iter_mut()
            .chain(&mut self.having)
            .chain(&mut self.group_by)
            .chain(&mut self.distinct_on);
        let order = self.order_by.iter_mut().map(|it| &mut it.node);
        items.chain(joins).chain(clauses).chain(order)
    }

    /// The tables that stand in FROM by themselves, in order of appearance: those of [`Query::from`],
    /// then those of the items, of WHERE and of the joins' conditions, without what a join brings in.
    pub fn roots(&self) -> Vec<FromItem> {
        let mut roots = self.from.clone();
        let mut add = |column: &ColumnRef| {
            let item = column.from;
            if !roots.contains(&item) && !self.joins.iter().any(|join| join.target == item) {
                roots.push(item);
            }
        };
        self.items.iter().for_each(|it| it.node.columns(&mut add));
        self.filter.iter().for_each(|it| it.columns(&mut add));
        self.joins.iter().for_each(|it| it.on.columns(&mut add));
        roots
    }

    /// The tables of FROM without those of the queries around this one, unless none would be left
    /// (SEL-4).
    pub(crate) fn visible_roots(&self, scopes: &[FromItem]) -> Vec<FromItem> {
        let mut roots = self.roots();
        if roots.iter().any(|it| !scopes.contains(it)) {
            roots.retain(|it| !scopes.contains(it));
        }
        roots
    }

    /// Replaces the items by the constant 1, for EXISTS. The tables that only items named stay.
    pub(crate) fn into_existence(mut self) -> Self {
        self.from = self.roots();
        self.items = vec![SelectItem::new(Node::Text("1"))];
        self.distinct_on.clear();
        self.for_update = None;
        self.order_by.clear();
        self
    }
}
