//! What one kind of database is told of a table: `sqlite(strict)`, `postgres(unlogged)`, `mysql(engine = "Aria")`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Lit, LitStr, Token, ext::IdentExt, parenthesized, parse::ParseStream};

use super::Arg;
use crate::{mistakes::Mistakes, suggest};

/// The calls of the options' builder.
pub(super) fn parse(arg: &Arg, mistakes: &mut Mistakes) -> Option<TokenStream> {
    match arg.key().as_str() {
        "sqlite" => arg.list(sqlite, "sqlite(strict, without_rowid)", mistakes),
        "postgres" => arg.list(postgres, "postgres(unlogged, with(fillfactor = 70))", mistakes),
        _ => arg.list(mysql, "mysql(engine = \"InnoDB\", charset = \"utf8mb4\")", mistakes),
    }
}

fn sqlite(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    each(input, &["strict", "without_rowid"], &|word, _| Ok(quote!(.#word())))
}

fn postgres(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let known = ["partition_by", "partition", "with", "tablespace", "unlogged"];
    each(input, &known, &|word, input| match word.to_string().as_str() {
        "unlogged" => Ok(quote!(.unlogged())),
        "partition" => {
            let inside;
            parenthesized!(inside in input);
            let name = inside.parse::<LitStr>()?;
            inside.parse::<Token![,]>()?;
            let bounds = inside.parse::<LitStr>()?;
            Ok(quote!(.partition(#name, #bounds)))
        }
        "with" => {
            let inside;
            parenthesized!(inside in input);
            pairs(&inside, &quote!(with))
        }
        _ => text(word, input),
    })
}

fn mysql(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    each(input, &["engine", "charset", "collation", "other"], &|word, input| {
        if word != "other" {
            return text(word, input);
        }
        let inside;
        parenthesized!(inside in input);
        pairs(&inside, &quote!(other))
    })
}

type Read<'a> = &'a dyn Fn(&Ident, ParseStream<'_>) -> syn::Result<TokenStream>;

/// Words between commas, each read with what follows it.
fn each(input: ParseStream<'_>, known: &[&str], read: Read<'_>) -> syn::Result<TokenStream> {
    let mut calls = TokenStream::new();
    while !input.is_empty() {
        let word = Ident::parse_any(input)?;
        if !known.iter().any(|it| word == it) {
            let cure = suggest::cure(&word.to_string(), known.iter().copied());
            return Err(syn::Error::new(word.span(), format!("unknown option `{word}`{cure}")));
        }
        calls.extend(read(&word, input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(calls)
}

/// `= "…"`
fn text(word: &Ident, input: ParseStream<'_>) -> syn::Result<TokenStream> {
    input.parse::<Token![=]>()?;
    let value = input.parse::<LitStr>()?;
    Ok(quote!(.#word(#value)))
}

/// `fillfactor = 70, autovacuum_enabled = false`
fn pairs(input: ParseStream<'_>, call: &TokenStream) -> syn::Result<TokenStream> {
    let mut calls = TokenStream::new();
    while !input.is_empty() {
        let name = match input.peek(LitStr) {
            true => input.parse::<LitStr>()?.value(),
            false => Ident::parse_any(input)?.unraw().to_string(),
        };
        input.parse::<Token![=]>()?;
        let literal = input.parse::<Lit>()?;
        let value = match &literal {
            Lit::Str(it) => it.value(),
            Lit::Int(it) => it.base10_digits().to_owned(),
            Lit::Float(it) => it.base10_digits().to_owned(),
            Lit::Bool(it) => it.value.to_string(),
            _ => {
                return Err(syn::Error::new(
                    literal.span(),
                    "expected a number, a truth value or text",
                ));
            }
        };
        calls.extend(quote!(.#call(#name, #value)));
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(calls)
}
