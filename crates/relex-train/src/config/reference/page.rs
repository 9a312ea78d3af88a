use serde::Serialize;
use toml::{Table, Value};

use super::super::layers::Layered;
use super::{Key, Kind, PRETRAINING_TABLES, TABLES, TableReference};
use crate::{PretrainingConfig, TrainConfig};

const BEGINNING: &str = "# Configuration

<!-- Written by `relex config reference`; change crates/relex-train/src/config/reference/tables instead. -->

A configuration is TOML. Every key may be left out; `extends = \"other.toml\"` begins with another file, whose keys the file then
changes, and `relex train --set table.key=value` changes single ones in the end. A layer that names another `kind` of a table begins
with that kind's defaults: only the keys that all kinds of the table have keep their values. Unknown keys are refused. `relex config
show --config FILE` prints what all layers come to, and where each value is from. A relative path in any key but `extends` is looked for
from the folder that relex is run in. What the options are for is told in
[training.md](training.md) and [data.md](data.md).
";

/// What `relex pretrain` shares with `relex train` stands above.
const PRETRAINING: &str = "
# Further pre-training

A configuration of `relex pretrain` is read in the same layers. It has the tables `[optimizer]`, `[schedule]` and `[checkpoint]`, and the
keys outside any table, as above (`head_learning_rate` is that of the masked language model's head), and these. What they are for is
told in [pretraining.md](pretraining.md).
";

/// The reference of all keys with what they take, their defaults and their meanings, as a Markdown page: the content of
/// `docs/configuration.md`.
pub fn configuration_reference() -> String {
    let tables: String = TABLES.iter().map(section::<TrainConfig>).collect();
    let own = PRETRAINING_TABLES.iter().filter(|table| OWN.contains(&table.name));
    let own: String = own.map(section::<PretrainingConfig>).collect();
    format!("{BEGINNING}{tables}{PRETRAINING}{own}")
}

/// The tables of further pre-training that are not those of training.
const OWN: [&str; 4] = ["data", "model", "masking", "training"];

fn section<C: Layered>(table: &TableReference) -> String {
    let heading = match table.name {
        "" => "Outside any table".to_owned(),
        name => format!("`[{name}]`"),
    };
    let mut section = format!("\n## {heading}\n\n{}\n", table.about);
    if !table.kinds.is_empty() {
        let default = default_kind::<C>(table.name);
        let kinds: Vec<String> = table.kinds.iter().map(|kind| format!("`\"{}\"`", kind.name)).collect();
        let kinds = kinds.join(", ");
        section += &format!("\n`kind` is one of {kinds}; by default it is `\"{default}\"`.\n");
    }
    section += &rows::<C>(table, None, table.keys);
    for kind in table.kinds {
        section += &format!("\n### `kind = \"{}\"`\n\n{}\n", kind.name, kind.about);
        section += &rows::<C>(table, Some(kind), kind.keys);
    }
    section
}

fn rows<C: Layered>(table: &TableReference, kind: Option<&Kind>, keys: &[Key]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let defaults = defaults::<C>(table.name, kind.map(|kind| kind.name));
    let rows = keys.iter().map(|key| {
        let default = match defaults.get(key.name) {
            Some(Value::Float(value)) if value.abs() < 1e-3 && *value != 0.0 => format!("`{value:e}`"),
            Some(value) => format!("`{value}`"),
            None => key.unset.to_owned(),
        };
        format!("| `{}` | {} | {default} | {} |\n", key.name, key.takes, key.meaning)
    });
    format!(
        "\n| key | takes | default | meaning |\n|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The defaults of a table, of its default kind if none is named.
pub(super) fn defaults<C: Layered>(name: &str, kind: Option<&str>) -> Table {
    let mut all = written(&C::default());
    if name.is_empty() {
        return all;
    }
    let Some(kind) = kind else {
        return table_at(&all, name);
    };
    let only_kind = one("kind", Value::String(kind.to_owned()));
    let (outer, value) = match name.split_once('.') {
        Some((outer, inner)) => (outer, Value::Table(one(inner, Value::Table(only_kind)))),
        None => (name, Value::Table(only_kind)),
    };
    all.insert(outer.into(), value);
    // Read and written again, it has what the kind's keys are by default.
    table_at(
        &all.try_into().map(|config: C| written(&config)).unwrap_or_default(),
        name,
    )
}

fn one(key: &str, value: Value) -> Table {
    [(key.to_owned(), value)].into_iter().collect()
}

/// By way of the text, in which an `f32` has no more digits than it needs.
fn written(config: &impl Serialize) -> Table {
    let text = toml::to_string(config).unwrap_or_default();
    toml::from_str(&text).unwrap_or_default()
}

fn default_kind<C: Layered>(name: &str) -> String {
    let defaults = defaults::<C>(name, None);
    defaults
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// A table inside tables, its name with dots; empty if there is none.
fn table_at(all: &Table, name: &str) -> Table {
    name.split('.').fold(all.clone(), |table, part| {
        table.get(part).and_then(Value::as_table).cloned().unwrap_or_default()
    })
}
