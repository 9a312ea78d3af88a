//! `relex pretrain`.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, anyhow};
use relex_data::{DataError, sha256_file, sha256_hex};
use relex_model::{DeviceChoice, open_device, save_masked_model};
use relex_train::{
    CheckedPretrainingConfig, Checkpoints, EncodedSentences, Included, MaskedReport, PretrainingData, PretrainingInput,
    PretrainingProvenance, RunFolder, SentencesRead, TrainError, encode_sentences, open_masked_model, pretrain,
    resolve_pretraining,
};
use serde_json::json;

use super::{
    asked::{Asked, Place},
    check_split, cost_line, encoder_files,
    folder::{self, GoOn},
    log::{Log, in_words},
    stem,
};
use crate::{
    args::PretrainArguments,
    command::{Dataset, run_data::put_place, tell_bad_rows, tell_truncation, warn_of_read},
    dashboard::{Dashboard, Plan},
    hub, interrupt,
    progress::{Verbosity, show},
    system::peak_memory_mib,
};

pub(crate) fn run(arguments: &PretrainArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut dashboard = Dashboard::if_wanted(arguments.tui)?;
    let (config, place) = asked(arguments)?;
    let folder = train(config, place, start, &mut dashboard, verbosity)?;
    dashboard.close();
    show(&folder.encoder().display().to_string());
    Ok(())
}

/// What the arguments ask for.
fn asked(arguments: &PretrainArguments) -> anyhow::Result<(CheckedPretrainingConfig, Place)> {
    let mut sets = arguments.set.clone();
    sets.extend(arguments.device.iter().map(|device| format!("device={device}")));
    if !arguments.include.is_empty() {
        let names: Vec<_> = arguments.include.iter().map(|part| part.name()).collect();
        sets.push(format!("data.include={names:?}"));
    }
    let given = arguments.config.clone().map(|file| {
        let mut config = resolve_pretraining(&file, &sets)?.config;
        put_place(&arguments.place, &mut config.data)?;
        anyhow::Ok((file, config.check()?))
    });
    let asked = Asked {
        command: "pretrain",
        given: given.transpose()?,
        named: folder::named(arguments.resume.clone().flatten().as_deref(), arguments.run.as_deref())?,
        resume: arguments.resume.is_some(),
        changes: (
            "--set, --include, --device, --dataset, --data-dir and --split",
            !sets.is_empty() || arguments.place.is_given(),
        ),
    };
    asked.resolve(|begun| {
        let config = resolve_pretraining(begun, &[]);
        let config = config.map_err(|error| anyhow!("this is no run of `relex pretrain`: {error}"))?;
        Ok(config.config.check()?)
    })
}

/// The data set, with what is wrong with it told.
fn load(config: &CheckedPretrainingConfig) -> anyhow::Result<PretrainingData> {
    let data = &config.values().data;
    let loaded = PretrainingData::load(config).map_err(|error| match error {
        TrainError::Data(DataError::BadRow(_)) => {
            anyhow!("{error} (or see what data.on_bad_row = \"skip\" and \"repair\" do)")
        }
        TrainError::Data(DataError::ManifestMismatch { .. }) => {
            let spec = relex_data::DatasetSpec::from_file(&data.dataset.join("dataset.toml"));
            let error = anyhow::Error::new(error);
            match spec {
                Ok(spec) => error.context(Dataset::new(spec, data.dataset.clone(), data.files()).beside(&data.split)),
                Err(_) => error,
            }
        }
        error => error.into(),
    })?;
    loaded.reports.iter().for_each(tell_bad_rows);
    Ok(loaded)
}

