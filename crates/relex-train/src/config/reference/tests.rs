use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{super::layers::Layered, TABLES, configuration_reference, keys_of};
use crate::{OptimizerConfig, OptimizerRule, PretrainingConfig, TrainConfig};

/// What the parser says it would have taken.
fn expected_by_parser<C: DeserializeOwned>(
    table: &str,
    kind: Option<&str>,
    key: &str,
    value: &str,
) -> BTreeSet<String> {
    let mut text = if table.is_empty() {
        String::new()
    } else {
        format!("[{table}]\n")
    };
    if let Some(kind) = kind {
        text += &format!("kind = \"{kind}\"\n");
    }
    if table == "model.query" {
        text += "template = \"{subject}\"\n";
    }
    text += &format!("{key} = {value}\n");
    let parsed = toml::from_str::<C>(&text).map(|_| ());
    let message = parsed.unwrap_err().message().to_owned();
    assert!(message.starts_with("unknown"), "{text}: {message}");
    message
        .split('`')
        .skip(1)
        .step_by(2)
        .skip(1)
        .map(str::to_owned)
        .collect()
}

fn owned(names: impl IntoIterator<Item = &'static str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// A key that the parser takes and the table does not have, or the other way round, fails here: add it to `tables/`.
#[test]
fn the_tables_have_every_key_and_no_other() {
    check_tables::<TrainConfig>();
    check_tables::<PretrainingConfig>();
}

fn check_tables<C: Layered>() {
    let expected_by_parser = expected_by_parser::<C>;
    let outside: BTreeSet<String> = C::TABLES[0].keys.iter().map(|key| key.name.to_owned()).collect();
    let tables = C::TABLES[1..].iter().filter(|table| !table.name.contains('.'));
    let all: BTreeSet<String> = outside
        .into_iter()
        .chain(tables.map(|table| table.name.to_owned()))
        .collect();
    assert_eq!(all, expected_by_parser("", None, "no_such_key", "1"));

    for table in &C::TABLES[1..] {
        if table.kinds.is_empty() {
            let inner = C::TABLES
                .iter()
                .filter_map(|inner| inner.name.strip_prefix(&format!("{}.", table.name)));
            let known = owned(keys_of(C::TABLES, table.name, None).into_iter().chain(inner));
            let parsed = expected_by_parser(table.name, None, "no_such_key", "1");
            assert_eq!(known, parsed, "[{}]", table.name);
            continue;
        }
        let kinds = owned(table.kinds.iter().map(|kind| kind.name));
        assert_eq!(
            kinds,
            expected_by_parser(table.name, None, "kind", "\"no-such-kind\""),
            "[{}]",
            table.name
        );
        for kind in table.kinds {
            // The parser does not tell the keys that all kinds of optimiser share, nor anything of a kind without keys.
            let known = owned(kind.keys.iter().map(|key| key.name));
            if !known.is_empty() {
                let parsed = expected_by_parser(table.name, Some(kind.name), "no_such_key", "1");
                assert_eq!(known, parsed, "[{}] kind = {}", table.name, kind.name);
            }
        }
    }
}

#[test]
fn the_keys_that_all_optimisers_share_are_known() {
    // Every field by its name, so that a new one is not forgotten.
    let config = OptimizerConfig {
        rule: OptimizerRule::default(),
        learning_rate: 1.0,
        head_learning_rate: Some(1.0),
        layer_decay: 1.0,
        weight_decay: 1.0,
        max_gradient_norm: 1.0,
    };
    let written: BTreeSet<String> = Table::try_from(&config).unwrap().keys().cloned().collect();
    assert_eq!(written, owned(keys_of(TABLES, "optimizer", Some("adamw"))));
}

#[test]
fn every_default_is_looked_up_or_explained() {
    for line in configuration_reference().lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split(" | ").collect();
        assert!(cells.len() == 4 && !cells[2].is_empty(), "{line}");
    }
    assert!(configuration_reference().contains("| `gamma` | a number, at least 0 | `2.0` |"));
}

#[test]
fn the_page_in_docs_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == configuration_reference(),
        "docs/configuration.md is out of date; write it again: relex config reference > docs/configuration.md"
    );
}

#[test]
fn values_of_other_kinds_are_no_defaults() {
    let lion = super::page::defaults::<TrainConfig>("optimizer", Some("lion"));
    assert_eq!(lion.get("beta_2"), Some(&Value::Float(0.99)));
    assert_eq!(lion.get("epsilon"), None);
}

/// Whether a page has a key of a table in code: `table.key`, or the key in a part of the page that names its table.
fn is_explained(page: &str, table: &str, key: &str) -> bool {
    let in_code = |part: &str, name: &str| part.contains(&format!("`{name}`")) || part.contains(&format!("`{name} = "));
    let full = format!("{table}.{key}");
    in_code(page, &full)
        || page
            .split("\n## ")
            .any(|part| part.contains(&format!("`[{table}]")) && in_code(part, key))
}

#[test]
fn a_key_is_looked_for_where_its_table_is() {
    let page = "# Page\n## One\n`[loss] kind` and `gamma` and `alpha = 2`\n## Two\n`beta`, `model.head`\n";
    let explained = ["gamma", "alpha", "beta", "head"].map(|key| is_explained(page, "loss", key));
    assert_eq!(explained, [true, true, false, false]);
    assert!(is_explained(page, "model", "head"));
}

/// A key that is added to one of these tables is explained, with the question it answers, in `docs/training.md`.
#[test]
fn every_key_of_training_is_explained() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/training.md");
    let page = std::fs::read_to_string(path).unwrap();
    let explained = [
        "loss",
        "optimizer",
        "schedule",
        "training",
        "adversarial",
        "averaging",
        "checkpoint",
    ];
    let mut keys: BTreeSet<(&str, &str)> = [("model", "head_dropout")].into();
    for table in TABLES.iter().filter(|table| explained.contains(&table.name)) {
        let of_kinds = table.kinds.iter().flat_map(|kind| kind.keys);
        keys.extend(table.keys.iter().chain(of_kinds).map(|key| (table.name, key.name)));
        keys.extend(table.kinds.iter().map(|kind| (table.name, kind.name)));
    }
    assert!(keys.len() > explained.len(), "the tables have other names");
    let missing: Vec<_> = keys
        .into_iter()
        .filter(|(table, key)| !is_explained(&page, table, key))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/training.md does not say what these are for: {missing:?}"
    );
}
