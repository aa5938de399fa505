//! Writes the mapped structs of the row `startup`, which nobody would want to read.

use std::{
    env,
    fmt::{self, Write as _},
    fs, io,
    path::PathBuf,
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    for count in [30, 300] {
        let structs = structs(count).map_err(io::Error::other)?;
        fs::write(folder.join(format!("structs_{count}.rs")), structs)?;
    }
    Ok(())
}

/// So many mapped structs, in families of ten: each refers to the one before it in its family, whose collection it
/// is a member of, and to the first of the family before.
fn structs(count: usize) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for number in 0..count {
        let first = number - number % 10;
        let owner = if number == first { number } else { number - 1 };
        let group = first.saturating_sub(10);
        let back = if number == first { "" } else { ", back_populates = owned" };
        write!(
            text,
            "
            /// One of many.
            #[derive(Mapped)]
            #[table(\"thing_{number}\", index(name, created_at), check(\"price >= 0\"))]
            pub struct Thing{number} {{
                #[column(primary_key)]
                pub id: Auto<i64>,
                #[column(unique, length = 40)]
                pub code: String,
                #[column(length = 200)]
                pub name: String,
                pub note: Option<String>,
                pub price: f64,
                #[column(server_default = true)]
                pub active: Auto<bool>,
                #[column(server_default = now)]
                pub created_at: Auto<NaiveDateTime>,
                #[column(foreign_key = Thing{owner}.id, index)]
                pub owner_id: Option<i64>,
                #[column(foreign_key = Thing{group}.id)]
                pub group_id: Option<i64>,
                #[relationship(foreign_keys = [Thing{number}.owner_id]{back})]
                pub owner: One<Thing{owner}>,
                #[relationship(foreign_keys = [Thing{number}.group_id])]
                pub group: One<Thing{group}>,
            "
        )?;
        if number % 10 != 9 {
            let next = number + 1;
            writeln!(
                text,
                "#[relationship(foreign_keys = [Thing{next}.owner_id], back_populates = owner)]
                pub owned: Many<Thing{next}>,"
            )?;
        }
        text.push_str("}\n");
    }
    Ok(text)
}
