//! What changes objects, and rows.

use std::collections::HashSet;

use aludel::{State, Synchronize, prelude::*};
use serde_json::{Value as Json, json};

use super::{Outcome, Problem, Runner, names, text};
use crate::{filter::Scope, model::Model, object::Object};

impl Runner {
    pub(super) fn new_object(&mut self, op: &Json) -> Outcome {
        let values = op["vals"].as_object().cloned().unwrap_or_default();
        let object = Object::new(text(op, "cls"), &values);
        let object = object.ok_or(Problem::Named("NoSuchAttribute"))?;
        object.know(&mut self.session);
        self.labels.bind(text(op, "as"), object);
        Ok(None)
    }

    pub(super) fn set(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        // A key is read before it changes; nothing here reads by itself.
        if object.keys().contains(&text(op, "attr")) && object.is_expired(text(op, "attr")) {
            object.fresh(&mut self.session)?;
        }
        if object.keys().contains(&text(op, "attr")) && object.state() == State::Persistent {
            self.noted.push("new key");
        }
        object.set(&mut self.session, text(op, "attr"), &op["val"])?;
        Ok(None)
    }

    pub(super) fn set_ref(&mut self, op: &Json) -> Outcome {
        let other = match op["ref"].as_str() {
            Some(label) => Some(self.label(label)?),
            None => None,
        };
        let owner = self.object(op, "obj")?;
        if let Some(other) = &other {
            // Who stands there already comes in by nothing.
            if owner.loaded(text(op, "attr")).is_none_or(|it| !it.contains(other)) {
                self.bring_in(&owner, other)?;
            }
            let back = if owner.class() == "User" { "user" } else { "" };
            let former = other.loaded(back).unwrap_or_default();
            // The flush of the original goes by what the former owner shows, if that is a change.
            let changes = |it: &Object| *it != owner && it.is_changed("profile");
            if former.first().is_some_and(changes) {
                self.ends = Some("former owners");
            }
        }
        owner.recall(&mut self.session, text(op, "attr"))?;
        if let Some(other) = &other {
            self.recall_owners(&owner, text(op, "attr"), std::slice::from_ref(other))?;
        }
        let former = owner.loaded(text(op, "attr")).unwrap_or_default();
        let members = former.iter().filter_map(|it| it.loaded("addresses")).flatten();
        if members.filter(|it| *it == owner).count() > 1 {
            self.noted.push("listed twice");
        }
        owner.set_ref(text(op, "attr"), other.as_ref())?;
        Ok(None)
    }

