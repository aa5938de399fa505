//! Running the suite, and saying what ran and what didn't.

use std::{
    fmt::Write as _,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use aludel::driver::Face;
use libtest_mimic::{Arguments, Failed, Trial};

use crate::{Case, Database, Faces, Place, cases, choice};

/// Runs the suite on the databases that the environment names, as a test program does: with the
/// arguments of one, and a code for failure (the crate's documentation has the variables).
pub fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match choice::databases() {
        Ok(databases) => run_with(&arguments, databases),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the suite on these databases, each on both faces, with the arguments of this program.
pub fn run(databases: impl IntoIterator<Item = Database>) -> ExitCode {
    run_with(&Arguments::from_args(), databases.into_iter().collect())
}

fn run_with(arguments: &Arguments, databases: Vec<Database>) -> ExitCode {
    let columns: Vec<_> = databases
        .iter()
        .flat_map(|it| [it.clone(), it.through_async()])
        .map(|it| Column { database: it, ran: Arc::default(), skipped: Vec::new() })
        .collect();
    let (columns, trials): (Vec<_>, Vec<_>) = columns.into_iter().map(Column::trials).unzip();
    let conclusion = libtest_mimic::run(arguments, trials.into_iter().flatten().collect());
    if !arguments.list {
        print!("{}", columns.iter().map(Column::report).collect::<String>());
    }
    databases.iter().for_each(Database::clear);
    conclusion.exit_code()
}

/// A database on one face, and what became of its cases.
struct Column {
    database: Database,
    ran: Arc<AtomicUsize>,
    skipped: Vec<(Case, &'static str)>,
}

impl Column {
    /// A test for each case that the database can take.
    fn trials(mut self) -> (Self, Vec<Trial>) {
        let blocking = self.database.face() == Face::Blocking;
        let mut trials = Vec::new();
        for case in cases().into_iter().filter(|it| it.face == Faces::Both || !blocking) {
            if let Some(why) = case.unmet(&self.database) {
                self.skipped.push((case, why));
                continue;
            }
            let (database, ran) = (self.database.clone(), Arc::clone(&self.ran));
            let name = format!("{}::{}", database.name(), case.path());
            trials.push(Trial::test(name, move || {
                ran.fetch_add(1, Ordering::Relaxed);
                (case.run)(&Place::new(&database));
                Ok::<(), Failed>(())
            }));
        }
        (self, trials)
    }

    fn report(&self) -> String {
        let (name, ran) = (self.database.name(), self.ran.load(Ordering::Relaxed));
        let mut report = format!("{name}: {ran} cases run, {} skipped\n", self.skipped.len());
        for (case, why) in &self.skipped {
            _ = writeln!(report, "    {}: {why}", case.path());
        }
        report
    }
}
