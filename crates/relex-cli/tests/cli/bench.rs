use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use assert_cmd::{Command, assert::Assert};
use predicates::prelude::*;
use tempfile::TempDir;

/// No command on data this small takes longer, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of its own for one test, in which `relex` runs: `tiny/` (a data set), `encoder/`,
/// `tiny.toml` (a configuration for both).
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self {
            folder: TempDir::new().unwrap(),
        };
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        copy(&fixtures.join("tiny"), &bench.path("tiny"));
        copy(&fixtures.join("tiny-encoder"), &bench.path("encoder"));
        fs::copy(fixtures.join("tiny.toml"), bench.path("tiny.toml")).unwrap();
        bench
    }

    /// With a frozen split in `split.json`.
    pub(crate) fn with_split() -> Self {
        let bench = Self::new();
        bench.succeed(&[
            "split",
            "create",
            "--dataset",
            "tiny",
            "--out",
            "split.json",
            "--valid-fraction",
            "0.3",
        ]);
        bench
    }

    /// With a trained run in `run/`, and its predictions for the validation rows.
    pub(crate) fn with_run() -> Self {
        let bench = Self::with_split();
        bench.succeed(&["train", "--config", "tiny.toml", "--run", "run"]);
        bench.succeed(&["predict", "--run", "run"]);
        bench
    }

    /// Two runs that ended with the same weights, the same metrics and the same files.
    pub(crate) fn assert_same_run(&self, expected: &str, actual: &str) {
        for file in ["metrics.jsonl", "best/model.safetensors"] {
            let of = |run: &str| self.bytes(&format!("{run}/{file}"));
            assert!(
                of(expected) == of(actual),
                "{file} of {actual} differs from that of {expected}"
            );
        }
        let files = |run: &str| -> Vec<PathBuf> {
            let run = self.path(run);
            let all = self.listing().into_keys();
            all.filter_map(|path| Some(path.strip_prefix(&run).ok()?.to_path_buf()))
                .collect()
        };
        assert_eq!(
            files(expected),
            files(actual),
            "{actual} has other files than {expected}"
        );
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Replaces the first occurrence of a text that must be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} does not hold {from:?}");
        self.write(name, text.replacen(from, to, 1));
    }

    /// Keeps the first `parts` hundredths of a file.
    pub(crate) fn truncate(&self, name: &str, parts: usize) {
        let bytes = self.bytes(name);
        self.write(name, &bytes[..bytes.len() * parts / 100]);
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relex"));
        // Asked for backtraces, the program must not show them all the same; the caches are the
        // test's own; no proxy stands between a test and its own server, and no test reaches the hub.
        command
            .env("RUST_BACKTRACE", "1")
            .env("RELEX_CACHE", self.path("cache"))
            .env("HF_HOME", self.path("huggingface"))
            .env("HF_HUB_OFFLINE", "1");
        for name in [
            "HF_HUB_CACHE",
            "HF_ENDPOINT",
            "HF_TOKEN",
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ] {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .timeout(PATIENCE);
        command
    }

    /// Runs a command that must end well; its standard output.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).assert().success().get_output().clone();
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must be refused: exit code 2, one message with all of `parts` in it,
    /// nothing else said, and no file or folder made, changed or removed.
    pub(crate) fn refuse(&self, arguments: &[&str], parts: &[&str]) {
        let before = self.listing();
        let mut outcome = self.command(arguments).assert().code(2).stdout("");
        outcome = says_once(outcome);
        for part in parts {
            outcome = outcome.stderr(predicate::str::contains(*part));
        }
        assert!(
            before == self.listing(),
            "{arguments:?} changed the folder: {:?}",
            self.listing().keys()
        );
    }

    /// Every file with its content, and every folder.
    pub(crate) fn listing(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let content = path.is_file().then(|| fs::read(&path).unwrap());
                if content.is_none() {
                    folders.push(path.clone());
                }
                found.insert(path, content);
            }
        }
        found
    }
}

/// Settings for runs that are broken off: 24 steps, with a checkpoint after every second.
pub(crate) fn resumable() -> &'static [&'static str] {
    &[
        "--set",
        "training.epochs=8",
        "--set",
        "checkpoint.every_steps=2",
        "--set",
        "training.keep=best",
    ]
}

/// One error and nothing that only a programmer could read.
fn says_once(outcome: Assert) -> Assert {
    outcome
        .stderr(predicate::str::starts_with("error: "))
        .stderr(predicate::str::contains("error: ").count(1))
        .stderr(
            predicate::str::contains("os error")
                .count(1)
                .or(predicate::str::contains("os error").count(0)),
        )
        .stderr(predicate::str::contains("panicked").not())
        .stderr(predicate::str::contains("relex has a fault").not())
        .stderr(predicate::str::contains("backtrace").not())
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
