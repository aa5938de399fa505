//! [`Hop`]: one step of a loader option's path, and what was said of it.

use aludel_core::expr::{Node, OrderBy, Source};

use super::shown::Shown;
use crate::{
    Result as Outcome,
    mapping::{ColumnWish, Relation, Strategy},
};

/// How a relationship is loaded.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As it is mapped.
    Mapped,
    /// By a strategy, whatever is mapped.
    By(Strategy),
    /// From the columns of a join that the query has by itself: the target's, under this name.
    Contained(Source),
}

impl How {
    /// What stands for it in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mapped => "defaultload",
            Self::Contained(_) => "contains_eager",
            Self::By(strategy) => match strategy {
                Strategy::Lazy => "lazyload",
                Strategy::Selectin => "selectinload",
                Strategy::Joined => "joinedload",
                Strategy::Subquery => "subqueryload",
                Strategy::Raise | Strategy::RaiseOnSql => "raiseload",
                Strategy::NoLoad => "noload",
            },
        }
    }
}

/// What an option's step leads along.
#[derive(Clone, Copy, Debug)]
pub(super) enum Along {
    /// One relationship.
    One(&'static Relation),
    /// Every relationship that no option names; what the program wrote for them is `"*"`.
    Rest(&'static str),
}

/// One step of an option's path.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) along: Along,
    pub(super) how: How,
    /// Conditions that members must meet, of the target's table under its own name.
    pub(super) criteria: Option<Node>,
    /// In place of the order that is mapped.
    pub(super) order_by: Vec<OrderBy>,
    /// So many members for each owner.
    pub(super) limit: Option<u64>,
    /// An inner join instead of an outer one.
    pub(super) inner: bool,
    /// The members' members, too, and so on.
    pub(super) recursive: bool,
    /// What is said of the members' columns.
    pub(super) columns: Vec<ColumnWish>,
}

impl Hop {
    pub(super) fn new(along: Along, how: How) -> Self {
        Self {
            along,
            how,
            criteria: None,
            order_by: Vec::new(),
            limit: None,
            inner: false,
            recursive: false,
            columns: Vec::new(),
        }
    }

    /// The relationship, where it is one.
    pub(super) fn relation(&self) -> Option<&'static Relation> {
        match self.along {
            Along::One(relation) => Some(relation),
            Along::Rest(_) => None,
        }
    }

    /// Whether something can be loaded behind it.
    pub(super) fn leads_on(&self) -> bool {
        use Strategy::{Joined, Selectin, Subquery};
        matches!(self.how, How::Mapped | How::Contained(_) | How::By(Selectin | Joined | Subquery))
    }

    /// Whether it says no more than how: it changes nothing of what the statement of a relationship says.
    pub(super) fn is_plain(&self) -> bool {
        self.criteria.is_none()
            && self.order_by.is_empty()
            && self.limit.is_none()
            && !self.recursive
            && self.columns.is_empty()
    }

    /// Which columns members are read with.
    pub(super) fn shown(&self, relation: &'static Relation) -> Outcome<Shown> {
        Shown::by(relation.target, &self.columns)
    }

    /// Refuses what doesn't go together.
    pub(super) fn check(&self) -> Result<(), String> {
        let name = self.how.name();
        let relation = match self.along {
            Along::One(relation) => relation,
            Along::Rest("*") => {
                use Strategy::{Lazy, NoLoad, Raise, RaiseOnSql};
                return match self.how {
                    How::By(Lazy | NoLoad | Raise | RaiseOnSql) => Ok(()),
                    _ => Err(format!(
                        "`{name}(\"*\")` would load everything that there is: name the relationships; `lazyload`, \
                         `raiseload` and `noload` take all of them"
                    )),
                };
            }
            Along::Rest(text) => {
                return Err(format!(
                    "`{name}(\"{text}\")`: an option takes a relationship of the entity constant, or \"*\" for all"
                ));
            }
        };
        let place = relation.place();
        let reads = matches!(self.how, How::By(Strategy::Selectin));
        let joins = matches!(self.how, How::By(Strategy::Joined));
        let queries = reads || joins || matches!(self.how, How::By(Strategy::Subquery));
        let only = |what: &str, which: &str| {
            Err(format!("`{what}` of `{place}` belongs to {which}; here it follows `{name}`"))
        };
        if !self.columns.is_empty() && !self.leads_on() {
            return Err(format!(
                "nothing can be said of the columns behind `{name}` of `{place}`, which loads nothing"
            ));
        }
        if self.criteria.is_some() && !queries {
            return only("and_", "`selectinload`, `joinedload` and `subqueryload`");
        }
        if !self.order_by.is_empty() && !queries {
            return only("order_by", "`selectinload`, `joinedload` and `subqueryload`");
        }
        if self.inner && !joins {
            return only("innerjoin", "`joinedload`");
        }
        if self.limit.is_some() && !(reads && relation.many && !self.recursive) {
            return only("limit", "the `selectinload` of a collection, without `recursive`");
        }
        if self.recursive && !reads {
            return only("recursive", "`selectinload`");
        }
        if self.recursive && !relation.owner.is(relation.target) {
            return Err(format!(
                "`{place}` doesn't lead to its own entity: it can't be `recursive`"
            ));
        }
        Ok(())
    }
}
