//! What relationships of rarer kinds say wrong: found at first use, each mistake with its cure.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(missing_docs, reason = "a test's models speak for themselves")]

use aludel::{Error, blocking::block_on, prelude::*, schema::MetaData};

#[derive(Mapped)]
#[table("garden")]
pub struct Garden {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    /// Nothing says what is written.
    #[relationship(primaryjoin = Tree.place.eq(Garden.name))]
    pub trees: Many<Tree>,
    /// The owner's row refers to one.
    #[relationship(primaryjoin = Tree.id.eq(Garden.oldest_id))]
    pub oldest: Many<Tree>,
    #[column(foreign_key = Tree.id)]
    pub oldest_id: Option<i64>,
    /// Another table.
    #[relationship(viewonly, primaryjoin = Tree.place.eq(Garden.name) & Bird.id.eq(Tree.id))]
    pub birds: Many<Tree>,
    /// Both hold keys.
    #[relationship(
        primaryjoin = Tree.id.eq(Garden.oldest_id) & Tree.garden_id.eq(Garden.id)
    )]
    pub both: One<Tree>,
    /// Which rows of the association belong to it is left open.
    #[relationship(secondary = Nest, primaryjoin = Nest.year.gt(2000))]
    pub nests: Many<Tree>,
    /// One of two, and no foreign key for the other.
    #[relationship(secondary = Nest, secondaryjoin = Nest.bird_id.eq(Bird.id))]
    pub guests: Many<Bird>,
}

#[derive(Mapped)]
#[table("tree")]
pub struct Tree {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub place: String,
    #[column(foreign_key = Garden.id, use_alter)]
    pub garden_id: Option<i64>,
    #[column(foreign_key = Tree.id)]
    pub parent_id: Option<i64>,
    /// Whose place?
    #[relationship(viewonly, primaryjoin = Tree.parent_id.eq(Tree.id) & Tree.place.eq("hill"))]
    pub on_hill: Many<Tree>,
    /// Rows of one table need both.
    #[relationship(viewonly, secondary = Nest, primaryjoin = Nest.tree_id.eq(Tree.id))]
    pub neighbours: Many<Tree>,
}

#[derive(Mapped)]
#[table("bird")]
pub struct Bird {
    #[column(primary_key)]
    pub id: Auto<i64>,
}

#[derive(Mapped)]
#[table("nest")]
pub struct Nest {
    #[column(primary_key, foreign_key = Tree.id)]
    pub tree_id: i64,
    #[column(primary_key)]
    pub bird_id: i64,
    pub year: i32,
}

#[derive(Mapped)]
#[table("shelf")]
pub struct Shelf {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(order_by = Volume.number.desc(), ordering_list)]
    pub volumes: Many<Volume>,
    #[relationship(viewonly, order_by = Volume.title)]
    pub titles: Many<Volume>,
}

#[derive(Mapped)]
#[table("volume")]
pub struct Volume {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub number: i32,
    pub title: String,
    #[column(foreign_key = Shelf.id)]
    pub shelf_id: Option<i64>,
}

#[test]
fn lists_without_a_column() {
    assert_eq!(
        problems("Shelf"),
        [
            "Shelf.volumes: `ordering_list` numbers the members of a one-to-many by an integer column of `Volume`, \
          which `order_by` names first: `order_by = Volume.position`"
        ]
    );
}

/// Its condition speaks of itself.
#[derive(Mapped)]
#[table("ring")]
pub struct Ring {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Ring.id)]
    pub next_id: Option<i64>,
    #[relationship(viewonly, primaryjoin = remote(Ring.next_id).eq(Ring.id) & Ring.links.exists())]
    pub links: Many<Ring>,
}

#[test]
fn a_condition_of_itself() {
    assert_eq!(
        problems("Ring"),
        ["Ring.links: its condition speaks of a relationship whose own condition leads back to it"]
    );
}

