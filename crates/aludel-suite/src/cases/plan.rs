//! The flush can be read before it runs.

use aludel::{Error, FlushAction, FlushPlan, FlushStep, State, prelude::*};
use expect_test::expect;

use super::natural_keys::{distrust, trust};
use crate::{
    Case, Place, cases,
    models::{keys::*, *},
    neutral,
    store::{address, author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["plan":
    a_plan_is_what_a_flush_does,
    a_plan_of_each_kind_of_change,
    a_plan_of_a_tree,
    a_plan_of_who_stood_there,
    a_plan_of_what_follows_a_key,
    a_plan_that_would_be_refused,
    a_plan_of_two_objects_for_one_key,
];

/// A plan in the suite's spelling.
pub(super) fn spelled(at: &Place, plan: &FlushPlan) -> FlushPlan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.sql = neutral(at.dialect(), &[step.sql.to_string()]).remove(0).into();
    }
    plan
}

/// The lines of a log in which a plan is carried out.
pub(super) fn as_logged(plan: &FlushPlan) -> Vec<String> {
    let line = |it: &FlushStep| match it.rows {
        1 => it.sql.to_string(),
        rows => format!("{} -- {rows} rows", it.sql),
    };
    plan.steps.iter().map(line).collect()
}

fn a_plan_is_what_a_flush_does(at: &Place) {
    let mut store = at.store();
    let old = store.add(Author::builder().name("old").books([book("a"), book("b")]));
    let alice = store.add(User::builder().name("Alice").addresses([address("a"), address("b")]));
    store.save();
    let new = store.add(Author::builder().name("new"));
    let first = old.books().iter().unwrap().next().unwrap();
    new.books().push(&first);
    new.books().push(Book::builder().title("c").tags([tag("red")]));
    let lost = alice.addresses().iter().unwrap().next().unwrap();
    alice.addresses().remove(&lost).unwrap();
    old.borrow_mut().name = "older".into();
    store.delete(&old).unwrap();
    store.sent();

    let plan = store.flush_plan().unwrap();
    expect![[r#"
        flush
         1. INSERT author                1 row   INSERT INTO author (name) VALUES (?)
         1. INSERT tag                   1 row   INSERT INTO tag (name) VALUES (?)
         2. UPDATE book                  2 rows  UPDATE book SET author_id = ? WHERE id = ?
         2. INSERT book                  1 row   INSERT INTO book (title, pages, author_id) VALUES (?, ?, ?)
         3. LINK   book_tag              1 row   INSERT INTO book_tag (book_id, tag_id) VALUES (?, ?)
         4. DELETE address               1 row   DELETE FROM address WHERE id = ?
         5. DELETE author                1 row   DELETE FROM author WHERE id = ?
    "#]]
    .assert_eq(&format!("flush\n{}", spelled(at, &plan)));
    expect![[r#"
        flowchart LR
            s0["INSERT author<br/>1 row"]
            s1["INSERT tag<br/>1 row"]
            s2["UPDATE book<br/>2 rows"]
            s3["INSERT book<br/>1 row"]
            s4["LINK book_tag<br/>1 row"]
            s5["DELETE address<br/>1 row"]
            s6["DELETE author<br/>1 row"]
            s0 --> s2
            s0 --> s3
            s1 --> s4
            s2 --> s4
            s3 --> s4
            s0 --> s6
            s2 --> s6
            s3 --> s6
    "#]]
    .assert_eq(&plan.to_mermaid());
    assert_eq!(plan.steps[2].action, FlushAction::Update);
    assert_eq!(plan.edges()[..3], [(0, 2), (0, 3), (1, 4)]);

    // It changed nothing, and is the same again.
    assert_eq!(store.sent(), "");
    assert_eq!(store.flush_plan().unwrap(), plan);
    assert_eq!(inspect(&new).state, State::Pending);
    assert!(!inspect(&lost).marked_deleted);
    store.flush().unwrap();
    let sent = store.sent();
    let sent: Vec<&str> = sent.lines().filter(|it| !it.starts_with("BEGIN")).collect();
    assert_eq!(sent, as_logged(&spelled(at, &plan)));
    assert!(store.flush_plan().unwrap().is_empty());
}

// Whatever changed: keys set by hand, columns left to the database, moved members, 1,000 rows.
fn a_plan_of_each_kind_of_change(at: &Place) {
    let mut store = at.store();
    let old =
        store.add(Author::builder().name("old").books((0..50).map(|it| book(&it.to_string()))));
    let tags = store.add_all((0..5).map(|it| tag(&it.to_string())));
    let regions =
        store.add_all((0..3_i64).map(|it| Region::builder().country("DE").code(it).name("r")));
    let check = |store: &mut crate::store::Store| {
        store.sent();
        let plan = store.flush_plan().unwrap();
        let planned = as_logged(&spelled(at, &plan));
        assert_eq!(store.sent(), "");
        store.flush().unwrap();
        let sent = store.sent();
        let sent: Vec<&str> = sent.lines().filter(|it| !it.starts_with("BEGIN")).collect();
        assert_eq!(sent, planned);
        assert!(!planned.is_empty());
        plan.steps.iter().map(|it| it.rows).sum::<usize>()
    };
    assert_eq!(check(&mut store), 59);
    for book in old.books().iter().unwrap().take(20) {
        book.borrow_mut().pages = Some(7);
        book.tags().extend(&tags);
    }
    assert_eq!(check(&mut store), 120);
    store.add_all((0..1000).map(|it| user(&it.to_string())));
    store.add(Article::builder().title("by default"));
    store.add(Article::builder().title("given").rank(3).stock(4));
    store.add(Shelf::builder().volumes((0..3).map(|_| Volume::builder())));
    for region in &regions {
        region.sites().push(Site::builder());
    }
    store
        .add(Line::builder().number(1).text("x").book(old.books().iter().unwrap().next().unwrap()));
    assert!(check(&mut store) >= 1010);
    let last = old.books().iter().unwrap().last().unwrap();
    // What loads flushes: so that comes first.
    let first: Vec<_> = old.books().iter().unwrap().take(2).collect();
    for book in &first {
        assert_eq!(book.tags().load(&mut store.session).unwrap().len(), 5);
    }
    first.iter().for_each(|it| it.tags().set(&tags[..1]));
    store.delete(&last).unwrap();
    assert_eq!(check(&mut store), 9);
    store.rollback().unwrap();
}

fn a_plan_of_a_tree(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a"), node("b")]));
    root.children().iter().unwrap().next().unwrap().children().push(node("c"));
    expect![[r#"
        flush
         1. INSERT node                  1 row   INSERT INTO node (name, parent_id) VALUES (?, ?)
         2. INSERT node                  2 rows  INSERT INTO node (name, parent_id) VALUES (?, ?)
         3. INSERT node                  1 row   INSERT INTO node (name, parent_id) VALUES (?, ?)
    "#]]
    .assert_eq(&format!("flush\n{}", spelled(at, &store.flush_plan().unwrap())));
    store.rollback().unwrap();
    assert_eq!(store.flush_plan().unwrap().to_string(), "nothing to flush\n");
    let alice = store.add(user("Alice"));
    let _ = (alice, author("x"));
    store.commit().unwrap();
}

// REL-6: who stood there is asked first; what becomes of them the plan can't know.
fn a_plan_of_who_stood_there(at: &Place) {
    let mut store = at.store();
    let profile = |bio: &str| Profile::builder().bio(bio);
    for name in ["a", "b", "c"] {
        store.add(user(name)).profile().set(profile(name));
    }
    store.commit().unwrap();
    store.renew();
    let people = store.scalars(select(User).order_by(User.id)).all().unwrap();
    for it in &people[..2] {
        it.profile().set(profile("new"));
    }
    store.sent();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan, store.flush_plan().unwrap());
    assert_eq!(store.sent(), "");
    let FlushStep { action, entity, table, rows, sql, wave, .. } = &plan.steps[0];
    assert_eq!((*action, *entity, *table), (FlushAction::Load, "Profile", "profile"));
    assert_eq!((*rows, *wave, plan.steps[1].wave), (2, 1, 2));
    assert!(sql.starts_with("SELECT"), "{sql}");
    assert!(plan.to_string().starts_with(" 1. LOAD   profile"), "{plan}");
    let asked = neutral(at.dialect(), &[sql.to_string()]).remove(0);
    store.flush().unwrap();
    assert!(store.sent().contains(&asked), "{asked}");
    assert_eq!(store.number("SELECT count(*) FROM profile WHERE user_id IS NULL"), 2);
    assert!(store.flush_plan().unwrap().is_empty());
}

// FK-6: what follows a key by UPDATEs of its own is asked for first.
fn a_plan_of_what_follows_a_key(at: &Place) {
    let mut store = at.store();
    let ticker = store.add(Ticker::builder().code("A").trades([Trade::builder()]));
    ticker.funds().push(Fund::builder());
    store.save();
    store.renew();
    trust(&mut store);
    let ticker = store.get_one(Ticker, "A").unwrap();
    ticker.borrow_mut().code = "B".into();
    store.sent();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan, store.flush_plan().unwrap());
    assert_eq!(store.sent(), "");
    let loads: Vec<_> = plan.steps.iter().take_while(|it| it.action == FlushAction::Load).collect();
    let tables: Vec<_> = loads.iter().map(|it| (it.table, it.rows, it.wave)).collect();
    assert_eq!(tables, [("trade", 1, 1), ("fund", 1, 1)]);
    let asked: Vec<_> =
        loads.iter().map(|it| neutral(at.dialect(), &[it.sql.to_string()]).remove(0)).collect();
    let [.., last] = plan.steps.as_slice() else { panic!("{plan}") };
    assert_eq!((last.action, last.table, last.wave), (FlushAction::Update, "ticker", 2));
    store.flush().unwrap();
    let sent = store.sent();
    let (sent, written): (Vec<_>, Vec<_>) = sent.lines().partition(|it| it.starts_with("SELECT"));
    assert_eq!(sent, asked);
    assert_eq!(written.len(), 3, "the plan's one, and those of what was found");
    // What is loaded isn't asked for: the plan is all of it.
    ticker.borrow_mut().code = "C".into();
    let plan = store.flush_plan().unwrap();
    store.flush().unwrap();
    assert_eq!(store.sent().lines().collect::<Vec<_>>(), as_logged(&spelled(at, &plan)));
    assert_eq!(plan.steps.len(), 3, "{plan}");
    distrust(&mut store);
}

/// What went wrong before a flush is told by it, and by its plan.
fn a_plan_that_would_be_refused(at: &Place) {
    let mut store = at.store();
    let gone = store.add(user("a"));
    store.save();
    store.delete(&gone).unwrap();
    store.save();
    store.add(&gone);
    for _ in 0..2 {
        let error = store.flush_plan().unwrap_err();
        assert!(matches!(&error, Error::Deleted(it) if it.key == "1"), "{error}");
    }
    assert!(matches!(store.flush(), Err(Error::Deleted(_))));
}

// STATE-10: a detached object for whose key the session has another is refused by the flush, and by its plan.
fn a_plan_of_two_objects_for_one_key(at: &Place) {
    let mut store = at.store();
    let first = store.add(user("a"));
    store.save();
    store.expunge(&first).unwrap();
    let second = store.get_one(User, 1).unwrap();
    store.add(&first);
    store.sent();
    for _ in 0..2 {
        let error = store.flush_plan().unwrap_err();
        assert!(matches!(&error, Error::IdentityConflict(it) if it.key == "1"), "{error}");
    }
    assert_eq!(store.sent(), "");
    assert!(matches!(store.flush(), Err(Error::IdentityConflict(_))));
    store.rollback().unwrap();
    assert!(store.flush_plan().unwrap().is_empty());
    // Two that come in together.
    store.expunge(&second).unwrap();
    store.sent();
    store.add(&second);
    store.add(&first);
    assert!(matches!(store.flush_plan(), Err(Error::IdentityConflict(_))));
    store.rollback().unwrap();
    store.add(&second);
    second.borrow_mut().name = "b".into();
    assert_eq!(store.flush_plan().unwrap().steps.len(), 1);
    store.commit().unwrap();
}
