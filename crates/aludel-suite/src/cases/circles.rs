//! Rows that refer to each other: `post_update`, and what can't be put in order.

use aludel::{Error, Obj, prelude::*};

use crate::{
    Case, Place, cases,
    models::{keys::*, *},
    store::node,
};

pub(super) const CASES: &[Case] = cases!["circles":
    two_rows_that_refer_to_each_other,
    a_row_that_refers_to_itself,
    several_circles_at_once,
    what_is_there_is_said_at_once,
    a_circle_is_taken_back,
    deleting_a_circle,
    deleting_a_ring,
    deleted_circles_are_refused,
    a_deleted_chain,
    all_is_left_to_the_database,
    versions_are_counted,
];

fn maker(name: &str) -> Maker {
    Maker {
        id: Auto::UNSET,
        name: name.into(),
        best_id: None,
        first_id: None,
        best: One::new(),
        first: One::new(),
        gadgets: Many::new(),
    }
}

// UOW-24
fn two_rows_that_refer_to_each_other(at: &Place) {
    let mut store = at.store();
    let maker = store.add(maker("m"));
    let gadgets = [(); 2].map(|()| maker.gadgets().push(Gadget::builder()));
    maker.best().set(&gadgets[1]);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO maker (name, best_id, first_id) VALUES (?, ?, ?) -- (\"m\", NULL, NULL)\n\
         INSERT INTO gadget (maker_id) VALUES (?) -- (1), (1)\n\
         UPDATE maker SET best_id = ? WHERE id = ? -- (2, 1)"
    );
    assert_eq!(maker.borrow().best_id, Some(2));
    assert!(inspect(&maker).changes.is_empty());
    store.commit().unwrap();
    // Both keys of one row are one UPDATE.
    let other = maker.gadgets().push(Gadget::builder());
    let next = store.add(Maker::builder().name("n"));
    next.gadgets().push(Gadget::builder());
    let own = next.gadgets().iter().unwrap().next().unwrap();
    next.best().set(&other);
    next.first().set(&own);
    // One that is there waits for a new one as it does without.
    maker.best().set(&other);
    store.sent();
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO gadget (maker_id) VALUES (?) -- (1)\n\
         INSERT INTO maker (name, best_id, first_id) VALUES (?, ?, ?) -- (\"n\", NULL, NULL)\n\
         UPDATE maker SET best_id = ? WHERE id = ? -- (3, 1)\n\
         INSERT INTO gadget (maker_id) VALUES (?) -- (2)\n\
         UPDATE maker SET best_id = ?, first_id = ? WHERE id = ? -- (3, 4, 2)"
    );
}

// UOW-5, UOW-24
fn a_row_that_refers_to_itself(at: &Place) {
    let mut store = at.store();
    let ring = store.add(Ring::builder());
    ring.next().set(&ring);
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO ring (next_id) VALUES (?) -- (NULL)\n\
         UPDATE ring SET next_id = ? WHERE id = ? -- (1, 1)\nCOMMIT"
    );
    assert_eq!(ring.borrow().next_id, Some(1));
    // Not every database deletes a row that refers to itself.
    store.delete(&ring).unwrap();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE ring SET next_id = ? WHERE id = ? -- (NULL, 1)\n\
         DELETE FROM ring WHERE id = ? -- (1)\nCOMMIT"
    );
}

// UOW-24: whichever side says it, in one statement for all.
fn several_circles_at_once(at: &Place) {
    let mut store = at.store();
    let rings: Vec<_> = (0..6).map(|_| store.add(Ring::builder())).collect();
    for (at, ring) in rings.iter().enumerate() {
        // Two circles of three.
        let next = at / 3 * 3 + (at + 1) % 3;
        rings[next].before().push(ring);
    }
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO ring (next_id) VALUES (?) \
         -- (NULL), (NULL), (NULL), (NULL), (NULL), (NULL)\n\
         UPDATE ring SET next_id = ? WHERE id = ? \
         -- (2, 1), (3, 2), (1, 3), (5, 4), (6, 5), (4, 6)"
    );
    assert_eq!(rings[5].borrow().next_id, Some(4));
}

