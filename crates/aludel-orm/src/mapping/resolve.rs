//! Resolves a relationship: which foreign key it goes by, in which direction, and what mirrors it.

use aludel_core::expr::{ColumnRef, Direction as SortDirection, Node, OrderBy};

use super::{
    Back, BackSide, Cascade, ColumnMeta, Direction, EntityMeta, Pairs, Relation, RelationshipMeta,
    Secondary, Version, condition,
    mapper::{Target, foreign_keys},
    relation::Ordering,
};

/// The pairs (from-column, to-column) of each foreign key from one entity to another.
fn paths(from: &EntityMeta, to: &EntityMeta) -> impl Iterator<Item = Pairs> {
    let position = |name: &str| to.columns.iter().position(|it| it.name == name);
    let is_there = |it: &Target| it.table == to.table.name && it.schema == to.table.schema;
    let keys = foreign_keys(from).iter().filter(move |it| it.references.iter().all(is_there));
    keys.filter_map(move |key| {
        let pairs = key.columns.iter().zip(&key.references);
        pairs.map(|(column, target)| Some((*column, position(target.column)? as u16))).collect()
    })
}

/// Of several paths, the one over the columns that the relationship names; else, how many there are.
fn choose(
    paths: impl Iterator<Item = Pairs>,
    from: &EntityMeta,
    named: Option<&[ColumnRef]>,
) -> Result<Pairs, usize> {
    let fits = |path: &Pairs| match named {
        Some(columns) => path.iter().all(|(column, _)| {
            let own = &from.columns[usize::from(*column)];
            columns.iter().any(|it| it.name == own.name && it.from.table == from.table)
        }),
        None => true,
    };
    let mut fitting = paths.filter(fits);
    let first = fitting.next().ok_or(0_usize)?;
    match fitting.count() {
        0 => Ok(first),
        others => Err(others + 1),
    }
}

/// The same pairs from the other side.
fn flip(mut pairs: Pairs) -> Pairs {
    pairs.iter_mut().for_each(|(a, b)| std::mem::swap(a, b));
    pairs
}

/// Resolves a relationship; what is wrong goes to `problems`, and it is left without a condition.
pub(super) fn resolve(
    owner: &'static EntityMeta,
    index: u16,
    problems: &mut Vec<String>,
) -> Relation {
    let mut relation = alone(owner, index, problems);
    relation.back = back_side(&relation, problems);
    if let Some(back) = relation.back {
        let back = &relation.target.relationships[usize::from(back.index)];
        relation.passive_updates &= back.passive_updates;
        relation.post_update |= back.post_update;
    }
    relation.ordering = ordering(&relation, problems);
    check_cascade(&relation, problems);
    check_post_update(&relation, problems);
    relation
}

/// How the members of a list are numbered: by the column that they are sorted by.
fn ordering(relation: &Relation, problems: &mut Vec<String>) -> Option<Ordering> {
    let count_from = relation.meta.rare.ordering_list?;
    let target = relation.target;
    let keys = relation.meta.order_by.map(|it| it()).unwrap_or_default();
    let column = match keys.first() {
        Some(OrderBy { node: Node::Column(column), direction: SortDirection::Asc, .. }) => {
            let position = target.columns.iter().position(|it| it.name == column.name);
            position.filter(|_| column.from.table == target.table)
        }
        _ => None,
    };
    let column = column.filter(|it| target.columns[*it].ty.is_integer());
    let is_read = !relation.meta.rare.write_only;
    if relation.direction != Direction::OneToMany || column.is_none() || !is_read {
        problems.push(format!(
            "{}: `ordering_list` numbers the members of a one-to-many by an integer column of `{}`, which \
             `order_by` names first: `order_by = {}.position`",
            relation.place(),
            target.name,
            target.name,
        ));
    }
    Some(Ordering { column: column? as u16, count_from })
}

/// A row that is written a second time in one flush must be found by its version, which only the database
/// knows where that makes it.
fn check_post_update(relation: &Relation, problems: &mut Vec<String>) {
    let refers = match relation.direction {
        Direction::ManyToOne => relation.owner,
        _ => relation.target,
    };
    let by_server = |it: &ColumnMeta| matches!(it.version, Some(Version::Server));
    if relation.post_update && refers.columns.iter().any(by_server) {
        problems.push(format!(
            "{}: `post_update` writes a row of `{}` a second time, and only the database knows its \
             version by then; let the program make the version: `#[column(version)]`",
            relation.place(),
            refers.name,
        ));
    }
}

