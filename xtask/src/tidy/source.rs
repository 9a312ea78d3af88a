//! What must not stand in a file, and how long Rust files may be.

use super::files::TextFile;

/// A longer Rust file holds more than one concept.
const LONGEST: usize = 15 * 1024;
/// Macros that stand for work not done.
const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];
/// Folders at the root of somebody's machine.
const MACHINE_FOLDERS: [&str; 4] = ["work", "tmp", "root", "home"];

/// Every file against the rules for its kind.
pub(super) fn check(files: &[TextFile]) -> Vec<String> {
    files.iter().flat_map(check_file).collect()
}

fn check_file(file: &TextFile) -> Vec<String> {
    let path = &file.path;
    let is_rust = path.ends_with(".rs");
    let mut findings = Vec::new();
    if is_rust && file.text.len() > LONGEST {
        findings.push(format!(
            "{path}: {} bytes; split it, for {LONGEST} are the limit",
            file.text.len()
        ));
    }
    for (index, line) in file.text.lines().enumerate() {
        let line_number = index + 1;
        if is_rust && let Some(name) = unfinished(line) {
            findings.push(format!("{path}:{line_number}: {name}! stands for work not done"));
        }
        if let Some(folder) = machine_folder(line) {
            findings.push(format!(
                "{path}:{line_number}: a path in /{folder} is only on somebody's own machine"
            ));
        }
    }
    findings
}

/// A macro for work not done that the line calls.
fn unfinished(line: &str) -> Option<&'static str> {
    UNFINISHED.into_iter().find(|name| {
        let calls = ["(", "[", "{"].map(|bracket| format!("{name}!{bracket}"));
        calls
            .iter()
            .any(|call| stands_alone(line, call, |before| before.is_alphanumeric() || before == '_'))
    })
}

/// The machine's folder that an absolute path in the line begins with.
fn machine_folder(line: &str) -> Option<&'static str> {
    let goes_on = |before: char| before.is_alphanumeric() || "_.-~*}>/".contains(before);
    MACHINE_FOLDERS
        .into_iter()
        .find(|folder| stands_alone(line, &format!("/{folder}/"), goes_on))
}

/// Whether `text` is in the line other than as the continuation of something.
fn stands_alone(line: &str, text: &str, is_continued: impl Fn(char) -> bool) -> bool {
    line.match_indices(text)
        .any(|(start, _)| !line[..start].chars().next_back().is_some_and(&is_continued))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Put together, so that this file is itself tidy.
    fn path(folder: &str) -> String {
        format!("/{folder}/data")
    }

    #[test]
    fn machine_paths_are_absolute_ones() {
        let check = |line: String, expected: Option<&str>| assert_eq!(machine_folder(&line), expected, "{line}");
        check(format!("cd {}", path("tmp")), Some("tmp"));
        check(format!("\"{}\"", path("home")), Some("home"));
        check(format!("--out={}", path("work")), Some("work"));
        check(path("root"), Some("root"));
        check(format!("target{}", path("tmp")), None);
        check(format!("~{}", path("work")), None);
        check(format!("https://example.org{}", path("home")), None);
        check("/usr/bin/env".into(), None);
    }

    #[test]
    fn unfinished_work_is_a_macro_call() {
        let check = |line: String, expected: Option<&str>| assert_eq!(unfinished(&line), expected, "{line}");
        check(format!("    {}!()", "todo"), Some("todo"));
        check(format!("{}!(\"later\")", "unimplemented"), Some("unimplemented"));
        check(format!("my_{}!(x)", "dbg"), None);
        check("todo = \"warn\"".into(), None);
    }

    #[test]
    fn long_rust_files_are_named_and_other_files_may_be_long() {
        let file = |path: &str, length: usize| TextFile {
            path: path.into(),
            text: "x".repeat(length),
        };
        assert_eq!(check(&[file("a.rs", LONGEST), file("a.json", LONGEST + 1)]), [""; 0]);
        // 15 × 1024 + 1 = 15361.
        assert_eq!(
            check(&[file("a.rs", LONGEST + 1)]),
            ["a.rs: 15361 bytes; split it, for 15360 are the limit"]
        );
    }
}
