//! What the derives print, and what they refuse.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod attributes;
mod budget;
mod expansion;
mod mistakes;
mod tables;

use proc_macro2::TokenStream;

/// The output, formatted.
fn pretty(output: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(output).unwrap())
}

/// The texts of the compiler errors in the output, in order.
fn errors(output: &TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(output.clone()).unwrap();
    file.items
        .iter()
        .map(|item| match item {
            syn::Item::Macro(it)
                if it.mac.path.segments.last().unwrap().ident == "compile_error" =>
            {
                it.mac.parse_body::<syn::LitStr>().unwrap().value()
            }
            _ => panic!("code beside the errors: {}", pretty(output.clone())),
        })
        .collect()
}
