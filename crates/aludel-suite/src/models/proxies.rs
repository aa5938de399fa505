//! Associations that are objects of their own, and what lies behind them.

use aludel::{Proxy, Relationship, prelude::*};

use super::Suite;

#[derive(Mapped, Debug)]
#[table("reader", base = Suite)]
pub struct Reader {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub name: String,
    #[relationship(back_populates = reader, order_by = Interest.id, cascade(all, delete_orphan))]
    pub interests: Many<Interest>,
    #[relationship(
        foreign_keys = [Friendship.reader_id],
        order_by = Friendship.id,
        cascade(all, delete_orphan)
    )]
    pub friendships: Many<Friendship>,
}

impl Reader {
    /// What a reader is interested in.
    pub const TOPICS: Proxy<Reader, Interest, Relationship<Interest, Topic>> =
        Reader.interests.through(Interest.topic);
}

/// That a reader is interested in a topic, and how much.
#[derive(Mapped, Debug, Default)]
#[table("interest", base = Suite)]
pub struct Interest {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Reader.id)]
    pub reader_id: Auto<i64>,
    #[column(foreign_key = Topic.id)]
    pub topic_id: Auto<Option<i64>>,
    #[column(length = 20)]
    pub degree: Option<String>,
    #[relationship(back_populates = interests)]
    pub reader: One<Reader>,
    #[relationship]
    pub topic: One<Topic>,
}

#[derive(Mapped, Debug)]
#[table("topic", base = Suite)]
pub struct Topic {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(length = 20)]
    pub name: String,
}

/// Behind it lies an object of the same kind.
#[derive(Mapped, Debug, Default)]
#[table("friendship", base = Suite)]
pub struct Friendship {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[column(foreign_key = Reader.id)]
    pub reader_id: Auto<i64>,
    #[column(foreign_key = Reader.id)]
    pub friend_id: Auto<i64>,
    #[relationship(foreign_keys = [Friendship.friend_id])]
    pub friend: One<Reader>,
}
