//! Which names need quotes: reserved words, and names that aren't plain words.

/// Whether a name consists of lower-case letters, digits and underscores, and starts with no digit.
/// Anything else is quoted: databases fold the case of what isn't.
pub(super) fn is_plain(name: &str) -> bool {
    let starts = name.bytes().next().is_some_and(|it| !it.is_ascii_digit());
    // Names are short, and nearly all of them plain: no byte is worth a branch.
    starts && name.bytes().fold(true, |plain, it| plain & PLAIN[usize::from(it)])
}

/// Which bytes need no quotes.
static PLAIN: [bool; 256] = {
    let (mut plain, mut byte) = ([false; 256], 0_u8);
    while byte < 128 {
        plain[byte as usize] = byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        byte += 1;
    }
    plain
};

/// Whether a word is reserved by the standard or by a database that follows it closely.
pub(super) fn is_standard(word: &str) -> bool {
    STANDARD.contains(word)
}

/// Words that names are looked up among, each time that one is written.
pub(super) struct Words {
    sorted: &'static [&'static str],
    /// A bit for the length of each word, its ends and what follows the first: that tells most names from all of them.
    shapes: [u64; 16],
}

impl Words {
    /// These, which are sorted.
    pub(super) const fn new(sorted: &'static [&'static str]) -> Self {
        let mut shapes = [0; 16];
        let mut index = 0;
        while index < sorted.len() {
            let shape = shape(sorted[index].as_bytes());
            shapes[shape / 64] |= 1 << (shape % 64);
            index += 1;
        }
        Self { sorted, shapes }
    }

    pub(super) fn contains(&self, word: &str) -> bool {
        let shape = shape(word.as_bytes());
        self.shapes[shape / 64] >> (shape % 64) & 1 == 1 && self.sorted.binary_search(&word).is_ok()
    }

    #[cfg(test)]
    pub(super) fn sorted(&self) -> &[&str] {
        self.sorted
    }
}

/// A number below 1024, of the length, the ends and what follows the first.
const fn shape(word: &[u8]) -> usize {
    match word {
        [first, second, .., last] => {
            let (first, second, last) = (*first as usize, *second as usize, *last as usize);
            (first * 31 + second * 7 + last * 131 + word.len() * 53) % 1024
        }
        // Two letters.
        [first, last] => (*first as usize * 31 + *last as usize * 138 + 106) % 1024,
        _ => 0,
    }
}

pub(super) static STANDARD: Words = Words::new(&[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "binary",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "delete",
    "desc",
    "distinct",
    "do",
    "drop",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "key",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "set",
    "similar",
    "some",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "update",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
]);
