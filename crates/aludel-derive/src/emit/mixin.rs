//! A mixin: its columns for each entity, its own half of `Mapped`, and the macro that describes it to the
//! structs that have it.

use std::hash::{DefaultHasher, Hash, Hasher};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Visibility, ext::IdentExt};

use super::{builder, constant, mapping, meta};
use crate::{
    check::{Entity, Member, Mixin},
    parse::krate_name,
};

/// `struct TimestampsColumns<E>`, and the macro.
pub(super) fn definition(mixin: &Mixin) -> TokenStream {
    let Mixin { ident, vis, krate, members, .. } = mixin;
    let aq = quote!(#krate::__private);
    let name = columns_name(mixin);
    let about =
        format!("The columns and relationships of [`struct@{ident}`], of the entity `__E`.");
    let fields = constant::fields(members, &aq, &entity());
    let describe = describe(mixin);
    quote! {
        #[doc = #about]
        #[allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]
        #vis struct #name<__E> {
            #fields
            __entity: #aq::PhantomData<fn() -> __E>,
        }
        #describe
    }
}

/// `impl Mixin`.
pub(super) fn implementation(mixin: &Mixin) -> TokenStream {
    let Mixin { ident, members, .. } = mixin;
    let name = columns_name(mixin);
    let values = constant::values(members, &entity(), &quote!(__table), &quote!(__first+));
    let (columns, relationships) = meta::descriptions(members, None);
    let helpers = meta::helpers(members, true);
    let functions = mapping::functions(members);
    let (slots, empty) = (builder::slots(members, &quote!(__aq)), builder::empty(members));
    let made = builder::made(members, &quote!(__first+), &quote!(&mut *__left));
    let types = projections("MixinColumn", ident, &members.columns);
    let targets = projections("MixinRelationship", ident, &members.relationships);
    let mut number = 0_u16;
    let parts = members.mixins.iter().map(|it| {
        let ty = &it.ty;
        let own = quote!(impl __aq::MixinPart<#number> for #ident { type Type = #ty; });
        number += 1;
        let inner = (0_u16..).zip(&it.parts).map(|(inner, _)| {
            let part = quote! {
                impl __aq::MixinPart<#number> for #ident {
                    type Type = <#ty as __aq::MixinPart<#inner>>::Type;
                }
            };
            number += 1;
            part
        });
        quote!(#own #(#inner)*)
    });
    let parts: Vec<_> = parts.collect();
    quote! {
        #helpers
        impl<__E> __aq::Copy for #name<__E> {}
        impl<__E> __aq::Clone for #name<__E> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<__E> #name<__E> {
            #[doc(hidden)]
            pub const fn __new(
                __source: __aq::Source,
                __table: __aq::TableName,
                __first: u16,
            ) -> Self {
                Self { #values __entity: __aq::PhantomData }
            }
        }
        // One short name, as in builders.
        use __aq::None as __N;
        impl __aq::Mixin for #ident {
            type Columns<__E> = #name<__E>;
            type Draft = (#slots);
            const COLUMNS: &'static [__aq::ColumnMeta] = &[#(#columns,)*];
            const RELATIONSHIPS: &'static [__aq::RelationshipMeta] = &[#(#relationships,)*];
            #functions
            fn draft() -> Self::Draft {
                (#empty)
            }
            fn make(__draft: Self::Draft, __left: &mut __aq::LeftOut, __first: u16) -> Self {
                Self { #made }
            }
        }
        #types
        #targets
        #(#parts)*
    }
}

/// Which mixins a mapped struct has: `impl Has<Timestamps> for UserEntity`.
pub(super) fn has(entity: &Entity) -> TokenStream {
    let (ident, constant) = (&entity.ident, &entity.table.entity);
    let one = |ty: &TokenStream, path: &[&Ident]| {
        quote! {
            impl __aq::Has<#ty> for #constant {
                fn mixin(self) -> <#ty as __aq::Mixin>::Columns<#ident> {
                    self #(.#path)*
                }
            }
            impl __aq::AsRef<#ty> for #ident {
                fn as_ref(&self) -> &#ty {
                    &self #(.#path)*
                }
            }
            impl __aq::AsMut<#ty> for #ident {
                fn as_mut(&mut self) -> &mut #ty {
                    &mut self #(.#path)*
                }
            }
        }
    };
    let mixins = entity.members.mixins.iter().filter(|it| it.composite.is_none()).map(|it| {
        let (ty, field) = (it.ty.to_token_stream(), &it.ident);
        let own = one(&ty, &[field]);
        let inner = (0_u16..).zip(&it.parts).map(|(number, part)| {
            let path: Vec<_> = [field].into_iter().chain(part).collect();
            one(&quote!(<#ty as __aq::MixinPart<#number>>::Type), &path)
        });
        quote!(#own #(#inner)*)
    });
    quote!(#(#mixins)*)
}

/// The macro of the mixin's name, or the composite's: `Timestamps! { [next] … }` calls `next! { { description } … }`.
pub(super) fn describe(mixin: &Mixin) -> TokenStream {
    let Mixin { ident, vis, args, members, .. } = mixin;
    let args = args.iter().map(|it| &it.tokens);
    let columns = members.columns.iter().map(|it| {
        // A mixin is one slot of its struct's draft, so that its own slots begin at nought.
        let slot = &it.slot;
        described(it, quote!(#(#slot),*))
    });
    let relationships = members.relationships.iter().map(|it| described(it, TokenStream::new()));
    let parts = members.mixins.iter().flat_map(|it| {
        let field = &it.ident;
        let own = std::iter::once(quote!({ #field }));
        own.chain(it.parts.iter().map(move |path| quote!({ #field #(.#path)* })))
    });
    let krate = krate_name();
    let description = quote! {
        #krate { #(#args),* } { #(#columns)* #(#relationships)* } { #(#parts)* }
    };
    let name = format_ident!("__mixin_{}_{}", ident.unraw(), fingerprint(ident, &description));
    // Only a macro that is exported can be used again by another crate.
    let exported = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    quote! {
        #[doc(hidden)]
        #exported
        macro_rules! #name {
            ([$($next:tt)*] $($rest:tt)*) => {
                $($next)* ! { { #description } $($rest)* }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #name as #ident;
    }
}

fn described<A>(member: &Member<A>, slot: TokenStream) -> TokenStream {
    let Member { docs, attrs, vis, ident, declared, .. } = member;
    quote!({ #slot } { #(#docs)* #(#attrs)* #vis #ident: #declared })
}

/// Exported macros share one namespace, mixins of one name don't.
fn fingerprint(ident: &Ident, description: &TokenStream) -> String {
    let mut hasher = DefaultHasher::new();
    description.to_string().hash(&mut hasher);
    if proc_macro::is_available() {
        let place = ident.span().unwrap();
        (place.file(), place.line(), place.column()).hash(&mut hasher);
        // Of two that a macro makes of one place, the number of the expansion differs.
        format!("{:?}", ident.span()).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// The types of columns or relationships, by position.
fn projections<A>(name: &str, ident: &Ident, members: &[Member<A>]) -> TokenStream {
    let name = format_ident!("{name}");
    let projections = members.iter().map(|it| {
        let (index, ty) = (it.index, &it.ty);
        quote!(impl __aq::#name<#index> for #ident { type Type = #ty; })
    });
    quote!(#(#projections)*)
}

/// The entity, where it is a parameter.
fn entity() -> Ident {
    format_ident!("__E")
}

pub(super) fn columns_name(mixin: &Mixin) -> Ident {
    format_ident!("{}Columns", mixin.ident.unraw(), span = mixin.ident.span())
}
