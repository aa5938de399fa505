//! [`Typestate`]: the builder's type parameters, which say what it was given.
//!
//! One parameter for each required column, up to eight. With more, a setter that repeats them all
//! would fill a page, so that they stand in groups, each a tuple behind one parameter: a setter
//! spells out its own group and passes the others on.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;

use crate::{
    check::{Entity, Member},
    parse::ColumnArgs,
};

const GROUP: usize = 8;

/// The required columns, in groups.
pub(super) struct Typestate<'a> {
    groups: Vec<Vec<&'a Member<ColumnArgs>>>,
}

impl<'a> Typestate<'a> {
    pub(super) fn new(entity: &'a Entity) -> Self {
        let required: Vec<_> = entity.required().collect();
        Self { groups: required.chunks(GROUP).map(<[_]>::to_vec).collect() }
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = usize> {
        0..self.groups.len()
    }

    pub(super) fn members(&self, group: usize) -> impl Iterator<Item = &'a Member<ColumnArgs>> {
        self.groups[group].iter().copied()
    }

    /// The struct's parameters; nothing is given by default.
    pub(super) fn declared(&self, aq: &TokenStream) -> Option<TokenStream> {
        let nothing = self.slots().into_iter().map(|it| tuple(it.iter().map(|_| quote!(#aq::No))));
        let parameters = self.outer().into_iter().zip(nothing);
        angles(parameters.map(|(name, nothing)| quote!(#name = #nothing)))
    }

    /// The struct's field that uses the parameters.
    pub(super) fn phantom(&self, aq: &TokenStream) -> TokenStream {
        let parameters = self.outer();
        quote!(#aq::PhantomData<fn() -> (#(#parameters,)*)>)
    }

    /// The parameters of an impl that doesn't look into them, which are the builder's arguments, too.
    pub(super) fn generics(&self) -> Option<TokenStream> {
        angles(self.outer())
    }

    /// The parameters of an impl that looks into one group.
    pub(super) fn generics_of(&self, group: usize) -> Option<TokenStream> {
        let own = self.members(group).map(inner);
        let others = self.outer().into_iter().enumerate();
        angles(own.chain(others.filter_map(|(i, name)| (i != group).then_some(name))))
    }

    /// The builder's arguments in such an impl.
    pub(super) fn types_of(&self, group: usize) -> Option<TokenStream> {
        self.types_where(group, |column| {
            let name = inner(column);
            quote!(#name)
        })
    }

    /// The builder's arguments after a column was given.
    pub(super) fn types_with(&self, given: &Member<ColumnArgs>) -> Option<TokenStream> {
        let is_given = |column: &Member<ColumnArgs>| column.index == given.index;
        let group = self.groups.iter().position(|it| it.iter().any(|it| is_given(it)))?;
        self.types_where(group, |column| {
            let name = inner(column);
            if is_given(column) { quote!(__aq::Yes) } else { quote!(#name) }
        })
    }

    /// The parameters of an impl for builders that were given all, by the markers in `module`.
    pub(super) fn complete(&self, module: &Ident) -> Option<TokenStream> {
        angles(self.groups.iter().flatten().map(|column| {
            let (name, marker) = (inner(column), &column.ident);
            quote!(#name: __aq::Given<#module::#marker>)
        }))
    }

    /// The builder's arguments in that impl.
    pub(super) fn all_types(&self) -> Option<TokenStream> {
        angles(self.slots().iter().map(|columns| tuple(columns.iter().map(|it| inner(it)))))
    }

    fn types_where(
        &self,
        group: usize,
        argument: impl Fn(&Member<ColumnArgs>) -> TokenStream,
    ) -> Option<TokenStream> {
        if self.is_flat() {
            return angles(self.members(0).map(argument));
        }
        angles(self.outer().into_iter().enumerate().map(|(i, name)| {
            if i == group { tuple(self.members(i).map(&argument)) } else { quote!(#name) }
        }))
    }

    /// Whether each column has a parameter of the struct to itself.
    pub(super) fn is_flat(&self) -> bool {
        self.groups.len() <= 1
    }

    /// What stands behind each of the struct's parameters.
    fn slots(&self) -> Vec<Vec<&'a Member<ColumnArgs>>> {
        match &self.groups[..] {
            [one] => one.iter().map(|it| vec![*it]).collect(),
            groups => groups.to_vec(),
        }
    }

    /// The struct's parameters: short, since each setter repeats them.
    fn outer(&self) -> Vec<Ident> {
        match &self.groups[..] {
            [one] => one.iter().map(|it| inner(it)).collect(),
            groups => (0..groups.len()).map(|i| format_ident!("__{i}")).collect(),
        }
    }
}

/// A column's own parameter.
fn inner(column: &Member<ColumnArgs>) -> Ident {
    format_ident!("_{}", column.index)
}

/// One type as it is, several as a tuple.
fn tuple<T: quote::ToTokens>(types: impl Iterator<Item = T>) -> TokenStream {
    match &types.collect::<Vec<_>>()[..] {
        [one] => quote!(#one),
        several => quote!((#(#several),*)),
    }
}

fn angles<T: quote::ToTokens>(arguments: impl IntoIterator<Item = T>) -> Option<TokenStream> {
    let arguments: Vec<T> = arguments.into_iter().collect();
    (!arguments.is_empty()).then(|| quote!(<#(#arguments),*>))
}
