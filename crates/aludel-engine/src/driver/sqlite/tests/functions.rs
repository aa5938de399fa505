//! Exact decimals inside SQLite.

use aludel_core::expr::text;

use super::*;

fn value(expression: &str) -> Result<Option<String>> {
    let engine = memory();
    let sql = format!("SELECT {expression}");
    Ok(engine.connect()?.fetch(text(sql).rows::<(Option<String>,)>())?.remove(0).0)
}

#[test]
fn exact() {
    for (expression, result) in [
        ("decimal_add('0.1', '0.2')", Some("0.3")),
        ("decimal_add('1.50', '-1.50')", Some("0.00")),
        ("decimal_sub('1', '0.01')", Some("0.99")),
        ("decimal_mul('1.10', 3)", Some("3.30")),
        ("decimal_mul('1e2', 0.5)", Some("50.0")),
        ("decimal_add(NULL, '1')", None),
        ("decimal_add('1', NULL)", None),
        (
            "decimal_sum(x) FROM (SELECT '0.10' x UNION ALL SELECT NULL UNION ALL SELECT '0.20')",
            Some("0.30"),
        ),
        ("decimal_sum(x) FROM (SELECT NULL x)", None),
        ("decimal_sum(x) FROM (SELECT 1 x WHERE 0)", None),
        (
            "group_concat(x) FROM (SELECT x FROM (SELECT '10' x UNION SELECT '9.5' UNION SELECT '-1') ORDER BY x COLLATE decimal)",
            Some("-1,9.5,10"),
        ),
        ("CAST('1.0' = '1.00' COLLATE decimal AS TEXT)", Some("1")),
        ("CAST('x' < '1' COLLATE decimal AS TEXT)", Some("0")),
    ] {
        assert_eq!(value(expression).unwrap().as_deref(), result, "{expression}");
    }
}

#[test]
fn never_rounded() {
    let max = "79228162514264337593543950335";
    for expression in [
        format!("decimal_add('{max}', '1')"),
        format!("decimal_add('{max}', '0.1')"),
        format!("decimal_mul('{max}', '2')"),
        "decimal_mul('0.000000000000001', '0.000000000000001')".to_owned(),
        "decimal_add('x', '1')".to_owned(),
        "decimal_add(x'00', '1')".to_owned(),
        format!("decimal_sum(x) FROM (SELECT '{max}' x UNION ALL SELECT '1')"),
    ] {
        let error = value(&expression).unwrap_err().to_string();
        assert!(error.contains("exact decimal number"), "{error}");
    }
}
