//! `#[column(…)]` on a field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Expr, Ident, Lit, LitInt, LitStr, Token, UnOp, ext::IdentExt, parse::ParseStream,
    punctuated::Punctuated,
};

use super::{Arg, Deferral, Given, Property, args, attribute_args, constraint, kinds::deferred};
use crate::{mistakes::Mistakes, suggest};

const KNOWN: &[&str] = &[
    "name",
    "primary_key",
    "foreign_key",
    "on_delete",
    "on_update",
    "use_alter",
    "deferrable",
    "initially",
    "unique",
    "index",
    "default",
    "server_default",
    "onupdate",
    "server_onupdate",
    "length",
    "numeric",
    "sql_type",
    "annotated",
    "version",
    "nullable",
    "computed",
    "identity",
    "sequence",
    "collation",
    "comment",
    "deferred",
    "deferred_group",
    "deferred_raiseload",
    "property",
    "synonym",
    "query_expression",
];

/// The arguments of `#[column]`.
#[derive(Default)]
pub(crate) struct ColumnArgs {
    /// The SQL name, where it differs from the field's.
    pub(crate) name: Option<LitStr>,
    pub(crate) primary_key: bool,
    pub(crate) foreign_key: Option<Reference>,
    pub(crate) on_delete: Option<Action>,
    pub(crate) on_update: Option<Action>,
    /// Whether the foreign key is added when all tables are there.
    pub(crate) use_alter: bool,
    /// When the foreign key is checked, if it can wait: the name of the variant in the schema's enum.
    pub(crate) deferrable: Option<Deferrable>,
    pub(crate) unique: bool,
    pub(crate) index: bool,
    pub(crate) default: Option<Expr>,
    /// A default that the database computes, in the INSERT.
    pub(crate) default_expression: Option<Expr>,
    /// A default by the other values of the row: `|row| …`.
    pub(crate) default_of_row: Option<Expr>,
    pub(crate) onupdate: Option<Expr>,
    pub(crate) server_onupdate: bool,
    pub(crate) server_default: Option<ServerDefault>,
    pub(crate) length: Option<LitInt>,
    pub(crate) numeric: Option<(LitInt, LitInt)>,
    /// The type in the database, with its variants.
    pub(crate) sql_type: Option<Expr>,
    /// The name by which the type map knows it.
    pub(crate) annotated: Option<LitStr>,
    pub(crate) version: Option<Version>,
    pub(crate) computed: Option<Computed>,
    pub(crate) identity: Option<Identity>,
    /// Calls of the sequence's builder, behind its name.
    pub(crate) sequence: Option<(LitStr, TokenStream)>,
    /// How texts are compared, and where: `(Option<DialectName>, &str)`.
    pub(crate) collations: Vec<TokenStream>,
    pub(crate) comment: Option<LitStr>,
    /// Whether it is NOT NULL although its type can be NULL.
    pub(crate) not_null: bool,
    /// When it is loaded, where something is said of that.
    pub(crate) deferral: Option<Deferral>,
    /// Other names of it on the entity constant.
    pub(crate) synonyms: Vec<Ident>,
    /// What it is in statements, where no column holds it.
    pub(crate) property: Option<Property>,
}

/// The column that a foreign key refers to.
pub(crate) enum Reference {
    /// `User.id`
    Column(Expr),
    /// `"user.id"`
    Named(LitStr),
}

/// `ON DELETE`, `ON UPDATE`; the name of the variant in the schema's enum.
#[derive(Clone)]
pub(crate) struct Action {
    /// Where it was said.
    pub(crate) key: Ident,
    pub(crate) variant: &'static str,
}

/// When a foreign key is checked that can wait; the name of the variant in the schema's enum.
#[derive(Clone)]
pub(crate) struct Deferrable {
    /// Where it was said.
    pub(crate) key: Ident,
    pub(crate) variant: &'static str,
}

/// The row's version: where that was said, and who makes the next.
pub(crate) struct Version {
    pub(crate) key: Ident,
    pub(crate) next: NextVersion,
}

/// Who makes the next version.
pub(crate) enum NextVersion {
    /// The unit of work, as the type says: `version`
    ByType,
    /// A function: `version = |old| …`
    By(Expr),
    /// The program, as it sets any column: `version(manual)`
    ByHand,
    /// The database: `version(server)`
    ByServer,
}

/// What the database computes a column by.
pub(crate) struct Computed {
    pub(crate) sql: LitStr,
    /// The name of the variant in the schema's enum.
    pub(crate) storage: &'static str,
}

/// How the database numbers a column.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) always: bool,
    pub(crate) start: Option<Expr>,
    pub(crate) increment: Option<Expr>,
}

/// What the database fills in.
pub(crate) enum ServerDefault {
    Now,
    Sql(LitStr),
    Int(Expr),
    Real(Expr),
    Bool(Expr),
}

