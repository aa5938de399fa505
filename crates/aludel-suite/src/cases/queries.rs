//! Queries through a session: joins along relationships, conditions over them, rows of every shape.

use aludel::prelude::*;

use crate::{
    Case, Place, cases,
    models::*,
    store::{Store, address, author, book, node, tag, user},
};

pub(super) const CASES: &[Case] = cases!["queries":
    joins_along_relationships,
    conditions_over_relationships,
    conditions_over_a_tree,
    lists_and_patterns,
    nulls,
    groups_and_limits,
    outer_joins,
    rows_into_structs,
    statements,
    objects_beside_values,
];

fn library(at: &Place) -> Store {
    let mut store = at.store();
    let (red, blue) = (store.add(tag("red")), store.add(tag("blue")));
    let a = store.add(Author::builder().name("Anna"));
    let b = store.add(Author::builder().name("Bert"));
    store.add(author("Carl"));
    for (owner, title, pages) in [(&a, "One", 10), (&a, "Two", 20), (&b, "Three", 30)] {
        let book = owner.books().push(Book::builder().title(title).pages(pages));
        book.tags().push(&red);
        if pages > 10 {
            book.tags().push(&blue);
        }
    }
    store.save();
    store.renew();
    store
}

fn joins_along_relationships(at: &Place) {
    let mut store = library(at);
    let rows: Vec<(String, String)> = store
        .execute(
            select((Author.name, Book.title))
                .join(Author.books)
                .order_by((Author.name, Book.id.desc())),
        )
        .all()
        .unwrap();
    assert_eq!(
        store.sent(),
        "BEGIN\nSELECT author.name, book.title FROM author JOIN book ON author.id = book.author_id \
         ORDER BY author.name, book.id DESC"
    );
    let rows: Vec<(&str, &str)> = rows.iter().map(|it| (&*it.0, &*it.1)).collect();
    assert_eq!(rows, [("Anna", "Two"), ("Anna", "One"), ("Bert", "Three")]);
    // Many-to-many, and on from there.
    let names: Vec<String> = store
        .scalars(
            select(Author.name)
                .distinct()
                .join(Author.books)
                .join(Book.tags)
                .filter(Tag.name.eq("blue"))
                .order_by(Author.name.desc()),
        )
        .all()
        .unwrap();
    assert_eq!(names, ["Bert", "Anna"]);
    // An alias of the target.
    let other = Book.aliased("other");
    let pairs: Vec<(String, String)> = store
        .execute(
            select((Book.title, other.title))
                .join(Book.author)
                .join(Author.books.of_type(other))
                .filter(Book.id.lt(other.id)),
        )
        .all()
        .unwrap();
    assert_eq!(pairs, [("One".to_owned(), "Two".to_owned())]);
}

fn conditions_over_relationships(at: &Place) {
    let mut store = library(at);
    let mut names = |condition: aludel::Expr<bool>| {
        store.scalars(select(Author.name).filter(condition).order_by(Author.id)).all().unwrap()
    };
    assert_eq!(names(Author.books.any(Book.pages.gt(15))), ["Anna", "Bert"]);
    assert_eq!(names(!Author.books.exists()), ["Carl"]);
    assert_eq!(names(Author.books.any(Book.tags.any(Tag.name.eq("blue")))), ["Anna", "Bert"]);
    assert_eq!(names(Author.books.any(!Book.tags.any(Tag.name.eq("blue")))), ["Anna"]);
    let anna = store.get_one(Author, 1).unwrap();
    let red = store.get_one(Tag, 1).unwrap();
    let one = store.get_one(Book, 1).unwrap();
    let mut titles = |condition: aludel::Expr<bool>| {
        store.scalars(select(Book.title).filter(condition).order_by(Book.id)).all().unwrap()
    };
    assert_eq!(titles(Book.author.has(Author.name.starts_with("B"))), ["Three"]);
    assert_eq!(titles(Book.author.is(&anna)), ["One", "Two"]);
    assert_eq!(titles(Book.tags.contains(&red)).len(), 3);
    let tags = store.scalars(select(Tag.name).filter(Tag.books.contains(&one))).all().unwrap();
    assert_eq!(tags, ["red"]);
    store.sent();
    store.scalars(select(Author).filter(Author.books.contains(&one))).one().unwrap();
    assert_eq!(
        store.sent(),
        "SELECT author.id, author.name FROM author WHERE EXISTS (SELECT 1 FROM book \
         WHERE author.id = book.author_id AND book.id = ?)"
    );
}

