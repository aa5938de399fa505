//! `#[derive(Row)]`: a row read into a struct, column by name.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Fields, Ident, Path, ext::IdentExt};

use crate::{mistakes::Mistakes, parse};

struct RowStruct {
    ident: Ident,
    krate: Path,
    fields: Vec<(Ident, String)>,
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let row = read(input, &mut mistakes);
    mistakes.finish(|| row.as_ref().map(emit))
}

fn read(input: TokenStream, mistakes: &mut Mistakes) -> Option<RowStruct> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    if !input.generics.params.is_empty() {
        mistakes.at(&input.generics, "a row struct can't be generic");
    }
    let krate = parse::krate(&input.attrs, "row", mistakes);
    let named = match input.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => Some(fields.named),
            _ => None,
        },
        _ => None,
    };
    let Some(named) = named else {
        mistakes.at(&input.ident, "`#[derive(Row)]` needs a struct with named fields");
        return None;
    };
    let mut fields = Vec::new();
    let mut seen = HashMap::new();
    for field in named {
        let Some(ident) = field.ident else { continue };
        let name = renamed(&field.attrs, mistakes).unwrap_or_else(|| ident.unraw().to_string());
        if let Some(first) = seen.insert(name.clone(), ident.to_string()) {
            mistakes.at(&ident, format!("the column `{name}` is read already: field `{first}`"));
        }
        fields.push((ident, name));
    }
    if fields.is_empty() {
        mistakes.at(&input.ident, "a row struct needs a field");
    }
    Some(RowStruct { ident: input.ident, krate, fields })
}

fn renamed(attrs: &[syn::Attribute], mistakes: &mut Mistakes) -> Option<String> {
    let mut name = None;
    for arg in parse::attribute_args(attrs, "row", mistakes) {
        match arg.key().as_str() {
            "rename" => name = arg.string(mistakes).map(|text| text.value()),
            _ => arg.unknown("row", &["rename"], mistakes),
        }
    }
    name
}

fn emit(row: &RowStruct) -> TokenStream {
    let RowStruct { ident, krate, fields } = row;
    let names = fields.iter().map(|(_, name)| name);
    let reads = fields
        .iter()
        .enumerate()
        .map(|(i, (field, _))| quote!(#field: __aq::read(__row, __order[#i])?));
    quote! {
        const _: () = {
            use #krate::__private as __aq;
            impl __aq::FromRow for #ident {
                const COLUMNS: &'static [&'static str] = &[#(#names),*];
                fn from_row(
                    __row: &dyn __aq::Columns,
                    __order: &[usize],
                ) -> __aq::Result<Self, __aq::DecodeError> {
                    __aq::Ok(Self { #(#reads,)* })
                }
            }
        };
    }
}
