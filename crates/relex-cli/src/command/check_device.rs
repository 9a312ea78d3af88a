use anyhow::{Context, bail};
use relex_model::{DeviceChoice, Precision, open_device};
use relex_train::{ParityStep, open_encoder, parity, prepare, resolve};
use serde::Serialize;

use super::{keeping_tokens, load_split, output::Sources};
use crate::{
    args::CheckDeviceArguments,
    hub,
    progress::{Verbosity, show},
};

/// What was found; the content of the file of `--json`.
#[derive(Debug, Serialize)]
struct Finding {
    device: String,
    precision: &'static str,
    /// Whether the first step's differences are within the limit.
    agrees: bool,
    /// Of the logits' and of the gradients' difference, as shares of the reference's.
    limit: f64,
    steps: Vec<ParityStep>,
}

pub(crate) fn run(arguments: &CheckDeviceArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let mut sets = arguments.set.clone();
    sets.extend(arguments.device.iter().map(|device| format!("device={device}")));
    let config = resolve(&arguments.config, &sets)?.check()?;
    Sources::of([&arguments.config])
        .and_dataset(
            Some(&config.values().data.dataset),
            config.values().data.folder.as_ref(),
        )
        .check_outputs(&arguments.json, None)?;
    let device = open_device(config.device())?.autodiff();
    let mut data = load_split(&config)?;
    // Nothing is scored.
    data.valid.clear();
    let config = hub::locate(config, verbosity)?;
    let precision = config.values().training.precision;
    precision.check(&device)?;

    let cpu = open_device(DeviceChoice::Cpu)?.autodiff();
    let open = keeping_tokens(open_encoder(&config, &data.spec, &cpu)?);
    let (classifier, prepared) = prepare(open, &config, &data, &cpu)?;
    let steps = parity(
        &classifier,
        &prepared.input(&config, &data, &cpu),
        &device,
        arguments.steps.get(),
    )?;
    let limit = arguments.limit.unwrap_or(usual_limit(precision));
    let agrees = steps
        .first()
        .is_some_and(|first| first.logits <= limit && first.gradients <= limit);
    let finding = Finding {
        device: config.device().to_string(),
        precision: precision.name(),
        agrees,
        limit,
        steps,
    };
    if let Some(path) = &arguments.json {
        relex_data::write_atomically(path, &serde_json::to_vec_pretty(&finding)?)
            .with_context(|| path.display().to_string())?;
    }
    show(&render(&finding));
    if !agrees {
        bail!(
            "{} in {} is further from the CPU than {limit}; do not trust what is trained there",
            finding.device,
            finding.precision
        );
    }
    Ok(())
}

/// What rounding explains: GPUs may compute products of `f32` with 10 bits of precision (TF32), `bf16` has 8 and `fp16` 11,
/// through a dozen layers.
fn usual_limit(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => 0.02,
        _ => 0.15,
    }
}

fn render(finding: &Finding) -> String {
    let mut lines = vec![format!(
        "{} in {} against the CPU in f32, without dropout\n{:>4} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}",
        finding.device, finding.precision, "step", "loss, CPU", "device", "norm, CPU", "device", "logits", "gradients"
    )];
    lines.extend(finding.steps.iter().map(|step| {
        format!(
            "{:>4} {:>12.6} {:>12.6} {:>12.6} {:>12.6} {:>12.2e} {:>12.2e}",
            step.step,
            step.loss[0],
            step.loss[1],
            step.gradient_norm[0],
            step.gradient_norm[1],
            step.logits,
            step.gradients
        )
    }));
    lines.push(format!(
        "logits: largest difference as a share of the largest logit; gradients: norm of the difference as a share of the norm; \
         the first step {} within {}",
        if finding.agrees { "is" } else { "is not" },
        finding.limit
    ));
    lines.join("\n")
}
