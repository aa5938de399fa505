//! Mistakes in attributes that are more or less than a column: expressions, composite values, hybrids.

use expect_test::expect;
use quote::quote;

use super::{errors, mistakes::mapped};

#[test]
fn what_no_column_holds() {
    mapped(
        quote! {
            #[table("writer")]
            struct Writer {
                #[column(primary_key)]
                id: Auto<i64>,
                #[column(property = Writer.id * 2, unique)]
                twice: Auto<i64>,
                #[column(query_expression = 1, deferred_group = photos)]
                score: Deferred<i64>,
                #[column(deferred = 1)]
                body: Deferred<String>,
                #[column(version)]
                revision: Deferred<i64>,
            }
        },
        &expect![[r#"
            `query_expression` takes no value
            expected text in quotes
            write `deferred = false` of a column that is loaded with the row
            `property`: no column of the table holds it, so nothing else is said of one
            each UPDATE names the version: it can't be loaded on demand"#]],
    );
}

#[test]
fn composite_values() {
    let value = crate::composite(quote! {
        struct Point {
            #[column(primary_key)]
            x: i64,
            y: Auto<i64>,
            z: Deferred<i64>,
            #[relationship]
            others: Many<Other>,
        }
    });
    expect![[r#"
        a composite value has columns, and no relationships
        a composite value is set and read as a whole: keys, defaults, and what is filled in or loaded later are for columns of the mapped struct itself
        a composite value is set and read as a whole: keys, defaults, and what is filled in or loaded later are for columns of the mapped struct itself
        a composite value is set and read as a whole: keys, defaults, and what is filled in or loaded later are for columns of the mapped struct itself"#]].assert_eq(&errors(&value).join("\n"));
}

#[test]
fn hybrids() {
    let item = quote! {
        impl User {
            fn older(&self) -> i64 {
                let age = self.age;
                age + 1
            }
            fn shouted(&self) -> String {
                format!("{}!", self.name)
            }
            fn letters(&self) -> usize {
                self.name.len() & self.mask
            }
            fn nothing(&self) {}
            #[expression(7)]
            fn seven(&self) -> i64 {
                7
            }
            #[expression(|it| it.age)]
            fn change(&mut self) -> i64 {
                7
            }
        }
    };
    let (output, _) = crate::hybrid::parts(quote!(entty = UserTable), item);
    expect![[r#"
        `#[hybrid]` has no argument `entty`; did you mean `entity`?
        a hybrid's body is one expression; say what it is in SQL by `#[expression(|it| …)]` on the method
        this isn't translated into SQL; say what it is in SQL by `#[expression(|it| …)]` on the method
        `len` isn't translated into SQL; say what it is in SQL by `#[expression(|it| …)]` on the method
        a hybrid gives a value: what a column could hold
        expected `|`
        a method of the object alone has no SQL: one that takes `&self` has"#]].assert_eq(&errors(&output).join("\n"));
    let (output, _) = crate::hybrid::parts(quote!(), quote!(impl Clone for User {}));
    expect!["`#[hybrid]` stands on the methods of a mapped struct: `impl User { … }`"]
        .assert_eq(&errors(&output).join("\n"));
}