fn conditions_over_a_tree(at: &Place) {
    let mut store = at.store();
    let root = store.add(Node::builder().name("root").children([node("a"), node("b")]));
    let a = root.children().iter().unwrap().next().unwrap();
    a.children().push(node("leaf")).children().push(node("deep"));
    store.save();
    let mut names = |condition: aludel::Expr<bool>| {
        store.scalars(select(Node.name).filter(condition).order_by(Node.id)).all().unwrap()
    };
    assert_eq!(names(Node.children.any(Node.name.eq("b"))), ["root"]);
    assert_eq!(names(Node.children.any(Node.children.any(Node.name.eq("leaf")))), ["root"]);
    assert_eq!(
        names(Node.children.any(Node.children.any(Node.children.any(Node.name.eq("deep"))))),
        ["root"]
    );
    assert_eq!(names(Node.parent.has(Node.name.eq("root"))), ["a", "b"]);
    assert_eq!(names(Node.parent.has(Node.parent.has(Node.name.eq("root")))), ["leaf"]);
    assert_eq!(names(!Node.children.exists()), ["b", "deep"]);
    assert_eq!(names(Node.parent.is(&root)), ["a", "b"]);
    assert_eq!(names(Node.parent.is_null()), ["root"]);
    assert_eq!(names(Node.children.contains(&a)), ["root"]);
    let up = Node.aliased("up");
    let rows: Vec<(String, String)> = store
        .execute(
            select((Node.name, up.name)).join(Node.parent.of_type(up)).order_by(Node.id).limit(1),
        )
        .all()
        .unwrap();
    assert_eq!(rows, [("a".to_owned(), "root".to_owned())]);
}

fn lists_and_patterns(at: &Place) {
    let mut store = at.store();
    store.add_all(["100%", "100x", "a_b", "axb", "O'Brien", "Ä\u{1F600}"].map(author));
    store.save();
    let mut names = |condition: aludel::Expr<bool>| {
        store.scalars(select(Author.name).filter(condition).order_by(Author.id)).all().unwrap()
    };
    assert_eq!(names(Author.name.contains("0%")), ["100%"]);
    assert_eq!(names(Author.name.starts_with("a_")), ["a_b"]);
    assert_eq!(names(Author.name.like("a_b")), ["a_b", "axb"]);
    assert_eq!(names(Author.name.ends_with("\u{1F600}")), ["Ä\u{1F600}"]);
    assert_eq!(names(Author.name.eq("O'Brien")), ["O'Brien"]);
    assert_eq!(names(Author.id.in_([1, 3, 99])), ["100%", "a_b"]);
    assert!(names(Author.id.in_(Vec::<i64>::new())).is_empty());
    assert_eq!(names(Author.id.not_in(Vec::<i64>::new())).len(), 6);
    assert_eq!(names(Author.id.in_(select(Author.id).filter(Author.name.contains("x")))).len(), 2);
}

fn nulls(at: &Place) {
    let mut store = at.store();
    store.add(User::builder().name("a"));
    store.add(User::builder().name("b").email("b@x"));
    store.save();
    let mut names = |condition: aludel::Expr<bool>| {
        store.scalars(select(User.name).filter(condition)).all().unwrap()
    };
    assert_eq!(names(User.email.is_null()), ["a"]);
    assert_eq!(names(User.email.ne("x")), ["b"]);
    assert_eq!(names(User.email.is_distinct_from("b@x")), ["a"]);
    assert_eq!(names(User.email.eq(None::<String>)), ["a"]);
    let emails = store.scalars(select(User.email).order_by(User.email.nulls_last())).all().unwrap();
    assert_eq!(emails, [Some("b@x".to_owned()), None]);
}

