//! Table arguments: the fields they name become column positions.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use syn::{Ident, LitStr, Path, ext::IdentExt};

use super::Member;
use crate::{
    mistakes::Mistakes,
    parse::{self, ColumnArgs},
    suggest,
};

/// An index or a constraint, its own columns by position.
pub(crate) enum TableArg {
    Index {
        columns: Vec<u16>,
        name: Option<LitStr>,
    },
    Unique {
        columns: Vec<u16>,
        name: Option<LitStr>,
    },
    Check {
        sql: LitStr,
        name: Option<LitStr>,
    },
    ForeignKey {
        name: Option<LitStr>,
        columns: Vec<u16>,
        own: Vec<Ident>,
        target: Path,
        references: Vec<TokenStream>,
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
            parse::TableArg::Index { columns, name } => {
                TableArg::Index { columns: positions(&columns), name }
            }
            parse::TableArg::Unique { columns, name } => {
                TableArg::Unique { columns: positions(&columns), name }
            }
            parse::TableArg::Check { sql, name } => TableArg::Check { sql, name },
            parse::TableArg::ForeignKey { columns: own, target, references, actions, name } => {
                let columns = positions(&own);
                TableArg::ForeignKey { name, columns, own, target, references, actions }
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
