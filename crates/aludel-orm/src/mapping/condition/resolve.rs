//! What a relationship's conditions mean: in which direction it goes, which columns a flush writes, and
//! how members are found.

use aludel_core::expr::{ColumnRef, Node};

use super::{
    BETWEEN, Condition, Lookup, MEMBER, OWNER, made,
    read::{End, Link, Reader, Said},
};
use crate::mapping::{Direction, EntityMeta, Pairs, RelationshipMeta, Secondary, relation::equal};

/// What a relationship's conditions mean.
pub(in crate::mapping) struct Found {
    pub(in crate::mapping) direction: Direction,
    /// The columns of the owner and of the member that a flush keeps equal.
    pub(in crate::mapping) pairs: Pairs,
    pub(in crate::mapping) secondary: Option<Box<Secondary>>,
    /// None where the columns say it all.
    pub(in crate::mapping) condition: Option<Box<Condition>>,
}

/// Reads the conditions of a relationship. `sides` are its association's columns and those of the owner
/// and of the target that they refer to, as far as the schema says it.
///
/// # Errors
/// What is wrong with them, and its cure.
pub(in crate::mapping) fn resolve(
    owner: &'static EntityMeta,
    meta: &RelationshipMeta,
    foreign_keys: Option<&[ColumnRef]>,
    sides: impl FnOnce(&'static EntityMeta) -> (Option<Pairs>, Option<Pairs>),
) -> Result<Found, String> {
    let target = (meta.target)();
    let remote_side = meta.remote_side.map(|it| it());
    let near = End { meta: owner, source: OWNER };
    let member = End { meta: target, source: MEMBER };
    let reader = |left, right, association| Reader {
        left,
        right,
        foreign_keys,
        remote_side: remote_side.as_deref(),
        association,
        many: meta.many,
    };
    let Some(association) = meta.secondary.map(|it| it()) else {
        let condition = meta.rare.primaryjoin.ok_or("`secondaryjoin` needs a `secondary`")?;
        return direct(owner, meta, reader(near, member, None).read(made(condition)?)?);
    };
    let between = End { meta: association, source: BETWEEN };
    if owner.table == target.table
        && (meta.rare.primaryjoin.is_none() || meta.rare.secondaryjoin.is_none())
    {
        return Err(format!(
            "both ends are rows of `{}`: say with `primaryjoin` how the association is linked with \
             the owner, and with `secondaryjoin` how with the member",
            owner.name
        ));
    }
    let (to_owner, to_target) = match (meta.rare.primaryjoin, meta.rare.secondaryjoin) {
        (Some(_), Some(_)) => (None, None),
        _ => sides(association),
    };
    let by_schema = |pairs: Option<Pairs>, end: End, argument: &str| match pairs {
        Some(pairs) => Ok(equal(&pairs, association, BETWEEN, end.meta, end.source)),
        None => Err(format!(
            "no single foreign key of `{}` refers to `{}`: say with `{argument}` how the two are linked",
            association.name, end.meta.name
        )),
    };
    let primary = match meta.rare.primaryjoin {
        Some(condition) => reader(near, between, Some(association)).read(made(condition)?)?,
        None => {
            let node = by_schema(to_owner, near, "primaryjoin")?;
            reader(near, between, Some(association)).read(node)?
        }
    };
    let secondary = match meta.rare.secondaryjoin {
        Some(condition) => reader(between, member, Some(association)).read(made(condition)?)?,
        None => {
            let node = by_schema(to_target, member, "secondaryjoin")?;
            reader(between, member, Some(association)).read(node)?
        }
    };
    through(association, meta, primary, secondary)
}

fn columns<'a>(links: impl IntoIterator<Item = &'a Link>) -> Pairs {
    links.into_iter().map(|it| it.columns).collect()
}

/// A relationship without an association.
fn direct(
    owner: &'static EntityMeta,
    meta: &RelationshipMeta,
    said: Said,
) -> Result<Found, String> {
    let target = (meta.target)();
    let own = said.links.iter().any(|it| it.left_is_foreign);
    let others = said.links.iter().any(|it| it.right_is_foreign);
    let direction = match (own, others) {
        (true, true) => {
            return Err(format!(
                "columns of both `{}` and `{}` hold keys in its condition; say which it goes by with \
                 `foreign_keys = [...]`",
                owner.name, target.name
            ));
        }
        (true, false) if !meta.many => Direction::ManyToOne,
        (true, false) if !meta.viewonly => {
            return Err(format!(
                "it holds many, though its own row refers to one `{}`: make it a `One`, or add \
                 `viewonly`",
                target.name
            ));
        }
        (false, false) if !meta.viewonly => {
            return Err(format!(
                "no equality of its condition has a column that holds the other row's key, so that \
                 nobody knows what to write: name it with `foreign_keys = [...]`, or add `viewonly`; the \
                 condition links `{}` and `{}`",
                owner.name, target.name
            ));
        }
        _ => Direction::OneToMany,
    };
    let written = |it: &&Link| match direction {
        Direction::ManyToOne => it.left_is_foreign,
        _ => it.right_is_foreign,
    };
    let pairs = columns(said.links.iter().filter(written));
    let is_all = pairs.len() == said.links.len() && !said.of_left && said.rest.is_empty();
    let condition = (!is_all)
        .then(|| Box::new(Condition { lookup: lookup(&said), near: said.node, far: None }));
    Ok(Found { direction, pairs, secondary: None, condition })
}

/// A relationship through an association.
fn through(
    association: &'static EntityMeta,
    meta: &RelationshipMeta,
    near: Said,
    far: Said,
) -> Result<Found, String> {
    let unlinked = near.links.is_empty() || far.links.is_empty();
    if unlinked && !meta.viewonly {
        return Err(format!(
            "its conditions don't say which columns of `{}` hold the keys of both ends, so that nobody knows \
             what to write: make them equalities, or add `viewonly`",
            association.name
        ));
    }
    let is_plain =
        |it: &Said| it.rest.is_empty() && !it.of_left && it.links.iter().all(Link::tells);
    let is_all = is_plain(&near) && is_plain(&far) && !unlinked;
    let target = far.links.iter().map(|it| (it.columns.1, it.columns.0)).collect();
    let owner = columns(&near.links);
    let condition = (!is_all).then(|| {
        let (lookup, far) = (lookup(&near), Some(far.node));
        Box::new(Condition { near: near.node, far, lookup })
    });
    Ok(Found {
        direction: Direction::ManyToMany,
        pairs: Pairs::new(),
        secondary: Some(Box::new(Secondary { meta: association, owner, target })),
        condition,
    })
}

/// How members are found by their owners' columns, if it can be done.
fn lookup(said: &Said) -> Option<Lookup> {
    let is_enough = !said.links.is_empty() && !said.of_left && said.links.iter().all(Link::tells);
    let rest = || Node::all(said.rest.iter().cloned());
    is_enough.then(|| Lookup { pairs: columns(&said.links), rest: rest() })
}
