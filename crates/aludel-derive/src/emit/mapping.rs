//! `impl Mapped`: the struct's columns by position.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Ident, spanned::Spanned};

use crate::{
    check::{Entity, Member},
    parse::ColumnArgs,
};

pub(super) fn implementation(entity: &Entity) -> TokenStream {
    let Entity { ident, table, columns, relationships, .. } = entity;
    let constant = &table.entity;
    let handle = super::handle::name(entity);
    let key: Vec<_> = entity.key().map(|column| &column.ty).collect();
    let key_type = match &key[..] {
        [one] => quote!(<#one as __aq::ColumnType>::Base),
        several => quote!((#(<#several as __aq::ColumnType>::Base,)*)),
    };
    let key = entity.key().map(|column| column.index);
    // Spelled by the field's type and at its place: whatever is wrong with it is reported there.
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
    let copy = columns.iter().map(|it| {
        let (ident, copy) = (&it.ident, field(it, "copy"));
        quote!(#ident: #copy(&self.#ident))
    });
    let count = columns.len() as u16;
    let relationship: Vec<_> = relationships.iter().map(|it| &it.ident).collect();
    let unset = columns.iter().filter(|it| it.may_be_unset()).map(|it| {
        let (index, ident, is_unset) = (it.index, &it.ident, field(it, "is_unset"));
        quote!(#index => #is_unset(&self.#ident))
    });
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
}
