use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::TrainConfig;
use crate::TrainError;

/// How many files may extend one another.
const MAX_DEPTH: usize = 8;

/// Reads a configuration from its layers: the defaults, the file that it `extends`, the file itself,
/// then
/// each `a.b=value` of `sets` in order; later layers win, key by key.
///
/// A value of a set is TOML where it reads as TOML and a bare string otherwise.
///
/// # Errors
///
/// [`TrainError::Config`] when a file cannot be read, is not TOML, or holds a key that does not
/// exist; the message shows the line and suggests the nearest key.
pub fn resolve(path: &Path, sets: &[String]) -> Result<TrainConfig, TrainError> {
    let refuse = |reason: String| TrainError::Config {
        origin: path.display().to_string(),
        reason,
    };
    // The defaults are the lowest layer, so that a set may name one number of a loss or a schedule.
    let mut table = Table::try_from(TrainConfig::default()).map_err(|error| refuse(error.to_string()))?;
    merge(&mut table, read_layer(path, 0)?);
    for set in sets {
        merge(&mut table, parse_set(set)?);
        read(&table).map_err(|error| TrainError::Config {
            origin: format!("--set {set}"),
            reason: format!(
                "{}; `relex train` writes every key into a run's config.toml",
                explain(&error)
            ),
        })?;
    }
    let mut config = read(&table).map_err(|error| refuse(explain(&error)))?;
    config.extends = None;
    Ok(config)
}

/// Tables whose other keys depend on their `kind`.
const TAGGED: [&str; 3] = ["loss", "schedule", "adversarial"];

fn has_table_without_kind(table: &Table) -> bool {
    let tables = TAGGED.iter().filter_map(|name| table.get(*name)?.as_table());
    tables.into_iter().any(|table| !table.contains_key("kind"))
}

fn read_layer(path: &Path, depth: usize) -> Result<Table, TrainError> {
    let refuse = |reason: String| TrainError::Config {
        origin: path.display().to_string(),
        reason,
    };
    if depth > MAX_DEPTH {
        return Err(refuse(format!(
            "more than {MAX_DEPTH} files extend one another; do they form a circle?"
        )));
    }
    let text = std::fs::read_to_string(path).map_err(|error| {
        refuse(format!(
            "cannot read this configuration: {error}; recipes are under configs/"
        ))
    })?;
    let own: Table = toml::from_str(&text).map_err(|error| refuse(explain(&error)))?;
    // Parsed alone too, so that an error shows the file's own line. A table whose kind another
    // layer names cannot be judged alone: it is, once the layers are merged.
    let layer = if has_table_without_kind(&own) {
        let own = own.iter().filter(|(name, _)| !TAGGED.contains(&name.as_str()));
        read(&own.map(|(name, value)| (name.clone(), value.clone())).collect())
    } else {
        toml::from_str::<TrainConfig>(&text)
    };
    let layer = layer.map_err(|error| refuse(explain(&error)))?;
    let Some(base) = layer.extends else {
        return Ok(own);
    };
    let base = path.parent().unwrap_or(Path::new("")).join(base);
    let mut table = read_layer(&base, depth + 1)?;
    merge(&mut table, own);
    Ok(table)
}

fn read(table: &Table) -> Result<TrainConfig, toml::de::Error> {
    TrainConfig::deserialize(table.clone())
}

