//! What flags say in the place of settings.

use std::path::Path;

use toml::{Table, Value};

use crate::{args::TrainArguments, command::dataset_folder};

/// Every setting that the arguments change, those of flags last.
pub(super) fn sets(arguments: &TrainArguments) -> anyhow::Result<Vec<String>> {
    let mut sets = arguments.set.clone();
    let place = &arguments.place;
    if let Some(dataset) = &place.dataset {
        sets.push(path_setting("data.dataset", &dataset_folder(dataset)?));
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
