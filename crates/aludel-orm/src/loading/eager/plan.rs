//! What a query loads beside its rows, planned: nodes for further statements, and joins in its own.

use aludel_core::{
    dialect::Dialect,
    expr::{JoinKind, Query, SelectItem, Source},
};

use super::{Eager, EagerNode, Joined, Owner};
use crate::{
    Error, Result,
    loading::{
        fetch::Fetch,
        hop::{Along, Hop, How},
        related::{fresh, item, joins},
        shaped::{members_of_query, wrap},
        shown::Shown,
        wishes::{Wish, check, wishes},
    },
    mapping::{Direction, EntityMeta, Relation, Strategy, relation::Finds},
};

/// Where wishes of one owner stand.
#[derive(Clone, Copy)]
struct Place<'a> {
    owner: Owner,
    /// The appearance of the owner's table, if joins can start from it.
    source: Option<Source>,
    /// Whether joins may bring in collections.
    many: bool,
    /// Whether a join before was an outer one.
    outer: bool,
    /// The node whose statement joins are added to; none for the query itself.
    carrier: Option<usize>,
    /// Whether rows of the query are taken before all are there.
    streams: bool,
    /// The query, and the entity that it gives, where it can stand as a subquery.
    main: Option<(&'a Query, &'a Shown)>,
    /// The relationships that led here.
    chain: &'a [&'static Relation],
}

impl Eager {
    /// Plans the options of a query, and adds joins to it. `is_once`: its rows don't repeat an object;
    /// `streams`: they are taken before all are there, so that joins bring in no collections (LOAD-28).
    pub(in crate::loading) fn plan(
        query: &mut Query,
        shown: &[Shown],
        is_once: bool,
        streams: bool,
        paths: &[Vec<Hop>],
        dialect: &'static dyn Dialect,
    ) -> Result<Self> {
        let metas: Vec<&'static EntityMeta> = shown.iter().map(|it| it.meta).collect();
        check(paths, &metas)?;
        let rest = paths.iter().rfind(|it| it.len() == 1 && it[0].relation().is_none());
        let rest = rest.and_then(|it| it.first());
        let mut eager = Self::none(dialect);
        let trees: Vec<Vec<Wish>> = metas
            .iter()
            .map(|meta| {
                let starts = |it: &&Vec<Hop>| {
                    let relation = it.first().and_then(Hop::relation);
                    relation.is_some_and(|it| it.owner.is(meta))
                };
                let own: Vec<&[Hop]> = paths.iter().filter(starts).map(|it| &it[..]).collect();
                wishes(&own, rest, meta, 0)
            })
            .collect();
        // A join would count rows for a limit, and multiply those of a tuple.
        let alone = shown.first().filter(|it| it.width() == query.items.len());
        let whole = query.limit.is_none()
            && query.offset.is_none()
            && !query.distinct
            && query.distinct_on.is_empty();
        let mut sources = sources(query, shown);
        let embeds =
            !streams && trees.iter().any(|it| any(it, &|it| it.strategy == Strategy::Subquery));
        let main = alone.filter(|_| embeds).map(|shown| (query.clone(), shown));
        let mut many = alone.is_some() && whole && !streams;
        if let Some(shown) = alone
            && !whole
            && !streams
            && trees.iter().any(|it| joins_many(it))
            && !trees.iter().any(|it| any(it, &is_contained))
            && let Some((outer, source)) = wrap(query, shown)
        {
            *query = outer;
            sources = vec![Some(source)];
            many = true;
        }
        for (place, tree) in trees.into_iter().enumerate() {
            let place = Place {
                owner: Owner::Part(place),
                source: sources.get(place).copied().flatten(),
                many,
                outer: false,
                carrier: None,
                streams,
                main: main.as_ref().map(|(query, shown)| (query, *shown)),
                chain: &[],
            };
            eager.add(query, tree, place)?;
        }
        // A row of several things stays as it is.
        eager.is_unique = alone.is_some() && eager.joins_many() && !streams;
        if is_once {
            eager.find_what_comes_once();
        }
        Ok(eager)
    }

