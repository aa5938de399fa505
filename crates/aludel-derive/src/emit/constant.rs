//! The entity constant and its type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ext::IdentExt};

use super::composite;
use crate::check::{Entity, Members, Part};

/// `const User: UserEntity` and `struct UserEntity`.
pub(super) fn definition(entity: &Entity) -> TokenStream {
    let Entity { ident, vis, table, members, .. } = entity;
    let (name, krate) = (&table.entity, &table.krate);
    let aq = quote!(#krate::__private);
    let about_constant = format!("[`struct@{ident}`] in statements.");
    let about_type = format!("The columns and relationships of [`struct@{ident}`], in statements.");
    let fields = fields(members, &aq, ident);
    quote! {
        #[doc = #about_constant]
        #[allow(dead_code, non_upper_case_globals, unreachable_pub)]
        #vis const #ident: #name = <#name as #aq::EntityConst>::TABLE;

        #[doc = #about_type]
        #[allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]
        #vis struct #name {
            #fields
            __source: #aq::Source,
        }
    }
}

/// The columns and relationships of `entity`, as fields.
pub(super) fn fields(members: &Members, aq: &TokenStream, entity: &Ident) -> TokenStream {
    let parts = members.parts().into_iter().map(|part| match part {
        Part::Column(it) => {
            let (docs, vis, ty) = (&it.docs, &it.vis, &it.ty);
            let names = std::iter::once(&it.ident).chain(&it.args.synonyms);
            let fields = names.map(|it| quote!(#(#docs)* #vis #it: #aq::Column<#entity, #ty>));
            quote!(#(#fields),*)
        }
        Part::Mixin(it) => {
            let (docs, vis, field, ty) = (&it.docs, &it.vis, &it.ident, &it.ty);
            match &it.composite {
                None => quote!(#(#docs)* #vis #field: <#ty as #aq::Mixin>::Columns<#entity>),
                Some(whole) => {
                    let columns = composite::columns(whole, aq, entity);
                    quote!(#(#docs)* #vis #field: #columns)
                }
            }
        }
    });
    let relationships = members.own_relationships().map(|it| {
        let (docs, vis, field, ty) = (&it.docs, &it.vis, &it.ident, &it.ty);
        quote!(#(#docs)* #vis #field: #aq::Relationship<#entity, #aq::Target<#ty>>)
    });
    quote!(#(#parts,)* #(#relationships,)*)
}

/// The values of these fields, where the relationships begin at the position `first`, and the table is
/// `table`.
pub(super) fn values(
    members: &Members,
    entity: &Ident,
    table: &TokenStream,
    first: &TokenStream,
) -> TokenStream {
    let parts = members.parts().into_iter().map(|part| match part {
        Part::Column(it) => {
            let (names, name) =
                (std::iter::once(&it.ident).chain(&it.args.synonyms), it.sql_name());
            let by = it.args.property.as_ref().map(|property| match &property.expression {
                Some(_) => {
                    let function = super::meta::property_fn(it);
                    quote!(.by(#function))
                }
                None => quote!(.by(__aq::null)),
            });
            let value = quote!(__aq::Column::new(__source, #table, #name) #by);
            quote!(#(#names: #value),*)
        }
        Part::Mixin(it) => {
            let (field, ty, offset) = (&it.ident, &it.ty, it.relationships.start);
            if let Some(whole) = &it.composite {
                let columns = composite::columns(whole, &quote!(__aq), entity);
                let names = &whole.names;
                return quote!(#field: <#columns>::__new(__source, #table, &[#(#names),*]));
            }
            let new = quote!(<<#ty as __aq::Mixin>::Columns<#entity>>::__new);
            quote!(#field: #new(__source, #table, #first #offset))
        }
    });
    let relationships = members.own_relationships().map(|it| {
        let (field, index) = (&it.ident, it.index);
        quote!(#field: __aq::Relationship::new(__source, #first #index))
    });
    quote!(#(#parts,)* #(#relationships,)*)
}

/// One list of fields serves the table itself and its aliases.
pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let Entity { ident, table, members, .. } = entity;
    let name = &table.entity;
    let shown = ident.unraw().to_string();
    let (table_name, base) = (&table.name, entity.base());
    let table_name = match &table.schema {
        None => quote! {
            __aq::TableName { schema: <#base as __aq::DeclarativeBase>::SCHEMA, name: #table_name }
        },
        Some(schema) => quote! {
            __aq::TableName { schema: __aq::Some(#schema), name: #table_name }
        },
    };
    let values = values(members, ident, &quote!(__TABLE), &TokenStream::new());
    quote! {
        const __TABLE: __aq::TableName = #table_name;
        const fn __entity(__source: __aq::Source) -> #name {
            #name { #values __source }
        }
        impl __aq::Copy for #name {}
        impl __aq::Clone for #name {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl __aq::Debug for #name {
            fn fmt(&self, __f: &mut __aq::Formatter<'_>) -> __aq::FmtResult {
                __f.write_str(#shown)
            }
        }
        impl __aq::EntityConst for #name {
            type Mapped = #ident;
            const TABLE: Self = __entity(__aq::Source::Table);
            fn with_source(self, __source: __aq::Source) -> Self {
                __entity(__source)
            }
            fn source(self) -> __aq::Source {
                self.__source
            }
        }
        impl __aq::FromTarget for #name {
            fn from_item(&self) -> __aq::FromItem {
                __aq::FromItem { table: __TABLE, source: self.__source }
            }
            fn entity(&self) -> __aq::Option<__aq::TypeId> {
                __aq::Some(__aq::TypeId::of::<#ident>())
            }
        }
        impl __aq::Selectable for #name {
            type Row = __aq::Obj<#ident>;
            type Slot = __aq::EntitySlot;
            type State = __aq::EntityState<#ident>;
            fn add_to(self, __query: &mut __aq::Query) {
                __aq::entity_add(self, __query)
            }
            fn decode(
                __state: &mut Self::State,
                __row: &mut __aq::Cursor<'_>,
            ) -> __aq::Result<Self::Slot, __aq::DecodeError> {
                __aq::entity_decode(__state, __row)
            }
            fn settle(
                __state: &mut Self::State,
                __context: &mut dyn __aq::Any,
            ) -> __aq::Result<(), __aq::SettleError> {
                __aq::entity_settle(__state, __context)
            }
            fn finish(__state: &mut Self::State, __slot: Self::Slot) -> Self::Row {
                __aq::entity_finish(__state, __slot)
            }
            fn parts(__state: &mut Self::State, __visit: &mut dyn __aq::FnMut(&mut dyn __aq::Any)) {
                __aq::entity_parts(__state, __visit)
            }
        }
    }
}
