//! Files that a command writes: none that it reads, none of a data set or a run, and none that cannot be written.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use relex_data::{DatasetSpec, is_stream};
use relex_train::RunFolder;

use super::run_data::settings;
use crate::args::HeldOutArguments;

/// What in a run's folder is the run's own, beside everything in the folders of [`RUN_FOLDERS`].
const RUN_FILES: [&str; 16] = [
    "config.toml",
    "split.json",
    "provenance.json",
    "metrics.jsonl",
    "events.out.tfevents",
    "series.toml",
    "summary.json",
    "sentences.json",
    "submission.csv",
    "submission.csv.meta.json",
    "report.html",
    "predictions/valid.csv",
    "predictions/valid.csv.meta.json",
    "predictions/hold-out.csv",
    "predictions/hold-out.csv.meta.json",
    "predictions/valid.evaluation.json",
];

/// Folders in a run's folder in which everything is the run's own.
const RUN_FOLDERS: [&str; 4] = ["best", "evaluations", "encoder", "checkpoints"];

/// What a command reads.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: Vec<PathBuf>,
}

impl Sources {
    /// Files that are read; a folder is a run's, and its data set's files count as well.
    pub(super) fn of<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        let mut sources = Self::default();
        for path in paths {
            if path.is_dir() {
                // What cannot be read is for the run's own reader to complain about.
                if let Ok(config) = settings(&RunFolder::at(path)) {
                    sources.add_dataset(&config.data.dataset, config.data.files());
                    sources.files.push(config.data.split.clone());
                    sources.files.extend(config.data.augmented.clone());
                }
            } else {
                sources.files.push(path.clone());
            }
        }
        sources
    }

    /// Labelled rows with what was predicted for them.
    pub(super) fn of_held_out(arguments: &HeldOutArguments) -> Self {
        let place = &arguments.gold.place;
        Self::of(&arguments.sources).and_dataset(place.dataset.as_ref(), place.data_dir.as_ref())
    }

    /// More of them.
    pub(super) fn and_files<'a>(mut self, paths: impl IntoIterator<Item = &'a PathBuf>) -> Self {
        self.files.extend(Self::of(paths).files);
        self
    }

    /// A data set's description and files as well.
    pub(super) fn and_dataset(mut self, dataset: Option<&PathBuf>, files: Option<&PathBuf>) -> Self {
        let folder = dataset.and_then(|name| super::dataset_folder(name).ok());
        if let Some(folder) = folder {
            self.add_dataset(&folder, files.unwrap_or(&folder));
        }
        self
    }

    fn add_dataset(&mut self, folder: &Path, files: &Path) {
        let description = folder.join("dataset.toml");
        if let Ok(spec) = DatasetSpec::from_file(&description) {
            self.files.extend(data_files(&spec, files));
        }
        self.files.push(description);
    }

    /// Refuses outputs that would replace what is read, another output, or a file of a data set or a run, and those that cannot
    /// be written. Nothing is made or changed. `own` is the place in a run's folder that the command writes by itself,
    /// which is free for the first output.
    pub(super) fn check_outputs<'a>(
        &self,
        outputs: impl IntoIterator<Item = &'a PathBuf>,
        own: Option<&Path>,
    ) -> anyhow::Result<()> {
        let mut others: Vec<&Path> = Vec::new();
        for (number, out) in outputs.into_iter().enumerate() {
            if is_stream(out) {
                continue;
            }
            if others.iter().any(|other| is_same(other, out)) {
                bail!(
                    "{}: two results would go here; choose another file for one",
                    out.display()
                );
            }
            // Where a link leads to, for that is what is written.
            let place = place(out);
            if number > 0 || own.is_none_or(|own| !is_same(own, out)) {
                self.refuse_source(out)?;
                refuse_dataset(out, &place)?;
                refuse_run(out, &place)?;
            }
            check_writable(out, &place)?;
            others.push(out);
        }
        Ok(())
    }

    /// Refuses a file that is read.
    fn refuse_source(&self, out: &Path) -> anyhow::Result<()> {
        if self.files.iter().any(|file| is_same(file, out)) {
            bail!(
                "{}: this file is read here, and would be replaced by the result; choose another file",
                out.display()
            );
        }
        Ok(())
    }
}

