//! How generated code says what a column or a relationship is: constants, built in `const` context,
//! so that a wrong argument is refused when the program is compiled.

use std::iter;

use aludel_core::{
    dialect::DialectName,
    expr::{ColumnRef, Node, OrderBy, SortKeys},
    schema::{Action, Deferrable, Identity, Sequence, ServerDefault, Storage},
    value::{SqlType, TypeVariants, Value},
};

use super::{
    Back, BaseMeta, Cascade, ColumnDefault, ColumnMeta, Computed, DeclarativeBase, Deferral,
    EntityMeta, FieldKind, ForeignKeyMeta, OnUpdate, PassiveDeletes, Property, Rare, Referred,
    RelationshipMeta, RowCells, Strategy, Typed,
};
use crate::object::{RelField, target_meta};

#[cfg(test)]
mod tests;

impl ColumnMeta {
    /// A column of the same name as its field.
    pub const fn new(field: &'static str, kind: FieldKind) -> Self {
        Self {
            name: field,
            field,
            ty: kind.ty,
            scalar: kind.scalar,
            typed: Typed::ByMap,
            nullable: kind.nullable,
            auto: kind.auto,
            foreign_key: None,
            unique: false,
            index: false,
            default: ColumnDefault::None,
            on_update: None,
            version: None,
            identity: None,
            sequence: None,
            collations: &[],
            comment: None,
            property: None,
            synonyms: &[],
            deferral: if kind.deferred { Some(&Deferral::ON_DEMAND) } else { None },
        }
    }

    /// Is a column of a composite value: this is its name, and that of its field.
    #[must_use]
    pub const fn within(mut self, name: &'static str, field: &'static str, optional: bool) -> Self {
        self.name = name;
        self.field = field;
        self.nullable = self.nullable || optional;
        self
    }

    /// When it is loaded.
    ///
    /// # Panics
    /// The field is no `Deferred`. Generated code calls this in a `static`, where a panic is a compiler
    /// error.
    #[must_use]
    pub const fn deferral(mut self, deferral: &'static Deferral) -> Self {
        assert!(
            self.deferral.is_some(),
            "what is loaded on demand needs a field that can be without a value: `Deferred<…>`"
        );
        self.deferral = Some(deferral);
        self
    }

