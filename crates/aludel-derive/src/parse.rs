//! Parse: from tokens to what the user declared, each part with its place in the source.
//!
//! Nothing is judged here that needs to look at two parts at once; that is check's work.

mod args;
mod column;
mod composite;
mod constraint;
mod kinds;
mod mixin;
mod options;
mod relationship;
mod serde;
mod table;

pub(crate) use args::{Arg, Given, args, attribute_args};
pub(crate) use column::{ColumnArgs, Identity, NextVersion, Reference, ServerDefault, Version};
pub(crate) use composite::{CompositeArgs, inner, is_composite};
pub(crate) use constraint::{Kind, Part, PartOf, TableArg};
pub(crate) use kinds::{Deferral, Property};
pub(crate) use mixin::{Description, MixinArgs, krate_name};
pub(crate) use relationship::{Back, RelationshipArgs};
pub(crate) use table::{BuilderName, TableArgs};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Type, Visibility};

use crate::mistakes::Mistakes;

/// A struct as it was declared.
pub(crate) struct Declared {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) table: TableArgs,
    pub(crate) fields: Vec<(Field, Role)>,
}

/// A mixin as it was declared.
pub(crate) struct DeclaredMixin {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) args: MixinArgs,
    pub(crate) fields: Vec<(Field, Role)>,
}

/// A field as it was declared.
pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    /// Its documentation, for the fields and functions made from it.
    pub(crate) docs: Vec<Attribute>,
    /// `#[column]` and `#[relationship]`, as they stand.
    pub(crate) attrs: Vec<Attribute>,
}

/// What a field maps to.
pub(crate) enum Role {
    Column(Box<ColumnArgs>),
    Relationship(Box<RelationshipArgs>),
    Mixin(Description),
    Composite(CompositeArgs, Description),
}

/// Reads a struct; `None` where it isn't one with named fields. Its mixins have described themselves.
pub(crate) fn declared(
    input: TokenStream,
    descriptions: Vec<TokenStream>,
    mistakes: &mut Mistakes,
) -> Option<Declared> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    let DeriveInput { attrs, vis, ident, generics, data } = input;
    if !generics.params.is_empty() {
        mistakes.at(&generics, "a mapped struct can't be generic: its table has one set of types");
    }
    let table = table::parse(&ident, &attrs, mistakes);
    let fields = fields("Mapped", &ident, &attrs, data, descriptions, mistakes)?;
    Some(Declared { ident, vis, table, fields })
}

/// Reads a composite value; `None` where it isn't a struct with named fields.
pub(crate) fn declared_composite(
    input: TokenStream,
    mistakes: &mut Mistakes,
) -> Option<DeclaredMixin> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    let DeriveInput { attrs, vis, ident, generics, data } = input;
    if !generics.params.is_empty() {
        mistakes
            .at(&generics, "a composite value can't be generic: its columns have one set of types");
    }
    let krate = krate(&attrs, "composite", mistakes);
    let fields = fields("Composite", &ident, &attrs, data, Vec::new(), mistakes)?;
    Some(DeclaredMixin { ident, vis, args: MixinArgs { args: Vec::new(), krate }, fields })
}

/// Reads a mixin; `None` where it isn't a struct with named fields.
pub(crate) fn declared_mixin(
    input: TokenStream,
    descriptions: Vec<TokenStream>,
    mistakes: &mut Mistakes,
) -> Option<DeclaredMixin> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    let DeriveInput { attrs, vis, ident, generics, data } = input;
    if !generics.params.is_empty() {
        mistakes.at(&generics, "a mixin can't be generic: its columns have one set of types");
    }
    let args = mixin::parse(&attrs, mistakes);
    let fields = fields("Mixin", &ident, &attrs, data, descriptions, mistakes)?;
    Some(DeclaredMixin { ident, vis, args, fields })
}

fn fields(
    derive: &str,
    ident: &Ident,
    attrs: &[Attribute],
    data: Data,
    descriptions: Vec<TokenStream>,
    mistakes: &mut Mistakes,
) -> Option<Vec<(Field, Role)>> {
    let fields = match data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => fields.named,
            _ => {
                let message =
                    format!("`#[derive({derive})]` needs named fields: each names a column");
                mistakes.at(ident, message);
                return None;
            }
        },
        Data::Enum(_) | Data::Union(_) => {
            mistakes.at(ident, format!("`#[derive({derive})]` needs a struct with named fields"));
            return None;
        }
    };
    let mut descriptions = descriptions.into_iter();
    let fields = fields.into_iter();
    let style = serde::style(attrs);
    let field = |it| field(ident, style.as_deref(), it, &mut descriptions, mistakes);
    Some(fields.filter_map(field).collect())
}

