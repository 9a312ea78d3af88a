//! Runs whole pipelines and the project's own checks: `cargo xtask <command>`.
//!
//! Exit codes: 0 done, 1 a check that does not hold, 2 something that the user can mend, 130
//! interrupted; where a command that xtask runs fails, that command's own.

mod gpu_check;
mod pipeline;
mod process;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use gpu_check::GpuCheckArguments;
use pipeline::PipelineArguments;

/// The project's pipelines and checks.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build relex and run every stage on a data set, from audit to report.
    Pipeline(PipelineArguments),
    /// Everything that has to hold before a change goes in, cheapest first.
    Test,
    /// Ask a machine with a GPU what only it can answer; needs a built relex and no Rust.
    GpuCheck(GpuCheckArguments),
    /// Check the workspace's invariants: who depends on whom, file sizes, links.
    Tidy,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            process::complain(&format!("error: {error:#}"));
            ExitCode::from(error.downcast_ref().map_or(1, process::Failed::exit_code))
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    process::forward_interrupts()?;
    match command {
        Command::Pipeline(arguments) => pipeline::run(arguments),
        Command::Test => test::run(),
        Command::GpuCheck(arguments) => gpu_check::run(&arguments),
        Command::Tidy => tidy::run(),
    }
}
