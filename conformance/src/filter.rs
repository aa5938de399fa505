//! Filters of scenarios, as conditions.

use aludel::{Expr, all_of, any_of};
use serde_json::Value as Json;

use crate::{labels::Labels, model::Model, object::Object};

/// What a scenario names and isn't there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSuch {
    /// An object.
    Label,
    /// A comparison.
    Filter,
}

/// Where filters find the objects that they name.
pub struct Scope<'a>(pub &'a Labels);

impl Scope<'_> {
    fn object(&self, label: &str) -> Result<&Object, NoSuch> {
        self.0.get(label).ok_or(NoSuch::Label)
    }

    /// Whether a profile is somebody's, by the key that it holds; NULL is nobody's.
    fn owns<E: Model>(profile: &Object) -> Option<Expr<bool>> {
        let key = profile.show("user_id").unwrap_or(Json::Null);
        E::column("id")?.compare(if key.is_null() { "lt" } else { "eq" }, &key)
    }

    /// A filter of an entity, as a condition.
    ///
    /// # Errors
    /// It names something that isn't there.
    pub fn criterion<E: Model>(&self, filter: &Json) -> Result<Expr<bool>, NoSuch> {
        let several = |list: &Json| {
            let parts = list.as_array().ok_or(NoSuch::Filter)?.iter();
            parts.map(|it| self.criterion::<E>(it)).collect::<Result<Vec<_>, _>>()
        };
        if let Some(parts) = filter.get("and") {
            return several(parts).map(all_of);
        }
        if let Some(parts) = filter.get("or") {
            return several(parts).map(any_of);
        }
        if let Some(inner) = filter.get("not") {
            return self.criterion::<E>(inner).map(|it| !it);
        }
        if let Some(name) = filter.get("any").or_else(|| filter.get("has")).and_then(Json::as_str) {
            let inner =
                filter.get("where").filter(|it| it.as_object().is_some_and(|it| !it.is_empty()));
            return E::related(name, inner, self);
        }
        if let Some(name) = filter.get("is_ref").and_then(Json::as_str) {
            let other = match filter.get("ref").and_then(Json::as_str) {
                Some(label) => Some(self.object(label)?),
                None => None,
            };
            if let Some(profile) = other.filter(|_| name == "profile") {
                return Self::owns::<E>(profile).ok_or(NoSuch::Filter);
            }
            return E::is(name, other).ok_or(NoSuch::Filter);
        }
        let column = filter.get("attr").and_then(Json::as_str).and_then(E::column);
        let how = filter.get("cmp").and_then(Json::as_str).ok_or(NoSuch::Filter)?;
        let value = filter.get("val").unwrap_or(&Json::Null);
        column.ok_or(NoSuch::Filter)?.compare(how, value).ok_or(NoSuch::Filter)
    }
}

/// The profiles that a filter names.
pub fn profiles<'f>(filter: &'f Json, labels: &mut Vec<&'f str>) {
    match filter {
        Json::Array(parts) => parts.iter().for_each(|it| profiles(it, labels)),
        Json::Object(parts) => {
            if parts.get("is_ref").is_some_and(|it| it == "profile") {
                labels.extend(parts.get("ref").and_then(Json::as_str));
            }
            parts.values().for_each(|it| profiles(it, labels));
        }
        _ => {}
    }
}
