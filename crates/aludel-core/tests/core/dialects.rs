//! Two dialects that exist for the tests, each with the deviations of a kind of database.

use aludel_core::dialect::{
    Alter, Autoincrement, Booleans, Capability, Concat, Ddl, Decimals, Dialect, Dml, EmptyInsert,
    Enums, Identifiers, Ilike, IndexSchema, Quote, Returning, RowIn, Same, Select, Spelling, Types,
};

/// Numbered parameters, native types, the standard's forms.
#[derive(Debug)]
pub(crate) struct Dollar;

impl Dialect for Dollar {
    fn name(&self) -> &'static str {
        "dollar"
    }

    fn capability(&self) -> &'static Capability {
        &Capability {
            identifiers: Identifiers { quote: Quote::Double, max_length: 30 },
            types: Types {
                booleans: Booleans::Native,
                decimals: Decimals::Native,
                enums: Enums::Type,
                arrays: true,
                ranges: true,
            },
            select: Select {
                max_parameters: 65_535,
                same: Same::DistinctFrom,
                unlimited: None,
                ilike: Ilike::Native,
                concat: Concat::Operator,
                row_in: RowIn::List,
            },
            dml: Dml { returning: Returning::All, empty_insert: EmptyInsert::DefaultValues },
            ddl: Ddl {
                alter: Alter::Constraints,
                autoincrement: Autoincrement::Identity,
                index_if_not_exists: true,
                index_schema: IndexSchema::Table,
                parenthesised_defaults: false,
            },
        }
    }

    fn placeholder(&self, sql: &mut String, position: usize) {
        sql.push_str(&format!("${position}"));
    }
}

/// Backticks, functions in place of operators, no RETURNING.
#[derive(Debug)]
pub(crate) struct Tick;

impl Dialect for Tick {
    fn name(&self) -> &'static str {
        "tick"
    }

    fn capability(&self) -> &'static Capability {
        &Capability {
            identifiers: Identifiers { quote: Quote::Backtick, max_length: 64 },
            types: Types {
                booleans: Booleans::Integer,
                decimals: Decimals::Native,
                enums: Enums::Inline,
                arrays: false,
                ranges: false,
            },
            select: Select {
                max_parameters: 4,
                same: Same::Spaceship,
                unlimited: Some("18446744073709551615"),
                ilike: Ilike::Lower,
                concat: Concat::Function,
                row_in: RowIn::List,
            },
            dml: Dml { returning: Returning::None, empty_insert: EmptyInsert::EmptyLists },
            ddl: Ddl {
                alter: Alter::Constraints,
                autoincrement: Autoincrement::Keyword,
                index_if_not_exists: false,
                index_schema: IndexSchema::Table,
                parenthesised_defaults: true,
            },
        }
    }

    fn function(&self, name: &'static str) -> Spelling {
        match name {
            "now" => Spelling::Keyword("CURRENT_TIMESTAMP"),
            "length" => Spelling::Call("char_length"),
            name => Spelling::Call(name),
        }
    }
}
