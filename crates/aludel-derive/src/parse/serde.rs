//! What `#[serde(…)]` says of names: a relationship is written beside the columns, which serde names.

use syn::{Attribute, Ident, LitStr, ext::IdentExt};

use super::{Arg, Given, args::string, attribute_args};
use crate::{mistakes::Mistakes, words};

/// How the struct writes the names of its fields: `rename_all`.
pub(super) fn style(attrs: &[Attribute]) -> Option<String> {
    said(attrs, "rename_all")
}

/// What serde calls a field, where that isn't its own name.
pub(super) fn key(field: &Ident, attrs: &[Attribute], style: Option<&str>) -> Option<String> {
    let name = field.unraw().to_string();
    let styled = || style.map(|it| styled(&name, it));
    said(attrs, "rename").or_else(styled).filter(|it| *it != name)
}

/// `rename = "x"`, or what it is when it is written: `rename(serialize = "x")`. Whatever is wrong with it is
/// serde's to tell.
fn said(attrs: &[Attribute], name: &str) -> Option<String> {
    let ignored = &mut Mistakes::default();
    let args = attribute_args(attrs, "serde", ignored);
    let found = args.into_iter().find(|it| it.key() == name)?;
    match found.given {
        Given::Value(it) => string(&it),
        Given::List(tokens) => super::args(tokens, ignored).iter().find_map(serialized),
        Given::Flag => None,
    }
    .map(|it| it.value())
}

fn serialized(arg: &Arg) -> Option<LitStr> {
    match &arg.given {
        Given::Value(it) if arg.key() == "serialize" => string(it),
        _ => None,
    }
}

/// As serde does it, whose fields are in snake case.
fn styled(name: &str, style: &str) -> String {
    match style {
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        "camelCase" | "PascalCase" => words::rename(name, style).unwrap_or_default(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_style() {
        let styled = |style| super::styled("home_address_2", style);
        for (style, expected) in [
            ("lowercase", "home_address_2"),
            ("snake_case", "home_address_2"),
            ("UPPERCASE", "HOME_ADDRESS_2"),
            ("SCREAMING_SNAKE_CASE", "HOME_ADDRESS_2"),
            ("camelCase", "homeAddress2"),
            ("PascalCase", "HomeAddress2"),
            ("kebab-case", "home-address-2"),
            ("SCREAMING-KEBAB-CASE", "HOME-ADDRESS-2"),
        ] {
            assert_eq!(styled(style), expected);
        }
    }
}
