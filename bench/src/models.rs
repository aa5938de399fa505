//! The tables that the rows work on.

use aludel::prelude::*;

/// The row of most measurements: an integer, a text, and a text that may be missing.
#[derive(Mapped)]
#[table("item")]
pub(crate) struct Item {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
}

/// One of a thousand owners.
#[derive(Mapped)]
#[table("parent")]
pub(crate) struct Parent {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    #[relationship(back_populates = parent)]
    pub(crate) children: Many<Child>,
}

/// One of an owner's ten children.
#[derive(Mapped)]
#[table("child")]
pub(crate) struct Child {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Parent.id, index)]
    pub(crate) parent_id: Auto<i64>,
    pub(crate) name: String,
    #[relationship(back_populates = children)]
    pub(crate) parent: One<Parent>,
}

/// The columns of [`struct@Item`], and three relationships that nobody loads.
#[derive(Mapped)]
#[table("linked_item")]
pub(crate) struct LinkedItem {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    pub(crate) note: Option<String>,
    #[relationship(back_populates = item)]
    pub(crate) firsts: Many<First>,
    #[relationship(back_populates = item)]
    pub(crate) seconds: Many<Second>,
    #[relationship(back_populates = item)]
    pub(crate) thirds: Many<Third>,
}

macro_rules! referring {
    ($name:ident, $table:literal, $back:ident) => {
        /// Something that refers to a [`struct@LinkedItem`].
        #[derive(Mapped)]
        #[table($table)]
        pub(crate) struct $name {
            #[column(primary_key)]
            pub(crate) id: Auto<i64>,
            #[column(foreign_key = LinkedItem.id)]
            pub(crate) item_id: Auto<i64>,
            #[relationship(back_populates = $back)]
            pub(crate) item: One<LinkedItem>,
        }
    };
}

referring!(First, "first_referring", firsts);
referring!(Second, "second_referring", seconds);
referring!(Third, "third_referring", thirds);

/// The first of three levels.
#[derive(Mapped)]
#[table("forest")]
pub(crate) struct Forest {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    pub(crate) name: String,
    #[relationship(back_populates = forest)]
    pub(crate) trees: Many<Tree>,
}

/// The second.
#[derive(Mapped)]
#[table("tree")]
pub(crate) struct Tree {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Forest.id)]
    pub(crate) forest_id: Auto<i64>,
    pub(crate) name: String,
    #[relationship(back_populates = trees)]
    pub(crate) forest: One<Forest>,
    #[relationship(back_populates = tree)]
    pub(crate) leaves: Many<Leaf>,
}

/// The third.
#[derive(Mapped)]
#[table("leaf")]
pub(crate) struct Leaf {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Tree.id)]
    pub(crate) tree_id: Auto<i64>,
    pub(crate) name: String,
    #[relationship(back_populates = leaves)]
    pub(crate) tree: One<Tree>,
}

/// A tree of its own kind. Without the index the database looks for the children of each node that is
/// deleted in the whole table.
#[derive(Mapped)]
#[table("branch", index(parent_id))]
pub(crate) struct Branch {
    #[column(primary_key)]
    pub(crate) id: Auto<i64>,
    #[column(foreign_key = Branch.id)]
    pub(crate) parent_id: Option<i64>,
    #[relationship(back_populates = children)]
    pub(crate) parent: One<Branch>,
    #[relationship(back_populates = parent, cascade(all))]
    pub(crate) children: Many<Branch>,
}
