//! [`Members`]: the columns and relationships of a struct, its own and its mixins', in the order of the
//! fields; and where the mixins stand.

use std::{collections::HashMap, ops::Range};

use quote::quote_spanned;
use syn::{Attribute, Ident, LitStr, Type, Visibility, ext::IdentExt, spanned::Spanned};

use super::{columns, relationships};
use crate::{
    mistakes::Mistakes,
    parse::{
        Back, ColumnArgs, CompositeArgs, Description, Field, RelationshipArgs, Role, TableArg,
        inner,
    },
};

/// All that a struct has.
#[derive(Default)]
pub(crate) struct Members {
    pub(crate) columns: Vec<Member<ColumnArgs>>,
    pub(crate) relationships: Vec<Member<RelationshipArgs>>,
    pub(crate) mixins: Vec<MixinField>,
}

/// A column or a relationship, with its position among those of its sort.
pub(crate) struct Member<A> {
    pub(crate) index: u16,
    pub(crate) ident: Ident,
    /// The field's name, without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    /// The type as generated code names it.
    pub(crate) ty: Type,
    /// The type as the field was declared with it: what a macro can know of it.
    pub(crate) declared: Type,
    pub(crate) docs: Vec<Attribute>,
    /// The attributes that say what it is.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) args: A,
    /// The mixin that it comes from.
    pub(crate) via: Option<Via>,
    /// Where a column's value is in the draft of a builder.
    pub(crate) slot: Vec<u16>,
}

/// Which mixin a member comes from.
pub(crate) struct Via {
    /// The mixin's type.
    pub(crate) ty: Type,
    /// The position among the mixin's own.
    pub(crate) number: u16,
    /// Whether it is a composite value, that may be missing.
    pub(crate) composite: Option<bool>,
}

/// A field that holds a mixin.
pub(crate) struct MixinField {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
    /// Where its values are in the draft of a builder.
    pub(crate) slot: u16,
    /// Its columns' positions.
    pub(crate) columns: Range<u16>,
    /// Its relationships' positions.
    pub(crate) relationships: Range<u16>,
    /// Where its own mixins are: names of fields, one in the other.
    pub(crate) parts: Vec<Vec<Ident>>,
    /// What it is where it is a composite value, and no mixin.
    pub(crate) composite: Option<Whole>,
    args: Vec<TableArg>,
}

/// A composite value.
pub(crate) struct Whole {
    /// Its type, without the `Option` around it.
    pub(crate) base: Type,
    /// Whether it may be missing.
    pub(crate) optional: bool,
    /// Its columns' names.
    pub(crate) names: Vec<String>,
    /// What a builder takes for it.
    pub(crate) member: Member<ColumnArgs>,
}