    /// It has other names on the entity constant, too.
    #[must_use]
    pub const fn synonyms(mut self, names: &'static [&'static str]) -> Self {
        self.synonyms = names;
        self
    }

    /// No column of the table holds it, but an expression of them stands for it.
    ///
    /// # Panics
    /// The field is neither an `Auto` nor a `Deferred`, so that an object always has a value. Generated
    /// code calls this in a `static`, where a panic is a compiler error.
    #[must_use]
    pub const fn property(mut self, property: Property) -> Self {
        assert!(
            self.auto || self.deferral.is_some(),
            "what an expression computes needs a field that can be without a value: `Auto<…>`, `Deferred<…>`"
        );
        self.property = Some(property);
        match property {
            // It is another after each UPDATE, for all that is known.
            Property::Expression(_) => self.on_update = Some(OnUpdate::Server),
            Property::ByQuery => assert!(
                self.deferral.is_some(),
                "what a query fills is there with that alone: `Deferred<…>`"
            ),
        }
        self
    }

    /// Whether an object may be without a value for it.
    const fn may_be_absent(&self) -> bool {
        self.auto || self.nullable || self.deferral.is_some()
    }

    /// A sequence fills it in.
    ///
    /// # Panics
    /// As [`default_expression`](Self::default_expression), or it is no integer.
    #[must_use]
    pub const fn sequence(mut self, sequence: fn() -> Sequence) -> Self {
        assert!(
            self.auto && self.ty.is_integer(),
            "what a sequence fills in is an integer that can be without a value: `Auto<i64>`"
        );
        self.sequence = Some(sequence);
        self
    }

    /// How its texts are compared.
    #[must_use]
    pub const fn collations(
        mut self,
        collations: &'static [(Option<DialectName>, &'static str)],
    ) -> Self {
        self.collations = collations;
        self
    }

    /// What it is, in words for people.
    #[must_use]
    pub const fn comment(mut self, comment: &'static str) -> Self {
        self.comment = Some(comment);
        self
    }

    /// The database numbers it, by a sequence of the column's own.
    ///
    /// # Panics
    /// As [`default_expression`](Self::default_expression), or it is no integer.
    #[must_use]
    pub const fn identity(mut self, identity: Identity) -> Self {
        assert!(
            self.auto && self.ty.is_integer(),
            "what the database numbers is an integer that can be without a value: `Auto<i64>`"
        );
        self.identity = Some(identity);
        self
    }

    /// Has another name in the database.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Refers to a column: checked at compile time.
    #[must_use]
    pub const fn references(self, column: fn() -> ColumnRef) -> Self {
        self.refers(Referred::Column(column))
    }

    /// Refers to a column by `"table.column"`: checked when the registry is configured.
    #[must_use]
    pub const fn references_named(self, column: &'static str) -> Self {
        self.refers(Referred::Named(column))
    }

    const fn refers(mut self, target: Referred) -> Self {
        let (on_delete, on_update) = (Action::NoAction, Action::NoAction);
        let (use_alter, deferrable) = (false, Deferrable::No);
        self.foreign_key =
            Some(ForeignKeyMeta { target, on_delete, on_update, use_alter, deferrable });
        self
    }

    /// What happens when the row referred to is deleted.
    #[must_use]
    pub const fn on_delete(mut self, action: Action) -> Self {
        if let Some(foreign_key) = &mut self.foreign_key {
            foreign_key.on_delete = action;
        }
        self
    }

    /// What happens when the key referred to changes.
    #[must_use]
    pub const fn on_update(mut self, action: Action) -> Self {
        if let Some(foreign_key) = &mut self.foreign_key {
            foreign_key.on_update = action;
        }
        self
    }

    /// The foreign key is added when all tables are there.
    #[must_use]
    pub const fn use_alter(mut self) -> Self {
        if let Some(foreign_key) = &mut self.foreign_key {
            foreign_key.use_alter = true;
        }
        self
    }

    /// When the foreign key is checked.
    #[must_use]
    pub const fn deferrable(mut self, when: Deferrable) -> Self {
        if let Some(foreign_key) = &mut self.foreign_key {
            foreign_key.deferrable = when;
        }
        self
    }

    /// No two rows have the same value.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Has an index by itself.
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Is NOT NULL, whatever the field's type.
    #[must_use]
    pub const fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Text of at most so many characters.
    ///
    /// # Panics
    /// The column doesn't hold text. Generated code calls this in a `static`, where a panic is a
    /// compiler error.
    #[must_use]
    pub const fn length(mut self, characters: u32) -> Self {
        assert!(matches!(self.ty, SqlType::Text), "`length` is for columns that hold text");
        self.ty = SqlType::VarChar(characters);
        self.typed = Typed::Here;
        self
    }

    /// An exact decimal number of so many digits, `scale` of them behind the point.
    ///
    /// # Panics
    /// The column doesn't hold decimals. Generated code calls this in a `static`, where a panic is
    /// a compiler error.
    #[must_use]
    pub const fn numeric(mut self, precision: u8, scale: u8) -> Self {
        assert!(
            matches!(self.ty, SqlType::Decimal | SqlType::Numeric(..)),
            "`numeric` is for columns that hold exact decimal numbers"
        );
        self.ty = SqlType::Numeric(precision, scale);
        self.typed = Typed::Here;
        self
    }

    /// Has the SQL type that the base's type map has under this name.
    #[must_use]
    pub const fn annotated(mut self, name: &'static str) -> Self {
        self.typed = Typed::Annotated(name);
        self
    }

    /// Has this SQL type.
    #[must_use]
    pub const fn sql_type(mut self, ty: fn() -> TypeVariants) -> Self {
        self.typed = Typed::Variants(ty);
        self
    }

    /// The database fills it in.
    #[must_use]
    pub const fn server_default(mut self, default: fn() -> ServerDefault) -> Self {
        self.default = ColumnDefault::Server(default);
        self
    }

    /// The database fills it in, by an expression in the INSERT.
    ///
    /// # Panics
    /// The column is neither an `Auto` nor nullable, so that an object always has a value. Generated code
    /// calls this in a `static`, where a panic is a compiler error.
    #[must_use]
    pub const fn default_expression(mut self, default: fn() -> Node) -> Self {
        assert!(
            self.may_be_absent(),
            "a default that the database computes needs a field that can be without a value: `Auto<…>`"
        );
        self.default = ColumnDefault::Expression(default);
        self
    }

    /// The database computes it, and nobody sets it.
    ///
    /// # Panics
    /// As [`default_expression`](Self::default_expression).
    #[must_use]
    pub const fn computed(mut self, sql: &'static str, storage: Storage) -> Self {
        assert!(
            self.may_be_absent(),
            "what the database computes needs a field that can be without a value: `Auto<…>`"
        );
        self.default = ColumnDefault::Computed(Computed { sql, storage });
        self.on_update = Some(OnUpdate::Server);
        self
    }

    /// Each UPDATE that doesn't set it sets it to this.
    #[must_use]
    pub const fn client_on_update(mut self, value: fn() -> Node) -> Self {
        self.on_update = Some(OnUpdate::Client(value));
        self
    }

    /// The database changes it with each UPDATE.
    #[must_use]
    pub const fn server_on_update(mut self) -> Self {
        self.on_update = Some(OnUpdate::Server);
        self
    }

    /// The program fills it in.
    #[must_use]
    pub const fn default(mut self, default: fn() -> Value) -> Self {
        self.default = ColumnDefault::Client(default);
        self
    }

    /// The program fills it in, by the other values of the row.
    ///
    /// # Panics
    /// As [`default_expression`](Self::default_expression).
    #[must_use]
    pub const fn default_of_row(mut self, default: fn(&RowCells<'_>) -> Value) -> Self {
        assert!(
            self.may_be_absent(),
            "a default that depends on the row needs a field that can be without a value: `Auto<…>`"
        );
        self.default = ColumnDefault::Row(default);
        self
    }
}

