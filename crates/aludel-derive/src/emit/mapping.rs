//! `impl Mapped`: the struct's columns by position.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use crate::{
    check::{Entity, Member, Members, MixinField, Part, count},
    parse::ColumnArgs,
};

pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let Entity { ident, table, members, .. } = entity;
    let constant = &table.entity;
    let handle = super::handle::name(entity);
    let key: Vec<_> = entity.key().map(|column| &column.ty).collect();
    let key_type = match &key[..] {
        [one] => quote!(<#one as __aq::ColumnType>::Base),
        several => quote!((#(<#several as __aq::ColumnType>::Base,)*)),
    };
    let key = entity.key().map(|column| column.index);
    let count = count(&members.columns);
    let functions = functions(members);
    quote! {
        impl __aq::Mapped for #ident {
            type Entity = #constant;
            type Handle = #handle;
            type Key = #key_type;
            const PRIMARY_KEY: &'static [u16] = &[#(#key),*];
            const COLUMN_COUNT: u16 = #count;
            fn meta() -> &'static __aq::EntityMeta {
                &__META
            }
            #functions
        }
    }
}

/// The functions that `Mapped` and `Mixin` have in common: columns by position.
pub(super) fn functions(members: &Members) -> TokenStream {
    let parts = members.parts();
    // Spelled by the field's type and at its place: whatever is wrong with it is reported there.
    let field = |column: &Member<ColumnArgs>, call: &str| {
        let (ty, call) = (&column.ty, Ident::new(call, column.ty.span()));
        quote_spanned!(ty.span()=> <#ty as __aq::Field>::#call)
    };
    let decode = parts.iter().map(|part| match part {
        Part::Column(it) => {
            let (ident, take) = (&it.ident, field(it, "take"));
            quote!(#ident: #take(__row)?)
        }
        Part::Mixin(it) => {
            let (ident, of) = (&it.ident, of(it));
            quote!(#ident: #of::decode(__row)?)
        }
    });
    let copy = parts.iter().map(|part| match part {
        Part::Column(it) => {
            let (ident, copy) = (&it.ident, field(it, "copy"));
            quote!(#ident: #copy(&self.#ident))
        }
        Part::Mixin(it) => {
            let (ident, of) = (&it.ident, of(it));
            quote!(#ident: #of::snapshot(&self.#ident))
        }
    });
    let get = arms(&parts, "get", "", |it| {
        let (ident, get) = (&it.ident, field(it, "get"));
        Some(quote!(#get(&self.#ident)))
    });
    let unset = arms(&parts, "is_unset", "", |it| {
        let (ident, is_unset) = (&it.ident, field(it, "is_unset"));
        it.may_be_unset().then(|| quote!(#is_unset(&self.#ident)))
    });
    let put = arms(&parts, "put", "__to", |it| {
        let (ident, put) = (&it.ident, field(it, "put"));
        Some(quote!(#put(&mut self.#ident, __to)))
    });
    let left_out = arms(&parts, "left_out", "", |it| {
        let ident = &it.ident;
        it.deferred().map(|_| quote!(self.#ident.left_out()))
    });
    let left_out = members.columns.iter().any(|it| it.deferred().is_some()).then(|| {
        quote! {
            fn left_out(&self, __column: u16) -> __aq::Option<&'static __aq::Absent> {
                match __column {
                    #(#left_out,)*
                    _ => __aq::None,
                }
            }
        }
    });
    let relationship: Vec<_> = members.own_relationships().map(|it| &it.ident).collect();
    quote! {
        fn decode(__row: &mut __aq::Cursor<'_>) -> __aq::Result<Self, __aq::DecodeError> {
            __aq::Ok(Self {
                #(#decode,)*
                #(#relationship: __aq::Default::default(),)*
            })
        }
        fn get(&self, __column: u16) -> __aq::ValueRef<'_> {
            match __column {
                #(#get,)*
                _ => __aq::ValueRef::Null,
            }
        }
        fn is_unset(&self, __column: u16) -> bool {
            match __column {
                #(#unset,)*
                _ => false,
            }
        }
        #left_out
        fn put(&mut self, __column: u16, __to: __aq::Option<__aq::ValueRef<'_>>) -> bool {
            match __column {
                #(#put,)*
                _ => false,
            }
        }
        fn snapshot(&self) -> Self {
            Self {
                #(#copy,)*
                #(#relationship: __aq::Clone::clone(&self.#relationship),)*
            }
        }
    }
}

/// The functions of `Composite`: its columns are there, each.
pub(super) fn composite_functions(members: &Members) -> TokenStream {
    let columns = &members.columns;
    let field = |column: &Member<ColumnArgs>, call: &str| {
        let (ty, call) = (&column.ty, Ident::new(call, column.ty.span()));
        quote_spanned!(ty.span()=> <#ty as __aq::Field>::#call)
    };
    let decode = columns.iter().map(|it| {
        let (ident, take) = (&it.ident, field(it, "take"));
        quote!(#ident: #take(__row)?)
    });
    let get = columns.iter().map(|it| {
        let (index, ident, get) = (it.index, &it.ident, field(it, "get"));
        quote!(#index => #get(&self.#ident))
    });
    let put = columns.iter().map(|it| {
        let (index, ident, put) = (it.index, &it.ident, field(it, "put"));
        quote!(#index => #put(&mut self.#ident, __to))
    });
    quote! {
        fn decode(__row: &mut __aq::Cursor<'_>) -> __aq::Result<Self, __aq::DecodeError> {
            __aq::Ok(Self { #(#decode,)* })
        }
        fn get(&self, __column: u16) -> __aq::ValueRef<'_> {
            match __column {
                #(#get,)*
                _ => __aq::ValueRef::Null,
            }
        }
        fn put(&mut self, __column: u16, __to: __aq::Option<__aq::ValueRef<'_>>) -> bool {
            match __column {
                #(#put,)*
                _ => false,
            }
        }
    }
}

/// The trait by which a part's columns are reached.
fn of(part: &MixinField) -> TokenStream {
    match part.composite {
        None => quote!(__aq::Mixin),
        Some(_) => {
            let ty = &part.ty;
            quote_spanned!(ty.span()=> <#ty as __aq::CompositeField>)
        }
    }
}

/// One arm a column, and one for all columns of a mixin, which is asked by its own positions.
fn arms(
    parts: &[Part<'_>],
    call: &str,
    argument: &str,
    body: impl Fn(&Member<ColumnArgs>) -> Option<TokenStream>,
) -> Vec<TokenStream> {
    let arm = |part: &Part<'_>| match part {
        Part::Column(it) => {
            let (index, body) = (it.index, body(it)?);
            Some(quote!(#index => #body))
        }
        Part::Mixin(it) if it.columns.is_empty() => None,
        // What can be missing is no composite value's.
        Part::Mixin(it) if it.composite.is_some() && !["get", "put"].contains(&call) => None,
        Part::Mixin(it) => {
            let (ident, first, last) = (&it.ident, it.columns.start, it.columns.end - 1);
            let call = Ident::new(call, ident.span());
            let own = if first == 0 { quote!(__column) } else { quote!(__column - #first) };
            let borrow = if argument.is_empty() { quote!(&) } else { quote!(&mut) };
            let more = (!argument.is_empty()).then(|| Ident::new(argument, ident.span()));
            let more = more.map(|it| quote!(, #it));
            let of = of(it);
            Some(quote!(#first..=#last => #of::#call(#borrow self.#ident, #own #more)))
        }
    };
    parts.iter().filter_map(arm).collect()
}
