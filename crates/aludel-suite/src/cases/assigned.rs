//! Columns that `session.set` sets: to values, and to SQL expressions.

use aludel::{Error, Obj, State, func, prelude::*, sql_expr};

use super::computed::{counter, saved_counter};
use crate::{
    Case, Place, cases,
    models::{Article, computed::*, versions::Draft},
    store::{Store, user},
};

pub(super) const CASES: &[Case] = cases!["assigned":
    a_value_is_set,
    an_expression_in_an_update,
    expressions_in_one_batch,
    an_expression_in_an_insert,
    an_explicit_null,
    the_last_word_counts,
    an_expression_and_a_version,
    an_expression_of_a_row_that_is_gone,
    a_relationship_wins_over_an_expression,
    rollback_and_expiry_forget_expressions,
    a_plan_takes_nothing,
    an_expired_column_is_written_anyway,
    an_expired_column_is_set_and_read_again,
    what_cant_be_set,
];

fn saved_article(store: &mut Store) -> Obj<Article> {
    let new = store.add(Article::builder().title("t").stock(3).rank(2));
    store.save();
    store.log_parameters();
    new
}

// UOW-8
fn a_value_is_set(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.set(&article, Article.title, "u").unwrap();
    store.set(&article, Article.stock, 4).unwrap();
    store.set(&article, Article.rank, 2).unwrap();
    assert_eq!(article.borrow().title, "u");
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE article SET title = ?, stock = ? WHERE id = ? -- (\"u\", 4, 1)"
    );
    store.rollback().unwrap();
    assert_eq!((article.borrow().title.as_str(), article.borrow().stock), ("t", Some(3)));
    // An object of no session, and one that is new.
    let loose = Obj::new(Article::builder().title("x"));
    store.set(&loose, Article.title, "y").unwrap();
    store.set(&loose, Article.stock, None).unwrap();
    assert_eq!((loose.borrow().title.as_str(), loose.borrow().stock), ("y", None));
    store.add(&loose);
    store.set(&loose, Article.title, "z").unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM article WHERE title = 'z'"), 1);
}

// UOW-20
fn an_expression_in_an_update(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.run("UPDATE article SET stock = 10");
    store.log_parameters();
    store.set(&article, Article.stock, Article.stock + 5).unwrap();
    article.borrow_mut().title = "u".into();
    assert_eq!(article.borrow().stock, Some(3));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE article SET title = ?, stock = stock + ? WHERE id = ? -- (\"u\", 5, 1)"
    );
    // Nobody has read it: what is there is what was last known.
    assert!(inspect(&article).expired);
    assert_eq!(article.borrow().stock, Some(3));
    store.fresh(&article).unwrap();
    assert_eq!((article.borrow().stock, article.borrow().title.as_str()), (Some(15), "u"));
    store.commit().unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    assert_eq!(store.number("SELECT stock FROM article"), 15);
}

// UOW-20, UOW-17
fn expressions_in_one_batch(at: &Place) {
    let mut store = at.store();
    let articles = store.add_all((0..50).map(|it| Article {
        id: Auto::UNSET,
        title: it.to_string(),
        stock: Some(it),
        rank: Auto::new(it),
    }));
    store.save();
    for it in articles.iter().rev() {
        store.set(it, Article.stock, Article.stock + 1).unwrap();
    }
    store.set(&articles[9], Article.stock, Article.stock + 2).unwrap();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE article SET stock = stock + ? WHERE id = ? -- 9 rows\n\
         UPDATE article SET stock = stock + ? WHERE id = ?\n\
         UPDATE article SET stock = stock + ? WHERE id = ? -- 40 rows\nCOMMIT"
    );
    assert_eq!(store.number("SELECT count(*) FROM article WHERE stock = article.rank + 1"), 49);
}

// UOW-20, UOW-14
fn an_expression_in_an_insert(at: &Place) {
    let mut store = at.store();
    let (a, b) =
        (store.add(Article::builder().title("a")), store.add(Article::builder().title("b")));
    store.set(&a, Article.title, func::upper(sql_expr::<String>("'abc'"))).unwrap();
    store.set(&a, Article.rank, lit(40_i64) + 2).unwrap();
    store.commit().unwrap();
    assert_eq!((a.borrow().title.as_str(), a.borrow().rank), ("ABC", 42.into()));
    assert_eq!((b.borrow().title.as_str(), b.borrow().rank), ("b", 7.into()));
    assert_eq!((a.borrow().id, b.borrow().id), (1.into(), 2.into()));
    assert!(!inspect(&a).expired && inspect(&a).changes.is_empty());
    assert_eq!(store.number("SELECT article.rank FROM article WHERE title = 'ABC'"), 42);
    // An object that refers to it gets its key.
    let counter = store.add(counter("c"));
    counter.user().set(user("Alice"));
    store.set(&counter, Counter.visits, lit(1_i64) + 1).unwrap();
    store.commit().unwrap();
    assert_eq!((counter.borrow().user_id, counter.borrow().visits), (Some(1), 2));
}

