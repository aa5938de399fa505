//! The grammar that all of Aludel's attributes share: `name`, `name = expression`, `name(…)` and
//! values without a name, between commas. One broken argument doesn't hide the others.

use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitStr, Meta, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::mistakes::Mistakes;

/// One argument.
pub(crate) struct Arg {
    /// Its name; a value without a name has none.
    pub(crate) name: Option<Ident>,
    /// What follows the name.
    pub(crate) given: Given,
}

/// What follows an argument's name.
pub(crate) enum Given {
    /// Nothing.
    Flag,
    /// `= expression`, or a literal that stands alone.
    Value(Expr),
    /// `(…)`
    List(TokenStream),
}

impl Arg {
    /// The argument's name; empty for a value without one.
    pub(crate) fn key(&self) -> String {
        self.name.as_ref().map(Ident::to_string).unwrap_or_default()
    }

    /// Notes that nothing may follow the name, if something does.
    pub(crate) fn flag(&self, mistakes: &mut Mistakes) -> bool {
        if !matches!(self.given, Given::Flag) {
            mistakes.at(&self.name, format!("`{}` takes no value", self.key()));
        }
        true
    }

    /// The expression behind `=`.
    pub(crate) fn value(&self, mistakes: &mut Mistakes) -> Option<&Expr> {
        match &self.given {
            Given::Value(expr) => Some(expr),
            _ => {
                mistakes.at(&self.name, format!("write `{} = …`", self.key()));
                None
            }
        }
    }

    /// The string behind `=`.
    pub(crate) fn string(&self, mistakes: &mut Mistakes) -> Option<LitStr> {
        let expr = self.value(mistakes)?;
        let found = string(expr);
        if found.is_none() {
            mistakes.at(expr, "expected text in quotes");
        }
        found
    }

    /// The single word behind `=`.
    pub(crate) fn word(&self, mistakes: &mut Mistakes) -> Option<Ident> {
        let expr = self.value(mistakes)?;
        let found = word(expr);
        if found.is_none() {
            mistakes.at(expr, "expected a single name");
        }
        found
    }

    /// The `true` or `false` behind `=`.
    pub(crate) fn truth(&self, mistakes: &mut Mistakes) -> Option<bool> {
        match self.value(mistakes)? {
            Expr::Lit(ExprLit { lit: Lit::Bool(it), .. }) => Some(it.value),
            other => {
                mistakes.at(other, format!("write `{} = false`", self.key()));
                None
            }
        }
    }

    /// The path behind `=`.
    pub(crate) fn path(&self, mistakes: &mut Mistakes) -> Option<syn::Path> {
        match self.value(mistakes)? {
            Expr::Path(path) if path.qself.is_none() => Some(path.path.clone()),
            other => {
                mistakes.at(other, "expected a path");
                None
            }
        }
    }

    /// What stands between the parentheses.
    pub(crate) fn list<T>(
        &self,
        parser: impl Parser<Output = T>,
        form: &str,
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        match &self.given {
            Given::List(tokens) => match parser.parse2(tokens.clone()) {
                Ok(it) => Some(it),
                Err(error) => {
                    // An error at the end of the list has no place of its own.
                    if tokens.is_empty() {
                        mistakes.at(&self.name, format!("write `{form}`"));
                    } else {
                        let message = format!("{error}; write `{form}`");
                        mistakes.add(syn::Error::new(error.span(), message));
                    }
                    None
                }
            },
            _ => {
                mistakes.at(&self.name, format!("write `{form}`"));
                None
            }
        }
    }

    /// Notes an argument that isn't among the known ones.
    pub(crate) fn unknown(&self, attribute: &str, known: &[&str], mistakes: &mut Mistakes) {
        match (&self.name, &self.given) {
            (Some(name), _) => {
                let text = name.to_string();
                let cure = crate::suggest::cure(&text, known.iter().copied());
                mistakes.at(name, format!("`#[{attribute}]` has no argument `{text}`{cure}"));
            }
            (None, Given::Value(expr)) => {
                mistakes.at(expr, format!("`#[{attribute}]` takes no value without a name here"))
            }
            (None, _) => {}
        }
    }
}

/// A string literal.
pub(crate) fn string(expr: &Expr) -> Option<LitStr> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.clone()),
            _ => None,
        },
        Expr::Group(group) => string(&group.expr),
        _ => None,
    }
}

/// A single name.
pub(crate) fn word(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().cloned(),
        Expr::Group(group) => word(&group.expr),
        _ => None,
    }
}

/// The arguments of all attributes of one name.
pub(crate) fn attribute_args(attrs: &[Attribute], name: &str, mistakes: &mut Mistakes) -> Vec<Arg> {
    let mut all = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        match &attr.meta {
            Meta::Path(_) => {}
            Meta::List(list) => all.extend(args(list.tokens.clone(), mistakes)),
            Meta::NameValue(_) => mistakes.at(attr, format!("write `#[{name}(…)]`")),
        }
    }
    let mut seen = std::collections::HashSet::new();
    for arg in &all {
        let of_struct = matches!(name, "table" | "mixin");
        let repeatable = of_struct && matches!(arg.given, Given::List(_));
        if arg.name.is_some() && !repeatable && !seen.insert(arg.key()) {
            mistakes.at(&arg.name, format!("`{}` is given twice", arg.key()));
        }
    }
    all
}

/// Reads arguments; a broken one is noted and left out.
pub(crate) fn args(tokens: TokenStream, mistakes: &mut Mistakes) -> Vec<Arg> {
    let parser = |input: ParseStream<'_>| {
        let mut args = Vec::new();
        while !input.is_empty() {
            match arg(input) {
                Ok(arg) => args.push(arg),
                Err(error) => {
                    mistakes.add(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<proc_macro2::TokenTree>()?;
                    }
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                mistakes.add(input.error("expected a comma"));
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<proc_macro2::TokenTree>()?;
                }
                input.parse::<Option<Token![,]>>()?;
            }
        }
        Ok(args)
    };
    let args = parser.parse2(tokens);
    mistakes.take(args).unwrap_or_default()
}

fn arg(input: ParseStream<'_>) -> syn::Result<Arg> {
    if input.peek(Lit) {
        return Ok(Arg { name: None, given: Given::Value(input.parse()?) });
    }
    let name = Some(input.call(Ident::parse_any)?);
    let given = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Given::Value(input.parse()?)
    } else if input.peek(Paren) {
        let content;
        syn::parenthesized!(content in input);
        Given::List(content.parse()?)
    } else {
        Given::Flag
    };
    Ok(Arg { name, given })
}
