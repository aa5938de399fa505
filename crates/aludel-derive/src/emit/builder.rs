//! The builder: a draft with one slot for each field, and one type parameter for each required
//! column that says whether it was given.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Index, Type, ext::IdentExt};

use super::{meta, typestate::Typestate};
use crate::{
    check::{Entity, Member},
    parse::{BuilderName, ColumnArgs, RelationshipArgs},
};

/// `struct UserBuilder`.
pub(super) fn definition(entity: &Entity) -> TokenStream {
    let BuilderName::Function(function) = &entity.table.builder else {
        return TokenStream::new();
    };
    let Entity { ident, vis, table, columns, relationships, .. } = entity;
    let (name, krate) = (&table.builder_type, &table.krate);
    let aq = quote!(#krate::__private);
    let about = format!(
        "Makes a [`struct@{ident}`], from [`{ident}::{function}`]. A session's `add` and the \
         relationships take it as it is."
    );
    let columns = columns.iter().map(|column| &column.ty);
    let relationships = relationships.iter().map(|relationship| &relationship.ty);
    let state = Typestate::new(entity);
    let (generics, phantom) = (state.declared(&aq), state.phantom(&aq));
    quote! {
        #[doc = #about]
        #[must_use = "a builder makes nothing until it is added to a session or a relationship"]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #[allow(clippy::type_complexity)]
        #vis struct #name #generics (
            (#(#aq::Option<#columns>,)* #(#aq::Initial<#relationships>,)*),
            #phantom
        );
    }
}

/// The function that makes it, its setters, and how it becomes an object.
pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let value = value(entity);
    let BuilderName::Function(function) = &entity.table.builder else {
        return value;
    };
    let Entity { ident, vis, table, columns, relationships, .. } = entity;
    let name = &table.builder_type;
    let state = Typestate::new(entity);
    let (generics, shown) = (state.generics(), name.to_string());
    let slots = columns.len() + relationships.len();
    let empty = std::iter::repeat_n(quote!(__N), slots);
    let mut setters: Vec<_> = columns
        .iter()
        .filter(|column| !column.is_required())
        .map(column_setter)
        .chain(relationships.iter().map(|it| relationship_setter(entity, it)))
        .collect();
    // Only a required column's setter changes the builder's type, and so looks into its group.
    let mut required = Vec::new();
    for group in state.groups() {
        let own = state.members(group).map(|column| required_setter(entity, &state, column));
        if state.is_flat() {
            setters.extend(own);
        } else {
            let (generics, types) = (state.generics_of(group), state.types_of(group));
            required.push(quote!(impl #generics #name #types { #(#own)* }));
        }
    }
    let finish = finish(entity, &state);
    quote! {
        #value
        // One short name, since a long list of them breaks into lines.
        use __aq::None as __N;
        impl #ident {
            #[doc = "The builder, with no column given yet."]
            #vis fn #function() -> #name {
                #name((#(#empty,)*), __aq::PhantomData)
            }
        }
        impl #generics #name #generics {
            #(#setters)*
        }
        #(#required)*
        impl #generics __aq::Debug for #name #generics {
            fn fmt(&self, __f: &mut __aq::Formatter<'_>) -> __aq::FmtResult {
                __f.write_str(#shown)
            }
        }
        #finish
    }
}

/// The struct itself is an object to be, too.
fn value(entity: &Entity) -> TokenStream {
    let ident = &entity.ident;
    quote! {
        impl __aq::IntoNew for #ident {
            type Entity = Self;
            fn into_new(self) -> __aq::NewObject<Self> {
                __aq::NewObject::Value(self)
            }
        }
    }
}