pub(super) fn parse(attrs: &[Attribute], mistakes: &mut Mistakes) -> ColumnArgs {
    let mut column = ColumnArgs::default();
    for arg in attribute_args(attrs, "column", mistakes) {
        column.read(&arg, mistakes);
    }
    column
}

impl ColumnArgs {
    fn read(&mut self, arg: &Arg, mistakes: &mut Mistakes) {
        match arg.key().as_str() {
            "" => match &arg.given {
                Given::Value(expr) if self.name.is_none() => match args::string(expr) {
                    Some(name) => self.name = Some(name),
                    None => mistakes.at(expr, "the column's name stands in quotes"),
                },
                _ => arg.unknown("column", KNOWN, mistakes),
            },
            "name" => self.name = arg.string(mistakes),
            "primary_key" => self.primary_key = arg.flag(mistakes),
            "unique" => self.unique = arg.flag(mistakes),
            "index" => self.index = arg.flag(mistakes),
            "foreign_key" => self.foreign_key = reference(arg, mistakes),
            "on_delete" => self.on_delete = action(arg, mistakes),
            "on_update" => self.on_update = action(arg, mistakes),
            "use_alter" => self.use_alter = arg.flag(mistakes),
            "deferrable" => {
                arg.flag(mistakes);
                let said = arg.name.clone().map(|key| Deferrable { key, variant: "Immediate" });
                self.deferrable = self.deferrable.take().or(said);
            }
            "initially" => self.deferrable = deferrable(arg, mistakes),
            "sequence" => self.sequence = sequence(arg, mistakes),
            "collation" => self.collations = collations(arg, mistakes),
            "comment" => self.comment = arg.string(mistakes),
            "default" => {
                let value = arg.value(mistakes).cloned();
                match value {
                    Some(Expr::Closure(_)) => self.default_of_row = value,
                    Some(it) if is_expression(&it) => self.default_expression = Some(it),
                    other => self.default = other,
                }
            }
            "onupdate" => self.onupdate = arg.value(mistakes).cloned(),
            "server_onupdate" => self.server_onupdate = arg.flag(mistakes),
            "server_default" => self.server_default = server_default(arg, mistakes),
            "length" => self.length = arg.value(mistakes).and_then(|it| integer(it, mistakes)),
            "numeric" => self.numeric = arg.list(digits, "numeric(10, 2)", mistakes),
            "sql_type" => self.sql_type = arg.value(mistakes).cloned(),
            "annotated" => self.annotated = arg.string(mistakes),
            "version" => self.version = version(arg, mistakes),
            "computed" => self.computed = computed_by(arg, mistakes),
            "identity" => self.identity = identity(arg, mistakes),
            "deferred" => {
                let deferral = self.deferral.get_or_insert_default();
                deferral.loaded = !deferred(arg, mistakes);
            }
            "deferred_group" => {
                let group = arg.string(mistakes);
                self.deferral.get_or_insert_default().group = group;
            }
            "deferred_raiseload" => {
                let raises = arg.flag(mistakes);
                self.deferral.get_or_insert_default().raises = raises;
            }
            "property" => {
                let expression = arg.value(mistakes).cloned();
                let key = arg.name.clone().filter(|_| expression.is_some());
                self.property = key.map(|key| Property { key, expression });
            }
            "synonym" => {
                let names = |input: ParseStream<'_>| {
                    Punctuated::<Ident, Token![,]>::parse_terminated_with(input, Ident::parse_any)
                };
                self.synonyms
                    .extend(arg.list(names, "synonym(username)", mistakes).into_iter().flatten());
            }
            "query_expression" => {
                let key = arg.name.clone().filter(|_| arg.flag(mistakes));
                self.property = key.map(|key| Property { key, expression: None });
            }
            "nullable" => self.not_null = !nullable(arg, mistakes),
            "skip" => mistakes.at(
                &arg.name,
                "every field of a mapped struct is a column or a relationship; \
                 keep other data beside it",
            ),
            _ => arg.unknown("column", KNOWN, mistakes),
        }
    }
}

fn reference(arg: &Arg, mistakes: &mut Mistakes) -> Option<Reference> {
    let expr = arg.value(mistakes)?;
    if let Some(text) = args::string(expr) {
        if text.value().split('.').filter(|part| !part.is_empty()).count() < 2 {
            mistakes.at(&text, "write `foreign_key = \"table.column\"`");
        }
        return Some(Reference::Named(text));
    }
    match expr {
        Expr::Field(_) => Some(Reference::Column(expr.clone())),
        _ => {
            mistakes.at(expr, "write `foreign_key = User.id` or `foreign_key = \"table.column\"`");
            None
        }
    }
}