impl RelationshipMeta {
    /// The entities that it leads to: its target, and its association if it goes by one.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &'static EntityMeta> + use<> {
        iter::once((self.target)()).chain(self.secondary.map(|it| it()))
    }

    /// A relationship of a field of type `F`: `Many<R>` or `One<R>`.
    pub const fn new<F: RelField>(name: &'static str) -> Self {
        Self {
            name,
            many: F::MANY,
            target: target_meta::<F>,
            back: None,
            cascade: Cascade::DEFAULT,
            order_by: None,
            foreign_keys: None,
            remote_side: None,
            secondary: None,
            strategy: Strategy::Lazy,
            passive_deletes: PassiveDeletes::No,
            passive_updates: true,
            post_update: false,
            single_parent: false,
            viewonly: false,
            overlaps: &[],
            key: name,
            rare: const { &F::RARE },
        }
    }

    /// Says what few relationships do.
    #[must_use]
    pub const fn rare(mut self, rare: &'static Rare) -> Self {
        self.rare = rare;
        self
    }

    /// Is mirrored by another: checked at compile time.
    #[must_use]
    pub const fn back(mut self, position: fn() -> u16) -> Self {
        self.back = Some(Back::Relationship(position));
        self
    }

    /// Is mirrored by another, by name: checked when the registry is configured.
    #[must_use]
    pub const fn back_named(mut self, name: &'static str) -> Self {
        self.back = Some(Back::Named(name));
        self
    }

    /// Which operations follow it.
    #[must_use]
    pub const fn cascade(mut self, cascade: Cascade) -> Self {
        self.cascade = cascade;
        self
    }

    /// How members are sorted when they are loaded.
    #[must_use]
    pub const fn order_by(mut self, keys: fn() -> Vec<OrderBy>) -> Self {
        self.order_by = Some(keys);
        self
    }

    /// Which columns link the two.
    #[must_use]
    pub const fn foreign_keys(mut self, columns: fn() -> Vec<ColumnRef>) -> Self {
        self.foreign_keys = Some(columns);
        self
    }

    /// Of two rows of one table, the one at the other end holds these columns.
    #[must_use]
    pub const fn remote_side(mut self, columns: fn() -> Vec<ColumnRef>) -> Self {
        self.remote_side = Some(columns);
        self
    }

    /// The entity between the two, of a many-to-many.
    #[must_use]
    pub const fn secondary(mut self, association: fn() -> &'static EntityMeta) -> Self {
        self.secondary = Some(association);
        self
    }

    /// How it is loaded where a query says nothing.
    #[must_use]
    pub const fn lazy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Which members are left to the database when the owner is deleted.
    #[must_use]
    pub const fn passive_deletes(mut self, which: PassiveDeletes) -> Self {
        self.passive_deletes = which;
        self
    }

    /// Whether foreign keys that follow a changed key are left to the database.
    #[must_use]
    pub const fn passive_updates(mut self, passive: bool) -> Self {
        self.passive_updates = passive;
        self
    }

    /// The foreign key is written by an UPDATE of its own.
    #[must_use]
    pub const fn post_update(mut self) -> Self {
        self.post_update = true;
        self
    }

    /// A member has at most one owner.
    #[must_use]
    pub const fn single_parent(mut self) -> Self {
        self.single_parent = true;
        self
    }

    /// It is only read; what is linked by it is never written.
    #[must_use]
    pub const fn viewonly(mut self) -> Self {
        self.viewonly = true;
        let keep = Cascade::EXPUNGE.and(Cascade::REFRESH_EXPIRE);
        self.cascade = self.cascade.only(keep);
        self
    }

    /// That these relationships write the same columns is meant so.
    #[must_use]
    pub const fn overlaps(mut self, relationships: &'static [&'static str]) -> Self {
        self.overlaps = relationships;
        self
    }

    /// Its name where objects are written, as JSON for example.
    #[must_use]
    pub const fn key(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }
}

/// A declarative base; that it is one is checked by the bound.
pub fn base_meta<B: DeclarativeBase>() -> BaseMeta {
    BaseMeta::of::<B>()
}

/// The sort keys of a relationship's `order_by`.
pub fn sort_keys<K: SortKeys>(keys: K) -> Vec<OrderBy> {
    let mut sorted = Vec::new();
    keys.push_to(&mut sorted);
    sorted
}
