//! [`Mistakes`]: everything that is wrong with an input, reported at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

/// Mistakes found so far.
#[derive(Default)]
pub(crate) struct Mistakes(Option<syn::Error>);

impl Mistakes {
    /// Notes a mistake at its place in the source.
    pub(crate) fn at(&mut self, place: &impl ToTokens, message: impl std::fmt::Display) {
        self.add(syn::Error::new_spanned(place, message));
    }

    /// Notes a mistake that syn found.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The value, or `None` and a note of the mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// The mistakes as compiler errors, or the output where there are none.
    pub(crate) fn finish(self, output: impl FnOnce() -> Option<TokenStream>) -> TokenStream {
        match self.0 {
            Some(all) => all.into_compile_error(),
            None => output().unwrap_or_default(),
        }
    }
}
