//! Every mistake of an input is reported, all at once, with its cure.

use expect_test::{Expect, expect};
use proc_macro2::TokenStream;
use quote::quote;

use super::errors;

pub(super) fn mapped(input: TokenStream, expected: &Expect) {
    expected.assert_eq(&errors(&crate::mapped(input)).join("\n"));
}

#[test]
fn all_at_once() {
    mapped(
        quote! {
            #[table("site", indx(country), index(contry), unique(code, code))]
            struct Site {
                #[column(primary_kye, lenght = 3)]
                code: String,
                #[column("code")]
                country: String,
                #[column(on_delete = cascade, foreign_key = 7)]
                region: i64,
                #[relationship(lazy = eager, cascade(al, none), back_populate = x)]
                clone: Many<Other>,
                others: Many<Other>,
            }
        },
        &expect![[r#"
            `#[table]` has no argument `indx`; did you mean `index`?
            `#[column]` has no argument `primary_kye`; did you mean `primary_key`?
            `#[column]` has no argument `lenght`; did you mean `length`?
            write `foreign_key = User.id` or `foreign_key = "table.column"`
            unknown loading strategy `eager`; known here: select, selectin, joined, subquery, raise, raise_on_sql, noload
            unknown cascade `al`; did you mean `all`?
            `#[relationship]` has no argument `back_populate`; did you mean `back_populates`?
            a `Many` is a relationship: add `#[relationship]` to this field, with `back_populates = …` where the other side has one, too
            no primary key: mark the field or fields that identify a row with `#[column(primary_key)]`
            the column `code` is there already: field `code`
            `on_delete` needs `foreign_key = …` beside it
            a relationship can't be called `clone`: `Obj` has a method of that name
            no column field is called `contry`; did you mean `country`?
            `code` is named twice"#]],
    );
}

#[test]
fn shapes() {
    let table = quote!(#[table("t")]);
    mapped(
        quote!(#table struct Tuple(i64);),
        &expect!["`#[derive(Mapped)]` needs named fields: each names a column"],
    );
    mapped(
        quote!(#table struct Unit;),
        &expect!["`#[derive(Mapped)]` needs named fields: each names a column"],
    );
    mapped(
        quote!(#table enum Kind { A }),
        &expect!["`#[derive(Mapped)]` needs a struct with named fields"],
    );
    mapped(
        quote!(#table union Either { a: i64 }),
        &expect!["`#[derive(Mapped)]` needs a struct with named fields"],
    );
    mapped(
        quote!(#table struct Generic<T> { #[column(primary_key)] id: T }),
        &expect!["a mapped struct can't be generic: its table has one set of types"],
    );
    mapped(
        quote!(
            struct NoTable {
                name: String,
            }
        ),
        &expect![[r#"
            which table is `NoTable`? Add `#[table("…")]`
            no primary key: mark the field or fields that identify a row with `#[column(primary_key)]`"#]],
    );
    mapped(
        quote!(
            #[table]
            struct Unnamed {
                #[column(primary_key)]
                id: i64,
            }
        ),
        &expect![[r#"which table is `Unnamed`? Add `#[table("…")]`"#]],
    );
    mapped(
        quote!(
            #[table = "t"]
            struct Old {
                #[column(primary_key)]
                id: i64,
            }
        ),
        &expect![[r#"
            write `#[table(…)]`
            which table is `Old`? Add `#[table("…")]`"#]],
    );
}

#[test]
fn table_arguments() {
    mapped(
        quote! {
            #[table(
                "a", "b", schema = 3, base = 1 + 1, builder = 7, index(), unique = x, check(a),
                foreign_key((x) -> Region(a, b)), foreign_key(x -> Region(a)), builder = true,
            )]
            struct Site {
                #[column(primary_key)]
                x: i64,
            }
        },
        &expect![[r#"
            `builder` is given twice
            `#[table]` takes no value without a name here
            expected text in quotes
            expected a path
            write `builder = false` or `builder = "new"`
            write `index(column, …)` or `index(column, name = "…")`
            write `unique(column, …)` or `unique(column, name = "…")`
            expected string literal; write `check("a > 0")` or `check("a > 0", name = "…")`
            expected parentheses; write `foreign_key((a, b) -> Region(x, y))`
            1 columns can't refer to 2"#]],
    );
}

#[test]
fn column_arguments() {
    mapped(
        quote! {
            #[table("t")]
            struct T {
                #[column(primary_key = true)]
                id: Option<i64>,
                #[column(foreign_key = "user", foreign_key = User, on_delete = casacde)]
                a: i64,
                #[column(on_update = set_null)]
                b: i64,
                #[column(server_default = compute(), default = 1)]
                c: i64,
                #[column(server_default = 1, default = 1)]
                d: i64,
                #[column(length = 0, numeric(2, 10))]
                e: i64,
                #[column(length = 3, numeric(10, 2), "")]
                f: i64,
                #[column(skip)]
                g: i64,
                #[column(7)]
                h: i64,
                #[column(default = )]
                i: i64,
                #[column(unique index)]
                j: i64,
                #[column(unique)]
                #[relationship]
                k: Many<U>,
                #[column(unique, unique)]
                l: i64,
            }
        },
        &expect![[r#"
            `primary_key` takes no value
            `foreign_key` is given twice
            write `foreign_key = "table.column"`
            write `foreign_key = User.id` or `foreign_key = "table.column"`
            unknown action `casacde`; did you mean `cascade`?
            the database must be able to compute it: a number, a truth value, `now`, or SQL in quotes; a value from the program is `default = …`
            expected a number of characters, 1 at least
            more digits behind the point than in all; write `numeric(10, 2)`
            every field of a mapped struct is a column or a relationship; keep other data beside it
            the column's name stands in quotes
            unexpected end of input, expected an expression
            expected a comma
            a field is a column or a relationship, not both
            `unique` is given twice
            a primary key is never NULL; for one that the database generates write `Auto<…>`
            `on_update` needs `foreign_key = …` beside it
            the program's `default` and a `server_default`: choose one
            a column needs a name
            `length` is for text and `numeric` for decimals: choose one"#]],
    );
}

#[test]
fn relationship_arguments() {
    mapped(
        quote! {
            #[table("t")]
            struct T {
                #[column(primary_key)]
                id: i64,
                #[relationship(back_populates = User.id, passive_deletes = "all", cascade)]
                a: Many<U>,
                #[relationship(secondary = [X], lazy, order_by, post_update = 1)]
                r#is: One<U>,
                #[relationship(passive_deletes = all, cascade(all), passive_updates)]
                b: Many<U>,
                #[relationship(secondary = X, post_update, passive_updates = no)]
                c: Many<U>,
            }
        },
        &expect![[r#"
            name the field of the other struct: `back_populates = user`
            write `passive_deletes` or `passive_deletes = all`
            write `cascade(all, delete_orphan)`
            expected a path
            write `lazy = …`
            write `order_by = …`
            `post_update` takes no value
            write `passive_updates = …`
            write `passive_updates = false`
            a relationship can't be called `is`: `Obj` has a method of that name
            `passive_deletes = all` leaves all members to the database: it excludes `cascade(delete)` and `delete_orphan`
            `post_update` is for a foreign key of one of the two: it excludes `secondary`"#]],
    );
}

#[test]
fn rows() {
    let row = |input, expected: &Expect| {
        expected.assert_eq(&errors(&crate::row::expand(input)).join("\n"));
    };
    row(
        quote!(
            struct R(i64);
        ),
        &expect!["`#[derive(Row)]` needs a struct with named fields"],
    );
    row(
        quote!(
            struct R {}
        ),
        &expect!["a row struct needs a field"],
    );
    row(
        quote!(
            enum R {}
        ),
        &expect!["`#[derive(Row)]` needs a struct with named fields"],
    );
    row(
        quote! {
            #[row(creat = x)]
            struct R<T> {
                #[row(renam = "x", rename = 3)]
                a: T,
                #[row(rename = "b")]
                c: T,
                b: T,
            }
        },
        &expect![[r#"
            a row struct can't be generic
            `#[row]` has no argument `creat`; known here: crate
            `#[row]` has no argument `renam`; did you mean `rename`?
            expected text in quotes
            the column `b` is read already: field `c`"#]],
    );
}

#[test]
fn labels() {
    let labels = |input, expected: &Expect| {
        expected.assert_eq(&errors(&crate::sql_enum::expand(input)).join("\n"));
    };
    labels(
        quote! {
            #[sql_enum(nam = "mood", rename_all = "snake-case", native = "no")]
            enum Mood<T> {
                Sad,
                #[sql_enum(rename = "sad", renam = "x")]
                Down,
                #[sql_enum(rename = "")]
                Empty,
                Since(i64),
                Until { year: i32 },
            }
        },
        &expect![[r#"
            a column type can't be generic: it has one SQL type
            `#[sql_enum]` has no argument `nam`; did you mean `name`?
            unknown style `snake-case`; did you mean `snake_case`?
            expected `true` or `false`
            `#[sql_enum]` has no argument `renam`; did you mean `rename`?
            the label `sad` is there already: variant `Sad`
            a label can't be empty
            `Since` has data, which a label has no place for; keep the data in columns of its own, or the whole as JSON (`Json<T>`)
            `Until` has data, which a label has no place for; keep the data in columns of its own, or the whole as JSON (`Json<T>`)"#]],
    );
    labels(
        quote!(
            enum Never {}
        ),
        &expect!["an enum without variants has no labels"],
    );
    labels(
        quote!(
            struct Mood(String);
        ),
        &expect![
            "`#[derive(SqlEnum)]` needs an enum, whose variants are the labels; for a struct around one value there is `#[derive(SqlNewtype)]`"
        ],
    );
}

#[test]
fn newtypes() {
    let newtype = |input, expected: &Expect| {
        expected.assert_eq(&errors(&crate::newtype::expand(input)).join("\n"));
    };
    newtype(
        quote!(
            struct N {
                a: i64,
            }
        ),
        &expect!["`#[derive(SqlNewtype)]` needs one field without a name: `struct Sku(String);`"],
    );
    newtype(
        quote!(
            struct N(i64, i64);
        ),
        &expect!["`#[derive(SqlNewtype)]` needs one field without a name: `struct Sku(String);`"],
    );
    newtype(
        quote!(
            struct N<T>(T);
        ),
        &expect!["a column type can't be generic: it has one SQL type"],
    );
}

#[test]
fn versions() {
    mapped(
        quote! {
            #[table("page")]
            struct Page {
                #[column(primary_key, version)]
                id: i64,
                #[column(version, default = 1)]
                version: Option<i64>,
                #[column(version(counted))]
                other: i64,
                #[column(onupdate = 1, server_onupdate, default = func::now(), server_default = now)]
                changed: i64,
            }
        },
        &expect![[r#"
            unknown kind of version `counted`; write `version(manual)` or `version(server)`
            a row has one version: field `id`
            a version changes with each UPDATE: it can't be in the key
            a version is never NULL: it is compared, and NULL equals nothing
            the unit of work makes the first version, too: leave `default` out, or say what follows by `version = |old| …`
            the program's `default` and a `server_default`: choose one
            the program's `onupdate` and a `server_onupdate`: choose one"#]],
    );
}

// CAS-1: each cascade by name, an unknown one is refused. CAS-13, CAS-18: cascades that can't be.
#[test]
fn cascades() {
    let fine = |input| assert!(!crate::mapped(input).to_string().contains("compile_error"));
    let relationship = |args: TokenStream| {
        quote! {
            #[table("t")]
            struct T {
                #[column(primary_key)]
                id: Auto<i64>,
                #[relationship(#args)]
                others: Many<Other>,
            }
        }
    };
    for cascade in [
        "all",
        "save_update",
        "merge",
        "delete",
        "delete_orphan",
        "expunge",
        "refresh_expire",
        "none",
    ] {
        let cascade = quote::format_ident!("{cascade}");
        fine(relationship(quote!(cascade(#cascade))));
    }
    mapped(
        relationship(quote!(cascade(save_updates, none, all))),
        &expect![
            "unknown cascade `save_updates`; did you mean `save_update`?\n`cascade(none)` excludes all others"
        ],
    );
    mapped(
        relationship(quote!(secondary = Link, cascade(all, delete_orphan))),
        &expect![
            "many owners may hold a member of a many-to-many: `delete_orphan` needs `single_parent` beside it, which says that only one does"
        ],
    );
    fine(relationship(quote!(secondary = Link, cascade(all, delete_orphan), single_parent)));
    for cascade in ["all", "save_update", "merge", "delete"] {
        let cascade = quote::format_ident!("{cascade}");
        mapped(
            relationship(quote!(viewonly, cascade(#cascade))),
            &expect![
                "a `viewonly` relationship writes nothing: of the cascades it can have `expunge`, `refresh_expire` and `none`"
            ],
        );
    }
    fine(relationship(quote!(viewonly, cascade(expunge, refresh_expire))));
    mapped(
        relationship(quote!(viewonly = true, overlaps = "x", single_parent(x))),
        &expect![
            "`viewonly` takes no value\nwrite `overlaps(addresses)`\n`single_parent` takes no value"
        ],
    );
}

#[test]
fn what_the_database_makes() {
    mapped(
        quote! {
            #[table("price", eager_defaults = 1)]
            struct Price {
                #[column(primary_key, computed = "a + b")]
                id: Auto<i64>,
                #[column(computed = "a + b", server_onupdate)]
                sum: Auto<i64>,
                #[column(computed("a + b", sometimes))]
                other: Auto<i64>,
                #[column(identity(never))]
                number: Auto<i64>,
                #[column(default = |row| 1, server_default = 1)]
                n: Auto<i64>,
            }
        },
        &expect![[r#"
            write `eager_defaults = false`
            expected `stored` or `virtual`; write `computed("price * amount", virtual)`
            expected `always`, `start` or `increment`; write `identity(always, start = 100)`
            a row can't be told from others by what is computed of it
            what the database computes nobody else fills in
            the program's `default` and a `server_default`: choose one"#]],
    );
}

#[test]
fn mixins() {
    let mixin = |input, expected: Expect| {
        expected.assert_eq(&errors(&crate::mixin(input)).join("\n"));
    };
    mixin(
        quote! {
            #[mixin(indx(a), index(b), foreign_key((a) -> X(a)))]
            struct Named<T> {
                #[column(default = |row| row.get(Other.x), lenght = 3)]
                a: Auto<i64>,
                #[relationship(back_populates = things)]
                owner: One<Person>,
            }
        },
        expect![[r#"
            a mixin can't be generic: its columns have one set of types
            `#[mixin]` has no argument `indx`; did you mean `index`?
            a foreign key of several columns stands on the struct that has the mixin
            `#[column]` has no argument `lenght`; did you mean `length`?
            a mixin doesn't know the rows that have it: such a `default` is for a mapped struct's own column
            a mixin doesn't know who has it: name the other side's field in quotes, if each mapped struct has one of its own there, or leave `back_populates` out
            no column field is called `b`; known here: a"#]],
    );
    mixin(
        quote!(
            struct Named(String);
        ),
        expect!["`#[derive(Mixin)]` needs named fields: each names a column"],
    );
    mixin(
        quote!(
            enum Named {
                A,
            }
        ),
        expect!["`#[derive(Mixin)]` needs a struct with named fields"],
    );
    mapped(
        quote! {
            #[table("t")]
            struct T {
                #[mixin]
                a: Named<String>,
                #[mixin]
                b: (Named, Other),
            }
        },
        &expect![[r#"
            a mixin is named by its path: a struct with `#[derive(Mixin)]`, which isn't generic
            a mixin is named by its path: a struct with `#[derive(Mixin)]`, which isn't generic"#]],
    );
}

#[test]
fn rarer_relationships() {
    mapped(
        quote! {
            #[table("slide")]
            struct Slide {
                #[column(primary_key)]
                id: i64,
                #[relationship(ordering_list)]
                bullets: Many<Bullet>,
                #[relationship(order_by = Bullet.place, ordering_list(from = 1))]
                others: Many<Bullet>,
                #[relationship(secondaryjoin = Bullet.id.eq(Slide.id), primaryjoin)]
                third: Many<Bullet>,
            }
        },
        &expect![[r#"
            unknown argument `from`; write `ordering_list(count_from = 1)`
            write `primaryjoin = …`
            `ordering_list` numbers the members of a one-to-many by the column that they are sorted by: it needs `order_by = Bullet.position`, and excludes `viewonly` and `secondary`
            `secondaryjoin` links the rows of an association with the members: it needs `secondary = …` beside it"#]],
    );
}
