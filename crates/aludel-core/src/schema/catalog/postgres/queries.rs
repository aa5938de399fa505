//! The statements to `pg_catalog`: seven, whatever the number of tables is.

use crate::{
    schema::{CatalogQuery, ReflectOptions},
    value::Value,
};

use super::super::holes;

pub(super) const PLACE: usize = 0;
pub(super) const TABLES: usize = 1;
pub(super) const COLUMNS: usize = 2;
pub(super) const LABELS: usize = 3;
pub(super) const CONSTRAINTS: usize = 4;
pub(super) const INDEXES: usize = 5;
pub(super) const PARTITIONS: usize = 6;

/// Tables, those with partitions included, but not the partitions.
const FROM: &str = "FROM pg_catalog.pg_class c \
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

pub(super) fn all(options: &ReflectOptions) -> Vec<CatalogQuery> {
    let named: Vec<Value> =
        options.schemas().iter().flatten().map(|it| Value::from(it.as_str())).collect();
    let mut schemas = Vec::new();
    if options.schemas().contains(&None) {
        schemas.push("n.nspname = current_schema()".to_owned());
    }
    if !named.is_empty() {
        schemas.push(format!("n.nspname::text IN ({})", holes(named.len(), 1, true)));
    }
    let mut wanted =
        format!("c.relkind IN ('r', 'p') AND NOT c.relispartition AND ({})", schemas.join(" OR "));
    let mut params = named;
    if let Some(tables) = options.tables() {
        let condition = match tables.len() {
            0 => "false".to_owned(),
            n => format!("c.relname::text IN ({})", holes(n, params.len() + 1, true)),
        };
        wanted.push_str(&format!(" AND {condition}"));
        params.extend(tables.iter().map(|it| Value::from(it.as_str())));
    }
    let queries = [
        tables(&wanted),
        columns(&wanted),
        labels(&wanted),
        constraints(&wanted),
        indexes(&wanted),
        partitions(&wanted),
    ];
    let place = "SELECT current_schema()::text AS place".to_owned();
    let place = CatalogQuery { sql: place, params: Vec::new() };
    let queries = queries.map(|sql| CatalogQuery { sql, params: params.clone() });
    [place].into_iter().chain(queries).collect()
}

fn tables(wanted: &str) -> String {
    format!(
        "SELECT n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class')::text, \
         c.relpersistence = 'u', (SELECT t.spcname::text FROM pg_catalog.pg_tablespace t \
         WHERE t.oid = c.reltablespace), CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid)::text END, \
         array_to_string(c.reloptions, ',')::text {FROM} WHERE {wanted} ORDER BY 1, 2"
    )
}

/// With the sequence that belongs to a column, and the one that its default asks.
fn columns(wanted: &str) -> String {
    format!(
        "SELECT n.nspname::text, c.relname::text, a.attname::text, \
         format_type(a.atttypid, a.atttypmod)::text, a.attnotnull, \
         pg_get_expr(d.adbin, d.adrelid)::text, a.attgenerated::text, a.attidentity::text, \
         s.seqstart, s.seqincrement, s.seqrelid IS NOT NULL, col_description(c.oid, a.attnum)::text, \
         l.collname::text, u.place, u.name, u.seqstart, u.seqincrement {FROM} \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         JOIN pg_catalog.pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation AND l.oid <> t.typcollation \
         LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_depend o ON o.refclassid = 'pg_class'::regclass \
         AND o.classid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum \
         AND o.deptype IN ('a', 'i') \
         AND EXISTS (SELECT 1 FROM pg_catalog.pg_sequence q WHERE q.seqrelid = o.objid) \
         LEFT JOIN pg_catalog.pg_sequence s ON s.seqrelid = o.objid \
         LEFT JOIN LATERAL (SELECT qn.nspname::text AS place, qc.relname::text AS name, q.seqstart, \
         q.seqincrement FROM pg_catalog.pg_depend x \
         JOIN pg_catalog.pg_sequence q ON q.seqrelid = x.refobjid \
         JOIN pg_catalog.pg_class qc ON qc.oid = q.seqrelid \
         JOIN pg_catalog.pg_namespace qn ON qn.oid = qc.relnamespace \
         WHERE x.classid = 'pg_attrdef'::regclass AND x.objid = d.oid \
         AND x.refclassid = 'pg_class'::regclass LIMIT 1) AS u ON true \
         WHERE {wanted} ORDER BY 1, 2, a.attnum"
    )
}