fn problems(entity: &str) -> Vec<String> {
    let error = Base::registry().configure().unwrap_err();
    let Error::Mapping(mistake) = error else { panic!("{error}") };
    let of = format!("{entity}.");
    mistake.problems.into_iter().filter(|it| it.starts_with(&of)).collect()
}

#[test]
fn conditions_that_do_not_say_enough() {
    assert_eq!(
        problems("Garden"),
        [
            "Garden.trees: no equality of its condition has a column that holds the other row's key, \
             so that nobody knows what to write: name it with `foreign_keys = [...]`, or add \
             `viewonly`; the condition links `Garden` and `Tree`",
            "Garden.oldest: it holds many, though its own row refers to one `Tree`: make it a `One`, \
             or add `viewonly`",
            "Garden.birds: its condition speaks of `bird.id`, which is neither of `Garden` nor of \
             `Tree`; other tables may stand in it within `exists(…)`",
            "Garden.both: columns of both `Garden` and `Tree` hold keys in its condition; say which \
             it goes by with `foreign_keys = [...]`",
            "Garden.nests: its conditions don't say which columns of `Nest` hold the keys of both \
             ends, so that nobody knows what to write: make them equalities, or add `viewonly`",
            "Garden.guests: no single foreign key of `Nest` refers to `Garden`: say with \
             `primaryjoin` how the two are linked",
        ]
    );
}

#[test]
fn conditions_within_one_table() {
    assert_eq!(
        problems("Tree"),
        [
            "Tree.on_hill: both rows have `place`: mark the columns of the row at the other end, as \
             `remote(Tree.place)`, and leave those of its own as they are",
            "Tree.neighbours: both ends are rows of `Tree`: say with `primaryjoin` how the \
             association is linked with the owner, and with `secondaryjoin` how with the member",
        ]
    );
}

#[derive(Mapped)]
#[table("basket")]
pub struct Basket {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(order_by = Slot.id, cascade(all, delete_orphan))]
    pub slots: ManySet<Slot>,
    #[relationship(passive_deletes)]
    pub bites: WriteOnly<Bite>,
}

#[derive(Mapped, Default)]
#[table("slot")]
pub struct Slot {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Basket.id)]
    pub basket_id: Auto<i64>,
    #[column(foreign_key = Fruit.id)]
    pub fruit_id: Auto<i64>,
    #[relationship]
    pub fruit: One<Fruit>,
}

#[derive(Mapped)]
#[table("fruit")]
pub struct Fruit {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
}

#[derive(Mapped)]
#[table("bite")]
pub struct Bite {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Basket.id, on_delete = cascade)]
    pub basket_id: Auto<i64>,
}

// LOAD-15, REL-14
#[test]
fn the_async_face() {
    fn send<T: Send>(it: T) -> T {
        it
    }
    block_on(async {
        let engine = Engine::new("sqlite::memory:").unwrap();
        MetaData::of((Basket, Slot, Fruit, Bite)).create_all(&engine).await.unwrap();
        let mut session = Session::new(&engine);
        let basket = session.add(Basket::builder().bites([Bite::builder()]));
        basket.slots().through(Slot.fruit).push(Fruit::builder().name("fig"));
        session.commit().await.unwrap();
        let mut session = Session::new(&engine);
        let basket = session.get_one(Basket, 1).await.unwrap();
        let fruits = send(basket.slots().through(Slot.fruit).load(&mut session)).await.unwrap();
        assert_eq!(fruits[0].borrow().name, "fig");
        assert_eq!(send(basket.slots().load(&mut session)).await.unwrap().len(), 1);
        let bites = send(session.scalars(basket.bites().select().unwrap()).all()).await.unwrap();
        assert_eq!(bites.len(), 1);
        send(session.execute(basket.bites().insert().unwrap())).await.unwrap();
        let gone = basket.bites().delete().unwrap().filter(Bite.id.eq(1));
        send(session.execute(gone)).await.unwrap();
        session.delete(&basket).await.unwrap();
        session.commit().await.unwrap();
        assert_eq!(session.scalar(select(func::count(Bite.id))).await.unwrap(), Some(0));
    });
}
