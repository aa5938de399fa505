//! Loads 100 authors with their 1,000 books and 10,000 chapters, and prints how many nanoseconds each load took.

use std::{error::Error, time::Instant};

use diesel::{connection::SimpleConnection, prelude::*};

diesel::table! {
    author (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    book (id) {
        id -> BigInt,
        author_id -> BigInt,
        title -> Text,
    }
}

diesel::table! {
    chapter (id) {
        id -> BigInt,
        book_id -> BigInt,
        title -> Text,
    }
}

#[derive(Queryable, Selectable, Identifiable)]
#[diesel(table_name = author)]
struct Author {
    id: i64,
    #[expect(dead_code)]
    name: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = book, belongs_to(Author))]
struct Book {
    id: i64,
    author_id: i64,
    #[expect(dead_code)]
    title: String,
}

#[derive(Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = chapter, belongs_to(Book))]
struct Chapter {
    id: i64,
    book_id: i64,
    #[expect(dead_code)]
    title: String,
}

type Family = (Author, Vec<(Book, Vec<Chapter>)>);

fn load(connection: &mut SqliteConnection) -> QueryResult<Vec<Family>> {
    let authors = author::table.select(Author::as_select()).load(connection)?;
    let books = Book::belonging_to(&authors).select(Book::as_select()).load(connection)?;
    let chapters = Chapter::belonging_to(&books).select(Chapter::as_select()).load(connection)?;
    let chapters = chapters.grouped_by(&books);
    let books: Vec<(Book, Vec<Chapter>)> = books.into_iter().zip(chapters).collect();
    let books = books.grouped_by(&authors);
    Ok(authors.into_iter().zip(books).collect())
}

fn main() -> Result<(), Box<dyn Error>> {
    let loads: usize = std::env::args().nth(1).ok_or("how many loads?")?.parse()?;
    let mut connection = SqliteConnection::establish(":memory:")?;
    connection.batch_execute(include_str!("../../families.sql"))?;
    for _ in 0..loads {
        let start = Instant::now();
        let authors = load(&mut connection)?;
        println!("{}", start.elapsed().as_nanos());
        let books = authors.iter().flat_map(|it| &it.1);
        let chapters: usize = books.map(|it| it.1.len()).sum();
        assert_eq!((authors.len(), chapters), (100, 10_000));
    }
    Ok(())
}
