use std::path::PathBuf;

/// What can go wrong between a folder of weights and a classifier that runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// An encoder folder lacks a file that is needed.
    #[error("{}: no {what} in this encoder folder; it needs config.json, tokenizer.json and weights: model.safetensors, pytorch_model.bin or a .gguf file", folder.display())]
    MissingFile {
        /// The encoder folder.
        folder: PathBuf,
        /// The file that was looked for.
        what: &'static str,
    },
    /// A folder is not a trained classifier's.
    #[error("{}: no relex.json here, so this is no trained classifier; give the `best` folder of a run, or train one", folder.display())]
    NoClassifier {
        /// The folder.
        folder: PathBuf,
    },
    /// A configuration file could not be understood.
    #[error("{}: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// A weight file is damaged or uses something that is not supported.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The weight file.
        path: PathBuf,
        /// What is wrong with it, and the remedy.
        reason: String,
    },
    /// A weight file lacks tensors that the architecture needs.
    #[error("{}: {} of the encoder's tensors are missing: {}; found but unused: {}; is this the right file for its config.json?",
        path.display(), missing.len(), list(missing), list(unused))]
    Holes {
        /// The weight file.
        path: PathBuf,
        /// Names, in Hugging Face's spelling, of all tensors that were not found, in the order in which the encoder has them; the
        /// message names the first.
        missing: Vec<String>,
        /// Names of the tensors in the file that have no place in the encoder.
        unused: Vec<String>,
    },
    /// A tensor has another shape than `config.json` says.
    #[error("{}: tensor {name:?} has shape {found:?}, but config.json asks for {expected:?}", path.display())]
    Shape {
        /// The weight file.
        path: PathBuf,
        /// The tensor's name in the file.
        name: String,
        /// Shape in the file, PyTorch's order.
        found: Vec<usize>,
        /// Shape that the configuration implies, PyTorch's order.
        expected: Vec<usize>,
    },
    /// A classifier is asked about rows of a data set that is not what it was trained with.
    #[error(
        "dataset.toml of {dataset:?} now has other {what} than the classifier was trained with; restore that file or train again"
    )]
    OtherDataset {
        /// The data set's name.
        dataset: String,
        /// What is not as it was.
        what: &'static str,
    },
    /// `tokenizer.json` could not be loaded, or a text could not be encoded.
    #[error("{context}: {reason}; a tokenizer.json of the encoder's own is needed")]
    Tokenizer {
        /// File or example.
        context: String,
        /// The tokenizer's reason.
        reason: String,
    },
    /// Tokenizer and encoder do not go together.
    #[error("{}: {reason}", path.display())]
    Misfit {
        /// The tokenizer.
        path: PathBuf,
        /// What does not fit, and the remedy.
        reason: String,
    },
    /// New tokens cannot be given an embedding.
    #[error("new tokens: {reason}; is the tokenizer.json of the encoder's own?")]
    NewTokens {
        /// What does not fit.
        reason: String,
    },
    /// An example cannot be turned into tokens that still hold both entities.
    #[error("example {id:?}: {reason}")]
    Encode {
        /// The example's id.
        id: String,
        /// What does not fit, and the remedy.
        reason: String,
    },
    /// An encoded example does not fit the encoder.
    #[error("encoded example {row}: {reason}")]
    Encoded {
        /// Its index in the list that it came in.
        row: usize,
        /// What does not fit.
        reason: String,
    },
    /// An example cannot be marked, or a file cannot be written.
    #[error(transparent)]
    Data(#[from] relex_data::DataError),
    /// The wanted device cannot be used.
    #[error("device {device:?}: {reason}")]
    Device {
        /// What was asked for.
        device: String,
        /// Why it cannot be had, and the remedy.
        reason: String,
    },
}

impl ModelError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// As many names as a message bears.
fn list(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        [first, second, third, rest @ ..] if rest.len() > 1 => {
            format!("{first}, {second}, {third} and {} others", rest.len())
        }
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_named_in_the_message() {
        let names = |count: usize| (0..count).map(|i| format!("t{i}")).collect();
        let message = |missing, unused| {
            let path = "w.gguf".into();
            let (missing, unused) = (names(missing), names(unused));
            ModelError::Holes { path, missing, unused }.to_string()
        };
        let starts = |message: String, start: &str| assert!(message.starts_with(start), "{message}");
        starts(
            message(1, 0),
            "w.gguf: 1 of the encoder's tensors are missing: t0; found but unused: none;",
        );
        starts(
            message(4, 16),
            "w.gguf: 4 of the encoder's tensors are missing: t0, t1, t2, t3; found but unused: t0, t1, t2 and 13 others;",
        );
    }
}
