//! How rows are read: by place, by name, in two steps.

use aludel_core::{
    DecodeError,
    expr::{Expression, func, select, text},
    value::{Columns, FromRow, Value, ValueRef, read},
};

use crate::{entities::*, sqlite};

struct Row(Vec<(&'static str, Value)>);

impl Columns for Row {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> ValueRef<'_> {
        self.0.get(index).map_or(ValueRef::Null, |(_, it)| it.as_ref())
    }

    fn name(&self, index: usize) -> &str {
        self.0.get(index).map_or("", |(name, _)| name)
    }
}

fn row() -> Row {
    Row(vec![("n", 7_i64.into()), ("name", "Ada".into()), ("age", Value::Null)])
}

#[test]
fn a_tuple_reads_from_left_to_right() {
    let stmt = select((func::count_all(), User.name, User.age));
    let mut buffer = stmt.buffer();
    buffer.push(&row()).unwrap();
    buffer.push(&row()).unwrap();
    buffer.settle(&mut ()).unwrap();
    assert_eq!(buffer.len(), 2);
    assert_eq!(buffer.drain(), vec![(7, "Ada".to_owned(), None); 2]);
}

#[test]
fn one_item_is_the_row_itself() {
    let mut buffer = select(User.id).buffer();
    buffer.push(&row()).unwrap();
    assert_eq!(buffer.drain(), [7]);
}

#[test]
fn a_value_of_another_kind_names_its_column() {
    let mut buffer = select((User.id, User.age)).buffer();
    let error = buffer.push(&row()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 2 (`name`) should hold INTEGER or NULL, but the row has \"Ada\""
    );
}

#[derive(Debug, PartialEq)]
struct Person {
    name: String,
    n: i64,
}

impl FromRow for Person {
    const COLUMNS: &'static [&'static str] = &["name", "n"];

    fn from_row(row: &dyn Columns, order: &[usize]) -> Result<Self, DecodeError> {
        Ok(Self { name: read(row, order[0])?, n: read(row, order[1])? })
    }
}

#[test]
fn a_struct_reads_by_name() {
    let stmt = select((func::count_all().label("n"), User.name)).rows_as::<Person>();
    assert_eq!(sqlite(&stmt), "SELECT count(*) AS n, user_account.name AS name FROM user_account");
    let ada = Person { name: "Ada".into(), n: 7 };
    let mut buffer = stmt.buffer();
    buffer.push(&row()).unwrap();
    assert_eq!(buffer.drain(), [ada]);

    let query = text("SELECT …").rows::<Person>();
    let error =
        query.buffer().push(&Row(vec![("a", Value::Null), ("name", "x".into())])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the row has no column `n`, but a, name; name it with `.label(\"n\")`"
    );
}

#[test]
fn sixteen_items_fit_in_a_row() {
    let id = || User.id;
    let stmt = select((
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        id(),
        User.name,
    ));
    let mut buffer = stmt.buffer();
    let mut values = vec![("id", Value::from(1_i64)); 15];
    values.push(("name", "x".into()));
    buffer.push(&Row(values)).unwrap();
    assert_eq!(buffer.drain()[0].15, "x");
}
