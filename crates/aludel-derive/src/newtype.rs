//! `#[derive(SqlNewtype)]`: a struct around one column type is a column type.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Path, Type};

use crate::{mistakes::Mistakes, parse};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let newtype = read(input, &mut mistakes);
    mistakes.finish(|| newtype.map(|(krate, ident, inner)| emit(&krate, &ident, &inner)))
}

fn read(input: TokenStream, mistakes: &mut Mistakes) -> Option<(Path, Ident, Type)> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    if !input.generics.params.is_empty() {
        mistakes.at(&input.generics, "a column type can't be generic: it has one SQL type");
    }
    let krate = parse::krate(&input.attrs, "newtype", mistakes);
    if let Data::Struct(data) = input.data
        && let Fields::Unnamed(fields) = data.fields
        && fields.unnamed.len() == 1
        && let Some(field) = fields.unnamed.into_iter().next()
    {
        return Some((krate, input.ident, field.ty));
    }
    mistakes.at(
        &input.ident,
        "`#[derive(SqlNewtype)]` needs one field without a name: `struct Sku(String);`",
    );
    None
}

fn emit(krate: &Path, ident: &Ident, inner: &Type) -> TokenStream {
    quote! {
        const _: () = {
            use #krate::__private as __aq;
            impl __aq::Scalar for #ident {
                const TYPE: __aq::SqlType = <#inner as __aq::Scalar>::TYPE;
                fn to_ref(&self) -> __aq::ValueRef<'_> {
                    <#inner as __aq::Scalar>::to_ref(&self.0)
                }
                fn from_ref(__value: __aq::ValueRef<'_>) -> __aq::Option<Self> {
                    <#inner as __aq::Scalar>::from_ref(__value).map(Self)
                }
            }
        };
    }
}
