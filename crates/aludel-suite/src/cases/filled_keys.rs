//! Defaults that are made of foreign keys which relationships fill.

use aludel::{Obj, prelude::*};

use crate::{Case, Place, cases, models::filled::*, store::Store};

pub(super) const CASES: &[Case] = cases!["filled_keys":
    of_a_row_that_is_there,
    of_rows_that_are_made_in_the_same_flush,
    of_a_key_that_is_set_by_hand,
    of_a_row_that_is_taken_over,
    again_behind_a_rollback,
];

fn directory(name: &str) -> Obj<Directory> {
    Obj::new(Directory::builder().name(name))
}

fn path(directory: &Obj<Directory>) -> String {
    directory.borrow().path.get().cloned().unwrap_or_default()
}

/// A directory, one in it, and one in that: known to the session in another order.
fn three(store: &mut Store) -> [Obj<Directory>; 3] {
    let all = ["a", "b", "c"].map(directory);
    for at in [2, 0, 1] {
        store.add(&all[at]);
    }
    all[0].entries().push(&all[1]);
    all[2].owner().set(&all[1]);
    all
}

fn check(store: &mut Store, all: &[Obj<Directory>; 3], drive: i64) {
    let paths = [format!("{drive}:/a"), format!("{drive}:/a/b"), format!("{drive}:/a/b/c")];
    assert_eq!(all.each_ref().map(path), paths);
    assert_eq!(all[2].borrow().within.as_ref(), Some(&paths[1]));
    let what = (Directory.path, Directory.within, Directory.width);
    let rows: Vec<(String, Option<String>, Option<i64>)> =
        store.execute(select(what).order_by(Directory.path)).all().unwrap();
    let owners = [None, Some(paths[0].clone()), Some(paths[1].clone())];
    let expected: Vec<_> = paths
        .iter()
        .zip(owners)
        .map(|(path, within)| (path.clone(), within, Some(path.len() as i64)))
        .collect();
    assert_eq!(rows, expected);
    for (directory, path) in all.iter().zip(&paths) {
        assert!(store.get_one(Directory, path.as_str()).unwrap().is(directory));
    }
}

// DEF-6, FK-1, FK-2
fn of_a_row_that_is_there(at: &Place) {
    let mut store = at.store();
    let drive = store.add(Drive::builder());
    store.save();
    let id = *drive.borrow().id.get().unwrap();
    let all = three(&mut store);
    drive.entries().push(&all[0]);
    store.log_parameters();
    store.flush().unwrap();
    // All is known beforehand.
    assert_eq!(
        store.sent().lines().skip(1).collect::<Vec<_>>().join("\n"),
        format!(
            "INSERT INTO directory (path, name, drive_id, within, width) VALUES (?, ?, ?, ?, ?) \
             -- (\"{id}:/a\", \"a\", {id}, NULL, 4)\n\
             INSERT INTO directory (path, name, drive_id, within, width) VALUES (?, ?, ?, ?, ?) \
             -- (\"{id}:/a/b\", \"b\", NULL, \"{id}:/a\", 6)\n\
             INSERT INTO directory (path, name, drive_id, within, width) VALUES (?, ?, ?, ?, ?) \
             -- (\"{id}:/a/b/c\", \"c\", NULL, \"{id}:/a/b\", 8)"
        )
    );
    store.commit().unwrap();
    check(&mut store, &all, id);
    // One that is moved is where it was: a default is there for an INSERT.
    all[2].owner().set(&all[0]);
    store.commit().unwrap();
    assert_eq!(path(&all[2]), format!("{id}:/a/b/c"));
    assert_eq!(all[2].borrow().within, Some(format!("{id}:/a")));
}

// DEF-6, FK-1, FK-2
fn of_rows_that_are_made_in_the_same_flush(at: &Place) {
    let mut store = at.store();
    let all = three(&mut store);
    let drive = all[0].drive().set(Drive::builder());
    // Nobody asks for its key: what it makes is known.
    let alone = store.add(directory("alone"));
    let plan = store.flush_plan().unwrap();
    let tables: Vec<_> = plan.steps.iter().map(|it| (it.table, it.rows)).collect();
    assert_eq!(tables, [("drive", 1), ("directory", 2), ("directory", 1), ("directory", 1)]);
    store.commit().unwrap();
    let id = *drive.borrow().id.get().unwrap();
    assert_eq!(path(&alone), "/alone");
    assert_eq!(alone.borrow().width, Some(6));
    store.delete(&alone).unwrap();
    store.commit().unwrap();
    check(&mut store, &all, id);
    assert_eq!(store.number("SELECT count(*) FROM directory WHERE drive_id IS NULL"), 2);
}

// DEF-6, FK-3
fn of_a_key_that_is_set_by_hand(at: &Place) {
    let mut store = at.store();
    let drives = store.add_all([Drive::builder(), Drive::builder()]);
    store.save();
    let [first, second] = [0, 1].map(|it: usize| *drives[it].borrow().id.get().unwrap());
    let by_hand = store.add(Directory::builder().name("a").drive_id(first));
    let both = store.add(Directory::builder().name("b").drive_id(first));
    both.drive().set(&drives[1]);
    let given = store.add(Directory::builder().path("mine").name("c").drive(&drives[1]));
    store.commit().unwrap();
    // A relationship that was set has the last word.
    assert_eq!(path(&by_hand), format!("{first}:/a"));
    assert_eq!(path(&both), format!("{second}:/b"));
    assert_eq!((path(&given), given.borrow().width), ("mine".into(), Some(4)));
}

// DEF-6, UOW-29
fn of_a_row_that_is_taken_over(at: &Place) {
    let mut store = at.store();
    let drive = store.add(Drive::builder());
    let old = drive.entries().push(Directory::builder().name("a"));
    store.save();
    let id = *drive.borrow().id.get().unwrap();
    store.delete(&old).unwrap();
    store.sent();
    let new = store.add(Directory::builder().name("a").width(1));
    new.drive().set(&drive);
    store.flush().unwrap();
    assert_eq!(
        store.sent(),
        "UPDATE directory SET name = ?, drive_id = ?, width = ? WHERE path = ?"
    );
    assert_eq!(path(&new), format!("{id}:/a"));
    store.commit().unwrap();
    assert!(store.get_one(Directory, path(&new)).unwrap().is(&new));
}

// DEF-6, TX-4
fn again_behind_a_rollback(at: &Place) {
    let mut store = at.store();
    let all = three(&mut store);
    all[0].drive().set(Drive::builder());
    store.flush().unwrap();
    assert!(path(&all[2]).ends_with(":/a/b/c"));
    store.rollback().unwrap();
    assert!(all.iter().all(|it| it.borrow().path.is_unset() && it.borrow().width.is_none()));
    let drive = store.add(Drive::builder());
    store.save();
    let [a, b, c] = &all;
    a.entries().push(b);
    c.owner().set(b);
    drive.entries().push(a);
    store.commit().unwrap();
    check(&mut store, &all, *drive.borrow().id.get().unwrap());
}
