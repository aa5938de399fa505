//! Mistakes in what is said of indexes, constraints and tables.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use quote::quote;

use super::errors;

fn mistake(args: TokenStream, expected: &Expect) {
    let input = quote! {
        #[table("t", #args)]
        struct T {
            #[column(primary_key)]
            a: i64,
            b: i64,
        }
    };
    expected.assert_eq(&errors(&crate::mapped(input)).join("\n"));
}

#[test]
fn indexes() {
    mistake(
        quote!(index(a.dsc())),
        &expect![[
            r#"a column of an index has no `dsc`; did you mean `desc`?; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(index(a.length("x"))),
        &expect![[
            r#"expected integer literal; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(index(a, using = gni)),
        &expect![[
            r#"unknown kind of index `gni`; did you mean `gin`?; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(index(a, wher = "b > 0")),
        &expect![[
            r#"`wher` isn't known here; did you mean `where`?; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(index(a, only(postgresql))),
        &expect![[
            r#"unknown database `postgresql`; did you mean `postgres`?; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(index(a, include(c))),
        &expect!["no column field is called `c`; known here: a, b"],
    );
    mistake(
        quote!(index(unique)),
        &expect![[
            r#"unexpected end of input, an index is of one column at least; write `index(column, …)` or `index(column, name = "…")`"#
        ]],
    );
    mistake(quote!(index(a, a.desc())), &expect!["`a` is named twice"]);
}

#[test]
fn constraints() {
    mistake(
        quote!(unique(a, initially = later)),
        &expect![[
            r#"expected `deferred` or `immediate`; write `unique(column, …)` or `unique(column, name = "…")`"#
        ]],
    );
    mistake(
        quote!(check("a > 0", where = "b > 0")),
        &expect![[
            r#"`where` isn't known here; known here: name, only; write `check("a > 0")` or `check("a > 0", name = "…")`"#
        ]],
    );
    mistake(
        quote!(exclude(a, "=")),
        &expect![[
            r#"expected a column and its operator; write `exclude((room, "="), (during, "&&"))`"#
        ]],
    );
    mistake(
        quote!(exclude((a))),
        &expect![[r#"expected `,`; write `exclude((room, "="), (during, "&&"))`"#]],
    );
    mistake(
        quote!(foreign_key((a) -> B(id), deferable)),
        &expect![
            "expected `on_delete`, `on_update`, `use_alter`, `deferrable`, `initially` or `name`; write `foreign_key((a, b) -> Region(x, y))`"
        ],
    );
}

#[test]
fn options() {
    mistake(
        quote!(sqlite(strikt)),
        &expect![
            "unknown option `strikt`; did you mean `strict`?; write `sqlite(strict, without_rowid)`"
        ],
    );
    mistake(quote!(sqlite = "strict"), &expect!["write `sqlite(strict, without_rowid)`"]);
    mistake(
        quote!(postgres(engine = "x")),
        &expect![
            "unknown option `engine`; known here: partition_by, partition, with, tablespace, unlogged; write `postgres(unlogged, with(fillfactor = 70))`"
        ],
    );
    mistake(
        quote!(postgres(with(fillfactor))),
        &expect!["expected `=`; write `postgres(unlogged, with(fillfactor = 70))`"],
    );
    mistake(
        quote!(mysql(engine = 3)),
        &expect![[
            r#"expected string literal; write `mysql(engine = "InnoDB", charset = "utf8mb4")`"#
        ]],
    );
    mistake(quote!(temporary = true), &expect!["`temporary` takes no value"]);
    mistake(quote!(comment(x)), &expect!["write `comment = …`"]);
}

#[test]
fn columns() {
    let input = quote! {
        #[table("t")]
        struct T {
            #[column(primary_key, deferrable)]
            a: i64,
            #[column(sequence = "s", default = 3)]
            b: Auto<i64>,
            #[column(sequence("s", strat = 3))]
            c: Auto<i64>,
            #[column(collation(sqlit = "NOCASE"))]
            d: String,
            #[column(foreign_key = B.id, initially = soon)]
            e: i64,
        }
    };
    expect![[r#"
        expected `start`, `increment` or `schema`; write `sequence("name", start = 100)`
        unknown database `sqlit`; did you mean `sqlite`?; write `collation(sqlite = "NOCASE", postgres = "C")`
        expected `deferred` or `immediate`
        `deferrable` needs `foreign_key = …` beside it
        what a sequence fills in nobody else does"#]].assert_eq(&errors(&crate::mapped(input)).join("\n"));
}

#[test]
fn enums_as_numbers() {
    let input = quote! {
        #[sql_enum(integer = 3, nativ = false)]
        #[repr(i16)]
        enum Grade {
            Poor(i64),
            Good,
        }
    };
    expect![[r#"
        `integer` takes no value
        `#[sql_enum]` has no argument `nativ`; did you mean `native`?
        `Poor` has data, which a label has no place for; keep the data in columns of its own, or the whole as JSON (`Json<T>`)"#]].assert_eq(&errors(&crate::sql_enum::expand(input)).join("\n"));
}