fn parse_set(set: &str) -> Result<Table, TrainError> {
    let refuse = |reason: String| TrainError::Config {
        origin: format!("--set {set}"),
        reason,
    };
    let (key, value) = set
        .split_once('=')
        .ok_or_else(|| refuse("not of the form key=value, such as training.epochs=5".into()))?;
    let (key, value) = (key.trim(), value.trim());
    let as_toml = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"));
    let mut value = as_toml.unwrap_or_else(|| Value::String(value.into()));
    for part in key.rsplit('.') {
        value = Value::Table([(part.to_owned(), value)].into_iter().collect());
    }
    let Value::Table(table) = value else {
        return Err(refuse("the key is empty".into()));
    };
    if key == "extends" {
        return Err(refuse(
            "only a file can extend another; give that file with --config".into(),
        ));
    }
    Ok(table)
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            // Another kind has other numbers: the old ones go.
            (Some(Value::Table(old)), Value::Table(new)) if old.get("kind").is_some() && changes_kind(old, &new) => {
                *old = new;
            }
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn changes_kind(old: &Table, new: &Table) -> bool {
    new.get("kind").is_some_and(|kind| old.get("kind") != Some(kind))
}

/// The parser's message, with the nearest known key where one is unknown.
fn explain(error: &toml::de::Error) -> String {
    let text = error.to_string();
    let text = text.trim_end();
    let quoted: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    let nearest = match quoted.split_first() {
        Some((unknown, known)) if error.message().starts_with("unknown") => known
            .iter()
            .map(|name| (strsim::damerau_levenshtein(unknown, name), *name))
            .min()
            .filter(|(distance, name)| *distance <= name.len() / 2),
        _ => None,
    };
    match nearest {
        Some((_, name)) => format!("{text}\ndid you mean `{name}`?"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use relex_loss::{ClassWeights, LossConfig};

    use super::*;
    use crate::Schedule;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn later_layers_win_key_by_key() {
        let folder = folder(&[
            (
                "base.toml",
                "seed = 1\n[training]\nepochs = 2\nbatch_size = 8\n[schedule]\nkind = \"linear\"\nwarmup = 0.2",
            ),
            ("recipe.toml", "extends = \"base.toml\"\n[training]\nepochs = 5"),
        ]);
        let sets = [
            "training.batch_size=16",
            "data.dataset=datasets/sample",
            "schedule.warmup=0.3",
        ];
        let config = resolve(&folder.path().join("recipe.toml"), &sets.map(String::from)).unwrap();
        assert_eq!(
            (config.seed, config.training.epochs, config.training.batch_size),
            (1, 5, 16)
        );
        assert_eq!(config.data.dataset, Path::new("datasets/sample"));
        assert_eq!(config.schedule, Schedule::Linear { warmup: 0.3 });
        assert_eq!(config.extends, None);

        std::fs::write(
            folder.path().join("recipe.toml"),
            "extends = \"base.toml\"\n[schedule]\nwarmup = 0.4",
        )
        .unwrap();
        let config = resolve(&folder.path().join("recipe.toml"), &[]).unwrap();
        assert_eq!(config.schedule, Schedule::Linear { warmup: 0.4 });

        let constant = resolve(&folder.path().join("recipe.toml"), &["schedule.kind=constant".into()]).unwrap();
        assert_eq!(constant.schedule, Schedule::Constant {});
    }

    #[track_caller]
    fn check_refused(file: &str, sets: &[&str], expected: &[&str]) {
        let folder = folder(&[("recipe.toml", file)]);
        let sets: Vec<String> = sets.iter().map(|set| (*set).into()).collect();
        let message = resolve(&folder.path().join("recipe.toml"), &sets)
            .unwrap_err()
            .to_string();
        for part in expected {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
    }

    #[test]
    fn unknown_keys_are_named_with_line_and_suggestion() {
        check_refused(
            "seed = 1\n[optimizer]\nlearning_rat = 1e-4",
            &[],
            &["recipe.toml", "line 3", "^^^^", "did you mean `learning_rate`?"],
        );
        check_refused(
            "",
            &["training.epoch=3"],
            &["--set training.epoch=3", "did you mean `epochs`?"],
        );
        check_refused("", &["trainig.epochs=3"], &["did you mean `training`?"]);
        check_refused("", &["loss.kind=focall"], &["focall", "did you mean `focal`?"]);
        check_refused(
            "[loss]\nkind = \"focal\"\ngama = 2.0",
            &[],
            &["unknown field `gama`", "did you mean `gamma`?"],
        );
        check_refused("", &["loss.gamma=2.0"], &["unknown field `gamma`", "label_smoothing"]);
        check_refused(
            "",
            &["loss.weights=inverse_frequency"],
            &["did you mean `inverse-frequency`?"],
        );
        check_refused(
            "",
            &["schedule.wramup=0.1"],
            &["--set schedule.wramup=0.1", "did you mean `warmup`?"],
        );
        check_refused("[schedule]\nkind = \"constant\"\nwarmup = 0.1", &[], &["warmup"]);
        check_refused("", &["extends=base.toml"], &["--config"]);
        check_refused("", &["epochs"], &["key=value"]);
        check_refused("seed = ", &[], &["line 1"]);
        check_refused("extends = \"recipe.toml\"", &[], &["circle"]);
        check_refused("extends = \"nowhere.toml\"", &[], &["nowhere.toml"]);
        check_refused("[training]\nepochs = \"three\"", &[], &["line 2", "three"]);
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let folder = folder(&[(
            "recipe.toml",
            "[data]\ndataset = \"d\"\nsplit = \"s\"\n[model]\nencoder = \"e\"",
        )]);
        let path = folder.path().join("recipe.toml");
        let checked = resolve(&path, &["data.max_train_rows=7".into()])
            .unwrap()
            .check()
            .unwrap();
        std::fs::write(&path, checked.to_toml().unwrap()).unwrap();
        assert_eq!(&resolve(&path, &[]).unwrap(), checked.values());
    }

    #[test]
    fn a_loss_keeps_its_keys_through_the_layers() {
        let folder = folder(&[
            ("base.toml", "[loss]\nkind = \"cross-entropy\"\nlabel_smoothing = 0.1"),
            (
                "recipe.toml",
                "extends = \"base.toml\"\n[loss]\nkind = \"focal\"\nweights = { effective-number = 0.99 }",
            ),
        ]);
        let path = folder.path().join("recipe.toml");
        let loss = |sets: &[&str]| {
            let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
            let written = toml::to_string(&resolve(&path, &sets).unwrap()).unwrap();
            let config: TrainConfig = toml::from_str(&written).unwrap();
            assert_eq!(config, resolve(&path, &sets).unwrap(), "{written}");
            config.loss
        };
        let focal = |gamma, weights| LossConfig::Focal {
            gamma,
            alpha: 1.0,
            weights,
        };
        let effective = |beta| ClassWeights::EffectiveNumber { beta };
        assert_eq!(loss(&[]), focal(2.0, effective(0.99)));
        assert_eq!(
            loss(&["loss.gamma=1", "loss.weights.effective-number=0.9"]),
            focal(1.0, effective(0.9))
        );
        assert_eq!(loss(&["loss.weights=none"]), focal(2.0, ClassWeights::None));
        assert_eq!(
            loss(&["loss.weights=[1, 2.5]"]),
            focal(2.0, ClassWeights::List(vec![1.0, 2.5]))
        );
        assert_eq!(loss(&["loss.kind=cross-entropy"]), LossConfig::default());
    }

    #[test]
    fn impossible_values_are_named() {
        let valid = ["data.dataset=d", "data.split=s", "model.encoder=e"];
        let check = |set: &str, expected: &str| {
            let folder = folder(&[("recipe.toml", "")]);
            let sets: Vec<String> = valid.iter().chain([&set]).map(ToString::to_string).collect();
            let message = resolve(&folder.path().join("recipe.toml"), &sets)
                .unwrap()
                .check()
                .unwrap_err()
                .to_string();
            assert!(message.contains(expected), "{expected:?} is not in {message:?}");
        };
        check("model.encoder=", "model.encoder");
        check("training.epochs=0", "training.epochs = 0");
        check("model.head_dropout=1.0", "model.head_dropout = 1");
        check("optimizer.learning_rate=-1.0", "optimizer.learning_rate = -1");
        check("device=gpu", "cpu, wgpu, cuda");
        check("loss.label_smoothing=1.5", "label_smoothing = 1.5");
        check("schedule.warmup=2.0", "schedule.warmup = 2");
        check("loss.kind=ldam", "model.cosine_scale = none");
        check("model.cosine_scale=0.0", "model.cosine_scale = 0");
    }
}
