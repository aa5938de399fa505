//! A composite value: its columns for each entity, `impl Composite`, and the macro that describes it to the
//! structs that have it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{mapping, meta, mixin};
use crate::check::{Mixin, Whole};

/// The type of its columns, of an entity: `<Point as Composite>::Columns<Vertex, NotNull>`.
pub(super) fn columns(whole: &Whole, aq: &TokenStream, entity: &Ident) -> TokenStream {
    let base = &whole.base;
    let nullness = if whole.optional { quote!(Nullable) } else { quote!(Always) };
    quote!(<#base as #aq::Composite>::Columns<#entity, #aq::#nullness>)
}

/// `struct PointColumns<E, N>`, and the macro.
pub(super) fn definition(value: &Mixin) -> TokenStream {
    let Mixin { ident, vis, krate, members, .. } = value;
    let aq = quote!(#krate::__private);
    let name = mixin::columns_name(value);
    let about = format!("The columns of [`struct@{ident}`], of the entity `__E`.");
    let fields = members.columns.iter().map(|it| {
        let (docs, vis, field, ty) = (&it.docs, &it.vis, &it.ident, &it.ty);
        quote!(#(#docs)* #vis #field: #aq::Column<__E, #aq::In<__N, #ty>>)
    });
    let describe = mixin::describe(value);
    quote! {
        #[doc = #about]
        #[allow(dead_code, missing_docs, non_camel_case_types, unreachable_pub)]
        #vis struct #name<__E, __N: #aq::Nullness> {
            #(#fields,)*
            __types: #aq::PhantomData<fn() -> (__E, __N)>,
        }
        #describe
    }
}

/// `impl Composite`, and what its columns can do as one.
pub(super) fn implementation(value: &Mixin) -> TokenStream {
    let Mixin { ident, vis, members, .. } = value;
    let name = mixin::columns_name(value);
    let (columns, _) = meta::descriptions(members, None);
    let functions = mapping::composite_functions(members);
    let fields: Vec<_> = members.columns.iter().map(|it| &it.ident).collect();
    let at = 0..fields.len();
    let helpers = meta::helpers(members, false);
    quote! {
        #helpers
        impl<__E, __N: __aq::Nullness> __aq::Copy for #name<__E, __N> {}
        impl<__E, __N: __aq::Nullness> __aq::Clone for #name<__E, __N> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<__E, __N: __aq::Nullness> #name<__E, __N> {
            #[doc(hidden)]
            pub const fn __new(
                __source: __aq::Source,
                __table: __aq::TableName,
                __names: &'static [&'static str],
            ) -> Self {
                Self {
                    #(#fields: __aq::Column::new(__source, __table, __names[#at]),)*
                    __types: __aq::PhantomData,
                }
            }
            fn __columns(self) -> __aq::Vec<__aq::ColumnRef> {
                __aq::Vec::from([#(self.#fields.column_ref()),*])
            }
            /// Whether it is this value; `None` asks for NULL in all columns.
            #vis fn eq(self, value: impl __aq::Into<__aq::Option<#ident>>) -> __aq::Expr<bool> {
                __aq::composite_equals::<#ident>(&self.__columns(), value.into().as_ref())
            }
            /// Whether it is another value.
            #vis fn ne(self, value: impl __aq::Into<__aq::Option<#ident>>) -> __aq::Expr<bool> {
                !self.eq(value)
            }
            /// Whether it is one of these values.
            #vis fn in_(self, values: impl __aq::IntoIterator<Item = #ident>) -> __aq::Expr<bool> {
                __aq::composite_among::<#ident>(&self.__columns(), __aq::FromIterator::from_iter(values))
            }
            /// Sets its columns, in an INSERT or UPDATE.
            #vis fn set(self, value: impl __aq::Into<__aq::Option<#ident>>) -> __aq::Vec<__aq::Assignment> {
                __aq::composite_set::<#ident>(&self.__columns(), value.into().as_ref())
            }
        }
        impl<__E: __aq::Mapped, __N: __aq::Nullness> __aq::Attributes<__E> for #name<__E, __N> {
            fn attributes(self) -> __aq::Vec<__aq::AnyAttribute<__E>> {
                __aq::Vec::from([#(__aq::AnyAttribute::from(self.#fields)),*])
            }
        }
        impl __aq::Composite for #ident {
            type Columns<__E, __N: __aq::Nullness> = #name<__E, __N>;
            const COLUMNS: &'static [__aq::ColumnMeta] = &[#(#columns,)*];
            #functions
        }
    }
}
