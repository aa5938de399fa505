//! [`Ref`]: an object's address in the graph, one number.

/// The address of an object: its chunk's number and its slot.
///
/// Chunk numbers are process-wide and never used again, so a stale address misses and never meets
/// another object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ref(u64);

/// How many bits of an address are the slot.
const SLOT_BITS: u32 = 16;

/// What a to-one cell holds in place of an address: nothing is known yet.
pub(crate) const UNLOADED: u64 = 0;

/// What a to-one cell holds in place of an address: there is no object.
pub(crate) const NULL: u64 = 1;

impl Ref {
    /// The address of a slot. Chunk numbers start at 1, so that no address is a cell's marker.
    pub(crate) const fn new(chunk: u64, slot: u32) -> Self {
        Self(chunk << SLOT_BITS | slot as u64)
    }

    /// The address in a cell; `None` for the markers.
    pub(crate) const fn from_cell(cell: u64) -> Option<Self> {
        if cell > NULL { Some(Self(cell)) } else { None }
    }

    /// The address as a cell holds it.
    pub(crate) const fn cell(self) -> u64 {
        self.0
    }

    /// The chunk's number.
    pub(crate) const fn chunk(self) -> u64 {
        self.0 >> SLOT_BITS
    }

    /// The slot.
    pub(crate) const fn slot(self) -> u32 {
        (self.0 & ((1 << SLOT_BITS) - 1)) as u32
    }
}

impl std::fmt::Debug for Ref {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.chunk(), self.slot())
    }
}