// UOW-24: a row that is there already needs no UPDATE of its own (the original sends one).
fn what_is_there_is_said_at_once(at: &Place) {
    let mut store = at.store();
    let old = store.add(Ring::builder());
    store.save();
    let new = store.add(Ring::builder());
    new.next().set(&old);
    store.log_parameters();
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nINSERT INTO ring (next_id) VALUES (?) -- (1)");
    old.next().set(&new);
    store.flush().unwrap();
    assert_eq!(store.sent(), "UPDATE ring SET next_id = ? WHERE id = ? -- (2, 1)");
    // The last word counts.
    let (third, fourth) = (store.add(Ring::builder()), store.add(Ring::builder()));
    third.next().set(&fourth);
    third.next().set(&old);
    fourth.next().set(&third);
    fourth.next().clear();
    store.flush().unwrap();
    assert_eq!(store.sent(), "INSERT INTO ring (next_id) VALUES (?) -- (1), (NULL)");
}

// UOW-24, TX-3
fn a_circle_is_taken_back(at: &Place) {
    let mut store = at.store();
    let maker = Obj::new(maker("m"));
    let gadget = maker.gadgets().push(Gadget::builder());
    maker.best().set(&gadget);
    store.add(&maker);
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!((maker.borrow().id, maker.borrow().best_id), (Auto::UNSET, None));
    store.add(&maker);
    store.commit().unwrap();
    let best = maker.borrow().best_id;
    assert_eq!(best, gadget.borrow().id.get().copied());
    assert_eq!(store.number("SELECT count(*) FROM maker WHERE best_id IS NOT NULL"), 1);
}

// UOW-24: before what is referred to goes, an UPDATE lets go of it.
fn deleting_a_circle(at: &Place) {
    let mut store = at.store();
    let new = store.add(maker("m"));
    let gadget = new.gadgets().push(Gadget::builder());
    new.best().set(&gadget);
    new.first().set(&gadget);
    store.save();
    store.renew();
    let maker = store.get_one(Maker, 1).unwrap();
    store.delete(&maker).unwrap();
    store.sent();
    store.log_parameters();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan.steps.len(), 3, "{plan}");
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE maker SET best_id = ?, first_id = ? WHERE id = ? -- (NULL, NULL, 1)\n\
         DELETE FROM gadget WHERE id = ? -- (1)\n\
         DELETE FROM maker WHERE id = ? -- (1)"
    );
    store.rollback().unwrap();
    assert_eq!(maker.borrow().best_id, Some(1));
    // What stays needs nothing.
    let gadget = store.get_one(Gadget, 1).unwrap();
    gadget.maker().clear();
    store.delete(&maker).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE gadget SET maker_id = ? WHERE id = ? -- (NULL, 1)\n\
         DELETE FROM maker WHERE id = ? -- (1)\nCOMMIT"
    );
}

// UOW-24, UOW-40: what the rows say counts, not what was written to the objects since.
fn deleting_a_ring(at: &Place) {
    let mut store = at.store();
    let rings: Vec<_> = (0..3).map(|_| store.add(Ring::builder())).collect();
    (0..3).for_each(|it| _ = rings[it].next().set(&rings[(it + 1) % 3]));
    store.save();
    for ring in &rings {
        store.delete(ring).unwrap();
        ring.borrow_mut().next_id = None;
    }
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE ring SET next_id = ? WHERE id = ? -- (NULL, 1), (NULL, 2), (NULL, 3)\n\
         DELETE FROM ring WHERE id = ? -- (1), (2), (3)\nCOMMIT"
    );
}