// UOW-14: no value is the default; SQL's NULL is NULL.
fn an_explicit_null(at: &Place) {
    let mut store = at.store();
    let (a, b) =
        (store.add(Article::builder().title("a")), store.add(Article::builder().title("b")));
    store.set(&a, Article.stock, None).unwrap();
    store.set(&b, Article.stock, sql_expr::<Option<i64>>("NULL")).unwrap();
    store.commit().unwrap();
    assert_eq!((a.borrow().stock, b.borrow().stock), (Some(5), None));
    assert_eq!(store.number("SELECT count(*) FROM article WHERE stock IS NULL"), 1);
}

// UOW-20
fn the_last_word_counts(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    let plus = || Article.stock + 1;
    // A value behind an expression, by either way.
    store.set(&article, Article.stock, plus()).unwrap();
    store.set(&article, Article.stock, 20).unwrap();
    store.flush().unwrap();
    store.set(&article, Article.stock, plus()).unwrap();
    article.borrow_mut().stock = Some(30);
    store.flush().unwrap();
    // An expression behind a value, and behind another.
    article.borrow_mut().stock = Some(40);
    store.set(&article, Article.stock, plus()).unwrap();
    store.set(&article, Article.stock, Article.stock + 2).unwrap();
    assert_eq!(article.borrow().stock, Some(30));
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE article SET stock = ? WHERE id = ? -- (20, 1)\n\
         UPDATE article SET stock = ? WHERE id = ? -- (30, 1)\n\
         UPDATE article SET stock = stock + ? WHERE id = ? -- (2, 1)"
    );
}

// UOW-20, VER-1
fn an_expression_and_a_version(at: &Place) {
    let mut store = at.store();
    let draft = store.add(Draft::builder().title("T"));
    store.save();
    store.log_parameters();
    store.set(&draft, Draft.title, func::lower(Draft.title)).unwrap();
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE draft SET title = lower(title), version = ? WHERE id = ? AND version = ? \
         -- (2, 1, 1)"
    );
    assert_eq!(draft.borrow().version, 2);
    store.fresh(&draft).unwrap();
    assert_eq!((draft.borrow().title.as_str(), draft.borrow().version), ("t", 2));
    store.run("UPDATE draft SET version = 9");
    store.set(&draft, Draft.title, func::upper(Draft.title)).unwrap();
    let error = store.commit().unwrap_err();
    assert!(
        matches!(&error, Error::StaleData(it) if it.version.as_deref() == Some("2")),
        "{error}"
    );
}

// UOW-18
fn an_expression_of_a_row_that_is_gone(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.run("DELETE FROM article");
    store.set(&article, Article.stock, Article.stock + 1).unwrap();
    let error = store.flush().unwrap_err();
    assert!(matches!(&error, Error::StaleData(it) if it.key == "1"), "{error}");
}

// FK-3
fn a_relationship_wins_over_an_expression(at: &Place) {
    let mut store = at.store();
    let (one, two) = (saved_counter(&mut store), store.add(counter("b")));
    for it in [&one, &two] {
        store.set(it, Counter.user_id, sql_expr::<Option<i64>>("NULL")).unwrap();
        it.user().set(user("Alice"));
    }
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM counter WHERE user_id IS NULL"), 0);
    assert_eq!((one.borrow().user_id, two.borrow().user_id), (Some(1), Some(2)));
}

