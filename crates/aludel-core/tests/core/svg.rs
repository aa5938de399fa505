//! The picture in SVG: readable whatever the tables are.

use aludel_core::{
    schema::{Column, ForeignKey, MetaData, Table},
    value::SqlType,
};
use proptest::prelude::*;

/// Tables by the numbers of those that each refers to, with so many columns besides.
fn metadata(tables: &[(Vec<usize>, usize)], name: &str) -> MetaData {
    let mut metadata = MetaData::new();
    let called = |it: usize| format!("{name}{it}");
    for (number, (targets, more)) in tables.iter().enumerate() {
        let id = || Column::new("id", SqlType::BigInt);
        let mut table = Table::new(called(number)).column(id()).primary_key(["id"]);
        for (index, target) in targets.iter().enumerate() {
            let column = format!("{name} {index}");
            table = table.column(Column::new(&column, SqlType::BigInt).nullable());
            let target = called(target % tables.len());
            table = table.foreign_key(ForeignKey::new([column], target, ["id"]));
        }
        for index in 0..*more {
            table = table.column(Column::new(format!("c{index}"), SqlType::VarChar(9)));
        }
        metadata.add(table).unwrap();
    }
    metadata
}

/// The number of an attribute.
fn number(tag: &str, name: &str) -> i64 {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

/// The sides of all tables: left, top, right, bottom.
fn boxes(svg: &str) -> Vec<[i64; 4]> {
    let tables = svg.lines().filter(|it| it.starts_with("<rect class=\"table\""));
    tables
        .map(|it| {
            let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(it, name));
            [x, y, x + width, y + height]
        })
        .collect()
}

/// Whether every tag is closed in turn, and nothing that XML reads as its own stands between them.
fn is_well_formed(svg: &str) -> bool {
    let (mut open, mut rest) = (Vec::new(), svg);
    while let Some((text, behind)) = rest.split_once('<') {
        let known = ["amp;", "lt;", "gt;", "quot;"];
        let is_escaped =
            text.split('&').skip(1).all(|it| known.iter().any(|name| it.starts_with(name)));
        let allowed = |it: char| !it.is_control() || it == '\n';
        let Some((tag, behind)) = behind.split_once('>') else { return false };
        if !is_escaped || !text.chars().all(allowed) || text.contains("]]>") {
            return false;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
        rest = behind;
    }
    open.is_empty() && rest.trim().is_empty()
}

#[test]
fn nothing_and_one() {
    assert!(is_well_formed(&MetaData::new().to_svg()));
    let one = metadata(&[(vec![0], 2)], "a");
    let svg = one.to_svg();
    assert!(is_well_formed(&svg), "{svg}");
    assert!(svg.contains(">PK</text>") && svg.contains("<title>a0.a 0 → a0</title>"), "{svg}");
    assert_eq!(svg, one.clone().to_svg());
}

#[test]
fn who_refers_stands_right() {
    let chain = metadata(&[(vec![], 0), (vec![0], 0), (vec![1, 0], 3), (vec![], 0)], "t");
    let svg = chain.to_svg();
    let left: Vec<i64> = boxes(&svg).iter().map(|it| it[0]).collect();
    // In the order of their keys: `t0` and `t3`, `t1`, `t2`.
    assert!(left[0] < left[2] && left[2] < left[3], "{svg}");
    assert_eq!(svg.matches("class=\"line\"").count(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn tables_never_overlap_and_all_fits(
        tables in prop::collection::vec((prop::collection::vec(0..40_usize, 0..4), 0..12_usize), 1..40)
    ) {
        let svg = metadata(&tables, "table").to_svg();
        let boxes = boxes(&svg);
        prop_assert_eq!(boxes.len(), tables.len());
        for (index, one) in boxes.iter().enumerate() {
            for other in &boxes[..index] {
                let apart = one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1];
                prop_assert!(apart, "{:?} {:?}", one, other);
            }
            let head = svg.lines().next().unwrap_or_default();
            let (width, height) = (number(head, "width"), number(head, "height"));
            prop_assert!(one[0] >= 0 && one[1] >= 0 && one[2] <= width && one[3] <= height);
        }
    }

    #[test]
    fn every_text_is_escaped(name in "\\PC{0,8}|[<>&\"'\u{0}\n]{0,8}") {
        let svg = metadata(&[(vec![0, 1], 1), (vec![0], 0)], &name).to_svg();
        prop_assert!(is_well_formed(&svg), "{}", svg);
    }
}
