//! What reads rows: `get`, queries, relationships.

use aludel::{Select, State, prelude::*};
use serde_json::Value as Json;

use super::{Outcome, Problem, Runner, answer::text_of, text};
use crate::{
    filter::{Scope, profiles},
    model::Model,
    object::{Object, of_class},
};

impl Runner {
    pub(super) fn get(&mut self, op: &Json) -> Outcome {
        let key = op["pk"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = match op["populate_existing"] == true {
            true => of_class!(
                text(op, "cls"),
                M => self.get_anew::<M>(key)?,
                else return Err(Problem::Named("BadFilter"))
            ),
            false => self.get_by_key(text(op, "cls"), key)?,
        };
        let Some(object) = found else { return Ok(Some(Json::Null)) };
        self.kept.insert(object.clone());
        if let Some(label) = op["as"].as_str() {
            self.labels.bind(label, object.clone());
        }
        Ok(Some(self.shown(&object).into()))
    }

    fn get_by_key(&mut self, class: &str, key: &[Json]) -> Result<Option<Object>, Problem> {
        let session = &mut self.session;
        macro_rules! by_id {
            ($($Model:ident)*) => {
                match (class, key) {
                    ("Region", [country, code]) => {
                        let key = (text_of(country), text_of(code));
                        session.get(Region, key)?.map(Model::wrap)
                    }
                    $((stringify!($Model), [id]) => {
                        session.get($Model, id.as_i64().unwrap_or_default())?.map(Model::wrap)
                    })*
                    _ => return Err(Problem::Named("InvalidRequestError")),
                }
            };
        }
        use crate::models::*;
        Ok(by_id!(User Address Profile Order Item Keyword Node Document Site))
    }

    /// What `get` with `populate_existing` is there: a query by the key.
    fn get_anew<M: Model>(&mut self, key: &[Json]) -> Result<Option<Object>, Problem> {
        let filter = M::has_key(key).ok_or(Problem::Named("InvalidRequestError"))?;
        let select = M::all().filter(filter).populate_existing();
        Ok(self.session.scalars(&select).one_or_none()?.map(M::wrap))
    }

    pub(super) fn query(&mut self, op: &Json) -> Outcome {
        let objects: Vec<Object> = of_class!(
            text(op, "cls"),
            M => self.query_of::<M>(op)?,
            else return Err(Problem::Named("BadFilter"))
        );
        if let Some(label) = op["as"].as_str() {
            for (number, object) in objects.iter().enumerate() {
                self.labels.bind(&format!("{label}.{number}"), object.clone());
            }
        }
        let shown = objects.iter().map(|it| self.shown(it).into()).collect();
        Ok(Some(Json::Array(shown)))
    }

    /// Behind the flush, what a filter names is known by the key that it holds then.
    pub(super) fn know_profiles(&mut self, name: &str, op: &Json) -> Result<(), Problem> {
        let mut named = Vec::new();
        profiles(&op["filter"], &mut named);
        if self.autoflush && !named.is_empty() {
            self.session.flush()?;
        }
        for label in named {
            let profile = self.label(label)?;
            let has_row = profile.state() == State::Persistent;
            if has_row && profile.is_expired("user_id") {
                profile.fresh(&mut self.session)?;
            }
            if !has_row && profile.show("user_id").is_none() {
                let evaluates = op["sync"] == "auto" || op["sync"] == "evaluate";
                let is_read = name == "query" || name == "count" || !evaluates;
                let error = if is_read { "StatementError" } else { "InvalidRequestError" };
                return Err(Problem::Named(error));
            }
        }
        Ok(())
    }

    fn query_of<M: Model>(&mut self, op: &Json) -> Result<Vec<Object>, Problem> {
        let (select, at_once) = self.select::<M>(op)?;
        let known = |it: &&Object| !it.inspect().expired;
        let before: Vec<Object> = self.kept.iter().filter(known).cloned().collect();
        let rows = self.session.scalars(&select);
        // `first` reads all rows of the original's, too, with all that these load: it adds no limit.
        let objects = match op["fetch"].as_str() {
            Some("one") => vec![rows.one()?],
            Some("one_or_none") => rows.one_or_none()?.into_iter().collect(),
            _ => rows.all()?,
        };
        let mut objects: Vec<Object> = objects.into_iter().map(M::wrap).collect();
        // `first` doesn't compare rows, there.
        let compares = op["unique"] == false && op["fetch"] != "first";
        if compares && joins_many(op) && !objects.is_empty() {
            return Err(Problem::Named("InvalidRequestError"));
        }
        let old: Vec<Object> = match at_once.is_empty() {
            true => Vec::new(),
            false => self.kept.iter().cloned().collect(),
        };
        self.kept.extend(objects.iter().cloned());
        let again = op["populate_existing"] == true;
        for path in at_once {
            let mut level = objects.clone();
            for name in path.split('.') {
                let mut next = Vec::new();
                for object in level {
                    // Who came with this query is read again with what came along.
                    if again || !old.contains(&object) {
                        object.load_again(&mut self.session, name);
                    }
                    // It goes no further where somebody is there already.
                    let there = object.loaded(name).filter(|_| !again);
                    if there.is_some_and(|it| it.iter().all(|it| before.contains(it))) {
                        continue;
                    }
                    let forbidden = object.forbid(&mut self.session, 0);
                    let found = object.load(&mut self.session, name);
                    object.forbid(&mut self.session, forbidden);
                    next.extend(found?.into_iter().filter(|it| again || !before.contains(it)));
                }
                level = next;
            }
        }
        if op["fetch"] == "first" {
            objects.truncate(1);
        }
        Ok(objects)
    }

    /// The statement of a query, and the relationships that are loaded one by one right behind it.
    fn select<'o, M: Model>(
        &self,
        op: &'o Json,
    ) -> Result<(Select<Obj<M>>, Vec<&'o str>), Problem> {
        let mut select = M::all();
        if let Some(filter) = op.get("filter") {
            select = select.filter(Scope(&self.labels).criterion::<M>(filter)?);
        }
        for order in op["order"].as_array().into_iter().flatten() {
            let column = order[0].as_str().and_then(M::column);
            let column = column.ok_or(Problem::Named("BadFilter"))?;
            select = select.order_by(column.order(order[1].as_str().unwrap_or_default()));
        }
        select = select.order_by(M::by_key());
        if let Some(limit) = op["limit"].as_u64() {
            select = select.limit(limit);
        }
        if let Some(offset) = op["offset"].as_u64() {
            select = select.offset(offset);
        }
        if op["populate_existing"] == true {
            select = select.populate_existing();
        }
        let mut at_once = Vec::new();
        for option in op["opts"].as_array().into_iter().flatten() {
            let (strategy, path) = (option[0].as_str(), option[1].as_str());
            let (Some(strategy), Some(path)) = (strategy, path) else { continue };
            match strategy {
                "lazy" => {}
                "immediate" => at_once.push(path),
                _ => {
                    let path: Vec<&str> = path.split('.').collect();
                    let with = M::option(select, strategy, &path);
                    select = with.ok_or(Problem::Named("BadFilter"))?;
                }
            }
        }
        Ok((select, at_once))
    }

