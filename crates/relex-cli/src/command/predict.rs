use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use relex_data::{DatasetSpec, Example, OnBadRow, Role, data_hash, sha256_file};
use relex_eval::{PREDICTIONS_FORMAT_VERSION, Predictions, PredictionsMeta};
use relex_model::{DeviceChoice, LoadedClassifier, load_classifier, open_device};
use relex_train::{
    BatchLimits, CheckedTrainConfig, Provenance, RunFolder, SentencesRead, TrainConfig, TrainError, encode_rows,
    predict,
};

use super::{
    Dataset, load_split, open_run,
    output::Sources,
    run_data::{described_at, read_split, settings_at},
    tell_truncation, trained_model, warn_of_read, with_cache,
};
use crate::{
    args::{PredictArguments, Rows},
    interrupt::{self, Interrupted},
    progress::{Progress, Verbosity, show},
    system::{in_mib, peak_memory_mib, processor_seconds},
};

/// A classifier to predict with, and where it comes from.
struct Source {
    model: PathBuf,
    name: String,
    /// The run, with its configuration.
    run: Option<(RunFolder, CheckedTrainConfig)>,
    device: DeviceChoice,
}

/// Rows to predict, and what they are.
struct Input {
    spec: DatasetSpec,
    examples: Vec<Example>,
    rows: Vec<usize>,
    split_hash: Option<String>,
    fold: Option<u32>,
    outputs: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &PredictArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let start = Instant::now();
    let Written { rows, files, computing } = write_predictions(arguments, verbosity)?;
    verbosity.note(cost_line(rows, computing, start.elapsed()));
    for path in files {
        show(&format!("{rows} rows in {}", path.display()));
    }
    Ok(())
}

/// What [`write_predictions`] did.
pub(super) struct Written {
    rows: usize,
    files: Vec<PathBuf>,
    /// The time that the classifier took.
    computing: Duration,
}

/// Predicts, and writes the predictions.
pub(super) fn write_predictions(arguments: &PredictArguments, verbosity: Verbosity) -> anyhow::Result<Written> {
    let source = Source::find(arguments)?;
    check_outputs(arguments)?;
    let input = match &source.run {
        Some((folder, config)) => input_of_run(arguments, folder, config)?,
        None => input_of_dataset(arguments)?,
    };
    let device = open_device(source.device)?;
    let model = load_classifier(&source.model, &device)?;
    let fits = model.config.check_fits(&input.spec);
    fits.with_context(|| source.model.display().to_string())?;
    let limits = limits(&source, &model);
    let text_encoder = with_cache(model.text_encoder);
    let encoded = encode_rows(&text_encoder, &model.config, &input.examples, &input.rows, &input.spec)?;
    tell_truncation(&encoded, model.config.max_tokens, verbosity);
    let read = SentencesRead::by_model(&source.model)?;
    let rows = input.rows.iter().map(|&row| &input.examples[row]);
    warn_of_read(&read, rows, "classifier", "predict");

    interrupt::listen()?;
    let mut progress = Progress::new(encoded.len(), "predict", verbosity);
    let start = Instant::now();
    let pad = model.encoder_config.pad_token_id;
    let probabilities = predict(&model.classifier, &encoded, limits, pad, &device, |done| {
        progress.at(done, "rows");
        interrupt::flow()
    });
    let computing = start.elapsed();
    progress.finish();
    let probabilities = match probabilities {
        Err(TrainError::Stopped { .. }) => bail!(Interrupted("nothing was written".into())),
        outcome => outcome?,
    };

    let predictions = Predictions {
        ids: input.rows.iter().map(|&row| input.examples[row].id.clone()).collect(),
        labels: model.config.labels.clone(),
        probabilities,
    };
    let predicted: Vec<Example> = input.rows.iter().map(|&row| input.examples[row].clone()).collect();
    let meta = PredictionsMeta {
        format_version: PREDICTIONS_FORMAT_VERSION,
        labels: model.config.labels.clone(),
        negative_label: model.config.negative_label.clone(),
        run: source.name,
        data_hash: data_hash(&predicted, &input.spec.labels),
        split_hash: input.split_hash,
        fold: input.fold,
        rows: predictions.rows(),
    };
    for output in &input.outputs {
        // Scores of earlier predictions are no longer those of these.
        if let Some((folder, _)) = &source.run
            && *output == folder.predictions("valid")
            && folder.evaluation("valid").exists()
        {
            std::fs::remove_file(folder.evaluation("valid")).with_context(|| output.display().to_string())?;
        }
        predictions.write(output, Some(&meta))?;
    }
    Ok(Written {
        rows: predictions.rows(),
        files: input.outputs,
        computing,
    })
}

/// What the predictions of a process that did nothing else took, in one line.
fn cost_line(rows: usize, computing: Duration, all: Duration) -> String {
    format!(
        "predicted in {:.1} s ({:.1} s in all, {} of processor time): {:.1} examples/s, peak memory {}",
        computing.as_secs_f64(),
        all.as_secs_f64(),
        processor_seconds().map_or("unknown".into(), |seconds| format!("{seconds:.0} s")),
        rows as f64 / computing.as_secs_f64(),
        in_mib(peak_memory_mib()),
    )
}

