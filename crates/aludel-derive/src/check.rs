//! Check: what the parts of a declaration mean together; names become positions.

mod columns;
mod members;
mod relationships;
mod table;

use syn::{Ident, Path, Visibility};

pub(crate) use members::{Member, Members, MixinField, Part, Via, Whole, count};

use crate::{
    mistakes::Mistakes,
    parse::{ColumnArgs, Declared, DeclaredMixin, MixinArgs, TableArg, TableArgs},
};

/// A mapped struct that makes sense.
pub(crate) struct Entity {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) table: TableArgs,
    /// Indexes and constraints of several columns.
    pub(crate) args: Vec<TableArg<u16>>,
    pub(crate) members: Members,
}

/// A mixin that makes sense.
pub(crate) struct Mixin {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    /// Where the facade crate is.
    pub(crate) krate: Path,
    /// Indexes and constraints of the tables that have it.
    pub(crate) args: Vec<TableArg>,
    pub(crate) members: Members,
}

impl Entity {
    /// The primary key's columns, in field order.
    pub(crate) fn key(&self) -> impl Iterator<Item = &Member<ColumnArgs>> {
        self.members.columns.iter().filter(|column| column.args.primary_key)
    }

    /// The columns that the builder demands.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Member<ColumnArgs>> {
        self.members.given().into_iter().filter(|column| column.is_required())
    }

    /// Where the declarative base is.
    pub(crate) fn base(&self) -> Path {
        let krate = &self.table.krate;
        self.table.base.clone().unwrap_or_else(|| syn::parse_quote!(#krate::Base))
    }
}

/// Judges a declaration as a whole.
pub(crate) fn entity(declared: Declared, mistakes: &mut Mistakes) -> Entity {
    let Declared { ident, vis, mut table, fields } = declared;
    let mut members = Members::of(fields);
    let no_key = !members.columns.iter().any(|column| column.args.primary_key);
    if no_key {
        mistakes.at(
            &ident,
            "no primary key: mark the field or fields that identify a row with \
             `#[column(primary_key)]`",
        );
    }
    members.check(mistakes);
    let mut args = std::mem::take(&mut table.args);
    args.append(&mut members.args());
    let args = table::resolve(args, &members.columns, mistakes);
    Entity { ident, vis, table, args, members }
}

/// Judges a composite value as a whole.
pub(crate) fn composite(declared: DeclaredMixin, mistakes: &mut Mistakes) -> Mixin {
    let DeclaredMixin { ident, vis, args: MixinArgs { args, krate }, fields } = declared;
    let members = Members::of(fields);
    members.check(mistakes);
    for relationship in &members.relationships {
        mistakes.at(&relationship.ident, "a composite value has columns, and no relationships");
    }
    for mixin in &members.mixins {
        mistakes.at(&mixin.ident, "a composite value holds columns, and no other structs");
    }
    for column in &members.columns {
        if !column.args.is_part() || column.is_auto() || column.deferred().is_some() {
            let message = "a composite value is set and read as a whole: keys, defaults, and what is filled in or \
                           loaded later are for columns of the mapped struct itself";
            mistakes.at(&column.ident, message);
        }
    }
    Mixin { ident, vis, krate, args, members }
}

/// Judges a mixin as a whole.
pub(crate) fn mixin(declared: DeclaredMixin, mistakes: &mut Mistakes) -> Mixin {
    let DeclaredMixin { ident, vis, args, fields } = declared;
    let mut members = Members::of(fields);
    members.check(mistakes);
    members.check_unowned(mistakes);
    let MixinArgs { mut args, krate } = args;
    args.append(&mut members.args());
    table::resolve(args.clone(), &members.columns, mistakes);
    Mixin { ident, vis, krate, args, members }
}
