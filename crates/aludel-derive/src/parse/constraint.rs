//! Indexes and constraints in `#[table]` and `#[mixin]`: `index(country, code.desc(), name = "…")`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{
    Ident, Lit, LitInt, LitStr, Path, Token, ext::IdentExt, parenthesized, parse::ParseStream,
    punctuated::Punctuated, token::Paren,
};

use super::{
    Arg, Given,
    column::{self, Actions},
};
use crate::{mistakes::Mistakes, suggest};

/// What `#[table]` says of the whole table; columns are fields, or positions once they were found.
#[derive(Clone)]
pub(crate) struct TableArg<C = Ident> {
    pub(crate) kind: Kind<C>,
    /// As it stands in the attribute, for the structs that have a mixin.
    pub(crate) tokens: TokenStream,
}

/// An index, a constraint, or an option. Calls are those of the builder in the schema.
#[derive(Clone)]
pub(crate) enum Kind<C = Ident> {
    Index {
        parts: Vec<Part<C>>,
        include: Vec<C>,
        calls: TokenStream,
    },
    Unique {
        columns: Vec<C>,
        calls: TokenStream,
    },
    Check {
        sql: LitStr,
        calls: TokenStream,
    },
    Exclude {
        elements: Vec<(Part<C>, LitStr)>,
        calls: TokenStream,
    },
    ForeignKey {
        columns: Vec<C>,
        own: Vec<Ident>,
        target: Path,
        /// Fields of the target, or of its mixins.
        references: Vec<TokenStream>,
        actions: Actions,
        name: Option<LitStr>,
    },
    Comment(LitStr),
    Temporary,
    /// Calls of the options' builder.
    Options(TokenStream),
}

/// A column or an expression, and how it is sorted: calls of the part's builder.
#[derive(Clone)]
pub(crate) struct Part<C = Ident> {
    pub(crate) of: PartOf<C>,
    pub(crate) calls: TokenStream,
}

/// A column or an expression.
#[derive(Clone)]
pub(crate) enum PartOf<C = Ident> {
    Column(C),
    Expression(LitStr),
}

impl<C> TableArg<C> {
    pub(crate) fn new(kind: Kind<C>) -> Self {
        Self { kind, tokens: TokenStream::new() }
    }
}

