//! Table arguments: the fields they name become column positions.

use std::collections::HashSet;

use syn::{Ident, LitStr, Path, ext::IdentExt};

use super::Member;
use crate::{
    mistakes::Mistakes,
    parse::{self, ColumnArgs},
    suggest,
};

/// An index or a constraint, its own columns by position.
pub(crate) enum TableArg {
    Index(Vec<u16>),
    Unique(Vec<u16>),
    Check(LitStr),
    ForeignKey {
        columns: Vec<u16>,
        own: Vec<Ident>,
        target: Path,
        references: Vec<Ident>,
        actions: parse::Actions,
    },
}

pub(super) fn resolve(
    args: Vec<parse::TableArg>,
    columns: &[Member<ColumnArgs>],
    mistakes: &mut Mistakes,
) -> Vec<TableArg> {
    let mut positions = |names: &[Ident]| positions(names, columns, mistakes);
    let mut resolved = Vec::new();
    for arg in args {
        resolved.push(match arg {
            parse::TableArg::Index(names) => TableArg::Index(positions(&names)),
            parse::TableArg::Unique(names) => TableArg::Unique(positions(&names)),
            parse::TableArg::Check(sql) => TableArg::Check(sql),
            parse::TableArg::ForeignKey { columns: own, target, references, actions } => {
                TableArg::ForeignKey { columns: positions(&own), own, target, references, actions }
            }
        });
    }
    for arg in &resolved {
        if let TableArg::ForeignKey { own, target, references, .. } = arg
            && own.len() != references.len()
        {
            let (own, other) = (own.len(), references.len());
            mistakes.at(target, format!("{own} columns can't refer to {other}"));
        }
    }
    resolved
}

fn positions(names: &[Ident], columns: &[Member<ColumnArgs>], mistakes: &mut Mistakes) -> Vec<u16> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for ident in names {
        let name = ident.unraw().to_string();
        if !seen.insert(name.clone()) {
            mistakes.at(ident, format!("`{name}` is named twice"));
        }
        match columns.iter().find(|column| column.name == name) {
            Some(column) => found.push(column.index),
            None => {
                let cure = suggest::cure(&name, columns.iter().map(|it| it.name.as_str()));
                mistakes.at(ident, format!("no column field is called `{name}`{cure}"));
            }
        }
    }
    found
}
