//! Entities whose methods are SQL expressions as well, and columns of several names.

use aludel::prelude::*;

use super::Suite;

#[derive(Mapped, Debug)]
#[table("contestant", base = Suite)]
pub struct Player {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column("player_name", synonym(nick, handle))]
    pub name: String,
    pub surname: Option<String>,
    pub wins: i64,
    pub losses: i32,
    pub banned: bool,
}

#[hybrid]
impl Player {
    pub const MANY: i64 = 10;

    /// Games that were played.
    pub fn games(&self) -> i64 {
        self.wins + i64::from(self.losses)
    }

    pub fn is_strong(&self) -> bool {
        self.wins >= Self::MANY && !self.banned
    }

    pub fn beats(&self, wins: i64) -> bool {
        wins < self.wins
    }

    pub fn is_odd(&self) -> bool {
        self.surname.is_none()
            || self.name.to_lowercase().starts_with("x")
            || (self.wins - 1) * 2 == 6
    }

    pub fn full_name(&self) -> String {
        if self.surname.is_some() {
            self.name.clone() + " " + self.surname()
        } else {
            self.name.clone()
        }
    }

    #[expression(|it| func::coalesce(it.surname, ""))]
    fn surname(&self) -> &str {
        self.surname.as_deref().unwrap_or_default()
    }

    pub fn rank(&self) -> String {
        if self.is_strong() { "strong".to_owned() } else { "weak".to_owned() }
    }

    #[expression(|player| func::length(player.name))]
    pub fn letters(&self) -> i64 {
        i64::try_from(self.name.chars().count()).unwrap_or(i64::MAX)
    }

    /// Of the object alone.
    pub fn win(&mut self) {
        self.wins += 1;
    }
}
