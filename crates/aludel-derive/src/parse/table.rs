//! `#[table("name", …)]` on the struct.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::{
    Attribute, Expr, Ident, Lit, LitStr, Path, Token, ext::IdentExt, parenthesized,
    parse::ParseStream, punctuated::Punctuated,
};

use super::{
    Arg, Given, args, attribute_args,
    column::{self, Actions},
};
use crate::mistakes::Mistakes;

const KNOWN: &[&str] = &[
    "schema",
    "index",
    "unique",
    "check",
    "foreign_key",
    "base",
    "builder",
    "builder_type",
    "confirm_deleted_rows",
    "eager_defaults",
    "entity",
    "crate",
];

/// The arguments of `#[table]`.
pub(crate) struct TableArgs {
    pub(crate) name: LitStr,
    pub(crate) schema: Option<LitStr>,
    pub(crate) args: Vec<TableArg>,
    /// Whether a DELETE that matches no row is told of.
    pub(crate) confirm_deleted_rows: bool,
    /// Whether what the database makes of a row comes back at once.
    pub(crate) eager_defaults: Option<bool>,
    pub(crate) base: Option<Path>,
    pub(crate) builder: BuilderName,
    /// The type of the entity constant.
    pub(crate) entity: Ident,
    /// The type of the builder.
    pub(crate) builder_type: Ident,
    /// Where the facade crate is.
    pub(crate) krate: Path,
}

/// How the function that makes the builder is called.
pub(crate) enum BuilderName {
    None,
    Function(Ident),
}

/// An index or a constraint.
#[derive(Clone)]
pub(crate) enum TableArg {
    Index {
        columns: Vec<Ident>,
        name: Option<LitStr>,
    },
    Unique {
        columns: Vec<Ident>,
        name: Option<LitStr>,
    },
    Check {
        sql: LitStr,
        name: Option<LitStr>,
    },
    ForeignKey {
        columns: Vec<Ident>,
        target: Path,
        /// Fields of the target, or of its mixins.
        references: Vec<TokenStream>,
        actions: Actions,
        name: Option<LitStr>,
    },
}

/// Reads `#[table]`.
pub(super) fn parse(ident: &Ident, attrs: &[Attribute], mistakes: &mut Mistakes) -> TableArgs {
    let given = attribute_args(attrs, "table", mistakes);
    let mut table = TableArgs {
        name: LitStr::new("", ident.span()),
        schema: None,
        args: Vec::new(),
        confirm_deleted_rows: true,
        eager_defaults: None,
        base: None,
        builder: BuilderName::Function(Ident::new("builder", Span::call_site())),
        entity: format_ident!("{}Entity", ident.unraw(), span = ident.span()),
        builder_type: format_ident!("{}Builder", ident.unraw(), span = ident.span()),
        krate: super::facade(),
    };
    for arg in &given {
        table.read(arg, mistakes);
    }
    if table.name.value().is_empty() {
        let unraw = ident.unraw();
        mistakes.at(ident, format!("which table is `{unraw}`? Add `#[table(\"…\")]`"));
    }
    table
}

impl TableArgs {
    fn read(&mut self, arg: &Arg, mistakes: &mut Mistakes) {
        match arg.key().as_str() {
            "" => match &arg.given {
                Given::Value(expr) if self.name.value().is_empty() => match args::string(expr) {
                    Some(name) => self.name = name,
                    None => mistakes.at(expr, "the table's name stands in quotes"),
                },
                _ => arg.unknown("table", KNOWN, mistakes),
            },
            "schema" => self.schema = arg.string(mistakes),
            "base" => self.base = arg.path(mistakes),
            "crate" => self.krate = arg.path(mistakes).unwrap_or_else(|| self.krate.clone()),
            "builder" => self.read_builder(arg, mistakes),
            "confirm_deleted_rows" => {
                self.confirm_deleted_rows = arg.truth(mistakes).unwrap_or(true);
            }
            "eager_defaults" => self.eager_defaults = arg.truth(mistakes),
            "entity" => {
                self.entity = arg.word(mistakes).unwrap_or_else(|| self.entity.clone());
            }
            "builder_type" => {
                self.builder_type = arg.word(mistakes).unwrap_or_else(|| self.builder_type.clone());
            }
            "index" | "unique" | "check" => self.args.extend(constraint(arg, mistakes)),
            "foreign_key" => {
                let form = "foreign_key((a, b) -> Region(x, y))";
                self.args.extend(arg.list(foreign_key, form, mistakes));
            }
            _ => arg.unknown("table", KNOWN, mistakes),
        }
    }