/// Trains one run to its end.
fn train(
    config: CheckedPretrainingConfig,
    place: Place,
    start: Instant,
    dashboard: &mut Dashboard,
    verbosity: Verbosity,
) -> anyhow::Result<RunFolder> {
    if let Some(folder) = place.finished() {
        checkpoints(&folder, &config, "").remove()?;
        verbosity.note("this run is finished already");
        return Ok(folder);
    }

    // Everything that can be refused is looked at before the run folder is touched.
    let data = verbosity.timed("read data and verify split", || load(&config))?;
    check_split(place.known().as_ref(), &data.manifest)?;
    let config = hub::locate(config, verbosity)?;
    let values = config.values();
    verbosity.detail(config.to_toml()?);
    let device = open_device(config.device())?.autodiff();
    let open = verbosity.timed("load encoder", || open_masked_model(&config, &data, &device))?;
    let encoder_files = encoder_files(config.encoder_folder(), &open.text_encoder)?;
    verbosity.detail(format!(
        "{} tensors used, not used: {:?}",
        open.report.used.len(),
        open.report.unused
    ));
    let sentences = verbosity.timed("encode", || encode_sentences(&open.text_encoder, &config, &data))?;
    let encoded = sentences.readings.iter().chain(&sentences.held_out);
    let encoded = encoded.map(|sentence| &sentence.encoded);
    let truncation = tell_truncation(encoded, values.model.max_tokens, verbosity);
    let read_before = SentencesRead::by_model(config.encoder_folder())?;
    let held_out = data.held_out.iter().map(|&row| &data.examples[row]);
    let held_out_read_before = warn_of_read(&read_before, held_out, "encoder", "measure on");

    interrupt::listen()?;
    let mut claimed = place.claim(|file| format!("pretrain-{}", stem(&data.spec, file)))?;
    let folder = claimed.folder.clone();
    if !folder.has_begun() {
        relex_data::write_atomically(&folder.config(), config.to_toml()?.as_bytes())?;
    }
    verbosity.note(format!(
        "{}: {}",
        folder.path().display(),
        about(&data, &sentences, &config)
    ));
    verbosity.note(format!("the model begins with {}", open.head));
    let new_tokens: Vec<&str> = open.new_tokens.iter().map(|token| token.text.as_str()).collect();
    if !new_tokens.is_empty() {
        verbosity.note(format!(
            "tokens that the encoder did not know: {}",
            new_tokens.join(" ")
        ));
    }

    let config_hash = sha256_file(&folder.config())?;
    let made_from = format!("{config_hash} {} {encoder_files:?}", data.manifest.hash());
    let test_rows: Vec<String> = data.examples[data.first_test_row..]
        .iter()
        .map(|example| example.content_hash(&data.spec.labels))
        .collect();
    let fingerprint = sha256_hex(format!("{made_from} {test_rows:?}").as_bytes());
    let checkpoints = checkpoints(&folder, &config, &fingerprint);
    let input = PretrainingInput {
        config: &config,
        readings: &sentences.readings,
        ids: &sentences.ids,
        learnt: &sentences.learnt,
        held_out: &sentences.held_out,
        mask_tokens: &open.mask_tokens,
        pad_token_id: open.config.pad_token_id,
        device: &device,
        checkpoints: Some(&checkpoints),
    };
    let count = sentences.learnt.len();
    let in_all = match values.training.steps {
        None => count * values.training.epochs,
        Some(steps) => steps * values.training.batch_size.min(count),
    };
    let go_on = GoOn {
        command: "pretrain",
        folder: folder.path(),
    };
    dashboard.open()?;
    let plan = Plan {
        run: folder.path().display().to_string(),
        device: config.device().to_string(),
        epochs: values.training.steps.is_none().then_some(values.training.epochs),
        rows_in_epoch: count,
        valid_rows: sentences.held_out.len(),
    };
    let mut log = Log::over(&folder, plan, in_all, start, verbosity);
    let model = pretrain(open.model, &input, |event| log.hear(&event));
    let model = model.map_err(|error| claimed.settle(error, &checkpoints, go_on))?;
    claimed.keep();
    let (totals, cost, _) = log.finish();
    let device_seconds = (config.device() != DeviceChoice::Cpu).then_some(cost.wall_seconds);

    let (before, after) = measured(&folder)?;
    if let (Some(before), Some(after)) = (&before, &after) {
        verbosity.note(format!("held-out sentences before: {}", in_words(before)));
        verbosity.note(format!("held-out sentences after:  {}", in_words(after)));
    }
    let provenance = PretrainingProvenance {
        version: env!("CARGO_PKG_VERSION").into(),
        git_commit: option_env!("RELEX_GIT_COMMIT").map(String::from),
        config_hash,
        dataset: data.spec.name.clone(),
        data_hash: data.manifest.data_hash().into(),
        split_hash: data.manifest.hash().into(),
        fold: values.data.fold,
        included: values.data.include.clone(),
        validation_sentences_learnt: values.data.includes(Included::Validation),
        sentences: sentences.learnt.len(),
        rows: sentences.readings.len(),
        rows_left_out: data.left_out.len(),
        held_out_sentences: sentences.held_out.len(),
        held_out_sentences_read_before: held_out_read_before,
        encoder: encoder_files,
        encoder_commit: config.encoder_commit().map(str::to_owned),
        head: open.head,
        masking: values.masking.clone(),
        seed: values.seed,
        device: config.device().to_string(),
        precision: values.training.precision.name().into(),
        truncated_sentences: truncation.cut,
        truncated_tokens: truncation.tokens,
        steps: totals.steps,
        tokens: totals.tokens,
        padding_share: totals.padding_share(),
        before,
        after,
        train_seconds: cost.train_seconds,
        wall_seconds: cost.wall_seconds,
        processor_seconds: Some(cost.processor_seconds).filter(|&seconds| seconds > 0.0),
        peak_memory_mib: peak_memory_mib(),
    };
    let sentences = serde_json::to_vec_pretty(&list(&data))?;
    let read = read_before.and(data.learnt.iter().flatten().map(|&row| &data.examples[row]));
    let write = || {
        save_masked_model(
            &folder.encoder(),
            &model,
            &open.config,
            &open.text_encoder,
            config.encoder_folder(),
        )?;
        read.write(&folder.encoder())?;
        data.manifest.write(&folder.split())?;
        relex_data::write_atomically(&folder.sentences(), &sentences)?;
        provenance.write(&folder.provenance())?;
        // Only a run that is to go on needs them.
        checkpoints.remove()
    };
    write().map_err(|error| claimed.settle(error, &checkpoints, go_on))?;
    verbosity.note(cost_line(&totals, &cost, device_seconds));
    Ok(folder)
}

