//! What is learnt from, and how long.

use super::super::{Key, Kind, TableReference, key, optional};
use super::shared::{DATASET, EXTENDS, FOLD, FOLDER, ON_BAD_ROW, SEED, SPLIT};

pub(super) const OUTSIDE: TableReference = TableReference {
    name: "",
    about: "What belongs to the whole run.",
    keys: &[
        EXTENDS,
        SEED,
        key(
            "device",
            "`\"cpu\"`, `\"wgpu\"`, `\"wgpu:N\"`, `\"cuda\"` or `\"cuda:N\"`, or several of a kind with commas between them",
            "What computes; several share the rows of every step.",
        ),
    ],
    kinds: &[],
};

pub(super) const DATA: TableReference = TableReference {
    name: "data",
    about: "What is learnt from.",
    keys: &[
        DATASET,
        FOLDER,
        ON_BAD_ROW,
        SPLIT,
        FOLD,
        optional(
            "max_train_rows",
            "a whole number, at least 1",
            "all",
            "Learn from a nested subset of so many rows.",
        ),
        optional(
            "train_on",
            "`\"fold\"` or `\"all\"`",
            "`\"fold\"`",
            "Learn from the fold's training rows, or from all that the split does not hold out, with nothing measured.",
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
        optional(
            "steps",
            "a whole number, at least 1",
            "as `epochs` says",
            "Updates in all, in the place of `epochs`.",
        ),
        key("batch_size", "a whole number, at least 1", "Rows in a step at most."),
        optional(
            "batch_tokens",
            "a whole number, at least 1",
            "only rows count",
            "Tokens in a step at most, padding counted; a longer row is a step by itself.",
        ),
        optional(
            "micro_batch_size",
            "a whole number, at least 1",
            "all",
            "Rows of a step that go through the model at once, where a whole batch takes too much memory.",
        ),
        optional(
            "gradient_checkpointing",
            "`true` or `false`",
            "`false`",
            "Layers keep their input alone and compute the rest again for the backward pass: much less memory, a quarter to a third more time, the same result.",
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
            "head_only_epochs",
            "a whole number",
            "1 with `unfreeze_layers_per_epoch`, else 0",
            "So many epochs, the first ones, train the head alone.",
        ),
        optional(
            "unfreeze_layers_per_epoch",
            "a whole number, at least 1",
            "all at once",
            "Each epoch after these trains so many layers more, from the top.",
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
            "`\"each-epoch\"`, `\"at-end\"`, `{ every-steps = N }` or `{ every-epochs = SHARE }`",
            "When the validation rows are scored; after the last step in any case.",
        ),
        key(
            "keep",
            "`\"last\"`, `\"best\"`, `\"ema\"`, `\"swa\"`, `\"mean-of-last\"`, `\"mean-of-best\"` or `\"winner\"`",
            "Which weights are kept: those after the last step, those of the best evaluation, a mean of `[averaging]`, or the best of all these; a score that was chosen by is flattered.",
        ),
        optional(
            "also_keep_best",
            "a whole number",
            "`0`",
            "Beside them the weights at so many of the best evaluations stay, as classifiers in `evaluations/step-<n>`.",
        ),
        optional(
            "also_keep_last",
            "a whole number",
            "`0`",
            "And those at so many of the last evaluations.",
        ),
        optional(
            "choose_by",
            "`\"micro-f1\"`, `\"macro-f1\"`, `\"semeval-f1\"`, `\"accuracy\"`, `\"auprc\"` or `\"loss\"`",
            "`\"micro-f1\"`",
            "What makes one evaluation better than another.",
        ),
        optional(
            "patience",
            "a whole number, at least 1",
            "the run goes to its end",
            "The run ends after so many evaluations in a row that are not better than the best.",
        ),
    ],
    kinds: &[],
};

pub(super) const CHECKPOINT: TableReference = TableReference {
    name: "checkpoint",
    about: "What an interrupted run goes on from; see [Broken off, and taken up again](training.md#broken-off-and-taken-up-again).",
    keys: &[
        optional(
            "every_steps",
            "a whole number, at least 1",
            "after every epoch",
            "A checkpoint comes after so many steps.",
        ),
        key("keep", "a whole number, at least 2", "How many stay."),
    ],
    kinds: &[],
};

pub(super) const AVERAGING: TableReference = TableReference {
    name: "averaging",
    about: "Means of weights, each a candidate for `training.keep`; see [Means of weights](training.md#means-of-weights).",
    keys: &[
        optional(
            "ema_decay",
            "a number in (0, 1)",
            "none",
            "An exponential moving average over all steps.",
        ),
        optional(
            "swa_from",
            "a number in [0, 1)",
            "none",
            "The mean of the weights after this share of all steps.",
        ),
        optional(
            "swa_every_steps",
            "a whole number, at least 1",
            "1",
            "Steps from one of these weights to the next.",
        ),
        optional(
            "last",
            "a whole number, at least 2",
            "none",
            "The mean of the weights at so many of the last evaluations.",
        ),
        optional(
            "best",
            "a whole number, at least 2",
            "none",
            "The mean of the weights at so many of the best evaluations.",
        ),
    ],
    kinds: &[],
};

pub(super) const ADVERSARIAL: TableReference = TableReference {
    name: "adversarial",
    about: "An adversary that moves weights before each step; see [An adversary](training.md#an-adversary).",
    keys: &[],
    kinds: &[
        Kind {
            name: "none",
            about: "No adversary.",
            keys: &[],
        },
        Kind {
            name: "fgm",
            about: "The table of word embeddings moves along its gradient.",
            keys: &[key("epsilon", "a number above 0", "Length of the move."), FROM],
        },
        Kind {
            name: "awp",
            about: "Every matrix moves by a share of its norm.",
            keys: &[
                key(
                    "epsilon",
                    "a number above 0",
                    "Length of the move as a share of the matrix's norm.",
                ),
                FROM,
            ],
        },
    ],
};

const FROM: Key = key(
    "from",
    "a number in [0, 1]",
    "Share of all steps after which it begins.",
);
