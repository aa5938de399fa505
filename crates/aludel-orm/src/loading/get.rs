//! One object by its primary key.

use std::any::Any;

use aludel_core::value::{Columns as Row, Cursor, Value};
use aludel_engine::{
    Result as EngineResult,
    driver::{Flow, Params, Run, Statement, Step, Want, Work},
};

use crate::{
    Result,
    mapping::{Mapped, Mapper, statements::Purpose},
    object::{Obj, cohort::AnyCohort, state::Flags},
    session::core::Core,
};

/// The script of one row by its key.
struct GetWork {
    opening: Vec<Step>,
    statement: Option<(Statement, Vec<Value>)>,
    cohort: Box<dyn AnyCohort>,
}

impl Work for GetWork {
    fn wave(&mut self, out: &mut Vec<Step>) -> EngineResult<Flow> {
        out.append(&mut self.opening);
        let Some((statement, key)) = self.statement.take() else { return Ok(Flow::Done) };
        out.push(Step::Run(Run {
            statement,
            params: Params::Values(key.into()),
            want: Want::Rows,
        }));
        Ok(Flow::More)
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
    /// The object of a key: from the identity map without SQL, or from its row.
    pub(crate) async fn get<T: Mapped>(&mut self, key: Vec<Value>) -> Result<Option<Obj<T>>> {
        self.settle().await;
        self.check()?;
        if let Some(object) = self.held::<T>(&key) {
            let flags = object.raw().flags();
            if flags.has(Flags::MARKED) {
                return Ok(Some(object));
            }
            if !flags.has(Flags::EXPIRED) {
                return Ok(Some(object));
            }
        }
        if key.iter().any(Value::is_null) {
            return Ok(None);
        }
        if self.options.autoflush {
            self.flush().await?;
        }
        let mapper = Mapper::checked(T::meta())?;
        self.read_by_key(mapper, key.clone()).await?;
        Ok(self.held::<T>(&key).filter(|it| !it.raw().flags().has(Flags::EXPIRED)))
    }

    /// Reads a row by its key into the session; whether there is one.
    pub(crate) async fn read_by_key(
        &mut self,
        mapper: &'static Mapper,
        key: Vec<Value>,
    ) -> Result<bool> {
        let statement = mapper.statement(Purpose::Get, self.engine.dialect())?;
        let opening = self.opening(false);
        self.opened(&opening);
        let mut cohort = (mapper.meta.ops.cohort)();
        cohort.set_repeats(false);
        let work = GetWork { opening, statement: Some((statement, key)), cohort };
        let mut cohort = self.run(work, |_, _| ()).await?.cohort;
        if cohort.len() == 0 {
            return Ok(false);
        }
        // One row does not make an index worth leaving out.
        cohort.set_repeats(true);
        self.land(&mut *cohort, false)?;
        self.sweep(false);
        Ok(true)
    }
}