/// Of types in the schemas that are looked through without a name.
fn labels(wanted: &str) -> String {
    format!(
        "SELECT format_type(t.oid, NULL)::text, t.typname::text, e.enumlabel::text \
         FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid \
         WHERE pg_type_is_visible(t.oid) AND EXISTS (SELECT 1 {FROM} \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
         WHERE {wanted} AND a.atttypid IN (t.oid, t.typarray)) \
         ORDER BY 1, e.enumsortorder"
    )
}

fn constraints(wanted: &str) -> String {
    format!(
        "SELECT n.nspname::text, c.relname::text, k.conname::text, k.contype::text, a.attname::text, \
         fn.nspname::text, f.relname::text, fa.attname::text, k.confupdtype::text, \
         k.confdeltype::text, pg_get_expr(k.conbin, k.conrelid)::text, k.condeferrable, k.condeferred, \
         CASE k.contype WHEN 'x' THEN pg_get_constraintdef(k.oid)::text END {FROM} \
         JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x') \
         AND (k.contype <> 'f' OR k.conparentid = 0) \
         LEFT JOIN LATERAL generate_subscripts(k.conkey, 1) AS i(position) ON k.contype NOT IN ('c', 'x') \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[i.position] \
         LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid \
         LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[i.position] \
         WHERE {wanted} ORDER BY 1, 2, k.oid, i.position"
    )
}

/// Those that no constraint made. Columns that an index only keeps stand behind those that it sorts by.
fn indexes(wanted: &str) -> String {
    format!(
        "SELECT n.nspname::text, c.relname::text, x.relname::text, i.indisunique, m.amname::text, \
         pg_get_expr(i.indpred, i.indrelid)::text, p.position < i.indnkeyatts, a.attname::text, \
         CASE i.indkey[p.position] WHEN 0 THEN pg_get_indexdef(i.indexrelid, p.position + 1, true)::text END, \
         (i.indoption[p.position] & 1) <> 0, (i.indoption[p.position] & 2) <> 0, \
         CASE WHEN NOT oc.opcdefault THEN oc.opcname::text END, l.collname::text {FROM} \
         JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisvalid \
         JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid \
         JOIN pg_catalog.pg_am m ON m.oid = x.relam \
         JOIN LATERAL generate_series(0, i.indnatts - 1) AS p(position) ON true \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[p.position] \
         AND a.attnum <> 0 \
         LEFT JOIN pg_catalog.pg_opclass oc ON p.position < i.indnkeyatts AND oc.oid = i.indclass[p.position] \
         LEFT JOIN pg_catalog.pg_collation l ON p.position < i.indnkeyatts \
         AND l.oid = i.indcollation[p.position] \
         AND l.oid <> COALESCE(a.attcollation, 'pg_catalog.default'::regcollation) \
         WHERE {wanted} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k \
         WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) \
         ORDER BY 1, 2, i.indexrelid, p.position"
    )
}

fn partitions(wanted: &str) -> String {
    format!(
        "SELECT n.nspname::text, c.relname::text, p.relname::text, \
         pg_get_expr(p.relpartbound, p.oid)::text {FROM} \
         JOIN pg_catalog.pg_inherits i ON i.inhparent = c.oid \
         JOIN pg_catalog.pg_class p ON p.oid = i.inhrelid AND p.relispartition \
         WHERE {wanted} ORDER BY 1, 2, 3"
    )
}
