//! Entities with values that several columns hold.

use aludel::prelude::*;

use super::Suite;

#[derive(Composite, Clone, Debug, Default, PartialEq)]
pub struct Point {
    pub x: i64,
    pub y: i64,
}

#[derive(Composite, Clone, Debug, Default, PartialEq)]
pub struct Label {
    #[column(length = 40)]
    pub text: String,
    #[column("colour_name", length = 20)]
    pub colour: Option<String>,
}

#[derive(Mapped, Debug)]
#[table("vertex", base = Suite, index(start_x, start_y))]
pub struct Vertex {
    #[column(primary_key)]
    pub id: Auto<i64>,
    #[composite(prefix = "start_")]
    pub start: Point,
    pub name: String,
    #[composite(prefix = "end_")]
    pub end: Option<Point>,
    #[composite]
    pub label: Label,
    #[column(foreign_key = Vertex.id)]
    pub next_id: Option<i64>,
    #[relationship]
    pub next: One<Vertex>,
}
