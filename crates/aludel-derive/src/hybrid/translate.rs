//! From a method's body to an SQL expression: comparisons, operators, conditions, and the methods of values that
//! SQL has as well.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprIf, ExprMethodCall, Stmt, Type, UnOp, spanned::Spanned,
};

use super::mentions_self;
use crate::mistakes::Mistakes;

const CURE: &str = "say what it is in SQL by `#[expression(|it| …)]` on the method";

/// Methods that only make another form of the same value.
const FORMS: [&str; 12] = [
    "clone",
    "cloned",
    "copied",
    "to_owned",
    "to_string",
    "as_str",
    "as_ref",
    "as_deref",
    "into",
    "as_slice",
    "to_vec",
    "borrow",
];

/// Types by whose `from` a value stays what it is in SQL.
const SAME: [&str; 9] = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "String"];

/// What a translation needs.
struct Translator<'a> {
    aq: &'a TokenStream,
    of: &'a Type,
    mistakes: &'a mut Mistakes,
}

/// The expression of a body; `None` where a mistake was noted.
pub(super) fn body(
    block: &Block,
    of: &Type,
    aq: &TokenStream,
    mistakes: &mut Mistakes,
) -> Option<TokenStream> {
    Translator { aq, of, mistakes }.block(block)
}

impl Translator<'_> {
    fn block(&mut self, block: &Block) -> Option<TokenStream> {
        match &block.stmts[..] {
            [Stmt::Expr(expr, None)] => self.expr(expr),
            _ => {
                let message = format!("a hybrid's body is one expression; {CURE}");
                self.mistakes.at(block, message);
                None
            }
        }
    }

    fn expr(&mut self, expr: &Expr) -> Option<TokenStream> {
        // What says nothing of the object is a value, and stays one.
        if !mentions_self(expr) {
            return Some(self.value(expr));
        }
        match expr {
            Expr::Paren(inner) => {
                let inner = self.expr(&inner.expr)?;
                Some(quote!((#inner)))
            }
            Expr::Group(inner) => self.expr(&inner.expr),
            Expr::Reference(inner) => self.expr(&inner.expr),
            Expr::Block(inner) => self.block(&inner.block),
            Expr::Field(_) => Some(quote!(#expr)),
            Expr::Unary(unary) => {
                let inner = self.expr(&unary.expr)?;
                let op = &unary.op;
                match op {
                    UnOp::Deref(_) => Some(inner),
                    UnOp::Not(_) | UnOp::Neg(_) => {
                        Some(quote_spanned!(expr.span()=> (#op (#inner))))
                    }
                    _ => self.refuse(expr),
                }
            }
            Expr::Binary(binary) => self.binary(binary),
            Expr::MethodCall(call) => self.call(call),
            Expr::If(condition) => self.condition(condition),
            Expr::Call(call) if is_some(&call.func) && call.args.len() == 1 => {
                self.expr(&call.args[0])
            }
            Expr::Call(call) if call.args.len() == 1 => match made_from(&call.func) {
                None => self.refuse(expr),
                Some(ty) => {
                    let inner = self.expr(&call.args[0])?;
                    let (aq, span) = (self.aq, expr.span());
                    // Numbers of different widths meet by themselves.
                    Some(match SAME.iter().any(|it| ty == it) {
                        true => inner,
                        false => quote_spanned!(span=> #aq::Expression::cast::<#ty>(#inner)),
                    })
                }
            },
            _ => self.refuse(expr),
        }
    }

    /// A value, with the struct's name in place of `Self`, which is another there.
    fn value(&self, expr: &Expr) -> TokenStream {
        fn named(tokens: TokenStream, of: &Type) -> TokenStream {
            let each = tokens.into_iter().map(|token| match token {
                proc_macro2::TokenTree::Ident(it) if it == "Self" => quote!(#of),
                proc_macro2::TokenTree::Group(group) => {
                    let mut inner =
                        proc_macro2::Group::new(group.delimiter(), named(group.stream(), of));
                    inner.set_span(group.span());
                    quote!(#inner)
                }
                other => quote!(#other),
            });
            each.collect()
        }
        named(quote!(#expr), self.of)
    }

    fn binary(&mut self, binary: &ExprBinary) -> Option<TokenStream> {
        let (aq, span) = (self.aq.clone(), binary.span());
        let is_value = !mentions_self(&binary.left);
        let (left, right) = (self.expr(&binary.left), self.expr(&binary.right));
        let (left, right) = (left?, right?);
        let op = &binary.op;
        let (straight, turned) = match op {
            BinOp::Eq(_) => ("eq", "eq"),
            BinOp::Ne(_) => ("ne", "ne"),
            BinOp::Lt(_) => ("lt", "gt"),
            BinOp::Le(_) => ("le", "ge"),
            BinOp::Gt(_) => ("gt", "lt"),
            BinOp::Ge(_) => ("ge", "le"),
            BinOp::And(_) => return Some(quote_spanned!(span=> ((#left) & (#right)))),
            BinOp::Or(_) => return Some(quote_spanned!(span=> ((#left) | (#right)))),
            BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_) | BinOp::Rem(_) => {
                return Some(quote_spanned!(span=> ((#left) #op (#right))));
            }
            _ => return self.refuse(&Expr::Binary(binary.clone())),
        };
        // A column is compared with a value, and not the other way round.
        let (method, one, other) =
            if is_value { (turned, right, left) } else { (straight, left, right) };
        let method = syn::Ident::new(method, span);
        Some(quote_spanned!(span=> #aq::Expression::#method(#one, #other)))
    }

    fn call(&mut self, call: &ExprMethodCall) -> Option<TokenStream> {
        let (aq, name) = (self.aq.clone(), call.method.to_string());
        let (method, span) = (&call.method, call.span());
        if matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("self")) {
            // Another hybrid.
            let args: Option<Vec<_>> = call.args.iter().map(|it| self.expr(it)).collect();
            let args = args?;
            return Some(quote_spanned!(span=> self.#method(#(#args),*)));
        }
        let receiver = self.expr(&call.receiver)?;
        let args: Option<Vec<_>> = call.args.iter().map(|it| self.expr(it)).collect();
        let args = args?;
        match (name.as_str(), &args[..]) {
            (form, []) if FORMS.contains(&form) => Some(receiver),
            ("is_some", []) => Some(quote_spanned!(span=> #aq::Expression::is_not_null(#receiver))),
            ("is_none", []) => Some(quote_spanned!(span=> #aq::Expression::is_null(#receiver))),
            ("is_empty", []) => Some(quote_spanned!(span=> #aq::Expression::eq(#receiver, ""))),
            ("to_lowercase", []) => Some(quote_spanned!(span=> #aq::func::lower(#receiver))),
            ("to_uppercase", []) => Some(quote_spanned!(span=> #aq::func::upper(#receiver))),
            ("trim", []) => Some(quote_spanned!(span=> #aq::func::trim(#receiver))),
            ("abs", []) => Some(quote_spanned!(span=> #aq::func::abs(#receiver))),
            ("unwrap_or", [other]) => {
                Some(quote_spanned!(span=> #aq::func::coalesce(#receiver, #other)))
            }
            ("eq" | "ne" | "lt" | "le" | "gt" | "ge", [other])
            | ("starts_with" | "ends_with" | "contains", [other]) => {
                Some(quote_spanned!(span=> #aq::Expression::#method(#receiver, #other)))
            }
            _ => {
                let message = format!("`{name}` isn't translated into SQL; {CURE}");
                self.mistakes.at(method, message);
                None
            }
        }
    }

    /// `if a { b } else { c }`
    fn condition(&mut self, condition: &ExprIf) -> Option<TokenStream> {
        let aq = self.aq.clone();
        let Some((_, otherwise)) = &condition.else_branch else {
            return self.refuse(&Expr::If(condition.clone()));
        };
        let test = self.expr(&condition.cond);
        let then = self.block(&condition.then_branch);
        let otherwise = self.expr(otherwise);
        let (test, then, otherwise) = (test?, then?, otherwise?);
        let span = condition.span();
        Some(quote_spanned!(span=> #aq::case(#test, #then).otherwise(#otherwise)))
    }

    fn refuse(&mut self, expr: &Expr) -> Option<TokenStream> {
        self.mistakes.at(expr, format!("this isn't translated into SQL; {CURE}"));
        None
    }
}

/// `i64` of `i64::from`
fn made_from(func: &Expr) -> Option<&syn::Ident> {
    let Expr::Path(path) = func else { return None };
    let mut names = path.path.segments.iter().rev().map(|it| &it.ident);
    names.next().filter(|it| *it == "from")?;
    names.next()
}

/// `Some`
fn is_some(func: &Expr) -> bool {
    matches!(func, Expr::Path(path) if path.path.segments.last().is_some_and(|it| it.ident == "Some"))
}
