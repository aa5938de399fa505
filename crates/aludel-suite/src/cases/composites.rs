//! Values that several columns hold.

use aludel::prelude::*;

use crate::{Case, Place, cases, models::composites::*, store::Store};

pub(super) const CASES: &[Case] = cases!["composites":
    read_and_written_as_one,
    changed_in_part,
    in_conditions,
    none_is_null_in_all,
    taken_back,
    expired_and_refreshed,
    merged_and_inserted,
    behind_a_relationship,
    as_they_are_declared,
];

fn point(x: i64, y: i64) -> Point {
    Point { x, y }
}

fn label(text: &str) -> Label {
    Label { text: text.into(), colour: None }
}

fn vertices(at: &Place) -> Store {
    let mut store = at.store();
    store.add(Vertex::builder().start(point(1, 2)).end(point(3, 4)).name("a").label(label("l")));
    store.add(
        Vertex::builder()
            .start(point(5, 6))
            .name("b")
            .label(Label { text: "m".into(), colour: Some("red".into()) }),
    );
    store.save();
    store.renew();
    store
}

const ROW: &str = "SELECT vertex.id, vertex.start_x, vertex.start_y, vertex.name, vertex.end_x, vertex.end_y, \
                   vertex.text, vertex.colour_name, vertex.next_id FROM vertex";

// EXP-9: read builds from columns, assignment writes all that differ.
fn read_and_written_as_one(at: &Place) {
    let mut store = vertices(at);
    let all = store.scalars(select(Vertex).order_by(Vertex.id)).all().unwrap();
    assert_eq!(store.sent(), format!("BEGIN\n{ROW} ORDER BY vertex.id"));
    assert_eq!(
        (all[0].borrow().start.clone(), all[0].borrow().end.clone()),
        (point(1, 2), Some(point(3, 4)))
    );
    assert_eq!((all[1].borrow().end.clone(), &*all[1].borrow().name), (None, "b"));
    assert_eq!(all[1].borrow().label, Label { text: "m".into(), colour: Some("red".into()) });
    store.log_parameters();
    all[0].borrow_mut().start = point(7, 8);
    store.flush().unwrap();
    assert_eq!(
        store.sent().lines().last(),
        Some("UPDATE vertex SET start_x = ?, start_y = ? WHERE id = ? -- (7, 8, 1)")
    );
    // To set what is there already is no change.
    all[0].borrow_mut().start = point(7, 8);
    store.flush().unwrap();
    assert_eq!(store.sent(), "");
    all[1].borrow_mut().end = Some(point(0, 0));
    all[1].borrow_mut().label = label("n");
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE vertex SET end_x = ?, end_y = ?, text = ?, colour_name = ? WHERE id = ? -- (0, 0, \"n\", NULL, 2)"
    );
    store.save();
    store.renew();
    assert_eq!(store.get_one(Vertex, 2).unwrap().borrow().end, Some(point(0, 0)));
}

// EXP-8: a part that was changed in place is noticed here.
fn changed_in_part(at: &Place) {
    let mut store = vertices(at);
    let vertex = store.get_one(Vertex, 1).unwrap();
    store.sent();
    vertex.borrow_mut().start.y = 9;
    if let Some(end) = &mut vertex.borrow_mut().end {
        end.x = 10;
    }
    store.flush().unwrap();
    assert_eq!(
        store.sent().lines().last(),
        Some("UPDATE vertex SET start_y = ?, end_x = ? WHERE id = ?")
    );
}

// EXP-9: column by column, and as a whole.
fn in_conditions(at: &Place) {
    let mut store = vertices(at);
    let mut found = |condition: aludel::Expr<bool>| {
        let all =
            store.scalars(select(Vertex).filter(condition).order_by(Vertex.id)).all().unwrap();
        let sent = store.sent();
        let sent = sent
            .lines()
            .last()
            .unwrap()
            .split(" WHERE ")
            .nth(1)
            .unwrap()
            .replace(" ORDER BY vertex.id", "");
        (all.iter().map(|it| *it.borrow().id.get().unwrap()).collect::<Vec<_>>(), sent)
    };
    assert_eq!(found(Vertex.start.x.gt(1)), (vec![2], "vertex.start_x > ?".into()));
    assert_eq!(
        found(Vertex.start.eq(point(1, 2))),
        (vec![1], "vertex.start_x = ? AND vertex.start_y = ?".into())
    );
    assert_eq!(
        found(Vertex.start.ne(point(1, 2))),
        (vec![2], "NOT (vertex.start_x = ? AND vertex.start_y = ?)".into())
    );
    assert_eq!(
        found(Vertex.end.eq(None)),
        (vec![2], "vertex.end_x IS NULL AND vertex.end_y IS NULL".into())
    );
    assert_eq!(found(Vertex.end.eq(point(3, 4))).0, [1]);
    assert_eq!(found(Vertex.start.in_([point(1, 2), point(5, 6)])).0, [1, 2]);
    assert_eq!(found(Vertex.start.in_([])).0, [0; 0]);
    assert_eq!(
        found(Vertex.label.eq(label("l"))),
        (vec![1], "vertex.text = ? AND vertex.colour_name IS NULL".into())
    );
    let rows: Vec<(i64, Option<i64>)> = store
        .execute(select((Vertex.start.x, Vertex.end.x)).order_by(Vertex.end.y.desc()))
        .all()
        .unwrap();
    assert!(rows.contains(&(1, Some(3))) && rows.contains(&(5, None)));
    let other = Vertex.aliased("other");
    let query = select(other).filter(other.start.eq(point(5, 6)));
    assert_eq!(store.scalars(query).one().unwrap().borrow().name, "b");
    store.execute(update(Vertex).values(Vertex.end.set(point(1, 1)))).unwrap();
    assert_eq!(store.number("SELECT count(*) FROM vertex WHERE end_x = 1 AND end_y = 1"), 2);
    store.execute(update(Vertex).values(Vertex.end.set(None))).unwrap();
    assert_eq!(store.number("SELECT count(*) FROM vertex WHERE end_x IS NULL"), 2);
}