fn checkpoints(folder: &RunFolder, config: &CheckedPretrainingConfig, fingerprint: &str) -> Checkpoints {
    Checkpoints::new(folder.checkpoints(), fingerprint, config.values().checkpoint.keep)
}

/// What is learnt from, in one line.
fn about(data: &PretrainingData, sentences: &EncodedSentences, config: &CheckedPretrainingConfig) -> String {
    let mut text = format!(
        "{} sentences to learn from ({} rows), {} to measure on, on {}",
        sentences.learnt.len(),
        sentences.readings.len(),
        sentences.held_out.len(),
        config.device()
    );
    if !data.left_out.is_empty() {
        text += &format!(
            "; {} rows left out, which share a sentence or a group with validation rows",
            data.left_out.len()
        );
    }
    if sentences.without_words > 0 {
        text += &format!(
            "; {} sentences left out, of which the vocabulary knows no word",
            sentences.without_words
        );
    }
    if config.values().data.includes(Included::Validation) {
        text += "; validation sentences are learnt from, so that scores on them are not of unseen text";
    }
    text
}

/// Which rows' sentences were learnt from and measured on.
fn list(data: &PretrainingData) -> serde_json::Value {
    let ids = |rows: &mut dyn Iterator<Item = usize>| -> Vec<&str> {
        rows.map(|row| data.examples[row].id.as_str()).collect()
    };
    let mut learnt = data.learnt.concat();
    learnt.sort_unstable();
    let (train, test): (Vec<usize>, Vec<usize>) = learnt.into_iter().partition(|&row| row < data.first_test_row);
    json!({
        "learnt": ids(&mut train.into_iter()),
        "learnt_of_test": ids(&mut test.into_iter()),
        "measured": ids(&mut data.held_out.iter().copied()),
        "left_out": ids(&mut data.left_out.iter().copied()),
    })
}

/// The first and the last look at the held-out sentences, whichever processes took them.
fn measured(folder: &RunFolder) -> anyhow::Result<(Option<MaskedReport>, Option<MaskedReport>)> {
    let path: PathBuf = folder.metrics();
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut reports = text
        .lines()
        .filter_map(|line| serde_json::from_str::<MaskedReport>(line).ok());
    let before = reports.next();
    Ok((before.clone(), reports.next_back().or(before)))
}
