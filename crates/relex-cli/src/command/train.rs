use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context;
use relex_data::{Manifest, rng::stream, sha256_file, sha256_hex};
use relex_model::{Classifier, TextEncoder, find_weights, open_device, save_classifier, weight_parts};
use relex_train::{
    CheckedTrainConfig, EvaluationReport, Event, FitInput, LabelledRows, Provenance, RunFolder, SplitData, StepReport,
    TrainError, build_loss, classifier_config, encode_rows, fit, open_encoder, resolve,
};

use super::{load_split, tell_truncation, with_cache};
use crate::{
    args::TrainArguments,
    hub,
    interrupt::{self, Interrupted},
    progress::{Progress, Verbosity, show},
    system::{NewFolders, peak_memory_mib},
};

pub(crate) fn run(arguments: &TrainArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut sets = arguments.set.clone();
    sets.extend(arguments.device.iter().map(|device| format!("device={device}")));
    let config = resolve(&arguments.config, &sets)?.check()?;
    let values = config.values();
    if let Some(path) = &arguments.run {
        RunFolder::at(path).check_free()?;
    }

    // Everything that can be refused is looked at before the run folder is touched.
    let mut data = verbosity.timed("read data and verify split", || load_split(&config))?;
    let augmented_rows = verbosity.timed("read augmented rows", || data.add_augmented(&config))?;
    let loss = build_loss(&config, &data)?;
    if values.loss.depends_on_counts() {
        note_labels_without_rows(&data, verbosity);
    }
    let config = hub::locate(config, verbosity)?;
    let values = config.values();
    verbosity.detail(config.to_toml()?);
    let inference = open_device(config.device())?;
    let device = inference.clone().autodiff();
    let open = verbosity.timed("load encoder", || open_encoder(&config, &data.spec, &device))?;
    let text_encoder = with_cache(open.text_encoder);
    verbosity.detail(format!(
        "{} tensors used, not used: {:?}",
        open.report.used.len(),
        open.report.unused
    ));
    let new_tokens: Vec<&str> = open.new_tokens.iter().map(|token| token.text.as_str()).collect();
    verbosity.detail(format!("tokens added for the markers: {new_tokens:?}"));
    let classifier_config = classifier_config(&config, &data.spec);
    let encode = |rows: &[usize]| {
        let encoded = encode_rows(&text_encoder, &classifier_config, &data.examples, rows, &data.spec)?;
        anyhow::Ok(LabelledRows {
            ids: rows.iter().map(|&row| data.examples[row].id.clone()).collect(),
            encoded,
            labels: data.label_indices(rows),
        })
    };
    let train = verbosity.timed("encode", || encode(&data.train))?;
    let valid = encode(&data.valid)?;
    let encoded = train.encoded.iter().chain(&valid.encoded);
    let truncation = tell_truncation(encoded, values.model.max_tokens, verbosity);
    let head = classifier_config.head_config(open.config.hidden_size);
    let mut random = stream(values.seed, "head");
    let classifier = Classifier::with_new_head(open.encoder, &head, &mut random, &device)
        .with_type_embedding(classifier_config.type_rows(), &device);

    interrupt::listen()?;
    let path = arguments
        .run
        .clone()
        .unwrap_or_else(|| next_run_folder(&data, &arguments.config));
    let folders = NewFolders::before_making(&path);
    let folder = RunFolder::create(path)?;
    let mut unfinished = Unfinished::new(&folder, folders);
    relex_data::write_atomically(&folder.config(), config.to_toml()?.as_bytes())?;
    verbosity.note(format!(
        "{}: {} rows to learn from{}, {} to measure on, on {}",
        folder.path().display(),
        train.labels.len(),
        match augmented_rows {
            0 => String::new(),
            count => format!(" ({count} of them augmented)"),
        },
        valid.labels.len(),
        config.device()
    ));

    let mut log = Log::new(&folder, &train, &config, verbosity)?;
    let training = Instant::now();
    let input = FitInput {
        config: &config,
        loss: &loss,
        train: &train,
        valid: &valid,
        negative: data.spec.labels.negative().index(),
        pad_token_id: open.config.pad_token_id,
        device: &device,
    };
    let outcome = fit(classifier, &input, |event| log.write(&event));
    let classifier = match outcome {
        Err(TrainError::Stopped { step }) => {
            return Err(log.failure.take().unwrap_or_else(|| {
                Interrupted(format!("stopped after step {step}; the unfinished run was removed")).into()
            }));
        }
        outcome => outcome?,
    };
    let train_seconds = training.elapsed().as_secs_f64() - log.evaluation_seconds;
    let totals = log.finish()?;

    let encoder_folder = config.encoder_folder();
    save_classifier(
        &folder.model(),
        &classifier,
        &classifier_config,
        &text_encoder,
        encoder_folder,
    )?;
    Provenance {
        version: env!("CARGO_PKG_VERSION").into(),
        git_commit: option_env!("RELEX_GIT_COMMIT").map(String::from),
        config_hash: sha256_hex(config.to_toml()?.as_bytes()),
        dataset: data.spec.name.clone(),
        data_hash: data.manifest.data_hash().into(),
        split_hash: data.manifest.hash().into(),
        encoder: encoder_files(encoder_folder, &text_encoder)?,
        encoder_commit: config.encoder_commit().map(str::to_owned),
        seed: values.seed,
        device: config.device().to_string(),
        precision: values.training.precision.name().into(),
        train_rows: train.labels.len(),
        augmented_rows,
        augmented_hash: values.data.augmented.as_deref().map(sha256_file).transpose()?,
        valid_rows: valid.labels.len(),
        truncated_sentences: truncation.cut,
        truncated_tokens: truncation.tokens,
        steps: totals.steps,
        tokens: totals.tokens,
        padding_share: 1.0 - totals.tokens as f64 / totals.padded_tokens.max(1) as f64,
        train_seconds,
        wall_seconds: start.elapsed().as_secs_f64(),
        peak_memory_mib: peak_memory_mib(),
    }
    .write(&folder.provenance())?;
    keep_split(&folder, &data.manifest)?;
    unfinished.kept = true;
    drop(unfinished);
    verbosity.note(format!(
        "trained in {train_seconds:.0} s: {:.1} examples/s, {:.1} % padding, peak memory {}",
        totals.rows as f64 / train_seconds,
        100.0 * (1.0 - totals.tokens as f64 / totals.padded_tokens.max(1) as f64),
        peak_memory_mib().map_or("unknown".into(), |mib| format!("{mib:.0} MiB")),
    ));
    show(&folder.path().display().to_string());
    Ok(())
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

/// `runs/<data set>-<configuration>-<n>` with the first `n` that is free.
fn next_run_folder(data: &SplitData, config: &Path) -> PathBuf {
    let stem = config
        .file_stem()
        .map_or_else(|| "run".into(), |stem| stem.to_string_lossy().into_owned());
    let name = |n: usize| Path::new("runs").join(format!("{}-{stem}-{n}", data.spec.name));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}

/// The split stands in the run folder, so that the folder alone tells what was measured.
fn keep_split(folder: &RunFolder, manifest: &Manifest) -> anyhow::Result<()> {
    let path = folder.split();
    if !path.exists() {
        manifest.write(&path)?;
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
            Ok((
                path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                sha256_file(path)?,
            ))
        })
        .collect()
}

