//! The relex command line: reads arguments, calls the crates, prints, and turns errors into exit
//! codes: 0 done, 1 a fault of relex itself, 2 something that the user can mend, 130 interrupted.

mod allocator;
mod args;
mod command;
mod dashboard;
mod hub;
mod interrupt;
mod progress;
mod system;

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

use clap::Parser;

use args::{Arguments, Command};
use interrupt::Interrupted;

/// Where the first panic happened, and how the program came there if `RUST_BACKTRACE` asks for it.
static LAST_FAULT: Mutex<Option<(Option<String>, Backtrace)>> = Mutex::new(None);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.computes() {
        allocator::keep_pages();
    }
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(ToString::to_string);
        let trace = Backtrace::capture();
        let mut last = LAST_FAULT.lock().unwrap_or_else(PoisonError::into_inner);
        // The first one is the cause where another thread falls over it.
        last.get_or_insert((place, trace));
    }));
    match std::panic::catch_unwind(|| run(&arguments)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) if error.is::<Interrupted>() => {
            progress::complain(&format!("{error}"));
            ExitCode::from(130)
        }
        Ok(Err(error)) => {
            progress::complain(&format!("error: {}", explain(&error)));
            ExitCode::from(2)
        }
        Err(panic) => {
            let what = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown fault");
            let mut last = LAST_FAULT.lock().unwrap_or_else(PoisonError::into_inner);
            let (place, trace) = last.take().unwrap_or((None, Backtrace::disabled()));
            progress::complain(&format!(
                "error: relex {} has a fault, please report it with this command line: {what} ({})",
                env!("CARGO_PKG_VERSION"),
                place.as_deref().unwrap_or("place unknown")
            ));
            if trace.status() == BacktraceStatus::Captured {
                progress::complain(&trace.to_string());
            }
            ExitCode::from(1)
        }
    }
}

/// The error and its causes in one message; a cause that the text before it already tells is left out.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let verbosity = arguments.verbosity();
    match &arguments.command {
        Command::Fetch(fetch) => command::fetch::run(fetch, verbosity),
        Command::Audit(audit) => command::audit::run(audit, verbosity),
        Command::Convert(convert) => command::convert::run(convert, verbosity),
        Command::Split(split) => command::split::run(split, verbosity),
        Command::Augment(augment) => command::augment::run(augment, verbosity),
        Command::Config(config) => command::config::run(config),
        Command::CheckDevice(check) => command::check_device::run(check, verbosity),
        Command::Pretrain(pretrain) => command::train::pretrain::run(pretrain, verbosity),
        Command::Train(train) => command::train::run(train, verbosity),
        Command::Predict(predict) => command::predict::run(predict, verbosity),
        Command::Export(export) => command::export::run(export, verbosity),
        Command::Evaluate(evaluate) => command::evaluate::run(evaluate, verbosity),
        Command::Compare(compare) => command::compare::run(compare, verbosity),
        Command::Ensemble(ensemble) => command::ensemble::run(ensemble, verbosity),
        Command::Calibrate(calibrate) => command::calibrate::run(calibrate, verbosity),
        Command::Estimate(estimate) => command::estimate::run(estimate, verbosity),
        Command::Noise(noise) => command::noise::run(noise, verbosity),
        Command::Report(report) => command::report::run(report, verbosity),
        Command::LintSubmission(lint) => command::lint::run(lint, verbosity),
        Command::Completions(completions) => {
            command::completions::run(completions);
            Ok(())
        }
    }
}