fn column_setter(column: &Member<ColumnArgs>) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = column;
    let slot = Index::from(usize::from(column.index));
    let store = quote!(self.0.#slot = __aq::Some(__aq::Assign::assign(value)););
    setter(docs, vis, ident, quote!(__aq::Assign<#ty>), &store)
}

fn required_setter(
    entity: &Entity,
    state: &Typestate<'_>,
    column: &Member<ColumnArgs>,
) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = column;
    let slot = Index::from(usize::from(column.index));
    let builder = &entity.table.builder_type;
    let after = state.types_with(column);
    quote! {
        #(#docs)*
        #vis fn #ident(mut self, value: impl __aq::Assign<#ty>) -> #builder #after {
            self.0.#slot = __aq::Some(__aq::Assign::assign(value));
            #builder(self.0, __aq::PhantomData)
        }
    }
}

fn relationship_setter(entity: &Entity, relationship: &Member<RelationshipArgs>) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = relationship;
    let slot = Index::from(entity.columns.len() + usize::from(relationship.index));
    let store = quote!(self.0.#slot = __aq::Some(__aq::Members::members(value)););
    setter(docs, vis, ident, quote!(__aq::Members<#ty>), &store)
}

fn setter(
    docs: &[syn::Attribute],
    vis: &syn::Visibility,
    ident: &Ident,
    accepts: TokenStream,
    store: &TokenStream,
) -> TokenStream {
    quote! {
        #(#docs)*
        #vis fn #ident(mut self, value: impl #accepts) -> Self {
            #store
            self
        }
    }
}

fn finish(entity: &Entity, state: &Typestate<'_>) -> TokenStream {
    let Entity { ident, table, columns, relationships, .. } = entity;
    let builder = &table.builder_type;
    let required: Vec<_> = entity.required().map(|column| &column.ident).collect();
    let module = format_ident!("__{}", ident.unraw());
    let (generics, types) = (state.complete(&module), state.all_types());
    // Enums, since unit structs would be values and make patterns of variables.
    let module = (!required.is_empty()).then(|| quote!(mod #module { #(pub enum #required {})* }));
    // An `Auto` says by itself that it has no value.
    let tells = |it: &Member<ColumnArgs>| !it.is_required() && !it.is_auto();
    let any_tells = columns.iter().any(tells);
    let columns = columns.iter().map(|column| {
        let (field, index) = (&column.ident, column.index);
        let slot = Index::from(usize::from(index));
        let made = column.args.default.is_some() || column.is_begun();
        let default = meta::default_fn(column);
        let value = match (made, column.is_required(), tells(column)) {
            (false, true, _) => quote!(__aq::given(__draft.#slot)),
            (true, _, true) => quote!(__left.or_else(#index, __draft.#slot, #default)),
            (false, _, true) => quote!(__left.or_default(#index, __draft.#slot)),
            (true, _, false) => quote!(__draft.#slot.unwrap_or_else(#default)),
            (false, false, false) => quote!(__draft.#slot.unwrap_or_default()),
        };
        quote!(#field: #value)
    });
    let markers = relationships.iter().map(|it| {
        let field = &it.ident;
        quote!(#field: __aq::Default::default())
    });
    let value = quote!(__aq::NewObject::Value(#ident { #(#columns,)* #(#markers,)* }));
    let value = match any_tells {
        false => quote!(let __draft = self.0; let __new = #value;),
        true => quote! {
            let (__draft, mut __left) = (self.0, __aq::LeftOut::default());
            let __new = #value.left_out(__left);
        },
    };
    let offset = entity.columns.len();
    let members = relationships.iter().map(|relationship| {
        let (ty, index): (&Type, u16) = (&relationship.ty, relationship.index);
        let slot = Index::from(offset + usize::from(index));
        quote!(let __new = __aq::with_members::<#ident, #ty>(__new, #index, __draft.#slot);)
    });
    quote! {
        #module
        impl #generics __aq::IntoNew for #builder #types {
            type Entity = #ident;
            fn into_new(self) -> __aq::NewObject<#ident> {
                #value
                #(#members)*
                __new
            }
        }
    }
}
