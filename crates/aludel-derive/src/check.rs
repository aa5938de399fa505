//! Check: what the parts of a declaration mean together; names become positions.

mod columns;
mod relationships;
mod table;

use syn::{Attribute, Ident, Path, Type, Visibility, ext::IdentExt};

pub(crate) use table::TableArg;

use crate::{
    mistakes::Mistakes,
    parse::{ColumnArgs, Declared, Field, RelationshipArgs, Role, TableArgs},
};

/// A mapped struct that makes sense.
pub(crate) struct Entity {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) table: TableArgs,
    /// Indexes and constraints of several columns.
    pub(crate) args: Vec<TableArg>,
    pub(crate) columns: Vec<Member<ColumnArgs>>,
    pub(crate) relationships: Vec<Member<RelationshipArgs>>,
}

/// A field, with its position among those of its sort.
pub(crate) struct Member<A> {
    pub(crate) index: u16,
    pub(crate) ident: Ident,
    /// The field's name, without `r#`.
    pub(crate) name: String,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) args: A,
}

impl<A> Member<A> {
    fn new(index: usize, field: Field, args: A) -> Self {
        let Field { ident, vis, ty, docs } = field;
        let index = u16::try_from(index).expect("the source of 65,536 fields was parsed");
        Self { index, name: ident.unraw().to_string(), ident, vis, ty, docs, args }
    }
}

impl Entity {
    /// The primary key's columns, in field order.
    pub(crate) fn key(&self) -> impl Iterator<Item = &Member<ColumnArgs>> {
        self.columns.iter().filter(|column| column.args.primary_key)
    }

    /// The columns that the builder demands.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Member<ColumnArgs>> {
        self.columns.iter().filter(|column| column.is_required())
    }

    /// Where the declarative base is.
    pub(crate) fn base(&self) -> Path {
        let krate = &self.table.krate;
        self.table.base.clone().unwrap_or_else(|| syn::parse_quote!(#krate::Base))
    }
}

/// Judges a declaration as a whole.
pub(crate) fn entity(declared: Declared, mistakes: &mut Mistakes) -> Entity {
    let Declared { ident, vis, mut table, fields } = declared;
    let (mut columns, mut relationships) = (Vec::new(), Vec::new());
    for (field, role) in fields {
        match role {
            Role::Column(args) => columns.push(Member::new(columns.len(), field, *args)),
            Role::Relationship(args) => {
                relationships.push(Member::new(relationships.len(), field, *args));
            }
        }
    }
    columns::check(&ident, &columns, mistakes);
    relationships::check(&relationships, mistakes);
    let args = table::resolve(std::mem::take(&mut table.args), &columns, mistakes);
    Entity { ident, vis, table, args, columns, relationships }
}
