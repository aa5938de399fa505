//! `#[derive(SqlEnum)]`: an enum whose variants are labels is a column type.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Data, DeriveInput, Expr, Ident, Lit, Path, Variant, ext::IdentExt};

use crate::{
    mistakes::Mistakes,
    parse,
    suggest::cure,
    words::{STYLES, rename},
};

struct Labels {
    ident: Ident,
    krate: Path,
    /// The type's name in the database.
    name: String,
    native: bool,
    /// The integer that values are kept as, if they aren't labels.
    integer: Option<Ident>,
    variants: Vec<(Ident, String)>,
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut mistakes = Mistakes::default();
    let labels = read(input, &mut mistakes);
    mistakes.finish(|| labels.as_ref().map(emit))
}

fn read(input: TokenStream, mistakes: &mut Mistakes) -> Option<Labels> {
    let input = mistakes.take(syn::parse2::<DeriveInput>(input))?;
    if !input.generics.params.is_empty() {
        mistakes.at(&input.generics, "a column type can't be generic: it has one SQL type");
    }
    let Data::Enum(data) = input.data else {
        let message = "`#[derive(SqlEnum)]` needs an enum, whose variants are the labels; for a struct \
                       around one value there is `#[derive(SqlNewtype)]`";
        mistakes.at(&input.ident, message);
        return None;
    };
    let mut labels = Labels {
        name: rename(&input.ident.unraw().to_string(), "snake_case").unwrap_or_default(),
        krate: syn::parse_quote!(::aludel),
        native: true,
        integer: None,
        variants: Vec::new(),
        ident: input.ident,
    };
    let mut style = "snake_case".to_owned();
    for arg in parse::attribute_args(&input.attrs, "sql_enum", mistakes) {
        match arg.key().as_str() {
            "name" => {
                labels.name = text(&arg, "a type's name", mistakes).unwrap_or(labels.name);
            }
            "rename_all" => {
                if let Some(given) = arg.string(mistakes) {
                    let wanted = given.value();
                    if rename("", &wanted).is_some() {
                        style = wanted;
                    } else {
                        let cure = cure(&wanted, STYLES);
                        mistakes.at(&given, format!("unknown style `{wanted}`{cure}"));
                    }
                }
            }
            "native" => labels.native = truth(&arg, mistakes).unwrap_or(true),
            "integer" => {
                arg.flag(mistakes);
                labels.integer = Some(repr(&input.attrs));
            }
            "crate" => labels.krate = arg.path(mistakes).unwrap_or(labels.krate),
            _ => {
                let known = ["name", "rename_all", "native", "integer", "crate"];
                arg.unknown("sql_enum", &known, mistakes);
            }
        }
    }
    let mut seen = HashMap::new();
    for variant in &data.variants {
        let label = label(variant, &style, mistakes);
        if let Some(first) = seen.insert(label.clone(), &variant.ident) {
            let message = format!("the label `{label}` is there already: variant `{first}`");
            mistakes.at(&variant.ident, message);
        }
        labels.variants.push((variant.ident.clone(), label));
    }
    if labels.variants.is_empty() {
        mistakes.at(&labels.ident, "an enum without variants has no labels");
    }
    Some(labels)
}

/// The integer that `#[repr(…)]` says; a 32-bit one without it.
fn repr(attrs: &[Attribute]) -> Ident {
    let mut said = None;
    for attr in attrs.iter().filter(|it| it.path().is_ident("repr")) {
        // What stands there is the compiler's to judge.
        let _ = attr.parse_nested_meta(|it| {
            said = it.path.get_ident().cloned().or(said.take());
            Ok(())
        });
    }
    said.unwrap_or_else(|| Ident::new("i32", Span::call_site()))
}

fn label(variant: &Variant, style: &str, mistakes: &mut Mistakes) -> String {
    let name = variant.ident.unraw().to_string();
    if !variant.fields.is_empty() {
        let message = format!(
            "`{name}` has data, which a label has no place for; keep the data in columns of its own, or \
             the whole as JSON (`Json<T>`)"
        );
        mistakes.at(variant, message);
    }
    let mut label = rename(&name, style).unwrap_or_else(|| name.clone());
    for arg in parse::attribute_args(&variant.attrs, "sql_enum", mistakes) {
        match arg.key().as_str() {
            "rename" => label = text(&arg, "a label", mistakes).unwrap_or(label),
            _ => arg.unknown("sql_enum", &["rename"], mistakes),
        }
    }
    label
}

/// Text that isn't empty.
fn text(arg: &parse::Arg, what: &str, mistakes: &mut Mistakes) -> Option<String> {
    let text = arg.string(mistakes)?;
    if text.value().is_empty() {
        mistakes.at(&text, format!("{what} can't be empty"));
    }
    Some(text.value())
}

fn truth(arg: &parse::Arg, mistakes: &mut Mistakes) -> Option<bool> {
    match arg.value(mistakes)? {
        Expr::Lit(syn::ExprLit { lit: Lit::Bool(it), .. }) => Some(it.value),
        other => {
            mistakes.at(other, "expected `true` or `false`");
            None
        }
    }
}

/// A number for each variant: the one that the enum itself gives it.
fn emit_integer(labels: &Labels, integer: &Ident) -> TokenStream {
    let Labels { ident, krate, variants, .. } = labels;
    let to = variants.iter().map(|(it, _)| quote!(Self::#it => Self::#it as i64,));
    let from = variants.iter().map(|(it, _)| {
        quote!(__aq::ValueRef::Int(__it) if __it == Self::#it as i64 => __aq::Some(Self::#it),)
    });
    quote! {
        const _: () = {
            use #krate::__private as __aq;
            impl __aq::Scalar for #ident {
                const TYPE: __aq::SqlType = <#integer as __aq::Scalar>::TYPE;
                fn to_ref(&self) -> __aq::ValueRef<'_> {
                    __aq::ValueRef::Int(match self { #(#to)* })
                }
                fn from_ref(__value: __aq::ValueRef<'_>) -> __aq::Option<Self> {
                    match __value {
                        #(#from)*
                        _ => __aq::None,
                    }
                }
            }
            impl __aq::Element for #ident {}
        };
    }
}

fn emit(labels: &Labels) -> TokenStream {
    if let Some(integer) = &labels.integer {
        return emit_integer(labels, integer);
    }
    let Labels { ident, krate, name, native, variants, .. } = labels;
    let texts = variants.iter().map(|(_, label)| label);
    let to = variants.iter().map(|(variant, label)| quote!(Self::#variant => #label,));
    let from =
        variants.iter().map(|(variant, label)| quote!(#label => __aq::Some(Self::#variant),));
    quote! {
        const _: () = {
            use #krate::__private as __aq;
            impl __aq::SqlEnum for #ident {
                const LABELS: &'static __aq::EnumType = &__aq::EnumType {
                    name: #name,
                    labels: &[#(#texts),*],
                    native: #native,
                };
            }
            impl __aq::Scalar for #ident {
                const TYPE: __aq::SqlType = __aq::SqlType::Enum(<Self as __aq::SqlEnum>::LABELS);
                fn to_ref(&self) -> __aq::ValueRef<'_> {
                    __aq::ValueRef::Text(match self { #(#to)* })
                }
                fn from_ref(__value: __aq::ValueRef<'_>) -> __aq::Option<Self> {
                    match __value {
                        __aq::ValueRef::Text(__label) => match __label {
                            #(#from)*
                            _ => __aq::None,
                        },
                        _ => __aq::None,
                    }
                }
            }
            impl __aq::Element for #ident {}
        };
    }
}
