//! Entities that fill themselves in by what else is known of the row.

use aludel::{prelude::*, sql_expr};

use super::Suite;

/// Its defaults depend on each other, in order.
#[derive(Mapped, Debug)]
#[table("invoice", base = Suite)]
pub struct Invoice {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub net: i64,
    #[column(default = 20)]
    pub rate: i64,
    #[column(default = |row| {
        let (net, rate) = (row.get(Invoice.net), row.get(Invoice.rate));
        net.zip(rate).map_or(0, |(net, rate)| net * (100 + rate) / 100)
    })]
    pub gross: Auto<i64>,
    #[column(default = |row| row.get(Invoice.gross).map(|it| format!("{it} in all")), length = 40)]
    pub note: Option<String>,
    #[column(default = sql_expr::<i64>("40") + 2)]
    pub number: Auto<i64>,
}

/// Known by what its title makes of it.
#[derive(Mapped, Debug)]
#[table("post", base = Suite)]
pub struct Post {
    #[column(primary_key, length = 40,
        default = |row| row.get(Post.title).unwrap_or_default().to_lowercase().replace(' ', "-"))]
    pub slug: Auto<String>,
    #[column(length = 40)]
    pub title: String,
    #[relationship(back_populates = post, order_by = Comment.id)]
    pub comments: Many<Comment>,
}

#[derive(Mapped, Debug)]
#[table("comment", base = Suite)]
pub struct Comment {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Post.slug, length = 40)]
    pub post_slug: Auto<String>,
    pub text: String,
    #[relationship(back_populates = comments)]
    pub post: One<Post>,
}

#[derive(Mapped, Debug)]
#[table("drive", base = Suite)]
pub struct Drive {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = drive, order_by = Directory.path)]
    pub entries: Many<Directory>,
}

/// Known by its way: from the folder or the drive that it is in.
#[derive(Mapped, Debug)]
#[table("directory", base = Suite)]
pub struct Directory {
    #[column(primary_key, length = 40, default = |row| {
        let within = row.get(Directory.within).or_else(|| Some(format!("{}:", row.get(Directory.drive_id)?)));
        format!("{}/{}", within.unwrap_or_default(), row.get(Directory.name).unwrap_or_default())
    })]
    pub path: Auto<String>,
    #[column(length = 40)]
    pub name: String,
    #[column(foreign_key = Drive.id)]
    pub drive_id: Option<i64>,
    #[column(foreign_key = Directory.path, length = 40)]
    pub within: Option<String>,
    /// Made of the default in front of it.
    #[column(default = |row| row.get(Directory.path).map(|it| it.len() as i64))]
    pub width: Option<i64>,
    #[relationship(back_populates = entries)]
    pub drive: One<Drive>,
    #[relationship(back_populates = owner, order_by = Directory.path)]
    pub entries: Many<Directory>,
    #[relationship(back_populates = entries)]
    pub owner: One<Directory>,
}

/// Values that can be changed where they are.
#[derive(Mapped, Debug)]
#[table("sleeve", base = Suite)]
pub struct Sleeve {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub title: String,
    pub cover: Vec<u8>,
    pub back: Option<Vec<u8>>,
}

/// Its links hold more than keys.
#[derive(Mapped, Debug)]
#[table("recipe", base = Suite)]
pub struct Recipe {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(secondary = RecipeHerb, back_populates = recipes)]
    pub herbs: Many<Herb>,
    #[relationship(secondary = Garnish)]
    pub garnishes: Many<Herb>,
}

#[derive(Mapped, Debug)]
#[table("herb", base = Suite)]
pub struct Herb {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(secondary = RecipeHerb, back_populates = herbs)]
    pub recipes: Many<Recipe>,
}

/// Of which each column but the keys has a default.
#[derive(Mapped, Debug)]
#[table("recipe_herb", base = Suite)]
pub struct RecipeHerb {
    #[column(primary_key, foreign_key = Recipe.id)]
    pub recipe_id: Auto<i64>,
    #[column(primary_key, foreign_key = Herb.id)]
    pub herb_id: Auto<i64>,
    #[column(default = 5)]
    pub grams: i64,
    #[column(default = sql_expr::<i64>("40") + 2)]
    pub number: Auto<i64>,
    #[column(default = |row| row.get(RecipeHerb.grams).map(|it| it * 2))]
    pub twice: Option<i64>,
    pub note: Option<String>,
}

/// With a default that depends on a key.
#[derive(Mapped, Debug)]
#[table("garnish", base = Suite)]
pub struct Garnish {
    #[column(primary_key, foreign_key = Recipe.id)]
    pub recipe_id: Auto<i64>,
    #[column(primary_key, foreign_key = Herb.id)]
    pub herb_id: Auto<i64>,
    #[column(default = |row| row.get(Garnish.herb_id).map_or(0, |it| it + 100))]
    pub place: Auto<i64>,
}
