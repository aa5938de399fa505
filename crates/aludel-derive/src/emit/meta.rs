//! The static description: data and `fn` pointers, so that entities may refer to each other in any
//! direction.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, ext::IdentExt, spanned::Spanned};

use crate::{
    check::{Entity, Member, Members, Via},
    parse::{
        Back, BuilderName, ColumnArgs, Deferral, Identity, Kind, NextVersion, Part, PartOf,
        Reference, RelationshipArgs, ServerDefault, TableArg, Version,
    },
};

/// The function that computes a column's default.
pub(super) fn default_fn(column: &Member<ColumnArgs>) -> Ident {
    format_ident!("__default_{}", column.name)
}

/// The function that makes what stands for an attribute in statements.
pub(super) fn property_fn(column: &Member<ColumnArgs>) -> Ident {
    format_ident!("__property_{}", column.name)
}

/// The static, the functions of its defaults, and its registration at link time.
pub(super) fn statics(entity: &Entity) -> TokenStream {
    let ident = &entity.ident;
    let name = ident.unraw().to_string();
    let base = entity.base();
    let key = entity.key().map(|column| column.index);
    let confirm = entity.table.confirm_deleted_rows;
    let eager = match entity.table.eager_defaults {
        Some(eager) => quote!(__aq::Some(#eager)),
        None => quote!(__aq::None),
    };
    let (columns, relationships) = descriptions(&entity.members, Some(ident));
    let args = entity.args.iter().map(|arg| table_arg(entity, arg));
    let has_builder = !matches!(entity.table.builder, BuilderName::None);
    let helpers = helpers(&entity.members, has_builder);
    quote! {
        #helpers
        static __META: __aq::EntityMeta = __aq::EntityMeta {
            name: #name,
            type_id: __aq::TypeId::of::<#ident>,
            base: __aq::base_meta::<#base>,
            table: __TABLE,
            columns: &[#(#columns,)*],
            primary_key: &[#(#key),*],
            args: &[#(#args,)*],
            relationships: &[#(#relationships,)*],
            confirm_deleted_rows: #confirm,
            eager_defaults: #eager,
            ops: __aq::ops!(#ident),
            mapper: __aq::MapperSlot::new(),
        };
        __aq::inventory::submit! { __aq::Registered(&__META) }
    }
}

/// The descriptions of all columns, and of all relationships. A mixin's owner isn't known.
pub(super) fn descriptions(
    members: &Members,
    owner: Option<&Ident>,
) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let columns = members.columns.iter().map(|it| match &it.via {
        None => column(owner, it),
        Some(Via { ty, number, composite: None }) => {
            let at = usize::from(*number);
            quote!(<#ty as __aq::Mixin>::COLUMNS[#at])
        }
        Some(Via { ty, number, composite: Some(optional) }) => {
            let (at, name, field) = (usize::from(*number), it.sql_name(), &it.name);
            quote!(<#ty as __aq::Composite>::COLUMNS[#at].within(#name, #field, #optional))
        }
    });
    let relationships = members.relationships.iter().map(|it| match &it.via {
        None => relationship(owner, it),
        Some(Via { ty, number, .. }) => {
            let at = usize::from(*number);
            quote!(<#ty as __aq::Mixin>::RELATIONSHIPS[#at])
        }
    });
    (columns.collect(), relationships.collect())
}

/// The functions of defaults, and what expressions need.
pub(super) fn helpers(members: &Members, has_builder: bool) -> TokenStream {
    let own = || members.columns.iter().filter(|it| it.is_own());
    let defaults = own().filter_map(|column| {
        let (function, ty) = (default_fn(column), &column.ty);
        let begun = column.args.version.as_ref().filter(|_| column.is_begun() && has_builder);
        let body = match (&column.args.default, begun) {
            (Some(value), _) => {
                quote_spanned!(value.span()=> __aq::Assign::<#ty>::assign(#value))
            }
            (None, Some(Version { next: NextVersion::By(next), .. })) => {
                quote_spanned!(next.span()=> __aq::first_version_by::<#ty>(#next))
            }
            (None, Some(Version { next: NextVersion::ByType, key })) => {
                quote_spanned!(key.span()=> __aq::first_version::<#ty>())
            }
            _ => return None,
        };
        Some(quote!(fn #function() -> #ty { #body }))
    });
    // Sort keys such as `Address.id.desc()` and comparisons are methods of a trait that users may not have named.
    let sorts = members.own_relationships().any(|it| {
        let args = &it.args;
        args.order_by.is_some() || args.primaryjoin.is_some() || args.secondaryjoin.is_some()
    });
    let is_computed = |it: &Member<ColumnArgs>| {
        it.args.onupdate.is_some()
            || it.args.default_expression.is_some()
            || it.args.property.as_ref().is_some_and(|it| it.expression.is_some())
    };
    let properties = own().filter_map(|column| {
        let expression = column.args.property.as_ref()?.expression.as_ref()?;
        let (function, ty) = (property_fn(column), &column.ty);
        let value =
            quote_spanned!(expression.span()=> __aq::SetValue::<#ty>::into_value(#expression));
        Some(quote!(fn #function() -> __aq::Node { #value }))
    });
    let properties: Vec<_> = properties.collect();
    let operators = (sorts || own().any(is_computed)).then(|| {
        quote!(
            use __aq::Expression as _;
        )
    });
    quote!(#operators #(#defaults)* #(#properties)*)
}

fn column(owner: Option<&Ident>, column: &Member<ColumnArgs>) -> TokenStream {
    let (ty, field, args) = (&column.ty, &column.name, &column.args);
    let kind = quote_spanned!(ty.span()=> <#ty as __aq::Field>::KIND);
    let mut meta = quote!(__aq::ColumnMeta::new(#field, #kind));
    if let Some(name) = &args.name {
        meta.extend(quote!(.named(#name)));
    }
    match &args.foreign_key {
        None => {}
        Some(Reference::Named(text)) => meta.extend(quote!(.references_named(#text))),
        Some(Reference::Column(other)) => {
            let pair = match owner {
                Some(owner) => pair(owner, &column.ident, other),
                None => references_as(column, other),
            };
            meta.extend(quote!(.references(|| #pair)));
        }
    }
    for action in [&args.on_delete, &args.on_update].into_iter().flatten() {
        let (method, variant) = (&action.key, Ident::new(action.variant, Span::call_site()));
        meta.extend(quote!(.#method(__aq::Action::#variant)));
    }
    if args.use_alter {
        meta.extend(quote!(.use_alter()));
    }
    if let Some(deferrable) = &args.deferrable {
        let variant = Ident::new(deferrable.variant, Span::call_site());
        meta.extend(quote!(.deferrable(__aq::Deferrable::#variant)));
    }
    if args.unique {
        meta.extend(quote!(.unique()));
    }
    if args.index {
        meta.extend(quote!(.index()));
    }
    if args.not_null {
        meta.extend(quote!(.not_null()));
    }
    // As functions rather than methods: the whole call stands at the argument that may be wrong.
    if let Some(length) = &args.length {
        meta = quote_spanned!(length.span()=> __aq::ColumnMeta::length(#meta, #length));
    }
    if let Some((precision, scale)) = &args.numeric {
        let numeric = quote_spanned!(precision.span()=> __aq::ColumnMeta::numeric);
        meta = quote_spanned!(precision.span()=> #numeric(#meta, #precision, #scale));
    }
    if let Some(ty) = &args.sql_type {
        let ty = quote_spanned!(ty.span()=> __aq::TypeVariants::from(#ty));
        meta.extend(quote!(.sql_type(|| #ty)));
    }
    if let Some(name) = &args.annotated {
        meta.extend(quote!(.annotated(#name)));
    }
    if let Some(default) = &args.server_default {
        let default = match default {
            ServerDefault::Now => quote!(Now),
            ServerDefault::Sql(text) => quote!(Sql(__aq::String::from(#text))),
            ServerDefault::Int(value) => quote!(Value(__aq::Value::Int(#value))),
            ServerDefault::Real(value) => quote!(Value(__aq::Value::Real(#value))),
            ServerDefault::Bool(value) => quote!(Value(__aq::Value::Bool(#value))),
        };
        meta.extend(quote!(.server_default(|| __aq::ServerDefault::#default)));
    }
    if let Some(version) = &args.version {
        let span = version.key.span();
        meta = match &version.next {
            NextVersion::ByType => quote_spanned!(span=> __aq::versioned::<#ty>(#meta)),
            NextVersion::ByHand => quote_spanned!(span=> __aq::versioned_by_hand::<#ty>(#meta)),
            NextVersion::ByServer => quote_spanned!(span=> __aq::versioned_by_server::<#ty>(#meta)),
            NextVersion::By(next) => {
                let next = quote_spanned! {next.span()=>
                    |__old| __aq::next_version_by::<#ty>(__old, #next)
                };
                quote_spanned!(span=> __aq::versioned_by::<#ty>(#meta, #next))
            }
        };
    }
    if let Some(value) = &args.default_expression {
        let value = quote_spanned!(value.span()=> __aq::SetValue::<#ty>::into_value(#value));
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::default_expression);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, || #value));
    }
    if let (Some(default), Some(owner)) = (&args.default_of_row, owner) {
        let default = quote_spanned! {default.span()=>
            |__row| __aq::row_default::<#owner, #ty, _>(__row, #default)
        };
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::default_of_row);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, #default));
    }
    if let Some(value) = &args.onupdate {
        let value = quote_spanned!(value.span()=> __aq::SetValue::<#ty>::into_value(#value));
        meta.extend(quote!(.client_on_update(|| #value)));
    }
    if let Some(computed) = &args.computed {
        let (sql, storage) = (&computed.sql, Ident::new(computed.storage, Span::call_site()));
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::computed);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, #sql, __aq::Storage::#storage));
    }
    if let Some(Identity { always, start, increment, .. }) = &args.identity {
        let (start, increment) = (option(start.as_ref()), option(increment.as_ref()));
        let identity = quote! {
            __aq::Identity { always: #always, start: #start, increment: #increment }
        };
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::identity);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, #identity));
    }
    if let Some((name, calls)) = &args.sequence {
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::sequence);
        let sequence = quote!(|| __aq::Sequence::new(#name) #calls);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, #sequence));
    }
    if !args.collations.is_empty() {
        let collations = &args.collations;
        meta.extend(quote!(.collations(&[#(#collations),*])));
    }
    if !args.synonyms.is_empty() {
        let names = args.synonyms.iter().map(|it| it.unraw().to_string());
        meta.extend(quote!(.synonyms(&[#(#names),*])));
    }
    if let Some(property) = &args.property {
        let kind = match &property.expression {
            Some(_) => {
                let function = property_fn(column);
                quote!(Expression(#function))
            }
            None => quote!(ByQuery),
        };
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::property);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, __aq::Property::#kind));
    }
    if let Some(Deferral { group, loaded, raises }) = &args.deferral {
        let group = option(group.as_ref());
        let deferral = quote! {
            &__aq::Deferral { group: #group, loaded: #loaded, raises: #raises }
        };
        let method = quote_spanned!(column.ty.span()=> __aq::ColumnMeta::deferral);
        meta = quote_spanned!(column.ty.span()=> #method(#meta, #deferral));
    }
    if let Some(comment) = &args.comment {
        meta.extend(quote!(.comment(#comment)));
    }
    if args.server_onupdate {
        meta.extend(quote!(.server_on_update()));
    }
    if args.default.is_some() {
        let function = default_fn(column);
        meta.extend(quote!(.default(|| __aq::Value::from(#function()))));
    }
    meta
}

/// The same, of a column that is known by its type only.
fn references_as(own: &Member<ColumnArgs>, other: &impl ToTokens) -> TokenStream {
    let ty = &own.ty;
    quote_spanned!(other.span()=> __aq::references_as::<#ty>(__aq::key(#other)))
}

/// `Some(…)`, or `None`.
fn option<T: ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(it) => quote!(__aq::Some(#it)),
        None => quote!(__aq::None),
    }
}

/// The column referred to, after a comparison of the two types.
fn pair(entity: &Ident, own: &Ident, other: &impl ToTokens) -> TokenStream {
    quote_spanned! {other.span()=>
        __aq::references(__aq::key(#entity.#own), __aq::key(#other))
    }
}

fn table_arg(entity: &Entity, arg: &TableArg<u16>) -> TokenStream {
    match &arg.kind {
        Kind::Index { parts, include, calls } => {
            let parts = parts.iter().map(part);
            let include = match &**include {
                [] => TokenStream::new(),
                columns => quote!(.include([#(__it.name(#columns)),*])),
            };
            quote!(__aq::TableArg::Index(|__it| __aq::Index::new([#(#parts),*]) #include #calls))
        }
        Kind::Unique { columns, calls } => {
            quote!(__aq::TableArg::Unique(|__it| __aq::Unique::new([#(__it.name(#columns)),*]) #calls))
        }
        Kind::Check { sql, calls } => {
            quote!(__aq::TableArg::Check(|| __aq::Check::new(#sql) #calls))
        }
        Kind::Exclude { elements, calls } => {
            let elements = elements.iter().map(|(it, by)| (part(it), by));
            let elements = elements.map(|(it, by)| quote!((#it, #by)));
            quote!(__aq::TableArg::Exclude(|__it| __aq::Exclusion::new([#(#elements),*]) #calls))
        }
        Kind::Comment(text) => quote!(__aq::TableArg::Comment(#text)),
        Kind::Temporary => quote!(__aq::TableArg::Temporary),
        Kind::Options(calls) => {
            quote!(__aq::TableArg::Options(|| __aq::TableOptions::new() #calls))
        }
        Kind::ForeignKey { columns, own, target, references, actions, name } => {
            let name = option(name.as_ref());
            let pairs = columns.iter().zip(own).zip(references).map(|((at, own), other)| {
                let column = &entity.members.columns[usize::from(*at)];
                let other = quote!(#target.#other);
                match column.is_own() {
                    true => pair(&entity.ident, own, &other),
                    false => references_as(column, &other),
                }
            });
            let use_alter = actions.use_alter;
            let deferrable = actions.deferrable.unwrap_or("No");
            let [on_delete, on_update, deferrable] =
                [actions.on_delete, actions.on_update, deferrable]
                    .map(|variant| Ident::new(variant, Span::call_site()));
            quote! {
                __aq::TableArg::ForeignKey {
                    name: #name,
                    columns: &[#(#columns),*],
                    references: || __aq::Vec::from([#(#pairs,)*]),
                    on_delete: __aq::Action::#on_delete,
                    on_update: __aq::Action::#on_update,
                    use_alter: #use_alter,
                    deferrable: __aq::Deferrable::#deferrable,
                }
            }
        }
    }
}

fn part(part: &Part<u16>) -> TokenStream {
    let calls = &part.calls;
    match &part.of {
        PartOf::Column(position) => quote!(__it.part(#position) #calls),
        PartOf::Expression(sql) => quote!(__aq::IndexPart::expression(#sql) #calls),
    }
}

fn relationship(owner: Option<&Ident>, relationship: &Member<RelationshipArgs>) -> TokenStream {
    let Member { ty, name, args, .. } = relationship;
    let mut meta = quote_spanned!(ty.span()=> __aq::RelationshipMeta::new::<#ty>(#name));
    match &args.back_populates {
        None => {}
        Some(Back::Named(name)) => meta.extend(quote!(.back_named(#name))),
        Some(Back::Field(field)) => {
            let back = quote_spanned! {field.span()=>
                __aq::back::<#owner, _>(__aq::entity::<#ty>().#field)
            };
            meta.extend(quote!(.back(|| #back)));
        }
    }
    if let Some(cascades) = &args.cascade {
        let mut names = cascades.iter().map(|name| Ident::new(name, Span::call_site()));
        let first = names.next();
        meta.extend(quote!(.cascade(__aq::Cascade::#first #(.and(__aq::Cascade::#names))*)));
    }
    if let Some(keys) = &args.order_by {
        let keys = quote_spanned!(keys.span()=> __aq::sort_keys(#keys));
        meta.extend(quote!(.order_by(|| #keys)));
    }
    if !args.foreign_keys.is_empty() {
        let columns = &args.foreign_keys;
        meta.extend(quote!(.foreign_keys(|| __aq::Vec::from([#(#columns.column_ref()),*]))));
    }
    if !args.remote_side.is_empty() {
        let columns = &args.remote_side;
        meta.extend(quote!(.remote_side(|| __aq::Vec::from([#(#columns.column_ref()),*]))));
    }
    if let Some(secondary) = &args.secondary {
        meta.extend(quote!(.secondary(<#secondary as __aq::Mapped>::meta)));
    }
    if let Some(strategy) = &args.lazy {
        let variant = Ident::new(strategy.0, Span::call_site());
        meta.extend(quote!(.lazy(__aq::Strategy::#variant)));
    }
    if let Some(variant) = args.passive_deletes {
        let variant = Ident::new(variant, Span::call_site());
        meta.extend(quote!(.passive_deletes(__aq::PassiveDeletes::#variant)));
    }
    if let Some(passive) = args.passive_updates {
        meta.extend(quote!(.passive_updates(#passive)));
    }
    if args.post_update {
        meta.extend(quote!(.post_update()));
    }
    if args.single_parent {
        meta.extend(quote!(.single_parent()));
    }
    if args.viewonly {
        meta.extend(quote!(.viewonly()));
    }
    if !args.overlaps.is_empty() {
        let names = args.overlaps.iter().map(|it| it.unraw().to_string());
        meta.extend(quote!(.overlaps(&[#(#names),*])));
    }
    if let Some(key) = &args.key {
        meta.extend(quote!(.key(#key)));
    }
    let rare = rare(args);
    if !rare.is_empty() {
        meta.extend(quote!(.rare(const { &<#ty as __aq::RelField>::RARE #rare })));
    }
    meta
}

/// The calls that say what few relationships do.
fn rare(args: &RelationshipArgs) -> TokenStream {
    let mut calls = TokenStream::new();
    if let Some(condition) = &args.primaryjoin {
        let condition = quote_spanned!(condition.span()=> __aq::condition(#condition));
        calls.extend(quote!(.primaryjoin(|| #condition)));
    }
    if let Some(condition) = &args.secondaryjoin {
        let condition = quote_spanned!(condition.span()=> __aq::condition(#condition));
        calls.extend(quote!(.secondaryjoin(|| #condition)));
    }
    if let Some(count_from) = args.ordering_list {
        calls.extend(quote!(.ordering_list(#count_from)));
    }
    calls
}
