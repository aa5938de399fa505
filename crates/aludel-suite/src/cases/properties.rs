//! Attributes that an expression stands for: read with the row, used in statements, never written.

use aludel::{Error, prelude::*};

use crate::{Case, Place, cases, models::properties::*, store::Store};

pub(super) const CASES: &[Case] = cases!["properties":
    read_with_the_row,
    in_statements,
    new_and_changed,
    never_written,
    on_demand,
    behind_relationships,
    of_an_alias,
    wrapped,
    inserted_past_the_session needs RETURNING,
    what_a_query_says,
];

fn writers(at: &Place) -> Store {
    let mut store = at.store();
    for (first, last, novels) in
        [("Jane", "Austen", vec!["Emma", "Persuasion"]), ("Ann", "Radcliffe", vec![])]
    {
        let novels = novels.into_iter().map(|it| Novel::builder().title(it));
        store.add(Writer::builder().first(first).last(last).novels(novels));
    }
    store.save();
    store.renew();
    store
}

// EXP-10
fn read_with_the_row(at: &Place) {
    let mut store = writers(at);
    let all = store.scalars(select(Writer).order_by(Writer.id)).all().unwrap();
    let sent = store.sent();
    assert!(
        sent.ends_with(
            ", writer.first, writer.last, coalesce((SELECT count(novel.id) FROM novel \
         WHERE novel.writer_id = writer.id), ?) FROM writer ORDER BY writer.id"
        ),
        "{sent}"
    );
    assert_eq!(all[0].borrow().name, "Jane Austen".to_owned());
    assert_eq!(all[0].borrow().novels_written, 2);
    assert_eq!(all[1].borrow().novels_written, 0);
    assert_eq!(all[1].borrow().last, "Radcliffe");
    store.renew();
    let jane = store.get_one(Writer, 1).unwrap();
    assert_eq!(jane.borrow().name, "Jane Austen".to_owned());
    store.run("UPDATE writer SET last = 'Bennet'");
    store.refresh(&jane).unwrap();
    assert_eq!(jane.borrow().name, "Jane Bennet".to_owned());
    assert_eq!(jane.borrow().novels_written, 2);
}

fn in_statements(at: &Place) {
    let mut store = writers(at);
    let found =
        store.scalars(select(Writer).filter(Writer.name.eq("Ann Radcliffe"))).one().unwrap();
    assert_eq!(found.borrow().id, 2);
    let query = select((Writer.name, Writer.novels_written)).order_by(Writer.novels_written.desc());
    let rows: Vec<(String, i64)> =
        store.execute(query.filter(Writer.novels_written.gt(0))).all().unwrap();
    assert_eq!(rows, [("Jane Austen".to_owned(), 2)]);
    let query = select(Writer)
        .order_by((Writer.novels_written, Writer.name))
        .filter(Writer.novels.any(Novel.small.eq("emma")));
    assert_eq!(store.scalars(query).one().unwrap().borrow().id, 1);
    let rows: Vec<(Option<i64>, String)> = store
        .execute(
            select((func::sum(Writer.novels_written), Writer.last))
                .group_by(Writer.last)
                .order_by(Writer.last),
        )
        .all()
        .unwrap();
    assert_eq!(rows[0], (Some(2), "Austen".to_owned()));
}

// EXP-10: expired by a flush, read when it is asked for.
fn new_and_changed(at: &Place) {
    let mut store = writers(at);
    let new = store.add(Writer::builder().first("Mary").last("Shelley"));
    assert!(new.borrow().name.is_unset());
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO writer (first, last) VALUES (?, ?)");
    assert!(new.borrow().name.is_unset());
    assert!(inspect(&new).expired);
    store.fresh(&new).unwrap();
    assert_eq!(new.borrow().name, "Mary Shelley".to_owned());
    assert_eq!(new.borrow().novels_written, 0);
    store.sent();
    new.borrow_mut().last = "Godwin".into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE writer SET last = ? WHERE id = ?");
    store.fresh(&new).unwrap();
    assert_eq!(new.borrow().name, "Mary Godwin".to_owned());
    store.rollback().unwrap();
    let jane = store.get_one(Writer, 1).unwrap();
    assert_eq!(jane.borrow().name, "Jane Austen".to_owned());
}

