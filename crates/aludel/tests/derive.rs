//! `#[derive(Mapped)]` in places where generated code goes wrong easily: under strict lints, beside
//! names that it uses itself, in function bodies, with many columns, from other macros.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::use_self
)]
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use aludel::{
    __private::{Field, IntoNew, NewObject, SqlType, ValueRef},
    prelude::*,
};

/// A user.
#[derive(Mapped, Clone, Debug, PartialEq, Eq)]
#[table("user_account")]
pub struct User {
    /// The key.
    #[column(primary_key)]
    pub id: Auto<i64>,
    /// The name.
    pub name: String,
    /// Where mail goes.
    pub email: Option<String>,
    /// Where they live.
    #[relationship(back_populates = user, cascade(all, delete_orphan), order_by = Address.id)]
    pub addresses: Many<Address>,
}

/// What several tables have, under lints as strict.
#[derive(Mixin, Clone, Debug, PartialEq, Eq)]
#[mixin(index(r#type))]
pub struct Kinded {
    /// What kind it is.
    pub r#type: String,
    /// Who is responsible.
    #[column(foreign_key = User.id)]
    pub user_id: Option<i64>,
    /// The same, as an object.
    #[relationship]
    pub user: One<User>,
}

/// Has them, and nothing else.
#[derive(Mapped, Clone, Debug, PartialEq, Eq)]
#[table("kinded_thing")]
pub struct KindedThing {
    /// The key.
    #[mixin]
    key: OwnKey,
    /// The kind.
    #[mixin]
    pub kinded: Kinded,
}

/// Declared behind who has it.
#[derive(Mixin, Clone, Debug, PartialEq, Eq)]
pub struct OwnKey {
    #[column(primary_key)]
    id: Auto<i64>,
}

#[test]
fn mixins() {
    let thing = Obj::new(KindedThing::builder().r#type("a").user(User::builder().name("A")));
    assert_eq!(thing.borrow().kinded.r#type, "a");
    assert_eq!(thing.user().get().unwrap().unwrap().borrow().name, "A");
    assert_eq!(KindedThing.kinded.r#type.name(), "type");
    assert_eq!(format!("{:?}", KindedThing.key.id), "Column(kinded_thing.id)");
}

/// Where somebody lives.
#[derive(Mapped, Debug)]
#[table("address", index(user_id, email_address))]
pub struct Address {
    /// The key.
    #[column(primary_key)]
    pub id: Auto<i64>,
    /// Whose it is.
    #[column(foreign_key = User.id, on_delete = cascade)]
    pub user_id: Auto<i64>,
    /// The address.
    #[column("mail", length = 120, unique)]
    pub email_address: String,
    /// Whose it is.
    #[relationship(back_populates = addresses)]
    pub user: One<User>,
}

/// The value that a builder without members makes.
fn value<N: IntoNew>(new: N) -> N::Entity {
    match new.into_new() {
        NewObject::Value(value) => value,
        NewObject::Built(built) if built.links.is_empty() => built.value,
        NewObject::Built(_) => panic!("it has members"),
        NewObject::Object(object) => panic!("{object:?} is an object already"),
    }
}

#[test]
fn the_description() {
    let meta = Address::meta();
    assert_eq!((meta.name, meta.table.name), ("Address", "address"));
    let [id, user_id, mail] = meta.columns else { panic!("{:?}", meta.columns) };
    assert!(id.auto && !id.nullable && meta.primary_key == [0]);
    assert_eq!((mail.name, mail.field, mail.unique), ("mail", "email_address", true));
    assert_eq!(mail.ty, SqlType::VarChar(120));
    assert!(user_id.foreign_key.is_some() && id.foreign_key.is_none());
    let addresses = &User::meta().relationships[0];
    assert!(addresses.many && (addresses.target)().name == "Address");
    assert_eq!((addresses.order_by.unwrap())().len(), 1);
}

#[test]
fn columns_by_position() {
    let mut user =
        User { id: Auto::new(1), name: "Alice".into(), email: None, addresses: Many::new() };
    assert_eq!(
        (user.get(0), user.get(2), user.get(9)),
        (ValueRef::Int(1), ValueRef::Null, ValueRef::Null)
    );
    assert!(user.put(0, None) && user.is_unset(0) && !user.is_unset(1));
    assert!(!user.put(1, None) && !user.put(9, None));
    assert!(user.put(1, Some(ValueRef::Text("Bob"))) && user.name == "Bob");
    assert_eq!(user.snapshot(), user);
}

#[test]
fn aliases_keep_their_columns() {
    let other = User.aliased("u2");
    assert_ne!(other.id.column_ref(), User.id.column_ref());
    assert_eq!(other.id.column_ref().name, "id");
}

/// Everything that generated code may take for something else.
mod names {
    #![allow(dead_code, missing_docs, non_camel_case_types, non_snake_case, reason = "on purpose")]

    use aludel::{Many, Mapped};

    type Result<T> = std::result::Result<T, ()>;
    enum Vec {}
    enum Option {}
    fn Ok() {}
    fn Some() {}

    #[derive(Mapped, Default)]
    #[table("struct", schema = "s", foreign_key((r#type, b) -> r#struct(b, b)))]
    pub(super) struct r#struct {
        #[column(primary_key)]
        pub(super) a: i64,
        #[column(primary_key)]
        b: String,
        r#type: String,
        eq: i32,
        aliased: i32,
        optional: i32,
        build: i32,
        value: i32,
        row: i32,
        from: i32,
        meta: bool,
        table: f64,
        builder: std::option::Option<i64>,
        required: std::option::Option<i64>,
        snapshot: std::option::Option<String>,
        #[relationship(secondary = r#struct, lazy = joined, foreign_keys = [r#struct.a],
            passive_deletes)]
        pub(super) members: Many<Self>,
    }

    pub(super) fn all() -> impl aludel::__private::IntoNew<Entity = r#struct> {
        let first = r#struct::builder().a(1).b("b").r#type("t").eq(1).aliased(2).optional(3);
        first.build(4).value(5).row(6).from(7).meta(true).table(0.5).builder(9)
    }

    fn None() {}
}

