//! A session on an empty database, the statements that were sent, and objects to fill it with.
#![allow(clippy::unwrap_used, reason = "a case fails by panicking")]
#![allow(missing_docs, unreachable_pub, reason = "the objects of the cases speak for themselves")]

use std::ops::{Deref, DerefMut};

use aludel::{
    Auto, Many, Obj, One,
    blocking::{Engine, Session},
    text,
};

use crate::{
    models::{Address, Author, Book, Node, Tag, User},
    neutral,
};

/// A session on a database of its own, whose statements are logged.
pub struct Store {
    pub engine: Engine,
    pub session: Session,
}

impl Deref for Store {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Store {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

impl Store {
    /// On an engine; from now on its statements are logged.
    pub fn new(engine: Engine) -> Self {
        let session = Session::new(&engine);
        engine.log().start();
        Self { engine, session }
    }

    /// What was sent since the last call, one statement a line, in the suite's spelling.
    pub fn sent(&self) -> String {
        neutral(self.engine.dialect(), &self.engine.log().take()).join("\n")
    }

    /// From now on parameters are logged, too.
    pub fn log_parameters(&self) {
        self.engine.log().start_with_parameters();
    }

    /// Goes on with a fresh session: nothing is held of the old one.
    pub fn renew(&mut self) {
        self.session.rollback().unwrap();
        self.session = Session::new(&self.engine);
        self.sent();
    }

    /// The answer of hand-written SQL, through the session's own connection; not logged.
    pub fn number(&mut self, sql: &str) -> i64 {
        self.engine.log().stop();
        let rows: Vec<(i64,)> = self.session.execute(text(sql).rows()).all().unwrap();
        self.engine.log().start();
        rows[0].0
    }

    /// Executes hand-written SQL in the session's transaction; not logged.
    pub fn run(&mut self, sql: &str) {
        self.engine.log().stop();
        self.session.execute(text(sql)).unwrap();
        self.engine.log().start();
    }

    /// Commits what there is; not logged.
    pub fn save(&mut self) {
        self.session.commit().unwrap();
        self.sent();
    }
}

pub fn user(name: &str) -> User {
    User {
        id: Auto::UNSET,
        name: name.into(),
        email: None,
        addresses: Many::new(),
        profile: One::new(),
    }
}

pub fn address(mail: &str) -> Address {
    Address { id: Auto::UNSET, user_id: Auto::UNSET, mail: mail.into(), user: One::new() }
}

pub fn author(name: &str) -> Author {
    Author { id: Auto::UNSET, name: name.into(), books: Many::new() }
}

pub fn book(title: &str) -> Book {
    Book {
        id: Auto::UNSET,
        title: title.into(),
        pages: None,
        author_id: None,
        author: One::new(),
        tags: Many::new(),
    }
}

pub fn tag(name: &str) -> Tag {
    Tag { id: Auto::UNSET, name: name.into(), books: Many::new() }
}

pub fn node(name: &str) -> Node {
    Node {
        id: Auto::UNSET,
        name: name.into(),
        parent_id: None,
        parent: One::new(),
        children: Many::new(),
    }
}

/// The mails of a loaded collection, in order.
pub fn mails(user: &Obj<User>) -> Vec<String> {
    user.addresses().iter().unwrap().map(|it| it.borrow().mail.clone()).collect()
}

/// The titles of a loaded collection, in order.
pub fn titles(author: &Obj<Author>) -> Vec<String> {
    author.books().iter().unwrap().map(|it| it.borrow().title.clone()).collect()
}
