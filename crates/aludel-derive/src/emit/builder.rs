//! The builder: a draft with one slot for each field, and one type parameter for each required
//! column that says whether it was given.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Ident, Index, Type, ext::IdentExt};

use super::{meta, typestate::Typestate};
use crate::{
    check::{Entity, Member, Members, Part, Via},
    parse::{self, BuilderName, ColumnArgs, RelationshipArgs},
};

/// `struct UserBuilder`.
pub(super) fn definition(entity: &Entity) -> TokenStream {
    let BuilderName::Function(function) = &entity.table.builder else {
        return TokenStream::new();
    };
    let Entity { ident, vis, table, members, .. } = entity;
    let (name, krate) = (&table.builder_type, &table.krate);
    let aq = quote!(#krate::__private);
    let about = format!(
        "Makes a [`struct@{ident}`], from [`{ident}::{function}`]. A session's `add` and the \
         relationships take it as it is."
    );
    let slots = slots(members, &aq);
    let relationships = members.relationships.iter().map(|it| match &it.via {
        None => it.ty.to_token_stream(),
        Some(Via { ty, number, .. }) => quote!(<#ty as #aq::MixinRelationship<#number>>::Type),
    });
    let state = Typestate::new(entity);
    let (generics, phantom) = (state.declared(&aq), state.phantom(&aq));
    quote! {
        #[doc = #about]
        #[must_use = "a builder makes nothing until it is added to a session or a relationship"]
        #[allow(dead_code, non_camel_case_types, unreachable_pub)]
        #[allow(clippy::type_complexity)]
        #vis struct #name #generics (
            (#slots #(#aq::Initial<#relationships>,)*),
            #phantom
        );
    }
}

/// One slot for each column of the struct's own, and one for each mixin.
pub(super) fn slots(members: &Members, aq: &TokenStream) -> TokenStream {
    let slots = members.parts().into_iter().map(|part| match part {
        Part::Column(it) => {
            let ty = &it.ty;
            quote!(#aq::Option<#ty>)
        }
        Part::Mixin(it) => {
            let ty = &it.ty;
            match it.composite {
                None => quote!(<#ty as #aq::Mixin>::Draft),
                Some(_) => quote!(#aq::Option<#ty>),
            }
        }
    });
    quote!(#(#slots,)*)
}

/// Slots in which nothing is.
pub(super) fn empty(members: &Members) -> TokenStream {
    let slots = members.parts().into_iter().map(|part| match part {
        Part::Column(_) => quote!(__N),
        Part::Mixin(it) => {
            let ty = &it.ty;
            match it.composite {
                None => quote!(<#ty as __aq::Mixin>::draft()),
                Some(_) => quote!(__N),
            }
        }
    });
    quote!(#(#slots,)*)
}

/// The function that makes it, its setters, and how it becomes an object.
pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let value = value(entity);
    let BuilderName::Function(function) = &entity.table.builder else {
        return value;
    };
    let Entity { ident, vis, table, members, .. } = entity;
    let relationships = &members.relationships;
    let name = &table.builder_type;
    let state = Typestate::new(entity);
    let (generics, shown) = (state.generics(), name.to_string());
    let nobody = relationships.iter().map(|_| quote!(__N));
    let empty = empty(members);
    let mut setters: Vec<_> = members
        .given()
        .into_iter()
        .filter(|column| !column.is_required() && column.args.property.is_none())
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
                #name((#empty #(#nobody,)*), __aq::PhantomData)
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

/// Where a column's value is in the draft: `3`, or `2.0` in a mixin's.
fn slot(column: &Member<ColumnArgs>) -> TokenStream {
    let path = column.slot.iter().map(|it| Index::from(usize::from(*it)));
    quote!(#(#path).*)
}

/// What a setter takes, and what it makes of that.
fn accepted(column: &Member<ColumnArgs>) -> (TokenStream, TokenStream) {
    match parse::is_composite(&column.attrs) {
        true => (quote!(__aq::Into), quote!(__aq::Into::into(value))),
        false => (quote!(__aq::Assign), quote!(__aq::Assign::assign(value))),
    }
}

fn column_setter(column: &Member<ColumnArgs>) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = column;
    let (slot, (accepts, value)) = (slot(column), accepted(column));
    let store = quote!(self.0.#slot = __aq::Some(#value););
    setter(docs, vis, ident, quote!(#accepts<#ty>), &store)
}

fn required_setter(
    entity: &Entity,
    state: &Typestate<'_>,
    column: &Member<ColumnArgs>,
) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = column;
    let (slot, (accepts, given)) = (slot(column), accepted(column));
    let builder = &entity.table.builder_type;
    let after = state.types_with(column);
    quote! {
        #(#docs)*
        #vis fn #ident(mut self, value: impl #accepts<#ty>) -> #builder #after {
            self.0.#slot = __aq::Some(#given);
            #builder(self.0, __aq::PhantomData)
        }
    }
}

fn relationship_setter(entity: &Entity, relationship: &Member<RelationshipArgs>) -> TokenStream {
    let Member { ident, vis, ty, docs, .. } = relationship;
    let slot = Index::from(entity.members.parts().len() + usize::from(relationship.index));
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
    let Entity { ident, table, members, .. } = entity;
    let Members { columns, relationships, .. } = members;
    let builder = &table.builder_type;
    let required: Vec<_> = entity.required().map(|column| &column.ident).collect();
    let module = format_ident!("__{}", ident.unraw());
    let (generics, types) = (state.complete(&module), state.all_types());
    // Enums, since unit structs would be values and make patterns of variables.
    let module = (!required.is_empty()).then(|| quote!(mod #module { #(pub enum #required {})* }));
    let made = made(members, &TokenStream::new(), &quote!(&mut __left));
    let value = quote!(__aq::NewObject::Value(#ident { #made }));
    let value = match columns.iter().any(tells) || !members.mixins.is_empty() {
        false => quote!(let __draft = self.0; let __new = #value;),
        true => quote! {
            let (__draft, mut __left) = (self.0, __aq::LeftOut::default());
            let __new = #value.left_out(__left);
        },
    };
    let offset = members.parts().len();
    let links = relationships.iter().map(|relationship| {
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
                #(#links)*
                __new
            }
        }
    }
}

/// Whether a builder notes that nobody gave this column. An `Auto` says by itself that it has no value.
fn tells(column: &Member<ColumnArgs>) -> bool {
    !column.is_required() && !column.is_auto()
}

/// The fields of the struct, from `__draft`; what nobody gave is noted in `__left`, where the columns
/// begin at the position `first`; `left` is how a mixin gets it.
pub(super) fn made(members: &Members, first: &TokenStream, left: &TokenStream) -> TokenStream {
    let parts = members.parts().into_iter().map(|part| match part {
        Part::Column(column) => {
            let (field, index, slot) = (&column.ident, column.index, slot(column));
            let made = column.args.default.is_some() || column.is_begun();
            let default = meta::default_fn(column);
            let value = match (made, column.is_required(), tells(column)) {
                (false, true, _) => quote!(__aq::given(__draft.#slot)),
                (true, _, true) => quote!(__left.or_else(#first #index, __draft.#slot, #default)),
                (false, _, true) => quote!(__left.or_default(#first #index, __draft.#slot)),
                (true, _, false) => quote!(__draft.#slot.unwrap_or_else(#default)),
                (false, false, false) => quote!(__draft.#slot.unwrap_or_default()),
            };
            quote!(#field: #value)
        }
        Part::Mixin(it) => {
            let (field, slot, index) =
                (&it.ident, Index::from(usize::from(it.slot)), it.columns.start);
            if let Some(whole) = &it.composite {
                return match whole.optional {
                    false => quote!(#field: __aq::given(__draft.#slot)),
                    true => quote!(#field: __draft.#slot.unwrap_or_default()),
                };
            }
            quote!(#field: __aq::Mixin::make(__draft.#slot, #left, #first #index))
        }
    });
    let markers = members.own_relationships().map(|it| {
        let field = &it.ident;
        quote!(#field: __aq::Default::default())
    });
    quote!(#(#parts,)* #(#markers,)*)
}
