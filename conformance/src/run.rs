//! [`Runner`]: scenario lines in, answers out.

mod answer;
mod reading;
mod writing;

use std::collections::HashSet;

use aludel::{
    Error, Savepoint, SessionOptions, State,
    blocking::{Engine, Session},
};
use serde_json::{Map, Value as Json, json};

use self::answer::identity;
use crate::{
    errors,
    filter::NoSuch,
    known::Failed,
    labels::Labels,
    object::{Object, of_class},
    sent,
};

/// Why a line has no result.
#[derive(Debug)]
enum Problem {
    /// Aludel says so.
    Error(Error),
    /// The scenario is wrong, or what it asks for is missing: a name of its own.
    Named(&'static str),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<NoSuch> for Problem {
    fn from(error: NoSuch) -> Self {
        Self::Named(match error {
            NoSuch::Label => "NoSuchLabel",
            NoSuch::Filter => "BadFilter",
        })
    }
}

impl From<Failed> for Problem {
    fn from(error: Failed) -> Self {
        match error {
            Failed::Error(error) => Self::Error(error),
            Failed::NoSuchAttribute => Self::Named("NoSuchAttribute"),
        }
    }
}

type Outcome = Result<Option<Json>, Problem>;

/// Runs one scenario on a database of its own.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    session: Session,
    autoflush: bool,
    labels: Labels,
    /// The savepoints that the scenario opened, and what it ends next last.
    nested: Vec<Savepoint>,
    /// Every object that the session ever saw is held, so that its identity map loses nothing.
    kept: HashSet<Object>,
    /// Objects that left the session without a row.
    rolled: HashSet<Object>,
    line: u64,
    /// The rows of the table of differences that the line met, and what else a comparison must know.
    noted: Vec<&'static str>,
    /// The row by which the original goes another way from this line on.
    ends: Option<&'static str>,
}

impl Runner {
    /// On an engine whose tables are there and empty; the first line says how the session behaves.
    pub fn new(engine: &Engine, config: &Json) -> Self {
        let yes = |name: &str| config.get(name).and_then(Json::as_bool).unwrap_or(true);
        let options = SessionOptions::new()
            .autoflush(yes("autoflush"))
            .expire_on_commit(yes("expire_on_commit"))
            .sqlalchemy(true);
        engine.log().start();
        Self {
            engine: engine.clone(),
            session: Session::with_options(engine, options),
            autoflush: yes("autoflush"),
            labels: Labels::default(),
            nested: Vec::new(),
            kept: HashSet::new(),
            rolled: HashSet::new(),
            line: 0,
            noted: Vec::new(),
            ends: None,
        }
    }

    /// The answer to a line.
    pub fn step(&mut self, op: &Json) -> Json {
        let name = op["op"].as_str().unwrap_or_default();
        let mut answer = Map::new();
        answer.insert("i".into(), self.line.into());
        answer.insert("op".into(), name.into());
        self.line += 1;
        drop(self.engine.log().take());
        self.noted.clear();
        let expired = self.expired();
        self.note_relinked(name, op);
        self.note_twins();
        let doomed = self.doomed(name, op);
        if name == "load" && self.object(op, "obj").is_ok_and(|it| expired.contains(&it)) {
            self.noted.push("loads of what is expired");
        }
        let shown = self.shown_in_level();
        let (new, marked) = (self.pending(), self.marked());
        match self.run(name, op) {
            Ok(Some(result)) => drop(answer.insert("res".into(), result)),
            Ok(None) => {}
            Err(Problem::Named(error)) => drop(answer.insert("err".into(), error.into())),
            Err(Problem::Error(error)) => {
                if std::env::var_os("ALUDEL_CONFORMANCE_ERRORS").is_some() {
                    eprintln!("{}: {name}: {error}", self.line - 1);
                }
                answer.insert("err".into(), errors::name(name, &error).into());
                // It was expired before the flush failed.
                let refreshed = self.object(op, "obj").ok().filter(|_| name == "refresh");
                if refreshed.is_some_and(|it| it.state() == State::Transient) {
                    self.noted.push("expired new objects");
                }
            }
        }
        self.keep();
        let left = |it: &&Object| it.state() == State::Transient;
        self.rolled.extend(self.kept.iter().filter(left).cloned());
        if name != "is_modified" && !self.rolled.is_empty() {
            self.noted.push("added objects after a rollback");
        }
        // What changed in a level is expired with it, before what the levels around added leaves.
        let level_fell = shown.iter().any(|it| left(&&it.0) && it.0.columns_set() < it.1);
        if level_fell || expired.iter().any(|it| left(&it)) {
            self.noted.push("expired new objects");
        }
        let leaves = ["append", "remove", "set_ref", "set_coll", "expunge"].contains(&name);
        if leaves && (new.iter().any(|it| left(&it)) || name != "remove" && self.came_and_left(op))
        {
            self.noted.push("left before the flush");
        }
        let is_wanted =
            |it: &Object| it.state() == State::Persistent && !it.inspect().marked_deleted;
        if leaves && marked.iter().any(is_wanted) {
            self.noted.push("taken up");
        }
        if new.iter().any(|it| self.takes_over(it)) {
            self.noted.push("taken over unseen");
        }
        if doomed.is_some_and(|it| self.is_taken_over(&it)) {
            self.ends = Some("deleted for ever");
        }
        if let Some(row) = self.ends {
            answer.insert("ends".into(), row.into());
        }
        if !self.noted.is_empty() {
            // Not compared: the original goes another way from now on, and may show it later.
            answer.insert("differs".into(), json!(self.noted));
        }
        let log = self.engine.log().take();
        if std::env::var_os("ALUDEL_CONFORMANCE_SQL").is_some() {
            log.iter().for_each(|it| eprintln!("{}: {name}: {it}", self.line - 1));
        }
        let (statements, rows) = sent::count(&log);
        if !statements.is_empty() {
            answer.insert("stmts".into(), json!(statements));
        }
        if !rows.is_empty() {
            answer.insert("rows".into(), json!(rows));
        }
        self.snapshot(name, &mut answer);
        Json::Object(answer)
    }

