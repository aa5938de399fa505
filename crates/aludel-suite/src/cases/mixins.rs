//! Columns, relationships and constraints that come from mixins.

use aludel::{EntityConst, Error, Has, Integrity, Obj, Select, prelude::*};

use super::computed::sent;
use crate::{
    Case, Place, cases,
    models::mixins::*,
    store::{Store, user},
};

pub(super) const CASES: &[Case] = cases!["mixins":
    columns_are_in_the_order_of_the_fields,
    a_row_is_written_and_read,
    changes_are_tracked,
    relationships_are_the_entitys,
    constraints_are_the_tables,
    what_a_builder_was_not_given,
    an_alias_has_them,
    code_for_all_that_have_it,
    objects_are_merged_and_rolled_back,
    a_key_of_two_columns_of_mixins,
    values_are_checked_for_all_that_have_it,
];

fn post(title: &str) -> Obj<Post> {
    Obj::new(Post::builder().title(title))
}

/// One post with an author and two comments.
fn one_post(at: &Place) -> (Store, Obj<Post>) {
    let mut store = at.store();
    let post = store.add(
        Post::builder()
            .title("Mixins")
            .author(user("Ann"))
            .comments([Comment::builder().text("a"), Comment::builder().text("b")]),
    );
    store.save();
    (store, post)
}

// MAP-6, MAP-7: here, fields say in which order columns are.
fn columns_are_in_the_order_of_the_fields(at: &Place) {
    let store = at.store();
    let columns = |mapper: &aludel::Mapper| -> Vec<&str> {
        mapper.meta.columns.iter().map(|it| it.name).collect()
    };
    let own = ["id", "created_at", "changed_at"];
    assert_eq!(
        columns(inspect(Post)),
        [&own[..], &["body", "title", "stars", "author_id"]].concat()
    );
    assert_eq!(columns(inspect(Comment)), [&own[..], &["post_id", "text"]].concat());
    let metadata = MetaData::of((Post,));
    let table = metadata.table("blog_post").unwrap();
    assert_eq!((&*table.primary_key, table.autoincrement), (&["id".into()][..], true));
    let names: Vec<_> = table.indexes.iter().map(|it| it.name_in(table)).collect();
    assert_eq!(names, ["ix_blog_post_created_at", "ix_blog_post_title_body"]);
    drop(store);
}

// MAP-6
fn a_row_is_written_and_read(at: &Place) {
    let mut store = at.store();
    let written = store.add(post("Mixins"));
    store.flush().unwrap();
    let insert = "INSERT INTO blog_post (changed_at, body, title, stars, author_id)";
    assert!(sent(&store).contains(insert));
    store.commit().unwrap();
    let key = written.borrow().base.id.value().unwrap();
    drop(written);
    store.renew();
    let read = store.get_one(Post, key).unwrap();
    let read = read.borrow();
    assert!(read.base.times.created_at.get().is_some());
    assert_eq!(read.base.times.changed_at, None);
    assert_eq!((read.titled.title.as_str(), read.titled.rating), ("Mixins", 3));
}

// DEF-3
fn changes_are_tracked(at: &Place) {
    let (mut store, post) = one_post(at);
    post.borrow_mut().titled.rating = 5;
    assert!(store.is_modified(&post));
    store.flush().unwrap();
    assert_eq!(
        sent(&store).trim_start_matches("BEGIN\n"),
        "UPDATE blog_post SET changed_at = CURRENT_TIMESTAMP, stars = ? WHERE id = ?"
    );
    store.commit().unwrap();
    store.refresh(&post).unwrap();
    assert!(post.borrow().base.times.changed_at.is_some());
    store.set(&post, Post.titled.rating, Post.titled.rating + 1).unwrap();
    store.commit().unwrap();
    store.refresh(&post).unwrap();
    assert_eq!(post.borrow().titled.rating, 6);
}

// MAP-6
fn relationships_are_the_entitys(at: &Place) {
    let (mut store, post) = one_post(at);
    store.renew();
    drop(post);
    let stmt =
        select(Post).options(selectinload(Post.titled.author)).options(selectinload(Post.comments));
    let posts = store.scalars(stmt).all().unwrap();
    let author = posts[0].author().get().unwrap().unwrap();
    assert_eq!((author.borrow().name.as_str(), posts[0].comments().len().unwrap()), ("Ann", 2));
    posts[0].author().clear();
    store.commit().unwrap();
    assert_eq!(posts[0].borrow().titled.author_id, None);
    let stmt = select(Comment).join(Comment.post).filter(Post.titled.author.is_null());
    assert_eq!(store.scalars(stmt).all().unwrap().len(), 2);
}

