//! Who may depend on whom. Layers that are told but not enforced are forgotten.

use serde_json::Value;

use crate::shell::{Result, cargo, output};

/// The crates of this workspace and those of them that each may name in its dependencies. A crate
/// that isn't listed here is refused, so that a new one is placed on purpose.
const ALLOWED: [(&str, &[&str]); 14] = [
    ("aludel-core", &[]),
    ("aludel-derive", &[]),
    ("aludel-engine", &["aludel-core"]),
    ("aludel-orm", &["aludel-core", "aludel-engine"]),
    ("aludel", &["aludel-core", "aludel-engine", "aludel-orm", "aludel-derive"]),
    ("aludel-migrate", &["aludel"]),
    ("aludel-suite", &["aludel"]),
    ("aludel-cli", &["aludel", "aludel-migrate"]),
    ("aludel-conformance", &["aludel"]),
    ("aludel-bench", &["aludel"]),
    ("aludel-bench-startup", &["aludel"]),
    ("aludel-examples", &["aludel"]),
    ("aludel-example-axum", &["aludel"]),
    ("xtask", &[]),
];

/// Crates that open sockets or files, or bring a runtime. Only the engine may name them, and the
/// programs that measure or show it.
const OUTSIDE: [&str; 6] =
    ["rusqlite", "tokio-postgres", "mysql_async", "tokio", "deadpool", "futures-timer"];

/// Crates without I/O of their own.
const PURE: [&str; 4] = ["aludel-core", "aludel-derive", "aludel-orm", "aludel"];

/// A crate of the workspace with what it depends on.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// What it needs to be built and run.
    pub(crate) needs: Vec<String>,
    /// What only its tests and examples need.
    pub(crate) tests_need: Vec<String>,
}

/// The workspace's crates, as cargo sees them.
///
/// # Errors
/// Cargo fails, or answers something else than its documentation says.
pub(crate) fn packages() -> Result<Vec<Package>> {
    let json =
        output(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    parse(&json).ok_or_else(|| "`cargo metadata` answered in an unknown form".into())
}

fn parse(json: &str) -> Option<Vec<Package>> {
    let metadata: Value = serde_json::from_str(json).ok()?;
    let packages = metadata.get("packages")?.as_array()?;
    packages.iter().map(package).collect()
}

fn package(value: &Value) -> Option<Package> {
    let mut package = Package {
        name: value.get("name")?.as_str()?.into(),
        needs: Vec::new(),
        tests_need: Vec::new(),
    };
    for dependency in value.get("dependencies")?.as_array()? {
        let name = dependency.get("name")?.as_str()?.to_owned();
        match dependency.get("kind")?.as_str() {
            Some("dev") => package.tests_need.push(name),
            _ => package.needs.push(name),
        }
    }
    Some(package)
}

/// Complains about each edge that the layers don't allow.
///
/// Tests of a lower crate may use the facade, as its users do: that edge exists in no program.
pub(crate) fn check(packages: &[Package]) -> Vec<String> {
    let mut complaints = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name) else {
            complaints.push(format!("{name}: no layer; place it in xtask/src/tidy/layers.rs"));
            continue;
        };
        let ours = |it: &&String| ALLOWED.iter().any(|(crate_name, _)| crate_name == *it);
        for other in package.needs.iter().filter(ours) {
            if !allowed.contains(&other.as_str()) {
                complaints.push(format!("{name} must not depend on {other}"));
            }
        }
        for other in package.tests_need.iter().filter(ours) {
            if !allowed.contains(&other.as_str()) && other != "aludel" {
                complaints.push(format!("{name} must not depend on {other}, not even in tests"));
            }
        }
        for other in package.needs.iter().filter(|it| OUTSIDE.contains(&it.as_str())) {
            if PURE.contains(&name) {
                complaints
                    .push(format!("{name} must not depend on {other}: only the engine has I/O"));
            }
        }
    }
    complaints
}
