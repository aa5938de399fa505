//! `#[hybrid]`: a method of a mapped struct, said once, is an SQL expression of its entity constant as well.

mod translate;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Expr, ExprClosure, FnArg, ImplItem, ImplItemFn, ItemImpl, Path, ReceiverKind,
    ReturnType, Type, ext::IdentExt, spanned::Spanned,
};

use crate::{mistakes::Mistakes, parse};

/// The arguments of `#[hybrid]`.
struct HybridArgs {
    /// The type of the entity constant.
    entity: Option<Path>,
    krate: Path,
}

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    // The methods are there in any case, so that nothing else is said of those that use them.
    let (mistakes, output) = parts(arguments, item);
    quote!(#mistakes #output)
}

/// The mistakes, and the methods.
pub(crate) fn parts(
    arguments: TokenStream,
    item: TokenStream,
) -> (TokenStream, Option<TokenStream>) {
    let mut mistakes = Mistakes::default();
    let arguments = read(arguments, &mut mistakes);
    let item = mistakes.take(syn::parse2::<ItemImpl>(item));
    let output = item.and_then(|item| emit(&arguments, item, &mut mistakes));
    (mistakes.finish(|| None), output)
}

fn read(arguments: TokenStream, mistakes: &mut Mistakes) -> HybridArgs {
    let mut hybrid = HybridArgs { entity: None, krate: parse::facade() };
    for arg in parse::args(arguments, mistakes) {
        match arg.key().as_str() {
            "entity" => hybrid.entity = arg.path(mistakes),
            "crate" => hybrid.krate = arg.path(mistakes).unwrap_or(hybrid.krate),
            _ => arg.unknown("hybrid", &["entity", "crate"], mistakes),
        }
    }
    hybrid
}

/// The struct's own methods, and those of its entity constant.
fn emit(
    arguments: &HybridArgs,
    mut item: ItemImpl,
    mistakes: &mut Mistakes,
) -> Option<TokenStream> {
    let name = match &*item.self_ty {
        Type::Path(path) if item.trait_.is_none() && item.generics.params.is_empty() => {
            path.path.segments.last()?.ident.unraw()
        }
        other => {
            let message = "`#[hybrid]` stands on the methods of a mapped struct: `impl User { … }`";
            mistakes.at(other, message);
            return None;
        }
    };
    let entity = match &arguments.entity {
        Some(path) => quote!(#path),
        None => {
            let entity = format_ident!("{name}Entity", span = item.self_ty.span());
            quote!(#entity)
        }
    };
    let mut methods = Vec::new();
    for member in &mut item.items {
        let ImplItem::Fn(method) = member else { continue };
        let said = said_in_sql(&mut method.attrs, mistakes);
        if by_reference(method) {
            methods.extend(in_sql(arguments, &item.self_ty, method, said, mistakes));
        } else if let Some(said) = said {
            let message = "a method of the object alone has no SQL: one that takes `&self` has";
            mistakes.at(&said, message);
        }
    }
    Some(quote! {
        #item
        impl #entity {
            #(#methods)*
        }
    })
}

/// Takes `#[expression(|it| …)]` off a method.
fn said_in_sql(attrs: &mut Vec<Attribute>, mistakes: &mut Mistakes) -> Option<ExprClosure> {
    let at = attrs.iter().position(|it| it.path().is_ident("expression"))?;
    let attr = attrs.remove(at);
    let closure = mistakes.take(attr.parse_args::<ExprClosure>())?;
    if closure.inputs.len() != 1 {
        mistakes.at(&closure, "write `#[expression(|user| …)]`: it takes the entity constant");
        return None;
    }
    Some(closure)
}

/// Whether a method takes `&self`.
fn by_reference(method: &ImplItemFn) -> bool {
    let own = method.sig.receiver();
    own.is_some_and(|it| matches!(it.kind, ReceiverKind::Reference(_, _, None)))
}

/// The method of the entity constant.
fn in_sql(
    arguments: &HybridArgs,
    of: &Type,
    method: &ImplItemFn,
    said: Option<ExprClosure>,
    mistakes: &mut Mistakes,
) -> Option<TokenStream> {
    let krate = &arguments.krate;
    let aq = quote!(#krate::__private);
    let (vis, name) = (&method.vis, &method.sig.ident);
    let docs = method.attrs.iter().filter(|it| it.path().is_ident("doc"));
    let inputs = method.sig.inputs.iter().filter(|it| matches!(it, FnArg::Typed(_)));
    let generics = &method.sig.generics;
    let result = match &method.sig.output {
        ReturnType::Type(_, ty) => owned(ty),
        ReturnType::Default => {
            mistakes.at(&method.sig, "a hybrid gives a value: what a column could hold");
            return None;
        }
    };
    let body = match said {
        Some(closure) => Some(quote_spanned!(closure.span()=> #aq::apply(self, #closure))),
        None => translate::body(&method.block, of, &aq, mistakes),
    };
    let shown = name.unraw().to_string();
    let value = match body {
        Some(body) => quote_spanned!(body.span()=> #aq::hybrid::<#result, _>(#shown, #body)),
        None => quote!(loop {}),
    };
    Some(quote! {
        #(#docs)*
        #[allow(dead_code, clippy::should_implement_trait, clippy::wrong_self_convention)]
        #[allow(unused_parens, unused_braces)]
        #vis fn #name #generics (self, #(#inputs),*) -> #aq::Expr<#result> {
            #value
        }
    })
}

/// What a column could hold of what is borrowed.
fn owned(ty: &Type) -> TokenStream {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => {
                quote_spanned!(ty.span()=> ::std::string::String)
            }
            other => owned(other),
        },
        Type::Paren(inner) => owned(&inner.elem),
        Type::Group(inner) => owned(&inner.elem),
        other => match parse::inner(other) {
            Some(inner) => {
                let inner = owned(inner);
                quote!(::std::option::Option<#inner>)
            }
            None => quote!(#other),
        },
    }
}

/// Whether an expression says something of the object.
fn mentions_self(expr: &Expr) -> bool {
    fn within(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(it) => it == "self",
            proc_macro2::TokenTree::Group(group) => within(group.stream()),
            _ => false,
        })
    }
    within(quote!(#expr))
}
