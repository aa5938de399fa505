//! `#[table("name", …)]` on the struct.

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Path, ext::IdentExt};

use super::{
    Arg, Given, TableArg, args, attribute_args,
    constraint::{self, Kind},
    options,
};
use crate::mistakes::Mistakes;

const KNOWN: &[&str] = &[
    "schema",
    "index",
    "unique",
    "check",
    "exclude",
    "foreign_key",
    "comment",
    "temporary",
    "sqlite",
    "postgres",
    "mysql",
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
    /// What one kind of database is told of it: calls of the options' builder.
    options: TokenStream,
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

/// Reads `#[table]`.
pub(super) fn parse(ident: &Ident, attrs: &[Attribute], mistakes: &mut Mistakes) -> TableArgs {
    let given = attribute_args(attrs, "table", mistakes);
    let mut table = TableArgs {
        name: LitStr::new("", ident.span()),
        schema: None,
        args: Vec::new(),
        options: TokenStream::new(),
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
    let options = std::mem::take(&mut table.options);
    if !options.is_empty() {
        table.args.push(TableArg::new(Kind::Options(options)));
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
            "index" | "unique" | "check" | "exclude" => {
                self.args.extend(constraint::parse(arg, mistakes));
            }
            "foreign_key" => self.args.extend(constraint::foreign_key(arg, mistakes)),
            "comment" => {
                self.args.extend(arg.string(mistakes).map(|it| TableArg::new(Kind::Comment(it))));
            }
            "temporary" => {
                if arg.flag(mistakes) {
                    self.args.push(TableArg::new(Kind::Temporary));
                }
            }
            "sqlite" | "postgres" | "mysql" => self.options.extend(options::parse(arg, mistakes)),
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
