use std::path::PathBuf;

use clap::Args;

use super::PlaceArguments;

#[derive(Debug, Args)]
pub(crate) struct TrainArguments {
    /// The configuration.
    #[arg(long, value_name = "FILE", required_unless_present = "resume")]
    pub(crate) config: Option<PathBuf>,
    /// Change a setting, such as training.epochs=5; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Folder for the run; by default a new one under runs/.
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Go on with the run that was broken off in this folder, or in that of --run; with --config, begin it if it is not there.
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    pub(crate) resume: Option<Option<PathBuf>>,
    /// Train one run for each fold of the split, `all` or a list such as 0,2 or 0-4, and put their predictions together.
    #[arg(long, value_name = "all|LIST", value_parser = folds)]
    pub(crate) folds: Option<Folds>,
    /// Train one run with each of these seeds, such as 1,2,3 or 1-3, and put their predictions together.
    #[arg(long, value_name = "LIST", value_parser = seeds)]
    pub(crate) seeds: Option<Seeds>,
    /// `cpu`, `wgpu[:N]` or `cuda[:N]`; short for `--set device=…`.
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Several of a kind that share the rows of every step, such as cuda:0,cuda:1.
    #[arg(long, value_name = "LIST", conflicts_with = "device")]
    pub(crate) devices: Option<String>,
    /// Show the run on the whole terminal, with curves; q stops and saves, ? lists the keys.
    #[arg(long)]
    pub(crate) tui: bool,
}

impl TrainArguments {
    /// The device or devices, if any are named.
    pub(crate) fn devices(&self) -> Option<&String> {
        self.device.as_ref().or(self.devices.as_ref())
    }
}

/// Which folds of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Folds {
    All,
    These(Vec<usize>),
}

fn folds(text: &str) -> Result<Folds, String> {
    if text == "all" {
        return Ok(Folds::All);
    }
    let these = numbers(text).ok_or("use all, or numbers such as 0,2 or 0-4")?;
    Ok(Folds::These(these.into_iter().map(|fold| fold as usize).collect()))
}

/// Seeds of several runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seeds(pub(crate) Vec<u64>);

fn seeds(text: &str) -> Result<Seeds, String> {
    let seeds = numbers(text).ok_or("use numbers such as 1,2,3 or 1-3")?;
    Ok(Seeds(seeds))
}

/// The most numbers that a range may stand for.
const LONGEST: u64 = 1_000;

/// Numbers and ranges of them, divided by commas.
fn numbers(text: &str) -> Option<Vec<u64>> {
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        if last < first || last - first >= LONGEST {
            return None;
        }
        all.extend(first..=last);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        assert_eq!(numbers("4, 1-3,9"), Some(vec![4, 1, 2, 3, 9]));
        assert_eq!(numbers("7-7"), Some(vec![7]));
        for text in ["", "1,", "3-1", "1-", "-1", "a", "0-18446744073709551615"] {
            assert_eq!(numbers(text), None, "{text:?}");
        }
    }
}