/// `nullable = false`; without it, the field's type says.
fn nullable(arg: &Arg, mistakes: &mut Mistakes) -> bool {
    let given = arg.value(mistakes);
    if let Some(Expr::Lit(lit)) = given
        && let Lit::Bool(it) = &lit.lit
        && !it.value
    {
        return false;
    }
    if let Some(expr) = given {
        mistakes.at(expr, "write `nullable = false`; a column that may be NULL is an `Option`");
    }
    true
}

/// What a foreign key of several columns does when the row that it refers to goes or changes: names of
/// the variants.
#[derive(Clone)]
pub(crate) struct Actions {
    pub(crate) on_delete: &'static str,
    pub(crate) on_update: &'static str,
    pub(crate) use_alter: bool,
    pub(crate) deferrable: Option<&'static str>,
}

impl Default for Actions {
    fn default() -> Self {
        let (on_delete, on_update) = ("NoAction", "NoAction");
        Self { on_delete, on_update, use_alter: false, deferrable: None }
    }
}

fn action(arg: &Arg, mistakes: &mut Mistakes) -> Option<Action> {
    let word = arg.word(mistakes)?;
    match variant(&word) {
        Ok(variant) => Some(Action { key: arg.name.clone()?, variant }),
        Err(error) => {
            mistakes.at(&word, error.to_string());
            None
        }
    }
}

/// `initially = deferred`
fn deferrable(arg: &Arg, mistakes: &mut Mistakes) -> Option<Deferrable> {
    let word = arg.word(mistakes)?;
    let variant = mistakes.take(constraint::initially(&word))?;
    Some(Deferrable { key: arg.name.clone()?, variant })
}

/// `sequence = "name"`, `sequence("name", start = 100, increment = 10)`
fn sequence(arg: &Arg, mistakes: &mut Mistakes) -> Option<(LitStr, TokenStream)> {
    match &arg.given {
        Given::List(_) => arg.list(sequence_list, "sequence(\"name\", start = 100)", mistakes),
        _ => Some((arg.string(mistakes)?, TokenStream::new())),
    }
}

