//! Lists whose members have a column with their place: `ordering_list`.

use aludel::{Obj, prelude::*};
use expect_test::expect;

use crate::{
    Case, Place, cases,
    models::numbered::{Bullet, Note, Slide},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["numbered":
    places_follow_the_order,
    only_what_moved_is_updated,
    the_other_side,
    what_is_not_loaded,
    without_another_side,
    a_rollback_puts_all_back,
    a_level_that_is_taken_back,
    what_is_borrowed_waits,
    gaps_are_closed,
    new_objects,
];

/// A slide with three bullets, loaded, and another without.
fn talk(at: &Place) -> (Store, Obj<Slide>, Obj<Slide>) {
    let mut store = at.store();
    let bullets = ["a", "b", "c"].map(|it| Bullet::builder().text(it));
    store.add(Slide::builder().name("one").bullets(bullets));
    store.add(Slide::builder().name("two"));
    store.save();
    store.renew();
    let slides = store.scalars(select(Slide).order_by(Slide.id)).all().unwrap();
    slides[0].bullets().load(&mut store).unwrap();
    store.sent();
    store.log_parameters();
    let [one, two] = <[Obj<Slide>; 2]>::try_from(slides).unwrap();
    (store, one, two)
}

/// The texts in order, each with its place.
fn order(slide: &Obj<Slide>) -> String {
    let bullets = slide.bullets().iter().unwrap();
    bullets.map(|it| format!("{}{} ", it.borrow().text, it.borrow().place)).collect()
}

fn of(slide: &Obj<Slide>, at: usize) -> Obj<Bullet> {
    slide.bullets().iter().unwrap().nth(at).unwrap()
}

fn places_follow_the_order(at: &Place) {
    let (_, one, _) = talk(at);
    assert_eq!(order(&one), "a1 b2 c3 ");
    one.bullets().insert(0, Bullet::builder().text("d")).unwrap();
    assert_eq!(order(&one), "d1 a2 b3 c4 ");
    one.bullets().push(Bullet::builder().text("e"));
    assert_eq!(order(&one), "d1 a2 b3 c4 e5 ");
    one.bullets().move_to(1, &of(&one, 4)).unwrap();
    assert_eq!(order(&one), "d1 e2 a3 b4 c5 ");
    one.bullets().remove(&of(&one, 0)).unwrap();
    assert_eq!(order(&one), "e1 a2 b3 c4 ");
    one.bullets().move_to(99, &of(&one, 0)).unwrap();
    assert_eq!(order(&one), "a1 b2 c3 e4 ");
    let turned: Vec<_> = one.bullets().iter().unwrap().rev().collect();
    one.bullets().set(turned);
    assert_eq!(order(&one), "e1 c2 b3 a4 ");
}

fn only_what_moved_is_updated(at: &Place) {
    let (mut store, one, _) = talk(at);
    one.bullets().move_to(1, &of(&one, 2)).unwrap();
    store.commit().unwrap();
    expect![[r#"
        UPDATE bullet SET place = ? WHERE id = ? -- (3, 2), (2, 3)
        COMMIT"#]]
    .assert_eq(&store.sent());
    one.bullets().remove(&of(&one, 1)).unwrap();
    one.bullets().push(Bullet::builder().text("d"));
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        UPDATE bullet SET place = ? WHERE id = ? -- (2, 2)
        INSERT INTO bullet (slide_id, place, text) VALUES (?, ?, ?) -- (1, 3, "d")
        DELETE FROM bullet WHERE id = ? -- (3)
        COMMIT"#]]
    .assert_eq(&store.sent());
    store.renew();
    let one = store.get_one(Slide, 1).unwrap();
    one.bullets().load(&mut store).unwrap();
    assert_eq!(order(&one), "a1 b2 d3 ");
}

fn the_other_side(at: &Place) {
    let (mut store, one, two) = talk(at);
    two.bullets().load(&mut store).unwrap();
    let a = of(&one, 0);
    a.slide().set(&two);
    assert_eq!((&*order(&one), &*order(&two)), ("b1 c2 ", "a1 "));
    of(&one, 0).slide().set(&two);
    assert_eq!((&*order(&one), &*order(&two)), ("c1 ", "a1 b2 "));
    one.bullets().push(&a);
    assert_eq!((&*order(&one), &*order(&two)), ("c1 a2 ", "b1 "));
    store.sent();
    store.commit().unwrap();
    expect![[r#"
        UPDATE bullet SET place = ? WHERE id = ? -- (2, 1)
        UPDATE bullet SET slide_id = ?, place = ? WHERE id = ? -- (2, 1, 2)
        UPDATE bullet SET place = ? WHERE id = ? -- (1, 3)
        COMMIT"#]]
    .assert_eq(&store.sent());
}

// REL-3
fn what_is_not_loaded(at: &Place) {
    let (mut store, one, _) = talk(at);
    let b = of(&one, 1);
    store.renew();
    let (one, two) = (store.get_one(Slide, 1).unwrap(), store.get_one(Slide, 2).unwrap());
    let b = store.get_one(Bullet, *b.borrow().id.get().unwrap()).unwrap();
    store.log_parameters();
    store.sent();
    two.bullets().push(&b);
    two.bullets().push(Bullet::builder().text("d"));
    one.bullets().push(Bullet::builder().text("e"));
    one.bullets().remove(&b).ok();
    assert!(one.bullets().insert(0, Bullet::builder().text("f")).is_err());
    assert_eq!(store.sent(), "");
    store.commit().unwrap();
    expect![[r#"
        SELECT bullet.id, bullet.slide_id, bullet.place, bullet.text FROM bullet WHERE bullet.slide_id IN (?, ?) ORDER BY bullet.place -- (2, 1)
        UPDATE bullet SET slide_id = ?, place = ? WHERE id = ? -- (2, 1, 2)
        UPDATE bullet SET place = ? WHERE id = ? -- (2, 3)
        INSERT INTO bullet (slide_id, place, text) VALUES (?, ?, ?) -- (2, 2, "d"), (1, 3, "e")
        COMMIT"#]].assert_eq(&store.sent());
    assert_eq!((&*order(&one), &*order(&two)), ("a1 c2 e3 ", "b1 d2 "));
}

fn without_another_side(at: &Place) {
    let mut store = at.store();
    let slide = store.add(Slide::builder().name("one"));
    let notes = ["a", "b", "c"].map(|it| slide.notes().push(Note::builder().text(it)));
    store.commit().unwrap();
    store.log_parameters();
    slide.notes().move_to(0, &notes[2]).unwrap();
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        UPDATE slide_note SET place = ? WHERE id = ? -- (1, 1), (2, 2), (0, 3)
        COMMIT"#]]
    .assert_eq(&store.sent());
    slide.notes().remove(&notes[2]).unwrap();
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        UPDATE slide_note SET place = ? WHERE id = ? -- (0, 1), (1, 2)
        UPDATE slide_note SET slide_id = ? WHERE id = ? -- (NULL, 3)
        COMMIT"#]]
    .assert_eq(&store.sent());
    assert_eq!([&notes[0], &notes[1]].map(|it| it.borrow().place), [Some(0), Some(1)]);
}

fn a_rollback_puts_all_back(at: &Place) {
    let (mut store, one, _) = talk(at);
    one.bullets().move_to(0, &of(&one, 2)).unwrap();
    one.bullets().remove(&of(&one, 1)).unwrap();
    one.bullets().insert(0, Bullet::builder().text("d")).unwrap();
    assert_eq!(order(&one), "d1 c2 b3 ");
    store.flush().unwrap();
    one.bullets().move_to(0, &of(&one, 2)).unwrap();
    assert_eq!(order(&one), "b1 d2 c3 ");
    store.rollback().unwrap();
    assert_eq!(order(&one), "a1 b2 c3 ");
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
}

fn a_level_that_is_taken_back(at: &Place) {
    let (mut store, one, two) = talk(at);
    one.bullets().move_to(0, &of(&one, 1)).unwrap();
    let level = store.begin_nested().unwrap();
    one.bullets().move_to(0, &of(&one, 2)).unwrap();
    two.bullets().push(&of(&one, 1));
    assert_eq!(order(&one), "c1 a2 ");
    store.flush().unwrap();
    one.bullets().insert(1, Bullet::builder().text("d")).unwrap();
    store.rollback_nested(level).unwrap();
    assert_eq!(order(&one), "b1 a2 c3 ");
    store.commit().unwrap();
    store.renew();
    let one = store.get_one(Slide, 1).unwrap();
    one.bullets().load(&mut store).unwrap();
    assert_eq!(order(&one), "b1 a2 c3 ");
}

fn what_is_borrowed_waits(at: &Place) {
    let (mut store, one, _) = talk(at);
    let b = of(&one, 1);
    let mut guard = b.borrow_mut();
    guard.text = "B".into();
    one.bullets().remove(&of(&one, 0)).unwrap();
    drop(guard);
    assert_eq!(b.borrow().place, 2);
    store.commit().unwrap();
    assert_eq!(order(&one), "B1 c2 ");
    expect![[r#"
        UPDATE bullet SET place = ?, text = ? WHERE id = ? -- (1, "B", 2)
        UPDATE bullet SET place = ? WHERE id = ? -- (2, 3)
        DELETE FROM bullet WHERE id = ? -- (1)
        COMMIT"#]]
    .assert_eq(&store.sent());
}

fn gaps_are_closed(at: &Place) {
    let (mut store, _, _) = talk(at);
    store.run("UPDATE bullet SET place = place * 10");
    store.save();
    store.renew();
    let one = store.get_one(Slide, 1).unwrap();
    one.bullets().load(&mut store).unwrap();
    assert_eq!(order(&one), "a10 b20 c30 ");
    one.bullets().push(Bullet::builder().text("d"));
    assert_eq!(order(&one), "a1 b2 c3 d4 ");
    store.commit().unwrap();
}

fn new_objects(at: &Place) {
    let slide = Obj::new(Slide::builder().name("one"));
    let a = slide.bullets().push(Bullet::builder().text("a"));
    slide.bullets().insert(0, Bullet::builder().text("b")).unwrap();
    assert_eq!(order(&slide), "b1 a2 ");
    let mut store = at.store();
    store.add(&slide);
    store.commit().unwrap();
    expect![[r#"
        BEGIN
        INSERT INTO slide (name) VALUES (?)
        INSERT INTO bullet (slide_id, place, text) VALUES (?, ?, ?) -- 2 rows
        COMMIT"#]]
    .assert_eq(&store.sent());
    assert_eq!(a.borrow().place, 2);
}
