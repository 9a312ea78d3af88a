//! One stage of the pipeline: a command line, shown and then run.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use toml::{Table, Value};

use crate::{
    process::{self, cargo, say},
    workspace,
};

/// What all stages have in common.
pub(super) struct Stages {
    program: PathBuf,
    quiet: bool,
    verbose: bool,
}

impl Stages {
    pub(super) fn new(quiet: bool, verbose: bool) -> anyhow::Result<Self> {
        let program = workspace::target()?
            .join("release")
            .join(format!("relex{}", std::env::consts::EXE_SUFFIX));
        Ok(Self {
            program: workspace::from_root(&program, &workspace::root()?),
            quiet,
            verbose,
        })
    }

    /// Builds relex, with what the device needs.
    pub(super) fn build(&self, device: Option<&str>) -> anyhow::Result<()> {
        let feature = device
            .and_then(|device| device.split(':').next())
            .filter(|kind| *kind != "cpu");
        let mut command = match feature {
            Some(feature) => cargo(&["build", "--release", "--package", "relex-cli", "--features", feature]),
            // The whole workspace: the features that crates ask of one another are then those of
            // `cargo test --workspace`, and neither compiles anything for the other again.
            None => cargo(&["build", "--release", "--workspace"]),
        };
        command.args(self.quiet.then_some("--quiet"));
        Stage {
            name: "build",
            command,
            is_shown: !self.quiet,
        }
        .run()
    }

    /// A stage that relex does.
    pub(super) fn relex(&self, name: &'static str) -> Stage {
        let mut command = Command::new(&self.program);
        command
            .args(self.quiet.then_some("--quiet"))
            .args(self.verbose.then_some("--verbose"));
        Stage {
            name,
            command,
            is_shown: !self.quiet,
        }
    }
}

/// A command line in the making.
pub(super) struct Stage {
    name: &'static str,
    command: Command,
    is_shown: bool,
}

impl Stage {
    pub(super) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(super) fn args<const N: usize>(mut self, arguments: [&str; N]) -> Self {
        self.command.args(arguments);
        self
    }

    /// The option with its value, if there is one.
    pub(super) fn option(self, name: &str, value: Option<impl AsRef<OsStr>>) -> Self {
        match value {
            Some(value) => self.arg(name).arg(value),
            None => self,
        }
    }

    /// The option once for each value.
    pub(super) fn options(self, name: &str, values: &[String]) -> Self {
        values.iter().fold(self, |stage, value| stage.option(name, Some(value)))
    }

    pub(super) fn run(mut self) -> anyhow::Result<()> {
        self.show();
        process::run(self.name, &mut self.command)
    }

    /// Runs the stage; what it prints is shown and returned.
    pub(super) fn capture(mut self) -> anyhow::Result<String> {
        self.show();
        let output = process::capture(self.name, &mut self.command)?;
        if self.is_shown {
            say(output.trim_end());
        }
        Ok(output)
    }

    /// The name is a comment to a shell, so that both lines can be pasted into one.
    fn show(&self) {
        if self.is_shown {
            say(&format!("\n# {}\n{}", self.name, process::command_line(&self.command)));
        }
    }
}

/// `key=path` for `--set`, in TOML's quotes where the bare path would be read as a number or a date.
pub(super) fn path_setting(key: &str, path: &Path) -> String {
    let path = path.to_string_lossy();
    match format!("value = {path}").parse::<Table>() {
        Ok(_) => format!("{key}={}", Value::String(path.into_owned())),
        Err(_) => format!("{key}={path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_paths_in_settings() {
        let check = |path: &str, expected: &str| assert_eq!(path_setting("data.folder", Path::new(path)), expected);
        check("datasets/sample", "data.folder=datasets/sample");
        check("2024", "data.folder=\"2024\"");
        check("2024-01-31", "data.folder=\"2024-01-31\"");
        check("true", "data.folder=\"true\"");
    }

    #[test]
    fn options_without_a_value_are_left_out() {
        let stage = Stage {
            name: "audit",
            command: Command::new("relex"),
            is_shown: true,
        };
        let stage = stage
            .args(["audit"])
            .option("--data-dir", None::<&Path>)
            .option("--json", Some("my file"))
            .options("--set", &["a=1".into(), "b=2".into()]);
        assert_eq!(
            process::command_line(&stage.command),
            "relex audit --json 'my file' --set a=1 --set b=2"
        );
    }
}