    fn run(&mut self, name: &str, op: &Json) -> Outcome {
        self.know_profiles(name, op)?;
        match name {
            "new" => self.new_object(op),
            "set" => self.set(op),
            "set_ref" => self.set_ref(op),
            "set_coll" => self.set_coll(op),
            "append" => self.append(op),
            "remove" => self.remove(op),
            "add" => unit(self.object(op, "obj")?.add(&mut self.session)),
            "delete" => self.delete(op),
            "expunge" => unit(self.object(op, "obj")?.expunge(&mut self.session)),
            "flush" => unit(self.session.flush()),
            "commit" => {
                self.session.commit()?;
                self.end()
            }
            "rollback" => {
                self.session.rollback()?;
                self.end()
            }
            "close" => {
                self.session.close()?;
                self.end()
            }
            "forget" => {
                self.session.close()?;
                self.labels = Labels::default();
                self.kept.clear();
                self.end()
            }
            "begin_nested" => {
                let level = self.session.begin_nested()?;
                self.nested.push(level);
                Ok(None)
            }
            "commit_nested" => self.end_nested(Session::commit_nested),
            "rollback_nested" => self.end_nested(Session::rollback_nested),
            "refresh" => self.refresh(op),
            "expire" => self.expire(op),
            "expire_all" => unit(self.session.expire_all()),
            "is_modified" => {
                let object = self.object(op, "obj")?;
                if self.rolled.contains(&object) {
                    self.noted.push("added objects after a rollback");
                }
                object.look(&mut self.session)?;
                Ok(Some(object.is_modified(&self.session).into()))
            }
            "merge" => self.merge(op),
            "get" => self.get(op),
            "query" => self.query(op),
            "count" => self.count(op),
            "update" => of_class!(
                text(op, "cls"),
                M => self.update::<M>(op),
                else Err(Problem::Named("BadFilter"))
            ),
            "bulk_delete" => of_class!(
                text(op, "cls"),
                M => self.bulk_delete::<M>(op),
                else Err(Problem::Named("BadFilter"))
            ),
            "raw" => {
                let rows = self.session.execute(aludel::text(text(op, "sql")).autoflush(false))?;
                Ok(Some(rows.into()))
            }
            "check_identity" => Ok(Some((self.object(op, "a")? == self.object(op, "b")?).into())),
            "contains" => Ok(Some(self.object(op, "obj")?.is_in(&self.session).into())),
            "load" => self.load(op),
            "dump" => self.dump(op),
            _ => Err(Problem::Named("NoSuchOperation")),
        }
    }

    /// Whether a new object came to one of the session's, and left with that.
    fn came_and_left(&self, op: &Json) -> bool {
        let is_in = |it: Object| matches!(it.state(), State::Pending | State::Persistent);
        let labels = op["refs"].as_array().into_iter().flatten().chain([&op["ref"]]);
        let mut members = labels.filter_map(Json::as_str).filter_map(|it| self.labels.get(it));
        self.object(op, "obj").is_ok_and(is_in) && members.any(|it| it.state() == State::Transient)
    }

