//! Aludel's derive macros: each is parse, check, emit.
//!
//! The macros depend on none of Aludel's crates. What they emit names everything through
//! `::aludel::__private`, hides in an anonymous constant, and is held to a size budget.

mod check;
mod collect;
mod emit;
mod hybrid;
mod mistakes;
mod newtype;
mod parse;
mod row;
mod sql_enum;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

use proc_macro::TokenStream;

/// Maps a struct to a table.
///
/// Beside the implementation it emits the entity constant (`User`, of the type `UserEntity`), with
/// one field for each column and relationship, and `User::builder()`.
///
/// On the struct, `#[table("name", …)]`:
///
/// | argument | meaning |
/// | --- | --- |
/// | `schema = "s"` | the table's schema |
/// | `index(a, b)`, `unique(a, b)` | an index, a unique constraint |
/// | `check("a > 0")` | a check constraint |
/// | `foreign_key((a, b) -> Region(x, y))` | a foreign key of several columns; `, on_delete = …`, `, on_update = …` behind it |
/// | `…, name = "…"` at the end of each of these | its name; otherwise the base's naming convention says, or the database |
/// | `eager_defaults = true` | what the database makes of a row in an UPDATE is read at once; `false`: nothing that it makes is read before somebody asks |
/// | `confirm_deleted_rows = false` | no warning where a `DELETE` matches no row |
/// | `base = MyBase` | the declarative base |
/// | `builder = false`, `builder = "new"` | no builder, or a function of another name |
/// | `entity = UserTable`, `builder_type = NewUser` | other names for the two types |
/// | `crate = path` | where the crate `aludel` is |
///
/// On a field, `#[column("sql_name", …)]`:
///
/// | argument | meaning |
/// | --- | --- |
/// | `name = "sql_name"` | the same, named |
/// | `primary_key`, `unique`, `index` | as they say |
/// | `foreign_key = User.id` or `"user.id"` | refers to a column; the first form is checked at compile time |
/// | `on_delete = cascade`, `on_update = …` | `cascade`, `set_null`, `set_default`, `restrict` or `no_action` |
/// | `use_alter` | the foreign key is added when all tables are there, and has no say in their order; SQLite does without it |
/// | `default = expression` | what the builder fills in; `default = func::now()` or another SQL expression (`func::…(…)`, `sql_expr(…)`) stands in the INSERT; `default = \|row\| …` is made at the INSERT, of the row's other values |
/// | `server_default = …` | what the database fills in: a number, a truth value, `now`, or SQL in quotes |
/// | `onupdate = …` | what each UPDATE sets that doesn't set the column: a value, made anew each time, or an SQL expression |
/// | `server_onupdate` | the database changes it with each UPDATE |
/// | `version` | the row's version: an integer that is counted, a moment or a UUID; `version = \|old\| …` by a function of the last, `version(manual)` by the program, `version(server)` by the database |
/// | `computed = "net * amount"` | what the database computes it by; `computed("…", virtual)` when it is read |
/// | `identity(always, start = 100, increment = 10)` | how the database numbers it, where it has identity columns |
/// | `nullable = false` | NOT NULL, although the field's type can be NULL: such as an `Auto<Option<…>>` that may stay empty until a flush |
/// | `deferred = false`, `deferred_group = "photos"`, `deferred_raiseload` | of a `Deferred`: it is loaded with the row; with the others of its group; by a query's `undefer` alone |
/// | `property = expression` | no column: what an SQL expression says of the row, in an `Auto` or a `Deferred` |
/// | `query_expression` | no column: what a query's `with_expression` says, in a `Deferred` |
/// | `length = 120` | text of at most so many characters |
/// | `annotated = "bigint"` | the SQL type that the base's type map has under this name |
/// | `sql_type = sql::VarChar(40)` | the SQL type; with `.with_variant(…)` another on some databases; `sql::Named("…")` is one that only the database knows, such as a domain |
/// | `numeric(10, 2)` | an exact decimal number of so many digits, so many of them behind the point |
///
/// On a `Many`, `One`, `ManySet` or `WriteOnly` field, `#[relationship(…)]`: `back_populates = field`, `cascade(all,
/// delete_orphan)`, `order_by = Address.id.desc()`, `foreign_keys = [Address.billing_id]`,
/// `secondary = PlaylistTrack`, `lazy = select | selectin | joined | subquery | raise | raise_on_sql | noload`, `passive_deletes` or
/// `passive_deletes = all`, `passive_updates = false`, `post_update`; `primaryjoin = condition` and
/// `secondaryjoin = condition` where foreign keys don't say how rows are linked; `ordering_list` or
/// `ordering_list(count_from = 1)`.
///
/// A field with `#[composite(prefix = "start_")]` holds a struct with [`#[derive(Composite)]`](derive@Composite), or an
/// `Option` of one: several columns as one value.
///
/// A field with `#[mixin]` holds a struct with [`#[derive(Mixin)]`](derive@Mixin): its columns and
/// relationships are this struct's, too.
#[proc_macro_derive(Mapped, attributes(table, column, relationship, mixin, composite))]
pub fn derive_mapped(input: TokenStream) -> TokenStream {
    mapped(input.into()).into()
}