// UOW-5, ERR-7
fn deleted_circles_are_refused(at: &Place) {
    let mut store = at.store();
    let (hen, egg) = (store.add(Hen::builder()), store.add(Egg::builder()));
    hen.from().set(&egg);
    store.flush().unwrap();
    egg.hen().set(&hen);
    store.save();
    store.delete(&hen).unwrap();
    store.delete(&egg).unwrap();
    store.sent();
    let error = store.flush().unwrap_err();
    let Error::CircularDependency(path) = &error else { panic!("{error}") };
    assert!(["Hen → Egg → Hen", "Egg → Hen → Egg"].contains(&&**path), "{path}");
    assert!(error.to_string().contains("post_update"), "{error}");
    assert_eq!(store.sent(), "");
    // It goes one at a time.
    store.rollback().unwrap();
    hen.from().clear();
    store.delete(&egg).unwrap();
    store.delete(&hen).unwrap();
    assert!(matches!(store.flush(), Err(Error::CircularDependency(_))));
    store.rollback().unwrap();
    hen.from().clear();
    store.flush().unwrap();
    store.delete(&egg).unwrap();
    store.delete(&hen).unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM hen"), 0);
}

// UOW-4, UOW-40: the leaves first, by what the rows say.
fn a_deleted_chain(at: &Place) {
    let mut store = at.store();
    let nodes = store.add_all(["a", "b", "c", "d"].map(node));
    for (child, parent) in [(0, 2), (2, 1), (3, 1)] {
        nodes[child].parent().set(&nodes[parent]);
    }
    store.save();
    // What the cascades need is there: nothing is flushed for it.
    nodes.iter().for_each(|it| drop(it.children().load(&mut store.session).unwrap()));
    nodes[0].borrow_mut().parent_id = None;
    nodes[1].borrow_mut().parent_id = Some(1);
    nodes.iter().for_each(|it| store.delete(it).unwrap());
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "DELETE FROM node WHERE id = ? -- (3), (4)\n\
         DELETE FROM node WHERE id = ? -- (2)\n\
         DELETE FROM node WHERE id = ? -- (1)\nCOMMIT"
    );
}

// UOW-32
fn all_is_left_to_the_database(at: &Place) {
    let mut store = at.store();
    let archive = store.add(Archive::builder());
    let files = [(); 3].map(|()| archive.files().push(File::builder()));
    store.save();
    // Those that it lets go of stay as they are, too.
    archive.files().remove(&files[0]).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    store.delete(&archive).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM archive WHERE id = ?\nCOMMIT");
    assert_eq!(store.number("SELECT count(*) FROM file WHERE archive_id IS NULL"), 3);
    assert_eq!(files[1].borrow().archive_id, Some(1));
    // Nor is anything loaded.
    let archive = store.add(Archive::builder().files([File::builder()]));
    store.save();
    let id = archive.borrow().id.value().unwrap();
    store.renew();
    let archive = store.get_one(Archive, id).unwrap();
    store.sent();
    store.delete(&archive).unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "DELETE FROM archive WHERE id = ?\nCOMMIT");
}

// VER-1, VER-4, VER-10, UOW-29: each UPDATE asks for the version and makes the next.
fn versions_are_counted(at: &Place) {
    let mut store = at.store();
    let seal =
        |code: &str| Seal { code: code.into(), version: 0, next_code: None, next: One::new() };
    let [a, b] = ["a", "b"].map(|it| store.add(seal(it)));
    a.next().set(&b);
    b.next().set(&a);
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         INSERT INTO seal (code, version, next_code) VALUES (?, ?, ?) \
         -- (\"a\", 1, NULL), (\"b\", 1, NULL)\n\
         UPDATE seal SET version = ?, next_code = ? WHERE code = ? AND version = ? \
         -- (2, \"b\", \"a\", 1), (2, \"a\", \"b\", 1)\nCOMMIT"
    );
    assert_eq!((a.borrow().version, b.borrow().version), (2, 2));
    store.delete(&a).unwrap();
    let new = store.add(seal("a"));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE seal SET version = ?, next_code = ? WHERE code = ? AND version = ? \
         -- (3, NULL, \"a\", 2)"
    );
    assert_eq!(new.borrow().version, 3);
    new.next().set(&b);
    store.commit().unwrap();
    store.delete(&new).unwrap();
    store.delete(&b).unwrap();
    store.sent();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\n\
         UPDATE seal SET version = ?, next_code = ? WHERE code = ? AND version = ? \
         -- (5, NULL, \"a\", 4), (3, NULL, \"b\", 2)\n\
         DELETE FROM seal WHERE code = ? AND version = ? -- (\"a\", 5), (\"b\", 3)\nCOMMIT"
    );
}
