//! A session in the middle of its work, on a database that others look at.

use aludel::{
    Engine, EngineOptions, Session,
    blocking::{self, block_on},
    prelude::*,
    testing::PendingDriver,
};

use crate::{Place, models::tree::*};

/// A hub of three leaves, a second hub, and two marks.
pub(super) struct Data<'a> {
    at: &'a Place,
    pub(super) plain: blocking::Engine,
}

impl<'a> Data<'a> {
    pub(super) fn new(at: &'a Place) -> Self {
        at.empty();
        let plain = at.blocking(EngineOptions::new());
        let mut session = blocking::Session::new(&plain);
        let hub = session.add(tree(0, 3));
        session.add(self::hub(0));
        let marks = ["red", "blue"].map(|name| session.add(Mark::builder().name(name)));
        hub.leaves().iter().unwrap().next().unwrap().marks().push(&marks[0]);
        session.commit().unwrap();
        Self { at, plain }
    }

    /// The same, looked at through new connections.
    pub(super) fn again(&self) -> Self {
        Self { at: self.at, plain: self.at.blocking(EngineOptions::new()) }
    }

    /// What another connection sees, with rows by their place among the others: what was taken back
    /// leaves gaps between keys.
    pub(super) fn rows(&self) -> Vec<String> {
        let mut session = blocking::Session::new(&self.plain);
        let mut pairs =
            |sql: &str| -> Vec<(i64, i64)> { session.execute(text(sql).rows()).all().unwrap() };
        let leaves = pairs("SELECT id, hub_id FROM leaf ORDER BY id");
        let numbers = pairs("SELECT id, n FROM leaf ORDER BY id");
        let bits = pairs("SELECT id, leaf_id FROM bit ORDER BY id");
        let marked = pairs("SELECT leaf_id, mark_id FROM leaf_mark ORDER BY leaf_id, mark_id");
        let marks: Vec<i64> = pairs("SELECT id, id FROM mark").iter().map(|it| it.0).collect();
        let hubs = session.execute(select((Hub.id, Hub.name)).order_by(Hub.id)).all().unwrap();
        let hub_ids: Vec<i64> = hubs.iter().map(|it| it.0).collect();
        let leaf_ids: Vec<i64> = leaves.iter().map(|it| it.0).collect();
        let names = hubs.iter().enumerate().map(|(at, hub)| format!("hub {} {}", at + 1, hub.1));
        let leaves = leaves.iter().zip(&numbers).map(|((id, hub), (_, n))| {
            format!("leaf {} {} {n}", place(&leaf_ids, *id), place(&hub_ids, *hub))
        });
        let bits = bits.iter().map(|(_, leaf)| format!("bit of {}", place(&leaf_ids, *leaf)));
        let marked = marked.iter().map(|(leaf, mark)| {
            format!("marked {} {}", place(&leaf_ids, *leaf), place(&marks, *mark))
        });
        names.chain(leaves).chain(bits).chain(marked).collect()
    }

    /// An engine whose driver pends between any two steps.
    pub(super) fn pending(&self) -> (Engine, PendingDriver) {
        self.at.pending(true)
    }

    /// An engine as programs use it.
    pub(super) fn engine(&self) -> Engine {
        self.at.engine()
    }
}

/// The place of a key among others, counted from 1; 0 for none of them.
fn place(keys: &[i64], key: i64) -> usize {
    keys.iter().filter(|it| **it <= key).count() * usize::from(keys.contains(&key))
}

/// A session in the middle of its work, with handles on all that it changed.
pub(super) struct Work {
    pub(super) session: Session,
    pub(super) hubs: Vec<Obj<Hub>>,
    leaves: Vec<Obj<Leaf>>,
    bits: Vec<Obj<Bit>>,
    marks: Vec<Obj<Mark>>,
}

impl Work {
    pub(super) fn load(engine: &Engine) -> Self {
        let mut session = Session::new(engine);
        let (hubs, marks) = block_on(async {
            let options = (
                selectinload(Hub.leaves).selectinload(Leaf.bits),
                selectinload(Hub.leaves).selectinload(Leaf.marks),
            );
            let hubs = select(Hub).order_by(Hub.id).options(options.0).options(options.1);
            let marks = select(Mark).order_by(Mark.id).options(selectinload(Mark.leaves));
            let hubs = session.scalars(hubs).all().await.unwrap();
            (hubs, session.scalars(marks).all().await.unwrap())
        });
        block_on(session.commit()).unwrap();
        let leaves = hubs[0].leaves().iter().unwrap().collect();
        Self { session, hubs, leaves, bits: Vec::new(), marks }
    }

    /// Every kind of change: columns, new objects on three levels, a deletion with its cascade, a
    /// member that moves, associations that come and go.
    pub(super) fn change(&mut self) {
        self.hubs[0].borrow_mut().name = "changed".into();
        self.leaves[1].borrow_mut().n = 100;
        block_on(self.session.delete(&self.leaves[2])).unwrap();
        self.add();
    }

