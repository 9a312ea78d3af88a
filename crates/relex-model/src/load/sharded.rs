use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{WeightFile, WeightTensor, names, open_weights};
use crate::ModelError;

/// Weights in several files, with an index that says which tensor is in which.
pub(super) struct ShardedFile {
    path: PathBuf,
    shards: Vec<Box<dyn WeightFile>>,
    /// Canonical name → shard.
    places: HashMap<String, usize>,
}

/// The content of a `….index.json`.
#[derive(Deserialize)]
struct Index {
    /// Tensor → name of the file beside the index that holds it.
    weight_map: BTreeMap<String, String>,
}

impl ShardedFile {
    pub(super) fn open(path: &Path) -> Result<Self, ModelError> {
        let refuse = |reason: String| ModelError::Weights {
            path: path.into(),
            reason,
        };
        let index = read_index(path)?;
        let names = files(&index);
        let mut shards = Vec::new();
        for name in &names {
            let shard = path.with_file_name(name);
            if !shard.is_file() {
                return Err(refuse(format!(
                    "its weights are in {} files, of which {name:?} is not there; was the folder copied whole?",
                    names.len()
                )));
            }
            shards.push(open_weights(&shard)?);
        }
        let originals = names::originals(index.weight_map.keys().cloned().collect()).map_err(refuse)?;
        let mut places = HashMap::new();
        for (canonical, original) in originals {
            let file = &index.weight_map[&original];
            let place = names.iter().position(|name| name == file).unwrap_or_default();
            if shards[place].shape(&canonical).is_none() {
                return Err(refuse(format!(
                    "tensor {original:?} should be in {file:?}, but is not; are index and files of the same model?"
                )));
            }
            places.insert(canonical, place);
        }
        Ok(Self {
            path: path.into(),
            shards,
            places,
        })
    }
}

/// The files that the index at `path` names, in order.
pub(super) fn shard_paths(path: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let index = read_index(path)?;
    Ok(files(&index)
        .into_iter()
        .map(|name| path.with_file_name(name))
        .collect())
}

fn read_index(path: &Path) -> Result<Index, ModelError> {
    let refuse = |reason: String| ModelError::Weights {
        path: path.into(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(ModelError::io(path))?;
    let index: Index =
        serde_json::from_str(&text).map_err(|error| refuse(format!("not an index of weight files: {error}")))?;
    let is_beside = |name: &&String| Path::new(name).file_name().is_some_and(|last| last == name.as_str());
    if let Some(name) = index.weight_map.values().find(|name| !is_beside(name)) {
        return Err(refuse(format!("{name:?} is not the name of a file beside the index")));
    }
    if index.weight_map.values().any(|name| name.ends_with(".json")) {
        return Err(refuse("it names another index; it must name weight files".into()));
    }
    Ok(index)
}

fn files(index: &Index) -> Vec<&str> {
    let mut names: Vec<&str> = index.weight_map.values().map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl WeightFile for ShardedFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn names(&self) -> Vec<String> {
        self.places.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.shards[*self.places.get(name)?].shape(name)
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        match self.places.get(name) {
            None => Ok(None),
            Some(&place) => self.shards[place].read(name),
        }
    }
}
