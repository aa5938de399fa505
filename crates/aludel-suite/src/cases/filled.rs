//! Rows that fill themselves in: by what else is known of them, and where statements change many.

use aludel::{Auto, Many, Obj, One, prelude::*};

use super::computed::{counter, sent};
use crate::{
    Case, Place, cases,
    models::{computed::*, filled::*},
    store::Store,
};

pub(super) const CASES: &[Case] = cases!["filled":
    defaults_see_their_row,
    a_key_made_of_its_row,
    rows_without_objects_see_theirs,
    expressions_in_rows_of_objects,
    statements_bring_more_along,
    statements_set_what_they_say,
    rows_by_key_bring_more_along,
    the_database_changes_what_statements_reach,
    values_changed_in_place,
    rows_of_links_have_defaults,
    rows_of_links_know_their_keys,
];

fn invoice(net: i64) -> Invoice {
    Invoice { id: Auto::UNSET, net, rate: 20, gross: Auto::UNSET, note: None, number: Auto::UNSET }
}

fn slug(text: &str) -> Auto<String> {
    Auto::new(text.to_owned())
}

type Row = (i64, i64, i64, Option<String>, i64);

fn invoices(store: &mut Store) -> Vec<Row> {
    let what = (Invoice.net, Invoice.rate, Invoice.gross, Invoice.note, Invoice.number);
    store.execute(select(what).order_by(Invoice.net)).all().unwrap()
}

// DEF-6
fn defaults_see_their_row(at: &Place) {
    let mut store = at.store();
    let given = Invoice { gross: 7.into(), ..invoice(300) };
    let told = Invoice { note: Some("told".into()), rate: 10, ..invoice(200) };
    let new = store.add_all([invoice(100), told, given]);
    store.commit().unwrap();
    // What is made is in the object, and what one makes the next sees.
    assert_eq!(new[0].borrow().gross, 120);
    assert_eq!(new[0].borrow().note.as_deref(), Some("120 in all"));
    let expected: [Row; 3] = [
        (100, 20, 120, Some("120 in all".into()), 42),
        (200, 10, 220, Some("told".into()), 42),
        (300, 20, 7, Some("7 in all".into()), 42),
    ];
    assert_eq!(invoices(&mut store), expected);
    // Once, for the INSERT: a change of the row is no reason.
    new[0].borrow_mut().net = 1;
    store.commit().unwrap();
    assert_eq!(new[0].borrow().gross, 120);
    // A rollback takes it back, and it is made anew.
    let again = store.add(Invoice::builder().net(10));
    store.flush().unwrap();
    assert_eq!(again.borrow().gross, 12);
    store.rollback().unwrap();
    assert!(again.borrow().gross.is_unset());
    again.borrow_mut().net = 20;
    store.add(&again);
    store.commit().unwrap();
    assert_eq!(again.borrow().gross, 24);
}

// DEF-6, FK-1
fn a_key_made_of_its_row(at: &Place) {
    let mut store = at.store();
    let post = store.add(
        Post::builder()
            .title("On Salt")
            .comments([Comment::builder().text("a"), Comment::builder().text("b")]),
    );
    store.commit().unwrap();
    assert_eq!(post.borrow().slug, slug("on-salt"));
    assert!(post.comments().iter().unwrap().all(|it| it.borrow().post_slug == slug("on-salt")));
    assert_eq!(store.number("SELECT count(*) FROM comment WHERE post_slug = 'on-salt'"), 2);
    assert!(store.get_one(Post, "on-salt").unwrap().is(&post));
    // A collection is set beside it; a literal says nothing of the key, either.
    let title = "On Sulphur".to_owned();
    let other = Post { slug: Auto::UNSET, title, comments: Many::new() };
    let other = store.add(other);
    store.flush().unwrap();
    assert_eq!(other.borrow().slug, slug("on-sulphur"));
    let text = "c".to_owned();
    let comment = Comment { id: Auto::UNSET, post_slug: Auto::UNSET, text, post: One::new() };
    other.comments().push(comment);
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM comment WHERE post_slug = 'on-sulphur'"), 1);
}

