//! What the derives print, part by part.

use quote::quote;

use super::pretty;

fn mapped(fields: proc_macro2::TokenStream) -> String {
    pretty(crate::mapped(quote! {
        #[table("t")]
        struct T {
            #[column(primary_key)]
            id: Auto<i64>,
            #fields
        }
    }))
}

/// The formatter breaks lines where it likes.
fn contains(text: &str, part: &str) {
    let squeeze = |text: &str| {
        let dense: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        [(",)", ")"), (",]", "]"), (",}", "}"), (",>", ">")]
            .iter()
            .fold(dense, |dense, (with, without)| dense.replace(with, without))
    };
    assert!(squeeze(text).contains(&squeeze(part)), "no\n{part}\nin\n{text}");
}

#[test]
fn columns() {
    let text = mapped(quote! {
        #[column("the name", unique, index, length = 120, server_default = "'x'")]
        name: String,
        #[column(foreign_key = "site.id", on_update = set_null)]
        site: Auto<i64>,
        #[column(foreign_key = crate::User.id, on_delete = restrict)]
        user: Option<i64>,
        #[column(numeric(10, 2), default = Decimal::ZERO)]
        price: Decimal,
        #[column(server_default = func::now())]
        r#type: Auto<DateTime>,
        #[column(server_default = -1)]
        count: Auto<i32>,
    });
    contains(
        &text,
        r#"__aq::ColumnMeta::length(
            __aq::ColumnMeta::new("name", <String as __aq::Field>::KIND)
                .named("the name").unique().index(),
            120
        ).server_default(|| __aq::ServerDefault::Sql(__aq::String::from("'x'")))"#,
    );
    contains(
        &text,
        r#"__aq::ColumnMeta::new("site", <Auto<i64> as __aq::Field>::KIND)
            .references_named("site.id").on_update(__aq::Action::SetNull)"#,
    );
    contains(
        &text,
        r#"__aq::ColumnMeta::new("user", <Option<i64> as __aq::Field>::KIND)
            .references(|| __aq::references(__aq::key(T.user), __aq::key(crate::User.id)))
            .on_delete(__aq::Action::Restrict)"#,
    );
    contains(
        &text,
        r#"__aq::ColumnMeta::numeric(
            __aq::ColumnMeta::new("price", <Decimal as __aq::Field>::KIND), 10, 2
        ).default(|| __aq::Value::from(__default_price()))"#,
    );
    contains(
        &text,
        "fn __default_price() -> Decimal { __aq::Assign::<Decimal>::assign(Decimal::ZERO) }",
    );
    contains(&text, "price: __left.or_else(4u16, __draft.4, __default_price)");
    contains(
        &text,
        r#"__aq::ColumnMeta::new("type", <Auto<DateTime> as __aq::Field>::KIND)
            .server_default(|| __aq::ServerDefault::Now)"#,
    );
    contains(&text, "__aq::ServerDefault::Value(__aq::Value::Int(-1))");
    // Only what has neither an automatic value nor a default is demanded.
    contains(&text, "struct TBuilder<_1 = ::aludel::__private::No>");
    contains(&text, "impl<_1: __aq::Given<__T::name>> __aq::IntoNew for TBuilder<_1>");
}

