//! What flags say in the place of settings.

use std::path::Path;

use relex_train::resolve;
use toml::{Table, Value};

use crate::{args::TrainArguments, command::dataset_folder};

/// Every setting that the arguments change, those of flags last.
pub(super) fn sets(arguments: &TrainArguments) -> anyhow::Result<Vec<String>> {
    let mut sets = arguments.set.clone();
    let place = &arguments.place;
    if let Some(dataset) = &place.dataset {
        let folder = dataset_folder(dataset)?;
        sets.push(path_setting("data.dataset", &folder));
        // The files of the recipe's data set are not those of this one.
        if place.data_dir.is_none() && names_a_folder(arguments)? {
            sets.push(path_setting("data.folder", &folder));
        }
    }
    let paths = [("data.folder", &place.data_dir), ("data.split", &place.split)];
    sets.extend(
        paths
            .into_iter()
            .filter_map(|(key, path)| Some(path_setting(key, path.as_ref()?))),
    );
    sets.extend(arguments.devices().map(|devices| format!("device={devices}")));
    Ok(sets)
}

/// Whether the settings without the flags say where data files are.
fn names_a_folder(arguments: &TrainArguments) -> anyhow::Result<bool> {
    let Some(config) = &arguments.config else {
        return Ok(false);
    };
    Ok(resolve(config, &arguments.set)?.data.folder.is_some())
}

/// A setting that stays a text, whatever it reads like.
fn path_setting(key: &str, path: &Path) -> String {
    let path = path.to_string_lossy();
    match format!("value = {path}").parse::<Table>() {
        Ok(_) => format!("{key}={}", Value::String(path.into_owned())),
        Err(_) => format!("{key}={path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_paths_in_settings() {
        let check = |path: &str, expected: &str| assert_eq!(path_setting("data.folder", Path::new(path)), expected);
        check("datasets/sample", "data.folder=datasets/sample");
        check("2024", "data.folder=\"2024\"");
        check("true", "data.folder=\"true\"");
    }
}