// DEF-6, DML-1
fn rows_without_objects_see_theirs(at: &Place) {
    let mut store = at.store();
    let told = Invoice { note: Some("told".into()), rate: 10, ..invoice(200) };
    store.execute(insert(Invoice).objects([invoice(100), told])).unwrap();
    let rows = insert(Invoice).row(Invoice.net.set(300)).row(Invoice.net.set(400));
    assert_eq!(store.execute(rows).unwrap(), 2);
    let row = (Invoice.net.set(500), Invoice.rate.set(0), Invoice.note.set("told"));
    store.execute(insert(Invoice).row(row)).unwrap();
    let expected: [Row; 5] = [
        (100, 20, 120, Some("120 in all".into()), 42),
        (200, 10, 220, Some("told".into()), 42),
        (300, 20, 360, Some("360 in all".into()), 42),
        (400, 20, 480, Some("480 in all".into()), 42),
        (500, 0, 500, Some("told".into()), 42),
    ];
    assert_eq!(invoices(&mut store), expected);
}

// DEF-4, DML-1, DML-2
fn expressions_in_rows_of_objects(at: &Place) {
    let mut store = at.store();
    store.log_parameters();
    let given = Counter { state: "given".to_owned().into(), ..counter("c") };
    let rows = [counter("a"), counter("b"), given];
    assert_eq!(store.execute(insert(Counter).objects(rows)).unwrap(), 3);
    assert_eq!(
        store.sent(),
        "BEGIN\nINSERT INTO counter (name, visits, note, state, changed_at, times, user_id) \
         VALUES (?, ?, ?, lower('NEW'), ?, ?, ?) \
         -- (\"a\", 1, NULL, NULL, NULL, NULL), (\"b\", 1, NULL, NULL, NULL, NULL)\n\
         INSERT INTO counter (name, visits, note, state, changed_at, times, user_id) \
         VALUES (?, ?, ?, ?, ?, ?, ?) -- (\"c\", 1, NULL, \"given\", NULL, NULL, NULL)"
    );
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE state = 'new'"), 2);
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE state = 'given'"), 1);
    if at.dialect().capability().dml.returning != aludel::dialect::Returning::None {
        let stmt = insert(Counter).objects([counter("d"), counter("e")]).returning();
        let new: Vec<Obj<Counter>> = store.execute(stmt).unwrap();
        assert!(new.iter().all(|it| it.borrow().state == slug("new") && it.borrow().visits == 1));
        // Values within expressions, too.
        let stmt = insert(Invoice).objects([invoice(100), invoice(200)]).returning();
        let new: Vec<Obj<Invoice>> = store.execute(stmt).unwrap();
        assert!(new.iter().all(|it| it.borrow().number == 42));
    }
}

// DML-13
fn statements_bring_more_along(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["a", "b"].map(|it| store.add(counter(it)));
    store.save();
    store.log_parameters();
    let stmt = update(Counter).set(Counter.name, "x").filter(Counter.id.eq(1));
    assert_eq!(store.execute(stmt).unwrap(), 1);
    assert_eq!(
        sent(&store),
        "BEGIN\nUPDATE counter SET name = ?, changed_at = CURRENT_TIMESTAMP, times = ? \
         WHERE id = ? -- (\"x\", 7, 1)"
    );
    // The program's value is known, the database's is not.
    assert_eq!((one.borrow().name.as_str(), one.borrow().times), ("x", Some(7)));
    let expired = inspect(&one).attribute("changed_at").unwrap().expired;
    assert!(expired && !inspect(&two).expired && two.borrow().times.is_none());
    store.fresh(&one).unwrap();
    assert!(one.borrow().changed_at.is_some());
    store.rollback().unwrap();
    assert_eq!((one.borrow().name.as_str(), one.borrow().times), ("a", None));
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE times IS NULL"), 2);
}

// DML-13
fn statements_set_what_they_say(at: &Place) {
    let mut store = at.store();
    store.add(counter("a"));
    store.save();
    store.log_parameters();
    let stmt = update(Counter).set(Counter.times, 1).set(Counter.changed_at, None);
    store.execute(stmt).unwrap();
    assert_eq!(sent(&store), "BEGIN\nUPDATE counter SET times = ?, changed_at = ? -- (1, NULL)");
    // One that sets nothing is refused as before.
    assert!(store.execute(update(Counter)).unwrap_err().to_string().contains("sets nothing"));
}

// DML-13, DML-4
fn rows_by_key_bring_more_along(at: &Place) {
    let mut store = at.store();
    let [one, two, three] = ["a", "b", "c"].map(|it| store.add(counter(it)));
    store.save();
    let row = |id: i64| (Counter.id.set(id), Counter.visits.set(id * 10));
    assert_eq!(store.execute(update(Counter).rows([row(1), row(2)])).unwrap(), 2);
    let given = (Counter.id.set(3), Counter.times.set(1), Counter.changed_at.set(None));
    store.execute(update(Counter).rows([given])).unwrap();
    assert_eq!(
        sent(&store),
        "BEGIN\nUPDATE counter SET visits = ?, times = ?, changed_at = CURRENT_TIMESTAMP \
         WHERE id = ? -- 2 rows\nUPDATE counter SET changed_at = ?, times = ? WHERE id = ?"
    );
    assert_eq!((one.borrow().visits, one.borrow().times), (10, Some(7)));
    assert_eq!((two.borrow().visits, two.borrow().times), (20, Some(7)));
    assert!(inspect(&one).expired && inspect(&two).expired && !inspect(&three).expired);
    assert_eq!(three.borrow().times, Some(1));
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE changed_at IS NOT NULL"), 2);
    store.fresh(&one).unwrap();
    assert!(one.borrow().changed_at.is_some());
}