/// Makes a struct a mixin, or an abstract base: columns and relationships that several mapped structs have,
/// the primary key among them if you like.
///
/// A mapped struct, or another mixin, has it by a field with `#[mixin]`, whose type names it by the name
/// that it was declared with: beside the struct the derive makes a macro of the same name, by which those
/// that have it learn its fields. An alias of the type is no such name.
///
/// Fields take `#[column(…)]` and `#[relationship(…)]` as in [`#[derive(Mapped)]`](derive@Mapped), but for
/// what names the mapped struct: a `default` of the row's other values, and a `back_populates` that isn't
/// in quotes. The struct takes `#[mixin(index(a), unique(a, b), check("a > 0"), crate = path)]`: these
/// become the tables'.
#[proc_macro_derive(Mixin, attributes(mixin, column, relationship))]
pub fn derive_mixin(input: TokenStream) -> TokenStream {
    derive(input.into(), go_on_mixin).into()
}

/// Makes methods of a mapped struct SQL expressions as well: each that takes `&self` becomes a method of the
/// entity constant, too.
///
/// ```text
/// #[hybrid]
/// impl User {
///     pub fn is_adult(&self) -> bool {
///         self.age >= 18
///     }
/// }
/// let adults = select(User).filter(User.is_adult());
/// ```
///
/// The body is one expression of the struct's columns, which is translated: comparisons, `+ - * / %`, `&&`, `||`, `!`,
/// `if … else`, other hybrids, and of values `starts_with`, `ends_with`, `contains`, `is_some`, `is_none`,
/// `is_empty`, `to_lowercase`, `to_uppercase`, `trim`, `abs`, `unwrap_or`. Where SQL says it in another way,
/// `#[expression(|user| func::…(user.name))]` on the method does, and the body may be anything.
///
/// `#[hybrid(entity = UserTable)]` names the constant's type where it isn't `UserEntity`; `crate = path` says where the
/// crate `aludel` is.
#[proc_macro_attribute]
pub fn hybrid(arguments: TokenStream, item: TokenStream) -> TokenStream {
    hybrid::expand(arguments.into(), item.into()).into()
}

/// Makes a struct a composite value: several columns that are set, read and compared as one.
///
/// A mapped struct has it by a field with `#[composite]`, twice or more often under other names:
/// `#[composite(prefix = "start_")] start: Point`. An `Option` of it is nothing where all columns are NULL. The struct's
/// fields are columns, and take `#[column(…)]` as far as that says something of the column in the database; it is
/// `Clone`, and `Default` for an `Option`. `#[composite(crate = path)]` says where the crate `aludel` is.
#[proc_macro_derive(Composite, attributes(composite, column))]
pub fn derive_composite(input: TokenStream) -> TokenStream {
    composite(input.into()).into()
}