impl Source {
    fn find(arguments: &PredictArguments) -> anyhow::Result<Self> {
        let wanted = arguments.device.as_deref().map(str::parse).transpose()?;
        if let Some(model) = &arguments.model {
            let name = model.file_name().unwrap_or_default().to_string_lossy();
            return Ok(Self {
                model: model.clone(),
                name: name.into_owned(),
                run: None,
                device: wanted.unwrap_or_default(),
            });
        }
        let Some(run) = &arguments.run else {
            bail!("give --run or --model");
        };
        let folder = open_run(run)?;
        let model = trained_model(&folder)?;
        let mut config = match arguments.input {
            None => settings_at(&folder, &arguments.place)?,
            Some(_) => described_at(&folder, &arguments.place)?,
        };
        if let Some(on_bad_row) = arguments.on_bad_row {
            config.data.on_bad_row = on_bad_row.into();
        }
        let config = config.check()?;
        Ok(Self {
            model,
            name: folder.name(),
            device: wanted.unwrap_or(config.device()),
            run: Some((folder, config)),
        })
    }
}

/// Refuses places for the results before anything is computed.
fn check_outputs(arguments: &PredictArguments) -> anyhow::Result<()> {
    let sources = Sources::of(arguments.run.iter().chain(&arguments.input))
        .and_dataset(arguments.place.dataset.as_ref(), arguments.place.data_dir.as_ref());
    let folder = arguments.run.as_ref().map(RunFolder::at);
    let own = folder.and_then(|folder| match arguments.rows {
        _ if arguments.input.is_some() => None,
        None | Some(Rows::Valid) => Some(folder.predictions("valid")),
        Some(Rows::HoldOut) => Some(folder.predictions("hold-out")),
        Some(Rows::Test) => Some(folder.submission()),
    });
    let written = arguments.out.as_ref().or(own.as_ref());
    sources.check_outputs(written.into_iter().chain(&arguments.bad_rows), own.as_deref())
}

/// As the run predicts, or as the classifier's folder says: in batches of another shape sums round differently.
fn limits(source: &Source, model: &LoadedClassifier) -> BatchLimits {
    let mut training = TrainConfig::default().training;
    if let Some((_, config)) = &source.run {
        training = config.values().training.clone();
    } else if let Some(rows) = model.config.evaluation_batch_size {
        training.evaluation_batch_size = rows;
        training.evaluation_batch_tokens = model.config.evaluation_batch_tokens;
    }
    training.evaluation_limits()
}

/// Rows of a data set's test file, or of another file with its columns.
fn input_of_dataset(arguments: &PredictArguments) -> anyhow::Result<Input> {
    let (Some(dataset), Some(out)) = (&arguments.place.dataset, &arguments.out) else {
        bail!("give --dataset and --out");
    };
    let dataset = Dataset::find(dataset, arguments.place.data_dir.as_deref())?
        .with(arguments.on_bad_row.map_or(OnBadRow::Fail, OnBadRow::from))
        .listing_in(arguments.bad_rows.clone());
    if matches!(arguments.rows, Some(Rows::Valid | Rows::HoldOut)) {
        bail!("only a run has a split: give --run, or --rows test, or a file with --input");
    }
    let outputs = vec![out.clone()];
    if let Some(path) = &arguments.input {
        let examples = dataset.read_unlabelled(path)?;
        return Ok(Input::whole(dataset.spec, examples, outputs));
    }
    let examples = dataset.read(Role::Test)?;
    Ok(Input::whole(dataset.spec, examples, outputs))
}

fn input_of_run(
    arguments: &PredictArguments,
    folder: &RunFolder,
    config: &CheckedTrainConfig,
) -> anyhow::Result<Input> {
    let values = &config.values().data;
    let outputs = |default: Vec<PathBuf>| match &arguments.out {
        Some(out) => vec![out.clone()],
        None => default,
    };
    let dataset = Dataset::find(&values.dataset, values.folder.as_deref())?
        .with(values.on_bad_row)
        .listing_in(arguments.bad_rows.clone());
    if let Some(path) = &arguments.input {
        let examples = dataset.read_unlabelled(path)?;
        return Ok(Input::whole(dataset.spec, examples, outputs(Vec::new())));
    }
    let chosen = arguments.rows.unwrap_or(Rows::Valid);
    if chosen == Rows::Test {
        let examples = dataset.read(Role::Test)?;
        return Ok(Input::whole(dataset.spec, examples, outputs(vec![folder.submission()])));
    }
    // Of another split or fold, rows that the run learnt from could be among the validation rows.
    read_split(folder, &values.split)?;
    let data = load_split(config)?;
    dataset.list(data.report)?;
    let provenance = Provenance::read(&folder.provenance())?;
    // The file's bytes, not what is read from them: a later release may know more keys.
    if provenance.config_hash != sha256_file(&folder.config())? {
        bail!(
            "{}: it was changed after training, so its validation rows need not be the run's; undo the change or train again",
            folder.config().display()
        );
    }
    let (name, rows, fold) = match chosen {
        Rows::HoldOut if data.hold_out.is_empty() => bail!(
            "{}: the split holds no rows out of all folds; predict --rows valid, or train with a split of --strategy \
             hold-out-and-folds",
            values.split.display()
        ),
        Rows::HoldOut => ("hold-out", data.hold_out, None),
        Rows::Valid | Rows::Test if data.valid.is_empty() => bail!(
            "{}: the run learnt from all rows (data.train_on = \"all\"), so that none are left to measure on; predict --rows \
             test",
            folder.path().display()
        ),
        Rows::Valid | Rows::Test => ("valid", data.valid, Some(values.fold as u32)),
    };
    Ok(Input {
        split_hash: Some(data.manifest.hash().into()),
        fold,
        rows,
        spec: data.spec,
        examples: data.examples,
        outputs: outputs(vec![folder.predictions(name)]),
    })
}

impl Input {
    fn whole(spec: DatasetSpec, examples: Vec<Example>, outputs: Vec<PathBuf>) -> Self {
        let rows = (0..examples.len()).collect();
        Self {
            spec,
            examples,
            rows,
            split_hash: None,
            fold: None,
            outputs,
        }
    }
}
