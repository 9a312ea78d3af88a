use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use relex_data::{DatasetSpec, Role, WrittenForm, write_atomically, write_examples};

use super::{
    Dataset,
    output::{Sources, refuse_sources},
};
use crate::{
    args::{ConvertArguments, FormArgument},
    progress::{Verbosity, show},
};

pub(crate) fn run(arguments: &ConvertArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let dataset = Dataset::open(&arguments.data)?;
    let role = arguments.rows.into();
    let form = form(arguments.to);
    refuse_sources(&dataset.spec, &dataset.folder, &dataset.files, &arguments.out)?;
    let bad_rows = &arguments.data.bad_rows;
    Sources::default().check_outputs([&arguments.out].into_iter().chain(bad_rows), Some(&arguments.out))?;
    let description = match arguments.describe {
        true => Some(description(&dataset.spec, form, &arguments.out, role)?),
        false => None,
    };
    let examples = verbosity.timed("read", || dataset.read(role))?;
    verbosity.timed("write", || {
        write_examples(&arguments.out, &examples, form, &dataset.spec)
    })?;
    show(&format!("{} rows in {}", examples.len(), arguments.out.display()));
    if let Some((path, toml)) = description {
        write_atomically(&path, toml.as_bytes())?;
        show(&format!("described in {}", path.display()));
    }
    Ok(())
}

fn form(argument: FormArgument) -> WrittenForm {
    match argument {
        FormArgument::KlueJson => WrittenForm::KlueJson,
        FormArgument::CompetitionCsv => WrittenForm::CompetitionCsv,
        FormArgument::Jsonl => WrittenForm::Jsonl,
    }
}

/// Path and text of the description beside `out`. One that an earlier conversion of the same data set wrote keeps its other files.
fn description(spec: &DatasetSpec, form: WrittenForm, out: &Path, role: Role) -> anyhow::Result<(PathBuf, String)> {
    let name = out
        .file_name()
        .with_context(|| format!("{}: no name of a file", out.display()))?;
    let path = out.with_file_name("dataset.toml");
    if path == out {
        bail!(
            "{}: the description would take this name; choose another --out",
            out.display()
        );
    }
    let mut described = form.describe(spec, Path::new(name), role);
    if let Ok(text) = std::fs::read_to_string(&path) {
        let there = DatasetSpec::parse(&text, &path)?;
        let is_ours = there.to_toml()? == text;
        let others = there.files.iter().filter(|file| file.path != Path::new(name));
        let files = others.cloned().chain(described.files.clone()).collect();
        let alike = |spec: &DatasetSpec| {
            let mut spec = spec.clone();
            spec.files.clear();
            spec
        };
        if !is_ours || alike(&there) != alike(&described) {
            bail!(
                "{}: another description is there; choose an --out in another folder, or leave out --describe",
                path.display()
            );
        }
        described.files = files;
    }
    Ok((path, described.to_toml()?))
}