/// Takes away what a run that fails has written so far.
struct Unfinished {
    files: Vec<PathBuf>,
    model: PathBuf,
    kept: bool,
    /// Dropped after the files are gone, so that the folders are empty.
    _folders: NewFolders,
}

impl Unfinished {
    fn new(folder: &RunFolder, folders: NewFolders) -> Self {
        let files = vec![folder.config(), folder.metrics(), folder.provenance()];
        Self {
            files,
            model: folder.model(),
            kept: false,
            _folders: folders,
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            for file in &self.files {
                let _ = std::fs::remove_file(file);
            }
            let _ = std::fs::remove_dir_all(&self.model);
        }
    }
}

#[derive(Default)]
struct Totals {
    steps: usize,
    rows: usize,
    tokens: usize,
    padded_tokens: usize,
}

/// Follows the loop: `metrics.jsonl`, the progress bar, the totals.
struct Log {
    metrics: BufWriter<File>,
    path: PathBuf,
    progress: Progress,
    rows_in_all: usize,
    loss: f32,
    totals: Totals,
    start: Instant,
    step_end: Instant,
    evaluation_seconds: f64,
    failure: Option<anyhow::Error>,
}

impl Log {
    fn new(
        folder: &RunFolder,
        train: &LabelledRows,
        config: &CheckedTrainConfig,
        verbosity: Verbosity,
    ) -> anyhow::Result<Self> {
        let path = folder.metrics();
        let file = File::create(&path).with_context(|| path.display().to_string())?;
        let rows_in_all = train.labels.len() * config.values().training.epochs;
        Ok(Self {
            metrics: BufWriter::new(file),
            path,
            progress: Progress::new(rows_in_all, "train", verbosity),
            rows_in_all,
            loss: f32::NAN,
            totals: Totals::default(),
            start: Instant::now(),
            step_end: Instant::now(),
            evaluation_seconds: 0.0,
            failure: None,
        })
    }

    fn write(&mut self, event: &Event) -> ControlFlow<()> {
        let line = match event {
            Event::Step(step) => {
                self.step(step);
                serde_json::to_string(step)
            }
            Event::Evaluation(evaluation) => {
                self.evaluation(evaluation);
                serde_json::to_string(evaluation)
            }
            _ => return interrupt::flow(),
        };
        let written = line.map_err(std::io::Error::from).and_then(|line| {
            writeln!(self.metrics, "{line}")?;
            self.metrics.flush()
        });
        if let Err(error) = written {
            self.failure = Some(anyhow::Error::new(error).context(self.path.display().to_string()));
            return ControlFlow::Break(());
        }
        interrupt::flow()
    }

    fn step(&mut self, step: &StepReport) {
        self.step_end = Instant::now();
        self.totals.steps = step.step;
        self.totals.rows += step.rows;
        self.totals.tokens += step.tokens;
        self.totals.padded_tokens += step.padded_tokens;
        self.loss = if self.loss.is_nan() {
            step.loss
        } else {
            0.9 * self.loss + 0.1 * step.loss
        };
        let seconds = self.start.elapsed().as_secs_f64() - self.evaluation_seconds;
        let message = format!(
            "rows · epoch {} · loss {:.3} · rate {:.2e} · {:.1} examples/s",
            step.epoch,
            self.loss,
            step.learning_rate,
            self.totals.rows as f64 / seconds
        );
        self.progress.at(self.totals.rows.min(self.rows_in_all), &message);
    }

    fn evaluation(&mut self, evaluation: &EvaluationReport) {
        self.evaluation_seconds += self.step_end.elapsed().as_secs_f64();
        self.progress.note(&format!(
            "after epoch {}: micro-F1 {:.2}, AUPRC {:.2} on {} validation rows",
            evaluation.epoch, evaluation.micro_f1, evaluation.auprc, evaluation.rows
        ));
    }

    fn finish(mut self) -> anyhow::Result<Totals> {
        self.metrics.flush().with_context(|| self.path.display().to_string())?;
        self.progress.finish();
        Ok(self.totals)
    }
}