/// `index(a, b)`, `unique(a, b)`, `check("a > 0")`, `exclude((a, "="))`
pub(super) fn parse(arg: &Arg, mistakes: &mut Mistakes) -> Option<TableArg> {
    let kind = match arg.key().as_str() {
        "index" => arg.list(index, "index(column, …)` or `index(column, name = \"…\")", mistakes),
        "unique" => {
            arg.list(unique, "unique(column, …)` or `unique(column, name = \"…\")", mistakes)
        }
        "exclude" => arg.list(exclude, "exclude((room, \"=\"), (during, \"&&\"))", mistakes),
        _ => arg.list(check, "check(\"a > 0\")` or `check(\"a > 0\", name = \"…\")", mistakes),
    }?;
    let tokens = match (&arg.name, &arg.given) {
        (Some(name), Given::List(list)) => quote!(#name(#list)),
        _ => TokenStream::new(),
    };
    Some(TableArg { kind, tokens })
}

/// `foreign_key((a, b) -> Region(x, y))`
pub(super) fn foreign_key(arg: &Arg, mistakes: &mut Mistakes) -> Option<TableArg> {
    arg.list(key, "foreign_key((a, b) -> Region(x, y))", mistakes).map(TableArg::new)
}

fn index(input: ParseStream<'_>) -> syn::Result<Kind> {
    let (mut parts, mut include) = (Vec::new(), Vec::new());
    let mut words = Words::default();
    while !input.is_empty() {
        if input.peek(Lit) {
            parts.push(part(input)?);
        } else {
            let ahead = input.fork();
            let word = Ident::parse_any(&ahead)?;
            if word == "include" && ahead.peek(Paren) {
                Ident::parse_any(input)?;
                let list;
                parenthesized!(list in input);
                include.extend(names(&list)?);
            } else if word == "unique" && !ahead.peek(Token![.]) {
                Ident::parse_any(input)?;
                words.calls.extend(quote!(.unique()));
            } else if !words.read(input, &["name", "using", "where", "only"])? {
                parts.push(part(input)?);
            }
        }
        comma(input)?;
    }
    if parts.is_empty() {
        return Err(input.error("an index is of one column at least"));
    }
    Ok(Kind::Index { parts, include, calls: words.calls })
}

/// `a, b, name = "x"`: one column at least.
fn unique(input: ParseStream<'_>) -> syn::Result<Kind> {
    let mut columns = vec![Ident::parse_any(input)?];
    let mut words = Words::default();
    comma(input)?;
    while !input.is_empty() {
        if !words.read(input, &["name", "deferrable", "initially"])? {
            columns.push(Ident::parse_any(input)?);
        }
        comma(input)?;
    }
    Ok(Kind::Unique { columns, calls: words.calls() })
}

/// `"a > 0", name = "x"`
fn check(input: ParseStream<'_>) -> syn::Result<Kind> {
    let sql = input.parse()?;
    let mut words = Words::default();
    comma(input)?;
    while !input.is_empty() {
        if !words.read(input, &["name", "only"])? {
            return Err(input.error("expected `name` or `only`"));
        }
        comma(input)?;
    }
    Ok(Kind::Check { sql, calls: words.calls })
}

/// `(room, "="), (during, "&&"), using = gist`
fn exclude(input: ParseStream<'_>) -> syn::Result<Kind> {
    const WORDS: &[&str] = &["name", "using", "where", "only", "deferrable", "initially"];
    let mut elements = Vec::new();
    let mut words = Words::default();
    while !input.is_empty() {
        if input.peek(Paren) {
            let element;
            parenthesized!(element in input);
            let part = part(&element)?;
            element.parse::<Token![,]>()?;
            elements.push((part, element.parse()?));
        } else if !words.read(input, WORDS)? {
            return Err(input.error("expected a column and its operator"));
        }
        comma(input)?;
    }
    if elements.is_empty() {
        return Err(input.error("expected a column and its operator"));
    }
    Ok(Kind::Exclude { elements, calls: words.calls() })
}

/// `code`, `code.desc().nulls_last()`, `"lower(name)"`
fn part(input: ParseStream<'_>) -> syn::Result<Part> {
    const CALLS: [&str; 6] =
        ["desc", "nulls_first", "nulls_last", "length", "collate", "operator_class"];
    let of = match input.peek(Lit) {
        true => PartOf::Expression(input.parse()?),
        false => PartOf::Column(Ident::parse_any(input)?),
    };
    let mut calls = TokenStream::new();
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        let method = input.parse::<Ident>()?;
        if !CALLS.iter().any(|it| method == it) {
            let cure = suggest::cure(&method.to_string(), CALLS);
            let message = format!("a column of an index has no `{method}`{cure}");
            return Err(syn::Error::new(method.span(), message));
        }
        let given;
        parenthesized!(given in input);
        let value = if method == "length" {
            Some(given.parse::<LitInt>()?.into_token_stream())
        } else if method == "operator_class" || method == "collate" {
            Some(given.parse::<LitStr>()?.into_token_stream())
        } else {
            None
        };
        if !given.is_empty() {
            return Err(given.error("nothing more stands here"));
        }
        calls.extend(quote!(.#method(#value)));
    }
    Ok(Part { of, calls })
}

/// What follows the columns, by name.
#[derive(Default)]
pub(super) struct Words {
    calls: TokenStream,
    deferrable: Option<&'static str>,
}

impl Words {
    /// Reads one of these, if it is the next.
    fn read(&mut self, input: ParseStream<'_>, known: &[&str]) -> syn::Result<bool> {
        let ahead = input.fork();
        let Ok(word) = Ident::parse_any(&ahead) else { return Ok(false) };
        let flag = word == "deferrable";
        let follows = if word == "only" { ahead.peek(Paren) } else { ahead.peek(Token![=]) };
        if !known.iter().any(|it| word == it) || !(follows || flag) {
            if ahead.peek(Token![=]) {
                let cure = suggest::cure(&word.to_string(), known.iter().copied());
                return Err(syn::Error::new(
                    word.span(),
                    format!("`{word}` isn't known here{cure}"),
                ));
            }
            return Ok(false);
        }
        Ident::parse_any(input)?;
        if flag {
            self.deferrable = self.deferrable.or(Some("Immediate"));
            return Ok(true);
        }
        if word == "only" {
            let list;
            parenthesized!(list in input);
            let dialects = Punctuated::<_, Token![,]>::parse_terminated_with(&list, dialect)?;
            let dialects = dialects.iter();
            self.calls.extend(quote!(.only([#(#dialects),*])));
            return Ok(true);
        }
        input.parse::<Token![=]>()?;
        if word == "initially" {
            self.deferrable = Some(initially(&Ident::parse_any(input)?)?);
        } else if word == "using" {
            let method = method(&Ident::parse_any(input)?)?;
            self.calls.extend(quote!(.using(__aq::IndexMethod::#method)));
        } else {
            let text = input.parse::<LitStr>()?;
            let call = Ident::new(if word == "name" { "named" } else { "when" }, Span::call_site());
            self.calls.extend(quote!(.#call(#text)));
        }
        Ok(true)
    }

    /// All that was read, as calls.
    fn calls(self) -> TokenStream {
        let Self { calls, deferrable } = self;
        match deferrable {
            None => calls,
            Some(variant) => {
                let variant = Ident::new(variant, Span::call_site());
                quote!(#calls.deferrable(__aq::Deferrable::#variant))
            }
        }
    }
}

/// The variant of `deferred` or `immediate`.
pub(super) fn initially(word: &Ident) -> syn::Result<&'static str> {
    match word.to_string().as_str() {
        "deferred" => Ok("Deferred"),
        "immediate" => Ok("Immediate"),
        _ => Err(syn::Error::new(word.span(), "expected `deferred` or `immediate`")),
    }
}

/// The variant of a kind of index.
fn method(word: &Ident) -> syn::Result<Ident> {
    const METHODS: [(&str, &str); 8] = [
        ("btree", "BTree"),
        ("hash", "Hash"),
        ("gin", "Gin"),
        ("gist", "Gist"),
        ("spgist", "SpGist"),
        ("brin", "Brin"),
        ("fulltext", "FullText"),
        ("spatial", "Spatial"),
    ];
    let variant = suggest::one_of(word, "kind of index", &METHODS)?;
    Ok(Ident::new(variant, Span::call_site()))
}

/// `postgres`, or another dialect's name in quotes.
pub(super) fn dialect(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    const KNOWN: [&str; 4] = ["sqlite", "postgres", "mysql", "mariadb"];
    if input.peek(LitStr) {
        let name = input.parse::<LitStr>()?;
        return Ok(quote!(__aq::DialectName(#name)));
    }
    let word = Ident::parse_any(input)?;
    let name = word.to_string();
    if !KNOWN.contains(&name.as_str()) {
        let cure = suggest::cure(&name, KNOWN);
        let message = format!("unknown database `{name}`{cure}");
        return Err(syn::Error::new(word.span(), message));
    }
    Ok(quote!(__aq::DialectName(#name)))
}

/// A comma, unless this is the end.
fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

/// `a, b`: one name at least.
fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    Ok(Punctuated::<Ident, Token![,]>::parse_separated_nonempty_with(input, Ident::parse_any)?
        .into_iter()
        .collect())
}

/// `(a, b) -> Region(x, y), on_update = cascade`
fn key(input: ParseStream<'_>) -> syn::Result<Kind> {
    let (own, other);
    parenthesized!(own in input);
    let own = names(&own)?;
    input.parse::<Token![->]>()?;
    let target = Path::parse_mod_style(input)?;
    parenthesized!(other in input);
    let path = |input: ParseStream<'_>| {
        let path =
            Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any);
        Ok(path?.into_token_stream())
    };
    let references = Punctuated::<_, Token![,]>::parse_terminated_with(&other, path)?;
    let references = references.into_iter().collect();
    let (mut actions, mut name) = (Actions::default(), None);
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        let key = Ident::parse_any(input)?;
        if key == "use_alter" {
            actions.use_alter = true;
            continue;
        }
        if key == "deferrable" {
            actions.deferrable = actions.deferrable.or(Some("Immediate"));
            continue;
        }
        if !["name", "initially", "on_delete", "on_update"].iter().any(|it| key == it) {
            return Err(syn::Error::new(
                key.span(),
                "expected `on_delete`, `on_update`, `use_alter`, `deferrable`, `initially` or `name`",
            ));
        }
        input.parse::<Token![=]>()?;
        if key == "name" {
            name = Some(input.parse()?);
        } else if key == "initially" {
            actions.deferrable = Some(initially(&Ident::parse_any(input)?)?);
        } else if key == "on_delete" {
            actions.on_delete = column::variant(&Ident::parse_any(input)?)?;
        } else {
            actions.on_update = column::variant(&Ident::parse_any(input)?)?;
        }
    }
    Ok(Kind::ForeignKey { columns: own.clone(), own, target, references, actions, name })
}
