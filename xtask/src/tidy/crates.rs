//! Which crate may depend on which, and that crates and dependencies are explained.

use anyhow::{Context, anyhow};
use toml::{Table, Value};

use super::files::TextFile;

/// What one of the workspace's crates may depend on.
struct Rule {
    name: &'static str,
    /// Those of ours.
    ours: &'static [&'static str],
    burn: Burn,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Burn {
    Allowed,
    Refused,
}

/// No arrow runs back.
const RULES: [Rule; 7] = [
    Rule {
        name: "relex-data",
        ours: &[],
        burn: Burn::Refused,
    },
    Rule {
        name: "relex-loss",
        ours: &[],
        burn: Burn::Allowed,
    },
    Rule {
        name: "relex-eval",
        ours: &["relex-data"],
        burn: Burn::Refused,
    },
    Rule {
        name: "relex-model",
        ours: &["relex-data"],
        burn: Burn::Allowed,
    },
    Rule {
        name: "relex-train",
        ours: &["relex-data", "relex-model", "relex-loss", "relex-eval"],
        burn: Burn::Allowed,
    },
    Rule {
        name: "relex-cli",
        ours: &["relex-data", "relex-loss", "relex-eval", "relex-model", "relex-train"],
        burn: Burn::Allowed,
    },
    Rule {
        name: "xtask",
        ours: &[],
        burn: Burn::Refused,
    },
];

const DEPENDENCIES: &str = "docs/dependencies.md";

/// The crates' manifests against the rules.
pub(super) fn check(files: &[TextFile]) -> anyhow::Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files {
        let Some(folder) = file.path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let manifest: Table = file.text.parse().with_context(|| file.path.clone())?;
        findings.extend(
            check_manifest(&manifest)
                .into_iter()
                .map(|finding| format!("{}: {finding}", file.path)),
        );
        let readme = format!("{folder}/README.md");
        if !files.iter().any(|file| file.path == readme) {
            findings.push(format!(
                "{readme}: missing; every crate says how to use it from another project"
            ));
        }
    }
    let root = files
        .iter()
        .find(|file| file.path == "Cargo.toml")
        .ok_or_else(|| anyhow!("there is no Cargo.toml"))?;
    let root: Table = root.text.parse().context("Cargo.toml")?;
    let explained = files
        .iter()
        .find(|file| file.path == DEPENDENCIES)
        .map_or("", |file| file.text.as_str());
    findings.extend(unexplained(&root, explained));
    Ok(findings)
}

fn check_manifest(manifest: &Table) -> Vec<String> {
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name")?.as_str())
        .unwrap_or_default();
    let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
        return vec![format!(
            "{name:?} has no rule in xtask/src/tidy/crates.rs that says what it may depend on"
        )];
    };
    let is_ours = |dependency: &str| RULES.iter().any(|rule| rule.name == dependency);
    let is_burn = |dependency: &str| ["burn", "cubecl"].iter().any(|start| dependency.starts_with(start));
    let mut findings = Vec::new();
    for dependency in dependencies(manifest) {
        if is_ours(&dependency) && !rule.ours.contains(&dependency.as_str()) {
            findings.push(format!("{name} must not depend on {dependency}"));
        }
        if is_burn(&dependency) && rule.burn == Burn::Refused {
            findings.push(format!("{name} must not depend on Burn, as it does with {dependency}"));
        }
    }
    findings
}

/// The packages that a manifest depends on, of all kinds and for all targets.
fn dependencies(manifest: &Table) -> Vec<String> {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values);
    let tables = targets.filter_map(Value::as_table).chain([manifest]);
    tables
        .flat_map(|table| ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .filter_map(|table| table?.as_table())
        .flatten()
        .map(|(name, value)| value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned())
        .collect()
}

/// Dependencies from elsewhere that the page on dependencies does not name in a line of their own.
fn unexplained(root: &Table, page: &str) -> Vec<String> {
    let table = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies")?.as_table());
    let foreign = table
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.get("path").is_none())
        .map(|(name, _)| name);
    foreign
        .filter(|name| !page.lines().any(|line| line.contains(&format!("`{name}`"))))
        .map(|name| format!("{DEPENDENCIES}: no line says what `{name}` is for"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, expected: &[&str]) {
        assert_eq!(check_manifest(&manifest.parse().unwrap()), expected);
    }

    #[test]
    fn arrows_run_one_way() {
        check(
            "package.name = 'relex-model'\ndependencies = { relex-data.workspace = true, burn.workspace = true }",
            &[],
        );
        check(
            "package.name = 'relex-data'\ndependencies.relex-model.workspace = true",
            &["relex-data must not depend on relex-model"],
        );
        check(
            "package.name = 'relex-eval'\ndev-dependencies.burn-flex = '1'",
            &["relex-eval must not depend on Burn, as it does with burn-flex"],
        );
        check(
            "package.name = 'relex-loss'\ntarget.'cfg(unix)'.build-dependencies.data = { package = 'relex-data' }",
            &["relex-loss must not depend on relex-data"],
        );
    }

    #[test]
    fn a_new_crate_needs_a_rule() {
        let findings = check_manifest(&"package.name = 'relex-new'".parse().unwrap());
        assert!(findings[0].contains("\"relex-new\" has no rule"), "{findings:?}");
    }

    #[test]
    fn dependencies_are_explained_by_their_whole_name() {
        let root = "[workspace.dependencies]\nburn = '1'\nburn-flex = '1'\nrelex-data = { path = 'x' }"
            .parse()
            .unwrap();
        assert_eq!(
            unexplained(&root, "| `burn` | tensors |\n| `burn-flex` | the CPU |"),
            [""; 0]
        );
        assert_eq!(
            unexplained(&root, "`burn-flex`"),
            [format!("{DEPENDENCIES}: no line says what `burn` is for")]
        );
    }
}
