//! The statements to `information_schema`: six, whatever the number of tables is.

use super::super::holes;
use crate::{
    schema::{CatalogQuery, Name, ReflectOptions},
    value::Value,
};

pub(super) const PLACE: usize = 0;
pub(super) const TABLES: usize = 1;
pub(super) const COLUMNS: usize = 2;
pub(super) const INDEXES: usize = 3;
pub(super) const KEYS: usize = 4;
pub(super) const CHECKS: usize = 5;

pub(super) fn all(options: &ReflectOptions, is_maria: bool) -> Vec<CatalogQuery> {
    let named: Vec<Value> =
        options.schemas().iter().flatten().map(|it| Value::from(it.as_str())).collect();
    let unnamed = options.schemas().contains(&None);
    let mut params = named.clone();
    params.extend(options.tables().into_iter().flatten().map(|it| Value::from(it.as_str())));
    // The columns that name schema and table, which each table calls otherwise.
    let wanted = |schema: &str, table: &str| {
        let mut places = Vec::new();
        if unnamed {
            places.push(format!("{schema} = DATABASE()"));
        }
        if !named.is_empty() {
            places.push(format!("{schema} IN ({})", holes(named.len(), 1, false)));
        }
        let places = places.join(" OR ");
        match options.tables().map(<[Name]>::len) {
            None => format!("({places})"),
            Some(0) => "1 = 0".to_owned(),
            Some(n) => format!("({places}) AND {table} IN ({})", holes(n, 1, false)),
        }
    };
    // MariaDB has no indexes of expressions.
    let expression = if is_maria { "NULL" } else { "expression" };
    let common = wanted("table_schema", "table_name");
    let queries = [
        format!(
            "SELECT table_schema, table_name, engine, table_collation, table_comment, create_options \
             FROM information_schema.tables \
             WHERE table_type <> 'VIEW' AND table_type <> 'SYSTEM VIEW' AND table_type <> 'SEQUENCE' \
             AND {common} ORDER BY table_schema, table_name"
        ),
        format!(
            "SELECT table_schema, table_name, column_name, column_type, is_nullable, column_default, \
             extra, generation_expression, column_key, column_comment, collation_name \
             FROM information_schema.columns \
             WHERE {common} ORDER BY table_schema, table_name, ordinal_position"
        ),
        format!(
            "SELECT table_schema, table_name, index_name, CASE non_unique WHEN 0 THEN 1 ELSE 0 END, \
             column_name, index_type, collation, sub_part, {expression} FROM information_schema.statistics \
             WHERE {common} ORDER BY table_schema, table_name, index_name, seq_in_index"
        ),
        keys(&wanted("k.table_schema", "k.table_name")),
        if is_maria {
            format!(
                "SELECT constraint_schema, table_name, constraint_name, check_clause \
                 FROM information_schema.check_constraints WHERE {} \
                 ORDER BY constraint_schema, table_name, constraint_name",
                wanted("constraint_schema", "table_name")
            )
        } else {
            checks(&wanted("t.table_schema", "t.table_name"))
        },
    ];
    let place = CatalogQuery { sql: "SELECT DATABASE() AS place".to_owned(), params: Vec::new() };
    let queries = queries.map(|sql| CatalogQuery {
        params: if sql.contains('?') { params.clone() } else { Vec::new() },
        sql,
    });
    [place].into_iter().chain(queries).collect()
}

fn keys(wanted: &str) -> String {
    format!(
        "SELECT k.table_schema, k.table_name, k.constraint_name, k.column_name, \
         k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name, \
         r.update_rule, r.delete_rule FROM information_schema.key_column_usage k \
         JOIN information_schema.referential_constraints r \
         ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
         AND r.table_name = k.table_name \
         WHERE k.referenced_table_name IS NOT NULL AND {wanted} \
         ORDER BY k.table_schema, k.table_name, k.constraint_name, k.ordinal_position"
    )
}

/// MySQL's checks don't say whose they are.
fn checks(wanted: &str) -> String {
    format!(
        "SELECT t.table_schema, t.table_name, c.constraint_name, c.check_clause \
         FROM information_schema.check_constraints c \
         JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema \
         AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK' \
         WHERE {wanted} ORDER BY t.table_schema, t.table_name, c.constraint_name"
    )
}
