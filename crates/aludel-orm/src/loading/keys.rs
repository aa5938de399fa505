//! Many rows by their primary keys, in lists of 500.

use std::any::Any;

use aludel_core::value::{Columns as Row, Cursor};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Step, Work},
};

use super::fetch::KEYS;
use crate::{
    Result,
    mapping::{Mapper, statements::Purpose},
    object::cohort::AnyCohort,
    session::{Key, core::Core},
};

/// The script of statements whose rows are one entity's.
pub(crate) struct CohortWork {
    pub(crate) steps: Vec<Step>,
    pub(crate) cohort: Box<dyn AnyCohort>,
}

impl Work for CohortWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.steps);
        Ok(Flow::Done)
    }

    fn row(&mut self, _: usize, row: &dyn Row) -> EngineResult<()> {
        self.cohort.push(&mut Cursor::new(row)).map_err(aludel_core::Error::from)?;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}

impl Core {
    /// Reads rows by their keys into the session, all in one unit; those that are gone are not there
    /// afterwards. Nothing is swept, as nobody holds what comes yet.
    pub(crate) async fn read_by_keys(
        &mut self,
        mapper: &'static Mapper,
        keys: &[Key],
    ) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let (dialect, hooks) = (self.engine.dialect(), self.executes());
        let mut steps = self.open(false).await?;
        for keys in keys.chunks(KEYS) {
            // Few sizes, so that few statements are prepared: the last key fills up the list.
            let n = keys.len().next_power_of_two().min(KEYS);
            let purpose = match n {
                1 => Purpose::Get,
                n => Purpose::Keys(mapper.meta.primary_key.iter().copied().collect(), n),
            };
            let padding = std::iter::repeat_n(keys.last(), n - keys.len()).flatten();
            let values = keys.iter().chain(padding).flatten().cloned().collect();
            steps.push(Step::Run(hooks.run(mapper, purpose, None, values, dialect)?));
        }
        let mut cohort = (mapper.meta.ops.cohort)();
        cohort.set_repeats(false);
        let mut cohort = self.run(CohortWork { steps, cohort }, |_, _| ()).await?.cohort;
        self.land_by_key(&mut *cohort).await
    }
}
