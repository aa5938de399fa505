//! Lists whose members are numbered (`ordering_list`): those that changed before they were loaded are loaded
//! by the flush, so that it knows who stands where.

use crate::{
    Result,
    object::{graph::Graph, ordering::number},
    session::core::Core,
};

impl Core {
    /// Numbers the members of lists that changed.
    pub(super) async fn number_lists(&mut self) -> Result<()> {
        let id = self.id;
        let (is_needed, unloaded) =
            self.tables(|it| (!it.disordered.is_empty(), it.disordered_of(id)));
        if !is_needed {
            return Ok(());
        }
        for group in unloaded.chunk_by(|a, b| std::ptr::eq(a.0, b.0)) {
            let owners: Vec<_> = group.iter().map(|it| it.1).collect();
            self.load_committed(group[0].0, &owners).await?;
        }
        number(Graph::root(&self.graph))
    }
}
