//! Parameters as PostgreSQL takes them: encoded when they are bound, before anything is sent.
//!
//! A value whose binary form PostgreSQL would take for the parameter's type goes out in binary; any
//! other goes out as text, as if it stood in the statement as a literal, and the server decides.

use bytes::{BufMut, BytesMut};
use smallvec::SmallVec;
use tokio_postgres::types::{Format, IsNull, ToSql, Type};

use super::{
    binary,
    literal::{element, text},
};
use crate::{Result, driver::Binder};
use aludel_core::value::ValueRef;

/// The parameters of one execution, encoded.
pub(super) enum Encoded {
    /// One behind the other.
    Values { bytes: BytesMut, places: SmallVec<[Place; 4]> },
    /// An array for each column.
    Arrays(Vec<(BytesMut, Format)>),
}

/// Where a parameter ends, and how it is written.
pub(super) struct Place {
    end: usize,
    null: bool,
    format: Format,
}

impl Encoded {
    /// The parameters, in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = Param<'_>> {
        let count = match self {
            Self::Values { places, .. } => places.len(),
            Self::Arrays(columns) => columns.len(),
        };
        (0..count).map(|index| self.get(index))
    }

    fn get(&self, index: usize) -> Param<'_> {
        match self {
            Self::Values { bytes, places } => {
                let start = index.checked_sub(1).map_or(0, |before| places[before].end);
                let Place { end, null, format } = &places[index];
                Param { bytes: (!null).then(|| &bytes[start..*end]), format: *format }
            }
            Self::Arrays(columns) => {
                let (bytes, format) = &columns[index];
                Param { bytes: Some(bytes), format: *format }
            }
        }
    }
}

/// One encoded parameter.
#[derive(Clone, Copy)]
pub(super) struct Param<'a> {
    bytes: Option<&'a [u8]>,
    format: Format,
}

/// Never the value: the client's own log shows parameters by this.
impl std::fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.bytes {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        self.format
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Takes the parameters of one execution.
pub(super) struct ParamsBinder<'a> {
    /// The types that the server expects; empty if it hasn't been asked.
    types: &'a [Type],
    bytes: BytesMut,
    places: SmallVec<[Place; 4]>,
}

impl<'a> ParamsBinder<'a> {
    pub(super) fn new(types: &'a [Type]) -> Self {
        Self { types, bytes: BytesMut::new(), places: SmallVec::new() }
    }

    pub(super) fn finish(self) -> Encoded {
        Encoded::Values { bytes: self.bytes, places: self.places }
    }
}

impl Binder for ParamsBinder<'_> {
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()> {
        let format = match self.types.get(self.places.len()) {
            Some(ty) => encode(value, ty, &mut self.bytes),
            None => {
                text(value, &mut self.bytes);
                Format::Text
            }
        };
        self.places.push(Place { end: self.bytes.len(), null: value.is_null(), format });
        Ok(())
    }
}

/// Encodes a value for a type, in binary if there is such a form.
fn encode(value: ValueRef<'_>, ty: &Type, out: &mut BytesMut) -> Format {
    let start = out.len();
    if value.is_null() || binary::encode(value, ty, out) {
        return Format::Binary;
    }
    out.truncate(start);
    text(value, out);
    Format::Text
}

/// The values of one column of many rows, as an array.
pub(super) struct Arrays {
    columns: Vec<Column>,
    /// Which column's value is bound next.
    next: usize,
}

struct Column {
    element: Type,
    bytes: BytesMut,
    format: Format,
    count: i32,
    nulls: bool,
    /// Whether it turned to text in the middle.
    turned: bool,
}

/// The length of a binary array's head: dimensions, flags, element type, length, lower bound.
const HEAD: usize = 20;

impl Arrays {
    /// Arrays of these element types.
    pub(super) fn new(elements: &[Type]) -> Self {
        let columns = elements.iter().map(|element| {
            let mut bytes = BytesMut::with_capacity(4096);
            bytes.put_bytes(0, HEAD);
            Column {
                element: element.clone(),
                bytes,
                format: Format::Binary,
                count: 0,
                nulls: false,
                turned: false,
            }
        });
        Self { columns: columns.collect(), next: 0 }
    }

    /// The row that was bound last is complete.
    pub(super) fn end_row(&mut self) {
        self.next = 0;
    }

    /// Whether a column has just turned out to have no binary form for a value.
    pub(super) fn needs_text(&self) -> bool {
        self.columns.iter().any(|it| it.turned)
    }

    /// From now on, all values of columns whose values have no binary form are written as text.
    pub(super) fn restart(&mut self) {
        for column in &mut self.columns {
            column.bytes.clear();
            column.count = 0;
            column.nulls = false;
            column.turned = false;
            match column.format {
                Format::Binary => column.bytes.put_bytes(0, HEAD),
                Format::Text => column.bytes.put_u8(b'{'),
            }
        }
        self.next = 0;
    }

    pub(super) fn finish(self) -> Encoded {
        Encoded::Arrays(self.columns.into_iter().map(Column::finish).collect())
    }
}

impl Column {
    fn push(&mut self, value: ValueRef<'_>) {
        self.count += 1;
        if matches!(self.format, Format::Text) {
            return element(value, self.count == 1, &mut self.bytes);
        }
        let start = self.bytes.len();
        self.bytes.put_i32(-1);
        if value.is_null() {
            self.nulls = true;
        } else if binary::encode(value, &self.element, &mut self.bytes) {
            let length = (self.bytes.len() - start - 4) as i32;
            self.bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        } else {
            self.format = Format::Text;
            self.turned = true;
        }
    }

    fn finish(mut self) -> (BytesMut, Format) {
        if matches!(self.format, Format::Text) {
            self.bytes.put_u8(b'}');
        } else {
            let mut head = &mut self.bytes[..HEAD];
            head.put_i32(1);
            head.put_i32(i32::from(self.nulls));
            head.put_u32(self.element.oid());
            head.put_i32(self.count);
            head.put_i32(1);
        }
        (self.bytes, self.format)
    }
}

impl Binder for Arrays {
    fn bind(&mut self, value: ValueRef<'_>) -> Result<()> {
        if let Some(column) = self.columns.get_mut(self.next) {
            column.push(value);
        }
        self.next += 1;
        Ok(())
    }
}
