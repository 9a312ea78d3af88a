use std::{num::NonZeroUsize, path::PathBuf};

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct CheckDeviceArguments {
    /// The configuration that would be trained.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Change a setting, such as training.precision=bf16; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// `wgpu[:N]` or `cuda[:N]`; short for `--set device=…`.
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// How many steps are taken on both.
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) steps: NonZeroUsize,
    /// How far the first step's logits and gradients may be apart, as a share of the CPU's; by default what rounding explains.
    #[arg(long, value_name = "SHARE")]
    pub(crate) limit: Option<f64>,
    /// Also write what was found as JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}