/// Reads a row into a struct: each field from the column of its name, or of the one that
/// `#[row(rename = "…")]` says.
#[proc_macro_derive(Row, attributes(row))]
pub fn derive_row(input: TokenStream) -> TokenStream {
    row::expand(input.into()).into()
}

/// Makes a struct that wraps one column type a column type itself.
#[proc_macro_derive(SqlNewtype, attributes(newtype))]
pub fn derive_sql_newtype(input: TokenStream) -> TokenStream {
    newtype::expand(input.into()).into()
}

/// Makes an enum whose variants have no data a column type: each variant is a label.
///
/// PostgreSQL gets a type of its own (`CREATE TYPE … AS ENUM`), which `create_all` creates before the
/// tables; MySQL and MariaDB `ENUM(…)`; SQLite text with a CHECK constraint.
///
/// On the enum, `#[sql_enum(…)]`:
///
/// | argument | meaning | without it |
/// | --- | --- | --- |
/// | `name = "mood"` | the type's name in the database | the enum's, in `snake_case` |
/// | `rename_all = "kebab-case"` | how labels are written: `snake_case`, `lowercase`, `UPPERCASE`, `camelCase`, `PascalCase`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE` | `snake_case` |
/// | `native = false` | text with a CHECK constraint on every database | the database's own type |
/// | `integer` | no labels: each variant is the number that the enum gives it (`Draft = 1`), of the type that `#[repr(i16)]` says or an `i32` | |
/// | `crate = path` | where the crate `aludel` is | `::aludel` |
///
/// On a variant, `#[sql_enum(rename = "so-so")]` gives its label.
#[proc_macro_derive(SqlEnum, attributes(sql_enum))]
pub fn derive_sql_enum(input: TokenStream) -> TokenStream {
    sql_enum::expand(input.into()).into()
}

/// A mixin's answer to `#[derive(Mapped)]`.
#[doc(hidden)]
#[proc_macro]
pub fn mapped_with(answer: TokenStream) -> TokenStream {
    with(answer, go_on_mapped)
}

/// A mixin's answer to `#[derive(Mixin)]`.
#[doc(hidden)]
#[proc_macro]
pub fn mixin_with(answer: TokenStream) -> TokenStream {
    with(answer, go_on_mixin)
}

fn composite(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    let mut mistakes = mistakes::Mistakes::default();
    let value = parse::declared_composite(input, &mut mistakes)
        .map(|declared| check::composite(declared, &mut mistakes));
    mistakes.finish(|| value.map(|value| emit::composite(&value)))
}

fn mapped(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    derive(input, go_on_mapped)
}

#[cfg(test)]
fn mixin(input: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    derive(input, go_on_mixin)
}

type GoOn = fn(collect::Collected) -> proc_macro2::TokenStream;

fn derive(input: proc_macro2::TokenStream, go_on: GoOn) -> proc_macro2::TokenStream {
    let mut mistakes = mistakes::Mistakes::default();
    let collected = collect::Collected::of(input, &mut mistakes);
    mistakes.finish(|| Some(go_on(collected)))
}

fn with(answer: TokenStream, go_on: GoOn) -> TokenStream {
    match syn::parse(answer) {
        Ok(collected) => go_on(collected).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn go_on_mapped(collected: collect::Collected) -> proc_macro2::TokenStream {
    collected.go_on("table", "mapped_with", |item, descriptions| {
        let mut mistakes = mistakes::Mistakes::default();
        let entity = parse::declared(item, descriptions, &mut mistakes)
            .map(|declared| check::entity(declared, &mut mistakes));
        mistakes.finish(|| entity.map(|entity| emit::entity(&entity)))
    })
}

fn go_on_mixin(collected: collect::Collected) -> proc_macro2::TokenStream {
    collected.go_on("mixin", "mixin_with", |item, descriptions| {
        let mut mistakes = mistakes::Mistakes::default();
        let mixin = parse::declared_mixin(item, descriptions, &mut mistakes)
            .map(|declared| check::mixin(declared, &mut mistakes));
        mistakes.finish(|| mixin.map(|mixin| emit::mixin(&mixin)))
    })
}
