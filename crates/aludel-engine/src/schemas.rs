//! [`Schemas`]: maps of schemas, each kept once, and dialects that go by them.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, Mutex, PoisonError},
};

use aludel_core::{
    dialect::{Capability, Dialect, Spelling},
    schema::{Catalog, SchemaTranslate},
    value::{DateTime, SqlType},
};

/// A map of schemas. Engines, sessions and compiled statements go by it for as long as the program lives, so
/// each map is kept once, and a reference is all that anybody copies.
#[derive(Clone, Copy, Debug)]
pub struct Schemas(&'static Kept);

#[derive(Debug)]
struct Kept {
    /// 0 is the map in which all stays as it is declared.
    number: u32,
    map: SchemaTranslate,
    dialects: Mutex<Vec<&'static Translated>>,
}

static DECLARED: LazyLock<Kept> = LazyLock::new(|| Kept {
    number: 0,
    map: SchemaTranslate::default(),
    dialects: Mutex::default(),
});

impl Schemas {
    /// All stays as it is declared.
    pub(crate) fn declared() -> Self {
        Self(&DECLARED)
    }

    /// Those of a map.
    pub fn of(map: SchemaTranslate) -> Self {
        static ALL: Mutex<BTreeMap<SchemaTranslate, &'static Kept>> = Mutex::new(BTreeMap::new());
        if map.is_empty() {
            return Self::declared();
        }
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        let number = all.len() as u32 + 1;
        Self(all.entry(map.clone()).or_insert_with(|| {
            Box::leak(Box::new(Kept { number, map, dialects: Mutex::default() }))
        }))
    }

    pub(crate) fn map(self) -> &'static SchemaTranslate {
        &self.0.map
    }

    /// A dialect that names tables by the map.
    pub(crate) fn dialect(self, inner: &'static dyn Dialect) -> &'static dyn Dialect {
        if self.0.map.is_empty() {
            return inner;
        }
        let mut made = self.0.dialects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = made.iter().find(|it| it.inner.name() == inner.name()) {
            return *known;
        }
        let new: &'static Translated = Box::leak(Box::new(Translated { inner, schemas: self }));
        made.push(new);
        new
    }
}

/// A dialect whose tables stand in other schemas than they are declared in.
#[derive(Debug)]
struct Translated {
    inner: &'static dyn Dialect,
    schemas: Schemas,
}

impl Dialect for Translated {
    fn schema<'a>(&'a self, declared: Option<&'a str>) -> Option<&'a str> {
        self.schemas.0.map.schema(declared)
    }

    fn cache_key(&self) -> (&'static str, u32) {
        (self.inner.name(), self.schemas.0.number)
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capability(&self) -> &'static Capability {
        self.inner.capability()
    }

    fn placeholder(&self, sql: &mut String, position: usize) {
        self.inner.placeholder(sql, position);
    }

    fn type_name(&self, sql: &mut String, ty: SqlType) {
        self.inner.type_name(sql, ty);
    }

    fn key_type_name(&self, sql: &mut String, ty: SqlType) {
        self.inner.key_type_name(sql, ty);
    }

    fn cast_name(&self, sql: &mut String, ty: SqlType) {
        self.inner.cast_name(sql, ty);
    }

    fn function(&self, name: &'static str) -> Spelling {
        self.inner.function(name)
    }

    fn is_reserved(&self, word: &str) -> bool {
        self.inner.is_reserved(word)
    }

    fn identifier(&self, sql: &mut String, name: &str) {
        self.inner.identifier(sql, name);
    }

    fn quoted(&self, sql: &mut String, name: &str) {
        self.inner.quoted(sql, name);
    }

    fn text_literal(&self, sql: &mut String, text: &str) {
        self.inner.text_literal(sql, text);
    }

    fn bytes_literal(&self, sql: &mut String, bytes: &[u8]) {
        self.inner.bytes_literal(sql, bytes);
    }

    fn catalog(&self) -> Option<&'static dyn Catalog> {
        self.inner.catalog()
    }

    fn script_statement(&self, script: &mut String, statement: &str) {
        self.inner.script_statement(script, statement);
    }

    fn instant_literal(&self, sql: &mut String, moment: DateTime) {
        self.inner.instant_literal(sql, moment);
    }
}