/// Resolves a relationship but for the one at the other end.
pub(super) fn alone(
    owner: &'static EntityMeta,
    index: u16,
    problems: &mut Vec<String>,
) -> Relation {
    let meta = &owner.relationships[usize::from(index)];
    let target = (meta.target)();
    let named = meta.foreign_keys.map(|it| it());
    let named = named.as_deref();
    let mut relation = Relation {
        name: meta.name,
        index,
        owner,
        target,
        many: meta.many,
        direction: if meta.many { Direction::OneToMany } else { Direction::ManyToOne },
        pairs: Pairs::new(),
        key: Pairs::new(),
        secondary: None,
        back: None,
        cascade: match meta.rare.write_only {
            // What is never loaded is neither copied nor read again.
            true => meta.cascade.only(Cascade::SAVE_UPDATE.and(Cascade::LEAVE)),
            false => meta.cascade,
        },
        strategy: meta.strategy,
        passive_updates: meta.passive_updates || meta.viewonly,
        post_update: meta.post_update,
        condition: None,
        ordering: None,
        meta,
    };
    if meta.rare.joins() {
        by_condition(&mut relation, named, problems);
    } else if let Some(secondary) = meta.secondary {
        let secondary = secondary();
        relation.direction = Direction::ManyToMany;
        let (to_owner, to_target) = sides(secondary, owner, target, named);
        match (to_owner, to_target) {
            (Ok(to_owner), Ok(to_target)) => {
                relation.secondary = Some(Box::new(Secondary {
                    meta: secondary,
                    owner: flip(to_owner),
                    target: flip(to_target),
                }));
            }
            _ => problems.push(format!(
                "{}: `{}` needs one foreign key to `{}` and one to `{}`; name them with \
                 `foreign_keys = [...]` where there are several",
                relation.place(),
                secondary.name,
                owner.name,
                target.name,
            )),
        }
    } else {
        let forward = || choose(paths(owner, target), owner, named);
        let backward = || choose(paths(target, owner), target, named).map(flip);
        let found = if meta.many {
            backward()
        } else {
            match forward() {
                // Of one that refers to its own table, the row at the other end.
                Ok(path) if is_remote(owner, meta, &path) => {
                    relation.direction = Direction::OneToMany;
                    Ok(flip(path))
                }
                // No key of the owner's: the other row refers to this one, one to one.
                Err(0) => {
                    relation.direction = Direction::OneToMany;
                    backward()
                }
                other => other,
            }
        };
        match found {
            Ok(pairs) => relation.pairs = pairs,
            Err(0) => problems.push(format!(
                "{}: no foreign key links `{}` and `{}`; add `#[column(foreign_key = …)]` to \
                 one of them, or say with `primaryjoin = …` how they are linked",
                relation.place(),
                owner.name,
                target.name,
            )),
            Err(n) => problems.push(format!(
                "{}: {n} foreign keys link `{}` and `{}`; say which with \
                 `foreign_keys = [...]`",
                relation.place(),
                owner.name,
                target.name,
            )),
        }
    }
    relation.key = match relation.direction {
        Direction::OneToMany => flip(relation.pairs.clone()),
        Direction::ManyToOne | Direction::ManyToMany => relation.pairs.clone(),
    };
    relation
}

/// Resolves a relationship that says itself how rows are linked.
fn by_condition(relation: &mut Relation, named: Option<&[ColumnRef]>, problems: &mut Vec<String>) {
    let Relation { owner, target, meta, .. } = *relation;
    let sides = |association: &'static EntityMeta| {
        let (to_owner, to_target) = sides(association, owner, target, named);
        (to_owner.ok(), to_target.ok())
    };
    match condition::resolve(owner, meta, named, sides) {
        Ok(found) => {
            relation.direction = found.direction;
            relation.pairs = found.pairs;
            relation.secondary = found.secondary;
            relation.condition = found.condition;
        }
        Err(problem) => problems.push(format!("{}: {problem}", relation.place())),
    }
}

/// A member of a many-to-one or many-to-many may have several owners: one that lost one is an orphan
/// only where the mapping says that there is no other (CAS-13).
fn check_cascade(relation: &Relation, problems: &mut Vec<String>) {
    let Relation { cascade, direction, meta, target, .. } = relation;
    if !cascade.has(Cascade::DELETE_ORPHAN) {
        return;
    }
    let place = relation.place();
    if *direction != Direction::OneToMany && !meta.single_parent {
        problems.push(format!(
            "{place}: several rows may refer to one `{}`, which is an orphan when none does; \
             `delete_orphan` belongs to the relationship at the other end, or needs \
             `single_parent` beside it where only one row does",
            target.name,
        ));
    }
    if !cascade.has(Cascade::DELETE) {
        tracing::warn!(
            target: "aludel::mapping",
            relationship = place,
            "`delete_orphan` without `delete`: members outlive an owner that is deleted, though not \
             one that lets them go; write `cascade(all, delete_orphan)`"
        );
    }
}

