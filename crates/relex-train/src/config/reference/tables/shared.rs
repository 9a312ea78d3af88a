//! Keys that several commands have.

use super::super::{Key, key, optional};

pub(super) const EXTENDS: Key = optional(
    "extends",
    "a file, relative to this one",
    "nothing",
    "The configuration that this one changes.",
);

pub(super) const SEED: Key = key(
    "seed",
    "a whole number, at least 0",
    "Where every random stream begins.",
);

pub(super) const DATASET: Key = key(
    "dataset",
    "a folder",
    "The data set's folder, with `dataset.toml`. Must be set.",
);

pub(super) const FOLDER: Key = optional(
    "folder",
    "a folder",
    "`dataset`",
    "Where the data files are, if not beside `dataset.toml`.",
);

pub(super) const ON_BAD_ROW: Key = optional(
    "on_bad_row",
    "`\"fail\"`, `\"skip\"` or `\"repair\"`",
    "`\"fail\"`",
    "What happens to a row that is not as `dataset.toml` says; the split was made with the same choice.",
);

pub(super) const SPLIT: Key = key(
    "split",
    "a file",
    "The split manifest, as `relex split create` writes it. Must be set.",
);

pub(super) const FOLD: Key = key(
    "fold",
    "a whole number, from 0",
    "Which of the split's folds is for validation.",
);

pub(super) const ENCODER: Key = key(
    "encoder",
    "a folder, or a name on the Hugging Face Hub",
    "The pre-trained encoder: `config.json`, weights, `tokenizer.json`; a folder that is there wins. Must be set. See [encoders.md](encoders.md).",
);

pub(super) const REVISION: Key = optional(
    "revision",
    "a branch, tag or commit",
    "`main`",
    "Which version of an encoder from the hub; a run's own configuration has the commit.",
);