// UOW-20, TX-2, EXP-1, EXP-2
fn rollback_and_expiry_forget_expressions(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    let plus = || Article.stock + 1;
    store.set(&article, Article.stock, plus()).unwrap();
    store.rollback().unwrap();
    store.commit().unwrap();
    store.set(&article, Article.stock, plus()).unwrap();
    store.expire(&article).unwrap();
    store.commit().unwrap();
    store.refresh(&article).unwrap();
    store.set(&article, Article.stock, plus()).unwrap();
    store.set(&article, Article.title, "u").unwrap();
    store.expire_attributes(&article, Article.stock).unwrap();
    store.sent();
    store.commit().unwrap();
    assert_eq!(store.sent(), "UPDATE article SET title = ? WHERE id = ? -- (\"u\", 1)\nCOMMIT");
    // One that went through, in a transaction that doesn't.
    store.set(&article, Article.stock, plus()).unwrap();
    store.flush().unwrap();
    store.rollback().unwrap();
    store.fresh(&article).unwrap();
    assert_eq!(article.borrow().stock, Some(3));
    // A new object that is taken back is as it was.
    let new = store.add(Article::builder().title("n").stock(1));
    store.set(&new, Article.stock, lit(1_i64) + 1).unwrap();
    store.flush().unwrap();
    assert_eq!(new.borrow().stock, Some(2));
    store.rollback().unwrap();
    assert_eq!(inspect(&new).state, State::Transient);
    // One that left and came again.
    let new = store.add(Article::builder().title("n").stock(1));
    store.set(&new, Article.stock, lit(1_i64) + 1).unwrap();
    store.expunge(&new).unwrap();
    store.add(&new);
    store.commit().unwrap();
    assert_eq!(new.borrow().stock, Some(1));
    // One that is deleted before it is written.
    store.set(&article, Article.stock, plus()).unwrap();
    store.delete(&article).unwrap();
    store.log_parameters();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nDELETE FROM article WHERE id = ? -- (1)\nCOMMIT");
}

// UOW-20
fn a_plan_takes_nothing(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.set(&article, Article.stock, Article.stock + 1).unwrap();
    let new = store.add(Article::builder().title("n"));
    store.set(&new, Article.rank, lit(1_i64) + 1).unwrap();
    let plan = store.flush_plan().unwrap();
    assert_eq!(plan, store.flush_plan().unwrap());
    assert!(plan.to_string().contains("stock + "), "{plan}");
    store.commit().unwrap();
    assert_eq!(store.number("SELECT stock FROM article WHERE id = 1"), 4);
    assert_eq!(store.number("SELECT article.rank FROM article WHERE id = 2"), 2);
}

// UOW-9, EXP-5: nobody knows what is there, so what is set is written; and nothing is read.
fn an_expired_column_is_written_anyway(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.run("UPDATE article SET title = 'theirs', stock = 9");
    store.save();
    store.expire(&article).unwrap();
    store.log_parameters();
    store.set(&article, Article.title, "t").unwrap();
    store.commit().unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nUPDATE article SET title = ? WHERE id = ? -- (\"t\", 1)\nCOMMIT"
    );
    // Only one that is expired; and only once.
    store.refresh(&article).unwrap();
    store.commit().unwrap();
    store.sent();
    store.expire_attributes(&article, Article.stock).unwrap();
    store.set(&article, Article.title, "t").unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "");
    store.set(&article, Article.stock, 9).unwrap();
    store.commit().unwrap();
    store.commit().unwrap();
    assert_eq!(store.sent(), "BEGIN\nUPDATE article SET stock = ? WHERE id = ? -- (9, 1)\nCOMMIT");
}

// UOW-9, IDM-5: what was set stays set when the row is read, unless something else was set since.
fn an_expired_column_is_set_and_read_again(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    store.run("UPDATE article SET title = 'theirs', stock = 9");
    store.save();
    store.expire(&article).unwrap();
    store.set(&article, Article.title, "t").unwrap();
    let stmt = select(Article).autoflush(false);
    store.scalars(&stmt).all().unwrap();
    assert_eq!((article.borrow().title.as_str(), article.borrow().stock), ("t", Some(9)));
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM article WHERE title = 't'"), 1);
    store.expire(&article).unwrap();
    store.set(&article, Article.title, "t").unwrap();
    article.borrow_mut().title = "u".into();
    store.scalars(&stmt).all().unwrap();
    assert_eq!(article.borrow().title, "u");
    store.rollback().unwrap();
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM article WHERE title = 't'"), 1);
}

fn what_cant_be_set(at: &Place) {
    let mut store = at.store();
    let article = saved_article(&mut store);
    let draft = store.add(Draft::builder().title("t"));
    let loose = Obj::new(Article::builder().title("x"));
    let plus = || Article.stock + 1;
    assert!(matches!(store.set(&loose, Article.stock, plus()), Err(Error::Detached(_))));
    let error = store.set(&article, Article.id, Article.id + 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`id` tells Article 1 from others, so it can't be an SQL expression: set it to a value"
    );
    let error = store.set(&draft, Draft.version, Draft.version + 1).unwrap_err();
    assert!(matches!(error, Error::InvalidRequest(_)), "{error}");
    {
        let _guard = article.borrow();
        assert!(matches!(store.set(&article, Article.stock, 1), Err(Error::Borrowed(_))));
        assert!(matches!(store.set(&article, Article.stock, plus()), Err(Error::Borrowed(_))));
    }
    store.delete(&article).unwrap();
    store.flush().unwrap();
    assert!(matches!(store.set(&article, Article.stock, plus()), Err(Error::Deleted(_))));
}
