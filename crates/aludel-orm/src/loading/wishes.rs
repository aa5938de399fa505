//! [`Wish`]: what a query's options and the mapping say is to be loaded, as a tree.

use super::hop::{Hop, How};
use crate::{
    Error, Result,
    mapping::{EntityMeta, Mapper, Relation, Strategy},
};

/// A wish: a relationship, how, and what lies behind it.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(super) relation: &'static Relation,
    pub(super) strategy: Strategy,
    pub(super) hop: Hop,
    pub(super) behind: Vec<Self>,
}

/// What loads itself by default would never end.
const DEEPEST: usize = 8;

/// Refuses options that make no sense.
pub(super) fn check(paths: &[Vec<Hop>], metas: &[&'static EntityMeta]) -> Result<()> {
    let refuse = |text: String| Error::InvalidRequest(text.into());
    for path in paths {
        for (at, hop) in path.iter().enumerate() {
            hop.check().map_err(refuse)?;
            if let Some(relation) = hop.relation().filter(|it| it.meta.rare.write_only) {
                let text = format!(
                    "`{}` of `{}`, which is write-only and never loaded: its `select()` gives a query of its \
                     members",
                    hop.how.name(),
                    relation.place()
                );
                return Err(refuse(text));
            }
            if at + 1 < path.len() && !hop.leads_on() {
                let text = format!(
                    "nothing can be loaded behind `{}` of `{}`, which loads nothing",
                    hop.how.name(),
                    hop.relation().map(Relation::place).unwrap_or_default()
                );
                return Err(refuse(text));
            }
        }
        let Some(relation) = path.first().and_then(Hop::relation) else { continue };
        let owner = relation.owner;
        if !metas.iter().any(|it| it.is(owner)) {
            let text = format!(
                "the option for `{}` starts at an entity that the query doesn't select",
                relation.place()
            );
            return Err(refuse(text));
        }
    }
    Ok(())
}

/// The wishes for an entity's relationships. `paths` begin at it; `rest` says what is done with
/// relationships that nobody names, at any depth.
pub(super) fn wishes(
    paths: &[&[Hop]],
    rest: Option<&Hop>,
    owner: &'static EntityMeta,
    depth: usize,
) -> Vec<Wish> {
    // What is said of the rest here goes before what is said of it everywhere.
    let here = paths.iter().filter_map(|it| it.first()).rfind(|it| it.relation().is_none());
    let unnamed = here.or(rest);
    let mut found = Vec::new();
    for relation in &Mapper::of(owner).relationships {
        let behind: Vec<&[Hop]> = paths
            .iter()
            .filter(|it| is_along(it, relation))
            .map(|it| &it[1..])
            .filter(|it| !it.is_empty())
            .collect();
        let named = paths.iter().filter(|it| is_along(it, relation)).map(|it| &it[0]);
        // Later wins (LOAD-17), but for one that only leads on.
        let (mut hop, mut is_named) = (None::<&Hop>, false);
        for it in named {
            is_named = true;
            if it.how != How::Mapped || hop.is_none() {
                hop = Some(it);
            }
        }
        if relation.meta.rare.write_only {
            continue;
        }
        let mapped = relation.strategy;
        let strategy = match hop.map(|it| it.how) {
            Some(How::By(strategy)) => strategy,
            Some(How::Contained(_)) => Strategy::Joined,
            Some(How::Mapped) | None => match unnamed.map(|it| it.how) {
                Some(How::By(strategy)) => strategy,
                _ => mapped,
            },
        };
        let loads = matches!(strategy, Strategy::Selectin | Strategy::Joined | Strategy::Subquery);
        let is_default = !is_named && unnamed.is_none();
        // What is mapped to raise does so by itself.
        let by_itself = matches!(mapped, Strategy::Raise | Strategy::RaiseOnSql);
        if is_default && (by_itself || loads && depth >= DEEPEST) {
            continue;
        }
        if strategy == Strategy::Lazy && !by_itself {
            continue;
        }
        let mut hop = match hop {
            Some(hop) => hop.clone(),
            None => Hop::new(super::hop::Along::One(relation), How::Mapped),
        };
        // What is said of columns adds up.
        let said = paths.iter().filter(|it| is_along(it, relation)).map(|it| &it[0].columns);
        hop.columns = said.flatten().cloned().collect();
        let behind = match loads {
            true => wishes(&behind, rest, relation.target, depth + 1),
            false => Vec::new(),
        };
        found.push(Wish { relation, strategy, hop, behind });
    }
    found
}

fn is_along(path: &[Hop], relation: &Relation) -> bool {
    path.first().and_then(Hop::relation).is_some_and(|it| std::ptr::eq(it, relation))
}