// DML-10, DEF-1
fn the_database_changes_what_statements_reach(at: &Place) {
    let mut store = at.store();
    let [one, two] = ["a", "b"].map(|it| store.add(Watched::builder().name(it)));
    store.save();
    store.execute(update(Watched).set(Watched.name, "x").filter(Watched.id.eq(1))).unwrap();
    assert!(inspect(&one).attribute("writes").unwrap().expired && !inspect(&two).expired);
    store.execute(update(Watched).rows([(Watched.id.set(2), Watched.name.set("y"))])).unwrap();
    assert!(inspect(&two).attribute("writes").unwrap().expired);
    store.run("UPDATE watched SET writes = 9");
    store.fresh(&two).unwrap();
    assert_eq!((two.borrow().name.as_str(), two.borrow().writes), ("y", 9.into()));
}

// EXP-8: `borrow_mut` tracks values of every type, so what is changed within them is found.
fn values_changed_in_place(at: &Place) {
    let mut store = at.store();
    let sleeve = store.add(Sleeve::builder().title("t").cover(vec![1, 2]).back(vec![3]));
    store.save();
    {
        let mut sleeve = sleeve.borrow_mut();
        sleeve.cover.push(3);
        sleeve.back.as_mut().unwrap().clear();
    }
    assert!(inspect(&sleeve).is_modified());
    store.flush().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE sleeve SET cover = ?, back = ? WHERE id = ?");
    store.rollback().unwrap();
    assert_eq!(
        (sleeve.borrow().cover.as_slice(), sleeve.borrow().back.as_deref()),
        (&[1, 2][..], Some(&[3][..]))
    );
    // There and back again is no change.
    sleeve.borrow_mut().cover.push(3);
    sleeve.borrow_mut().cover.pop();
    sleeve.borrow_mut().title.push('!');
    store.commit().unwrap();
    let sent = store.sent();
    assert!(sent.ends_with("UPDATE sleeve SET title = ? WHERE id = ?\nCOMMIT"), "{sent}");
}

// DEF-3, DEF-4, DEF-6, UOW-25
fn rows_of_links_have_defaults(at: &Place) {
    let mut store = at.store();
    let herbs = store.add_all([(), ()].map(|()| Herb::builder()));
    let recipe = store.add(Recipe::builder());
    recipe.herbs().extend(herbs.clone());
    store.log_parameters();
    store.commit().unwrap();
    let insert = "INSERT INTO recipe_herb (herb_id, recipe_id, grams, twice, number) VALUES (?, ?, ?, ?, 40 + ";
    let sent = store.sent();
    assert!(sent.contains(insert), "{sent}");
    let what = (RecipeHerb.herb_id, RecipeHerb.grams, RecipeHerb.number, RecipeHerb.twice);
    let rows = store.execute(select(what).order_by(RecipeHerb.herb_id)).all().unwrap();
    assert_eq!(rows, [(1, 5, 42, Some(10)), (2, 5, 42, Some(10))]);
    // One that goes is known by its keys.
    recipe.herbs().remove(&herbs[0]).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert!(store.sent().contains("DELETE FROM recipe_herb WHERE herb_id = ? AND recipe_id = ?"));
}

// DEF-6
fn rows_of_links_know_their_keys(at: &Place) {
    let mut store = at.store();
    let recipe = store.add(Recipe::builder());
    let herbs = store.add_all([(), ()].map(|()| Herb::builder()));
    store.commit().unwrap();
    recipe.garnishes().extend(herbs);
    store.commit().unwrap();
    let places = store.scalars(select(Garnish.place).order_by(Garnish.place)).all().unwrap();
    assert_eq!(places, [101, 102]);
    recipe.garnishes().push(Herb::builder());
    let error = store.commit().unwrap_err().to_string();
    assert!(error.contains("the default of Garnish.place depends on a key"), "{error}");
    assert!(error.contains("flush both ends before they are linked"), "{error}");
    store.rollback().unwrap();
}