/// Whether a field holds a mixin.
pub(crate) fn is_mixin(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|it| it.path().is_ident("mixin"))
}

fn field(
    entity: &Ident,
    style: Option<&str>,
    field: syn::Field,
    descriptions: &mut impl Iterator<Item = TokenStream>,
    mistakes: &mut Mistakes,
) -> Option<(Field, Role)> {
    let syn::Field { attrs, vis, ident, ty, .. } = field;
    let ident = ident?;
    // The types of the constant and the builder repeat it, and `Self` means something else there.
    let ty = mistakes.take(syn::parse2(named(ty.to_token_stream(), entity)))?;
    let is = |name: &str| attrs.iter().any(|attr| attr.path().is_ident(name));
    let role = if is_composite(&attrs) {
        if let Some(attr) = attrs.iter().find(|it| is_member(it)) {
            mistakes
                .at(attr, "the fields of a composite value say what they are in its own struct");
        }
        let args = composite::parse(&attrs, mistakes);
        Role::Composite(args, mistakes.take(syn::parse2(descriptions.next()?))?)
    } else if is_mixin(&attrs) {
        if let Some(attr) = attrs.iter().find(|it| is_member(it)) {
            mistakes.at(attr, "the fields of a mixin say what they are in its own struct");
        }
        for arg in attribute_args(&attrs, "mixin", mistakes) {
            arg.unknown("mixin", &[], mistakes);
        }
        Role::Mixin(mistakes.take(syn::parse2(descriptions.next()?))?)
    } else if is("relationship") {
        if let Some(attr) = attrs.iter().find(|attr| attr.path().is_ident("column")) {
            mistakes.at(attr, "a field is a column or a relationship, not both");
        }
        let mut args = relationship::parse(&attrs, mistakes);
        args.key = serde::key(&ident, &attrs, style);
        Role::Relationship(Box::new(args))
    } else {
        const MARKERS: [&str; 4] = ["Many", "One", "ManySet", "WriteOnly"];
        if let Some(marker) = last_segment(&ty).filter(|it| MARKERS.contains(&it.as_str())) {
            mistakes.at(
                &ty,
                format!(
                    "a `{marker}` is a relationship: add `#[relationship]` to this field, \
                     with `back_populates = …` where the other side has one, too"
                ),
            );
        }
        Role::Column(Box::new(column::parse(&attrs, mistakes)))
    };
    let (docs, attrs): (Vec<_>, Vec<_>) = attrs
        .into_iter()
        .filter(|it| {
            is_member(it) || ["doc", "composite"].iter().any(|name| it.path().is_ident(name))
        })
        .partition(|it| it.path().is_ident("doc"));
    Some((Field { ident, vis, ty, docs, attrs }, role))
}

/// `#[column]`, `#[relationship]`
fn is_member(attr: &Attribute) -> bool {
    attr.path().is_ident("column") || attr.path().is_ident("relationship")
}

/// A type with the struct's own name in place of `Self`.
fn named(tokens: TokenStream, entity: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(it) if it == "Self" => {
                let mut name = entity.clone();
                name.set_span(it.span());
                TokenTree::Ident(name)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), named(group.stream(), entity));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}

/// The last name of a type's path: `Option` of `std::option::Option<T>`.
pub(crate) fn last_segment(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|it| it.ident.to_string()),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// Where the facade crate is, for derives whose only argument on the struct that is.
pub(crate) fn krate(attrs: &[Attribute], attribute: &str, mistakes: &mut Mistakes) -> syn::Path {
    let mut path = None;
    for arg in attribute_args(attrs, attribute, mistakes) {
        match arg.key().as_str() {
            "crate" => path = arg.path(mistakes),
            _ => arg.unknown(attribute, &["crate"], mistakes),
        }
    }
    path.unwrap_or_else(facade)
}

/// The facade crate, where nobody says that it is elsewhere.
pub(crate) fn facade() -> syn::Path {
    syn::parse_quote!(::aludel)
}