    fn read_builder(&mut self, arg: &Arg, mistakes: &mut Mistakes) {
        let Some(expr) = arg.value(mistakes) else {
            return;
        };
        let name = match expr {
            Expr::Lit(lit) => match &lit.lit {
                Lit::Bool(it) if it.value => return,
                Lit::Bool(_) => {
                    self.builder = BuilderName::None;
                    return;
                }
                Lit::Str(text) => text.parse_with(Ident::parse_any).ok(),
                _ => None,
            },
            _ => None,
        };
        match name {
            Some(name) => self.builder = BuilderName::Function(name),
            None => mistakes.at(expr, "write `builder = false` or `builder = \"new\"`"),
        }
    }
}

/// `index(a, b)`, `unique(a, b)`, `check("a > 0")`
pub(super) fn constraint(arg: &Arg, mistakes: &mut Mistakes) -> Option<TableArg> {
    match arg.key().as_str() {
        "index" => {
            let it =
                arg.list(columns, "index(column, …)` or `index(column, name = \"…\")", mistakes);
            it.map(|(columns, name)| TableArg::Index { columns, name })
        }
        "unique" => {
            let it =
                arg.list(columns, "unique(column, …)` or `unique(column, name = \"…\")", mistakes);
            it.map(|(columns, name)| TableArg::Unique { columns, name })
        }
        _ => arg.list(check, "check(\"a > 0\")` or `check(\"a > 0\", name = \"…\")", mistakes),
    }
}

/// `a, b, name = "x"`: one column at least.
fn columns(input: ParseStream<'_>) -> syn::Result<(Vec<Ident>, Option<LitStr>)> {
    let mut columns = vec![Ident::parse_any(input)?];
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if input.is_empty() {
            break;
        }
        let word = Ident::parse_any(input)?;
        if word == "name" && input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return Ok((columns, Some(input.parse()?)));
        }
        columns.push(word);
    }
    Ok((columns, None))
}

/// `"a > 0", name = "x"`
fn check(input: ParseStream<'_>) -> syn::Result<TableArg> {
    let sql = input.parse()?;
    let mut name = None;
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
        let key = Ident::parse_any(input)?;
        if key != "name" {
            return Err(syn::Error::new(key.span(), "expected `name`"));
        }
        input.parse::<Token![=]>()?;
        name = Some(input.parse()?);
    }
    Ok(TableArg::Check { sql, name })
}

/// `a, b`: one name at least.
fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    Ok(Punctuated::<Ident, Token![,]>::parse_separated_nonempty_with(input, Ident::parse_any)?
        .into_iter()
        .collect())
}

/// `(a, b) -> Region(x, y), on_update = cascade`
fn foreign_key(input: ParseStream<'_>) -> syn::Result<TableArg> {
    let (own, other);
    parenthesized!(own in input);
    let columns = names(&own)?;
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
        if key == "name" {
            input.parse::<Token![=]>()?;
            name = Some(input.parse()?);
            continue;
        }
        if key == "use_alter" {
            actions.use_alter = true;
            continue;
        }
        let place = if key == "on_delete" {
            &mut actions.on_delete
        } else if key == "on_update" {
            &mut actions.on_update
        } else {
            return Err(syn::Error::new(
                key.span(),
                "expected `on_delete`, `on_update`, `use_alter` or `name`",
            ));
        };
        input.parse::<Token![=]>()?;
        *place = column::variant(&Ident::parse_any(input)?)?;
    }
    Ok(TableArg::ForeignKey { columns, target, references, actions, name })
}
