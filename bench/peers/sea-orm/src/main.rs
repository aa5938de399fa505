//! Loads 100 authors with their 1,000 books and 10,000 chapters, and prints how many nanoseconds each load took.

use std::{error::Error, time::Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

mod author {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "author")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        #[sea_orm(has_many)]
        pub books: HasMany<super::book::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod book {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "book")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub author_id: i64,
        pub title: String,
        #[sea_orm(belongs_to, from = "author_id", to = "id")]
        pub author: HasOne<super::author::Entity>,
        #[sea_orm(has_many)]
        pub chapters: HasMany<super::chapter::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod chapter {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "chapter")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub book_id: i64,
        pub title: String,
        #[sea_orm(belongs_to, from = "book_id", to = "id")]
        pub book: HasOne<super::book::Entity>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let loads: usize = std::env::args().nth(1).ok_or("how many loads?")?.parse()?;
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let connection = Database::connect(options).await?;
    for statement in include_str!("../../families.sql").split_terminator(";\n") {
        connection.execute_unprepared(statement).await?;
    }
    for _ in 0..loads {
        let start = Instant::now();
        let with = (book::Entity, chapter::Entity);
        let authors = author::Entity::load().with(with).all(&connection).await?;
        println!("{}", start.elapsed().as_nanos());
        let books = authors.iter().flat_map(|it| it.books.iter());
        let chapters: usize = books.map(|it| it.chapters.iter().count()).sum();
        assert_eq!((authors.len(), chapters), (100, 10_000));
    }
    Ok(())
}
