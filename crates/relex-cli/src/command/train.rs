//! `relex train`.

mod asked;
mod cost;
mod events;
mod folder;
mod log;
mod place;
pub(crate) mod pretrain;
pub(crate) mod series;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, anyhow, bail};
use relex_data::{DatasetSpec, Manifest, sha256_file, sha256_hex};
use relex_model::{DeviceChoice, TextEncoder, find_weights, open_device, weight_parts};
use relex_train::{
    CheckedTrainConfig, Checkpoints, FitInput, Prepared, Provenance, RunFolder, SplitData, fit, open_encoder, prepare,
    resolve,
};

use super::{keeping_tokens, load_split, tell_truncation, warn_of_read};
use crate::{
    args::TrainArguments,
    dashboard::Dashboard,
    hub, interrupt,
    progress::{Verbosity, show},
    system::{in_mib, peak_memory_mib},
};
use asked::{Asked, Place};
use cost::Cost;
use folder::GoOn;
use log::{Log, Totals};

/// A run to be trained.
struct Job {
    config: CheckedTrainConfig,
    place: Place,
    /// The folder of the series that it belongs to, if it does.
    series: Option<PathBuf>,
}

pub(crate) fn run(arguments: &TrainArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let resume = arguments.resume.as_ref();
    let named = folder::named(resume.and_then(Option::as_deref), arguments.run.as_deref())?;
    let goes_on = resume.is_some() && named.as_deref().is_some_and(series::has_begun);
    let mut dashboard = Dashboard::if_wanted(arguments.tui)?;
    if goes_on || arguments.folds.is_some() || arguments.seeds.is_some() {
        return series::run(arguments, named, &mut dashboard, verbosity);
    }
    let folder = train(job(arguments, named)?, &mut dashboard, verbosity)?;
    dashboard.close();
    show(&folder.path().display().to_string());
    Ok(())
}

/// What the arguments ask for.
fn job(arguments: &TrainArguments, named: Option<PathBuf>) -> anyhow::Result<Job> {
    let given = arguments.config.clone();
    let given = given.map(|file| anyhow::Ok((file.clone(), place::resolved(&file, arguments)?.check()?)));
    let asked = Asked {
        command: "train",
        given: given.transpose()?,
        named,
        resume: arguments.resume.is_some(),
        changes: (
            "--set, --device, --devices, --dataset, --data-dir and --split",
            place::changes_settings(arguments),
        ),
    };
    let (config, place) = asked.resolve(|begun| Ok(resolve(begun, &[])?.check()?))?;
    Ok(Job {
        config,
        place,
        series: None,
    })
}

/// Trains one run to its end.
fn train(job: Job, dashboard: &mut Dashboard, verbosity: Verbosity) -> anyhow::Result<RunFolder> {
    let start = Instant::now();
    let Job { config, place, series } = job;
    let values = config.values();
    if let Some(folder) = place.finished() {
        checkpoints(&folder, &config, "").remove()?;
        verbosity.note("this run is finished already");
        return Ok(folder);
    }

    // Everything that can be refused is looked at before the run folder is touched.
    let mut data = verbosity.timed("read data and verify split", || load_split(&config))?;
    let augmented_rows = verbosity.timed("read augmented rows", || data.add_augmented(&config))?;
    check_split(place.known().as_ref(), &data.manifest)?;
    data.check(&config)?;
    if values.loss.depends_on_counts() {
        note_labels_without_rows(&data, verbosity);
    }
    let config = hub::locate(config, verbosity)?;
    let values = config.values();
    verbosity.detail(config.to_toml()?);
    let opened = config
        .devices()
        .iter()
        .map(|&choice| Ok(open_device(choice)?.autodiff()));
    let devices = opened.collect::<anyhow::Result<Vec<_>>>()?;
    let (device, more_devices) = devices.split_first().context("no device")?;
    let open = verbosity.timed("load encoder", || open_encoder(&config, &data.spec, device))?;
    let encoder_files = encoder_files(config.encoder_folder(), &open.text_encoder)?;
    verbosity.detail(format!(
        "{} tensors used, not used: {:?}",
        open.report.used.len(),
        open.report.unused
    ));
    let new_tokens: Vec<&str> = open.new_tokens.iter().map(|token| token.text.as_str()).collect();
    verbosity.detail(format!("tokens added for the markers: {new_tokens:?}"));
    let (classifier, prepared) = verbosity.timed("encode", || prepare(keeping_tokens(open), &config, &data, device))?;
    let Prepared { train, valid, .. } = &prepared;
    let encoded = train.encoded.iter().chain(&valid.encoded);
    let truncation = tell_truncation(encoded, values.model.max_tokens, verbosity);
    let measured = data.valid.iter().map(|&row| &data.examples[row]);
    let valid_rows_read_before = warn_of_read(&prepared.read_before, measured, "encoder", "measure on");

    interrupt::listen()?;
    let mut claimed = place.claim(|file| stem(&data.spec, file))?;
    let folder = claimed.folder.clone();
    if !folder.has_begun() {
        relex_data::write_atomically(&folder.config(), config.to_toml()?.as_bytes())?;
    }
    verbosity.note(format!(
        "{}: {} rows to learn from{}, {} to measure on, on {}",
        folder.path().display(),
        train.labels.len(),
        match augmented_rows {
            0 => String::new(),
            count => format!(" ({count} of them augmented)"),
        },
        valid.labels.len(),
        values.device
    ));

    let augmented_hash = values.data.augmented.as_deref().map(sha256_file).transpose()?;
    let config_hash = sha256_file(&folder.config())?;
    let made_from = format!(
        "{config_hash} {} {encoder_files:?} {augmented_hash:?}",
        data.manifest.hash()
    );
    let checkpoints = checkpoints(&folder, &config, &sha256_hex(made_from.as_bytes()));
    let input = FitInput {
        more_devices,
        checkpoints: Some(&checkpoints),
        ..prepared.input(&config, &data, device)
    };
    let go_on = GoOn {
        command: "train",
        folder: series.as_deref().unwrap_or(folder.path()),
    };
    dashboard.open()?;
    let mut log = Log::new(&folder, train, valid.labels.len(), &config, start, verbosity);
    let fitted = fit(classifier, &input, |event| log.hear(&event));
    let fitted = fitted.map_err(|error| claimed.settle(error, &checkpoints, go_on))?;
    claimed.keep();
    let (totals, cost, steady) = log.finish();
    let device_seconds = (config.device() != DeviceChoice::Cpu).then_some(cost.wall_seconds * devices.len() as f64);

    let provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").into(),
        git_commit: option_env!("RELEX_GIT_COMMIT").map(String::from),
        config_hash,
        dataset: data.spec.name.clone(),
        data_hash: data.manifest.data_hash().into(),
        split_hash: data.manifest.hash().into(),
        encoder: encoder_files,
        encoder_commit: config.encoder_commit().map(str::to_owned),
        seed: values.seed,
        device: values.device.clone(),
        precision: values.training.precision.name().into(),
        train_rows: train.labels.len(),
        augmented_rows,
        augmented_hash,
        valid_rows: valid.labels.len(),
        valid_rows_read_before: Some(valid_rows_read_before),
        truncated_sentences: truncation.cut,
        truncated_tokens: truncation.tokens,
        steps: totals.steps,
        tokens: totals.tokens,
        padding_share: totals.padding_share(),
        train_seconds: cost.train_seconds,
        data_seconds: Some(cost.data_seconds),
        wall_seconds: cost.wall_seconds,
        device_seconds,
        processor_seconds: Some(cost.processor_seconds).filter(|&seconds| seconds > 0.0),
        steady_examples_per_second: steady,
        peak_memory_mib: peak_memory_mib(),
    };
    let write = || {
        prepared.save(&folder.model(), &fitted.classifier)?;
        for kept in &fitted.evaluations {
            prepared.save(&folder.kept_evaluation(kept.step), &kept.classifier)?;
        }
        data.manifest.write(&folder.split())?;
        provenance.write(&folder.provenance())?;
        // Only a run that is to go on needs them.
        checkpoints.remove()
    };
    write().map_err(|error| claimed.settle(error, &checkpoints, go_on))?;
    verbosity.note(cost_line(&totals, &cost, device_seconds));
    Ok(folder)
}