/// A field that holds values: what it is made of.
pub(crate) enum Part<'a> {
    Column(&'a Member<ColumnArgs>),
    Mixin(&'a MixinField),
}

impl<A> Member<A> {
    fn new(index: u16, field: Field, args: A) -> Self {
        let Field { ident, vis, ty, docs, attrs } = field;
        let name = ident.unraw().to_string();
        let declared = ty.clone();
        Self {
            index,
            name,
            ident,
            vis,
            ty,
            declared,
            docs,
            attrs,
            args,
            via: None,
            slot: Vec::new(),
        }
    }

    /// Of a mixin's: `projection` gives its type.
    fn of_mixin(
        index: u16,
        mixin: &Field,
        number: u16,
        projection: &str,
        field: Field,
        args: A,
    ) -> Self {
        let mut member = Self::new(index, field, args);
        let (ty, of) = (&mixin.ty, Ident::new(projection, mixin.ty.span()));
        // It says where the mixin is, and means something else here.
        if matches!(&member.vis, Visibility::Restricted(it) if !it.path.is_ident("crate")) {
            member.vis = mixin.vis.clone();
        }
        // What is wrong with it is shown at the field that brings it.
        member.ident.set_span(mixin.ident.span());
        member.ty = Type::Verbatim(quote_spanned!(ty.span()=> <#ty as __aq::#of<#number>>::Type));
        member.via = Some(Via { ty: ty.clone(), number, composite: None });
        member
    }

    /// Whether the struct itself declares it.
    pub(crate) fn is_own(&self) -> bool {
        self.via.is_none()
    }
}

/// How many there are.
pub(crate) fn count<T>(of: &[T]) -> u16 {
    u16::try_from(of.len()).expect("the source of 65,536 fields was parsed")
}

impl Members {
    /// In the order of the fields.
    pub(super) fn of(fields: Vec<(Field, Role)>) -> Self {
        let mut members = Self::default();
        let mut slot = 0;
        for (field, role) in fields {
            match role {
                Role::Column(args) => {
                    let mut column = Member::new(count(&members.columns), field, *args);
                    column.slot = vec![slot];
                    members.columns.push(column);
                    slot += 1;
                }
                Role::Relationship(args) => {
                    let index = count(&members.relationships);
                    members.relationships.push(Member::new(index, field, *args));
                }
                Role::Mixin(description) => {
                    members.add_mixin(field, slot, description);
                    slot += 1;
                }
                Role::Composite(args, description) => {
                    members.add_composite(field, slot, &args, description);
                    slot += 1;
                }
            }
        }
        members
    }

    fn add_composite(
        &mut self,
        field: Field,
        slot: u16,
        args: &CompositeArgs,
        description: Description,
    ) {
        let first = count(&self.columns);
        let base = inner(&field.ty).unwrap_or(&field.ty).clone();
        let optional = inner(&field.ty).is_some();
        let prefix = args.prefix.as_ref().map(LitStr::value).unwrap_or_default();
        let mut names = Vec::new();
        for described in description.members {
            let Role::Column(mut args) = described.role else { continue };
            let (index, number) = (count(&self.columns), count(&names));
            let own = described.field.ident.unraw().to_string();
            let name = args.name.as_ref().map_or_else(|| own.clone(), LitStr::value);
            let name = format!("{prefix}{name}");
            args.name = Some(LitStr::new(&name, field.ident.span()));
            names.push(name);
            let mut column = Member::new(index, described.field, *args);
            column.name = format!("{}_{own}", field.ident.unraw());
            column.ident.set_span(field.ident.span());
            column.via = Some(Via { ty: base.clone(), number, composite: Some(optional) });
            self.columns.push(column);
        }
        let Field { ident, vis, ty, docs, attrs } = field;
        let whole = Field {
            ident: ident.clone(),
            vis: vis.clone(),
            ty: ty.clone(),
            docs: docs.clone(),
            attrs,
        };
        let mut member = Member::new(first, whole, ColumnArgs::default());
        member.slot = vec![slot];
        self.mixins.push(MixinField {
            ident,
            vis,
            ty,
            docs,
            slot,
            columns: first..count(&self.columns),
            relationships: count(&self.relationships)..count(&self.relationships),
            parts: Vec::new(),
            composite: Some(Whole { base, optional, names, member }),
            args: Vec::new(),
        });
    }

    /// What a builder takes: columns, and composite values as such.
    pub(crate) fn given(&self) -> Vec<&Member<ColumnArgs>> {
        let is_part =
            |it: &&Member<ColumnArgs>| it.via.as_ref().is_some_and(|via| via.composite.is_some());
        let columns = self.columns.iter().filter(|it| !is_part(it));
        let wholes = self.mixins.iter().filter_map(|it| Some(&it.composite.as_ref()?.member));
        let mut given: Vec<_> = columns.chain(wholes).collect();
        given.sort_by_key(|it| it.index);
        given
    }

    fn add_mixin(&mut self, field: Field, slot: u16, description: Description) {
        let (first_column, first_relationship) = (count(&self.columns), count(&self.relationships));
        for described in description.members {
            match described.role {
                Role::Column(args) => {
                    let index = count(&self.columns);
                    let number = index - first_column;
                    let mut column = Member::of_mixin(
                        index,
                        &field,
                        number,
                        "MixinColumn",
                        described.field,
                        *args,
                    );
                    column.slot = [slot].into_iter().chain(described.slot).collect();
                    self.columns.push(column);
                }
                Role::Relationship(args) => {
                    let index = count(&self.relationships);
                    let number = index - first_relationship;
                    self.relationships.push(Member::of_mixin(
                        index,
                        &field,
                        number,
                        "MixinRelationship",
                        described.field,
                        *args,
                    ));
                }
                Role::Mixin(_) | Role::Composite(..) => {}
            }
        }
        let Field { ident, vis, ty, docs, .. } = field;
        self.mixins.push(MixinField {
            ident,
            vis,
            ty,
            docs,
            slot,
            columns: first_column..count(&self.columns),
            relationships: first_relationship..count(&self.relationships),
            parts: description.parts,
            composite: None,
            args: description.args,
        });
    }

    /// The fields that hold values, in order.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let columns = self.columns.iter().filter(|it| it.is_own()).map(Part::Column);
        let mut parts: Vec<_> = columns.chain(self.mixins.iter().map(Part::Mixin)).collect();
        parts.sort_by_key(|it| match it {
            Part::Column(column) => column.slot[0],
            Part::Mixin(mixin) => mixin.slot,
        });
        parts
    }

    /// The relationships that the struct itself declares.
    pub(crate) fn own_relationships(&self) -> impl Iterator<Item = &Member<RelationshipArgs>> {
        self.relationships.iter().filter(|it| it.is_own())
    }

    /// Indexes and constraints that mixins bring.
    pub(super) fn args(&mut self) -> Vec<TableArg> {
        self.mixins.iter_mut().flat_map(|it| std::mem::take(&mut it.args)).collect()
    }

    /// What makes no sense.
    pub(super) fn check(&self, mistakes: &mut Mistakes) {
        columns::check(&self.columns, mistakes);
        relationships::check(&self.relationships, mistakes);
        let columns = self.columns.iter().map(|it| (&it.name, &it.ident, it.is_own()));
        let relationships = self.relationships.iter().map(|it| (&it.name, &it.ident, it.is_own()));
        let all = || self.columns.iter().map(|it| &it.name);
        let all = || all().chain(self.relationships.iter().map(|it| &it.name));
        let mut others = std::collections::HashSet::new();
        for synonym in self.columns.iter().flat_map(|it| &it.args.synonyms) {
            let name = synonym.unraw().to_string();
            if all().any(|it| *it == name) || !others.insert(name.clone()) {
                mistakes
                    .at(synonym, format!("`{name}` is there already: a synonym is another name"));
            }
        }
        let mut seen = HashMap::new();
        for (name, ident, is_own) in columns.chain(relationships) {
            // Of two fields of one struct the compiler tells.
            if seen.insert(name, is_own).is_some_and(|other| !(other && is_own)) {
                let message =
                    format!("`{name}` is there already: a builder could set only one of them");
                mistakes.at(ident, message);
            }
        }
    }

    /// What makes no sense where the mapped struct isn't known.
    pub(super) fn check_unowned(&self, mistakes: &mut Mistakes) {
        for mixin in self.mixins.iter().filter(|it| it.composite.is_some()) {
            let message = "a composite value stands in the mapped struct itself, not in a mixin";
            mistakes.at(&mixin.ident, message);
        }
        for column in &self.columns {
            if let Some(property) = &column.args.property {
                let message = "a mixin doesn't know the columns beside it: an expression is for a mapped \
                               struct's own attribute";
                mistakes.at(&property.key, message);
            }
            if let Some(default) = &column.args.default_of_row {
                let message = "a mixin doesn't know the rows that have it: such a `default` is for a \
                               mapped struct's own column";
                mistakes.at(default, message);
            }
        }
        for relationship in &self.relationships {
            if let Some(Back::Field(field)) = &relationship.args.back_populates {
                let message = "a mixin doesn't know who has it: name the other side's field in quotes, if \
                               each mapped struct has one of its own there, or leave `back_populates` out";
                mistakes.at(field, message);
            }
        }
    }
}
