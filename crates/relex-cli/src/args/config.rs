use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what a configuration's layers come to, and which layer each value is from.
    Show(ConfigShowArguments),
    /// Print every key with what it takes, its default and its meaning, as Markdown.
    Reference,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigShowArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Change a setting, such as training.epochs=5; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// It is a configuration of `relex pretrain`.
    #[arg(long)]
    pub(crate) pretrain: bool,
}
