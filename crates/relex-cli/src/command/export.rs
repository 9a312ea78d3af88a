use anyhow::bail;
use relex_model::{TransformersTask, export_classifier, load_classifier, open_device};

use super::{open_run, trained_model};
use crate::{
    args::ExportArguments,
    progress::{Verbosity, show},
};

/// Writes the classifier of a run as a folder for transformers.
pub(crate) fn run(arguments: &ExportArguments, verbosity: Verbosity) -> anyhow::Result<()> {
    let folder = open_run(&arguments.run)?;
    let source = trained_model(&folder)?;
    let out = &arguments.out;
    if out.exists() {
        bail!(
            "{}: it is there already; choose another folder, or remove it",
            out.display()
        );
    }
    let model = load_classifier(&source, &open_device("cpu".parse()?)?)?;
    super::split::create_parent(out)?;
    verbosity.note(match export_classifier(out, &model, &source)? {
        TransformersTask::SequenceClassification => {
            "transformers reads it with AutoModelForSequenceClassification, and gets the same logits"
        }
        TransformersTask::Encoder => {
            "transformers reads the encoder with AutoModel; the head has no counterpart there and stands in \
             model.safetensors under head."
        }
    });
    show(&out.display().to_string());
    Ok(())
}
