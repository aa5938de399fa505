//! The entity constant and its type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use crate::check::Entity;

/// `const User: UserEntity` and `struct UserEntity`.
pub(super) fn definition(entity: &Entity) -> TokenStream {
    let Entity { ident, vis, table, columns, relationships, .. } = entity;
    let (name, krate) = (&table.entity, &table.krate);
    let aq = quote!(#krate::__private);
    let about_constant = format!("[`struct@{ident}`] in statements.");
    let about_type = format!("The columns and relationships of [`struct@{ident}`], in statements.");
    let columns = columns.iter().map(|column| {
        let (docs, vis, field, ty) = (&column.docs, &column.vis, &column.ident, &column.ty);
        quote!(#(#docs)* #vis #field: #aq::Column<#ident, #ty>)
    });
    let relationships = relationships.iter().map(|relationship| {
        let (docs, vis, field) = (&relationship.docs, &relationship.vis, &relationship.ident);
        let ty = &relationship.ty;
        quote!(#(#docs)* #vis #field: #aq::Relationship<#ident, #aq::Target<#ty>>)
    });
    quote! {
        #[doc = #about_constant]
        #[allow(dead_code, non_upper_case_globals, unreachable_pub)]
        #vis const #ident: #name = <#name as #aq::EntityConst>::TABLE;

        #[doc = #about_type]
        #[allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]
        #vis struct #name {
            #(#columns,)*
            #(#relationships,)*
            __source: #aq::Source,
        }
    }
}

/// One list of fields serves the table itself and its aliases.
pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let Entity { ident, table, columns, relationships, .. } = entity;
    let name = &table.entity;
    let shown = ident.unraw().to_string();
    let table_name = &table.name;
    let table_name = match &table.schema {
        None => quote!(__aq::TableName::new(#table_name)),
        Some(schema) => quote! {
            __aq::TableName { schema: __aq::Some(#schema), name: #table_name }
        },
    };
    let columns = columns.iter().map(|column| {
        let (field, name) = (&column.ident, column.sql_name());
        quote!(#field: __aq::Column::new(__source, __TABLE, #name))
    });
    let relationships = relationships.iter().map(|relationship| {
        let (field, index) = (&relationship.ident, relationship.index);
        quote!(#field: __aq::Relationship::new(__source, #index))
    });
    quote! {
        const __TABLE: __aq::TableName = #table_name;
        const fn __entity(__source: __aq::Source) -> #name {
            #name { #(#columns,)* #(#relationships,)* __source }
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