// EXP-9: NULL in all columns is nothing.
fn none_is_null_in_all(at: &Place) {
    let mut store = vertices(at);
    let vertex = store.get_one(Vertex, 1).unwrap();
    vertex.borrow_mut().end = None;
    store.flush().unwrap();
    assert_eq!(
        store.number("SELECT count(*) FROM vertex WHERE end_x IS NULL AND end_y IS NULL"),
        2
    );
    store.save();
    store.renew();
    assert_eq!(store.get_one(Vertex, 1).unwrap().borrow().end, None);
    store.run("UPDATE vertex SET end_x = 1 WHERE id = 2");
    let error = store.get(Vertex, 2).unwrap_err().to_string();
    assert!(error.contains("end_y") && error.contains("Vertex"), "{error}");
}

// TX-9
fn taken_back(at: &Place) {
    let mut store = vertices(at);
    let vertex = store.get_one(Vertex, 1).unwrap();
    vertex.borrow_mut().end = None;
    vertex.borrow_mut().start = point(0, 0);
    store.flush().unwrap();
    vertex.borrow_mut().end = Some(point(9, 9));
    store.rollback().unwrap();
    assert_eq!(
        (vertex.borrow().start.clone(), vertex.borrow().end.clone()),
        (point(1, 2), Some(point(3, 4)))
    );
}

// EXP-9: by its columns.
fn expired_and_refreshed(at: &Place) {
    let mut store = vertices(at);
    let vertex = store.get_one(Vertex, 1).unwrap();
    store.run("UPDATE vertex SET start_x = 100, end_x = NULL, end_y = NULL, name = 'z'");
    store.refresh_attributes(&vertex, Vertex.end).unwrap();
    assert_eq!((vertex.borrow().start.x, vertex.borrow().end.clone()), (1, None));
    store.run("UPDATE vertex SET end_x = 7, end_y = 8");
    store.expire_attributes(&vertex, Vertex.end).unwrap();
    store.fresh(&vertex).unwrap();
    assert_eq!((vertex.borrow().end.clone(), &*vertex.borrow().name), (Some(point(7, 8)), "a"));
    store.refresh(&vertex).unwrap();
    assert_eq!((vertex.borrow().start.x, &*vertex.borrow().name), (100, "z"));
}

// MRG-3
fn merged_and_inserted(at: &Place) {
    let mut store = vertices(at);
    let copy = Vertex {
        id: Auto::new(1),
        start: point(1, 3),
        name: "a".into(),
        end: None,
        label: label("l"),
        next_id: None,
        next: One::new(),
    };
    let merged = store.merge(copy).unwrap();
    assert_eq!((merged.borrow().start.clone(), merged.borrow().end.clone()), (point(1, 3), None));
    store.sent();
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE vertex SET start_y = ?, end_x = ?, end_y = ? WHERE id = ?");
    let rows = [3, 4].map(|it| Vertex::builder().start(point(it, it)).name("n").label(label("x")));
    store.execute(insert(Vertex).objects(rows)).unwrap();
    assert_eq!(
        store.number("SELECT count(*) FROM vertex WHERE start_x = start_y AND end_x IS NULL"),
        2
    );
}

fn behind_a_relationship(at: &Place) {
    let mut store = vertices(at);
    store.run("UPDATE vertex SET next_id = 2 WHERE id = 1");
    store.save();
    for option in [joinedload(Vertex.next), selectinload(Vertex.next), subqueryload(Vertex.next)] {
        let query = select(Vertex).order_by(Vertex.id).limit(1).options(option);
        let vertex = store.scalars(query).one().unwrap();
        let next = vertex.next().get().unwrap().unwrap();
        assert_eq!((next.borrow().start.clone(), next.borrow().end.clone()), (point(5, 6), None));
        store.renew();
    }
}

fn as_they_are_declared(at: &Place) {
    let store = vertices(at);
    assert!(MetaData::of(Vertex).differences(&store.engine).unwrap().is_empty());
    let mapper = inspect(Vertex);
    let nullable =
        |name: &str| mapper.meta.columns.iter().find(|it| it.name == name).unwrap().nullable;
    assert!(
        !nullable("start_x") && nullable("end_y") && nullable("colour_name") && !nullable("text")
    );
}