#[test]
fn names_of_others() {
    let value = value(names::all());
    assert_eq!(value.a, 1);
    assert!(Obj::new(value).members().is_loaded());
    assert_eq!(names::r#struct::meta().columns[2].name, "type");
}

#[test]
fn in_a_function_body() {
    #[derive(Mapped)]
    #[table("inner")]
    struct Inner {
        #[column(primary_key, foreign_key = Outer.id)]
        id: i64,
        #[relationship(back_populates = inner)]
        outer: One<Outer>,
    }

    #[derive(Mapped)]
    #[table("outer")]
    struct Outer {
        #[column(primary_key, foreign_key = "inner.id")]
        id: i64,
        #[relationship(back_populates = "outer")]
        inner: One<Inner>,
    }

    let inner = Obj::new(Inner { id: 1, outer: One::new() });
    inner.outer().set(Outer::builder().id(2));
    assert_eq!(inner.outer().get().unwrap().unwrap().borrow().id, 2);
}

#[test]
fn defaults() {
    type Maybe<T> = Option<T>;

    #[derive(Mapped)]
    #[table("defaults", builder = "new", builder_type = Draft, entity = Table)]
    struct Defaults {
        #[column(primary_key)]
        id: Auto<i64>,
        #[column(default = "x".to_owned() + "y")]
        text: Option<String>,
        #[column(default = 3)]
        number: Maybe<i32>,
        #[column(server_default = -1)]
        count: Auto<i32>,
    }

    let made: Draft = Defaults::new();
    let made = value(made);
    assert_eq!((made.text.as_deref(), made.number), (Some("xy"), Some(3)));
    assert!(made.id.is_unset() && made.count.is_unset());
    let _: Table = Defaults;
    let _ = value(Defaults::new().text(None).number(4));
}

#[test]
fn more_columns_than_a_group_of_type_parameters() {
    #[derive(Mapped)]
    #[table("wide")]
    struct Wide {
        #[column(primary_key)]
        id: Auto<i64>,
        c0: i64,
        c1: i64,
        c2: i64,
        c3: i64,
        c4: i64,
        c5: i64,
        c6: i64,
        c7: i64,
        c8: i64,
        c9: i64,
        c10: i64,
        c11: i64,
        c12: i64,
        c13: i64,
        c14: i64,
        c15: i64,
        c16: i64,
        c17: i64,
        c18: i64,
        c19: i64,
        note: Option<String>,
    }

    let wide = Wide::builder()
        .c19(19)
        .c18(18)
        .c17(17)
        .c16(16)
        .c15(15)
        .c14(14)
        .c13(13)
        .c12(12)
        .c11(11)
        .c10(10)
        .c9(9)
        .c8(8)
        .c7(7)
        .c6(6)
        .c5(5)
        .c4(4)
        .c3(3)
        .c2(2)
        .c1(1)
        .c0(0);
    let wide = value(wide.note("x"));
    assert_eq!((wide.c0, wide.c7, wide.c8, wide.c19), (0, 7, 8, 19));
    assert_eq!(wide.note.as_deref(), Some("x"));
}

#[test]
fn from_another_macro() {
    macro_rules! model {
        ($name:ident, $key:ty, $field:ident, $table:literal) => {
            #[derive(Mapped)]
            #[table($table)]
            struct $name {
                #[column(primary_key)]
                $field: $key,
                #[relationship(order_by = $name.$field)]
                others: Many<$name>,
            }
        };
    }
    model!(Made, Auto<i64>, key, "made");
    assert!(value(Made::builder()).key.is_unset());
    assert_eq!(Made::meta().table.name, "made");
}

#[test]
fn newtypes() {
    #[derive(SqlNewtype, Clone, Debug, PartialEq)]
    struct Sku(String);

    let mut sku = Sku("a".into());
    assert!(sku.put(Some(ValueRef::Text("b"))));
    assert_eq!(sku, Sku("b".into()));
    assert_eq!(<Option<Sku> as Field>::KIND.ty, SqlType::Text);
}
