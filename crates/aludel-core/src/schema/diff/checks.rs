//! Check constraints, those of labels included.

use super::{
    Change, Comparison, What,
    keys::{changed, is_named_so, take},
};
use crate::{
    schema::{
        Check, Column, ddl,
        text::{Node, Same, compare, parse},
    },
    value::SqlType,
};

impl Comparison<'_> {
    /// By name, by what they say, and where that can't be told by their number.
    pub(super) fn checks(&mut self) {
        let rules = self.known.rules;
        let same = |a: &Check, b: &Check| compare(&a.sql, &b.sql, rules);
        let mut rest: Vec<&Check> = self.found.checks.iter().collect();
        let mut open = Vec::new();
        for check in &self.declared.checks {
            let by_name = take(&mut rest, |it| check.name.is_some() && check.name == it.name);
            match by_name {
                Some(it) if same(check, it) == Same::No => {
                    self.push(What::Check(changed(check, it)));
                }
                Some(_) => {}
                None => open.push(check),
            }
        }
        let mut left = Vec::new();
        for check in open {
            match take(&mut rest, |it| same(check, it) == Same::Yes) {
                Some(it) if is_named_so(check.name.as_deref(), it.name.as_deref()) => {}
                Some(it) => self.push(What::Check(changed(check, it))),
                None => left.push(check),
            }
        }
        self.labels(&mut rest);
        // Of those about which nobody can tell, the odd ones belong together.
        let is_odd = |it: &Check| parse(&it.sql, rules).is_none();
        for odd in [true, false] {
            left.retain(|check| {
                let unknown = |it: &Check| {
                    same(check, it) == Same::Unknown && (!odd || is_odd(check) && is_odd(it))
                };
                // One that is called otherwise is another.
                check.name.is_some() || take(&mut rest, unknown).is_none()
            });
        }
        if let ([check], [it]) = (&*left, &*rest) {
            return self.push(What::Check(changed(*check, *it)));
        }
        for check in left {
            self.push(What::Check(Change::Missing(check.clone())));
        }
        for check in rest {
            self.push(What::Check(Change::Extra(check.clone())));
        }
    }

    /// Constraints of columns of labels that are text here.
    fn labels(&mut self, rest: &mut Vec<&Check>) {
        let rules = self.known.rules;
        let dialect = self.known.dialect;
        let is_text = |it: &&Column| ddl::is_label_text(it.ty, dialect);
        let has = |column: &Column| {
            self.found.columns.iter().any(|it| self.known.same_name(&it.name, &column.name))
        };
        let columns: Vec<&Column> =
            self.declared.columns.iter().filter(is_text).filter(|it| has(it)).collect();
        let of = |column: &Column, check: &Check| {
            let labels = match column.ty {
                SqlType::Set(_) => labels_of_set,
                _ => labels_of,
            };
            let found = parse(&check.sql, rules).and_then(labels)?;
            self.known.same_name(&found.0, &column.name).then_some(found.1)
        };
        let mut differences = Vec::new();
        for column in columns {
            let (SqlType::Enum(ty) | SqlType::Set(ty)) = column.ty else { continue };
            let exact = |it: &Check| of(column, it).is_some_and(|it| ty.labels.iter().eq(&it));
            if take(rest, exact).is_some() {
                continue;
            }
            let found = take(rest, |it| of(column, it).is_some());
            differences.push(match found.and_then(|it| of(column, it)) {
                Some(found) => What::Labels {
                    column: column.name.clone(),
                    declared: ty.labels.iter().map(|it| (*it).to_owned()).collect(),
                    found,
                },
                None => {
                    // Its name could be written, or there would be no such table.
                    let sql = ddl::label_condition(&column.name, column.ty, dialect);
                    let sql = sql.unwrap_or_default();
                    What::Check(Change::Missing(Check::new(sql)))
                }
            });
        }
        differences.into_iter().for_each(|it| self.push(it));
    }
}

/// The column and the labels of `column IN ('a', 'b')`.
fn labels_of(node: Node) -> Option<(String, Vec<String>)> {
    let Node::Op(operator @ ("in" | "="), operands) = node else { return None };
    let [Node::Name(column), labels] = &*operands else { return None };
    let text = |it: &Node| match it {
        Node::Text(it) => Some(it.clone()),
        _ => None,
    };
    let labels: Option<Vec<String>> = match labels {
        Node::List(items) if operator == "in" => items.iter().map(text).collect(),
        item => text(item).map(|it| vec![it]),
    };
    Some((column.clone(), labels?))
}

/// The same of the condition that a set of labels has where it is text: the labels that are replaced.
fn labels_of_set(node: Node) -> Option<(String, Vec<String>)> {
    let Node::Op("or", cases) = node else { return None };
    let [Node::Op("=", empty), Node::Op("=", rest)] = &*cases else { return None };
    let [Node::Name(column), Node::Text(_)] = &**empty else { return None };
    let [inner, Node::Text(_)] = &**rest else { return None };
    let mut inner = inner;
    let mut labels = Vec::new();
    while let Node::Call(name, arguments) = inner
        && name == "replace"
        && let [within, Node::Text(label), _] = &**arguments
    {
        labels.push(label.trim_matches(',').to_owned());
        inner = within;
    }
    labels.reverse();
    Some((column.clone(), labels))
}
