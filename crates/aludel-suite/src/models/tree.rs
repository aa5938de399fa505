//! A tree of three levels with marks, whose objects count how many of them live.

use std::sync::atomic::{AtomicI64, Ordering};

use aludel::{Scalar, SqlType, prelude::*, value::ValueRef};

use super::Suite;

const FAMILIES: usize = 4096;

static LIVE: [AtomicI64; FAMILIES] = [const { AtomicI64::new(0) }; FAMILIES];
static PEAK: [AtomicI64; FAMILIES] = [const { AtomicI64::new(0) }; FAMILIES];

/// A column that counts its live instances, by family: each test has one of its own.
#[derive(Debug)]
pub struct Probe(i64);

impl Probe {
    pub fn new(family: i64) -> Self {
        let live = LIVE[family as usize].fetch_add(1, Ordering::Relaxed) + 1;
        PEAK[family as usize].fetch_max(live, Ordering::Relaxed);
        Self(family)
    }
}

/// A family that nobody else counts.
pub fn family() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// How many there are.
pub fn live(family: i64) -> i64 {
    LIVE[family as usize].load(Ordering::Relaxed)
}

/// How many there were at the most.
pub fn peak(family: i64) -> i64 {
    PEAK[family as usize].load(Ordering::Relaxed)
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        LIVE[self.0 as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

impl Scalar for Probe {
    const TYPE: SqlType = SqlType::BigInt;

    fn to_ref(&self) -> ValueRef<'_> {
        ValueRef::Int(self.0)
    }

    fn from_ref(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Int(it) if (0..FAMILIES as i64).contains(&it) => Some(Self::new(it)),
            _ => None,
        }
    }
}

#[derive(Mapped, Debug)]
#[table("hub", base = Suite)]
pub struct Hub {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    pub probe: Probe,
    #[relationship(back_populates = hub, cascade(all, delete_orphan), order_by = Leaf.id)]
    pub leaves: Many<Leaf>,
}

#[derive(Mapped, Debug)]
#[table("leaf", base = Suite)]
pub struct Leaf {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Hub.id)]
    pub hub_id: Auto<i64>,
    pub n: i64,
    pub probe: Probe,
    #[relationship(back_populates = leaves)]
    pub hub: One<Hub>,
    #[relationship(back_populates = leaf, cascade(all, delete_orphan), order_by = Bit.id)]
    pub bits: Many<Bit>,
    #[relationship(secondary = LeafMark, back_populates = leaves, order_by = Mark.id)]
    pub marks: Many<Mark>,
}

#[derive(Mapped, Debug)]
#[table("bit", base = Suite)]
pub struct Bit {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Leaf.id)]
    pub leaf_id: Auto<i64>,
    pub probe: Probe,
    #[relationship(back_populates = bits)]
    pub leaf: One<Leaf>,
}

#[derive(Mapped, Debug)]
#[table("mark", base = Suite)]
pub struct Mark {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(unique, length = 20)]
    pub name: String,
    #[relationship(secondary = LeafMark, back_populates = marks, order_by = Leaf.id)]
    pub leaves: Many<Leaf>,
}

#[derive(Mapped, Debug)]
#[table("leaf_mark", base = Suite)]
pub struct LeafMark {
    #[column(primary_key, foreign_key = Leaf.id)]
    pub leaf_id: Auto<i64>,
    #[column(primary_key, foreign_key = Mark.id)]
    pub mark_id: Auto<i64>,
}

#[derive(Mapped, Debug)]
#[table("link", base = Suite)]
pub struct Link {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Link.id)]
    pub parent_id: Option<i64>,
    pub probe: Probe,
    #[relationship(back_populates = children)]
    pub parent: One<Link>,
    #[relationship(back_populates = parent, order_by = Link.id)]
    pub children: Many<Link>,
}

pub fn hub(family: i64) -> Hub {
    Hub { id: Auto::default(), name: "hub".into(), probe: Probe::new(family), leaves: Many::new() }
}

pub fn leaf(family: i64, n: i64) -> Leaf {
    Leaf {
        id: Auto::default(),
        hub_id: Auto::default(),
        n,
        probe: Probe::new(family),
        hub: One::new(),
        bits: Many::new(),
        marks: Many::new(),
    }
}

pub fn bit(family: i64) -> Bit {
    Bit {
        id: Auto::default(),
        leaf_id: Auto::default(),
        probe: Probe::new(family),
        leaf: One::new(),
    }
}

pub fn link(family: i64) -> Link {
    Link {
        id: Auto::default(),
        parent_id: None,
        probe: Probe::new(family),
        parent: One::new(),
        children: Many::new(),
    }
}

/// A hub with as many leaves, each with a bit.
pub fn tree(family: i64, leaves: i64) -> Obj<Hub> {
    let hub = Obj::new(hub(family));
    for n in 0..leaves {
        hub.leaves().push(leaf(family, n)).bits().push(bit(family));
    }
    hub
}
