//! Tells the program which commit it was built from, and whether its sources were changed since.

use std::process::{Command, Output};

/// What the program is made of, seen from this crate.
const SOURCES: [&str; 3] = ["../../crates", "../../Cargo.toml", "../../Cargo.lock"];

fn main() {
    for path in SOURCES.iter().chain(&["../../.git/HEAD", "../../.git/logs/HEAD"]) {
        println!("cargo:rerun-if-changed={path}");
    }
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return;
    };
    let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
    let mut status = vec!["status", "--porcelain", "--"];
    status.extend(SOURCES);
    let changed = git(&status).is_some_and(|status| !status.stdout.is_empty());
    let mark = if changed { "-dirty" } else { "" };
    println!("cargo:rustc-env=RELEX_GIT_COMMIT={commit}{mark}");
}

/// What `git` answers, if it is there and this is a repository.
fn git(arguments: &[&str]) -> Option<Output> {
    let output = Command::new("git").args(arguments).output().ok()?;
    output.status.success().then_some(output)
}