// MAP-9
fn constraints_are_the_tables(at: &Place) {
    let (mut store, post) = one_post(at);
    let author = post.author().load(&mut store).unwrap().unwrap();
    let same = store.add(Post::builder().title("Mixins").author(&author));
    let Err(Error::Integrity(error)) = store.flush() else { panic!("two posts of one title") };
    assert_eq!(error.kind, Integrity::Unique);
    store.rollback().unwrap();
    drop(same);
    store.add(Post::builder().title("x"));
    let Err(Error::Integrity(error)) = store.flush() else { panic!("a short title") };
    assert_eq!(error.kind, Integrity::Check);
    store.rollback().unwrap();
}

// UOW-29: what nobody said of the new row stays as it was.
fn what_a_builder_was_not_given(at: &Place) {
    let (mut store, post) = one_post(at);
    let key = post.borrow().base.id.value().unwrap();
    post.borrow_mut().titled.rating = 1;
    store.save();
    let merged = store.merge(Post::builder().id(key).title("Other")).unwrap();
    assert!(merged.is(&post));
    assert_eq!((post.borrow().titled.rating, post.borrow().titled.title.as_str()), (1, "Other"));
    let merged = store.merge(Post::builder().id(key).title("Other").rating(2)).unwrap();
    assert_eq!(merged.borrow().titled.rating, 2);
}

fn an_alias_has_them(at: &Place) {
    let (mut store, _post) = one_post(at);
    store.add(Post::builder().title("Older").rating(1));
    store.save();
    let other = Post.aliased("other");
    let pairs: Vec<(String, String)> =
        store
            .execute(select((Post.titled.title, other.titled.title)).filter(
                Post.titled.rating.lt(other.titled.rating) & Post.base.id.ne(other.base.id),
            ))
            .all()
            .unwrap();
    assert_eq!(pairs, [("Older".into(), "Mixins".into())]);
}

/// The latest rows of any entity that knows when they were written.
fn latest<E: Has<Timestamps>>(entity: E) -> Select<Obj<E::Mapped>> {
    select(entity).order_by(entity.mixin().created_at.desc()).limit(10)
}

/// Whether any such object was changed.
fn is_changed<T: AsRef<Timestamps>>(value: &T) -> bool {
    value.as_ref().changed_at.is_some()
}

fn code_for_all_that_have_it(at: &Place) {
    let (mut store, post) = one_post(at);
    assert_eq!(store.scalars(latest(Post)).all().unwrap().len(), 1);
    assert_eq!(store.scalars(latest(Comment)).all().unwrap().len(), 2);
    assert!(!is_changed(&*post.borrow()));
    let base = <_ as Has<Identified>>::mixin(Comment.aliased("c"));
    let stmt = select(base.id).select_from(Comment.aliased("c"));
    assert_eq!(store.scalars(stmt).all().unwrap().len(), 2);
}

// TX-4, MRG-1
fn objects_are_merged_and_rolled_back(at: &Place) {
    let (mut store, post) = one_post(at);
    post.borrow_mut().titled.title = "Changed".into();
    store.flush().unwrap();
    store.rollback().unwrap();
    assert_eq!(post.borrow().titled.title, "Mixins");
    store.delete(&post).unwrap();
    let comments = post.comments().load(&mut store).unwrap();
    for comment in &comments {
        store.delete(comment).unwrap();
    }
    store.commit().unwrap();
    assert_eq!(store.number("SELECT count(*) FROM blog_post"), 0);
}

// FK-1
fn a_key_of_two_columns_of_mixins(at: &Place) {
    let mut store = at.store();
    let place = store.add(TenantSite::builder().tenant(7).code(1));
    let visit = Obj::new(TenantVisit::builder().tenant(0).site(0));
    visit.place().set(&place);
    store.add(&visit);
    store.save();
    assert_eq!((visit.borrow().tenancy.tenant, visit.borrow().site), (7, 1));
    store.renew();
    let found = store.get_one(TenantSite, (1, 7)).unwrap();
    let visits = select(TenantVisit).filter(TenantVisit.place.is(&found));
    assert_eq!(store.scalars(visits).all().unwrap().len(), 1);
}

/// A hook is the whole program's: it minds one title that no other case has.
fn check_titles<E: Has<Titled>>(entity: E) {
    entity.mixin().title.on_set(|title, _| match title.as_str() {
        "unspeakable" => Err("such a title isn't spoken".into()),
        _ => Ok(()),
    });
}

// MAP-6
fn values_are_checked_for_all_that_have_it(at: &Place) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| check_titles(Post));
    let (mut store, post) = one_post(at);
    post.borrow_mut().titled.title = "unspeakable".into();
    assert_eq!(post.borrow().titled.title, "Mixins");
    let error = store.commit().unwrap_err();
    assert!(error.to_string().contains("such a title isn't spoken"), "{error}");
    store.rollback().unwrap();
    store.add(Post::builder().title("unspeakable"));
    assert!(store.flush().is_err());
}
