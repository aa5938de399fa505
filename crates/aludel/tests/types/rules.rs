//! What holds of single types on every database.

use aludel::{CreateAll as _, blocking::Session, prelude::*, schema::MetaData};

use crate::{Mood, Size, databases::databases};

#[derive(Mapped, Debug)]
#[table("types_wide")]
pub struct Wide {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub value: Option<u64>,
}

#[derive(Mapped, Debug)]
#[table("types_label_sets")]
pub struct Rack {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub native: SqlSet<Mood>,
    pub text: Option<SqlSet<Size>>,
}

#[derive(Mapped, Debug)]
#[table("types_labels")]
pub struct Parcel {
    #[column(primary_key)]
    pub id: Auto<i64>,
    pub value: Size,
}

/// Whole numbers that SQLite keeps as text sort as numbers, and compare with those of any width.
#[test]
fn wide_numbers_sort_by_value() {
    for database in &databases() {
        let engine = database.engine();
        MetaData::of(Wide).drop_all(&engine).unwrap();
        MetaData::of(Wide).create_all(&engine).unwrap();
        let mut session = Session::new(&engine);
        let numbers = [10, 9, 0, u64::MAX, 100];
        session.add_all(numbers.map(|it| Wide { id: Auto::UNSET, value: Some(it) }));
        session.flush().unwrap();
        let sorted = session.scalars(select(Wide.value).order_by(Wide.value.desc())).all().unwrap();
        assert_eq!(sorted, [u64::MAX, 100, 10, 9, 0].map(Some));
        let small = select(Wide.value).filter(Wide.value.le(10)).order_by(Wide.value);
        assert_eq!(session.scalars(small).all().unwrap(), [0, 9, 10].map(Some));
        let beside = select(Wide.value).filter(Wide.value.gt(Wide.id * 3)).order_by(Wide.id);
        assert_eq!(session.scalars(beside).all().unwrap().len(), 4);
        assert_eq!(session.scalar(select(func::max(Wide.value))).unwrap(), Some(Some(u64::MAX)));
        session.rollback().unwrap();
        MetaData::of(Wide).drop_all(&engine).unwrap();
    }
}

/// What is no label is refused by the database, in whichever way it keeps labels.
#[test]
fn labels_are_checked_by_the_database() {
    for database in &databases() {
        let engine = database.engine();
        MetaData::of(Parcel).drop_all(&engine).unwrap();
        // What is there already is left alone.
        MetaData::of(Parcel).create_all(&engine).unwrap();
        MetaData::of(Parcel).create_all(&engine).unwrap();
        let mut session = Session::new(&engine);
        let insert = text("INSERT INTO types_labels (value) VALUES ('MEDIUM')");
        assert!(session.execute(insert).is_err());
        session.rollback().unwrap();
        MetaData::of(Parcel).drop_all(&engine).unwrap();
    }
}

/// A set holds labels and nothing else, in whichever way the database keeps it, and is asked for them.
#[test]
fn sets_of_labels_are_checked_and_searched() {
    for database in &databases() {
        let engine = database.engine();
        MetaData::of(Rack).drop_all(&engine).unwrap();
        MetaData::of(Rack).create_all(&engine).unwrap();
        assert_eq!(MetaData::of(Rack).differences(&engine).unwrap().to_string(), "");
        let mut session = Session::new(&engine);
        let racks = [
            (SqlSet::from([Mood::Sad, Mood::Happy]), Some(SqlSet::all())),
            (SqlSet::from([Mood::SoSo]), None),
            (SqlSet::new(), Some(SqlSet::from([Size::VeryLarge]))),
        ];
        session.add_all(racks.map(|(native, text)| Rack { id: Auto::UNSET, native, text }));
        session.flush().unwrap();
        let mut found = |condition| {
            let rows = select(Rack.id).filter(condition).order_by(Rack.id);
            session.scalars(rows).all().unwrap()
        };
        assert_eq!(found(Rack.native.has_label(Mood::Sad)), [1]);
        assert_eq!(found(Rack.native.has_label(Mood::SoSo)), [2]);
        assert_eq!(found(Rack.text.has_label(Size::VeryLarge)), [1, 3]);
        assert_eq!(found(!Rack.text.has_label(Size::Small)), [3]);
        assert_eq!(found(Rack.native.eq(SqlSet::new())), [3]);
        session.rollback().unwrap();
        for wrong in
            ["SMALL,MEDIUM", ",", "SMALL,", "SMALL,SMALL", ",SMALL", "SMALL,,VERY_LARGE", "SMALL "]
        {
            let insert = text("INSERT INTO types_label_sets (native, text) VALUES ('sad', :text)");
            assert!(session.execute(insert.bind("text", wrong)).is_err(), "{wrong}");
            session.rollback().unwrap();
        }
        MetaData::of(Rack).drop_all(&engine).unwrap();
    }
}