fn sequence_list(input: ParseStream<'_>) -> syn::Result<(LitStr, TokenStream)> {
    let name = input.parse()?;
    let mut calls = TokenStream::new();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        let word = input.parse::<Ident>()?;
        if !["start", "increment", "schema"].iter().any(|it| word == it) {
            return Err(syn::Error::new(word.span(), "expected `start`, `increment` or `schema`"));
        }
        input.parse::<Token![=]>()?;
        let value = input.parse::<Expr>()?;
        calls.extend(quote!(.#word(#value)));
    }
    Ok((name, calls))
}

/// `collation = "NOCASE"`, `collation(sqlite = "NOCASE", postgres = "C")`
fn collations(arg: &Arg, mistakes: &mut Mistakes) -> Vec<TokenStream> {
    if let Given::List(_) = arg.given {
        let form = "collation(sqlite = \"NOCASE\", postgres = \"C\")";
        let found = arg.list(collation_list, form, mistakes);
        return found.unwrap_or_default();
    }
    let name = arg.string(mistakes);
    name.map(|it| quote!((__aq::None, #it))).into_iter().collect()
}

fn collation_list(input: ParseStream<'_>) -> syn::Result<Vec<TokenStream>> {
    let one = |input: ParseStream<'_>| {
        let dialect = constraint::dialect(input)?;
        input.parse::<Token![=]>()?;
        let name = input.parse::<LitStr>()?;
        Ok(quote!((__aq::Some(#dialect), #name)))
    };
    let found = Punctuated::<_, Token![,]>::parse_terminated_with(input, one)?;
    Ok(found.into_iter().collect())
}

/// The variant of an action's name.
pub(super) fn variant(word: &Ident) -> syn::Result<&'static str> {
    const WORDS: [(&str, &str); 5] = [
        ("cascade", "Cascade"),
        ("set_null", "SetNull"),
        ("set_default", "SetDefault"),
        ("restrict", "Restrict"),
        ("no_action", "NoAction"),
    ];
    suggest::one_of(word, "action", &WORDS)
}

fn version(arg: &Arg, mistakes: &mut Mistakes) -> Option<Version> {
    let next = match &arg.given {
        Given::Flag => NextVersion::ByType,
        Given::Value(expr) => NextVersion::By(expr.clone()),
        Given::List(_) => arg.list(by_whom, "version(manual)` or `version(server)", mistakes)?,
    };
    Some(Version { key: arg.name.clone()?, next })
}

/// `manual`, `server`
fn by_whom(input: ParseStream<'_>) -> syn::Result<NextVersion> {
    let word = input.parse::<Ident>()?;
    match word.to_string().as_str() {
        "manual" => Ok(NextVersion::ByHand),
        "server" => Ok(NextVersion::ByServer),
        _ => Err(syn::Error::new(word.span(), format!("unknown kind of version `{word}`"))),
    }
}

/// `computed = "price * amount"`, `computed("price * amount", virtual)`
fn computed_by(arg: &Arg, mistakes: &mut Mistakes) -> Option<Computed> {
    if let Given::List(_) = arg.given {
        return arg.list(computed_list, "computed(\"price * amount\", virtual)", mistakes);
    }
    Some(Computed { sql: arg.string(mistakes)?, storage: "Stored" })
}

fn computed_list(input: ParseStream<'_>) -> syn::Result<Computed> {
    let sql = input.parse()?;
    if input.is_empty() {
        return Ok(Computed { sql, storage: "Stored" });
    }
    input.parse::<Token![,]>()?;
    let word = input.call(Ident::parse_any)?;
    match word.to_string().as_str() {
        "stored" => Ok(Computed { sql, storage: "Stored" }),
        "virtual" => Ok(Computed { sql, storage: "Virtual" }),
        _ => Err(syn::Error::new(word.span(), "expected `stored` or `virtual`")),
    }
}

/// `identity`, `identity(always, start = 100, increment = 10)`
fn identity(arg: &Arg, mistakes: &mut Mistakes) -> Option<Identity> {
    match &arg.given {
        Given::Flag => Some(Identity::default()),
        _ => arg.list(identity_list, "identity(always, start = 100)", mistakes),
    }
}

fn identity_list(input: ParseStream<'_>) -> syn::Result<Identity> {
    let mut identity = Identity::default();
    while !input.is_empty() {
        let word = input.parse::<Ident>()?;
        match word.to_string().as_str() {
            "always" => identity.always = true,
            name @ ("start" | "increment") => {
                input.parse::<Token![=]>()?;
                let value = Some(input.parse()?);
                match name {
                    "start" => identity.start = value,
                    _ => identity.increment = value,
                }
            }
            _ => {
                let message = "expected `always`, `start` or `increment`";
                return Err(syn::Error::new(word.span(), message));
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(identity)
}

fn server_default(arg: &Arg, mistakes: &mut Mistakes) -> Option<ServerDefault> {
    let expr = arg.value(mistakes)?;
    let found = literal_default(expr).or_else(|| is_now(expr).then_some(ServerDefault::Now));
    if found.is_none() {
        mistakes.at(
            expr,
            "the database must be able to compute it: a number, a truth value, `now`, or SQL in \
             quotes; a value from the program is `default = …`",
        );
    }
    found
}

fn literal_default(expr: &Expr) -> Option<ServerDefault> {
    let digits = match expr {
        Expr::Unary(negative) if matches!(negative.op, UnOp::Neg(_)) => &*negative.expr,
        other => other,
    };
    let Expr::Lit(lit) = digits else { return None };
    match &lit.lit {
        Lit::Int(_) => Some(ServerDefault::Int(expr.clone())),
        Lit::Float(_) => Some(ServerDefault::Real(expr.clone())),
        Lit::Bool(_) => Some(ServerDefault::Bool(expr.clone())),
        Lit::Str(text) => Some(ServerDefault::Sql(text.clone())),
        _ => None,
    }
}

/// `now`, `now()`, `func::now()`
fn is_now(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.segments.last().is_some_and(|it| it.ident == "now"),
        Expr::Call(call) => call.args.is_empty() && is_now(&call.func),
        _ => false,
    }
}

/// `func::…(…)`, `sql_expr(…)`: a macro sees no types, but these are where expressions come from.
fn is_expression(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => {
                let mut names = path.path.segments.iter().rev().map(|it| &it.ident);
                names.next().is_some_and(|it| it == "sql_expr")
                    || names.next().is_some_and(|it| it == "func")
            }
            _ => false,
        },
        Expr::MethodCall(call) => is_expression(&call.receiver),
        Expr::Binary(binary) => is_expression(&binary.left) || is_expression(&binary.right),
        Expr::Paren(inner) => is_expression(&inner.expr),
        _ => false,
    }
}

fn integer(expr: &Expr, mistakes: &mut Mistakes) -> Option<LitInt> {
    match expr {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(it) if it.base10_parse::<u32>().is_ok_and(|it| it > 0) => Some(it.clone()),
            _ => None,
        },
        _ => None,
    }
    .or_else(|| {
        mistakes.at(expr, "expected a number of characters, 1 at least");
        None
    })
}

/// `10, 2`
fn digits(input: ParseStream<'_>) -> syn::Result<(LitInt, LitInt)> {
    let precision = input.parse::<LitInt>()?;
    input.parse::<Token![,]>()?;
    let scale = input.parse::<LitInt>()?;
    if scale.base10_parse::<u8>()? > precision.base10_parse::<u8>()? {
        return Err(syn::Error::new(scale.span(), "more digits behind the point than in all"));
    }
    Ok((precision, scale))
}
