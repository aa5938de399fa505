//! [`Reflect`]: reading a database's tables, and comparing them with what is declared, on either engine.

use std::any::Any;

use aludel_core::{
    schema::{
        Answers, Catalog, CatalogQuery, CompareOptions, Differences, MetaData, ReflectOptions,
        Reflected, differences,
    },
    value::Columns,
};

use crate::{
    EngineCore, EngineFace, Result,
    driver::{Begin, Control, Flow, Params, Run, Statement, Step, Want, Work, run},
};

/// Reads the tables of a database into a [`MetaData`], and compares them with those that one
/// declares. Views are left out.
///
/// # Example
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use aludel_core::schema::MetaData;
/// use aludel_engine::{Reflect, blocking::Engine};
///
/// let engine = Engine::new("sqlite::memory:")?;
/// let mut connection = engine.connect()?;
/// connection.execute("CREATE TABLE tag (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE)")?;
/// connection.commit()?;
/// # drop(connection);
///
/// let metadata = MetaData::reflect(&engine)?;
/// let tag = metadata.table("tag").expect("it was created");
/// assert!(tag.autoincrement && tag.uniques[0].columns == ["name"]);
/// assert!(metadata.differences(&engine)?.is_empty());
/// # }
/// # Ok::<(), aludel_engine::Error>(())
/// ```
pub trait Reflect: Sized {
    /// Reads all tables of the connection's default schema. The number of statements doesn't depend
    /// on the number of tables, and they are sent at once.
    ///
    /// What a database has that a [`MetaData`] can't say is left out: indexes of expressions, of some
    /// rows only and of unusual kinds, triggers, comments. Types that no [`SqlType`](aludel_core::value::SqlType) is
    /// are [`SqlType::Named`](aludel_core::value::SqlType::Named). Defaults, checks and what columns
    /// are computed by are the database's own SQL.
    ///
    /// # Errors
    /// The database can't be reached, or its dialect has no catalog.
    fn reflect<E: EngineFace>(
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<Self>> + Send + 'static>;

    /// Reads the tables of other schemas, or some tables only. An engine with a map of schemas reads those
    /// that the map says, and tells them by their own names.
    ///
    /// # Errors
    /// As [`Self::reflect`].
    fn reflect_with<E: EngineFace>(
        engine: &E,
        options: ReflectOptions,
    ) -> E::Out<impl Future<Output = Result<Self>> + Send + 'static>;

    /// What the database lacks of these tables, what it has besides, and what it has in another
    /// form: nothing directly after `create_all`. Tables that aren't among these don't count.
    ///
    /// # Errors
    /// As [`Self::reflect`]; and there are no tables.
    fn differences<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<Differences>> + Send + 'static>;

    /// The same, with what counts.
    ///
    /// # Errors
    /// As [`Self::differences`].
    fn differences_with<E: EngineFace>(
        &self,
        engine: &E,
        options: CompareOptions,
    ) -> E::Out<impl Future<Output = Result<Differences>> + Send + 'static>;
}

impl Reflect for MetaData {
    fn reflect<E: EngineFace>(
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<Self>> + Send + 'static> {
        Self::reflect_with(engine, ReflectOptions::new())
    }

    fn reflect_with<E: EngineFace>(
        engine: &E,
        options: ReflectOptions,
    ) -> E::Out<impl Future<Output = Result<Self>> + Send + 'static> {
        let engine = engine.core().clone();
        E::run(async move { Ok(read(engine, options).await?.metadata) })
    }

    fn differences<E: EngineFace>(
        &self,
        engine: &E,
    ) -> E::Out<impl Future<Output = Result<Differences>> + Send + 'static> {
        self.differences_with(engine, CompareOptions::new())
    }

    fn differences_with<E: EngineFace>(
        &self,
        engine: &E,
        options: CompareOptions,
    ) -> E::Out<impl Future<Output = Result<Differences>> + Send + 'static> {
        E::run(compare(self.clone(), engine.core().clone(), options))
    }
}

/// What [`Reflect::differences_with`] does, for either face.
///
/// # Errors
/// As there.
#[doc(hidden)]
pub async fn compare(
    declared: MetaData,
    engine: EngineCore,
    options: CompareOptions,
) -> Result<Differences> {
    let dialect = engine.dialect();
    let wanted = options.to_reflect(&declared)?;
    let declared = declared.translated(engine.schemas());
    let found = read(engine, wanted).await?;
    Ok(differences(&declared, &found, dialect, options)?)
}

/// The tables as they are, under the names of an engine's map of schemas.
pub(crate) async fn read(engine: EngineCore, options: ReflectOptions) -> Result<Reflected> {
    let dialect = engine.dialect();
    let catalog: &dyn Catalog =
        dialect.catalog().ok_or_else(|| aludel_core::Error::Unsupported {
            dialect: dialect.name(),
            what: "reading its tables; its dialect gives no `catalog`".into(),
        })?;
    let options = options.translated(engine.schemas());
    let queries = catalog.queries(&options);
    let mut connection = engine.checkout().await?;
    let answers = Answers::new(queries.len());
    let done = run(&mut *connection, Reading { queries: Some(queries), answers, sent: 0 }).await?;
    Ok(catalog.read(&options, &done.answers)?)
}

/// All statements in one wave, within a transaction that only reads.
struct Reading {
    queries: Option<Vec<CatalogQuery>>,
    answers: Answers,
    /// How many steps went before the statements in this wave.
    sent: usize,
}

impl Work for Reading {
    fn wave(&mut self, out: &mut Vec<Step>) -> Result<Flow> {
        let Some(queries) = self.queries.take() else { return Ok(Flow::Done) };
        out.push(Step::Control(Control::Begin(Begin::new().read_only())));
        self.sent = out.len();
        out.extend(queries.into_iter().map(|CatalogQuery { sql, params }| {
            let (statement, params) = (Statement::once(sql), Params::Values(params.into()));
            Step::Run(Run { statement, params, want: Want::Rows })
        }));
        out.push(Step::Control(Control::Commit));
        Ok(Flow::More)
    }

    fn row(&mut self, step: usize, row: &dyn Columns) -> Result<()> {
        if let Some(statement) = step.checked_sub(self.sent) {
            let row = (0..row.len()).map(|index| row.get(index).to_value()).collect();
            self.answers.push(statement, row);
        }
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
