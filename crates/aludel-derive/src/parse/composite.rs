//! `#[composite(…)]` on a field that holds a composite value.

use syn::{Attribute, GenericArgument, LitStr, PathArguments, Type};

use super::attribute_args;
use crate::mistakes::Mistakes;

/// The arguments of `#[composite]`.
#[derive(Default)]
pub(crate) struct CompositeArgs {
    /// What the names of its columns begin with.
    pub(crate) prefix: Option<LitStr>,
}

pub(super) fn parse(attrs: &[Attribute], mistakes: &mut Mistakes) -> CompositeArgs {
    let mut composite = CompositeArgs::default();
    for arg in attribute_args(attrs, "composite", mistakes) {
        match arg.key().as_str() {
            "prefix" => composite.prefix = arg.string(mistakes),
            _ => arg.unknown("composite", &["prefix"], mistakes),
        }
    }
    composite
}

/// Whether a field holds a composite value.
pub(crate) fn is_composite(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|it| it.path().is_ident("composite"))
}

/// What is inside an `Option`, by name.
pub(crate) fn inner(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|it| it.ident == "Option")?;
            match &last.arguments {
                PathArguments::AngleBracketed(it) => match it.args.first()? {
                    GenericArgument::Type(ty) => Some(ty),
                    _ => None,
                },
                _ => None,
            }
        }
        Type::Group(group) => inner(&group.elem),
        _ => None,
    }
}
