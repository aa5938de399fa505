//! [`Runner`]: scenario lines in, answers out.

use std::collections::HashSet;

use aludel::{
    Error, Select, SessionOptions, State,
    blocking::{Engine, Session},
    prelude::*,
};
use serde_json::{Map, Value as Json, json};

use crate::{
    errors,
    filter::{NoSuch, Scope},
    known::{Failed, Known},
    object::{Model, Object, of_class},
    sent,
    tables::tables,
};

/// The names of objects, in the order in which they were first given.
#[derive(Debug, Default)]
pub struct Labels(Vec<(String, Object)>);

impl Labels {
    /// The object of a name.
    pub fn get(&self, label: &str) -> Option<&Object> {
        self.0.iter().find(|it| it.0 == label).map(|it| &it.1)
    }

    fn bind(&mut self, label: &str, object: Object) {
        match self.0.iter_mut().find(|it| it.0 == label) {
            Some(place) => place.1 = object,
            None => self.0.push((label.to_owned(), object)),
        }
    }
}

/// Why a line has no result.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Aludel says so.
    Error(Error),
    /// The scenario is wrong, or what it asks for is missing: a name of its own.
    Named(&'static str),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<NoSuch> for Problem {
    fn from(error: NoSuch) -> Self {
        Self::Named(match error {
            NoSuch::Label => "NoSuchLabel",
            NoSuch::Filter => "BadFilter",
        })
    }
}

impl From<Failed> for Problem {
    fn from(error: Failed) -> Self {
        match error {
            Failed::Error(error) => Self::Error(error),
            Failed::NoSuchAttribute => Self::Named("NoSuchAttribute"),
        }
    }
}

type Outcome = Result<Option<Json>, Problem>;

/// Runs one scenario on a database of its own.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    session: Session,
    labels: Labels,
    /// Every object that the session ever saw is held, so that its identity map loses nothing.
    kept: HashSet<Object>,
    line: u64,
    /// The row of the table of differences that the line met.
    noted: Option<&'static str>,
}

impl Runner {
    /// On an engine whose tables are there and empty; the first line says how the session behaves.
    pub fn new(engine: &Engine, config: &Json) -> Self {
        let yes = |name: &str| config.get(name).and_then(Json::as_bool).unwrap_or(true);
        let options = SessionOptions::new()
            .autoflush(yes("autoflush"))
            .expire_on_commit(yes("expire_on_commit"))
            .moved_orphans_leave(true);
        engine.log().start();
        Self {
            engine: engine.clone(),
            session: Session::with_options(engine, options),
            labels: Labels::default(),
            kept: HashSet::new(),
            line: 0,
            noted: None,
        }
    }

    /// The answer to a line.
    pub fn step(&mut self, op: &Json) -> Json {
        let name = op["op"].as_str().unwrap_or_default();
        let mut answer = Map::new();
        answer.insert("i".into(), self.line.into());
        answer.insert("op".into(), name.into());
        self.line += 1;
        drop(self.engine.log().take());
        self.noted = None;
        match self.run(name, op) {
            Ok(Some(result)) => drop(answer.insert("res".into(), result)),
            Ok(None) => {}
            Err(Problem::Named(error)) => drop(answer.insert("err".into(), error.into())),
            Err(Problem::Error(error)) => {
                if std::env::var_os("ALUDEL_CONFORMANCE_ERRORS").is_some() {
                    eprintln!("{}: {name}: {error}", self.line - 1);
                }
                answer.insert("err".into(), errors::name(name, &error).into());
            }
        }
        self.keep();
        if let Some(row) = self.noted {
            // Not compared: the original goes another way from now on, and may show it later.
            answer.insert("differs".into(), row.into());
        }
        let log = self.engine.log().take();
        if std::env::var_os("ALUDEL_CONFORMANCE_SQL").is_some() {
            log.iter().for_each(|it| eprintln!("{}: {name}: {it}", self.line - 1));
        }
        let (statements, rows) = sent::count(&log);
        if !statements.is_empty() {
            answer.insert("stmts".into(), json!(statements));
        }
        if !rows.is_empty() {
            answer.insert("rows".into(), json!(rows));
        }
        self.snapshot(name, &mut answer);
        Json::Object(answer)
    }

