//! Paths in text: none of somebody's machine, and none to a file that is gone.

use super::files::File;

/// Folders of a developer's machine, in pieces so that this file doesn't name them itself.
const MACHINE: [&str; 4] =
    [concat!("/", "work/"), concat!("/", "tmp/"), concat!("/", "home/"), concat!("/", "root/")];

/// Endings by which a word in a document is known to be a file of the repository.
const KNOWN: [&str; 4] = [".rs", ".md", ".toml", ".csv"];

/// Complains about each line that names a folder of a developer's machine.
pub(crate) fn machine(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(folder) = MACHINE.iter().find(|folder| names_folder(line, folder)) {
                complaints.push(format!(
                    "{}:{}: `{folder}` is a path of one machine",
                    file.path,
                    number + 1
                ));
            }
        }
    }
    complaints
}

/// Whether a line names a folder at the machine's root, rather than one of that name further down.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '.' | '_' | '-' | '}' | '>'))
    })
}

/// Complains about each file that a document names and that doesn't exist.
///
/// A name counts where it stands in backquotes or as a link's target; a path may leave out its
/// beginning (`flush/plan.rs`).
pub(crate) fn documents(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".md")) {
        for (number, line) in prose(&file.text) {
            let quoted = line.split('`').skip(1).step_by(2).filter(|it| is_file(it));
            for name in quoted.chain(links(line)) {
                if !exists(files, &file.path, name) {
                    complaints.push(format!("{}:{number}: there is no `{name}`", file.path));
                }
            }
        }
    }
    complaints
}

/// A document's lines outside code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!in_code && !fence).then_some((index + 1, line))
    })
}

/// Whether a word in backquotes is the name of a file: it ends like one, and isn't a pattern.
fn is_file(word: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '.' | '_' | '-');
    let named = KNOWN.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending));
    named && word.chars().all(plain)
}

/// The targets of a line's links to files of the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets =
        line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split_once('#').map_or(target, |(path, _)| path))
}

fn exists(files: &[File], document: &str, name: &str) -> bool {
    let name = name.trim_start_matches("./").trim_end_matches('/');
    let beside = document.rsplit_once('/').map(|(folder, _)| format!("{folder}/{name}"));
    let whole = |path: &str| crate::shell::root().join(path).exists();
    whole(name)
        || beside.is_some_and(|path| whole(&path))
        || files
            .iter()
            .any(|file| file.path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/')))
}
