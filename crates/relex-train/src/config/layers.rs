//! Layers: the defaults, files that extend one another, and single values on top.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt,
    marker::PhantomData,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use toml::{Table, Value};

use super::{
    TrainConfig,
    explain::{explain, unknown_key},
    leaves::{Leaf, leaves_of_file, leaves_of_set},
    reference::{self, TableReference},
};
use crate::TrainError;

/// How many files may extend one another.
const MAX_DEPTH: usize = 8;

/// A configuration that is read in layers.
pub(super) trait Layered: Default + Serialize + DeserializeOwned {
    /// Every table that it has.
    const TABLES: &'static [TableReference];
}

impl Layered for TrainConfig {
    const TABLES: &'static [TableReference] = reference::TABLES;
}

/// A configuration with all layers in it, and where each value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedConfig<C = TrainConfig> {
    /// The values, not checked yet.
    pub config: C,
    /// Where they come from, by their full names; what is not in it is a default.
    pub(super) origins: BTreeMap<String, Origin>,
}

/// Where a value comes from, if it is not the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    File { path: PathBuf, line: usize },
    Set,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Set => formatter.write_str("--set"),
        }
    }
}

/// Reads a configuration from its layers: the defaults, the file that it `extends`, the file itself,
/// then each `a.b=value` of `sets` in order; later layers win, key by key.
///
/// A value of a set is TOML where it reads as TOML and a bare string otherwise.
///
/// # Errors
///
/// As [`resolve_with_origins`].
pub fn resolve(path: &Path, sets: &[String]) -> Result<TrainConfig, TrainError> {
    Ok(resolve_with_origins(path, sets)?.config)
}

/// As [`resolve`], and remembers which layer each value comes from.
///
/// A layer that names another `kind` of a loss, an optimiser or a schedule begins with that kind's defaults; only keys that
/// all kinds have keep their values.
///
/// # Errors
///
/// [`TrainError::Config`] when a file cannot be read, is not TOML, or holds a key that does not
/// exist or a value of the wrong type; the message shows the place in the line and suggests the nearest key.
pub fn resolve_with_origins(path: &Path, sets: &[String]) -> Result<ResolvedConfig, TrainError> {
    lay_all(path, sets)
}

/// As [`resolve_with_origins`], for any configuration.
pub(super) fn lay_all<C: Layered>(path: &Path, sets: &[String]) -> Result<ResolvedConfig<C>, TrainError> {
    let mut layers = Layers::<C>::defaults(path)?;
    layers.add_file(path, 0)?;
    for set in sets {
        layers.add_set(set)?;
    }
    let config = read(&layers.table).map_err(|error| refuse(path, error.message().into()))?;
    Ok(ResolvedConfig {
        config,
        origins: layers.origins,
    })
}

fn refuse(path: &Path, reason: String) -> TrainError {
    TrainError::Config {
        origin: path.display().to_string(),
        reason,
    }
}

fn read<C: Layered>(table: &Table) -> Result<C, toml::de::Error> {
    C::deserialize(table.clone())
}

/// The layers of a configuration so far, as one table.
struct Layers<C> {
    table: Table,
    origins: BTreeMap<String, Origin>,
    of: PhantomData<C>,
}

impl<C: Layered> Layers<C> {
    fn defaults(path: &Path) -> Result<Self, TrainError> {
        let table = Table::try_from(C::default()).map_err(|error| refuse(path, error.to_string()))?;
        Ok(Self {
            table,
            origins: BTreeMap::new(),
            of: PhantomData,
        })
    }

