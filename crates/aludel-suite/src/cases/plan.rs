//! The flush can be read before it runs.

use aludel::{FlushAction, FlushPlan, State, prelude::*};
use expect_test::expect;

use crate::{
    Case, Place, cases,
    models::*,
    neutral,
    store::{address, author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["plan":
    a_plan_is_what_a_flush_does,
    a_plan_of_a_tree,
];

/// A plan in the suite's spelling.
fn spelled(at: &Place, plan: &FlushPlan) -> FlushPlan {
    let mut plan = plan.clone();
    for step in &mut plan.steps {
        step.sql = neutral(at.dialect(), &[step.sql.to_string()]).remove(0).into();
    }
    plan
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

    // It changed nothing, and is the same again.
    assert_eq!(store.sent(), "");
    assert_eq!(store.flush_plan().unwrap(), plan);
    assert_eq!(inspect(&new).state, State::Pending);
    assert!(!inspect(&lost).marked_deleted);
    store.flush().unwrap();
    let sent = store.sent();
    let sent: Vec<&str> = sent
        .lines()
        .filter(|it| !it.starts_with("BEGIN"))
        .map(|it| it.split(" --").next().unwrap())
        .collect();
    let spelled = spelled(at, &plan);
    let planned: Vec<&str> = spelled.steps.iter().map(|it| &*it.sql).collect();
    assert_eq!(sent, planned);
    assert!(store.flush_plan().unwrap().is_empty());
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