/// The association's paths to both ends; for an association of an entity with itself, its first and
/// its second.
fn sides(
    secondary: &EntityMeta,
    owner: &EntityMeta,
    target: &EntityMeta,
    named: Option<&[ColumnRef]>,
) -> (Result<Pairs, usize>, Result<Pairs, usize>) {
    // Names matter where there is a choice: they may be those of one end alone.
    let side = |end: &EntityMeta| {
        let is_choice = paths(secondary, end).nth(1).is_some();
        choose(paths(secondary, end), secondary, named.filter(|_| is_choice))
    };
    if !owner.is(target) {
        return (side(owner), side(target));
    }
    let mut both: Vec<Pairs> = paths(secondary, owner).collect();
    if both.len() != 2 {
        return (Err(both.len()), Err(both.len()));
    }
    // `foreign_keys` names the association's columns that refer to the owner.
    let first_is_owner = named.is_none_or(|columns| {
        both[0].iter().all(|(column, _)| {
            columns.iter().any(|it| it.name == secondary.columns[usize::from(*column)].name)
        })
    });
    if !first_is_owner {
        both.swap(0, 1);
    }
    let second = both.pop().unwrap_or_default();
    let first = both.pop().unwrap_or_default();
    (Ok(first), Ok(second))
}

/// Whether a relationship within one table says that these columns stand in the row at its other end.
fn is_remote(owner: &EntityMeta, meta: &RelationshipMeta, path: &[(u16, u16)]) -> bool {
    let Some(remote) = meta.remote_side.map(|it| it()) else { return false };
    let names = |column: u16| {
        let name = owner.columns[usize::from(column)].name;
        remote.iter().any(|it| it.name == name && it.from.table == owner.table)
    };
    (meta.target)().table == owner.table && path.iter().all(|it| names(it.0))
}

fn back_side(relation: &Relation, problems: &mut Vec<String>) -> Option<BackSide> {
    let Relation { owner, target, meta, .. } = relation;
    let place = || relation.place();
    let index = match meta.back.as_ref()? {
        Back::Relationship(index) => index(),
        Back::Named(name) => match target.relationships.iter().position(|it| it.name == *name) {
            Some(index) => index as u16,
            None => {
                problems.push(format!(
                    "{}: `{}` has no relationship `{name}`",
                    place(),
                    target.name
                ));
                return None;
            }
        },
    };
    let other = &target.relationships[usize::from(index)];
    if !(other.target)().is(owner) {
        problems.push(format!(
            "{}: `{}.{}` doesn't lead back to `{}`",
            place(),
            target.name,
            other.name,
            owner.name
        ));
        return None;
    }
    // Each side keeps the other in step, so each must know the other.
    let named = match other.back {
        Some(Back::Relationship(back)) => back() == relation.index,
        Some(Back::Named(name)) => name == meta.name,
        None => false,
    };
    if !named {
        problems.push(format!(
            "{}: `{}.{}` must say `back_populates = {}` in turn",
            place(),
            target.name,
            other.name,
            meta.name
        ));
        return None;
    }
    let problem = match target.mapper.made() {
        Some(mapper) => mismatch(relation, &mapper.relationships[usize::from(index)]),
        None => mismatch(relation, &alone(target, index, &mut Vec::new())),
    };
    if let Some(problem) = problem {
        problems.push(problem);
        return None;
    }
    // What is only read keeps nothing in step, and nothing keeps it.
    let in_step = !meta.viewonly && !other.viewonly;
    in_step.then_some(BackSide {
        index,
        many: other.many,
        single_parent: other.single_parent,
        delete_orphan: other.cascade.has(Cascade::DELETE_ORPHAN),
        ordered: other.rare.ordering_list.is_some(),
    })
}

/// Why two relationships aren't the two sides of one link: they must go by the same foreign key, or
/// the same association, and in opposite directions (ERR-12).
fn mismatch(relation: &Relation, other: &Relation) -> Option<String> {
    let place = || relation.place();
    let there = || other.place();
    if relation.secondary.is_some() != other.secondary.is_some() {
        return Some(format!(
            "{}: one of it and `{}` has a `secondary`, both need it",
            place(),
            there()
        ));
    }
    if let (Some(own), Some(its)) = (&relation.secondary, &other.secondary) {
        if !own.meta.is(its.meta) {
            return Some(format!(
                "{}: it goes by `{}`, and `{}` by `{}`",
                place(),
                own.meta.name,
                there(),
                its.meta.name
            ));
        }
        let mirrored = own.owner == its.target && own.target == its.owner;
        return (!mirrored).then(|| {
            format!(
                "{}: it and `{}` go in the same direction; say on one of them which columns of \
                 `{}` refer to its owner, with `foreign_keys = [...]`",
                place(),
                there(),
                own.meta.name
            )
        });
    }
    // What isn't resolved has its own problem.
    if relation.pairs.is_empty() || other.pairs.is_empty() {
        return None;
    }
    if relation.direction == other.direction {
        return Some(match relation.many {
            true => format!(
                "{}: both it and `{}` hold many; one of them is a `One`, or both need a `secondary`",
                place(),
                there()
            ),
            false => format!(
                "{}: both it and `{}` are what their own row refers to; say on one of them \
                 `remote_side = [...]`, with the foreign key's columns",
                place(),
                there()
            ),
        });
    }
    (relation.key != other.key).then(|| {
        format!(
            "{}: it and `{}` go by different foreign keys; name the same on both sides with \
             `foreign_keys = [...]`",
            place(),
            there()
        )
    })
}
