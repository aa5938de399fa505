//! `#[relationship(…)]` on a `Many` or `One` field.

use syn::{
    Attribute, Expr, Ident, LitInt, LitStr, Path, Token, ext::IdentExt, parse::ParseStream,
    punctuated::Punctuated,
};

use super::{Arg, Given, args, attribute_args};
use crate::{mistakes::Mistakes, suggest};

const KNOWN: &[&str] = &[
    "back_populates",
    "cascade",
    "order_by",
    "foreign_keys",
    "remote_side",
    "secondary",
    "primaryjoin",
    "secondaryjoin",
    "lazy",
    "passive_deletes",
    "passive_updates",
    "post_update",
    "single_parent",
    "viewonly",
    "overlaps",
    "ordering_list",
];

const CASCADES: &[(&str, &str)] = &[
    ("all", "ALL"),
    ("delete_orphan", "DELETE_ORPHAN"),
    ("save_update", "SAVE_UPDATE"),
    ("delete", "DELETE"),
    ("merge", "MERGE"),
    ("expunge", "EXPUNGE"),
    ("refresh_expire", "REFRESH_EXPIRE"),
    ("none", "NONE"),
];

const STRATEGIES: &[(&str, &str)] = &[
    ("select", "Lazy"),
    ("selectin", "Selectin"),
    ("joined", "Joined"),
    ("subquery", "Subquery"),
    ("raise", "Raise"),
    ("raise_on_sql", "RaiseOnSql"),
    ("noload", "NoLoad"),
];

/// The arguments of `#[relationship]`.
#[derive(Default)]
pub(crate) struct RelationshipArgs {
    pub(crate) back_populates: Option<Back>,
    /// Names of constants of the ORM's `Cascade`.
    pub(crate) cascade: Option<Vec<&'static str>>,
    pub(crate) order_by: Option<Expr>,
    pub(crate) foreign_keys: Vec<Expr>,
    pub(crate) remote_side: Vec<Expr>,
    pub(crate) secondary: Option<Path>,
    pub(crate) primaryjoin: Option<Expr>,
    pub(crate) secondaryjoin: Option<Expr>,
    /// The first member's number.
    pub(crate) ordering_list: Option<i32>,
    pub(crate) lazy: Option<Strategy>,
    /// The name of a variant of the ORM's `PassiveDeletes`.
    pub(crate) passive_deletes: Option<&'static str>,
    pub(crate) passive_updates: Option<bool>,
    pub(crate) post_update: bool,
    pub(crate) single_parent: bool,
    pub(crate) viewonly: bool,
    /// Relationships that write the same columns, on purpose.
    pub(crate) overlaps: Vec<Ident>,
    /// What serde calls it, if that isn't the field's name.
    pub(crate) key: Option<String>,
}

/// The relationship at the other end.
pub(crate) enum Back {
    /// `user`
    Field(Ident),
    /// `"user"`
    Named(LitStr),
}

