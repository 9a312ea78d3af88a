//! What transformers calls the parts of a classifier: its `…ForSequenceClassification` is the encoder with the `cls` head.

use std::path::Path;

use crate::{
    Architecture, ModelError,
    load::{WeightFile, WeightTensor},
};

/// How transformers can read a classifier's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransformersTask {
    /// As `AutoModelForSequenceClassification`: encoder, head and labels.
    SequenceClassification,
    /// As `AutoModel`: the encoder alone, for the head has no counterpart.
    Encoder,
}

/// The class that a `config.json` names under `architectures`.
pub(crate) fn class_name(architecture: Architecture, task: TransformersTask) -> String {
    let task = match task {
        TransformersTask::SequenceClassification => "ForSequenceClassification",
        TransformersTask::Encoder => "Model",
    };
    format!("{}{task}", family(architecture))
}

/// The class that a `config.json` names for an encoder with a head for masked language modelling.
pub(crate) fn masked_class_name(architecture: Architecture) -> String {
    format!("{}ForMaskedLM", family(architecture))
}

fn family(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Bert => "Bert",
        Architecture::Roberta => "Roberta",
        Architecture::XlmRoberta => "XLMRoberta",
        Architecture::Electra => "Electra",
    }
}

/// The name of a tensor of an encoder with a `cls` head (`head.…`) in a `…ForSequenceClassification`.
pub(crate) fn classifier_name(architecture: Architecture, name: &str) -> String {
    match head_name(architecture, name) {
        // BERT's pooler is a part of its encoder.
        Some(name) if name.starts_with("pooler.") => format!("{}{name}", prefix(architecture)),
        Some(name) => name,
        None => format!("{}{name}", prefix(architecture)),
    }
}

/// What a task model puts before its encoder's names.
pub(crate) fn prefix(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Bert => "bert.",
        Architecture::Roberta | Architecture::XlmRoberta => "roberta.",
        Architecture::Electra => "electra.",
    }
}

/// The canonical name of a `cls` head's tensor there; none for what is not one.
fn head_name(architecture: Architecture, name: &str) -> Option<String> {
    let (dense, output) = match architecture {
        Architecture::Bert => ("pooler.dense", "classifier"),
        Architecture::Roberta | Architecture::XlmRoberta | Architecture::Electra => {
            ("classifier.dense", "classifier.out_proj")
        }
    };
    let (layer, parameter) = name.strip_prefix("head.")?.rsplit_once('.')?;
    let layer = match layer {
        "dense" => dense,
        "output" => output,
        _ => return None,
    };
    Some(format!("{layer}.{parameter}"))
}

/// A weight file in which a head's tensors have relex's names, or transformers' where it has none of the former.
pub(crate) struct EitherHead<'a> {
    pub(crate) file: &'a dyn WeightFile,
    pub(crate) architecture: Architecture,
}

impl EitherHead<'_> {
    fn name(&self, name: &str) -> String {
        if self.file.shape(name).is_some() {
            return name.to_owned();
        }
        head_name(self.architecture, name)
            .filter(|theirs| self.file.shape(theirs).is_some())
            .unwrap_or_else(|| name.to_owned())
    }
}

impl WeightFile for EitherHead<'_> {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn names(&self) -> Vec<String> {
        self.file.names()
    }

    fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.shape(&self.name(name))
    }

    fn read(&self, name: &str) -> Result<Option<WeightTensor>, ModelError> {
        self.file.read(&self.name(name))
    }
}
