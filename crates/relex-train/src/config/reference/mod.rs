//! Every key of a configuration in one table: for `docs/configuration.md`, and for messages that name a key's place.

mod page;
mod tables;
#[cfg(test)]
mod tests;

pub use page::configuration_reference;
pub(super) use tables::{PRETRAINING_TABLES, TABLES};

/// A table of a configuration.
pub(super) struct TableReference {
    /// Its name; empty for what stands in no table.
    name: &'static str,
    /// What it is about, one sentence.
    about: &'static str,
    /// Its keys, whatever its kind.
    keys: &'static [Key],
    /// What its `kind` can be; empty if it has none.
    kinds: &'static [Kind],
}

/// One kind that a table can be.
struct Kind {
    name: &'static str,
    about: &'static str,
    /// Keys that this kind has besides those of the table.
    keys: &'static [Key],
}

/// One key.
struct Key {
    name: &'static str,
    /// What it takes.
    takes: &'static str,
    /// What holds without it, where that is no value of its own; otherwise the default is looked up.
    unset: &'static str,
    meaning: &'static str,
}

const fn key(name: &'static str, takes: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        takes,
        unset: "",
        meaning,
    }
}

const fn optional(name: &'static str, takes: &'static str, unset: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        takes,
        unset,
        meaning,
    }
}

fn find<'a>(tables: &'a [TableReference], name: &str) -> Option<&'a TableReference> {
    tables.iter().find(|table| table.name == name)
}

/// Whether a table comes in kinds.
pub(super) fn has_kinds(tables: &[TableReference], table_name: &str) -> bool {
    find(tables, table_name).is_some_and(|table| !table.kinds.is_empty())
}

/// Whether a key of a table keeps its value when a layer names another kind.
pub(super) fn is_shared(tables: &[TableReference], table_name: &str, key: &str) -> bool {
    find(tables, table_name).is_some_and(|table| table.keys.iter().any(|known| known.name == key))
}

/// The keys that a table has when it is of this kind, `kind` included; none if the table is not known.
pub(super) fn keys_of(tables: &[TableReference], table_name: &str, kind: Option<&str>) -> Vec<&'static str> {
    let Some(table) = find(tables, table_name).filter(|table| !table.name.is_empty()) else {
        return Vec::new();
    };
    let own = table.kinds.iter().filter(|known| Some(known.name) == kind);
    let keys = table.keys.iter().chain(own.flat_map(|kind| kind.keys));
    let kind = (!table.kinds.is_empty()).then_some("kind");
    kind.into_iter().chain(keys.map(|key| key.name)).collect()
}

/// The kinds of a table that have a key of their own by this name.
pub(super) fn kinds_with(tables: &[TableReference], table_name: &str, key: &str) -> Vec<&'static str> {
    let kinds = find(tables, table_name).map_or(&[][..], |table| table.kinds);
    kinds
        .iter()
        .filter(|kind| kind.keys.iter().any(|known| known.name == key))
        .map(|kind| kind.name)
        .collect()
}