    fn run(&mut self, name: &str, op: &Json) -> Outcome {
        match name {
            "new" => self.new_object(op),
            "set" => {
                let object = self.object(op, "obj")?;
                // A key is read before it changes; nothing here reads by itself.
                if object.keys().contains(&text(op, "attr")) && object.inspect().expired {
                    object.fresh(&mut self.session)?;
                }
                object.set(&mut self.session, text(op, "attr"), &op["val"])?;
                Ok(None)
            }
            "set_ref" => {
                let other = match op["ref"].as_str() {
                    Some(label) => Some(self.label(label)?),
                    None => None,
                };
                let owner = self.object(op, "obj")?;
                if let Some(other) = &other {
                    self.bring_in(&owner, other)?;
                    let back = match (owner.class(), text(op, "attr")) {
                        ("User", _) => "user",
                        ("Profile", _) => "profile",
                        _ => "",
                    };
                    let former = other.loaded(back).unwrap_or_default();
                    let moves = former.first().is_some_and(|it| *it != owner);
                    self.noted = moves.then_some("former owners");
                }
                owner.set_ref(text(op, "attr"), other.as_ref())?;
                Ok(None)
            }
            "set_coll" => {
                let labels = op["refs"].as_array().into_iter().flatten().filter_map(Json::as_str);
                let members: Vec<_> = labels.map(|it| self.label(it)).collect::<Result<_, _>>()?;
                let owner = self.object(op, "obj")?;
                let name = text(op, "attr");
                owner.load(&mut self.session, name)?;
                for member in &members {
                    self.bring_in(&owner, member)?;
                }
                owner.set_coll(name, &members)?;
                Ok(None)
            }
            "append" | "remove" => {
                let member = self.object(op, "ref")?;
                let owner = self.object(op, "obj")?;
                let attribute = text(op, "attr");
                owner.load(&mut self.session, attribute)?;
                match name {
                    "append" => {
                        self.bring_in(&owner, &member)?;
                        let members = owner.loaded(attribute).unwrap_or_default();
                        self.noted = members.contains(&member).then_some("members once");
                        owner.push(attribute, &member)?;
                    }
                    _ => owner.remove(attribute, &member)?,
                }
                Ok(None)
            }
            "add" => unit(self.object(op, "obj")?.add(&mut self.session)),
            "delete" => unit(self.object(op, "obj")?.delete(&mut self.session)),
            "expunge" => unit(self.object(op, "obj")?.expunge(&mut self.session)),
            "flush" => unit(self.session.flush()),
            "commit" => unit(self.session.commit()),
            "rollback" => unit(self.session.rollback()),
            "close" => unit(self.session.close()),
            "forget" => {
                self.session.close()?;
                self.labels = Labels::default();
                self.kept.clear();
                Ok(None)
            }
            "refresh" if op.get("attrs").is_none() => {
                unit(self.object(op, "obj")?.refresh(&mut self.session))
            }
            "refresh" => {
                let names = names(op);
                self.object(op, "obj")?.refresh_some(&mut self.session, &names)?;
                Ok(None)
            }
            "expire" => {
                let names = op.get("attrs").map(|_| names(op));
                self.object(op, "obj")?.expire(&mut self.session, names.as_deref())?;
                Ok(None)
            }
            "expire_all" => unit(self.session.expire_all()),
            "is_modified" => Ok(Some(self.object(op, "obj")?.is_modified(&self.session).into())),
            "get" => self.get(op),
            "query" => self.query(op),
            "count" => self.count(op),
            "raw" => {
                let rows = self.session.execute(aludel::text(text(op, "sql")).autoflush(false))?;
                Ok(Some(rows.into()))
            }
            "check_identity" => Ok(Some((self.object(op, "a")? == self.object(op, "b")?).into())),
            "contains" => Ok(Some(self.object(op, "obj")?.is_in(&self.session).into())),
            "load" => self.load(op),
            "dump" => self.dump(op),
            _ => Err(Problem::Named("NotBuilt")),
        }
    }