fn checkpoints(folder: &RunFolder, config: &CheckedTrainConfig, fingerprint: &str) -> Checkpoints {
    Checkpoints::new(folder.checkpoints(), fingerprint, config.values().checkpoint.keep)
}

/// What the run took, in one line.
fn cost_line(totals: &Totals, cost: &Cost, device_seconds: Option<f64>) -> String {
    format!(
        "trained in {:.0} s ({:.0} s in all, {:.0} s of processor time{}): {:.1} examples/s, {} tokens, {:.1} % padding, {:.2} % of the time for data, peak memory {}",
        cost.train_seconds,
        cost.wall_seconds,
        cost.processor_seconds,
        device_seconds.map_or(String::new(), |seconds| format!(", {seconds:.0} s of device time")),
        totals.rows as f64 / cost.train_seconds,
        totals.tokens,
        100.0 * totals.padding_share(),
        100.0 * cost.data_share(),
        in_mib(peak_memory_mib()),
    )
}

/// What a loss that goes by the labels' frequencies does with those that have none.
fn note_labels_without_rows(data: &SplitData, verbosity: Verbosity) {
    let labels = data.spec.labels.names().iter().zip(data.label_counts());
    let absent: Vec<&str> = labels
        .filter(|(_, count)| *count == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    if !absent.is_empty() {
        verbosity.note(format!(
            "no rows to learn these labels from, so that the loss gives them weight 0 and no margin: {}",
            absent.join(", ")
        ));
    }
}

/// What a numbered folder is named after: data set and configuration.
fn stem(spec: &DatasetSpec, config: &Path) -> String {
    let stem = config
        .file_stem()
        .map_or_else(|| "run".into(), |stem| stem.to_string_lossy().into_owned());
    format!("{}-{stem}", spec.name)
}

/// The split will stand in the run folder, so that the folder alone tells what was measured; another that stands there is refused.
fn check_split(folder: Option<&RunFolder>, manifest: &Manifest) -> anyhow::Result<()> {
    let Some(path) = folder.map(RunFolder::split) else {
        return Ok(());
    };
    if path.exists() && Manifest::read(&path)?.hash() != manifest.hash() {
        bail!(
            "{}: this is not the split of the configuration; move it away, or choose another folder with --run",
            path.display()
        );
    }
    Ok(())
}

fn encoder_files(folder: &Path, text_encoder: &TextEncoder) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = vec![folder.join("config.json")];
    files.extend(weight_parts(&find_weights(folder)?)?);
    files
        .iter()
        .chain(text_encoder.files())
        .map(|path| {
            let name = path.file_name().ok_or_else(|| anyhow!("{}: no file", path.display()))?;
            Ok((name.to_string_lossy().into_owned(), sha256_file(path)?))
        })
        .collect()
}
