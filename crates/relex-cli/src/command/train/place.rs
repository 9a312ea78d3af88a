//! What flags say in the place of settings.

use std::path::Path;

use relex_train::{TrainConfig, resolve};

use crate::{args::TrainArguments, command::run_data::put_place};

/// The configuration of a file with every setting that the arguments change, those of flags last.
pub(super) fn resolved(file: &Path, arguments: &TrainArguments) -> anyhow::Result<TrainConfig> {
    let mut config = resolve(file, &arguments.set)?;
    put_place(&arguments.place, &mut config.data)?;
    if let Some(devices) = arguments.devices() {
        config.device = devices.clone();
    }
    Ok(config)
}

/// Whether the arguments change any setting.
pub(super) fn changes_settings(arguments: &TrainArguments) -> bool {
    !arguments.set.is_empty() || arguments.devices().is_some() || arguments.place.is_given()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use relex_train::DataConfig;

    use super::*;
    use crate::args::PlaceArguments;

    #[test]
    fn paths_stay_paths_in_settings() {
        let check = |path: &str| {
            let place = PlaceArguments {
                dataset: None,
                data_dir: Some(path.into()),
                split: Some(path.into()),
            };
            let mut data = DataConfig::default();
            put_place(&place, &mut data).unwrap();
            assert_eq!(data.folder, Some(PathBuf::from(path)));
            assert_eq!(data.split, PathBuf::from(path));
        };
        check("datasets/sample");
        check("2024");
        check("true");
    }
}
