use serde::Serialize;

use super::ResolvedConfig;
use crate::TrainError;

impl<C: Serialize> ResolvedConfig<C> {
    /// The configuration as TOML, complete, with the origin of each value behind it: file and line, `--set`, or `default`.
    /// Keys that are not set and have no default are left out.
    ///
    /// # Errors
    ///
    /// When a path is not valid Unicode.
    pub fn show(&self) -> Result<String, TrainError> {
        let text = toml::to_string(&self.config).map_err(|error| TrainError::Config {
            origin: "configuration".into(),
            reason: error.to_string(),
        })?;
        let mut table = String::new();
        let lines: Vec<(&str, String)> = text
            .lines()
            .map(|line| {
                if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                    table = format!("{header}.");
                    return (line, String::new());
                }
                let name = line.split_once(" = ").map(|(key, _)| format!("{table}{key}"));
                (line, name.map_or_else(String::new, |name| self.origin(&name)))
            })
            .collect();
        let width = lines
            .iter()
            .filter(|(_, origin)| !origin.is_empty())
            .map(|(line, _)| line.chars().count())
            .max()
            .unwrap_or(0);
        let shown = lines.iter().map(|(line, origin)| match origin.as_str() {
            "" => format!("{line}\n"),
            origin => format!("{line}{} # {origin}\n", " ".repeat(width - line.chars().count())),
        });
        Ok(shown.collect())
    }

    /// Where the value of this name comes from; an inline table's value comes from wherever its keys do.
    fn origin(&self, name: &str) -> String {
        let inside = format!("{name}.");
        let found = self.origins.get(name).or_else(|| {
            self.origins
                .iter()
                .find(|(key, _)| key.starts_with(&inside))
                .map(|(_, origin)| origin)
        });
        found.map_or_else(|| "default".to_owned(), ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TrainConfig, resolve, resolve_with_origins};

    #[test]
    fn every_value_tells_where_it_is_from() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let base = file(
            "base.toml",
            "seed = 1\n\n[optimizer]\nkind = \"adamw\"\nlearning_rate = 1e-4\nbeta_2 = 0.98\n[loss]\nkind = \"focal\"\nweights = { effective-number = 0.9 }",
        );
        let recipe = file("recipe.toml", "extends = \"base.toml\"\n[optimizer]\nkind = \"lion\"");
        let resolved = resolve_with_origins(&recipe, &["training.epochs=7".into()]).unwrap();
        let shown = resolved.show().unwrap();
        let origin = |key: &str| {
            let line = shown
                .lines()
                .find(|line| line.starts_with(&format!("{key} =")))
                .unwrap();
            line.split_once(" # ").unwrap().1.to_owned()
        };
        assert_eq!(origin("seed"), format!("{}:1", base.display()));
        assert_eq!(origin("device"), "default");
        assert_eq!(origin("epochs"), "--set");
        assert_eq!(origin("learning_rate"), format!("{}:5", base.display()));
        // lion's own, not adamw's 0.98
        assert_eq!(origin("beta_2"), "default");
        assert!(shown.contains("effective-number = 0.9"), "{shown}");
        assert!(shown.contains(&format!("# {}:9", base.display())), "{shown}");
        let read: TrainConfig = toml::from_str(&shown).unwrap();
        assert_eq!(read, resolve(&recipe, &["training.epochs=7".into()]).unwrap());
    }
}