    /// The persistent objects of which something is expired.
    fn expired(&self) -> Vec<Object> {
        let is_expired = |it: &&Object| {
            let known = it.inspect();
            known.expired && known.state == State::Persistent
        };
        self.kept.iter().filter(is_expired).cloned().collect()
    }

    fn pending(&self) -> Vec<Object> {
        self.kept.iter().filter(|it| it.state() == State::Pending).cloned().collect()
    }

    fn marked(&self) -> Vec<Object> {
        self.kept.iter().filter(|it| it.inspect().marked_deleted).cloned().collect()
    }

    /// Where a savepoint is open: the persistent objects, and how many columns of each are set.
    fn shown_in_level(&self) -> Vec<(Object, usize)> {
        let has_row = |it: &&Object| it.state() == State::Persistent;
        let objects = self.kept.iter().filter(|_| !self.nested.is_empty()).filter(has_row);
        objects.map(|it| (it.clone(), it.columns_set())).collect()
    }

    /// The expired object that a line reads, and that its flush deletes.
    fn doomed(&self, name: &str, op: &Json) -> Option<Object> {
        let is_doomed = |it: &Object| {
            let known = it.inspect();
            known.marked_deleted && known.expired
        };
        let object = match name {
            "load" => self.object(op, "obj").ok()?,
            "get" => {
                let is_it = |it: &&Object| {
                    it.class() == text(op, "cls") && identity(&it.inspect()) == op["pk"]
                };
                self.kept.iter().filter(is_it).find(|it| is_doomed(it))?.clone()
            }
            _ => return None,
        };
        is_doomed(&object).then_some(object)
    }

    /// Whether an object that was inserted has the key of another that nobody deleted here.
    fn takes_over(&self, object: &Object) -> bool {
        let key = |it: &Object| (it.class(), identity(&it.inspect()));
        let has_row = |it: &&Object| it.state() == State::Persistent;
        has_row(&object)
            && self.kept.iter().filter(has_row).any(|it| it != object && key(it) == key(object))
    }

    /// Whether a deleted object's row is another's by now: the original reads that for it.
    fn is_taken_over(&self, object: &Object) -> bool {
        let key = identity(&object.inspect());
        let has_row = |it: &&Object| it.state() == State::Persistent;
        object.state() == State::Deleted
            && self
                .kept
                .iter()
                .filter(has_row)
                .any(|it| it.class() == object.class() && identity(&it.inspect()) == key)
    }

    /// Two new objects have one key.
    fn note_twins(&mut self) {
        let mut keys = HashSet::new();
        for object in self.kept.iter().filter(|it| it.state() == State::Pending) {
            let Some(key) = object.inspect().identity else { continue };
            if !keys.insert((object.class(), format!("{key:?}"))) {
                self.noted.push("one key twice");
            }
        }
    }

    /// What a rollback put out of the session lets go of something.
    fn note_relinked(&mut self, name: &str, op: &Json) {
        let fields = ["obj", "ref"].iter().filter_map(|it| op[*it].as_str());
        let objects = fields.filter_map(|it| self.labels.get(it));
        let is_new = |it: &Object| {
            self.rolled.contains(it) && matches!(it.state(), State::Transient | State::Pending)
        };
        let relinks = matches!(name, "set_ref" | "set_coll" | "append" | "remove");
        if relinks && objects.into_iter().any(is_new) {
            self.noted.push("new objects that let go");
        }
    }

    /// The transaction ended, and its savepoints with it.
    fn end(&mut self) -> Outcome {
        self.nested.clear();
        Ok(None)
    }

    /// Ends the innermost savepoint that the scenario opened.
    fn end_nested(
        &mut self,
        end: impl Fn(&mut Session, Savepoint) -> aludel::Result<()>,
    ) -> Outcome {
        let level = *self.nested.last().ok_or(Problem::Named("NoNested"))?;
        end(&mut self.session, level)?;
        self.nested.pop();
        Ok(None)
    }

    fn label(&self, label: &str) -> Result<Object, Problem> {
        self.labels.get(label).cloned().ok_or(Problem::Named("NoSuchLabel"))
    }

    fn object(&self, op: &Json, field: &str) -> Result<Object, Problem> {
        self.label(text(op, field))
    }
}

fn unit(result: aludel::Result<()>) -> Outcome {
    result.map(|()| None).map_err(Problem::from)
}

fn names(op: &Json) -> Vec<&str> {
    op["attrs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn text<'a>(op: &'a Json, field: &str) -> &'a str {
    op[field].as_str().unwrap_or_default()
}
