//! What the tables hold.

use aludel::{
    Select,
    blocking::{Engine, Session},
    prelude::*,
};
use serde_json::{Map, Value as Json};

use crate::{model::Model, models::*, object::Object};

/// Every table that isn't empty, by name: its rows, sorted by primary key.
pub fn tables(engine: &Engine) -> Json {
    let mut session = Session::new(engine);
    let mut tables = Map::new();
    macro_rules! read {
        ($($Model:ident $table:literal)*) => {$(
            let rows = read::<$Model>(&mut session);
            if !rows.is_empty() {
                tables.insert($table.into(), rows.into());
            }
        )*};
    }
    read!(
        User "users" Address "addresses" Profile "profiles" Order "orders" Item "items"
        OrderItem "order_items" Keyword "keywords" ItemKeyword "item_keywords" Node "nodes"
        Document "documents" Region "regions" Site "sites"
    );
    Json::Object(tables)
}

fn read<M: Model>(session: &mut Session) -> Vec<Json> {
    let select: Select<Obj<M>> = M::all().order_by(M::by_key());
    match session.scalars(&select).all() {
        Ok(objects) => objects.into_iter().map(|it| row(&M::wrap(it))).collect(),
        Err(error) => vec![Json::from(error.to_string())],
    }
}

fn row(object: &Object) -> Json {
    object.columns().iter().map(|it| object.show(it).unwrap_or(Json::Null)).collect()
}
