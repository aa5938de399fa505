//! The same first program with Diesel: a table, one row in, one row out.

use diesel::{prelude::*, sql_query};

diesel::table! {
    user_account (id) {
        id -> BigInt,
        name -> Text,
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = user_account)]
struct User {
    id: i64,
    name: String,
}

#[derive(Insertable)]
#[diesel(table_name = user_account)]
struct NewUser<'a> {
    name: &'a str,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut connection = SqliteConnection::establish(":memory:")?;
    sql_query("CREATE TABLE user_account (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
        .execute(&mut connection)?;
    let new = NewUser { name: "a" };
    diesel::insert_into(user_account::table).values(&new).execute(&mut connection)?;
    let user = user_account::table
        .filter(user_account::name.eq("a"))
        .select(User::as_select())
        .first(&mut connection)?;
    println!("{} {}", user.id, user.name);
    Ok(())
}