#[test]
fn relationships() {
    let text = mapped(quote! {
        /// Where they live.
        #[relationship(back_populates = user, cascade(all, delete_orphan), lazy = selectin,
            order_by = (Address.id, Address.name.desc()), passive_deletes)]
        pub addresses: Many<Address>,
        #[relationship(back_populates = "users", secondary = models::Link,
            foreign_keys = [models::Link.user_id])]
        groups: Alias,
        #[relationship(passive_deletes = all, passive_updates = false, post_update)]
        best: Alias,
        #[relationship(viewonly, overlaps(groups, r#type), single_parent,
            remote_side = [T.before_id])]
        before: One<T>,
    });
    contains(
        &text,
        r#"__aq::RelationshipMeta::new::<Many<Address>>("addresses")
        .back(|| __aq::back::<T, _>(__aq::entity::<Many<Address>>().user))
        .cascade(__aq::Cascade::ALL.and(__aq::Cascade::DELETE_ORPHAN))
        .order_by(|| __aq::sort_keys((Address.id, Address.name.desc())))
        .lazy(__aq::Strategy::Selectin)
        .passive_deletes(__aq::PassiveDeletes::Unloaded)"#,
    );
    contains(
        &text,
        r#"__aq::RelationshipMeta::new::<Alias>("groups").back_named("users")
        .foreign_keys(|| __aq::Vec::from([models::Link.user_id.column_ref()]))
        .secondary(<models::Link as __aq::Mapped>::meta)"#,
    );
    contains(
        &text,
        r#"__aq::RelationshipMeta::new::<Alias>("best")
        .passive_deletes(__aq::PassiveDeletes::All).passive_updates(false).post_update()"#,
    );
    contains(
        &text,
        r#"__aq::RelationshipMeta::new::<One<T>>("before")
        .remote_side(|| __aq::Vec::from([T.before_id.column_ref()]))
        .single_parent().viewonly().overlaps(&["groups", "type"])"#,
    );
    contains(
        &text,
        "/// Where they live.
        pub fn addresses(&self) -> __aq::Access<'_, T, Many<Address>> {
            <Many<Address> as __aq::RelField>::access(&self.0, 0u16)
        }",
    );
    // Every relationship field is read, or the compiler would call it dead.
    contains(&text, "groups: __aq::Clone::clone(&self.groups)");
}

#[test]
fn names_for_serde() {
    let text = pretty(crate::mapped(quote! {
        #[table("t")]
        #[serde(rename_all(serialize = "camelCase", deserialize = "kebab-case"), deny_unknown_fields)]
        struct T {
            #[column(primary_key)]
            id: Auto<i64>,
            #[serde(skip)]
            #[relationship]
            home_addresses: Many<Address>,
            #[serde(skip, rename = "best friend", bound(serialize = "T: X"))]
            #[relationship]
            friend: One<T>,
            #[serde(skip)]
            #[relationship]
            groups: Many<Group>,
        }
    }));
    contains(&text, r#"::new::<Many<Address>>("home_addresses").key("homeAddresses")"#);
    contains(&text, r#"::new::<One<T>>("friend").key("best friend")"#);
    assert_eq!(text.matches(".key(").count(), 2, "{text}");
}

#[test]
fn tables() {
    let text = pretty(crate::mapped(quote! {
        #[table("site", schema = "geo", index(country, code), unique(name, name = "own"), check("code > 0"),
            foreign_key((country, code) -> models::Region(x, y), on_update = cascade), base = my::Base,
            builder = "new", entity = Sites, builder_type = NewSite, crate = facade::aludel)]
        pub(crate) struct Site {
            #[column(primary_key)]
            country: String,
            #[column(primary_key)]
            code: i64,
            name: String,
        }
    }));
    contains(
        &text,
        "pub(crate) const Site: Sites = <Sites as facade::aludel::__private::EntityConst>::TABLE",
    );
    contains(&text, "use facade::aludel::__private as __aq;");
    contains(&text, r#"__aq::TableName { schema: __aq::Some("geo"), name: "site" }"#);
    contains(&text, "base: __aq::base_meta::<my::Base>");
    contains(
        &text,
        "type Key = (<String as __aq::ColumnType>::Base, <i64 as __aq::ColumnType>::Base)",
    );
    contains(&text, "const PRIMARY_KEY: &'static [u16] = &[0u16, 1u16]");
    contains(&text, "pub(crate) fn new() -> NewSite");
    contains(
        &text,
        "fn code(mut self, value: impl __aq::Assign<i64>) -> NewSite<_0, __aq::Yes, _2>",
    );
    contains(
        &text,
        r#"&[__aq::TableArg::Index(|__it| __aq::Index::new([__it.part(0u16), __it.part(1u16),])),
        __aq::TableArg::Unique(|__it| { __aq::Unique::new([__it.name(2u16)]).named("own") }),
        __aq::TableArg::Check(|| __aq::Check::new("code > 0")),
        __aq::TableArg::ForeignKey { name: __aq::None, columns: &[0u16, 1u16], references: || __aq::Vec::from([
        __aq::references(__aq::key(Site.country), __aq::key(models::Region.x)),
        __aq::references(__aq::key(Site.code), __aq::key(models::Region.y)),
        ]), on_delete: __aq::Action::NoAction, on_update: __aq::Action::Cascade, use_alter: false,
        deferrable: __aq::Deferrable::No, },]"#,
    );
}

