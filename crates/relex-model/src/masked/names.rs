//! What transformers' `…ForMaskedLM` calls the parts of a head.

use std::path::Path;

use crate::{
    Architecture, ModelError,
    load::{WeightFile, WeightTensor},
};

/// What the names of a [`super::MaskedHead`]'s parameters begin with while it is filled or collected.
pub(super) const PREFIX: &str = "masked_head.";

/// The names under which a checkpoint may have a parameter of the head, the one that is written first. The second is that of the
/// decoder, whose bias is the same tensor.
pub(super) fn in_checkpoint(architecture: Architecture, name: &str) -> [Option<String>; 2] {
    let [dense, norm, bias, decoder] = match architecture {
        Architecture::Bert => [
            "cls.predictions.transform.dense",
            "cls.predictions.transform.LayerNorm",
            "cls.predictions.bias",
            "cls.predictions.decoder.bias",
        ],
        Architecture::Roberta | Architecture::XlmRoberta => [
            "lm_head.dense",
            "lm_head.layer_norm",
            "lm_head.bias",
            "lm_head.decoder.bias",
        ],
        Architecture::Electra => [
            "generator_predictions.dense",
            "generator_predictions.LayerNorm",
            "generator_lm_head.bias",
            "generator_lm_head.bias",
        ],
    };
    let Some(own) = name.strip_prefix(PREFIX) else {
        return [None, None];
    };
    match own.split_once('.') {
        None => [Some(bias.into()), Some(decoder.into())],
        Some(("dense", parameter)) => [Some(format!("{dense}.{parameter}")), None],
        Some((_, parameter)) => [Some(format!("{norm}.{parameter}")), None],
    }
}

/// The decoder's weight, which is the word embeddings' where the two are tied.
pub(super) fn decoder(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Bert => "cls.predictions.decoder.weight",
        Architecture::Roberta | Architecture::XlmRoberta => "lm_head.decoder.weight",
        Architecture::Electra => "generator_lm_head.weight",
    }
}

/// A weight file in which a head's parameters have the names of this crate.
pub(super) struct InCheckpoint<'a> {
    pub(super) file: &'a dyn WeightFile,
    pub(super) architecture: Architecture,
}

impl InCheckpoint<'_> {
    /// The file's own name for a parameter of the head, if it is there.
    pub(super) fn find(&self, name: &str) -> Option<String> {
        let names = in_checkpoint(self.architecture, name).into_iter().flatten();
        names.into_iter().find(|name| self.file.shape(name).is_some())
    }

    fn name(&self, name: &str) -> String {
        self.find(name).unwrap_or_else(|| {
            let [first, _] = in_checkpoint(self.architecture, name);
            first.unwrap_or_else(|| name.to_owned())
        })
    }
}

impl WeightFile for InCheckpoint<'_> {
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
