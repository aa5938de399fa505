//! Reads the expressions that checks, defaults and computed columns are made of.
//!
//! It understands what is written most, in the spellings that databases make of it. What it doesn't
//! understand is `None`, and then nobody claims that two texts differ.

use super::{Lexeme, Node, Token, lex};
use crate::schema::catalog::Rules;

/// An expression; `None` if it is of no known form.
pub(in crate::schema) fn parse(sql: &str, rules: &Rules) -> Option<Node> {
    let lexemes = lex(sql, rules);
    let mut parser = Parser { tokens: &lexemes, at: 0, depth: 0, rules };
    let node = parser.any()?;
    (parser.at == lexemes.len()).then_some(node)
}

/// The deepest nesting that is read.
const DEEPEST: usize = 60;

/// Words by which something begins that isn't read.
const UNREAD: [&str; 10] = [
    "case",
    "cast",
    "exists",
    "extract",
    "interval",
    "position",
    "row",
    "select",
    "substring",
    "trim",
];

struct Parser<'a> {
    tokens: &'a [Lexeme],
    at: usize,
    depth: usize,
    rules: &'a Rules,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.token)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|it| it.is(word));
        self.at += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|it| it.is_symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn one_of(&mut self, symbols: &[(&str, &'static str)]) -> Option<&'static str> {
        symbols.iter().find(|(it, _)| self.symbol(it)).map(|(_, name)| *name)
    }

    fn any(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let node = self.or();
        self.depth -= 1;
        node
    }

    fn or(&mut self) -> Option<Node> {
        let mut operands = vec![self.and()?];
        while self.word("or") {
            operands.push(self.and()?);
        }
        Some(alone(operands).unwrap_or_else(|it| Node::joined("or", it)))
    }

    fn and(&mut self) -> Option<Node> {
        let mut operands = vec![self.not()?];
        while self.word("and") {
            operands.push(self.not()?);
        }
        Some(alone(operands).unwrap_or_else(|it| Node::joined("and", it)))
    }

    fn not(&mut self) -> Option<Node> {
        let mut times = 0_u32;
        while self.word("not") {
            times += 1;
        }
        let node = self.comparison()?;
        Some(if times % 2 == 1 { node.not() } else { node })
    }

    fn comparison(&mut self) -> Option<Node> {
        const OPERATORS: [(&str, &str); 15] = [
            ("=", "="),
            ("==", "="),
            ("<>", "<>"),
            ("!=", "<>"),
            ("<=", "<="),
            (">=", ">="),
            ("<", "<"),
            (">", ">"),
            ("<=>", "<=>"),
            ("~~*", "ilike"),
            ("~~", "like"),
            ("!~~*", "!ilike"),
            ("!~~", "!like"),
            ("@>", "@>"),
            ("<@", "<@"),
        ];
        let mut left = self.sum()?;
        loop {
            if let Some(operator) = self.one_of(&OPERATORS) {
                left = match self.quantifier() {
                    Some(_) => self.list_of(left, operator == "=")?,
                    None => {
                        let right = self.sum()?;
                        match operator.strip_prefix('!') {
                            Some("like") => Node::Op("like", vec![left, right]).not(),
                            Some(_) => Node::Op("ilike", vec![left, right]).not(),
                            None => Node::Op(operator, vec![left, right]),
                        }
                    }
                };
            } else if self.word("is") {
                left = self.is(left)?;
            } else {
                let start = self.at;
                let negative = self.word("not");
                let node = if self.word("in") {
                    let Node::List(items) = self.list()? else { return None };
                    member(left, items)
                } else if self.word("between") {
                    let low = self.sum()?;
                    if !self.word("and") {
                        return None;
                    }
                    let high = self.sum()?;
                    let bounds =
                        [Node::Op(">=", vec![left.clone(), low]), Node::Op("<=", vec![left, high])];
                    Node::joined("and", bounds.into())
                } else if self.word("like") {
                    Node::Op("like", vec![left, self.sum()?])
                } else if self.word("ilike") {
                    Node::Op("ilike", vec![left, self.sum()?])
                } else if self.word("isnull") {
                    Node::Op("is null", vec![left])
                } else {
                    self.at = start;
                    return Some(left);
                };
                left = if negative { node.not() } else { node };
            }
        }
    }

    fn is(&mut self, left: Node) -> Option<Node> {
        let negative = self.word("not");
        let node = if self.word("null") {
            Node::Op("is null", vec![left])
        } else if self.word("distinct") && self.word("from") {
            Node::Op("is", vec![left, self.sum()?]).not()
        } else {
            Node::Op("is", vec![left, self.sum()?])
        };
        Some(if negative { node.not() } else { node })
    }

    /// `ANY` and `ALL` of an array, which is how PostgreSQL shows `IN`.
    fn quantifier(&mut self) -> Option<()> {
        let start = self.at;
        if (self.word("any") || self.word("all")) && self.symbol("(") {
            self.at -= 1;
            return Some(());
        }
        self.at = start;
        None
    }

    fn list_of(&mut self, left: Node, positive: bool) -> Option<Node> {
        match self.primary()? {
            Node::List(items) => {
                let node = member(left, items);
                Some(if positive { node } else { node.not() })
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Option<Node> {
        const OPERATORS: [(&str, &str); 5] =
            [("+", "+"), ("-", "-"), ("||", "||"), ("->>", "->>"), ("->", "->")];
        let mut left = self.product()?;
        while let Some(operator) = self.one_of(&OPERATORS) {
            left = Node::Op(operator, vec![left, self.product()?]);
        }
        Some(left)
    }

    fn product(&mut self) -> Option<Node> {
        const OPERATORS: [(&str, &str); 3] = [("*", "*"), ("/", "/"), ("%", "%")];
        let mut left = self.unary()?;
        loop {
            left = match self.one_of(&OPERATORS) {
                Some(operator) => Node::Op(operator, vec![left, self.unary()?]),
                None if self.word("mod") => Node::Op("%", vec![left, self.unary()?]),
                None => return Some(left),
            };
        }
    }

    fn unary(&mut self) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let node = if self.symbol("-") {
            self.unary().map(Node::negated)
        } else if self.symbol("+") {
            self.unary()
        } else {
            self.primary()
        };
        self.depth -= 1;
        node
    }

    /// With the casts behind it, which change nothing but a number that is written as text.
    fn primary(&mut self) -> Option<Node> {
        let mut node = self.term()?;
        while self.symbol("::") {
            let numeric = self.type_name()?;
            node = match node {
                Node::Text(it) if numeric => Node::number(&it),
                other => other,
            };
        }
        if self.tokens.get(self.at).is_some_and(|it| it.is("collate")) { None } else { Some(node) }
    }

    /// Steps over a type's name; whether it is one of numbers.
    fn type_name(&mut self) -> Option<bool> {
        let numeric = match self.peek()? {
            Token::Word(it) => matches!(
                &**it,
                "smallint" | "integer" | "bigint" | "numeric" | "real" | "double" | "oid"
            ),
            Token::Name(_) => false,
            _ => return None,
        };
        self.at += 1;
        loop {
            match self.peek() {
                Some(Token::Word(it))
                    if matches!(
                        &**it,
                        "varying" | "precision" | "with" | "without" | "time" | "zone"
                    ) =>
                {
                    self.at += 1;
                }
                Some(Token::Symbol(".")) => self.at += 2,
                Some(Token::Symbol("(")) => {
                    while !self.symbol(")") {
                        self.peek()?;
                        self.at += 1;
                    }
                }
                Some(Token::Symbol("[")) => {
                    self.at += 1;
                    if !self.symbol("]") {
                        return None;
                    }
                }
                _ => return Some(numeric),
            }
        }
    }

    fn term(&mut self) -> Option<Node> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Text(it) => Some(Node::Text(it)),
            Token::Bytes(it) => Some(Node::Bytes(it)),
            Token::Number(it) => Some(Node::number(&it)),
            Token::Symbol("(") => {
                self.at -= 1;
                let Node::List(items) = self.list()? else { return None };
                Some(alone(items).unwrap_or_else(Node::List))
            }
            Token::Name(it) => self.name(it),
            Token::Word(it) => match &*it {
                "null" => Some(Node::Null),
                "true" | "false" if self.rules.truth_is_number => {
                    Some(Node::Number(if it == "true" { "1" } else { "0" }.to_owned()))
                }
                "array" if self.symbol("[") => {
                    let items = self.items("]")?;
                    Some(Node::List(items))
                }
                it if UNREAD.contains(&it) => None,
                // `_utf8mb4'text'`, `DATE '2024-01-01'`
                _ => match self.peek() {
                    Some(Token::Text(text)) => {
                        let text = text.clone();
                        self.at += 1;
                        Some(Node::Text(text))
                    }
                    _ => self.name(it),
                },
            },
            Token::Symbol(_) | Token::Other(_) => None,
        }
    }

    /// A column, or a function with its arguments.
    fn name(&mut self, mut name: String) -> Option<Node> {
        while self.symbol(".") {
            name = match self.peek()? {
                Token::Word(it) | Token::Name(it) => it.clone(),
                _ => return None,
            };
            self.at += 1;
        }
        if self.rules.names_ignore_case {
            name.make_ascii_lowercase();
        }
        let arguments = if self.symbol("(") { Some(self.items(")")?) } else { None };
        let alias = self.rules.aliases.iter().find(|(it, _)| *it == name);
        let is_moment = |it: &str| it.starts_with("current_") || it.starts_with("local");
        match (alias, arguments) {
            (Some((_, name)), Some(arguments)) => Some(Node::Call((*name).to_owned(), arguments)),
            (None, Some(arguments)) => Some(Node::Call(name, arguments)),
            (Some((_, name)), None) if is_moment(name) => {
                Some(Node::Call((*name).to_owned(), Vec::new()))
            }
            (_, None) if is_moment(&name) => Some(Node::Call(name, Vec::new())),
            (_, None) => Some(Node::Name(name)),
        }
    }

    /// `(a, b)`
    fn list(&mut self) -> Option<Node> {
        if !self.symbol("(") {
            return None;
        }
        Some(Node::List(self.items(")")?))
    }

    fn items(&mut self, end: &str) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        if self.symbol(end) {
            return Some(items);
        }
        loop {
            items.push(self.any()?);
            if self.symbol(end) {
                return Some(items);
            }
            if !self.symbol(",") {
                return None;
            }
        }
    }
}

/// The only element, or all.
fn alone(mut items: Vec<Node>) -> Result<Node, Vec<Node>> {
    match items.len() {
        1 => Ok(items.remove(0)),
        _ => Err(items),
    }
}

/// `left IN (items)`
fn member(left: Node, items: Vec<Node>) -> Node {
    // The array of `= ANY (ARRAY[…])`.
    let items = match alone(items) {
        Ok(Node::List(inner)) => inner,
        Ok(item) => return Node::Op("=", vec![left, item]),
        Err(items) => items,
    };
    match alone(items) {
        Ok(item) => Node::Op("=", vec![left, item]),
        Err(items) => Node::Op("in", vec![left, Node::List(items)]),
    }
}
