//! The tables that `relex pretrain` has for itself.

use super::super::{TableReference, key, optional};
use super::shared::{DATASET, ENCODER, EXTENDS, FOLD, FOLDER, ON_BAD_ROW, REVISION, SEED, SPLIT};

pub(super) const OUTSIDE: TableReference = TableReference {
    name: "",
    about: "What belongs to the whole run.",
    keys: &[
        EXTENDS,
        SEED,
        key(
            "device",
            "`\"cpu\"`, `\"wgpu\"`, `\"wgpu:N\"`, `\"cuda\"` or `\"cuda:N\"`",
            "What computes.",
        ),
    ],
    kinds: &[],
};

pub(super) const DATA: TableReference = TableReference {
    name: "data",
    about: "Whose sentences are learnt from.",
    keys: &[
        DATASET,
        FOLDER,
        ON_BAD_ROW,
        SPLIT,
        FOLD,
        optional(
            "include",
            "a list of `\"validation\"`, `\"hold-out\"` and `\"test\"`",
            "nothing",
            "What is learnt from besides the fold's training rows. What is not in it is left out, with every row that shares a sentence with it or is in one of its groups; with `\"validation\"` nothing is left to measure on.",
        ),
    ],
    kinds: &[],
};

pub(super) const MODEL: TableReference = TableReference {
    name: "model",
    about: "What learns.",
    keys: &[
        ENCODER,
        REVISION,
        key(
            "markers",
            "as for `relex train`, but not `\"entity-mask\"`",
            "Markers around the entities; they are never masked.",
        ),
        key(
            "max_tokens",
            "a whole number, at least 8",
            "Longest sentence in tokens; longer ones are cut to a window that holds both entities.",
        ),
    ],
    kinds: &[],
};

pub(super) const MASKING: TableReference = TableReference {
    name: "masking",
    about: "What is to be guessed; see [What is masked](pretraining.md#what-is-masked).",
    keys: &[
        key(
            "unit",
            "`\"token\"`, `\"whole-word\"` or `\"entity-span\"`",
            "What is masked whole or not at all.",
        ),
        key(
            "share",
            "a number above 0, at most 1",
            "Share of a sentence's own tokens that is masked.",
        ),
        key(
            "mask",
            "a number in [0, 1]",
            "Of what is masked, the share in whose place the mask token stands.",
        ),
        key(
            "random",
            "a number in [0, 1], with `mask` at most 1",
            "And the share in whose place random tokens stand; the rest stays as it is.",
        ),
        optional(
            "entity_share",
            "a number in [0, 1]",
            "`0.5` with `\"entity-span\"`",
            "The probability with which each entity is masked as a whole; for `\"entity-span\"` alone.",
        ),
    ],
    kinds: &[],
};

pub(super) const TRAINING: TableReference = TableReference {
    name: "training",
    about: "How long and in what portions.",
    keys: &[
        key(
            "epochs",
            "a whole number, at least 1",
            "Passes over the sentences, each with masks of its own.",
        ),
        optional(
            "steps",
            "a whole number, at least 1",
            "as `epochs` says",
            "Updates in all, in the place of `epochs`.",
        ),
        key(
            "batch_size",
            "a whole number, at least 1",
            "Sentences in a step at most.",
        ),
        optional(
            "batch_tokens",
            "a whole number, at least 1",
            "only sentences count",
            "Tokens in a step at most, padding counted; a longer sentence is a step by itself.",
        ),
        optional(
            "micro_batch_size",
            "a whole number, at least 1",
            "all",
            "Sentences of a step that go through the model at once, where a whole batch takes too much memory.",
        ),
        optional(
            "gradient_checkpointing",
            "`true` or `false`",
            "`false`",
            "Layers keep their input alone and compute the rest again for the backward pass: less memory, more time, the same result.",
        ),
        key(
            "precision",
            "`\"f32\"`, `\"bf16\"` or `\"fp16\"`",
            "What the matrix products are computed with; all else is `f32`.",
        ),
        key(
            "evaluation_batch_size",
            "a whole number, at least 1",
            "Sentences in a batch at most where nothing is learnt.",
        ),
        key(
            "evaluate",
            "`\"each-epoch\"`, `\"at-end\"`, `{ every-steps = N }` or `{ every-epochs = SHARE }`",
            "When the held-out sentences are measured; before the first step and after the last in any case.",
        ),
    ],
    kinds: &[],
};