/// A data set's own files are not written over.
pub(super) fn refuse_sources(spec: &DatasetSpec, folder: &Path, files: &Path, out: &Path) -> anyhow::Result<()> {
    let mut sources = data_files(spec, files).chain([folder.join("dataset.toml")]);
    if sources.any(|source| is_same(&source, out)) {
        bail!(
            "{}: this is a file of the data set itself; choose another file",
            out.display()
        );
    }
    Ok(())
}

fn data_files<'a>(spec: &'a DatasetSpec, files: &'a Path) -> impl Iterator<Item = PathBuf> + 'a {
    spec.files.iter().map(|file| files.join(&file.path))
}

/// Whether two paths lead to one place, whether or not anything is there.
fn is_same(one: &Path, other: &Path) -> bool {
    place(one) == place(other)
}

/// What a path leads to, links followed as far as something is there.
fn place(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(path), ..) => path,
        (Err(_), Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            place(folder).join(name)
        }
        _ => path.into(),
    }
}

/// Refuses a file of the data set that is described beside it.
fn refuse_dataset(out: &Path, place: &Path) -> anyhow::Result<()> {
    let folder = place.parent().unwrap_or(Path::new(""));
    match DatasetSpec::from_file(&folder.join("dataset.toml")) {
        Ok(spec) => refuse_sources(&spec, folder, folder, out),
        Err(_) => Ok(()),
    }
}

/// Refuses what is a run's own.
fn refuse_run(out: &Path, place: &Path) -> anyhow::Result<()> {
    for folder in place.ancestors().skip(1).filter(|folder| is_run(folder)) {
        let Ok(inside) = place.strip_prefix(folder) else {
            continue;
        };
        let is_own = RUN_FILES.iter().any(|own| Path::new(own) == inside)
            || RUN_FOLDERS.iter().any(|own| inside.starts_with(own));
        if is_own {
            bail!(
                "{}: this file is the run's own, and what is said of the run would not hold for it any more; choose another file",
                out.display()
            );
        }
    }
    let is_classifier = |folder: &Path| folder.join("relex.json").is_file();
    if place.exists() && place.ancestors().skip(1).any(is_classifier) {
        bail!("{}: this is a file of a classifier; choose another file", out.display());
    }
    Ok(())
}

fn is_run(folder: &Path) -> bool {
    let run = RunFolder::at(folder);
    let marks = [run.provenance(), run.metrics(), run.checkpoints(), run.model()];
    run.series().is_file() || (run.has_begun() && marks.iter().any(|mark| mark.exists()))
}

/// Tries whether a file can be made here; folders that are missing are made only when it is written.
fn check_writable(out: &Path, place: &Path) -> anyhow::Result<()> {
    if place.is_dir() {
        bail!("{}: this is a folder; name a file in it", out.display());
    }
    let absolute = std::path::absolute(place).with_context(|| out.display().to_string())?;
    let Some(folder) = absolute.ancestors().skip(1).find(|folder| folder.exists()) else {
        return Ok(());
    };
    if !folder.is_dir() {
        bail!(
            "{}: {} is a file, and nothing can be in it; choose another file",
            out.display(),
            folder.display()
        );
    }
    let tried = tempfile::Builder::new().prefix(".relex-").tempfile_in(folder);
    tried.with_context(|| {
        format!(
            "{}: cannot write here; choose another file, or make its folder writable",
            out.display()
        )
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_device_is_a_stream_and_a_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        assert!(is_stream(Path::new("/dev/null")));
        assert!(!is_stream(&file) && !is_stream(folder.path()));
        std::fs::write(&file, "").unwrap();
        assert!(!is_stream(&file));
        assert!(
            Sources::of([&PathBuf::from("/dev/null")])
                .check_outputs([&PathBuf::from("/dev/null")], None)
                .is_ok()
        );
    }

    #[test]
    fn paths_are_the_same_by_what_they_lead_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        let other = folder.path().join("./file");
        assert!(is_same(&file, &other));
        std::fs::write(&file, "").unwrap();
        assert!(is_same(&file, &other));
        assert!(!is_same(&file, &folder.path().join("another")));
    }
}
