//! Other programs: shown before they run, interrupted along with this one, their exit codes passed on.

use std::{
    env,
    ffi::OsStr,
    fmt,
    io::Write,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::Duration,
};

use anyhow::Context;

/// What the user can mend.
pub(crate) const USER_ERROR: u8 = 2;
/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;
/// How long a program that was interrupted may take to end in good order.
const PATIENCE: Duration = Duration::from_secs(5);

/// The process id of the program that is running, 0 for none.
static CHILD: AtomicU32 = AtomicU32::new(0);
static STOP: AtomicBool = AtomicBool::new(false);

/// Something failed that already has, or here gets, its message; the exit code goes with it.
#[derive(Debug)]
pub(crate) struct Failed {
    what: String,
    code: u8,
}

impl Failed {
    pub(crate) fn new(what: impl Into<String>, code: u8) -> Self {
        Self {
            what: what.into(),
            code,
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.code
    }

    /// Whether the user broke it off.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.code == INTERRUPTED
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl std::error::Error for Failed {}

/// Prints a line on standard output. A reader that went away is no fault.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// From here on this program outlives a request to end until the program that it runs has ended.
///
/// A terminal, and most that send a signal, tell the running program too; to tell it again at once
/// would mean haste. Only one that still runs after some time is told by this program.
pub(crate) fn forward_interrupts() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if !STOP.swap(true, Ordering::SeqCst) {
            thread::sleep(PATIENCE);
        }
        end(CHILD.load(Ordering::SeqCst));
    })
    .context("cannot listen for Ctrl-C")
}

/// The cargo that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

/// Runs a program to its end.
pub(crate) fn run(stage: &str, command: &mut Command) -> anyhow::Result<()> {
    wait(stage, command).map(drop)
}

/// Runs a program to its end and returns what it printed on standard output.
pub(crate) fn capture(stage: &str, command: &mut Command) -> anyhow::Result<String> {
    let output = wait(stage, command.stdout(Stdio::piped()))?;
    String::from_utf8(output.stdout).with_context(|| format!("{stage} printed something that is not UTF-8"))
}

/// The command line, quoted so that a POSIX shell runs the same.
pub(crate) fn command_line(command: &Command) -> String {
    let program = command.get_program();
    let is_cargo = std::path::Path::new(program).file_stem() == Some(OsStr::new("cargo"));
    let program = if is_cargo {
        "cargo".into()
    } else {
        quote(&program.to_string_lossy())
    };
    let variables = command.get_envs().filter_map(|(name, value)| {
        Some(format!(
            "{}={}",
            name.to_string_lossy(),
            quote(&value?.to_string_lossy())
        ))
    });
    let arguments = command.get_args().map(|argument| quote(&argument.to_string_lossy()));
    variables
        .chain([program])
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn wait(stage: &str, command: &mut Command) -> anyhow::Result<Output> {
    let interrupted = || Failed::new(format!("{stage} was interrupted"), INTERRUPTED);
    if STOP.load(Ordering::SeqCst) {
        return Err(interrupted().into());
    }
    let child: Child = command
        .spawn()
        .with_context(|| format!("cannot run {}", command_line(command)))?;
    CHILD.store(child.id(), Ordering::SeqCst);
    let output = child.wait_with_output();
    CHILD.store(0, Ordering::SeqCst);
    let output = output.with_context(|| format!("lost sight of {stage}"))?;
    match exit_code(output.status) {
        0 => Ok(output),
        INTERRUPTED => Err(interrupted().into()),
        code => Err(Failed::new(format!("{stage} failed with exit code {code}"), code).into()),
    }
}

fn end(process: u32) {
    if process != 0 && cfg!(unix) {
        // It may have ended by itself; then there is nothing to do.
        let _ = Command::new("kill")
            .arg(process.to_string())
            .stderr(Stdio::null())
            .status();
    }
}

/// The exit code, as a shell reports it.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(1);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn quote(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_read_them_otherwise() {
        let check = |word: &str, expected: &str| assert_eq!(quote(word), expected);
        check("data.folder=datasets/sample", "data.folder=datasets/sample");
        check("자료", "자료");
        check("", "''");
        check("my data", "'my data'");
        check("a'b", r"'a'\''b'");
        check("$HOME", "'$HOME'");
        check("~/data", "'~/data'");
    }

    #[test]
    fn command_lines_show_variables_and_cargo_by_its_name() {
        let mut command = Command::new("somewhere/bin/cargo");
        command.args(["doc", "--release"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(command_line(&command), "RUSTDOCFLAGS='-D warnings' cargo doc --release");
    }

    #[cfg(unix)]
    #[test]
    fn exit_codes_are_passed_on() {
        let code = |script: &str| {
            let error = run("stage", Command::new("sh").args(["-c", script])).unwrap_err();
            (error.to_string(), error.downcast_ref::<Failed>().unwrap().exit_code())
        };
        assert_eq!(code("exit 2"), ("stage failed with exit code 2".into(), 2));
        assert_eq!(code("exit 130"), ("stage was interrupted".into(), 130));
        // SIGINT is signal 2, and 128 + 2 = 130; SIGKILL is 9, and 128 + 9 = 137.
        assert_eq!(code("kill -INT $$"), ("stage was interrupted".into(), 130));
        assert_eq!(code("kill -KILL $$"), ("stage failed with exit code 137".into(), 137));
        assert_eq!(
            capture("stage", Command::new("sh").args(["-c", "echo 자료"])).unwrap(),
            "자료\n"
        );
    }
}