#[test]
fn without_a_builder() {
    let text = pretty(crate::mapped(quote! {
        #[table("t", builder = false)]
        struct T {
            #[column(primary_key)]
            id: i64,
        }
    }));
    assert!(!text.contains("Builder") && text.contains("__aq::NewObject::Value(self)"), "{text}");
}

#[test]
fn labels() {
    let labels = |input| pretty(crate::sql_enum::expand(input));
    let plain = labels(quote!(
        enum OrderState {
            InTransit,
            #[sql_enum(rename = "so-so")]
            Other,
        }
    ));
    contains(&plain, "name: \"order_state\"");
    contains(&plain, "labels: &[\"in_transit\", \"so-so\"]");
    contains(&plain, "native: true");
    contains(&plain, "\"so-so\" => __aq::Some(Self::Other)");
    let other = labels(quote!(
        #[sql_enum(name = "mood", rename_all = "SCREAMING-KEBAB-CASE", native = false)]
        enum Mood {
            VeryGood,
        }
    ));
    contains(&other, "name: \"mood\"");
    contains(&other, "Self::VeryGood => \"VERY-GOOD\"");
    contains(&other, "native: false");
}

#[test]
fn rows_and_newtypes() {
    let row = pretty(crate::row::expand(quote! {
        #[row(crate = other)]
        struct R { name: String, #[row(rename = "count_1")] r#type: i64 }
    }));
    contains(&row, "use other::__private as __aq; impl __aq::FromRow for R");
    contains(&row, r#"&["name", "count_1"]"#);
    contains(
        &row,
        "name: __aq::read(__row, __order[0usize])?, r#type: __aq::read(__row, __order[1usize])?",
    );
    let newtype = pretty(crate::newtype::expand(quote!(
        struct Sku(String);
    )));
    contains(&newtype, "<String as __aq::Scalar>::from_ref(__value).map(Self)");
}

#[test]
fn self_is_the_struct() {
    let text = mapped(quote! {
        #[relationship]
        parents: (Many<Self>),
    });
    contains(&text, "::aludel::__private::Relationship<T, ::aludel::__private::Target<(Many<T>)>>");
}

#[test]
fn a_mixin_is_asked_first() {
    let question = crate::mapped(quote! {
        #[table("t", crate = other)]
        struct T {
            #[mixin]
            a: models::Named,
            #[mixin]
            b: Dated,
        }
    });
    contains(
        &question.to_string(),
        "models::Named! { [other::__private::mapped_with] { { Dated } } { } {",
    );
}

#[test]
fn a_mixin_describes_itself() {
    let text = pretty(crate::mixin(quote! {
        #[mixin(unique(a), check("a > 0"))]
        pub(crate) struct Named {
            #[column("b")]
            pub a: i64,
            #[relationship]
            owner: One<Person>,
        }
    }));
    contains(&text, "const COLUMNS: &'static [__aq::ColumnMeta] = &[__aq::ColumnMeta::new(\"a\",");
    contains(&text, "impl __aq::MixinColumn<0u16> for Named { type Type = i64; }");
    contains(&text, "pub struct NamedColumns<__E>".trim_start_matches("pub "));
    contains(&text, r#"{ unique(a), check("a > 0") }"#);
    contains(
        &text,
        r#"#[column("b")] pub a : i64 } { } { #[relationship] owner : One < Person > } } {}"#,
    );
    assert!(!text.contains("macro_export"), "only what is public is exported");
}
