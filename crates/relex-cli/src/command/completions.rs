use clap::CommandFactory;

use crate::{
    args::{Arguments, CompletionsArguments},
    progress::show,
};

pub(crate) fn run(arguments: &CompletionsArguments) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "relex", &mut script);
    show(&String::from_utf8_lossy(&script));
}
