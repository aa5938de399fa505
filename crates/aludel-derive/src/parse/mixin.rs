//! `#[mixin(…)]` on a mixin, and what a mixin's macro says of it to the structs that have it.

use syn::{
    Attribute, Ident, LitInt, LitStr, Path, Token, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

use super::{Field, Role, TableArg, args::args, attribute_args, column, constraint, relationship};
use crate::mistakes::Mistakes;

const KNOWN: &[&str] = &["index", "unique", "check", "exclude", "crate"];

/// The arguments of `#[mixin]`.
pub(crate) struct MixinArgs {
    /// Indexes and constraints of the tables that have it.
    pub(crate) args: Vec<TableArg>,
    /// Where the facade crate is.
    pub(crate) krate: Path,
}

/// A mixin, as those that have it see it: its fields, and those of its own mixins.
pub(crate) struct Description {
    pub(crate) args: Vec<TableArg>,
    pub(crate) members: Vec<Described>,
    /// Where its own mixins are: names of fields, one in the other. Of another crate's, none: the compiler
    /// wouldn't see that their types differ.
    pub(crate) parts: Vec<Vec<Ident>>,
}

/// A mixin's column or relationship.
pub(crate) struct Described {
    /// Where a column's value is in the draft of a builder.
    pub(crate) slot: Vec<u16>,
    pub(crate) field: Field,
    pub(crate) role: Role,
}

/// Reads `#[mixin]` on the struct.
pub(super) fn parse(attrs: &[Attribute], mistakes: &mut Mistakes) -> MixinArgs {
    let mut mixin = MixinArgs { args: Vec::new(), krate: super::facade() };
    for arg in attribute_args(attrs, "mixin", mistakes) {
        match arg.key().as_str() {
            "index" | "unique" | "check" | "exclude" => {
                mixin.args.extend(constraint::parse(&arg, mistakes));
            }
            "crate" => mixin.krate = arg.path(mistakes).unwrap_or(mixin.krate),
            "foreign_key" => mistakes.at(
                &arg.name,
                "a foreign key of several columns stands on the struct that has the mixin",
            ),
            _ => arg.unknown("mixin", KNOWN, mistakes),
        }
    }
    mixin
}

impl Parse for Description {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (constraints, members, parts);
        let krate = input.parse::<LitStr>()?.value();
        let is_foreign = krate.is_empty() || krate != krate_name();
        braced!(constraints in input);
        braced!(members in input);
        braced!(parts in input);
        // The mixin's own derive has judged all this.
        let mut judged = Mistakes::default();
        let constraints = args(constraints.parse()?, &mut judged);
        let constraints = constraints.iter().filter_map(|it| constraint::parse(it, &mut judged));
        let mut description =
            Self { args: constraints.collect(), members: Vec::new(), parts: Vec::new() };
        while !members.is_empty() {
            description.members.push(members.parse()?);
        }
        while !parts.is_empty() {
            let part;
            braced!(part in parts);
            let path =
                Punctuated::<Ident, Token![.]>::parse_terminated_with(&part, Ident::parse_any);
            description.parts.push(path?.into_iter().collect());
        }
        if is_foreign {
            description.parts.clear();
        }
        Ok(description)
    }
}

/// The crate that is compiled, and of which package: a program may be called as the library beside it. Empty
/// where that isn't known.
pub(crate) fn krate_name() -> String {
    let of = |name: &str| std::env::var(name).unwrap_or_default();
    match of("CARGO_CRATE_NAME") {
        name if name.is_empty() => name,
        name => {
            [of("CARGO_PKG_NAME"), of("CARGO_PKG_VERSION"), name, of("CARGO_BIN_NAME")].join("/")
        }
    }
}

impl Parse for Described {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let slot;
        braced!(slot in input);
        let slot = Punctuated::<LitInt, Token![,]>::parse_terminated(&slot)?;
        let slot = slot.iter().map(LitInt::base10_parse).collect::<syn::Result<_>>()?;
        let content;
        braced!(content in input);
        let syn::Field { attrs, vis, ident, ty, .. } = syn::Field::parse_named(&content)?;
        let ident = ident.ok_or_else(|| content.error("a field without a name"))?;
        let (attrs, docs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(super::is_member);
        let mut judged = Mistakes::default();
        let role = if attrs.iter().any(|it| it.path().is_ident("relationship")) {
            Role::Relationship(Box::new(relationship::parse(&attrs, &mut judged)))
        } else {
            Role::Column(Box::new(column::parse(&attrs, &mut judged)))
        };
        Ok(Self { slot, field: Field { ident, vis, ty, docs, attrs }, role })
    }
}
