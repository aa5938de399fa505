//! [`Labels`]: the names that a scenario gives to objects.

use crate::object::Object;

/// The names of objects, in the order in which they were first given.
#[derive(Debug, Default)]
pub struct Labels(Vec<(String, Object)>);

impl Labels {
    /// The object of a name.
    pub fn get(&self, label: &str) -> Option<&Object> {
        self.0.iter().find(|it| it.0 == label).map(|it| &it.1)
    }

    /// Gives an object a name; what had it before has it no longer.
    pub fn bind(&mut self, label: &str, object: Object) {
        match self.0.iter_mut().find(|it| it.0 == label) {
            Some(place) => place.1 = object,
            None => self.0.push((label.to_owned(), object)),
        }
    }

    /// The first name of an object.
    pub fn of(&self, object: &Object) -> Option<&str> {
        self.iter().find(|it| it.1 == object).map(|it| it.0)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.0.iter().map(|it| (it.0.as_str(), &it.1))
    }
}