    /// Puts a file on top, and before it what it extends.
    fn add_file(&mut self, path: &Path, depth: usize) -> Result<(), TrainError> {
        if depth > MAX_DEPTH {
            let reason = format!("more than {MAX_DEPTH} files extend one another; do they form a circle?");
            return Err(refuse(path, reason));
        }
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = format!("cannot read this configuration: {error}; recipes are under configs/");
            refuse(path, reason)
        })?;
        let mut leaves = leaves_of_file(&text).map_err(|error| refuse(path, error.to_string().trim_end().into()))?;
        if let Some(index) = leaves.iter().position(|leaf| leaf.name() == "extends") {
            let leaf = leaves.remove(index);
            let Value::String(base) = &leaf.value else {
                let reason = "`extends` takes a file's name, relative to this file";
                return Err(refuse(path, leaf.show_value(&text, reason)));
            };
            self.add_file(&path.parent().unwrap_or(Path::new("")).join(base), depth + 1)?;
        }
        self.add(&leaves).map_err(|(leaf, error)| {
            let reason = self.explain(&leaves, leaf, &error);
            let shown = match (leaf, unknown_key(&error)) {
                (None, _) => reason,
                (Some(leaf), Some(key)) => leaf.show_key(&text, key, &reason),
                (Some(leaf), None) => leaf.show_value(&text, &reason),
            };
            refuse(path, shown)
        })?;
        for leaf in &leaves {
            let origin = Origin::File {
                path: path.into(),
                line: leaf.line(&text),
            };
            self.origins.insert(leaf.name(), origin);
        }
        Ok(())
    }

    /// Puts an `a.b=value` on top.
    fn add_set(&mut self, set: &str) -> Result<(), TrainError> {
        let refuse = |reason: String| TrainError::Config {
            origin: format!("--set {set}"),
            reason,
        };
        let leaves = leaves_of_set(set).map_err(|reason| refuse(reason.into()))?;
        if leaves.iter().any(|leaf| leaf.name() == "extends") {
            let reason = "only a file can extend another; give that file with --config";
            return Err(refuse(reason.into()));
        }
        self.add(&leaves).map_err(|(leaf, error)| {
            let reason = self.explain(&leaves, leaf, &error);
            refuse(format!("{reason}; `relex config reference` tells every key"))
        })?;
        for leaf in leaves {
            self.origins.insert(leaf.name(), Origin::Set);
        }
        Ok(())
    }

    /// Puts values on top; none of them if one does not fit, which is then named if it can be told.
    fn add<'a>(&mut self, leaves: &'a [Leaf]) -> Result<(), (Option<&'a Leaf>, toml::de::Error)> {
        // The kind says which other keys there are.
        let (kinds, others): (Vec<&Leaf>, Vec<&Leaf>) = leaves.iter().partition(|leaf| leaf.is_kind());
        let ordered: Vec<&Leaf> = kinds.into_iter().chain(others).collect();
        let mut table = self.table.clone();
        for leaf in &ordered {
            lay(&mut table, leaf, C::TABLES);
        }
        let Err(error) = read::<C>(&table) else {
            self.forget_other_kinds(leaves);
            self.table = table;
            return Ok(());
        };
        let mut table = self.table.clone();
        for leaf in ordered {
            lay(&mut table, leaf, C::TABLES);
            // What is missing may still come.
            if let Err(error) = read::<C>(&table)
                && !error.message().starts_with("missing field")
            {
                return Err((Some(leaf), error));
            }
        }
        Err((None, error))
    }

    /// A key that went with another kind has no origin any more.
    fn forget_other_kinds(&mut self, leaves: &[Leaf]) {
        for leaf in leaves.iter().filter(|leaf| leaf.is_kind()) {
            let table = leaf.table();
            if self.kind(&table) != leaf.value.as_str() {
                self.origins.retain(|name, _| match name.rsplit_once('.') {
                    Some((owner, key)) => owner != table || reference::is_shared(C::TABLES, &table, key),
                    None => true,
                });
            }
        }
    }

    /// The kind that a table has so far.
    fn kind(&self, table: &str) -> Option<&str> {
        let mut parts = table.split('.');
        let first = self.table.get(parts.next()?)?;
        let value = parts.try_fold(first, |value, part| value.get(part))?;
        value.as_str().or_else(|| value.get("kind")?.as_str())
    }

    /// What is wrong with a leaf, or with all of them together.
    fn explain(&self, leaves: &[Leaf], leaf: Option<&Leaf>, error: &toml::de::Error) -> String {
        let table = leaf.map_or_else(String::new, |leaf| match unknown_key(error) {
            Some(key) => leaf.table_of(key),
            None => leaf.table(),
        });
        let named = leaves.iter().find(|leaf| leaf.is_kind() && leaf.table() == table);
        let kind = named.map_or_else(|| self.kind(&table), |leaf| leaf.value.as_str());
        explain(error, C::TABLES, &table, kind)
    }
}

/// Puts one value into a table.
fn lay(table: &mut Table, leaf: &Leaf, tables: &[TableReference]) {
    let Some((last, path)) = leaf.keys.split_last() else {
        return;
    };
    let mut at = table;
    for (depth, key) in path.iter().enumerate() {
        let inner = at.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        if !inner.is_table() {
            *inner = Value::Table(spelt_out(inner, &path[..=depth].join("."), tables));
        }
        let Value::Table(inner) = inner else {
            return;
        };
        at = inner;
    }
    if leaf.is_kind() && at.get(last) != Some(&leaf.value) {
        // Another kind has other numbers: the old ones go.
        at.retain(|key, _| reference::is_shared(tables, &leaf.table(), key));
    }
    match (at.get_mut(last), &leaf.value) {
        // An empty table says nothing.
        (Some(Value::Table(_)), Value::Table(new)) if new.is_empty() => {}
        (_, value) => {
            at.insert(last.clone(), value.clone());
        }
    }
}

/// The table that stands behind a value which is none: a kind may be written as its name alone.
fn spelt_out(value: &Value, table: &str, tables: &[TableReference]) -> Table {
    let kind = reference::has_kinds(tables, table).then(|| ("kind".to_owned(), value.clone()));
    kind.into_iter().collect()
}
