//! Table arguments: the fields they name become column positions.

use std::collections::HashSet;

use syn::{Ident, ext::IdentExt};

use super::Member;
use crate::{
    mistakes::Mistakes,
    parse::{ColumnArgs, Kind, Part, PartOf, TableArg},
    suggest,
};

/// The arguments, their own columns by position.
pub(super) fn resolve(
    args: Vec<TableArg>,
    columns: &[Member<ColumnArgs>],
    mistakes: &mut Mistakes,
) -> Vec<TableArg<u16>> {
    args.into_iter().map(|it| TableArg::new(kind(it.kind, columns, mistakes))).collect()
}

fn kind(kind: Kind, columns: &[Member<ColumnArgs>], mistakes: &mut Mistakes) -> Kind<u16> {
    let mut finder = Finder { columns, mistakes, seen: HashSet::new() };
    match kind {
        Kind::Index { parts, include, calls } => Kind::Index {
            parts: parts.into_iter().map(|it| finder.part(it)).collect(),
            include: finder.all(&include),
            calls,
        },
        Kind::Unique { columns, calls } => Kind::Unique { columns: finder.all(&columns), calls },
        Kind::Check { sql, calls } => Kind::Check { sql, calls },
        Kind::Exclude { elements, calls } => {
            let elements = elements.into_iter().map(|(part, by)| (finder.part(part), by));
            Kind::Exclude { elements: elements.collect(), calls }
        }
        Kind::ForeignKey { columns, own, target, references, actions, name } => {
            let columns = finder.all(&columns);
            if own.len() != references.len() {
                let (own, other) = (own.len(), references.len());
                mistakes.at(&target, format!("{own} columns can't refer to {other}"));
            }
            Kind::ForeignKey { columns, own, target, references, actions, name }
        }
        Kind::Comment(text) => Kind::Comment(text),
        Kind::Temporary => Kind::Temporary,
        Kind::Options(calls) => Kind::Options(calls),
    }
}

/// Finds the columns of one argument.
struct Finder<'a> {
    columns: &'a [Member<ColumnArgs>],
    mistakes: &'a mut Mistakes,
    seen: HashSet<String>,
}

impl Finder<'_> {
    fn all(&mut self, names: &[Ident]) -> Vec<u16> {
        names.iter().map(|it| self.position(it)).collect()
    }

    fn part(&mut self, part: Part) -> Part<u16> {
        let of = match part.of {
            PartOf::Column(name) => PartOf::Column(self.position(&name)),
            PartOf::Expression(sql) => PartOf::Expression(sql),
        };
        Part { of, calls: part.calls }
    }

    /// The column of a field; any, if there is none, as nothing is emitted then.
    fn position(&mut self, ident: &Ident) -> u16 {
        let name = ident.unraw().to_string();
        if !self.seen.insert(name.clone()) {
            self.mistakes.at(ident, format!("`{name}` is named twice"));
        }
        match self.columns.iter().find(|column| column.name == name) {
            Some(column) => column.index,
            None => {
                let cure = suggest::cure(&name, self.columns.iter().map(|it| it.name.as_str()));
                self.mistakes.at(ident, format!("no column field is called `{name}`{cure}"));
                0
            }
        }
    }
}