    /// Finds the join whose rows can't repeat an object, if a row of the query comes once but for joins: a
    /// collection that belongs to one owner each, as all before it, and no other collection beside or behind it.
    fn find_what_comes_once(&mut self) {
        let carried = |it: &EagerNode| it.strategy == Strategy::Joined && it.carrier.is_none();
        let several =
            |it: &&EagerNode| carried(it) && it.relation.direction != Direction::ManyToOne;
        let mut owner = None;
        for (index, node) in self.nodes.iter().enumerate().filter(|it| several(&it.1)) {
            let is_next = match (node.owner, owner) {
                (Owner::Part(_), None) => true,
                (Owner::Node(node), owner) => Some(node) == owner,
                (Owner::Part(_), Some(_)) => false,
            };
            if !is_next || !has_one_owner(node.relation) {
                return;
            }
            owner = Some(index);
        }
        if let Some(last) = owner {
            self.nodes[last].fetch.set_repeats(false);
        }
    }

    /// Plans what the mapping says is loaded with the members of a relationship (LOAD-31). `None` if that is
    /// nothing.
    pub(in crate::loading) fn with_members(
        relation: &'static Relation,
        dialect: &'static dyn Dialect,
    ) -> Result<Option<Self>> {
        let behind = wishes(&[], None, relation.target, 1);
        if behind.is_empty() {
            return Ok(None);
        }
        let strategy = Strategy::Selectin;
        let hop = Hop::new(Along::One(relation), How::By(strategy));
        Self::with_wish(Wish { relation, strategy, hop, behind }, dialect).map(Some)
    }

    /// Plans a relationship of objects that are there already, with what lies behind it.
    pub(in crate::loading) fn with_wish(wish: Wish, dialect: &'static dyn Dialect) -> Result<Self> {
        let place = Place {
            owner: Owner::Part(0),
            source: None,
            many: false,
            outer: false,
            carrier: None,
            streams: false,
            main: None,
            chain: &[],
        };
        let mut eager = Self::none(dialect);
        eager.add(&mut Query::default(), vec![wish], place)?;
        Ok(eager)
    }

    fn add(&mut self, query: &mut Query, wishes: Vec<Wish>, place: Place<'_>) -> Result<()> {
        for Wish { relation, mut strategy, hop, behind } in wishes {
            let contained = match hop.how {
                How::Contained(source) => Some(source),
                _ => None,
            };
            if place.streams {
                check_streamed(relation, hop.how, place.carrier)?;
            }
            let may_join = !relation.many || place.many || contained.is_some();
            let offset = query.items.len();
            let shown = hop.shown(relation)?;
            let mut next = None;
            if strategy == Strategy::Joined {
                next = match (contained, place.source.filter(|_| may_join)) {
                    (Some(source), _) => Some(contain(query, relation, &shown, source)?),
                    (None, Some(source)) => {
                        Some(join(query, relation, &shown, source, &hop, place.outer))
                    }
                    (None, None) => None,
                };
                if next.is_none() {
                    strategy = Strategy::Selectin;
                }
            }
            let chain: Vec<_> = place.chain.iter().copied().chain([relation]).collect();
            let main = place.main.filter(|_| strategy == Strategy::Subquery);
            let embedded = main.map(|(main, of)| members_of_query(main, of, &chain, &hop));
            if strategy == Strategy::Subquery && embedded.is_none() {
                strategy = Strategy::Selectin;
            }
            // What lies behind a further statement is joined to that.
            let carrier = if next.is_some() { place.carrier } else { Some(self.nodes.len()) };
            let carries = next.is_none() && joins_many(&behind);
            let repeats = next.is_some() || embedded.is_some() || hop.recursive || carries;
            let mut fetch = Fetch::of(relation, shown);
            fetch.set_repeats(repeats);
            fetch.grows = hop.recursive;
            // The further statement, where something is joined to it.
            let is_joined_to = behind.iter().any(|it| it.strategy == Strategy::Joined);
            let mut own = match &embedded {
                _ if next.is_some() || !is_joined_to => Query::default(),
                Some(query) => query.clone(),
                None => hop.members(relation, 1),
            };
            let (source, many, outer) = match next {
                Some(_) => (next, place.many, place.outer || !hop.inner),
                None => (Some(hop.source()), true, false),
            };
            let index = self.nodes.len();
            self.nodes.push(EagerNode {
                relation,
                strategy,
                hop,
                owner: place.owner,
                offset,
                fetch,
                query: embedded,
                joined: Joined::default(),
                carrier: place.carrier.filter(|_| next.is_some()),
                owners: Vec::new(),
                asked: false,
            });
            let below = Place {
                owner: Owner::Node(index),
                source,
                many,
                outer,
                carrier,
                streams: place.streams,
                main: place.main,
                chain: &chain,
            };
            if next.is_some() {
                self.add(query, behind, below)?;
                continue;
            }
            let before = (own.joins.len(), own.items.len(), own.order_by.len());
            self.add(&mut own, behind, below)?;
            self.nodes[index].joined = Joined {
                joins: own.joins.split_off(before.0),
                items: own.items.split_off(before.1),
                order_by: own.order_by.split_off(before.2),
            };
        }
        Ok(())
    }
}

