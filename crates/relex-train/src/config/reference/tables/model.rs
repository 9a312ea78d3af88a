//! What learns.

use super::super::{Key, Kind, TableReference, key, optional};
use super::shared::{ENCODER, REVISION};

pub(super) const MODEL: TableReference = TableReference {
    name: "model",
    about: "What learns.",
    keys: &[
        ENCODER,
        REVISION,
        optional(
            "freeze_layers",
            "a whole number, at most the encoder's layers",
            "`0`",
            "How many of the encoder's layers do not learn, the lowest first, and with them the embeddings.",
        ),
        optional(
            "freeze_embeddings",
            "`true` or `false`",
            "`false`",
            "Whether the embeddings do not learn, even if all layers do.",
        ),
        key(
            "markers",
            "`\"none\"`, `\"entity\"`, `\"ordered-entity\"`, `\"subject-object\"`, `\"typed-entity\"`, `\"entity-mask\"`, `\"punctuation\"`, `\"ordered-punctuation\"`, `\"typed-punctuation\"` or `\"tagged-punctuation\"`",
            "Markers around the entities.",
        ),
        key("head_dropout", "a number in [0, 1)", "Dropout in the head."),
        optional(
            "cosine_scale",
            "a number above 0",
            "a linear layer",
            "Makes the head a cosine classifier, whose logits are this times the cosine between the features and each label's weights.",
        ),
        key(
            "max_tokens",
            "a whole number, at least 8",
            "Longest text in tokens; longer ones are cut to a window that holds both entities and the query.",
        ),
        optional(
            "type_embedding",
            "`true` or `false`",
            "`false`",
            "Whether the encoder is told at its input which tokens are the entities', and their types.",
        ),
    ],
    kinds: &[],
};

pub(super) const QUERY: TableReference = TableReference {
    name: "model.query",
    about: "What is asked about the entities; without the table, nothing.",
    keys: &[
        optional(
            "template",
            "a text with `{subject}`, `{object}`, `{subject_type}` and `{object_type}` in it",
            "must be set",
            "The question.",
        ),
        optional(
            "place",
            "`\"before\"` or `\"second-segment\"`",
            "`\"before\"`",
            "Where it stands: before the sentence, or after it as a second segment.",
        ),
    ],
    kinds: &[],
};

pub(super) const HEAD: TableReference = TableReference {
    name: "model.head",
    about: "The head on the encoder; one with all settings at their defaults may be written as its name alone, `head = \"cls\"`. See [heads.md](heads.md).",
    keys: &[],
    kinds: &[
        Kind {
            name: "cls",
            about: "The first token, through one or more layers.",
            keys: &[
                key(
                    "width",
                    "a whole number, at least 1",
                    "Width of the inner layers, in widths of the hidden states.",
                ),
                key("depth", "a whole number, at least 1", "Number of inner layers."),
            ],
        },
        Kind {
            name: "mean",
            about: "The mean of all tokens.",
            keys: &[],
        },
        Kind {
            name: "attention",
            about: "A weighted mean of all tokens, with weights that are learnt.",
            keys: &[],
        },
        Kind {
            name: "bilstm",
            about: "A bidirectional LSTM's two states at the last token.",
            keys: LSTM,
        },
        Kind {
            name: "bilstm-v2",
            about: "A bidirectional LSTM's last state of either direction.",
            keys: LSTM,
        },
        Kind {
            name: "r-bert",
            about: "First token and the mean of each entity's tokens, each through a layer (Wu & He 2019).",
            keys: &[],
        },
        Kind {
            name: "entity-start",
            about: "Both entities' opening markers, concatenated (Baldini Soares et al. 2019).",
            keys: &[],
        },
        Kind {
            name: "entity-mean",
            about: "The means of both entities' tokens, concatenated.",
            keys: &[],
        },
        Kind {
            name: "entity-span+cls",
            about: "First token, and the first and last token of each entity, concatenated.",
            keys: &[],
        },
    ],
};

const LSTM: &[Key] = &[
    key(
        "layers",
        "a whole number, at least 1",
        "Layers on one another; dropout is between them.",
    ),
    optional(
        "units",
        "a whole number, at least 1",
        "the width of the hidden states",
        "Width of one direction's states.",
    ),
];