    fn add(&mut self) {
        self.leaves.truncate(3);
        self.bits.clear();
        self.hubs.truncate(2);
        let new = self.hubs[1].leaves().push(leaf(0, 7));
        self.bits.push(new.bits().push(bit(0)));
        new.marks().push(&self.marks[1]);
        self.leaves.push(new);
        self.hubs.push(self.session.add(tree(0, 1)));
        self.hubs[1].leaves().push(&self.leaves[1]);
        self.leaves[0].marks().remove(&self.marks[0]).unwrap();
        self.leaves[0].marks().push(&self.marks[1]);
    }

    /// States and columns alone: relationships of what is read again are not known.
    pub(super) fn values(&self) -> Vec<String> {
        let hubs = self.hubs.iter().map(|it| format!("{} {}", inspect(it).state, it.borrow().name));
        let leaves =
            self.leaves.iter().map(|it| format!("{} {}", inspect(it).state, it.borrow().n));
        hubs.chain(leaves).collect()
    }

    /// What a person sees of all objects, with keys by their place among those of their kind.
    pub(super) fn view(&self) -> Vec<String> {
        fn keys<'a, T: Mapped + 'a>(
            objects: &'a [Obj<T>],
            key: impl Fn(&T) -> Auto<i64> + 'a,
        ) -> Vec<i64> {
            let mut keys: Vec<_> =
                objects.iter().filter_map(|it| key(&it.borrow()).get().copied()).collect();
            keys.sort_unstable();
            keys
        }
        let (hubs, leaves) = (keys(&self.hubs, |it| it.id), keys(&self.leaves, |it| it.id));
        let bits = keys(&self.bits, |it| it.id);
        let key = |all: &[i64], key: Auto<i64>| key.get().map(|it| place(all, *it));
        let list = |it: aludel::Result<Vec<String>>| it.map_or("?".into(), |it| it.join(","));
        let mut view = Vec::new();
        for hub in &self.hubs {
            let leaves = hub.leaves().iter();
            let leaves = leaves.map(|it| it.map(|it| it.borrow().n.to_string()).collect());
            let (state, value) = (inspect(hub).state, hub.borrow());
            let id = key(&hubs, value.id);
            view.push(format!("{state} hub {id:?} {} [{}]", value.name, list(leaves)));
        }
        for leaf in &self.leaves {
            let marks = leaf.marks().iter();
            let marks = marks.map(|it| it.map(|it| it.borrow().name.clone()).collect());
            let hub = leaf.hub().get().map(|it| it.map(|it| key(&hubs, it.borrow().id)));
            let value = leaf.borrow();
            let (state, n, many) = (inspect(leaf).state, value.n, leaf.bits().len().ok());
            let (id, owner, marks) =
                (key(&leaves, value.id), key(&hubs, value.hub_id), list(marks));
            view.push(format!("{state} leaf {id:?} of {owner:?} {hub:?} {n} {many:?} [{marks}]"));
        }
        for bit in &self.bits {
            let (state, value) = (inspect(bit).state, bit.borrow());
            let (id, leaf) = (key(&bits, value.id), key(&leaves, value.leaf_id));
            view.push(format!("{state} bit {id:?} {leaf:?}"));
        }
        for mark in &self.marks {
            let leaves = mark.leaves().iter();
            let leaves = leaves.map(|it| it.map(|it| it.borrow().n.to_string()).collect());
            let (state, value) = (inspect(mark).state, mark.borrow());
            view.push(format!("{state} mark {} [{}]", value.name, list(leaves)));
        }
        view
    }
}

/// What there is before and after the work, in the session and in the data.
pub(super) struct Expected {
    pub(super) before: (Vec<String>, Vec<String>),
    pub(super) after: (Vec<String>, Vec<String>),
}

pub(super) fn expected(at: &Place) -> Expected {
    let data = Data::new(at);
    let engine = data.engine();
    let mut work = Work::load(&engine);
    work.change();
    block_on(work.session.rollback()).unwrap();
    let before = (work.view(), data.rows());
    let mut work = Work::load(&engine);
    work.change();
    block_on(work.session.commit()).unwrap();
    let after = (work.view(), data.rows());
    assert_ne!(before, after);
    Expected { before, after }
}

/// Whether the long forms run: `ALUDEL_LONG=1`.
pub(super) fn is_long() -> bool {
    std::env::var_os("ALUDEL_LONG").is_some_and(|it| it == "1")
}

/// Numbers that look random, from `ALUDEL_SEED` on.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new() -> Self {
        let seed = std::env::var("ALUDEL_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
        println!("ALUDEL_SEED={seed}");
        Self(seed)
    }

    /// A number from 0 up to a limit.
    pub(super) fn below(&mut self, limit: f64) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64 * limit
    }
}
