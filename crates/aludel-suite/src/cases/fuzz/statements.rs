//! Statements of a random run, which meet objects that the session holds; and expressions as values.

use aludel::prelude::*;

use super::world::{World, pick};
use crate::{models::*, store::author};

impl World {
    /// An UPDATE of many rows, and how the session's objects follow.
    pub(super) fn update(&mut self, how: u8, key: i64) -> aludel::Result<()> {
        let sync = self.synchronize(how);
        let store = &mut self.store;
        let changed = match how % 7 {
            0 => store.execute(
                update(User)
                    .set(User.name, User.name + "!")
                    .filter(User.id.ge(key))
                    .synchronize_session(sync),
            ),
            1 => store.execute(
                update(Book)
                    .set(Book.pages, Book.pages + 1)
                    .filter(Book.pages.lt(key))
                    .synchronize_session(sync),
            ),
            2 => store.execute(
                update(Node)
                    .set(Node.parent_id, None)
                    .filter(Node.parent_id.eq(key))
                    .synchronize_session(sync),
            ),
            // Keys, which may be taken.
            3 => store.execute(
                update(Region)
                    .set(Region.code, Region.code + 1)
                    .filter(Region.code.eq(key))
                    .synchronize_session(sync),
            ),
            4 => store.execute(
                update(Author)
                    .set(Author.name, "of a row")
                    .filter(Author.books.any(Book.id.gt(key)))
                    .synchronize_session(sync),
            ),
            5 => store
                .execute(update(Author).rows([(Author.id.set(key), Author.name.set("by key"))])),
            // What a constraint refuses.
            _ => store.execute(
                update(Book).set(Book.pages, -1).filter(Book.id.eq(key)).synchronize_session(sync),
            ),
        };
        changed.map(drop)
    }

    /// A DELETE of many rows.
    pub(super) fn delete_rows(&mut self, how: u8, key: i64) -> aludel::Result<()> {
        let sync = self.synchronize(how);
        let store = &mut self.store;
        let deleted = match how % 5 {
            0 => store.execute(delete(Tag).filter(Tag.id.eq(key)).synchronize_session(sync)),
            1 => store
                .execute(delete(Address).filter(Address.user_id.eq(key)).synchronize_session(sync)),
            2 => store
                .execute(delete(Node).filter(Node.parent_id.is_null()).synchronize_session(sync)),
            3 => {
                store.execute(delete(Region).filter(Region.code.ge(key)).synchronize_session(sync))
            }
            _ => store.execute(delete(Article).synchronize_session(sync)),
        };
        deleted.map(drop)
    }

    /// Rows without objects, and rows that become objects.
    pub(super) fn insert_rows(&mut self, how: u8, key: i64) -> aludel::Result<()> {
        let rows =
            (0..how % 3).map(|it| Author { id: (key + i64::from(it)).into(), ..author("row") });
        if how.is_multiple_of(2) {
            return self.store.execute(insert(Author).objects(rows)).map(drop);
        }
        let made = self.store.execute(insert(Author).objects(rows).returning());
        self.authors.extend(made?);
        Ok(())
    }

    fn synchronize(&self, how: u8) -> Synchronize {
        let all = [Synchronize::Auto, Synchronize::Evaluate, Synchronize::Fetch, Synchronize::Off];
        all[usize::from(how / 8) % all.len()]
    }

    /// An expression as the value of an attribute: of an object in any state, and of its key.
    pub(super) fn assign(&mut self, what: u8, at: u8) -> aludel::Result<()> {
        let store = &mut self.store.session;
        match what % 6 {
            0 => pick(&self.users, at)
                .map_or(Ok(()), |it| store.set(&it, User.name, User.name + "?")),
            1 => pick(&self.books, at)
                .map_or(Ok(()), |it| store.set(&it, Book.pages, Book.pages + 1)),
            2 => pick(&self.regions, at)
                .map_or(Ok(()), |it| store.set(&it, Region.code, Region.code + 1)),
            3 => pick(&self.nodes, at).map_or(Ok(()), |it| store.set(&it, Node.parent_id, None)),
            4 => pick(&self.drafts, at).map_or(Ok(()), |it| {
                store.set(&it, versions::Draft.title, versions::Draft.title + "x")
            }),
            _ => pick(&self.books, at)
                .map_or(Ok(()), |it| store.set(&it, Book.author_id, Book.pages + 0)),
        }
    }

    /// A query that loads beside, one that is read in part, and one that is for one row.
    pub(super) fn look(&mut self, how: u8, key: i64) -> aludel::Result<()> {
        let store = &mut self.store;
        match how % 8 {
            0 => drop(store.scalars(select(User).options(selectinload(User.addresses))).all()?),
            1 => drop(store.scalars(select(User).options(joinedload(User.profile))).all()?),
            2 => drop(
                store
                    .scalars(select(Author).options(joinedload(Author.books)).populate_existing())
                    .all()?,
            ),
            3 => {
                let with = |it: aludel::Select<Obj<Node>>| it.options(selectinload(Node.children));
                self.nodes.extend(store.get_with(Node, key, with)?);
            }
            4 => {
                let mut rows = store.stream_scalars(&select(Tag))?;
                let first = rows.next().transpose()?;
                drop(rows);
                self.tags.extend(first);
            }
            5 => drop(store.scalars(select(Region).filter(Region.code.eq(key))).one()?),
            6 => drop(
                store.execute(select((Book, Author.optional())).outer_join(Book.author)).all()?,
            ),
            _ => drop(store.scalars(select(User).options(raiseload(User.addresses))).all()?),
        }
        Ok(())
    }
}
