//! Asks each mixin of a struct for its description, one after the other, before the struct is expanded.
//!
//! A derive sees its own struct only. So `#[derive(Mixin)]` also makes a macro of the mixin's name, which
//! hands the mixin's fields to the macro that it is told; that one asks the next mixin, or expands the
//! struct with all that was collected.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Data, DeriveInput, Ident, Path, Type, braced,
    parse::{Parse, ParseStream},
};

use crate::{mistakes::Mistakes, parse};

/// A struct, what its first mixins said of themselves, and those that weren't asked yet.
pub(crate) struct Collected {
    waiting: Vec<Path>,
    descriptions: Vec<TokenStream>,
    item: TokenStream,
}

impl Collected {
    /// Nobody was asked yet.
    pub(crate) fn of(item: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut waiting = Vec::new();
        // Whatever is wrong with it is told once it is expanded.
        if let Ok(DeriveInput { data: Data::Struct(data), .. }) = syn::parse2(item.clone()) {
            for field in &data.fields {
                if parse::is_composite(&field.attrs) {
                    let ty = parse::inner(&field.ty).unwrap_or(&field.ty);
                    waiting.extend(path(ty, mistakes));
                } else if parse::is_mixin(&field.attrs) {
                    waiting.extend(path(&field.ty, mistakes));
                }
            }
        }
        Self { waiting, descriptions: Vec::new(), item }
    }

    /// What stands for now: the question to the next mixin, to be answered to the macro called `back`; or,
    /// where all were asked, what `expand` makes of the struct and the descriptions.
    pub(crate) fn go_on(
        mut self,
        attribute: &str,
        back: &str,
        expand: impl FnOnce(TokenStream, Vec<TokenStream>) -> TokenStream,
    ) -> TokenStream {
        if self.waiting.is_empty() {
            return expand(self.item, self.descriptions);
        }
        let next = self.waiting.remove(0);
        let Self { waiting, descriptions, item } = self;
        let attrs = syn::parse2(item.clone()).map(|it: DeriveInput| it.attrs).unwrap_or_default();
        // What else the attribute says is judged once the struct is expanded.
        let mut unheard = Mistakes::default();
        let args = parse::attribute_args(&attrs, attribute, &mut unheard);
        let krate = args.iter().find(|it| it.key() == "crate");
        let krate = krate.and_then(|it| it.path(&mut unheard)).unwrap_or_else(parse::facade);
        let back = Ident::new(back, Span::call_site());
        quote! {
            #next! { [#krate::__private::#back] { #({ #waiting })* } { #({ #descriptions })* } { #item } }
        }
    }
}

/// A mixin's answer, and what it was asked with.
impl Parse for Collected {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let answer = group(input)?;
        let (waiting, descriptions);
        braced!(waiting in input);
        braced!(descriptions in input);
        let mut collected =
            Self { waiting: Vec::new(), descriptions: Vec::new(), item: group(input)? };
        while !waiting.is_empty() {
            collected.waiting.push(syn::parse2(group(&waiting)?)?);
        }
        while !descriptions.is_empty() {
            collected.descriptions.push(group(&descriptions)?);
        }
        collected.descriptions.push(answer);
        Ok(collected)
    }
}

/// What stands between braces.
fn group(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let inner;
    braced!(inner in input);
    inner.parse()
}

/// The path that names both the mixin and its macro.
fn path(ty: &Type, mistakes: &mut Mistakes) -> Option<Path> {
    match ty {
        Type::Path(it) if it.qself.is_none() => {
            let plain = it.path.segments.iter().all(|it| it.arguments.is_none());
            if plain {
                return Some(it.path.clone());
            }
        }
        Type::Group(it) => return path(&it.elem, mistakes),
        _ => {}
    }
    mistakes.at(
        ty,
        "a mixin is named by its path: a struct with `#[derive(Mixin)]`, which isn't generic",
    );
    None
}
