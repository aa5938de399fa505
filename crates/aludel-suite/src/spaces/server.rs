//! Databases of their own on a PostgreSQL, MariaDB or MySQL server.

use aludel::{
    EngineOptions, Result,
    blocking::{Engine, Session},
    text,
};

use super::{Spaces, execute};

/// Databases of their own on a server: `aludel_suite_<process>_<number>`.
#[derive(Debug)]
pub struct Server {
    url: String,
    engine: Engine,
    pooled: bool,
}

impl Server {
    /// On the server of this URL, whose user may create databases.
    ///
    /// # Errors
    /// The URL makes no sense, or there is no such driver.
    pub fn new(url: &str) -> Result<Self> {
        Ok(Self { url: url.into(), engine: Engine::new(url)?, pooled: false })
    }

    /// The same server, behind a pooler that gives each transaction another connection, such as
    /// PgBouncer in transaction mode.
    ///
    /// # Errors
    /// The URL makes no sense, or there is no such driver.
    pub fn pooled(url: &str) -> Result<Self> {
        let engine = Engine::with_options(url, unprepared(EngineOptions::new()))?;
        Ok(Self { url: url.into(), engine, pooled: true })
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// Why it doesn't.
    pub fn reach(&self) -> Result<()> {
        execute(&self.engine, ["SELECT 1".into()])
    }

    fn is_postgres(&self) -> bool {
        self.engine.dialect().name() == "postgres"
    }

    fn name(number: usize) -> String {
        format!("aludel_suite_{}_{number}", std::process::id())
    }

    fn drop_statement(&self, number: usize) -> String {
        let force = if self.is_postgres() { " WITH (FORCE)" } else { "" };
        format!("DROP DATABASE IF EXISTS {}{force}", Self::name(number))
    }
}

/// Behind a pooler, nothing lasts that is prepared.
fn unprepared(options: EngineOptions) -> EngineOptions {
    options.prepared_statements(false)
}

impl Spaces for Server {
    fn url(&self) -> &str {
        &self.url
    }

    fn is_pooled(&self) -> bool {
        self.pooled
    }

    fn options(&self, options: EngineOptions) -> EngineOptions {
        if self.pooled { unprepared(options) } else { options }
    }

    fn make(&self, number: usize) -> Result<String> {
        // Texts are equal where they are the same, as on the other databases.
        let collation =
            if self.is_postgres() { "" } else { " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin" };
        let create = format!("CREATE DATABASE {}{collation}", Self::name(number));
        execute(&self.engine, [self.drop_statement(number)])?;
        execute(&self.engine, [create])?;
        Ok(with_database(&self.url, &Self::name(number)))
    }

    fn empty(&self, engine: &Engine, tables: &[String]) -> Result<bool> {
        if self.is_postgres() {
            execute(engine, [empty_postgres(tables)])?;
        } else {
            empty_mysql(engine, tables)?;
        }
        Ok(true)
    }

    /// PostgreSQL has as many as its settings say, and says none by itself.
    fn has_two_phases(&self) -> bool {
        if !self.is_postgres() {
            return true;
        }
        let most = text("SELECT current_setting('max_prepared_transactions')::bigint AS most");
        let mut session = Session::new(&self.engine);
        session.scalar(most.rows::<(i64,)>()).is_ok_and(|it| it.is_some_and(|it| it.0 > 0))
    }

    fn can_kill(&self) -> bool {
        // A pooler's connections aren't the program's.
        !self.pooled
    }

    fn kill(&self, number: usize) -> Result<()> {
        let name = Self::name(number);
        if self.is_postgres() {
            let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
            return execute(&self.engine, [format!("{kill} = '{name}'")]);
        }
        let mut session = Session::new(&self.engine);
        let ids = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist WHERE db = :name";
        let ids = session.execute(text(ids).bind("name", name).rows::<(i64,)>()).all()?;
        session.close()?;
        for (id,) in ids {
            // Some have ended by themselves.
            _ = execute(&self.engine, [format!("KILL {id}")]);
        }
        Ok(())
    }

    fn remove(&self, number: usize) -> Result<()> {
        execute(&self.engine, [self.drop_statement(number)])
    }
}

/// One block, which is some forty times as fast as `TRUNCATE … RESTART IDENTITY`. What an earlier case
/// left locked is an error, not the end of the run.
fn empty_postgres(tables: &[String]) -> String {
    let deletes: String = tables.iter().map(|it| format!("DELETE FROM {it}; ")).collect();
    format!(
        "DO $$ BEGIN SET LOCAL lock_timeout = '10s'; \
         SET LOCAL session_replication_role = replica; {deletes}\
         PERFORM setval(c.oid, 1, false) FROM pg_class c \
         WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace; END $$"
    )
}

/// Only counters that have counted are set back: each costs a change of the schema.
fn empty_mysql(engine: &Engine, tables: &[String]) -> Result<()> {
    // MySQL remembers counters for a day; MariaDB doesn't, and knows no such variable.
    _ = execute(engine, ["SET information_schema_stats_expiry = 0".into()]);
    let start = ["SET lock_wait_timeout = 10", "SET foreign_key_checks = 0", "START TRANSACTION"];
    let deletes = tables.iter().map(|it| format!("DELETE FROM {it}"));
    execute(engine, start.map(String::from).into_iter().chain(deletes).chain(["COMMIT".into()]))?;
    let mut session = Session::new(engine);
    let counted = "SELECT table_name AS name FROM information_schema.tables \
                   WHERE table_schema = DATABASE() AND auto_increment > 1";
    let counted = session.execute(text(counted).rows::<(String,)>()).all()?;
    session.close()?;
    let restarts = counted.iter().map(|(it,)| format!("ALTER TABLE {it} AUTO_INCREMENT = 1"));
    execute(engine, restarts.chain(["SET foreign_key_checks = 1".into()]))
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = url.split_at(url.find('?').unwrap_or(url.len()));
    let host = address.find("://").map_or(0, |it| it + 3);
    let end = address[host..].find('/').map_or(address.len(), |it| host + it);
    format!("{}/{name}{options}", &address[..end])
}

#[cfg(test)]
mod tests {
    //! URLs are taken apart where they should be.

    use super::with_database;

    #[test]
    fn urls() {
        for (url, expected) in [
            ("postgres://u:p@h:5432/db?sslmode=disable", "postgres://u:p@h:5432/x?sslmode=disable"),
            ("mysql://root@127.0.0.1:3306", "mysql://root@127.0.0.1:3306/x"),
            ("postgres://h?application_name=a/b", "postgres://h/x?application_name=a/b"),
            ("postgres:///db?host=/var/run", "postgres:///x?host=/var/run"),
        ] {
            assert_eq!(with_database(url, "x"), expected);
        }
    }
}