/// The name of a variant of the ORM's `Strategy`.
pub(crate) struct Strategy(pub(crate) &'static str);

pub(super) fn parse(attrs: &[Attribute], mistakes: &mut Mistakes) -> RelationshipArgs {
    let mut relationship = RelationshipArgs::default();
    for arg in attribute_args(attrs, "relationship", mistakes) {
        relationship.read(&arg, mistakes);
    }
    relationship
}

impl RelationshipArgs {
    fn read(&mut self, arg: &Arg, mistakes: &mut Mistakes) {
        match arg.key().as_str() {
            "back_populates" => self.back_populates = back(arg, mistakes),
            "cascade" => self.cascade = cascade(arg, mistakes),
            "order_by" => self.order_by = arg.value(mistakes).cloned(),
            "foreign_keys" => self.foreign_keys = exprs(arg, mistakes),
            "remote_side" => self.remote_side = exprs(arg, mistakes),
            "secondary" => self.secondary = arg.path(mistakes),
            "primaryjoin" => self.primaryjoin = arg.value(mistakes).cloned(),
            "secondaryjoin" => self.secondaryjoin = arg.value(mistakes).cloned(),
            "passive_deletes" => self.passive_deletes = passive_deletes(arg, mistakes),
            "passive_updates" => self.passive_updates = arg.truth(mistakes),
            "post_update" => self.post_update = arg.flag(mistakes),
            "single_parent" => self.single_parent = arg.flag(mistakes),
            "viewonly" => self.viewonly = arg.flag(mistakes),
            "overlaps" => {
                self.overlaps =
                    arg.list(names, "overlaps(addresses)", mistakes).unwrap_or_default();
            }
            "ordering_list" => self.ordering_list = ordering_list(arg, mistakes),
            "lazy" => {
                let word = arg.word(mistakes);
                self.lazy = word
                    .and_then(|word| known("loading strategy", &word, STRATEGIES, mistakes))
                    .map(Strategy);
            }
            _ => arg.unknown("relationship", KNOWN, mistakes),
        }
    }
}

fn back(arg: &Arg, mistakes: &mut Mistakes) -> Option<Back> {
    let expr = arg.value(mistakes)?;
    match (args::string(expr), args::word(expr)) {
        (Some(name), _) => Some(Back::Named(name)),
        (None, Some(field)) => Some(Back::Field(field)),
        (None, None) => {
            mistakes.at(expr, "name the field of the other struct: `back_populates = user`");
            None
        }
    }
}

/// Names between commas.
fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let names =
        Punctuated::<Ident, Token![,]>::parse_separated_nonempty_with(input, Ident::parse_any)?;
    Ok(names.into_iter().collect())
}

fn cascade(arg: &Arg, mistakes: &mut Mistakes) -> Option<Vec<&'static str>> {
    let words = arg.list(names, "cascade(all, delete_orphan)", mistakes)?;
    Some(words.iter().filter_map(|word| known("cascade", word, CASCADES, mistakes)).collect())
}

/// `passive_deletes` or `passive_deletes = all`
fn passive_deletes(arg: &Arg, mistakes: &mut Mistakes) -> Option<&'static str> {
    match &arg.given {
        Given::Flag => Some("Unloaded"),
        Given::Value(expr) if args::word(expr).is_some_and(|it| it == "all") => Some("All"),
        _ => {
            mistakes.at(&arg.name, "write `passive_deletes` or `passive_deletes = all`");
            None
        }
    }
}

/// `ordering_list` or `ordering_list(count_from = 1)`
fn ordering_list(arg: &Arg, mistakes: &mut Mistakes) -> Option<i32> {
    if matches!(arg.given, Given::Flag) {
        return Some(0);
    }
    let count_from = |input: ParseStream<'_>| {
        let name: Ident = input.parse()?;
        if name != "count_from" {
            return Err(syn::Error::new(name.span(), format!("unknown argument `{name}`")));
        }
        input.parse::<Token![=]>()?;
        let negative = input.parse::<Option<Token![-]>>()?.is_some();
        let number: i32 = input.parse::<LitInt>()?.base10_parse()?;
        Ok(if negative { -number } else { number })
    };
    arg.list(count_from, "ordering_list(count_from = 1)", mistakes)
}

/// One expression, or several as `(a, b)` or `[a, b]`.
fn exprs(arg: &Arg, mistakes: &mut Mistakes) -> Vec<Expr> {
    match arg.value(mistakes) {
        Some(Expr::Tuple(several)) => several.elems.iter().cloned().collect(),
        Some(Expr::Array(several)) => several.elems.iter().cloned().collect(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

fn known(
    what: &str,
    word: &Ident,
    all: &[(&'static str, &'static str)],
    mistakes: &mut Mistakes,
) -> Option<&'static str> {
    let found = all.iter().find(|(name, _)| word == name).map(|(_, target)| *target);
    if found.is_none() {
        let cure = suggest::cure(&word.to_string(), all.iter().map(|(name, _)| *name));
        mistakes.at(word, format!("unknown {what} `{word}`{cure}"));
    }
    found
}
