//! Loads 100 authors with their 1,000 books and 10,000 chapters, and prints how many nanoseconds each load took.

use std::{error::Error, time::Instant};

use aludel::{
    blocking::{Engine, Session},
    prelude::*,
};

#[derive(Mapped)]
#[table("author")]
pub struct Author {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
    #[relationship(back_populates = author)]
    pub books: Many<Book>,
}

#[derive(Mapped)]
#[table("book")]
pub struct Book {
    #[column(primary_key)]
    pub id: i64,
    #[column(foreign_key = Author.id)]
    pub author_id: Auto<i64>,
    pub title: String,
    #[relationship(back_populates = books)]
    pub author: One<Author>,
    #[relationship(back_populates = book)]
    pub chapters: Many<Chapter>,
}

#[derive(Mapped)]
#[table("chapter")]
pub struct Chapter {
    #[column(primary_key)]
    pub id: i64,
    #[column(foreign_key = Book.id)]
    pub book_id: Auto<i64>,
    pub title: String,
    #[relationship(back_populates = chapters)]
    pub book: One<Book>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let loads: usize = std::env::args().nth(1).ok_or("how many loads?")?.parse()?;
    let engine = Engine::new("sqlite::memory:")?;
    let mut connection = engine.connect()?;
    for statement in include_str!("../../families.sql").split_terminator(";\n") {
        connection.execute(text(statement))?;
    }
    connection.commit()?;
    drop(connection);
    for _ in 0..loads {
        let start = Instant::now();
        let mut session = Session::new(&engine);
        let with = selectinload(Author.books).selectinload(Book.chapters);
        let authors = session.scalars(select(Author).options(with)).all()?;
        println!("{}", start.elapsed().as_nanos());
        let mut chapters = 0;
        for author in &authors {
            for book in author.books().iter()? {
                chapters += book.chapters().len()?;
            }
        }
        assert_eq!((authors.len(), chapters), (100, 10_000));
    }
    Ok(())
}