    pub(super) fn set_coll(&mut self, op: &Json) -> Outcome {
        let labels = op["refs"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let members: Vec<_> = labels.map(|it| self.label(it)).collect::<Result<_, _>>()?;
        let owner = self.object(op, "obj")?;
        let name = text(op, "attr");
        let former = owner.load(&mut self.session, name)?;
        for member in &members {
            self.bring_in(&owner, member)?;
        }
        let only = |some: &[Object], others: &[Object]| -> Vec<Object> {
            some.iter().filter(|it| !others.contains(it)).cloned().collect()
        };
        self.recall_owners(&owner, name, &only(&former, &members))?;
        self.recall_owners(&owner, name, &only(&members, &former))?;
        owner.set_coll(name, &members)?;
        Ok(None)
    }

    pub(super) fn append(&mut self, op: &Json) -> Outcome {
        let member = self.object(op, "ref")?;
        let owner = self.object(op, "obj")?;
        let name = text(op, "attr");
        owner.load(&mut self.session, name)?;
        if let Err(refused) = self.bring_in(&owner, &member) {
            self.set_new(&owner, name)?;
            return Err(refused);
        }
        self.recall_owners(&owner, name, std::slice::from_ref(&member))?;
        if owner.loaded(name).unwrap_or_default().contains(&member) {
            self.noted.push("listed again");
        }
        owner.push(name, &member)?;
        Ok(None)
    }

    pub(super) fn remove(&mut self, op: &Json) -> Outcome {
        let member = self.object(op, "ref")?;
        let owner = self.object(op, "obj")?;
        let name = text(op, "attr");
        let members = owner.load(&mut self.session, name)?;
        self.recall_owners(&owner, name, std::slice::from_ref(&member))?;
        if !members.contains(&member) {
            self.noted.push("removed what isn't there");
            self.set_new(&owner, name)?;
        }
        owner.remove(name, &member)?;
        Ok(None)
    }

    /// The collection of a new object counts as set there once something was said of it, even if that failed.
    fn set_new(&mut self, owner: &Object, name: &str) -> Result<(), Problem> {
        if matches!(owner.state(), State::Transient | State::Pending) {
            owner.set_coll(name, &owner.loaded(name).unwrap_or_default())?;
        }
        Ok(())
    }

    /// The original looks for who owns these, before they come to an owner or go.
    fn recall_owners(
        &mut self,
        owner: &Object,
        name: &str,
        members: &[Object],
    ) -> Result<(), Problem> {
        if let Some(back) = back(owner, name) {
            for member in members {
                member.recall(&mut self.session, back)?;
            }
        }
        Ok(())
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

    pub(super) fn delete(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        // Its row is gone already.
        match object.state() {
            State::Detached => self.noted.push("long gone"),
            State::Deleted => self.noted.push("deleted again"),
            _ => {}
        }
        object.delete(&mut self.session)?;
        let is_taken_up = |(name, many): &(&str, bool)| {
            !many && object.is_changed(name) && object.loaded(name).is_some_and(|it| !it.is_empty())
        };
        if object.relationships().iter().any(is_taken_up) {
            self.noted.push("taken up");
        }
        let names = object.relationships().iter().map(|it| it.0);
        let mut linked = names.filter_map(|it| object.loaded(it)).flatten();
        if linked.any(|it| matches!(it.state(), State::Deleted | State::Detached)) {
            self.noted.push("deleted again");
        }
        Ok(None)
    }

    pub(super) fn refresh(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        match op.get("attrs") {
            None => object.refresh(&mut self.session)?,
            Some(_) => object.refresh_some(&mut self.session, &names(op))?,
        }
        Ok(None)
    }

    pub(super) fn expire(&mut self, op: &Json) -> Outcome {
        let names = op.get("attrs").map(|_| names(op));
        self.object(op, "obj")?.expire(&mut self.session, names.as_deref())?;
        Ok(None)
    }

    pub(super) fn merge(&mut self, op: &Json) -> Outcome {
        let object = self.object(op, "obj")?;
        if self.lists_again(&object) {
            self.noted.push("listed by a copy");
        }
        let merged = object.merge(&mut self.session, op["load"] != false)?;
        if let Some(label) = op["as"].as_str() {
            self.labels.bind(label, merged.clone());
        }
        Ok(Some(json!({ "same": merged == object, "obj": self.shown(&merged) })))
    }

    /// Whether a merge makes another owner of members that are listed by one without a row.
    fn lists_again(&self, object: &Object) -> bool {
        let (mut stack, mut seen) = (vec![object.clone()], HashSet::new());
        while let Some(owner) = stack.pop() {
            let is_new = matches!(owner.state(), State::Transient | State::Pending);
            for (name, many) in owner.relationships() {
                let members = owner.loaded(name).unwrap_or_default();
                let has_row = |it: &Object| it.state() == State::Persistent;
                if *many && is_new && members.iter().any(has_row) {
                    return true;
                }
                stack.extend(members.into_iter().filter(|it| seen.insert(it.clone())));
            }
        }
        false
    }

    pub(super) fn update<M: Model>(&mut self, op: &Json) -> Outcome {
        let mut update = update(<M as Mapped>::Entity::TABLE).synchronize_session(synchronize(op));
        for (name, value) in op["vals"].as_object().into_iter().flatten() {
            let column = M::column(name).ok_or(Problem::Named("BadFilter"))?;
            update = column.assign(update, value);
        }
        if let Some(filter) = op.get("filter") {
            update = update.filter(Scope(&self.labels).criterion::<M>(filter)?);
        }
        Ok(Some(self.session.execute(update)?.into()))
    }

    pub(super) fn bulk_delete<M: Model>(&mut self, op: &Json) -> Outcome {
        let mut delete = delete(<M as Mapped>::Entity::TABLE).synchronize_session(synchronize(op));
        if let Some(filter) = op.get("filter") {
            delete = delete.filter(Scope(&self.labels).criterion::<M>(filter)?);
        }
        Ok(Some(self.session.execute(delete)?.into()))
    }
}

/// The to-one relationship that leads back from a member.
fn back(owner: &Object, name: &str) -> Option<&'static str> {
    match (owner.class(), name) {
        ("User", _) => Some("user"),
        ("Node", "children") => Some("parent"),
        ("Region", _) => Some("region"),
        _ => None,
    }
}

/// How the objects of the session follow a statement.
fn synchronize(op: &Json) -> Synchronize {
    match text(op, "sync") {
        "evaluate" => Synchronize::Evaluate,
        "fetch" => Synchronize::Fetch,
        "none" => Synchronize::Off,
        _ => Synchronize::Auto,
    }
}