/// Refuses what an option of a stream asks for and needs all of its rows; what the mapping asks for is loaded
/// by further statements then.
fn check_streamed(relation: &Relation, how: How, carrier: Option<usize>) -> Result<()> {
    let is_joined = matches!(how, How::By(Strategy::Joined) | How::Contained(_));
    if how != How::By(Strategy::Subquery) && !(is_joined && relation.many && carrier.is_none()) {
        return Ok(());
    }
    let text = format!(
        "`{}` of `{}` needs all rows of the query at once, and a stream has a portion of them: load it by \
         `selectinload`, or run the query with `.all()`",
        how.name(),
        relation.place()
    );
    Err(Error::InvalidRequest(text.into()))
}

/// Whether wishes bring collections into the query by joins.
fn joins_many(wishes: &[Wish]) -> bool {
    wishes
        .iter()
        .any(|it| it.strategy == Strategy::Joined && (it.relation.many || joins_many(&it.behind)))
}

/// Whether each member belongs to one owner: it refers to the owner's key.
fn has_one_owner(relation: &Relation) -> bool {
    let Finds::By(pairs) = relation.finds() else { return false };
    let refers_to = |key: &u16| pairs.iter().any(|it| it.0 == *key);
    relation.direction == Direction::OneToMany && relation.owner.primary_key.iter().all(refers_to)
}

/// Whether one of the wishes, or of those behind them, is such.
fn any(wishes: &[Wish], is_such: &dyn Fn(&Wish) -> bool) -> bool {
    wishes.iter().any(|it| is_such(it) || any(&it.behind, is_such))
}

/// Whether a wish reads a join that the query has by itself.
fn is_contained(wish: &Wish) -> bool {
    matches!(wish.hop.how, How::Contained(_))
}

/// The appearances of the entities that a query selects.
fn sources(query: &Query, shown: &[Shown]) -> Vec<Option<Source>> {
    let mut start = 0;
    // Entities' columns stand together, in order; others between them are skipped.
    let source = |shown: &Shown| {
        let (at, source) = shown.find_in(query, start)?;
        start = at + shown.width();
        Some(source)
    };
    shown.iter().map(source).collect()
}

/// Adds the columns of an appearance of a relationship's target.
fn select(query: &mut Query, shown: &Shown, source: Source) {
    query.items.extend(shown.items(source).map(|it| SelectItem { optional: true, ..it }));
}

/// Reads a relationship from a join that the query has by itself.
fn contain(
    query: &mut Query,
    relation: &'static Relation,
    shown: &Shown,
    source: Source,
) -> Result<Source> {
    let target = item(relation.target, source);
    let is_there =
        query.joins.iter().any(|it| it.target == target) || query.roots().contains(&target);
    if !is_there {
        let text = format!(
            "`contains_eager` of `{}` reads a join that the query doesn't have: join the relationship, or load \
             it by `joinedload`; of a join to an alias say `.of_type(alias)` in both",
            relation.place()
        );
        return Err(Error::InvalidRequest(text.into()));
    }
    select(query, shown, source);
    Ok(source)
}

/// Adds a join for a relationship; the source under which its target stands.
fn join(
    query: &mut Query,
    relation: &'static Relation,
    shown: &Shown,
    owner: Source,
    hop: &Hop,
    outer: bool,
) -> Source {
    let kind = if hop.inner && !outer { JoinKind::Inner } else { JoinKind::Left };
    let source = fresh();
    joins(relation, owner, source, kind, &mut query.joins);
    let (from, to) = (item(relation.target, Source::Table), item(relation.target, source));
    if let (Some(mut criteria), Some(join)) = (hop.criteria.clone(), query.joins.last_mut()) {
        criteria.retarget(from, to);
        join.and_on(criteria);
    }
    select(query, shown, source);
    let keys = match &hop.order_by[..] {
        [] => relation.meta.order_by.map(|it| it()).unwrap_or_default(),
        keys => keys.to_vec(),
    };
    for mut key in keys {
        key.node.retarget(from, to);
        query.order_by.push(key);
    }
    source
}
