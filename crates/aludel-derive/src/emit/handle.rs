//! What an `Obj` dereferences to: one accessor for each relationship, and for each column that is loaded on
//! demand.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, ext::IdentExt};

use crate::check::Entity;

/// The handle's name.
pub(super) fn name(entity: &Entity) -> Ident {
    format_ident!("__{}Handle", entity.ident.unraw())
}

pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let Entity { ident, vis, members, .. } = entity;
    let relationships = &members.relationships;
    let name = name(entity);
    let accessors = relationships.iter().map(|relationship| {
        let (docs, vis, field) = (&relationship.docs, &relationship.vis, &relationship.ident);
        let (ty, index) = (&relationship.ty, relationship.index);
        quote! {
            #(#docs)*
            #vis fn #field(&self) -> __aq::Access<'_, #ident, #ty> {
                <#ty as __aq::RelField>::access(&self.0, #index)
            }
        }
    });
    let deferred = members.columns.iter().filter(|it| it.deferred().is_some()).map(|column| {
        let (docs, vis, field) = (&column.docs, &column.vis, &column.ident);
        let (ty, index) = (&column.ty, column.index);
        quote! {
            #(#docs)*
            #vis fn #field(&self) -> <#ty as __aq::DeferredField>::Access<'_, #ident> {
                <#ty as __aq::DeferredField>::access(&self.0, #index)
            }
        }
    });
    let accessors: Vec<_> = accessors.chain(deferred).collect();
    let accessors = (!accessors.is_empty()).then(|| quote!(impl #name { #(#accessors)* }));
    quote! {
        #vis struct #name(__aq::Raw<#ident>);
        impl __aq::Clone for #name {
            fn clone(&self) -> Self {
                Self(__aq::Clone::clone(&self.0))
            }
        }
        impl __aq::Handle for #name {
            type Mapped = #ident;
            fn wrap(__raw: __aq::Raw<#ident>) -> Self {
                Self(__raw)
            }
            fn raw(&self) -> &__aq::Raw<#ident> {
                &self.0
            }
        }
        #accessors
    }
}
