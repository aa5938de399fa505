//! Columns: names, the primary key, arguments that need or exclude each other.

use std::collections::HashMap;

use syn::{GenericArgument, PathArguments, Type};

use super::{Member, relationships::RESERVED};
use crate::{
    mistakes::Mistakes,
    parse::{ColumnArgs, NextVersion, last_segment},
};

impl Member<ColumnArgs> {
    /// The name in the database.
    pub(crate) fn sql_name(&self) -> String {
        self.args.name.as_ref().map_or_else(|| self.name.clone(), |name| name.value())
    }

    /// Whether a builder without this column is refused.
    ///
    /// The two types are known by name only: a macro sees no types. An alias of `Option<T>` is
    /// demanded, which does no harm.
    pub(crate) fn is_required(&self) -> bool {
        let fills_itself =
            matches!(last_segment(&self.declared).as_deref(), Some("Option" | "Auto"))
                || self.deferred().is_some_and(|it| last_segment(&it).as_deref() == Some("Option"));
        !fills_itself
            && self.args.default.is_none()
            && !self.is_counted()
            && self.args.property.is_none()
    }

    /// Whether the field's type is `Auto`, by name.
    pub(crate) fn is_auto(&self) -> bool {
        last_segment(&self.declared).as_deref() == Some("Auto")
    }

