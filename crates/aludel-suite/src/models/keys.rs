//! Keys and links of kinds that few programs have.

use aludel::prelude::*;

use super::Suite;

/// Has players, who know nothing of it.
#[derive(Mapped, Debug)]
#[table("team", base = Suite)]
pub struct Team {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(order_by = Player.id)]
    pub players: Many<Player>,
}

#[derive(Mapped, Debug)]
#[table("player", base = Suite)]
pub struct Player {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Team.id)]
    pub team_id: Option<i64>,
}

/// Has gadgets, and one of them is the best: the two refer to each other.
#[derive(Mapped, Debug)]
#[table("maker", base = Suite)]
pub struct Maker {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub name: String,
    #[column(foreign_key = "gadget.id")]
    pub best_id: Option<i64>,
    #[column(foreign_key = "gadget.id")]
    pub first_id: Option<i64>,
    #[relationship(foreign_keys = [Maker.best_id], post_update)]
    pub best: One<Gadget>,
    #[relationship(foreign_keys = [Maker.first_id], post_update)]
    pub first: One<Gadget>,
    #[relationship(back_populates = maker, cascade(all), foreign_keys = [Gadget.maker_id],
        order_by = Gadget.id)]
    pub gadgets: Many<Gadget>,
}

#[derive(Mapped, Debug)]
#[table("gadget", base = Suite)]
pub struct Gadget {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Maker.id)]
    pub maker_id: Option<i64>,
    #[relationship(back_populates = gadgets, foreign_keys = [Gadget.maker_id])]
    pub maker: One<Maker>,
}

/// May follow itself: a ring. Both sides are known, and one says how it is written.
#[derive(Mapped, Debug)]
#[table("ring", base = Suite)]
pub struct Ring {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Ring.id)]
    pub next_id: Option<i64>,
    #[relationship(back_populates = before)]
    pub next: One<Ring>,
    #[relationship(back_populates = next, post_update, order_by = Ring.id)]
    pub before: Many<Ring>,
}

/// Leaves all of its files to the database.
#[derive(Mapped, Debug)]
#[table("archive", base = Suite)]
pub struct Archive {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(passive_deletes = all, order_by = File.id)]
    pub files: Many<File>,
}

#[derive(Mapped, Debug)]
#[table("file", base = Suite)]
pub struct File {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Archive.id, on_delete = set_null)]
    pub archive_id: Option<i64>,
}

/// Has a key of its own, which may change: what refers to it follows in the database.
#[derive(Mapped, Debug)]
#[table("brand", base = Suite)]
pub struct Brand {
    #[column(primary_key, length = 20)]
    pub code: String,
    pub name: Option<String>,
    #[relationship(back_populates = brand)]
    pub outlets: Many<Outlet>,
    #[relationship(back_populates = brand, order_by = Bike.id)]
    pub bikes: Many<Bike>,
}

/// The foreign key is the key.
#[derive(Mapped, Debug)]
#[table("outlet", base = Suite)]
pub struct Outlet {
    #[column(primary_key, length = 20, foreign_key = Brand.code, on_update = cascade)]
    pub brand_code: Auto<String>,
    pub note: Option<String>,
    #[relationship(back_populates = outlets)]
    pub brand: One<Brand>,
    #[relationship(back_populates = outlet, order_by = Clerk.id)]
    pub clerks: Many<Clerk>,
}

#[derive(Mapped, Debug)]
#[table("clerk", base = Suite)]
pub struct Clerk {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, foreign_key = Outlet.brand_code, on_update = cascade)]
    pub outlet_code: Option<String>,
    #[relationship(back_populates = clerks)]
    pub outlet: One<Outlet>,
}

#[derive(Mapped, Debug)]
#[table("bike", base = Suite)]
pub struct Bike {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, foreign_key = Brand.code, on_update = cascade)]
    pub brand_code: Option<String>,
    pub name: Option<String>,
    #[relationship(back_populates = bikes)]
    pub brand: One<Brand>,
}

/// Follows a brand, which doesn't know; two relationships share the key.
#[derive(Mapped, Debug)]
#[table("fan", base = Suite)]
pub struct Fan {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, foreign_key = Brand.code, on_update = cascade)]
    pub brand_code: Option<String>,
    #[relationship]
    pub brand: One<Brand>,
    #[relationship]
    pub favourite: One<Brand>,
}

/// Its key may change, and the database doesn't follow.
#[derive(Mapped, Debug)]
#[table("ticker", base = Suite)]
pub struct Ticker {
    #[column(primary_key, length = 20)]
    pub code: String,
    #[relationship(back_populates = ticker, passive_updates = false, order_by = Trade.id)]
    pub trades: Many<Trade>,
    #[relationship(back_populates = tickers, secondary = Holding, passive_updates = false,
        order_by = Fund.id)]
    pub funds: Many<Fund>,
}

#[derive(Mapped, Debug)]
#[table("trade", base = Suite)]
pub struct Trade {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20, foreign_key = Ticker.code)]
    pub code: Option<String>,
    #[relationship(back_populates = trades)]
    pub ticker: One<Ticker>,
}

#[derive(Mapped, Debug)]
#[table("fund", base = Suite)]
pub struct Fund {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[relationship(back_populates = funds, secondary = Holding)]
    pub tickers: Many<Ticker>,
}

#[derive(Mapped, Debug)]
#[table("holding", base = Suite)]
pub struct Holding {
    #[column(primary_key, length = 20, foreign_key = Ticker.code)]
    pub code: Auto<String>,
    #[column(primary_key, foreign_key = Fund.id)]
    pub fund_id: Auto<i64>,
}

/// A tree by name.
#[derive(Mapped, Debug)]
#[table("person", base = Suite)]
pub struct Person {
    #[column(primary_key, length = 20)]
    pub name: String,
    #[column(length = 20, foreign_key = Person.name)]
    pub boss_name: Option<String>,
    #[relationship(back_populates = reports, passive_updates = false)]
    pub boss: One<Person>,
    #[relationship(back_populates = boss, order_by = Person.name)]
    pub reports: Many<Person>,
}

/// A key of a number that isn't whole.
#[derive(Mapped, Debug)]
#[table("gauge", base = Suite)]
pub struct Gauge {
    #[column(primary_key)]
    pub at: f64,
    #[column(primary_key)]
    pub up: bool,
    pub note: Option<String>,
}

/// A ring whose rows have versions, and a code that says which is which.
#[derive(Mapped, Debug)]
#[table("seal", base = Suite)]
pub struct Seal {
    #[column(primary_key, length = 20)]
    pub code: String,
    #[column(version)]
    pub version: i64,
    #[column(length = 20, foreign_key = Seal.code)]
    pub next_code: Option<String>,
    #[relationship(post_update)]
    pub next: One<Seal>,
}
