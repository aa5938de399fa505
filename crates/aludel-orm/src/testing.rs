//! [`Sandbox`]: for the tests of programs: each in a transaction of its own, of which nothing stays.

use std::time::{Duration, Instant};

use aludel_engine::{
    Engine, EngineCore, EngineFace, Joint, Kind,
    driver::{Control, Step, once},
    retry::sleep,
};

use crate::{
    Error, Result,
    session::{Session, SessionOptions},
};

/// How long a sandbox waits for its turn, where only one transaction can write at a time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A transaction that is never committed, and in it an engine for what is tested: sessions and
/// connections begin, commit and roll back as they like, see what others have committed, and nothing of
/// it stays.
///
/// ```
/// # use aludel_orm as aludel;
/// # #[cfg(feature = "sqlite")] {
/// # fn main() -> aludel::Result<()> {
/// use aludel::testing::Sandbox;
/// use aludel_core::expr::text;
/// use aludel_engine::blocking::Engine;
///
/// let engine = Engine::new("sqlite::memory:")?;
/// let mut connection = engine.connect()?;
/// connection.execute("CREATE TABLE point (x INTEGER)")?;
/// connection.commit()?;
/// drop(connection);
///
/// let sandbox = Sandbox::new(&engine)?;
/// let mut session = sandbox.session();
/// session.execute(text("INSERT INTO point VALUES (1)"))?;
/// session.commit()?;
/// drop(session);
/// let points = sandbox.engine().connect()?.query("SELECT x FROM point")?;
/// assert_eq!(points.len(), 1);
/// drop(sandbox);
///
/// assert!(engine.connect()?.query("SELECT x FROM point")?.is_empty());
/// # Ok(())
/// # }
/// # main().unwrap();
/// # }
/// ```
///
/// It is one connection. Sessions of one sandbox take turns on it: who begins a transaction while
/// another one's is open waits, and gets an error when the engine's `checkout_timeout` has passed. Each
/// test has a sandbox of its own, and they run side by side; on SQLite, which has one writer at a time,
/// they wait for each other, up to a minute.
///
/// What a database does outside of transactions stays outside: keys that were given out are not given out
/// again, and on MySQL and MariaDB a `CREATE TABLE` commits whatever is open. Create tables before.
#[derive(Debug)]
pub struct Sandbox<F: EngineFace = Engine> {
    engine: F,
    joint: Joint,
}

impl<F: EngineFace> Sandbox<F> {
    /// Begins a transaction on a connection of an engine.
    ///
    /// # Errors
    /// The database can't be reached, or doesn't let it begin.
    pub fn new(engine: &F) -> F::Out<impl Future<Output = Result<Self>> + Send + use<F>> {
        let core = engine.core().clone();
        F::run(async move {
            let joint = begin(&core).await?;
            Ok(Self { engine: F::of_core(joint.engine().clone()), joint })
        })
    }

    /// The engine for what is tested, to clone and to hand on.
    pub fn engine(&self) -> &F {
        &self.engine
    }

    /// A session on it.
    pub fn session(&self) -> Session<F> {
        Session::new(&self.engine)
    }

    /// A session on it, with options.
    pub fn session_with(&self, options: SessionOptions) -> Session<F> {
        Session::with_options(&self.engine, options)
    }

    /// Rolls back, and waits for that. Dropping the sandbox rolls back, too, in its own time.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] if a session or connection of it has a transaction open, which ends then
    /// when that is dropped; or the database can't roll back, and the connection is closed.
    pub fn close(self) -> F::Out<impl Future<Output = Result<()>> + Send + use<F>> {
        F::run(async move {
            let Some(mut connection) = self.joint.close() else {
                let text = "a session or connection of the sandbox is in the middle of a transaction: \
                            drop it before the sandbox is closed";
                return Err(Error::InvalidRequest(text.into()));
            };
            once(&mut *connection, [Step::Control(Control::Rollback)]).await?;
            Ok(())
        })
    }
}

async fn begin(core: &EngineCore) -> Result<Joint> {
    let start = Instant::now();
    loop {
        match Joint::begin(core).await {
            // Another sandbox writes: its turn ends with its test.
            Err(error) if error.kind() == Some(Kind::Busy) && start.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(5)).await;
            }
            result => return Ok(result?),
        }
    }
}

impl<F: EngineFace> Drop for Sandbox<F> {
    fn drop(&mut self) {
        drop(self.joint.close());
    }
}