fn groups_and_limits(at: &Place) {
    let mut store = library(at);
    let rows: Vec<(String, i64, Option<i64>)> = store
        .execute(
            select((Author.name, func::count(Book.id), func::sum(Book.pages)))
                .outer_join(Author.books)
                .group_by(Author.id)
                .order_by(func::count(Book.id).desc()),
        )
        .all()
        .unwrap();
    let rows: Vec<_> = rows.iter().map(|it| (&*it.0, it.1, it.2)).collect();
    assert_eq!(rows, [("Anna", 2, Some(30)), ("Bert", 1, Some(30)), ("Carl", 0, None)]);
    let names = store
        .scalars(
            select(Author.name)
                .join(Author.books)
                .group_by(Author.id)
                .having(func::count(Book.id).gt(1)),
        )
        .all()
        .unwrap();
    assert_eq!(names, ["Anna"]);
    let page = select(Book.title).order_by(Book.id).limit(1).offset(1);
    assert_eq!(store.scalars(page).all().unwrap(), ["Two"]);
    let longest = select(func::max(Book.pages));
    assert_eq!(store.scalar(longest).unwrap().flatten(), Some(30));
    let none = select(func::max(Book.pages)).filter(Book.id.gt(99));
    assert_eq!(store.scalar(none).unwrap(), Some(None));
    let exists = exists(&select(Book).filter(Book.author_id.eq(Author.id)));
    assert_eq!(store.scalars(select(Author).filter(exists)).all().unwrap().len(), 2);
}

// The nullable side of an outer join is said in the row.
fn outer_joins(at: &Place) {
    let mut store = library(at);
    let query =
        select((Author, Book.optional())).outer_join(Author.books).order_by((Author.id, Book.id));
    let rows = store.execute(&query).all().unwrap();
    assert_eq!(rows.len(), 4);
    assert!(rows[0].0.is(&rows[1].0));
    assert!(rows[3].1.is_none() && rows[2].1.is_some());
    store.sent();
    let error = store.execute(select((Author, Book)).outer_join(Author.books)).all().unwrap_err();
    assert!(error.to_string().contains("optional()"), "{error}");
    let error =
        store.execute(select(Book.title).select_from(Author).outer_join(Author.books)).all();
    assert!(error.unwrap_err().to_string().contains("optional()"));
    assert_eq!(store.sent(), "");
}

#[derive(Row, Debug, PartialEq)]
struct Line {
    name: String,
    books: i64,
    #[row(rename = "most")]
    pages: Option<i64>,
}

fn rows_into_structs(at: &Place) {
    let mut store = library(at);
    let query = select((
        Author.name,
        func::count(Book.id).label("books"),
        func::max(Book.pages).label("most"),
    ))
    .outer_join(Author.books)
    .group_by(Author.id)
    .order_by(Author.id)
    .rows_as::<Line>();
    let lines = store.execute(&query).all().unwrap();
    assert_eq!(lines[0], Line { name: "Anna".into(), books: 2, pages: Some(20) });
    assert_eq!(lines[2], Line { name: "Carl".into(), books: 0, pages: None });
    let query = text(
        "SELECT a.name, count(b.id) AS books, max(b.pages) AS most FROM author a \
         JOIN book b ON b.author_id = a.id WHERE a.name <> :name GROUP BY a.id ORDER BY a.id",
    );
    let lines = store.execute(query.bind("name", "Bert").rows::<Line>()).all().unwrap();
    assert_eq!(lines, [Line { name: "Anna".into(), books: 2, pages: Some(20) }]);
    let tuples: Vec<(i64, Option<String>)> =
        store.execute(text("SELECT id, NULL FROM author ORDER BY id").rows()).all().unwrap();
    assert_eq!(tuples[2], (3, None));
}

fn statements(at: &Place) {
    let mut store = at.store();
    let n = store
        .execute(insert(Author).values([Author.name.set("a")]).values([Author.name.set("b")]))
        .unwrap();
    assert_eq!(n, 2);
    let n =
        store.execute(update(Author).set(Author.name, "c").filter(Author.name.eq("b"))).unwrap();
    assert_eq!(n, 1);
    let n = store.execute(update(Author).set(Author.name, "d").filter(Author.id.gt(9))).unwrap();
    assert_eq!(n, 0);
    let n = store.execute(delete(Author).filter(Author.name.eq("a"))).unwrap();
    assert_eq!(n, 1);
    assert_eq!(store.sent().lines().next(), Some("BEGIN"));
    store.rollback().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM author"), 0);
}

fn objects_beside_values(at: &Place) {
    let mut store = library(at);
    let rows = store
        .execute(
            select((Author, Book.pages, Tag.name))
                .join(Author.books)
                .join(Book.tags)
                .order_by((Book.id, Tag.id)),
        )
        .all()
        .unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows[0].0.is(&rows[2].0));
    assert_eq!((rows[1].1, &*rows[2].2), (Some(20), "blue"));
    let users = store.scalars(select(User)).all().unwrap();
    assert!(users.is_empty());
    let _ = (address("x"), user("y"), book("z"));
}
