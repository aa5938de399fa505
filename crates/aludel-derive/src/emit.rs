//! Emit: from an entity to the tokens that the compiler reads.
//!
//! What users see (the constant, its type, the builder) stands beside their struct, so that it has
//! documentation and clashes are reported as such; everything else is in an anonymous constant.
//! Every name goes through `__aq`, since a module may have a `Vec` or an `Ok` of its own; local
//! names begin with two underscores, since a constant of the same name would make a pattern of
//! them.

mod builder;
mod composite;
mod constant;
mod handle;
mod mapping;
mod meta;
mod mixin;
mod typestate;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;

use crate::check::{Entity, Mixin};

/// All that the derive prints for an entity.
pub(crate) fn entity(entity: &Entity) -> TokenStream {
    let krate = &entity.table.krate;
    let outside = [constant::definition(entity), builder::definition(entity)];
    let inside = [
        constant::implementation(entity),
        meta::statics(entity),
        mapping::implementation(entity),
        handle::implementation(entity),
        builder::implementation(entity),
        mixin::has(entity),
    ];
    let inside = hidden(krate, &quote!(#(#inside)*));
    quote!(#(#outside)* #inside)
}

/// All that the derive prints for a mixin.
pub(crate) fn mixin(mixin: &Mixin) -> TokenStream {
    let (outside, inside) = (mixin::definition(mixin), mixin::implementation(mixin));
    let inside = hidden(&mixin.krate, &inside);
    quote!(#outside #inside)
}

/// All that the derive prints for a composite value.
pub(crate) fn composite(value: &Mixin) -> TokenStream {
    let (outside, inside) = (composite::definition(value), composite::implementation(value));
    let inside = hidden(&value.krate, &inside);
    quote!(#outside #inside)
}

/// What has no name that users could meet.
fn hidden(krate: &Path, inside: &TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code, missing_docs, unreachable_pub, unused_imports)]
        #[allow(non_camel_case_types, non_snake_case, unused_qualifications)]
        #[allow(clippy::all, clippy::nursery, clippy::pedantic, clippy::restriction)]
        const _: () = {
            use #krate::__private as __aq;
            #inside
        };
    }
}
