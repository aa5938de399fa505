//! What an answer shows: objects by their names, states, tables.

use aludel::{State, Value};
use serde_json::{Map, Value as Json, json};

use super::{Outcome, Runner};
use crate::{known::Known, object::Object, tables::tables};

/// Operations whose answers show every object's state.
const SNAPPED: [&str; 7] =
    ["flush", "commit", "rollback", "begin_nested", "commit_nested", "rollback_nested", "close"];

impl Runner {
    /// Holds what the session saw: all that is loaded of what is held.
    pub(super) fn keep(&mut self) {
        let labelled = self.labels.iter().map(|it| it.1.clone());
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

    pub(super) fn snapshot(&mut self, name: &str, answer: &mut Map<String, Json>) {
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
        let state = |object: &Object| {
            let inspection = object.inspect();
            json!([inspection.state.to_string(), identity(&inspection)])
        };
        let states: Map<String, Json> =
            self.labels.iter().map(|it| (it.0.to_owned(), state(it.1))).collect();
        answer.insert("states".into(), states.into());
        let open = self.session.in_transaction();
        answer.insert("tx".into(), json!([open, self.session.in_nested_transaction()]));
        if matches!(name, "commit" | "rollback" | "close") && !open {
            answer.insert("tables".into(), tables(&self.engine));
        }
    }

    pub(super) fn dump(&mut self, op: &Json) -> Outcome {
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
            relationships.insert((*name).to_owned(), self.shown_all(&found, *many));
        }
        Ok(Some(json!({
            "state": inspection.state.to_string(),
            "identity": identity(&inspection),
            "modified": self.session.dirty().iter().any(|it| object.is(it)),
            "cols": columns,
            "rels": relationships,
        })))
    }

    /// What a relationship holds: a list, or an object or none.
    pub(super) fn shown_all(&self, found: &[Object], many: bool) -> Json {
        let mut shown = found.iter().map(|it| Json::from(self.shown(it)));
        match many {
            true => shown.collect(),
            false => shown.next().unwrap_or(Json::Null),
        }
    }

    /// An object as answers name it.
    pub(super) fn shown(&self, object: &Object) -> String {
        if let Some(label) = self.labels.of(object) {
            return label.to_owned();
        }
        let key = match identity(&object.inspect()) {
            Json::Array(key) => key.iter().map(text_of).collect::<Vec<_>>().join(","),
            _ => "?".to_owned(),
        };
        format!("~{}({key})", object.class())
    }
}

pub(super) fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The key under which an object's row is known.
pub(super) fn identity(inspection: &Known) -> Json {
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
