//! The data of a run, or of a series of runs: where the flags say, else where its configuration does.

use std::path::{Path, PathBuf};

use anyhow::bail;
use relex_data::Manifest;
use relex_train::{DataConfig, PretrainingDataConfig, Provenance, RunFolder, TrainConfig, resolve};

use super::{dataset_folder, train::series};
use crate::args::PlaceArguments;

/// The settings that a run has in its folder; those of a series are what its runs share.
pub(super) fn settings(folder: &RunFolder) -> anyhow::Result<TrainConfig> {
    if series::has_begun(folder.path()) {
        Ok(series::load(folder.path())?.config)
    } else {
        Ok(resolve(&folder.config(), &[])?)
    }
}

/// A run's settings with its data where it is now. The split is the one that the flags name, else the copy in the run's own
/// folder, else the one that its configuration names.
pub(super) fn settings_at(folder: &RunFolder, place: &PlaceArguments) -> anyhow::Result<TrainConfig> {
    let config = described_at(folder, place)?;
    match &config.data.folder {
        Some(files) if !files.is_dir() => bail!(
            "{}: the folder with the data files of {} is not there{}; say with --data-dir where it is",
            files.display(),
            folder.path().display(),
            relative_to(files)
        ),
        _ => Ok(config),
    }
}

/// As [`settings_at`] where the data set's description is enough, and its files may be gone.
pub(super) fn described_at(folder: &RunFolder, place: &PlaceArguments) -> anyhow::Result<TrainConfig> {
    let mut config = settings(folder)?;
    if let Some(split) = own_split(folder)? {
        config.data.split = split;
    }
    put_place(place, &mut config.data)?;
    check_there(folder, &config.data)?;
    Ok(config)
}

/// Puts what the flags name in the place of what the settings do. The files of another data set are beside its description, unless
/// the flags say where.
pub(super) fn put_place<'a>(place: &PlaceArguments, data: impl Into<DataPaths<'a>>) -> anyhow::Result<()> {
    let DataPaths { dataset, folder, split } = data.into();
    if let Some(named) = &place.dataset {
        *dataset = dataset_folder(named)?;
        *folder = None;
    }
    if let Some(files) = &place.data_dir {
        *folder = Some(files.clone());
    }
    if let Some(named) = &place.split {
        split.clone_from(named);
    }
    Ok(())
}

/// The settings that say where data is.
pub(super) struct DataPaths<'a> {
    dataset: &'a mut PathBuf,
    folder: &'a mut Option<PathBuf>,
    split: &'a mut PathBuf,
}

impl<'a> From<&'a mut DataConfig> for DataPaths<'a> {
    fn from(data: &'a mut DataConfig) -> Self {
        Self {
            dataset: &mut data.dataset,
            folder: &mut data.folder,
            split: &mut data.split,
        }
    }
}

impl<'a> From<&'a mut PretrainingDataConfig> for DataPaths<'a> {
    fn from(data: &'a mut PretrainingDataConfig) -> Self {
        Self {
            dataset: &mut data.dataset,
            folder: &mut data.folder,
            split: &mut data.split,
        }
    }
}

/// The split of a run, refused if it is not the one that the run was trained with: rows that it learnt from could be among those
/// that it is measured on.
pub(super) fn read_split(folder: &RunFolder, split: &Path) -> anyhow::Result<Manifest> {
    if !split.is_file() {
        bail!(
            "{}: the split of {} is not there{}; say where it is with --split",
            split.display(),
            folder.path().display(),
            relative_to(split)
        );
    }
    let manifest = Manifest::read(split)?;
    let provenance = trained(folder)?.provenance();
    if provenance.is_file() && Provenance::read(&provenance)?.split_hash != manifest.hash() {
        bail!(
            "{}: not the split that {} was trained with; give that one with --split, or train again",
            split.display(),
            folder.path().display()
        );
    }
    Ok(manifest)
}

/// The copy of the split in a run's folder, or in that of a series' first run.
pub(super) fn own_split(folder: &RunFolder) -> anyhow::Result<Option<PathBuf>> {
    Ok(Some(trained(folder)?.split()).filter(|split| split.is_file()))
}

/// The run itself, or the first of a series.
pub(super) fn trained(folder: &RunFolder) -> anyhow::Result<RunFolder> {
    let first = series::runs(folder)?.into_iter().next();
    Ok(first.unwrap_or_else(|| folder.clone()))
}

fn check_there(folder: &RunFolder, data: &DataConfig) -> anyhow::Result<()> {
    let description = data.dataset.join("dataset.toml");
    if !description.is_file() {
        bail!(
            "{}: the data set of {} is not there{}; say with --dataset where it is, and with --data-dir where its files are if \
             they are not beside it",
            description.display(),
            folder.path().display(),
            relative_to(&description)
        );
    }
    Ok(())
}

/// What a path in a configuration is relative to, in words, if it is.
fn relative_to(path: &Path) -> &'static str {
    if path.is_relative() {
        " (relative paths of a configuration are looked for from the folder in which relex is run)"
    } else {
        ""
    }
}