    fn new_object(&mut self, op: &Json) -> Outcome {
        let values = op["vals"].as_object().cloned().unwrap_or_default();
        let object = Object::new(text(op, "cls"), &values);
        let object = object.ok_or(Problem::Named("NoSuchAttribute"))?;
        self.labels.bind(text(op, "as"), object);
        Ok(None)
    }

    fn get(&mut self, op: &Json) -> Outcome {
        if op.get("populate_existing").is_some() {
            return Err(Problem::Named("NotBuilt"));
        }
        let key: Vec<&Json> = op["pk"].as_array().into_iter().flatten().collect();
        let session = &mut self.session;
        macro_rules! by_id {
            ($($Model:ident)*) => {
                match (text(op, "cls"), key.as_slice()) {
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
        let found: Option<Object> =
            by_id!(User Address Profile Order Item Keyword Node Document Site);
        let Some(object) = found else { return Ok(Some(Json::Null)) };
        self.kept.insert(object.clone());
        if let Some(label) = op["as"].as_str() {
            self.labels.bind(label, object.clone());
        }
        Ok(Some(self.shown(&object).into()))
    }

    fn query(&mut self, op: &Json) -> Outcome {
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

    fn query_of<M: Model>(&mut self, op: &Json) -> Result<Vec<Object>, Problem> {
        if op.get("populate_existing").is_some() {
            return Err(Problem::Named("NotBuilt"));
        }
        if op["unique"] == false && joins_many(op) {
            return Err(Problem::Named("InvalidRequestError"));
        }
        let mut select: Select<Obj<M>> = M::all();
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
        let mut at_once = Vec::new();
        for option in op["opts"].as_array().into_iter().flatten() {
            let (strategy, path) = (option[0].as_str(), option[1].as_str());
            let (Some(strategy), Some(path)) = (strategy, path) else { continue };
            match strategy {
                "lazy" => {}
                "immediate" => at_once.push(path.to_owned()),
                _ => {
                    let path: Vec<&str> = path.split('.').collect();
                    let with = M::option(select, strategy, &path);
                    select = with.ok_or(Problem::Named("BadFilter"))?;
                }
            }
        }
        let rows = self.session.scalars(&select);
        // `first` reads all rows of the original's, too: it adds no limit.
        let objects = match op["fetch"].as_str() {
            Some("one") => vec![rows.one()?],
            Some("one_or_none") => rows.one_or_none()?.into_iter().collect(),
            Some("first") => rows.all()?.into_iter().take(1).collect(),
            _ => rows.all()?,
        };
        let objects: Vec<Object> = objects.into_iter().map(M::wrap).collect();
        self.kept.extend(objects.iter().cloned());
        for path in at_once {
            let mut level = objects.clone();
            for name in path.split('.') {
                let mut next = Vec::new();
                for object in level {
                    next.extend(object.load(&mut self.session, name)?);
                }
                level = next;
            }
        }
        Ok(objects)
    }

    fn count(&mut self, op: &Json) -> Outcome {
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

    fn load(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        let name = text(op, "attr");
        let relation = object.relationships().iter().find(|it| it.0 == name);
        let Some((_, many)) = relation else {
            let is_expired = object.is_expired(name);
            if is_expired {
                object.fresh(&mut self.session)?;
            }
            return Ok(Some(object.show(name).unwrap_or(Json::Null)));
        };
        let found = object.load(&mut self.session, name)?;
        self.kept.extend(found.iter().cloned());
        let mut shown = found.iter().map(|it| Json::from(self.shown(it)));
        Ok(Some(match many {
            true => shown.collect(),
            false => shown.next().unwrap_or(Json::Null),
        }))
    }

    fn dump(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        let inspection = object.inspect();
        let columns: Map<String, Json> = object
            .columns()
            .iter()
            .filter_map(|it| Some(((*it).to_owned(), object.show(it)?)))
            .filter(|_| !inspection.expired)
            .collect();
        let mut relationships = Map::new();
        for (name, many) in object.relationships() {
            let Some(found) = object.loaded(name) else { continue };
            let mut shown = found.iter().map(|it| Json::from(self.shown(it)));
            let value = match many {
                true => shown.collect(),
                false => shown.next().unwrap_or(Json::Null),
            };
            relationships.insert((*name).to_owned(), value);
        }
        Ok(Some(json!({
            "state": inspection.state.to_string(),
            "identity": identity(&inspection),
            "modified": self.session.dirty().iter().any(|it| object.is(it)),
            "cols": columns,
            "rels": relationships,
        })))
    }

    /// A link with an object of a session brings the other in; one that was deleted is refused, which the
    /// next flush would say, and `add` says at once.
    fn bring_in(&mut self, owner: &Object, other: &Object) -> Result<(), Problem> {
        let left = matches!(other.state(), State::Detached | State::Deleted);
        if left && owner.is_in(&self.session) {
            other.add(&mut self.session)?;
        }
        Ok(())
    }

    /// Holds what the session saw: all that is loaded of what is held.
    fn keep(&mut self) {
        let labelled = self.labels.0.iter().map(|it| it.1.clone());
        self.kept.extend(labelled.filter(|it| it.state() != State::Transient));
        let mut stack: Vec<Object> = self.kept.iter().cloned().collect();
        while let Some(object) = stack.pop() {
            for (name, _) in object.relationships() {
                for other in object.loaded(name).into_iter().flatten() {
                    if other.state() != State::Transient && self.kept.insert(other.clone()) {
                        stack.push(other);
                    }
                }
            }
        }
    }

    fn snapshot(&mut self, name: &str, answer: &mut Map<String, Json>) {
        const SNAPPED: [&str; 7] = [
            "flush",
            "commit",
            "rollback",
            "begin_nested",
            "commit_nested",
            "rollback_nested",
            "close",
        ];
        if !SNAPPED.contains(&name) {
            return;
        }
        let lists = [
            ("new", self.session.pending()),
            ("dirty", self.session.dirty()),
            ("deleted", self.session.deleted()),
        ];
        for (key, list) in lists {
            let objects = list.iter().filter_map(Object::of);
            let mut list: Vec<String> = objects.map(|it| self.shown(&it)).collect();
            list.sort();
            answer.insert(key.into(), list.into());
        }
        let states: Map<String, Json> = self
            .labels
            .0
            .iter()
            .map(|(label, object)| {
                let inspection = object.inspect();
                (label.clone(), json!([inspection.state.to_string(), identity(&inspection)]))
            })
            .collect();
        answer.insert("states".into(), states.into());
        let open = self.session.in_transaction();
        answer.insert("tx".into(), json!([open, false]));
        if matches!(name, "commit" | "rollback" | "close") && !open {
            answer.insert("tables".into(), tables(&self.engine));
        }
    }

    fn label(&self, label: &str) -> Result<Object, Problem> {
        self.labels.get(label).cloned().ok_or(Problem::Named("NoSuchLabel"))
    }

    fn object(&self, op: &Json, field: &str) -> Result<Object, Problem> {
        self.label(text(op, field))
    }

    /// An object as answers name it.
    fn shown(&self, object: &Object) -> String {
        if let Some((label, _)) = self.labels.0.iter().find(|it| it.1 == *object) {
            return label.clone();
        }
        let key = match identity(&object.inspect()) {
            Json::Array(key) => key.iter().map(text_of).collect::<Vec<_>>().join(","),
            _ => "?".to_owned(),
        };
        format!("~{}({key})", object.class())
    }
}

fn unit(result: aludel::Result<()>) -> Outcome {
    result.map(|()| None).map_err(Problem::from)
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

fn names(op: &Json) -> Vec<&str> {
    op["attrs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn text<'a>(op: &'a Json, field: &str) -> &'a str {
    op[field].as_str().unwrap_or_default()
}

fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key under which an object's row is known.
fn identity(inspection: &Known) -> Json {
    use aludel::Value;
    if matches!(inspection.state, State::Transient | State::Pending) {
        return Json::Null;
    }
    let json = |value: &Value| match value {
        Value::Int(it) => (*it).into(),
        Value::Text(it) => it.as_str().into(),
        _ => Json::Null,
    };
    inspection.identity.iter().flatten().map(json).collect()
}
