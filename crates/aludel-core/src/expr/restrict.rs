//! A condition on a table, wherever it stands in a query.

use super::{FromItem, Node, Query, Source, TableName};

impl Query {
    /// Adds a condition to each appearance of a table: to WHERE where it stands in FROM by itself, to ON
    /// where a join brings it in, and the same in subqueries and derived tables. `condition` speaks of the
    /// table under its own name.
    pub fn restrict(&mut self, table: TableName, condition: &Node) {
        self.restrict_within(table, condition, &[], &[]);
    }

    /// `scopes` are the tables of the queries around this one, `derived` those that aren't tables.
    fn restrict_within(
        &mut self,
        table: TableName,
        condition: &Node,
        scopes: &[FromItem],
        derived: &[FromItem],
    ) {
        let own = FromItem { table, source: Source::Table };
        let mut derived = derived.to_vec();
        derived.extend(self.derived_tables.iter().map(|it| it.item));
        for query in self.derived_tables.iter_mut().flat_map(|it| it.queries_mut()) {
            query.restrict_within(table, condition, &[], &derived);
        }
        let roots = self.visible_roots(scopes);
        let mut within = scopes.to_vec();
        within.extend(&roots);
        within.extend(self.joins.iter().map(|it| it.target));
        for node in self.nodes_mut() {
            node.restrict_queries(table, condition, &within, &derived);
        }
        let of = |item: FromItem| {
            let mut condition = condition.clone();
            condition.retarget(own, item);
            condition
        };
        let is_it = |it: &FromItem| it.table == table && !derived.contains(it);
        for join in self.joins.iter_mut().filter(|it| is_it(&it.target)) {
            join.and_on(of(join.target));
        }
        for root in roots.into_iter().filter(is_it) {
            self.and_filter(of(root));
        }
    }
}

impl Node {
    fn restrict_queries(
        &mut self,
        table: TableName,
        condition: &Self,
        scopes: &[FromItem],
        derived: &[FromItem],
    ) {
        self.children_mut(|it| it.restrict_queries(table, condition, scopes, derived));
        if let Some(query) = self.query_mut() {
            query.restrict_within(table, condition, scopes, derived);
        }
    }
}