    /// What is inside a `Deferred`, by name.
    pub(crate) fn deferred(&self) -> Option<Type> {
        let path = match &self.declared {
            Type::Path(path) => path,
            Type::Group(group) => match &*group.elem {
                Type::Path(path) => path,
                _ => return None,
            },
            _ => return None,
        };
        let last = path.path.segments.last().filter(|it| it.ident == "Deferred")?;
        match &last.arguments {
            PathArguments::AngleBracketed(it) => match it.args.first()? {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the unit of work makes its value: a version that the program doesn't set.
    pub(crate) fn is_counted(&self) -> bool {
        let version = self.args.version.as_ref();
        version.is_some_and(|it| matches!(it.next, NextVersion::ByType | NextVersion::By(_)))
    }

    /// Whether a builder makes its first version; an `Auto` is set by the flush.
    pub(crate) fn is_begun(&self) -> bool {
        self.is_counted() && !self.is_auto()
    }

    /// Whether the field may be an `Auto`, under whichever name; the most common types can't.
    pub(crate) fn may_be_unset(&self) -> bool {
        const NEVER: [&str; 12] = [
            "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "f32", "f64", "String", "Option",
        ];
        last_segment(&self.declared).is_none_or(|name| !NEVER.contains(&name.as_str()))
    }
}

pub(super) fn check(columns: &[Member<ColumnArgs>], mistakes: &mut Mistakes) {
    let mut versions = columns.iter().filter_map(|it| Some((it, it.args.version.as_ref()?)));
    if let Some((first, _)) = versions.next() {
        for (_, second) in versions {
            let message = format!("a row has one version: field `{}`", first.name);
            mistakes.at(&second.key, message);
        }
    }
    let mut names = HashMap::new();
    for column in columns {
        // Databases compare column names without regard to case.
        if let Some(first) = names.insert(column.sql_name().to_lowercase(), &column.name) {
            let name = column.sql_name();
            let message = format!("the column `{name}` is there already: field `{first}`");
            match &column.args.name {
                Some(place) => mistakes.at(place, message),
                None => mistakes.at(&column.ident, message),
            }
        }
        check_one(column, mistakes);
    }
}

fn check_one(column: &Member<ColumnArgs>, mistakes: &mut Mistakes) {
    let args = &column.args;
    if let Some(property) = args.property.as_ref().filter(|_| args.is_stored()) {
        let key = &property.key;
        mistakes.at(
            key,
            format!("`{key}`: no column of the table holds it, so nothing else is said of one"),
        );
    }
    if column.deferred().is_some() {
        let why = match args {
            ColumnArgs { primary_key: true, .. } => Some("a row is told from others by its key"),
            ColumnArgs { foreign_key: Some(_), .. } => Some("relationships read foreign keys"),
            ColumnArgs { version: Some(_), .. } => Some("each UPDATE names the version"),
            _ => None,
        };
        if let Some(why) = why {
            mistakes.at(&column.ty, format!("{why}: it can't be loaded on demand"));
        }
        let name = &column.name;
        if RESERVED.contains(&name.as_str()) {
            let message = format!(
                "a `Deferred` column can't be called `{name}`: `Obj` has a method of that name, and has one by \
                 which the column is loaded"
            );
            mistakes.at(&column.ident, message);
        }
    }
    if let Some(name) = args.name.as_ref().filter(|name| name.value().is_empty()) {
        mistakes.at(name, "a column needs a name");
    }
    if args.primary_key && last_segment(&column.declared).as_deref() == Some("Option") {
        mistakes.at(
            &column.ty,
            "a primary key is never NULL; for one that the database generates write `Auto<…>`",
        );
    }
    if args.foreign_key.is_none() {
        for action in [&args.on_delete, &args.on_update].into_iter().flatten() {
            let key = &action.key;
            mistakes.at(key, format!("`{key}` needs `foreign_key = …` beside it"));
        }
        if let Some(it) = &args.deferrable {
            let key = &it.key;
            mistakes.at(key, format!("`{key}` needs `foreign_key = …` beside it"));
        }
        if args.use_alter {
            mistakes.at(&column.ident, "`use_alter` needs `foreign_key = …` beside it");
        }
    }
    let default = args.default.as_ref().or(args.default_expression.as_ref());
    let default = default.or(args.default_of_row.as_ref());
    if let (Some(default), Some(_)) = (default, &args.server_default) {
        mistakes.at(default, "the program's `default` and a `server_default`: choose one");
    }
    if let Some(computed) = &args.computed {
        let clash = default.is_some() || args.server_default.is_some() || args.onupdate.is_some();
        if clash || args.server_onupdate || args.version.is_some() || args.identity.is_some() {
            mistakes.at(&computed.sql, "what the database computes nobody else fills in");
        }
        if args.primary_key {
            mistakes.at(&computed.sql, "a row can't be told from others by what is computed of it");
        }
    }
    if let Some((name, _)) = &args.sequence
        && (default.is_some()
            || args.server_default.is_some()
            || args.identity.is_some()
            || args.computed.is_some())
    {
        mistakes.at(name, "what a sequence fills in nobody else does");
    }
    if let Some(version) = &args.version {
        if args.primary_key {
            mistakes.at(&version.key, "a version changes with each UPDATE: it can't be in the key");
        }
        if last_segment(&column.declared).as_deref() == Some("Option") {
            mistakes
                .at(&column.ty, "a version is never NULL: it is compared, and NULL equals nothing");
        }
        if let Some(default) = default.filter(|_| column.is_counted()) {
            mistakes.at(
                default,
                "the unit of work makes the first version, too: leave `default` out, or say what \
                 follows by `version = |old| …`",
            );
        }
    }
    if let (Some(value), true) = (&args.onupdate, args.server_onupdate) {
        mistakes.at(value, "the program's `onupdate` and a `server_onupdate`: choose one");
    }
    if let Some(value) = args.onupdate.as_ref().filter(|_| args.primary_key) {
        mistakes.at(value, "a key that changes with each UPDATE tells no row from others");
    }
    if let Some(value) = args.onupdate.as_ref().filter(|_| args.version.is_some()) {
        mistakes.at(value, "a version changes with each UPDATE by itself: leave `onupdate` out");
    }
    if let (Some(length), Some(_)) = (&args.length, &args.numeric) {
        mistakes.at(length, "`length` is for text and `numeric` for decimals: choose one");
    }
    let said = args.length.is_some() || args.numeric.is_some();
    if let Some(ty) = args.sql_type.as_ref().filter(|_| said || args.annotated.is_some()) {
        mistakes.at(ty, "`sql_type` says all of the type: leave the other out");
    } else if let Some(name) = args.annotated.as_ref().filter(|_| said) {
        mistakes.at(name, "the type map says all of the type: leave `length` or `numeric` out");
    }
}
