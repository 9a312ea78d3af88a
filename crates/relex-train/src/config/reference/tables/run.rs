//! What is learnt from, and how long.

use super::super::{TableReference, key, optional};

pub(super) const OUTSIDE: TableReference = TableReference {
    name: "",
    about: "What belongs to the whole run.",
    keys: &[
        optional(
            "extends",
            "a file, relative to this one",
            "nothing",
            "The configuration that this one changes.",
        ),
        key(
            "seed",
            "a whole number, at least 0",
            "Where every random stream begins.",
        ),
        key(
            "device",
            "`\"cpu\"`, `\"wgpu\"`, `\"cuda\"` or `\"cuda:N\"`",
            "What computes.",
        ),
    ],
    kinds: &[],
};

pub(super) const DATA: TableReference = TableReference {
    name: "data",
    about: "What is learnt from.",
    keys: &[
        key(
            "dataset",
            "a folder",
            "The data set's folder, with `dataset.toml`. Must be set.",
        ),
        optional(
            "folder",
            "a folder",
            "`dataset`",
            "Where the data files are, if not beside `dataset.toml`.",
        ),
        optional(
            "on_bad_row",
            "`\"fail\"`, `\"skip\"` or `\"repair\"`",
            "`\"fail\"`",
            "What happens to a row that is not as `dataset.toml` says; the split was made with the same choice.",
        ),
        key(
            "split",
            "a file",
            "The split manifest, as `relex split create` writes it. Must be set.",
        ),
        key(
            "fold",
            "a whole number, from 0",
            "Which of the split's folds is for validation.",
        ),
        optional(
            "max_train_rows",
            "a whole number, at least 1",
            "all",
            "Learn from a nested subset of so many rows.",
        ),
        optional(
            "augmented",
            "a file",
            "none",
            "Augmented rows to learn from as well, as `relex augment` writes them.",
        ),
    ],
    kinds: &[],
};

pub(super) const TRAINING: TableReference = TableReference {
    name: "training",
    about: "How long and in what portions.",
    keys: &[
        key("epochs", "a whole number, at least 1", "Passes over the training rows."),
        key("batch_size", "a whole number, at least 1", "Rows in a step at most."),
        optional(
            "batch_tokens",
            "a whole number, at least 1",
            "only rows count",
            "Tokens in a step at most, padding counted; a longer row is a step by itself.",
        ),
        key(
            "precision",
            "`\"f32\"`, `\"bf16\"` or `\"fp16\"`",
            "What the encoder's matrix products are computed with, in training and prediction; all else is `f32`.",
        ),
        key(
            "sampler",
            "`\"uniform\"`, `\"balanced\"` or `\"square-root\"`",
            "How often each label's rows come in an epoch: every row once, every label equally often, or by the root of its rows.",
        ),
        optional(
            "unfreeze_layers_per_epoch",
            "a whole number, at least 1",
            "everything learns at once",
            "The first epoch trains the head alone, each one after it so many layers more, from the top.",
        ),
        key(
            "evaluation_batch_size",
            "a whole number, at least 1",
            "Rows in a batch at most where nothing is learnt.",
        ),
        optional(
            "evaluation_batch_tokens",
            "a whole number, at least 1",
            "only rows count",
            "Tokens in such a batch at most, as in `batch_tokens`.",
        ),
        key(
            "evaluate",
            "`\"each-epoch\"` or `\"at-end\"`",
            "When the validation rows are scored.",
        ),
        key(
            "keep",
            "`\"last\"` or `\"best\"`",
            "Which weights are kept: those after the last step, or those of the epoch with the best micro-F1, whose score is flattered by the choice.",
        ),
    ],
    kinds: &[],
};