// EXP-10: read-only
fn never_written(at: &Place) {
    let mut store = writers(at);
    let jane = store.get_one(Writer, 1).unwrap();
    store.sent();
    jane.borrow_mut().name = "Somebody".to_owned().into();
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    let error = store.set(&jane, Writer.name, "x").unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Writer.name` is what an expression says of the row, and can't be set: set the columns that it is made \
         of"
    );
    let mut literal = Writer {
        id: Auto::UNSET,
        name: Auto::new("x".into()),
        first: "A".into(),
        last: "B".into(),
        novels_written: Auto::new(7),
        tenfold: 3.into(),
        score: Deferred::default(),
        novels: Many::new(),
    };
    literal.last = "C".into();
    store.add(literal);
    store.flush().unwrap();
    assert_eq!(store.sent().lines().last(), Some("INSERT INTO writer (first, last) VALUES (?, ?)"));
}

// LOAD-29
fn on_demand(at: &Place) {
    let mut store = writers(at);
    let all = store.scalars(select(Writer).order_by(Writer.id)).all().unwrap();
    assert_eq!(all[0].borrow().tenfold.get(), None);
    store.sent();
    assert_eq!(all[0].tenfold().load(&mut store.session).unwrap(), 10);
    assert_eq!(
        store.sent(),
        "SELECT writer.id, writer.id * ? FROM writer WHERE writer.id IN (?, ?)"
    );
    assert_eq!(all[1].borrow().tenfold, 20);
    store.renew();
    let one =
        store.scalars(select(Writer).options(undefer(Writer.tenfold)).limit(1)).one().unwrap();
    assert_eq!(one.borrow().tenfold, 10);
    assert!(matches!(one.score().load(&mut store.session), Err(Error::RaiseLoad(_))));
}

fn behind_relationships(at: &Place) {
    let mut store = writers(at);
    for option in [selectinload(Novel.writer), joinedload(Novel.writer), subqueryload(Novel.writer)]
    {
        let novels =
            store.scalars(select(Novel).order_by(Novel.small).options(option)).all().unwrap();
        assert_eq!(novels[1].borrow().small, "persuasion".to_owned());
        let jane = novels[0].writer().get().unwrap().unwrap();
        assert_eq!(jane.borrow().name, "Jane Austen".to_owned());
        assert_eq!(jane.borrow().novels_written, 2);
        store.renew();
    }
    let all = store.scalars(select(Writer).order_by(Writer.id)).all().unwrap();
    let novels = all[0].novels().load(&mut store.session).unwrap();
    assert_eq!(novels[0].borrow().small, "emma".to_owned());
    store.renew();
    let limited = selectinload(Writer.novels).order_by(Novel.small.desc()).limit(1);
    let all = store.scalars(select(Writer).order_by(Writer.id).options(limited)).all().unwrap();
    let novels: Vec<_> = all[0].novels().iter().unwrap().collect();
    assert_eq!(novels[0].borrow().small, "persuasion".to_owned());
}

fn of_an_alias(at: &Place) {
    let mut store = writers(at);
    let other = Writer.aliased("other");
    let query = select((Writer, other))
        .filter(Writer.id.eq(1) & other.novels_written.lt(Writer.novels_written));
    let (one, two) = store.execute(query).one().unwrap();
    assert_eq!(one.borrow().novels_written, 2);
    assert_eq!(two.borrow().novels_written, 0);
    assert_eq!(two.borrow().name, "Ann Radcliffe".to_owned());
}

// A query that stands in another.
fn wrapped(at: &Place) {
    let mut store = writers(at);
    let query = select(Writer).order_by((Writer.novels_written.desc(), Writer.name)).limit(2);
    let all = store.scalars(query.options(joinedload(Writer.novels))).all().unwrap();
    assert_eq!(all[0].borrow().name, "Jane Austen".to_owned());
    assert_eq!(all[1].borrow().novels_written, 0);
    assert_eq!(all[0].novels().len().unwrap(), 2);
}

fn inserted_past_the_session(at: &Place) {
    let mut store = at.store();
    let rows = ["a", "b"].map(|it| Novel::builder().title(it));
    let novels = store.execute(insert(Novel).objects(rows).returning()).unwrap();
    assert!(novels[1].borrow().small.is_unset());
    assert_eq!(novels[1].borrow().title, "b");
    store.refresh(&novels[1]).unwrap();
    assert_eq!(novels[1].borrow().small, "b".to_owned());
}

// `with_expression`
fn what_a_query_says(at: &Place) {
    let mut store = writers(at);
    let query = select(Writer).order_by(Writer.id);
    let scored = |by: i64| with_expression(Writer.score, Writer.novels_written * by);
    let all = store.scalars(query.clone().options(scored(3))).all().unwrap();
    assert_eq!(all[0].borrow().score, Some(6));
    assert_eq!(all[1].borrow().score, Some(0));
    assert_eq!(all[0].borrow().name, "Jane Austen".to_owned());
    // What nobody says isn't there, and what is there stays.
    store.scalars(query.clone()).all().unwrap();
    assert_eq!(all[0].borrow().score, Some(6));
    store.renew();
    let one = store.scalars(query.clone().limit(1)).one().unwrap();
    assert!(one.borrow().score.is_unset());
    // A later query fills it, and it is no change.
    store.scalars(query.clone().options(scored(1))).all().unwrap();
    assert_eq!(one.borrow().score, Some(2));
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "COMMIT");
    // Behind a relationship, the last word counts.
    store.renew();
    for option in [joinedload(Novel.writer), selectinload(Novel.writer), subqueryload(Novel.writer)]
    {
        let option =
            option.with_expression(Writer.score, 1).with_expression(Writer.score, Writer.id + 41);
        let novels = store.scalars(select(Novel).order_by(Novel.id).options(option)).all().unwrap();
        let jane = novels[0].writer().get().unwrap().unwrap();
        assert_eq!(jane.borrow().score, Some(42));
        store.renew();
    }
    let other = Writer.aliased("w");
    let query =
        select(other).filter(other.id.eq(2)).options(with_expression(Writer.score, Writer.id));
    assert_eq!(store.scalars(query).one().unwrap().borrow().score, Some(2));
    let error = store
        .scalars(select(Writer).options(with_expression(Writer.tenfold, 1)))
        .all()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Writer.tenfold` has an expression of its own: `with_expression` is for an attribute that is declared \
         with `#[column(query_expression)]`"
    );
}