    pub(super) fn count(&mut self, op: &Json) -> Outcome {
        let count = of_class!(
            text(op, "cls"),
            M => {
                let mut select = select(func::count_all())
                    .select_from(<M as Mapped>::Entity::TABLE);
                if let Some(filter) = op.get("filter") {
                    select = select.filter(Scope(&self.labels).criterion::<M>(filter)?);
                }
                self.session.scalar(select)?
            },
            else return Err(Problem::Named("BadFilter"))
        );
        Ok(count.map(Json::from))
    }

    pub(super) fn load(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        let name = text(op, "attr");
        let relation = object.relationships().iter().find(|it| it.0 == name);
        let Some((_, many)) = relation else {
            if object.is_expired(name) {
                object.fresh(&mut self.session)?;
            }
            return Ok(Some(object.show(name).unwrap_or(Json::Null)));
        };
        let found = object.load(&mut self.session, name)?;
        self.kept.extend(found.iter().cloned());
        Ok(Some(self.shown_all(&found, *many)))
    }
}

/// Whether a query joins a collection.
fn joins_many(op: &Json) -> bool {
    const MANY: [&str; 7] =
        ["addresses", "orders", "items", "keywords", "children", "sites", "team"];
    op["opts"].as_array().into_iter().flatten().any(|it| {
        let path = it[1].as_str().unwrap_or_default();
        it[0] == "joined" && path.split('.').any(|it| MANY.contains(&it))
    })
}
